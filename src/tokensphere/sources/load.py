"""What a user names -> EmbeddingSpace: the bundled model, a file, a folder, Ollama's or the Hub's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from tokensphere.errors import InputError, SourceError
from tokensphere.formats.files import at_home, check_regular, exists, why_absent
from tokensphere.sources import bundled, ollama
from tokensphere.sources.hub import names as hub_names
from tokensphere.sources.hub import shared
from tokensphere.sources.layout.assemble import Choice
from tokensphere.sources.layout.search import Matrix
from tokensphere.space import EmbeddingSpace

Progress = Callable[[int, int], None]


def load(
    model: str | Path | None = None,
    *,
    matrix: Matrix = "input",
    revision: str | None = None,
    tensor: str | None = None,
    vocabulary: str | Path | None = None,
    fold_norm: bool = False,
    refresh: bool = False,
    progress: Progress | None = None,
) -> EmbeddingSpace:
    """Load a model's token embeddings.

    Parameters
    ----------
    model : str or path, optional
        the bundled model's name (also the default); a file (safetensors or its index, GGUF, npy,
        npz, word2vec, GloVe, CTranslate2's ``model.bin``, PyTorch, a saved space); the folder of a
        model; ``ollama:name``; or a repository of the Hugging Face Hub: ``owner/name``,
        ``owner/name@revision``, its address, or an old name such as ``gpt2``. Of a repository that
        is in no cache only the matrix is fetched, once
    matrix : ``"input"`` (embedding) or ``"output"`` (unembedding)
    revision : branch, tag or commit of a repository
    tensor : name of the tensor, where the layout is unknown or another one is wanted
    vocabulary : file with the tokens of an npy or npz file, or in place of a model's own
    fold_norm : multiply the output matrix by the weight of the final norm
    refresh : ask the hub what the revision is today; otherwise a model that is in the cache stays
        the commit that it was
    progress : takes (bytes done, bytes in all) while a repository's matrix is fetched

    Raises
    ------
    InputError
        the options contradict each other
    SourceError
        there is no such model, or it cannot be read
    MissingExtraError
        it takes an optional dependency that is not installed

    Examples
    --------
    >>> load().shape
    (49152, 576)
    """
    choice = Choice(matrix, tensor, fold_norm)
    _check_types(model, revision, tensor, vocabulary)
    if model is None or str(model) == bundled.NAME:
        if tensor or vocabulary or revision or fold_norm:
            raise InputError(
                f"{bundled.NAME} (bundled) has one tensor, its own vocabulary and no norm;"
                " leave out tensor, vocabulary, revision and fold_norm, or name a model"
            )
        return bundled.load_bundled(matrix)
    try:
        return _load(model, choice, vocabulary, revision, progress, refresh=refresh)
    except OSError as error:  # wherever a folder on the way may not be read
        what = error.filename or model
        raise SourceError(f"cannot read {what}: {error.strerror or error}; make it readable") from error


def _load(
    model: str | Path,
    choice: Choice,
    vocabulary: str | Path | None,
    revision: str | None,
    progress: Progress | None,
    *,
    refresh: bool,
) -> EmbeddingSpace:
    tokens = at_home(vocabulary) if vocabulary else None
    if tokens is not None:
        check_regular(tokens, "cannot read the vocabulary {}")
    name = str(model)
    path = at_home(_without_scheme(name))
    if exists(path):
        return _load_path(path, choice, tokens, revision)
    name = name.strip()
    if name.startswith(ollama.PREFIX):
        return _load_ollama(name, choice, tokens, revision)
    named = hub_names.parse(name) or _in_shared_cache(name)
    if named is None:
        raise SourceError(
            f"there is no file or folder {str(model)!r:.200}; {_meant(name, path)}name one that is"
            f" there, a repository owner/name, or {bundled.NAME!r} (bundled)"
        )
    from tokensphere.sources.hub.space import load_hub

    return load_hub(named, revision, choice, tokens, progress, refresh=refresh)


def _check_types(model: object, revision: object, tensor: object, vocabulary: object) -> None:
    if not isinstance(model, (str, Path, type(None))):
        raise InputError(f"a model is a name or a path, not {type(model).__name__}")
    if isinstance(model, str) and not model.strip():  # "" would be the folder that one is in
        raise InputError("the model's name is empty; name a model, or '.' for the folder you are in")
    for what, given in (("revision", revision), ("tensor", tensor)):
        if not isinstance(given, (str, type(None))):
            raise InputError(f"a {what} is a name, not {type(given).__name__}; write it in quotes")
    if not isinstance(vocabulary, (str, Path, type(None))):
        raise InputError(f"a vocabulary is a file's name or path, not {type(vocabulary).__name__}")


def _without_scheme(model: str) -> str:
    """The path of a ``file://`` address; anything else as it is."""
    if not model.startswith("file://"):
        return model
    from urllib.request import url2pathname  # which loads ssl, email and more

    return url2pathname(model.removeprefix("file://").removeprefix("localhost"))


def _load_path(path: Path, choice: Choice, tokens: Path | None, revision: str | None) -> EmbeddingSpace:
    from tokensphere.sources.local import load_path, load_snapshot

    if _is_empty(path):
        raise SourceError(
            f"{path} is empty and holds no model (no model.safetensors, no .gguf file); name another"
            f" folder{_repository(str(path))}"
        )
    snapshot = shared.of_path(path, revision)
    if snapshot is not None:
        return load_snapshot(snapshot, choice, tokens)
    if revision is not None:
        raise InputError(f"{path} is on this machine, so it has no revision {revision!r}")
    return load_path(path, choice, tokens)


def _is_empty(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir() and not any(path.iterdir())
    return False


def _repository(name: str) -> str:
    """How to name the repository that a folder of this machine stands in front of."""
    with suppress(InputError):
        if named := hub_names.parse(name):
            return f", or the repository of that name: hf://{named.repo}"
    return ""


def _load_ollama(name: str, choice: Choice, tokens: Path | None, revision: str | None) -> EmbeddingSpace:
    if revision is not None:
        raise InputError(f"{name} has tags rather than revisions: write ollama:name:tag")
    from tokensphere.sources.local import load_path

    pulled = ollama.find(name)
    return load_path(pulled.file, choice, tokens).named(f"{ollama.PREFIX}{pulled.name}", pulled.digest)


def _in_shared_cache(name: str) -> hub_names.Named | None:
    """Another old name without an owner, if the Hub's own cache has it."""
    repo, at, revision = name.partition("@")
    return hub_names.Named(repo, revision if at else None) if repo in shared.names() else None


def _meant(name: str, path: Path) -> str:
    """What was perhaps meant by a name that is nothing."""
    if why := why_absent(path):
        return why
    known = [bundled.NAME, *hub_names.OLD_NAMES, *shared.names()]
    known += [f"{ollama.PREFIX}{one}" for one in ollama.names()]
    with suppress(OSError, ValueError):
        known += [str(path.parent / other.name) for other in islice(path.parent.iterdir(), _MOST_FILES)]
    wanted = [name, str(path), f"{ollama.PREFIX}{name}"]
    alike = [one for each in wanted for one in get_close_matches(each[:300], known, 1, cutoff=0.8)]
    return f"did you mean {alike[0]!r:.200}? otherwise " if alike else ""


_MOST_FILES = 1000  # of a folder that are compared with a name
