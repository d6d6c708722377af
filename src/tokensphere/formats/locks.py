"""Locks on open files, which end with their process, however that ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_TAKEN = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
_ITSELF = getattr(os, "O_NOFOLLOW", 0)  # not the file that a link of this name leads to


def take(handle: int) -> bool | None:
    """Lock an open file until it is closed, unless somebody has.

    Parameters
    ----------
    handle : of a file that is open for writing

    Returns
    -------
    whether it is ours now; None where the file system knows no locks
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _TAKEN else None
    return True


def remove_free(path: Path) -> None:
    """Remove a file, which is no link, if nobody holds its lock."""
    handle = os.open(path, os.O_RDWR | _ITSELF)
    try:
        if take(handle):
            path.unlink()
    finally:
        os.close(handle)


@contextmanager
def lock_file(path: Path) -> Iterator[bool | None]:
    """Hold a lock by an empty file of this name, which is gone afterwards.

    Yields
    ------
    as :func:`take`: whether it is held, None where there are no locks
    """
    handle, ours = _opened(path)
    while ours and not _is(handle, path):  # whoever held it removed it before we had it
        os.close(handle)
        handle, ours = _opened(path)
    try:
        yield ours
    finally:
        if sys.platform == "win32":  # where nobody can remove what is open
            os.close(handle)
        with suppress(OSError):
            if ours is not False:
                path.unlink()
        if sys.platform != "win32":
            os.close(handle)


def _opened(path: Path) -> tuple[int, bool | None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | _ITSELF, 0o666)
    return handle, take(handle)


def _is(handle: int, path: Path) -> bool:
    """Whether a path still leads to an open file."""
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False
