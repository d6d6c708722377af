"""Whatever holds numbers in memory -> a NumPy array: arrays, lists, tensors of other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError


def real_array(given: Any, what: str) -> npt.NDArray[Any]:
    """An array of real numbers, of its own type where NumPy has that.

    Parameters
    ----------
    given : an array, something that is one, or a PyTorch tensor (also a parameter, bfloat16, or on an
        accelerator); arrays of JAX and of ``ml_dtypes``' small floats come as float32
    what : its name in messages, in the plural

    Raises
    ------
    InputError
        it is no array, or not of real numbers
    """
    if np.ma.is_masked(given):
        raise InputError(
            f"some of the {what} are masked; fill them (numpy.ma.filled) or leave those rows out"
        )
    if hasattr(given, "detach"):
        given = given.detach().cpu()
        try:
            given = given.numpy()
        except TypeError:  # bfloat16, which NumPy does not know
            given = given.float().numpy()
    try:
        array = np.asarray(given)
    except (ValueError, TypeError) as error:
        raise InputError(f"the {what} are no array: {error}") from error
    if array.dtype.kind == "V" and array.dtype.name.startswith(("bfloat16", "float8")):
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiu":
        raise InputError(f"the {what} are of type {array.dtype}, but must be real numbers")
    return array
