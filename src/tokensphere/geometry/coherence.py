"""How alike the rows of a list are: the mean cosine of their pairs, and the largest group of them.

For the neighbours `N` of a direction, with ``c_i`` the centred rows of unit length
(docs/definitions.md 5):

    T = (‖Σ_{i∈N} c_i‖² − k) / (k (k − 1))        in [−1/(k−1), 1]

Centred, because where all rows share a direction any two of them have a large cosine. `alike` is
the size of the largest group of neighbours that are joined by pairs whose cosine exceeds a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Bools, Float32s, Float64s, Int64s, Ints
from tokensphere.errors import InputError
from tokensphere.geometry.compiled import squares_of_sums
from tokensphere.geometry.compute import InParallel, workers
from tokensphere.geometry.directions import random_pairs
from tokensphere.geometry.kernel import chosen
from tokensphere.geometry.rows import Rows, blocks, dots, reciprocal

_NEAR = 0.1  # of a unit row to the mean
_MODERATE = 40  # base-2 logarithm of a norm
_ROUNDING = 1e-6  # of a cosine in float32: a pair at the limit does not exceed it, on any processor
_LISTS_AT_ONCE = 32  # whose rows stay in the cache
_LISTS_A_TASK = 512
_ROWS_AT_ONCE = 128  # likewise, in double precision


class Coherence:
    """Measures lists of rows; made once for a matrix.

    Parameters
    ----------
    rows : n rows of d columns
    """

    def __init__(self, rows: Rows) -> None:
        self.rows, self._threads = rows.vectors, rows.compute.count()
        moments, center = rows.moments, rows.moments.center()
        self.weight = reciprocal(center.distances, center.usable)
        self.scale = np.zeros_like(self.weight)
        np.divide(self.weight, moments.norms, out=self.scale, where=center.usable)
        self.usable, self.mean = center.usable, center.mean
        # Sums of raw rows lose digits where a row is near the mean, and products of very long or short
        # ones leave float32: then they are made in float64.
        near = center.distances[center.usable] < _NEAR
        extreme = np.abs(np.log2(moments.norms[center.usable])) > _MODERATE
        self.dtype = np.dtype(np.float64 if (near | extreme).any() else np.float32)

    def centered(self, ids: Ints) -> Float64s:
        """The rows ``c_i`` of shape ids.shape + (d,); zeros for a row that equals the mean."""
        rows: Float64s = self.rows[ids].astype(np.float64)
        rows *= self.scale[ids][..., None]
        rows -= self.weight[ids][..., None] * self.mean
        return rows

    def coherence(self, ids: Ints, ks: Sequence[int]) -> Float64s:
        """``T`` of the first k rows of each list, for several k.

        Parameters
        ----------
        ids : int array of shape (m, K), rows that have a direction, nearest first
        ks : numbers of neighbours, ascending, from 2 to K

        Returns
        -------
        float64 array of shape (m, len(ks)), in [−1/(k−1), 1]
        """
        if list(ks) != sorted(set(ks)) or not ks or ks[0] < 2 or ids.ndim != 2 or ks[-1] > ids.shape[1]:
            raise InputError(
                f"coherence of the first {', '.join(map(str, ks))} of {ids.shape[-1]} neighbours:"
                " need different numbers, ascending, from 2 up to the length of the lists"
            )
        result = np.empty((len(ids), len(ks)))
        fits = self.dtype == np.float32 and self.rows.flags.c_contiguous and self.rows.shape[1] > 1
        kernel = chosen() if fits else None

        # Σ c_i is a weighted sum of the raw rows less a multiple of the mean, from one k to the next.
        def part(some: slice) -> None:
            here = np.ascontiguousarray(ids[some, : ks[-1]], dtype=np.int64)
            weight = _sums(self.weight[here], ks)
            if kernel is None:
                squares = self._squares(here, ks, weight)
            else:
                squares = squares_of_sums(kernel, self.rows, self._scale, self.mean, here, ks, weight)
            result[some] = squares - _sums(self.usable[here], ks)  # Σ ‖c_i‖²

        with self._workers(len(ids), _LISTS_A_TASK) as in_parallel:
            in_parallel(part, blocks(len(ids), _LISTS_A_TASK))
        return result / [k * (k - 1) for k in ks]

    def _workers(self, lists: int, at_once: int) -> AbstractContextManager[InParallel]:
        """No more threads than there are tasks: to start one takes longer than a few lists do."""
        return workers(max(1, min(self._threads, -(-lists // at_once))))

    def _squares(self, ids: Int64s, ks: Sequence[int], weight: Float64s) -> Float64s:
        """``‖Σ c_i‖²`` for each of the k, from how often the mean is in that sum; shape (m, len(ks))."""
        room = np.empty((_LISTS_AT_ONCE, ks[-1], self.rows.shape[1]), dtype=np.float32)
        found = np.empty((len(ids), len(ks)))
        for some in blocks(len(ids), _LISTS_AT_ONCE):
            rows = self._rows(ids[some], room).astype(self.dtype, copy=False)
            rows *= self.scale[ids[some]].astype(self.dtype)[..., None]
            total = _sums(rows, ks) - weight[some][..., None] * self.mean
            found[some] = dots(total, total)
        return found

    @cached_property
    def _scale(self) -> Float32s:
        return self.scale.astype(np.float32)

    def _rows(self, ids: Ints, room: Float32s) -> Float32s:
        """The raw rows, in the first places of `room`: memory that is new each time takes longer."""
        return np.take(self.rows, ids, axis=0, out=room[: len(ids)], mode="clip")

    def _cosines(self, ids: Ints) -> Float64s:
        """``⟨c_i, c_j⟩`` of the rows of each list with each other, shape (m, k) -> (m, k, k)."""
        if self.dtype == np.float64:
            rows = self.centered(ids)
            return np.asarray(rows @ rows.transpose(0, 2, 1))
        raw = self.rows[ids]
        products = (raw @ raw.transpose(0, 2, 1)).astype(np.float64)
        return self._from_products(products, ids[:, :, None], ids[:, None])

    def of_pairs(self, left: Int64s, right: Int64s) -> Float64s:
        """``⟨c_i, c_j⟩`` of pairs of rows in double precision, shape (m,) twice -> (m,)."""
        cosines = np.empty(len(left))
        self._prepare()

        def part(some: slice) -> None:
            one, other = left[some], right[some]
            if self.dtype == np.float64:
                cosines[some] = dots(self.centered(one), self.centered(other))
            else:
                products = self.rows[one].astype(np.float64)
                products *= self.rows[other]
                cosines[some] = self._from_products(products.sum(axis=1), one, other)

        self._of_rows(part, len(left))
        return cosines

    def _from_products(self, products: Float64s, left: Ints, right: Ints) -> Float64s:
        """``⟨c_i, c_j⟩`` from those of the rows as they are, which are overwritten."""
        # ⟨c_i, c_j⟩ = w_i w_j (⟨u_i, u_j⟩ − ⟨u_i, μ⟩ − ⟨u_j, μ⟩ + ‖μ‖²), with w = 1/‖u − μ‖
        products *= self.scale[left] * self.scale[right]
        shift = self.along[left] + self.along[right] - self.mean @ self.mean
        return np.asarray(products - shift * (self.weight[left] * self.weight[right]))

    def _prepare(self) -> None:
        """What cosines of raw rows need, once, before there are threads."""
        if self.dtype == np.float32:
            _ = self.along

    @cached_property
    def along(self) -> Float64s:
        """``⟨u_i, μ⟩``, shape (n,); zero for rows that are not usable."""
        along = np.zeros(len(self.rows))

        def part(some: slice) -> None:
            here = some.start + np.flatnonzero(self.usable[some])
            unit = self.scale[here] / self.weight[here]
            along[here] = dots(self.rows[here].astype(np.float64), self.mean) * unit

        self._of_rows(part, len(along))
        return along

    def _of_rows(self, part: Callable[[slice], None], count: int) -> None:
        """Parts of some rows or pairs that stay in the cache in double precision."""
        with self._workers(count, _LISTS_A_TASK) as in_parallel:
            in_parallel(part, blocks(count, _ROWS_AT_ONCE))

    def alike(self, ids: Ints, limit: float) -> Int64s:
        """Size of each list's largest group joined by pairs of cosine above `limit`.

        Parameters
        ----------
        ids : int array of shape (m, k)
        limit : cosine of two centred rows above which they count as alike

        Returns
        -------
        int64 array of shape (m,), from 1 (no two alike) to k
        """
        result = np.empty(len(ids), dtype=np.int64)
        self._prepare()

        def part(some: slice) -> None:
            result[some] = largest_group(self._cosines(ids[some]) > limit + _ROUNDING)

        with self._workers(len(ids), 4 * _LISTS_AT_ONCE) as in_parallel:
            in_parallel(part, blocks(len(ids), 4 * _LISTS_AT_ONCE))
        return result


def _sums(values: npt.NDArray[Any], ks: Sequence[int]) -> Float64s:
    """Of the first k along the second axis, for each of the k."""
    found = np.empty((len(values), len(ks), *values.shape[2:]))
    for place, (low, high) in enumerate(pairwise([0, *ks])):
        found[:, place] = values[:, low:high].sum(axis=1)
        if place:
            found[:, place] += found[:, place - 1]
    return found


def largest_group(joined: Bools) -> Int64s:
    """Size of the largest connected component of each of m graphs, shape (m, k, k) -> (m,).

    Every node takes the smallest number among its neighbours' until nothing changes.
    """
    m, k, _ = joined.shape
    linked = joined | joined.transpose(0, 2, 1) | np.eye(k, dtype=bool)
    numbers = np.arange(k, dtype=np.min_scalar_type(k))
    number = np.tile(numbers, (m, 1))
    while True:
        smallest = np.where(linked, number[:, None, :], numbers.dtype.type(k)).min(axis=2)
        if np.array_equal(smallest, number):
            break
        number = smallest
    sizes = (number[:, :, None] == numbers).sum(axis=1)
    return np.asarray(sizes.max(axis=1), dtype=np.int64)


def random_pair_limit(
    coherence: Coherence,
    usable: Bools,
    *,
    quantile: float = 0.999,
    n_pairs: int = 200_000,
    seed: int = 0,
) -> float:
    """A quantile of the cosine of random pairs of different centred rows.

    Parameters
    ----------
    coherence : of the matrix
    usable : bool array of shape (n,), rows that have a direction
    quantile : in (0, 1)
    n_pairs : pairs to draw, at least 1
    seed : of the pairs
    """
    ids = np.flatnonzero(usable)
    if len(ids) < 2:
        raise InputError(f"only {len(ids)} rows have a direction; pairs need 2 or more")
    left, right = (ids[end] for end in random_pairs(np.random.default_rng(seed), len(ids), n_pairs))
    return float(np.quantile(coherence.of_pairs(left, right), quantile))
