"""Writing to the cache: entries whole or not at all, whoever else writes at the same time.

How the cache is laid out is told in :mod:`tokensphere.sources.cache.entries`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tokensphere.errors import SourceError
from tokensphere.formats.files import system_told
from tokensphere.formats.safetensors import header_bytes
from tokensphere.formats.tensors import TensorInfo
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.cache.entries import Entry
from tokensphere.sources.layout.search import Found

_STALE = 24 * 3600.0  # seconds until what lies under tmp is no running download any more
Write = Callable[[int, bytes], object]


def record(
    repo: str, revision: str | None, commit: str, found: Found, *, matrix: str, tensor: str | None
) -> None:
    """Remember that `revision` is `commit`, and which tensor there answers the question."""
    folder = cache.repository_folder(repo) / check_commit(commit)
    record_answer(repo, revision, commit, cache.asked_file(folder, matrix, tensor), asdict(found))


def record_answer(repo: str, revision: str | None, commit: str, file: Path, answer: object) -> None:
    """Remember that `revision` is `commit`, and in a file of its folder what answers a question."""
    check_commit(commit)
    refs = cache.repository_folder(repo) / "refs"
    with _writing():
        _replace(file, json.dumps(answer, indent=1).encode())
        _replace(refs / cache.safe_name(revision or cache.DEFAULT_REVISION), commit.encode())


def store(
    repo: str,
    revision: str | None,
    commit: str,
    *,
    tensor: str,
    dtype: str,
    shape: tuple[int, ...],
    size: int,
    fill: Callable[[Write], object],
    beside: Sequence[TensorInfo] = (),
    files: Mapping[str, bytes] | None = None,
    license: str | None = None,
) -> Entry:
    """Make an entry; all of it or, on any error, nothing.

    Parameters
    ----------
    fill : writes the tensor's `size` bytes, then those beside it, by calls of write(offset, bytes) from
        any thread
    beside : the tensors that say what its values are
    files : the vocabulary and what belongs to it, by name

    Raises
    ------
    SourceError
        the cache cannot be written; whatever `fill` raises passes through
    """
    target = cache.repository_folder(repo) / check_commit(commit) / cache.safe_name(tensor)
    with _writing(), new_draft() as draft:
        digests = {name: _write_file(draft / name, raw) for name, raw in (files or {}).items()}
        date = datetime.now(UTC).isoformat(timespec="seconds")
        entry = Entry(
            target, repo, commit, revision or cache.DEFAULT_REVISION, tensor, dtype, shape, size, "",
            digests, license, date, {one.name: (one.dtype, one.shape, one.size) for one in beside},
        )  # fmt: skip
        path = draft / cache.TENSOR_FILE
        digest = _write_tensor(path, tensor, cache.header_of(entry), entry.tensor_bytes, fill)
        entry = replace(entry, sha256=digest)
        facts = {"version": cache.VERSION} | asdict(entry)
        del facts["path"], facts["found"]
        _write_file(draft / cache.ENTRY_FILE, json.dumps(facts, indent=1).encode())
        _publish(draft, target)
    return cache.read_entry(target) or entry


def store_norm(entry: Entry, norm: TensorInfo, content: bytes) -> None:
    """Add the weight of the final norm to an entry.

    Raises
    ------
    SourceError
        the cache cannot be written
    """
    digest = sha256(content).hexdigest()
    facts = {norm.name: (norm.dtype, norm.shape, len(content))}
    head = header_bytes(facts, {"format": "pt", "sha256": digest})
    with _writing(), new_draft() as draft:
        _write_file(draft / cache.NORM_FILE, head + content)
        os.replace(draft / cache.NORM_FILE, entry.path / cache.NORM_FILE)
        _sync_folder(entry.path)


def remove(model: str) -> list[Entry]:
    """Remove what is kept of ``owner/name`` or of ``owner/name@revision``; the entries removed."""
    repo, revision = cache.split_model(model)
    folder = cache.repository_folder(repo)
    commit = cache.resolve(repo, revision) if revision else None
    doomed = folder / (commit or "")
    gone = [entry for entry in cache.entries() if doomed in entry.path.parents]
    if (revision and commit is None) or not doomed.is_dir():
        return []
    with _writing(), new_draft() as draft:
        doomed.rename(draft / "removed")  # at once, however long deleting takes
        for ref in (folder / "refs").glob("*") if commit else ():
            if (cache.read_text(ref) or "").strip() == commit:
                ref.unlink(missing_ok=True)
    return gone


def _write_tensor(path: Path, name: str, head: bytes, size: int, fill: Callable[[Write], object]) -> str:
    """Write a safetensors file; SHA-256 of the tensor as it reads back from the disk."""
    lock = threading.Lock()
    with path.open("w+b") as file:
        file.write(head)

        def write(at: int, content: bytes) -> None:
            if at < 0 or at + len(content) > size:
                raise SourceError(f"tensor {name!r} of {size:,} bytes got bytes beyond its end")
            with lock:
                file.seek(len(head) + at)
                file.write(content)

        fill(write)
        if file.seek(0, os.SEEK_END) != len(head) + size:
            raise SourceError(f"tensor {name!r} is incomplete: {size:,} bytes were expected")
        file.flush()
        os.fsync(file.fileno())
        file.seek(len(head))
        return cache.digest_of(file)


def check_commit(commit: str) -> str:
    """`commit`, if it is one."""
    if not cache.COMMIT.fullmatch(commit):  # it becomes a folder, and a server chose it
        raise SourceError(f"the hub named the commit {commit[:80]!r}, which is no commit")
    return commit


def _writing() -> AbstractContextManager[None]:
    advice = "make room, or set TOKENSPHERE_CACHE to another folder"
    return system_told(f"cannot write to the cache {cache.cache_root()}", advice)


@contextmanager
def new_draft() -> Iterator[Path]:
    """A new folder on the cache's file system that is gone afterwards, whatever happens."""
    folder = cache.cache_root() / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    _clean(folder)
    draft = folder / f"{os.getpid()}-{uuid.uuid4().hex}"
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _clean(folder: Path) -> None:
    """Remove what processes that were killed have left behind."""
    for left in folder.iterdir():
        with suppress(OSError):  # another process was quicker
            ages = [time.time() - path.stat().st_mtime for path in (left, *left.glob("*"))]
            if min(ages) > _STALE:
                shutil.rmtree(left, ignore_errors=True)


def _publish(draft: Path, target: Path) -> None:
    """Rename a complete folder to its place, unless a sound entry is there already."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(3):  # another process may do the same at any moment
        if cache.read_sound(target) is not None:
            return
        try:
            if target.exists():  # damaged from outside: out of the way
                with new_draft() as aside:
                    target.rename(aside / "damaged")
            _sync_folder(draft)
            draft.rename(target)
        except OSError:
            if cache.read_sound(target) is None:
                continue
        _sync_folder(target.parent)
        return
    raise SourceError(f"cannot put a folder in place of {target}; remove it and try again")


def _write_file(path: Path, content: bytes) -> str:
    """Write a file and wait until it is on the disk; the SHA-256 of its content."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return sha256(content).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    with new_draft() as draft:
        _write_file(draft / "new", content)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft / "new", path)


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can do that."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
