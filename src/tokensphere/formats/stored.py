"""Any stored tensor as blocks of bytes, and any part of it as floats.

Only what is asked for is decoded, also where quantised values come in blocks: those run along the last
axis, so that a block holds part of one row, or one value of each of several columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

AT_ONCE = 2**24  # bytes of a file that are read before their memory is given back
PIECE = 2**17  # values: stored and as floats together stay in the second-level cache
Blocks = npt.NDArray[Any]
Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Decode = Callable[[Blocks, Any], object]  # fills the second with the values of the first


@dataclass(frozen=True)
class Stored:
    """A tensor of real numbers, of which any part can be read.

    Attributes
    ----------
    blocks : array of shape ``(*shape[:-1], shape[-1] // values)``, an item for each stored block;
        where it can be, a view of the file
    values : how many values of the last axis are in a block
    decode : fills floats of shape (r, w * values) from contiguous blocks of shape (r, w)
    dtype : float32, or float64 for what float32 cannot hold
    divide : what the decoded values are then divided by: float32 array that broadcasts against
        `blocks`, for which `values` is 1; None for nothing
    piece : how many values to decode at a time
    """

    blocks: Blocks
    values: int
    decode: Decode
    dtype: np.dtype[Any]
    divide: npt.NDArray[np.float32] | None = None
    piece: int = PIECE

    def along(self, axis: int, low: int, high: int) -> Floats:
        """The lines `low` to `high` along an axis, counted in the order of the other axes.

        Parameters
        ----------
        axis : of the tensor, in [0, number of axes); d is its length
        low, high : 0 <= low < high <= product of the other axes' lengths

        Returns
        -------
        new float32 or float64 array of shape (high - low, d)
        """
        blocks = np.moveaxis(self.blocks, axis, -1)
        if axis == self.blocks.ndim - 1 or self.values == 1:
            divide = self._divisors()
            if divide is not None:
                divide = _rows(np.moveaxis(divide, axis, -1), low, high)
            return self._floats(_rows(blocks, low, high), divide)
        first = low // self.values
        taken = _rows(blocks, first, -(-high // self.values))  # one row holds `values` lines
        floats = self._floats(taken.reshape(-1, 1)).reshape(*taken.shape, self.values)
        start = first * self.values
        return floats.swapaxes(1, 2).reshape(-1, taken.shape[1])[low - start : high - start]

    def float32(self, after_each: Callable[[], None] = lambda: None) -> npt.NDArray[np.float32]:
        """All of it, of shape ``(*shape[:-1], shape[-1])``; float64 beyond float32 becomes infinite.

        Little more is in memory at any time than the result.

        Parameters
        ----------
        after_each : called whenever some megabytes have been read
        """
        rows = self.blocks.reshape(-1, self.blocks.shape[-1])
        divide = self._divisors()
        out = np.empty((len(rows), rows.shape[1] * self.values), dtype=np.float32)
        step = max(1, AT_ONCE // max(1, rows.shape[1] * rows.itemsize))
        for low in range(0, len(out), step):
            part = slice(low, low + step)
            self._fill(rows[part], out[part], None if divide is None else divide[part])
            after_each()
        return out.reshape(*self.blocks.shape[:-1], out.shape[1])

    def _divisors(self) -> npt.NDArray[np.float32] | None:
        return None if self.divide is None else np.broadcast_to(self.divide, self.blocks.shape)

    def _floats(self, blocks: Blocks, divide: npt.NDArray[np.float32] | None = None) -> Floats:
        out = np.empty((len(blocks), blocks.shape[1] * self.values), dtype=self.dtype)
        self._fill(blocks, out, divide)
        return out

    def _fill(self, blocks: Blocks, out: Floats, divide: npt.NDArray[np.float32] | None) -> None:
        step = max(1, self.piece // out.shape[1])
        # Damaged values and scales may be infinite or not a number: data, no reason for a warning.
        with np.errstate(all="ignore"):
            for low in range(0, len(out), step):
                part = slice(low, low + step)
                self.decode(blocks[part], out[part])
                if divide is not None:
                    out[part] /= divide[part]


def _rows(array: npt.NDArray[Any], low: int, high: int) -> npt.NDArray[Any]:
    """Rows of the last axis, counted in the order of the other axes; contiguous, (high - low, w)."""
    if array.ndim <= 2:
        return np.ascontiguousarray(np.atleast_2d(array)[low:high])
    return np.ascontiguousarray(array[np.unravel_index(np.arange(low, high), array.shape[:-1])])


def blocks_of(
    raw: npt.NDArray[np.uint8], shape: tuple[int, ...], *, values: int = 1, size: int
) -> Blocks:
    """A tensor's bytes as an array of blocks, a view.

    Parameters
    ----------
    raw : uint8 array of all bytes
    shape : of the tensor
    values, size : values and bytes of a block
    """
    # Unsigned integers where there are any of that size: NumPy moves those faster.
    item = np.dtype(f"u{size}" if size in (1, 2, 4, 8) else f"V{size}")
    *counted, last = shape or (1,)
    return raw.view(item).reshape(*counted, last // values)
