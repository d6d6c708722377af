"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tokensphere.errors import InputError


def check_writable(path: Path) -> None:
    """Say before the work starts that its result could not be written to `path`.

    Raises
    ------
    InputError
        `path` is no regular file, or no file can be made beside it
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"cannot write {path}: it is no regular file; give the name of a file")
        os.unlink(_temporary_beside(path))
    except InputError:
        raise
    except (OSError, ValueError) as error:  # a ValueError for a path with a zero byte
        raise InputError(f"cannot write {path}: {getattr(error, 'strerror', '') or error}") from error


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the name `path` when the block ends well.

    Until then it is a temporary file beside it: `path` never holds half of it, a file that was there
    survives a failure, and nothing is left behind.

    Raises
    ------
    InputError
        the file cannot be written
    """
    temporary: str | None = None
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"cannot write {path}: it is no regular file; give the name of a file")
        temporary = _temporary_beside(path)
        with Path(temporary).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp's file is for its owner alone
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def _temporary_beside(path: Path) -> str:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    return temporary
