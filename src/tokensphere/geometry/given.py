"""Whatever holds numbers in memory -> a NumPy array: arrays, lists, tensors of other libraries."""

from __future__ import annotations

from dataclasses import dataclass
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
    array = _numpy(given, what)
    if array.dtype.kind == "V" and array.dtype.name.startswith(("bfloat16", "float8")):
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiu":
        raise InputError(f"the {what} are of type {array.dtype}, but must be real numbers")
    return array


@dataclass(frozen=True)
class RealRows:
    """Real numbers that are fetched and converted when they are looked at, some rows at a time.

    Nothing of an array or tensor is copied before, however large it is; a list becomes an array first.

    Attributes
    ----------
    given : array or tensor of any shape
    what : its name in messages, in the plural
    """

    given: Any
    what: str

    @classmethod
    def of(cls, given: Any, what: str) -> RealRows:
        """From whatever :func:`real_array` takes.

        Raises
        ------
        InputError
            it is no array, or not of real numbers
        """
        tensor = hasattr(given, "detach") and hasattr(given, "__getitem__")
        held = cls(given if tensor else _numpy(given, what), what)
        real_array(held.given[None][:0], what)  # its type is told before anything is read
        return held

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return tuple(self.given.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: slice | None) -> npt.NDArray[Any]:
        """Some rows, float32 if they are given so, else float64; of None all, with an axis before."""
        rows = real_array(self.given[which], self.what)
        return rows if rows.dtype in (np.float32, np.float64) else rows.astype(np.float64)


def _numpy(given: Any, what: str) -> npt.NDArray[Any]:
    """Of whatever type it has; the memory of what is given where that can be."""
    if np.ma.is_masked(given):
        raise InputError(
            f"some of the {what} are masked; fill them (numpy.ma.filled) or leave those rows out"
        )
    try:
        if hasattr(given, "detach"):
            given = given.detach().cpu()
            try:
                given = given.numpy()
            except TypeError:  # bfloat16, which NumPy does not know
                given = given.float().numpy()
        return np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"the {what} are no array: {error}") from error
