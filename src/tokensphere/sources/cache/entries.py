"""The cache: what was fetched once, kept so that nothing has to be fetched twice.

    <root>/hub/<owner>--<name>/refs/<revision>             the commit that a branch or tag stood for
    <root>/hub/<owner>--<name>/<commit>/@<what>            which tensor is, e.g., the input
    <root>/hub/<owner>--<name>/<commit>/<tensor>/          an entry
        tensor.safetensors      the one tensor, stored as at the source, and its scales, if any
        norm.safetensors        the weight of the final norm, if it was asked for
        tokenizer.json, …       the vocabulary, as fetched
        entry.json              where all this comes from, sizes and SHA-256
    <root>/tmp/                                            what is being fetched now
    <root>/nulls/, labels/, surrogates/   computed, not fetched: :mod:`tokensphere.sources.cache.arrays`

An entry is built under ``tmp`` and renamed when it is complete, so there is never half an entry, and
of two processes that fetch the same the first one wins: :mod:`tokensphere.sources.cache.writer`. Here it
is only read. Neither knows the network.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from tokensphere.errors import FormatError, InputError
from tokensphere.formats.files import at_home, system_told
from tokensphere.formats.safetensors import header_bytes
from tokensphere.sources.layout.search import Found

TENSOR_FILE, NORM_FILE, ENTRY_FILE = "tensor.safetensors", "norm.safetensors", "entry.json"
DEFAULT_REVISION = "main"
VERSION = 2  # 1: before packed matrices were known for what they are
COMMIT = re.compile(r"[0-9a-f]{40,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REPOSITORY = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One matrix in the cache, with its vocabulary.

    Attributes
    ----------
    path : the folder
    repo, commit : where it comes from
    revision : the branch, tag or commit that was asked for when it was fetched
    tensor : its name at the source
    dtype, shape : as stored, e.g. ``"BF16"`` and ``(50257, 1280)``
    bytes : size of the tensor
    sha256 : of the bytes of all tensors, in hexadecimal
    files : SHA-256 of the other files, by name
    license : as the repository states it, if it does
    date : when it was fetched, ISO 8601 in UTC
    beside : the tensors that say what its values are (scales, a mapping): name -> type, shape, bytes
    found : how the tensor was chosen; only where :func:`find` was asked for it
    """

    path: Path
    repo: str
    commit: str
    revision: str
    tensor: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    sha256: str
    files: Mapping[str, str] = field(default_factory=dict)
    license: str | None = None
    date: str = ""
    beside: Mapping[str, tuple[str, tuple[int, ...], int]] = field(default_factory=dict)
    found: Found | None = None

    @property
    def tensor_file(self) -> Path:
        """A safetensors file with the tensor and those beside it."""
        return self.path / TENSOR_FILE

    @property
    def tensor_bytes(self) -> int:
        """Bytes of all its tensors."""
        return self.bytes + sum(size for _, _, size in self.beside.values())

    @property
    def norm_file(self) -> Path | None:
        """A safetensors file with the weight of the final norm, if that was fetched."""
        path = self.path / NORM_FILE
        return path if path.is_file() else None

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.path.iterdir())


def cache_root() -> Path:
    """The folder of the cache, which need not exist.

    ``TOKENSPHERE_CACHE``, or else ``tokensphere`` in ``XDG_CACHE_HOME``, in ``LOCALAPPDATA`` (Windows)
    or in ``~/.cache``.

    Raises
    ------
    InputError
        it would be in the home of a user who is unknown or has none
    """
    if own := os.environ.get("TOKENSPHERE_CACHE"):
        folder = at_home(own)
    elif xdg := os.environ.get("XDG_CACHE_HOME"):
        folder = at_home(xdg) / "tokensphere"
    elif sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        folder = Path(local) / "tokensphere" / "Cache"
    else:
        folder = at_home("~/.cache/tokensphere")
    if str(folder).startswith("~"):  # a folder of that name would be made where one happens to be
        raise InputError(
            f"there is no home for the cache {folder}; name a folder in the variable TOKENSPHERE_CACHE"
        )
    return folder


