"""Directions -> a NumPy file, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections

_AT_ONCE = 4096


def save_directions(directions: RandomDirections, path: Path) -> None:
    """Write `directions` to `path` as float32 of shape (m, d).

    They go to a temporary file beside it, which takes its name when it is complete: `path` never
    holds half of them, and a file that was there survives a failure.

    Raises
    ------
    InputError
        the file cannot be written
    """
    header = {
        "descr": "<f4",
        "fortran_order": False,
        "shape": (len(directions), directions.d),
    }
    temporary: str | None = None
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"cannot write {path}: it is no regular file; give the name of a file")
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for low in range(0, len(directions), _AT_ONCE):
                file.write(directions[low : low + _AT_ONCE].astype("<f4").tobytes())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp's file is for its owner alone
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
