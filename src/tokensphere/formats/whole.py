"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import secrets
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
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)


def _temporary_beside(path: Path) -> str:
    if "\0" in str(path):
        raise InputError(f"cannot write {path}: no file has such a name")
    if path.exists() and not path.is_file():
        raise InputError(f"cannot write {path}: it is no regular file; give the name of a file")
    temporary = str(path.parent / f".{path.name}.{secrets.token_hex(8)}.part")
    # With the rights of any new file; tempfile's are for the owner alone, and to learn what others
    # would have, by `os.umask`, changes that of the whole process for a moment.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return temporary