def split_model(model: str) -> tuple[str, str | None]:
    """``"owner/name@revision"`` -> repository, and revision or None.

    Raises
    ------
    InputError
        that is no name of a repository

    Examples
    --------
    >>> split_model("openai-community/gpt2-large@main"), split_model("gpt2")
    (('openai-community/gpt2-large', 'main'), ('gpt2', None))
    """
    repo, at, revision = model.partition("@")
    bad = not _REPOSITORY.fullmatch(repo) or "--" in repo or ".." in repo
    # Git has no such revision, and an address would lead elsewhere.
    odd = at and (not 0 < len(revision) <= 200 or revision.startswith(".") or ".." in revision)
    if bad or len(repo) > 200 or odd:
        raise InputError(f"{model!r} is no repository of a hub; write owner/name or owner/name@revision")
    return repo, revision or None


def safe_name(name: str) -> str:
    """`name` as the name of a file: one name each, on any file system.

    Raises
    ------
    InputError
        it is no text, as when a byte of it was not UTF-8
    """
    try:
        safe = quote(name, safe="").replace("~", "%7E")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name!r:.200} is no text in UTF-8, so no hub has it; check the name"
        ) from error
    if safe.strip(".") != safe:
        safe = safe.replace(".", "%2E")
    return safe if len(safe) <= 120 else f"{safe[:80]}-{sha256(name.encode()).hexdigest()[:32]}"


def repository_folder(repo: str) -> Path:
    """Where the entries of a repository lie."""
    return cache_root() / "hub" / split_model(repo)[0].replace("/", "--")


# What reading an entry's files and facts raises where they are not what was written.
_UNSOUND = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def read_text(path: Path) -> str | None:
    """The text of a file; None if it cannot be read."""
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text("utf-8")
    return None


def read_entry(folder: Path) -> Entry | None:
    """The entry in a folder; None where there is none, or files are missing or have other sizes."""
    with suppress(*_UNSOUND):
        facts = json.loads(read_text(folder / ENTRY_FILE) or "")
        if facts.pop("version") != VERSION:
            return None
        shape = tuple(int(length) for length in facts.pop("shape"))
        beside = {
            name: (str(dtype), tuple(map(int, lengths)), int(size))
            for name, (dtype, lengths, size) in facts.pop("beside").items()
        }
        entry = Entry(path=folder, shape=shape, beside=beside, **facts)
        complete = entry.tensor_file.stat().st_size == len(header_of(entry)) + entry.tensor_bytes
        if complete and _typed(entry) and all((folder / name).is_file() for name in entry.files):
            return entry
    return None


def _typed(entry: Entry) -> bool:
    """Whether the facts of an entry are of their types, and it lies where such an entry does."""
    texts = [entry.repo, entry.revision, entry.tensor, entry.dtype, entry.date]
    texts += [] if entry.license is None else [entry.license]
    return (
        all(isinstance(text, str) for text in texts)
        and type(entry.bytes) is int
        and entry.found is None
        and all(map(_DIGEST.fullmatch, (entry.sha256, *entry.files.values())))
        and all(Path(name).name == name for name in entry.files)  # nothing outside of the folder
        and entry.path == repository_folder(entry.repo) / entry.commit / safe_name(entry.tensor)
    )


def read_sound(folder: Path) -> Entry | None:
    """The entry in a folder, if its small files and the tensor's header are what was fetched.

    The tensor's bytes are left to :func:`verify`: to read them all takes as long as to use them.
    """
    entry = read_entry(folder)
    with suppress(*_UNSOUND):
        if entry is not None and not _wrong_beside(entry):
            with entry.tensor_file.open("rb") as file:
                head = header_of(entry)
                return entry if file.read(len(head)) == head else None
    return None


