"""Similarities in float64 on a device, the same to the bit as :meth:`Scoring.exact`.

Every operation on numbers of double precision is rounded as IEEE 754 says, on a GPU as well, and each
is a call of its own here, so that no compiler joins a product with a sum. What is left is the order of
sums: NumPy adds eight interleaved sums over at most 128 numbers, then pairs (``pairwise_sum`` in its
``loops_utils.h.src``), and so does :class:`Sums`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tokensphere.geometry.on_torch import Device, Tensor, torch
from tokensphere.geometry.similarity import Scoring

_LANES = 8
_LEAF = 128


def _leaves(d: int) -> list[int]:
    """How NumPy cuts `d` numbers before it adds them: lengths from left to right."""
    if d <= _LEAF:
        return [d]
    half = d // 2 - d // 2 % _LANES
    return _leaves(half) + _leaves(d - half)


@dataclass(frozen=True)
class Sums:
    """Sums of d numbers in NumPy's order, for many rows at once.

    Rows are laid out first (:meth:`lay_out`): every leaf gets as many steps of eight numbers as the
    longest has, so that all are added together. What is filled in must come to −0, which changes no
    sum; what remains of the last leaf stands at the end.

    Parameters
    ----------
    d : numbers of a row
    leaves, steps : of the layout
    place : int64 tensor of shape (width,), the number that stands there, d for none; None: all in order
    """

    d: int
    leaves: int
    steps: int
    place: Tensor

    @classmethod
    def of(cls, d: int, device: Device) -> Sums:
        """For rows of `d` numbers on a device."""
        lengths = _leaves(d)
        steps = max(length // _LANES for length in lengths)
        place = np.full((len(lengths), steps * _LANES), d)
        start = 0
        for leaf, length in enumerate(lengths):
            whole = length - length % _LANES
            place[leaf, :whole] = np.arange(start, start + whole)
            start += length
        places = np.concatenate([place.ravel(), np.arange(d - d % _LANES, d)])
        plain = np.array_equal(places, np.arange(d))
        return cls(d, len(lengths), steps, None if plain else torch.from_numpy(places).to(device))

    @property
    def width(self) -> int:
        """Numbers of a row that is laid out."""
        return self.d if self.place is None else len(self.place)

    def lay_out(self, rows: Tensor, fill: float) -> Tensor:
        """Rows of shape (P, d) as (P, width)."""
        if self.place is None:
            return rows
        filled = torch.nn.functional.pad(rows, (0, 1), value=fill)
        return filled.index_select(1, self.place)

    def __call__(self, rows: Tensor) -> Tensor:
        """The sum of each row that is laid out, (P, width) -> (P,)."""
        body = self.leaves * self.steps * _LANES
        if self.steps:
            parts = rows[:, :body].unflatten(1, (self.leaves, self.steps, _LANES))
            lanes = parts[:, :, 0]
            for step in range(1, self.steps):
                lanes = lanes + parts[:, :, step]
            for _ in range(3):  # ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))
                lanes = lanes[..., 0::2] + lanes[..., 1::2]
            sums = list(lanes[..., 0].unbind(1))
        else:
            sums = [torch.full((len(rows),), -0.0, dtype=rows.dtype, device=rows.device)]
        for column in range(body, self.width):
            sums[-1] = sums[-1] + rows[:, column]
        return _joined(self.d, iter(sums)) + 0.0  # NumPy begins with 0: no sum is −0

    def lengths(self, vectors: Tensor) -> Tensor:
        """Euclidean norms as :func:`vector_lengths` has them, for float64 of shape (m, d), not zero."""
        largest = vectors.abs().amax(1).clamp_min(2.0**-1022)
        # The power of two below it; to divide by that changes no digit.
        power = (largest.view(torch.int64) & (0x7FF << 52)).view(torch.float64)
        scaled = self.lay_out(vectors / power[:, None], 0.0)
        return power * _root(self(scaled * scaled))


def _joined(d: int, sums: Iterator[Tensor]) -> Tensor:
    """The leaves' sums, added as they were cut."""
    if d <= _LEAF:
        return next(sums)
    half = d // 2 - d // 2 % _LANES
    left = _joined(half, sums)
    return left + _joined(d - half, sums)


def _root(squares: Tensor) -> Tensor:
    """The square roots, correctly rounded; on the processor PyTorch's own, of the MKL, are not."""
    if squares.device.type == "cpu":
        return torch.from_numpy(np.sqrt(squares.numpy()))
    return squares.sqrt()


class Measure:
    """A scoring in double precision, for pairs of queries and rows.

    Parameters
    ----------
    scoring : what is ranked
    sums : of its d columns
    device : where it computes
    """

    def __init__(self, scoring: Scoring, sums: Sums, device: Device) -> None:
        def there(values: object) -> Tensor:
            return None if values is None else torch.tensor(values, dtype=torch.float64, device=device)

        self.similarity, self.sums = scoring.similarity, sums
        self.scale, self.weight, self.shift = map(there, (scoring.scale, scoring.weight, scoring.shift))
        if self.shift is not None:
            self.shift = sums.lay_out(self.shift[None], 0.0)

    def __call__(self, vectors: Tensor, rows: Tensor, ids: Tensor) -> Tensor:
        """Similarities of P pairs; larger is nearer.

        Parameters
        ----------
        vectors : float64 tensor of shape (P, width), queries; for cosine divided by their lengths
        rows : float32 tensor of shape (P, width), filled with −0
        ids : int64 tensor of shape (P,)
        """
        if self.similarity == "euclidean":
            rows = rows - vectors
            if self.shift is not None:
                rows = rows - self.shift
            scale = rows.abs().amax(1, keepdim=True)
            scale = torch.where(scale == 0, 1.0, scale)
            rows = rows / scale
            return -(scale[:, 0] * _root(self.sums(rows * rows)))
        if self.shift is None:
            values = self.sums(rows * vectors)
            return values if self.scale is None else values * self.scale[ids]
        if self.scale is not None:
            rows = rows * (self.scale[ids] / self.weight[ids])[:, None]
        return self.sums((rows - self.shift) * vectors) * self.weight[ids]
