"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from tokensphere.errors import InputError
from tokensphere.formats.files import at_home, system_told
from tokensphere.formats.locks import remove_free, take

_MOVES_OPEN = os.name != "nt"  # whether a file can be renamed and removed while it is open
_STALE = 24 * 3600.0  # seconds until another machine's temporary file is nobody's any more


def check_writable(path: Path) -> None:
    """Say before the work starts that its result could not be written to `path`.

    Raises
    ------
    InputError
        `path` is no regular file, or no file can be made beside it
    """
    with system_told(f"cannot write {path}", kind=InputError):
        handle, temporary = _temporary_beside(real(path))
        os.close(handle)
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A binary file that takes the name `path` when the block ends well.

    Until then it is a temporary file beside it: `path` never holds half of it, a file that was there
    survives a failure, and nothing is left behind; what a process leaves that is killed meanwhile, the
    next one that writes this file removes.

    Parameters
    ----------
    path : its name; of a link, the file that it leads to is written
    durable : wait until it is on the disk, too; what can be made again need not

    Raises
    ------
    InputError
        the file cannot be written
    """
    with system_told(f"cannot write {path}", kind=InputError):
        path = real(path)
        handle, temporary = _temporary_beside(path)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                if _MOVES_OPEN:  # while its lock is held
                    os.replace(temporary, path)
            if not _MOVES_OPEN:
                os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def real(path: Path) -> Path:
    """The file that a path leads to by links, or would lead to."""
    if "\0" in str(path):
        raise InputError(f"cannot write {path}: no file has such a name")
    there = Path(os.path.realpath(at_home(path)))
    if os.path.islink(there):  # noqa: PTH114  suppresses what a name can raise
        raise InputError(f"cannot write {path}: it is a link that leads to itself; name another file")
    return there


def _temporary_beside(path: Path) -> tuple[int, Path]:
    """A new file, open and locked, and its name, which says on which machine it was made."""
    if path.exists() and not path.is_file():
        raise InputError(f"cannot write {path}: it is no regular file; give the name of a file")
    start = f".{path.name}."
    here = start + sha256(platform.node().encode("utf-8", "replace")).hexdigest()[:8]
    if _MOVES_OPEN:
        _remove_dead(path.parent, start, here)
    while True:
        # With the rights of any new file; tempfile's are for the owner alone, and to learn what others
        # would have, by `os.umask`, changes that of the whole process for a moment.
        name = path.parent / f"{here}-{secrets.token_hex(8)}.part"
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        take(handle)
        if not _MOVES_OPEN or os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)  # another process took it for dead before it was locked


def _remove_dead(folder: Path, start: str, here: str) -> None:
    """Remove temporary files of processes that were killed: nobody holds the lock of such a file.

    Some network file systems keep locks from other machines: what was made on another must be old, too.
    """
    with suppress(OSError), os.scandir(folder) as there:
        for left in there:
            if left.name.startswith(start) and left.name.endswith(".part"):
                with suppress(OSError):  # gone meanwhile, or somebody else's
                    if left.name.startswith(here) or time.time() - left.stat().st_mtime > _STALE:
                        remove_free(Path(left))
