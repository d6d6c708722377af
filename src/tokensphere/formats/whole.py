"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tokensphere.errors import InputError
from tokensphere.formats.files import system_told


def check_writable(path: Path) -> None:
    """Say before the work starts that its result could not be written to `path`.

    Raises
    ------
    InputError
        `path` is no regular file, or no file can be made beside it
    """
    with system_told(f"cannot write {path}", kind=InputError):
        os.unlink(_temporary_beside(path))


@contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A binary file that takes the name `path` when the block ends well.

    Until then it is a temporary file beside it: `path` never holds half of it, a file that was there
    survives a failure, and nothing is left behind.

    Parameters
    ----------
    path : its name
    durable : wait until it is on the disk, too; what can be made again need not

    Raises
    ------
    InputError
        the file cannot be written
    """
    with system_told(f"cannot write {path}", kind=InputError):
        temporary = _temporary_beside(path)
        try:
            with Path(temporary).open("wb") as file:
                yield file
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)  # mkstemp's file is for its owner alone
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)


def _temporary_beside(path: Path) -> str:
    if "\0" in str(path):
        raise InputError(f"cannot write {path}: no file has such a name")
    if path.exists() and not path.is_file():
        raise InputError(f"cannot write {path}: it is no regular file; give the name of a file")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    return temporary
