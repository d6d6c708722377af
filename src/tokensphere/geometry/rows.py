"""The rows of a matrix with what is known of them: their norms and means, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tokensphere.arrays import Bools, Float32s, Float64s, Intps
from tokensphere.errors import InputError
from tokensphere.geometry.compute import DEFAULT, Compute, workers

_BLOCK = 1024
_IN_CACHE = 128  # rows that stay in the second-level cache as float64
_A_THREAD = 2**20  # numbers that are worth a thread
# Outside of these the reciprocal of a norm has too few digits in float32, or a product overflows.
_SHORTEST, _LONGEST = 2.0**-120, 2.0**120
_SHORTEST_CENTERED = 1e-6


def blocks(count: int, size: int = _BLOCK) -> Iterator[slice]:
    """The places 0 … count − 1 as slices of `size`, in order.

    Examples
    --------
    >>> list(blocks(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    return (slice(low, min(low + size, count)) for low in range(0, count, size))


def dots(a: Float64s, b: Float64s) -> Float64s:
    """``⟨a, b⟩`` along the last axis, broadcast over the others.

    A product's value depends on its two vectors alone, not on what else is computed, nor on the
    processor: each BLAS adds in an order of its own, but NumPy multiplies one by one and adds in pairs.
    """
    return np.asarray(np.multiply(a, b).sum(axis=-1), dtype=np.float64)


def reciprocal(values: Float64s, where: Bools) -> Float64s:
    """``1 / values``, and 0 where `where` is False."""
    return np.divide(1.0, values, out=np.zeros_like(values), where=where)


def squared_distances(rows: Float32s, point: Float64s) -> Float64s:
    """``‖E_i − point‖²`` in double precision; shapes (n, d), (d,) -> (n,)."""
    squares = np.empty(len(rows))
    with np.errstate(invalid="ignore", over="ignore"):
        for part in blocks(len(rows), _IN_CACHE):
            block = rows[part] - point
            squares[part] = dots(block, block)
    return squares


@dataclass(frozen=True)
class Center:
    """The mean of the unit rows, and how far every unit row lies from it.

    Attributes
    ----------
    mean : float64 array of shape (d,), ``μ``
    distances : float64 array of shape (n,), ``‖u_i − μ‖``; NaN where the row is not usable
    usable : bool array of shape (n,), False where ``u_i`` is not usable or equals ``μ``
    """

    mean: Float64s
    distances: Float64s
    usable: Bools


class RowMoments:
    """Norms and means of the rows of a matrix; computed when first asked for, then kept.

    A row of zero length (below 2⁻¹²⁰), or of one that is not finite (beyond 2¹²⁰), has no direction:
    it is not `usable`, and takes part in no mean.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
    keep : bool array of shape (n,), optional; rows to leave out are False
    threads : how many to use, seen in no result
    """

    def __init__(self, rows: Float32s, keep: Bools | None = None, *, threads: int = 1) -> None:
        self._rows = rows
        self._keep = keep
        self._threads = min(threads, max(rows.size // _A_THREAD, 1))

    @cached_property
    def norms(self) -> Float64s:
        """Euclidean norms, shape (n,); NaN or infinite where the row is."""
        norms = np.empty(len(self._rows))

        def measure(part: slice) -> None:
            block = self._rows[part].astype(np.float64)
            norms[part] = np.sqrt(dots(block, block))

        self._each(measure, _IN_CACHE)
        return norms

    def _each(self, function: Callable[[slice], Any], size: int) -> list[Any]:
        parts = blocks(len(self._rows), size)
        if self._threads == 1:  # no BLAS is used here, which would have to be held to one thread
            return [function(part) for part in parts]
        with workers(self._threads) as in_parallel:
            return in_parallel(function, parts)

    @cached_property
    def usable(self) -> Bools:
        """True for the rows that have a direction, shape (n,)."""
        usable = (self.norms > _SHORTEST) & (self.norms <= _LONGEST)
        return usable if self._keep is None else usable & self._keep

    def _mean(self, norms: Float64s | None) -> Float64s:
        """Mean of the usable rows, divided by their norms if these are given."""
        total, every = np.zeros(self._rows.shape[1]), self.usable

        def add_up(part: slice) -> Float64s:
            usable = every[part]
            block = self._rows[part][usable].astype(np.float64)
            if norms is not None:
                block /= norms[part][usable][:, None]
            return np.asarray(block.sum(axis=0))  # a BLAS has its own order

        for found in self._each(add_up, _BLOCK):  # always in this order
            total += found
        return total / max(int(every.sum()), 1)

    @cached_property
    def _raw_mean(self) -> Float64s:
        return self._mean(None)

    @cached_property
    def _unit_mean(self) -> Float64s:
        return self._mean(self.norms)

    def mean_row(self) -> Float64s:
        """Mean of the usable rows as they are, shape (d,)."""
        return self._raw_mean

    def mean_unit_row(self) -> Float64s:
        """``μ``, the mean of the usable rows brought to unit length, shape (d,)."""
        return self._unit_mean

    def mean_cosines(self) -> tuple[float, float]:
        """Mean cosine of two usable rows drawn independently, ``‖μ‖²``, and of two different ones.

        The latter is ``(n‖μ‖² − 1)/(n − 1)``: the former without the pairs of a row with itself.

        Raises
        ------
        InputError
            fewer than two rows have a direction
        """
        n, mean = int(self.usable.sum()), self.mean_unit_row()
        if n < 2:
            raise InputError(
                f"only {n} of {len(self.usable)} rows have a direction; at least 2 are needed"
            )
        square = float(mean @ mean)
        return square, (n * square - 1) / (n - 1)

    def squared_distances(self, point: Float64s) -> Float64s:
        """``‖E_i − point‖²`` in double precision, shape (n,)."""
        return squared_distances(self._rows, point)

    def unit_rows(self, part: slice) -> tuple[Intps, Float64s]:
        """The usable ones of a part of the rows: their ids, and ``u_i`` in double precision."""
        usable = part.start + np.flatnonzero(self.usable[part])
        return usable, self._rows[usable] / self.norms[usable, None]

    @cached_property
    def _center(self) -> Center:
        mean = self.mean_unit_row()
        distances = np.full(len(self._rows), np.nan)

        def measure(part: slice) -> None:
            # From the difference itself: 1 − 2⟨u, μ⟩ + ‖μ‖² has no digits left where u is near μ.
            usable, unit = self.unit_rows(part)
            unit -= mean
            distances[usable] = np.sqrt(dots(unit, unit))

        self._each(measure, _IN_CACHE)
        with np.errstate(invalid="ignore"):
            return Center(mean, distances, distances > _SHORTEST_CENTERED)

    def center(self) -> Center:
        """``μ`` and the distances of the unit rows from it."""
        return self._center


@dataclass(frozen=True)
class Rows:
    """A matrix, the moments of its rows, and what works on it: what travels together.

    Attributes
    ----------
    vectors : float32 array of shape (n, d)
    moments : of these rows
    compute : what products are made with
    """

    vectors: Float32s
    moments: RowMoments
    compute: Compute = DEFAULT

    @classmethod
    def of(cls, vectors: Float32s, keep: Bools | None = None, compute: Compute | None = None) -> Rows:
        """The rows of a matrix; those that `keep`, of shape (n,), leaves out are not usable."""
        # What is not told how many threads to use measures the rows, when asked, with one.
        moments = RowMoments(vectors, keep, threads=1 if compute is None else compute.count())
        return cls(vectors, moments, compute or DEFAULT)

    def using(self, compute: Compute | None) -> Rows:
        """The same rows, worked on in another way if one is given; moments are shared."""
        return self if compute is None else replace(self, compute=compute)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions, (n, d)."""
        n, d = self.vectors.shape
        return n, d

    @property
    def usable(self) -> Bools:
        """True for the rows that have a direction, shape (n,)."""
        return self.moments.usable

    def __len__(self) -> int:
        return len(self.vectors)