def entries() -> list[Entry]:
    """All entries, by repository, commit and tensor."""
    found = map(read_entry, sorted((cache_root() / "hub").glob("*/*/*")))
    return [entry for entry in found if entry is not None]


def resolve(repo: str, revision: str | None = None) -> str | None:
    """The commit that `revision` stood for when it was last asked for; None if that never happened."""
    wanted = revision or DEFAULT_REVISION
    known = (read_text(repository_folder(repo) / "refs" / safe_name(wanted)) or "").strip()
    return next(filter(COMMIT.fullmatch, (known, wanted)), None)


def asked_file(folder: Path, matrix: str, tensor: str | None) -> Path:
    """The file in a commit's folder that says which tensor answers a question."""
    return folder / (f"@{safe_name(matrix)}" if tensor is None else f"@={safe_name(tensor)}")


def kept(repo: str, commit: str, tensor: str) -> Entry | None:
    """The entry of a tensor, or None."""
    entry = read_sound(repository_folder(repo) / commit / safe_name(tensor))
    return entry if entry is not None and entry.tensor == tensor else None


def find(
    repo: str, revision: str | None = None, *, matrix: str = "input", tensor: str | None = None
) -> Entry | None:
    """The entry of a matrix (or of a tensor by its name), or None; reads only the disk."""
    commit = resolve(repo, revision)
    if commit is None:
        return None
    asked = asked_file(repository_folder(repo) / commit, matrix, tensor)
    with suppress(*_UNSOUND):
        facts = json.loads(read_text(asked) or "")
        found = Found(**facts | {"notes": tuple(facts["notes"])})
        texts = [found.name, found.layout, *found.notes, *([] if found.norm is None else [found.norm])]
        sound = isinstance(found.tied, bool) and isinstance(found.norm_bias, bool)
        sound = sound and (found.width is None or type(found.width) is int)
        if sound and all(isinstance(text, str) for text in texts):
            entry = kept(repo, commit, found.name)
            return entry and replace(entry, found=found)
    return None


def verify(entry: Entry) -> None:
    """Read all of an entry and compare it with the SHA-256 taken when it was fetched.

    Raises
    ------
    FormatError
        a file is not what was fetched
    """
    head = header_of(entry)
    with system_told(f"cannot read {entry.path}"):
        with entry.tensor_file.open("rb") as file:
            sound = file.read(len(head)) == head and digest_of(file) == entry.sha256
            wrong = [] if sound else [TENSOR_FILE]
        wrong += _wrong_beside(entry)
    if wrong:
        raise FormatError(
            f"{wrong[0]} in {entry.path} is not what was fetched on {entry.date} (its SHA-256 differs);"
            f" remove {entry.repo} from the cache and fetch it again"
        )


def _wrong_beside(entry: Entry) -> list[str]:
    """Which files beside the tensor are not what was fetched."""
    wrong = []
    for name, digest in entry.files.items():
        with (entry.path / name).open("rb") as file:
            wrong += [] if digest_of(file) == digest else [name]
    if entry.norm_file is not None and not _check_norm(entry.norm_file):
        wrong.append(NORM_FILE)
    return wrong


def _check_norm(path: Path) -> bool:
    """Whether the norm's file still has the SHA-256 that its own header gives."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    with suppress(*_UNSOUND):
        given = json.loads(raw[8:start])["__metadata__"]["sha256"]
        return bool(sha256(raw[start:]).hexdigest() == given)
    return False


def header_of(entry: Entry) -> bytes:
    """What an entry's file of tensors begins with."""
    tensors = {entry.tensor: (entry.dtype, entry.shape, entry.bytes)}
    return header_bytes(tensors | dict(entry.beside), {"format": "pt"})


def digest_of(file: BinaryIO) -> str:
    """SHA-256 of the rest of a file, in hexadecimal."""
    hasher = sha256()
    while content := file.read(1 << 20):
        hasher.update(content)
    return hasher.hexdigest()
