"""What people type for a model of the Hub -> repository, revision, and perhaps a file in it.

    owner/name   owner/name@revision   gpt2
    https://huggingface.co/owner/name[/tree/REV | /blob/REV/FILE | /resolve/REV/FILE]
    hf://owner/name[@REV][/FILE]       hf.co/owner/name

Old models have a name without an owner; the Hub keeps them under an owner's today: `OLD_NAMES`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tokensphere.errors import InputError

_HOSTS = ("huggingface.co", "hf.co", "www.huggingface.co", "hf-mirror.com")
_VIEWS = ("tree", "blob", "resolve", "raw", "commit", "commits", "blame")  # then a revision, and a path
_PAGES = ("discussions", "settings", "community", "activity")
_SPECIAL = re.compile(r"(refs/(?:pr/\d+|convert/\w+))(?:/|$)")  # revisions with slashes
_OTHERS = {"datasets": "a data set", "spaces": "a Space", "buckets": "a bucket",
           "collections": "a collection", "papers": "a paper", "docs": "documentation"}  # fmt: skip
_XLM = ("mlm-en-2048", "mlm-ende-1024", "mlm-enfr-1024", "mlm-enro-1024", "mlm-tlm-xnli15-1024",
        "mlm-xnli15-1024", "clm-enfr-1024", "clm-ende-1024", "mlm-17-1280", "mlm-100-1280")  # fmt: skip
_BERT = ("base-uncased", "base-cased", "large-uncased", "large-cased", "base-multilingual-uncased",
         "base-multilingual-cased", "base-chinese", "base-german-cased", "base-german-dbmdz-cased",
         "base-german-dbmdz-uncased", "base-cased-finetuned-mrpc",
         "large-uncased-whole-word-masking", "large-cased-whole-word-masking",
         "large-uncased-whole-word-masking-finetuned-squad",
         "large-cased-whole-word-masking-finetuned-squad")  # fmt: skip
_DISTILBERT = ("base-uncased", "base-cased", "base-multilingual-cased", "base-german-cased",
               "base-uncased-distilled-squad", "base-cased-distilled-squad",
               "base-uncased-finetuned-sst-2-english")  # fmt: skip
_BY_OWNER = {
    "openai-community": ["gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "openai-gpt",
                         "roberta-base-openai-detector", "roberta-large-openai-detector"],
    "google-bert": [f"bert-{rest}" for rest in _BERT],
    "google-t5": [f"t5-{size}" for size in ("small", "base", "large", "3b", "11b")],
    "FacebookAI": ["roberta-base", "roberta-large", "roberta-large-mnli", "xlm-roberta-base",
                   "xlm-roberta-large", *(f"xlm-roberta-large-finetuned-conll0{rest}" for rest in
                   ("2-dutch", "2-spanish", "3-english", "3-german")),
                   *(f"xlm-{rest}" for rest in _XLM)],
    "distilbert": ["distilgpt2", "distilroberta-base", *(f"distilbert-{rest}" for rest in _DISTILBERT)],
    "albert": [f"albert-{size}-v{version}" for size in ("base", "large", "xlarge", "xxlarge")
               for version in (1, 2)],
    "xlnet": ["xlnet-base-cased", "xlnet-large-cased"],
    "almanach": ["camembert-base"],
    "Salesforce": ["ctrl"],
    "transfo-xl": ["transfo-xl-wt103"],
}  # fmt: skip
OLD_NAMES = {name: f"{owner}/{name}" for owner, names in _BY_OWNER.items() for name in names}


@dataclass(frozen=True)
class Named:
    """A model of the Hub.

    Attributes
    ----------
    repo : ``owner/name``
    revision : branch, tag or commit, if one is named
    inside : path of a file or folder in the repository, if one is named
    """

    repo: str
    revision: str | None = None
    inside: str = ""


def parse(model: str) -> Named | None:
    """What a name or address means; None if it is neither of a model of the Hub.

    Raises
    ------
    InputError
        it is an address, but not of a model of the Hub

    Examples
    --------
    >>> parse("gpt2")
    Named(repo='openai-community/gpt2', revision=None, inside='')
    >>> parse("https://huggingface.co/google/byt5-small/blob/main/config.json")
    Named(repo='google/byt5-small', revision='main', inside='config.json')
    >>> parse("hf://owner/name@refs/pr/1").revision
    'refs/pr/1'
    """
    scheme, _, rest = model.partition("://")
    if rest and scheme.lower() in ("http", "https"):
        return _from_address(model)
    if rest and scheme.lower() == "hf":
        return _from_file_system(rest, model)
    if rest:
        raise InputError(f"{model!r:.200} is no address of a model; download the file and name its path")
    if ssh := re.fullmatch(r"(?:ssh:)?git@(?:hf\.co|huggingface\.co):(.+)", model):
        return _from_file_system(ssh[1], model)
    if model.partition("/")[0].lower() in _HOSTS:
        return _from_address(f"https://{model}")
    return _bare(model)


def _bare(model: str) -> Named | None:
    repo, at, revision = model.partition("@")
    if repo in OLD_NAMES:
        return Named(OLD_NAMES[repo], revision if at else None)
    if repo.count("/") != 1 or _is_path(repo):
        return None
    return Named(repo, revision if at else None)


def _is_path(name: str) -> bool:
    """Whether this can only be meant as a file."""
    drive = re.match(r"[A-Za-z]:[\\/]", name) is not None
    return drive or name.startswith((".", "~", "/", "\\")) or name.endswith(_SUFFIXES)


_SUFFIXES = (
    ".gguf", ".safetensors", ".npy", ".npz", ".bin", ".txt", ".vec", ".json", ".pt", ".pth", ".gz", "/",
)  # fmt: skip


def _from_address(model: str) -> Named:
    try:
        parts = urlsplit(model)
    except ValueError as error:
        raise InputError(f"{model!r:.200} is no address ({error}); write owner/name") from error
    own = urlsplit(os.environ.get("HF_ENDPOINT", "")).netloc
    host = parts.netloc.rpartition("@")[2]  # git clone's addresses have a user and a token before it
    if host.lower() not in (*_HOSTS, own.lower()):
        raise InputError(
            f"{model!r:.200} is no address of the Hugging Face Hub; download the file and name its path"
        )
    path = [part for part in parts.path.split("/") if part]
    if path[:2] == ["api", "models"] or (path[:1] == ["models"] and len(path) > 2):
        path = path[path.index("models") + 1 :]
    _refuse_others(path, model)
    length = 1 if path[0] in OLD_NAMES and (len(path) == 1 or path[1] in (*_VIEWS, *_PAGES)) else 2
    repo, rest = unquote("/".join(path[:length])).removesuffix(".git"), path[length:]
    repo = OLD_NAMES.get(repo, repo)
    if "/" not in repo:
        raise InputError(f"{model!r:.200} names no model; an address has owner and name")
    if not rest or rest[0] not in _VIEWS:
        return Named(repo)
    revision, inside = _split_revision("/".join(rest[1:]))
    return Named(repo, revision or None, inside)


def _from_file_system(rest: str, model: str) -> Named:
    """As huggingface_hub's HfFileSystem writes it: a revision's slashes are escaped, but for refs/…"""
    path = [part for part in rest.split("/") if part]
    if path[:1] == ["models"]:
        del path[0]
    _refuse_others(path, model)
    before, at, after = "/".join(path).partition("@")
    owner, _, name = before.partition("/")
    if owner in OLD_NAMES:
        repo, inside = OLD_NAMES[owner], name
    else:
        name, _, inside = name.partition("/")
        repo = f"{owner}/{name.removesuffix('.git')}"
    if not name and owner not in OLD_NAMES:
        raise InputError(f"{model!r:.200} names no model; write hf://owner/name")
    if not at:
        return Named(repo, None, inside)
    revision, inside = _split_revision(after)
    return Named(repo, revision or None, inside)


def _split_revision(rest: str) -> tuple[str, str]:
    """``"main/a/b"`` -> revision, and path in the repository; a revision's own slashes are escaped."""
    if special := _SPECIAL.match(rest):
        return special[1], unquote(rest[special.end() :])
    revision, _, inside = rest.partition("/")
    return unquote(revision), unquote(inside)


def _refuse_others(path: list[str], model: str) -> None:
    if not path:
        raise InputError(f"{model!r:.200} names no model; an address has owner and name")
    if what := _OTHERS.get(path[0]):
        raise InputError(f"{model!r:.200} is {what}, not a model; name a model: owner/name")
