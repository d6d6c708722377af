"""Directions -> a NumPy file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tokensphere.formats.whole import whole_file
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
    with whole_file(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for low in range(0, len(directions), _AT_ONCE):
            file.write(directions[low : low + _AT_ONCE].astype("<f4").tobytes())
