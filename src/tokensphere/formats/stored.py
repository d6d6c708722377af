"""Any stored tensor as blocks of bytes, and any part of it as floats.

Only what is asked for is decoded, also where quantised values come in blocks: those run along the last
axis, so that a block holds part of one row, or one value of each of several columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

AT_ONCE = 2**24  # bytes of a file that are read before their memory is given back
PIECE = 2**17  # values: stored and as floats together stay in the second-level cache
Blocks = npt.NDArray[Any]
Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Decode = Callable[..., object]  # fills the second with the values of the first; see `Stored`


@dataclass(frozen=True)
class Stored:
    """A tensor of real numbers, of which any part can be read.

    Attributes
    ----------
    blocks : array of shape ``(*shape[:-1], shape[-1] // values)``, an item for each stored block;
        where it can be, a view of the file
    values : how many values of the last axis are in a block
    decode : function from contiguous blocks of shape (r, w), floats of shape (r, w * values) that it
        fills, and the parts of `scales` for these blocks, each of shape (r, w)
    dtype : float32, or float64 for what float32 cannot hold
    scales : what is stored apart and the blocks need to be decoded: arrays that broadcast against them
    piece : how many values to decode at a time
    """

    blocks: Blocks
    values: int
    decode: Decode
    dtype: np.dtype[Any]
    scales: tuple[npt.NDArray[Any], ...] = ()
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
        parts = [np.moveaxis(part, axis, -1) for part in (self.blocks, *self._scales())]
        if axis == self.blocks.ndim - 1 or self.values == 1:
            return self._floats(*(_rows(part, low, high) for part in parts))
        first = low // self.values  # one row of blocks holds `values` lines
        taken = [_rows(part, first, -(-high // self.values)) for part in parts]
        shape = taken[0].shape
        floats = self._floats(*(part.reshape(-1, 1) for part in taken)).reshape(*shape, self.values)
        start = first * self.values
        return floats.swapaxes(1, 2).reshape(-1, shape[1])[low - start : high - start]

    def float32(self, after_each: Callable[[], None] = lambda: None) -> npt.NDArray[np.float32]:
        """All of it, of shape ``(*shape[:-1], shape[-1])``; float64 beyond float32 becomes infinite.

        Little more is in memory at any time than the result.

        Parameters
        ----------
        after_each : called whenever some megabytes have been read
        """
        rows = self.blocks.reshape(-1, self.blocks.shape[-1])
        scales = [part.reshape(-1, part.shape[-1]) for part in self._scales()]
        step = max(1, AT_ONCE // max(1, rows.shape[1] * rows.itemsize))
        out = np.empty((len(rows), rows.shape[1] * self.values), dtype=np.float32)
        for low in range(0, len(out), step):
            part = slice(low, low + step)
            self._fill(out[part], rows[part], *(scale[part] for scale in scales))
            after_each()
        return out.reshape(*self.blocks.shape[:-1], out.shape[1])

    def _scales(self) -> list[npt.NDArray[Any]]:
        return [np.broadcast_to(scale, self.blocks.shape) for scale in self.scales]

    def _floats(self, blocks: Blocks, *scales: npt.NDArray[Any]) -> Floats:
        out = np.empty((len(blocks), blocks.shape[1] * self.values), dtype=self.dtype)
        self._fill(out, blocks, *scales)
        return out

    def _fill(self, out: Floats, *parts: npt.NDArray[Any]) -> None:
        step = max(1, self.piece // out.shape[1])
        # Damaged values and scales may be infinite or not a number: data, no reason for a warning.
        with np.errstate(all="ignore"):
            for low in range(0, len(out), step):
                blocks, *scales = (part[low : low + step] for part in parts)
                self.decode(blocks, out[low : low + step], *scales)


def scaled(values: Stored, scale: npt.NDArray[Any], by: Callable[..., object] = np.multiply) -> Stored:
    """The same with each value multiplied by what its block's scale is.

    Parameters
    ----------
    values : as they are stored
    scale : array that broadcasts against the blocks of `values`
    by : what is done with value and scale in place of the product, :data:`numpy.divide` say
    """

    def decode(stored: Blocks, out: Any, *scales: npt.NDArray[Any]) -> None:
        values.decode(stored, out, *scales[:-1])
        grouped = out.reshape(*stored.shape, values.values)
        by(grouped, scales[-1][..., None], out=grouped)

    return replace(values, decode=decode, scales=(*values.scales, scale))


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
