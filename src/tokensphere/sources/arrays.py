"""NumPy files -> arrays; never unpickles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError


def read_npy(path: Path) -> npt.NDArray[Any]:
    """The array in a ``.npy`` file.

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no ``.npy`` file of numbers, or cut short
    """
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise SourceError(f"cannot open {path}: {error.strerror or error}") from error
    except (ValueError, EOFError) as error:
        raise FormatError(
            f"{path} is no complete NumPy file of numbers ({error}); write it with numpy.save"
        ) from error
    if not isinstance(array, np.ndarray):
        raise FormatError(f"{path} is an archive of several arrays; write one array with numpy.save")
    return array
