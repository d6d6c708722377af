"""Any stored tensor as blocks of bytes, and any range of its directions as floats.

The directions of a tensor run along one of its axes, of length d; all its other axes count them. So
the columns of a matrix are directions as well as its rows. Only what a range of directions takes is
decoded, also where quantised values come in blocks: those run along the last axis, so that a block
holds part of one direction, or one value of each of several directions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.formats.floats import BITS, NUMPY_DTYPES, READERS, to_float32
from tokensphere.formats.gguf.quants import TensorType, dequantize
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.numpy import NumpyFile
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.formats.sharded import ShardedSafetensors
from tokensphere.formats.torch import TorchFile

Store = NumpyFile | GGUFFile | SafetensorsFile | ShardedSafetensors | TorchFile
Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]

_BEYOND_FLOAT32 = ("F64", "I64", "U64", "I32", "U32")  # become float64, to lose least


@dataclass(frozen=True)
class Stored:
    """A tensor of which a range of directions can be read.

    Attributes
    ----------
    blocks : array of shape ``(*shape[:-1], shape[-1] // values)``, an item for each stored block;
        where it can be, a view of the file
    values : how many values of the last axis are in a block
    decode : contiguous blocks of shape (r, w) -> floats of shape (r, w * values)
    """

    blocks: npt.NDArray[Any]
    values: int
    decode: Callable[[npt.NDArray[Any]], Floats]

    def directions(self, axis: int, low: int, high: int) -> Floats:
        """The directions `low` to `high` along an axis, counted in the order of the other axes.

        Parameters
        ----------
        axis : of the tensor, in [0, number of axes); d is its length
        low, high : 0 <= low < high <= product of the other axes' lengths

        Returns
        -------
        float32 or float64 array of shape (high - low, d)
        """
        blocks = np.moveaxis(self.blocks, axis, -1)
        if axis == self.blocks.ndim - 1:
            return self.decode(_rows(blocks, low, high))
        first = low // self.values
        taken = _rows(blocks, first, -(-high // self.values))  # one row holds `values` directions
        floats = self.decode(taken.reshape(-1, 1)).reshape(*taken.shape, self.values)
        start = first * self.values
        return floats.swapaxes(1, 2).reshape(-1, taken.shape[1])[low - start : high - start]


def _rows(array: npt.NDArray[Any], low: int, high: int) -> npt.NDArray[Any]:
    """Rows of the last axis, counted in the order of the other axes; contiguous, (high - low, w)."""
    if array.ndim <= 2:
        return np.ascontiguousarray(np.atleast_2d(array)[low:high])
    return np.ascontiguousarray(array[np.unravel_index(np.arange(low, high), array.shape[:-1])])


def is_number(file: Store, name: str) -> bool:
    """Whether a tensor's values are real numbers of a type that can be read."""
    if isinstance(file, NumpyFile):
        return file.tensors[name].header.dtype.kind in "fiu"
    if isinstance(file, GGUFFile):
        return file.tensors[name].type.bytes > 0
    return file.tensors[name].dtype in READERS


def float_type(file: Store, name: str) -> np.dtype[Any]:
    """The type in which a tensor's directions come: float64 for what float32 cannot hold."""
    if isinstance(file, NumpyFile):
        dtype = file.tensors[name].header.dtype
        return np.dtype(np.float32 if np.can_cast(dtype, np.float32) else np.float64)
    wide = file.tensors[name].dtype in _BEYOND_FLOAT32
    return np.dtype(np.float64 if wide else np.float32)


def open_stored(file: Store, name: str) -> Stored:
    """A tensor of a file, for :meth:`Stored.directions`; :func:`is_number` must hold of it."""
    if isinstance(file, NumpyFile):
        return Stored(file.array(name), 1, partial(_converted, dtype=float_type(file, name)))
    if isinstance(file, GGUFFile):
        kind = file.tensors[name].type
    else:
        dtype = file.tensors[name].dtype
        kind = TensorType(dtype, 1, BITS[dtype] // 8)
    # Unsigned integers where there are any of that size: NumPy moves those faster.
    item = np.dtype(f"u{kind.bytes}" if kind.bytes in (1, 2, 4, 8) else f"V{kind.bytes}")
    *counted, last = file.tensors[name].shape
    blocks = file.raw(name).view(item).reshape(*counted, last // kind.values)
    if kind.name in _BEYOND_FLOAT32:
        return Stored(blocks, 1, partial(_converted, dtype=np.float64, stored=NUMPY_DTYPES[kind.name]))
    if isinstance(file, GGUFFile):
        return Stored(blocks, kind.values, partial(_dequantized, kind=kind))
    return Stored(blocks, 1, partial(_to_float32, dtype=kind.name))


def _converted(blocks: npt.NDArray[Any], dtype: npt.DTypeLike, stored: str | None = None) -> Floats:
    """Values of NumPy's types; `stored` says of which, where the blocks do not."""
    values = blocks if stored is None else blocks.view(stored)
    with np.errstate(all="ignore"):  # not a number, or beyond float64: data, no reason for a warning
        out: Floats = values.astype(dtype)
        return out


def _dequantized(blocks: npt.NDArray[Any], kind: TensorType) -> Floats:
    out = np.empty((len(blocks), blocks.shape[1] * kind.values), dtype=np.float32)
    dequantize(blocks.view(np.uint8), kind, out)
    return out


def _to_float32(blocks: npt.NDArray[Any], dtype: str) -> Floats:
    return to_float32(blocks.view(np.uint8).reshape(-1), dtype, blocks.shape)
