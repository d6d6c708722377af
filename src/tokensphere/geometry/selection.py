"""The k best rows for each of some queries, selected while their products stream by.

Of every group of rows only the largest product is looked at; a group is opened only if that maximum
reaches what the query's k-th best group has shown so far, less the rounding error of the product.
What survives is computed again in float64 and sorted, so the result is that of double precision, ties
go to the lower row, and neither block sizes nor threads can be seen in it.

Why nothing is lost: let `e` bound the error of one float32 product and `τ` be the k-th largest of a
query's products. At least k rows have a true value of `τ − e` or more, so every row among the k best
has, too, and its product is at least `τ − 2e`. The k-th largest of the group maxima seen so far, the
`floor`, never exceeds `τ`; hence rows below `floor − 2e` may be forgotten.

A floor may also be expected beforehand, which saves opening groups that later prove too small. Where
at least k products reach it, it did not exceed `τ` either, and nothing was lost; other queries have
`failed`, and must be asked again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tokensphere.arrays import Bools, Float32s, Floats, Intps
from tokensphere.geometry.similarity import Rescaling, Scoring

_QUERIES_TO_SETTLE = 256
_MANY = 4  # groups of a block that pass an expected floor, for each query, before it is raised
Bounds = tuple[Float32s, Float32s]


class Selection:
    """The best `k` rows of `scoring` for `queries`; fed by several threads.

    Parameters
    ----------
    scoring : what is ranked, over n rows
    queries : floating array of shape (m, d)
    k : int
    bound : float32 array of shape (m,), ``e``: how far a product may be off
    rescaling : how the products that are fed become those of `scoring`; None if they are
    expected : float32 array of shape (m,), floors to begin with; None if nothing is known
    order : int array of shape (n,), the rows in the order in which they are fed; None if in their own
    group : rows of a group
    """

    def __init__(
        self,
        scoring: Scoring,
        queries: Floats,
        k: int,
        bound: Float32s,
        rescaling: Rescaling | None = None,
        expected: Float32s | None = None,
        *,
        order: Intps | None,
        group: int,
    ) -> None:
        m = len(queries)
        self.order, self.usable = order, scoring.usable
        if order is not None:
            self.usable = scoring.usable[order]
            rescaling = None if rescaling is None else rescaling.in_order(order)
        self.factors = None if rescaling is None else rescaling.of_groups(group)
        self.scoring, self.queries, self.k = scoring, queries, k
        self.window = 2 * bound
        self.rescaling = rescaling
        self.offset = None if rescaling is None else rescaling.offsets(queries)
        self.best = np.full((m, k), -np.inf, dtype=np.float32)  # the k largest group maxima
        self.expected = expected
        self.floor = np.full(m, -np.inf, dtype=np.float32)  # the least of them, or what is expected
        if expected is not None:
            self.floor[:] = expected
        self.candidates: list[_Pairs] = []
        self.pending = 0
        self.ids = np.empty((m, k), dtype=np.int64)
        self.values = np.empty((m, k), dtype=np.float64)
        self._lock = threading.Lock()

    def rescale(self, products: Float32s, rows: slice, queries: slice, out: Float32s) -> None:
        """Products of this scoring from a rectangle of those that are fed, shape (rows, queries)."""
        if self.rescaling is None:
            raise ValueError("these products need no rescaling")
        if self.offset is not None:
            products = np.subtract(products, self.offset[queries], out=out)
        np.multiply(products, self.rescaling.factor[rows, None], out=out)

    @property
    def takes_fed(self) -> bool:
        """Whether the largest products that are fed tell enough of this scoring's own."""
        return self.rescaling is None or self.factors is not None

    def _bounds(self, maxima: Float32s, groups: slice | Intps, offset: Float32s | None) -> Bounds:
        """Bounds of this scoring's largest product in groups, from that of those that are fed.

        Where the rows of a group have nearly the same factor, the bounds lie close together. They hold
        for the rounded products, because rounding is monotone.

        Parameters
        ----------
        maxima : float32 array of shape (groups, any)
        groups : which they are
        offset : what is subtracted, to be broadcast against `maxima`; or None

        Returns
        -------
        lower, upper : arrays of the shape of `maxima`, which may be one
        """
        if self.factors is None:
            return maxima, maxima
        least, largest = (factor[groups, None] for factor in self.factors)
        if offset is not None:
            maxima = maxima - offset
        one, other = maxima * least, maxima * largest
        lower, upper = np.minimum(one, other), np.fmax(one, other)
        partial = np.flatnonzero(np.isnan(least))  # the largest may be a row that is not usable
        if len(partial):
            lower[partial] = -np.inf
            upper[np.flatnonzero(np.isnan(largest))] = -np.inf
        return lower, upper

    def absorb(
        self,
        products: Float32s,
        parts: Float32s,
        maxima: Float32s,
        start: int,
        low: int,
    ) -> None:
        """Raise the floors by the largest products of groups; open what passes.

        Parameters
        ----------
        products : of shape (small groups, rows of one, queries), as they are fed
        parts : the largest product in each small group, as they are fed if that suffices (`takes_fed`),
            else of this scoring; of shape (groups, small groups of one, queries)
        maxima : the same of each group, of shape (groups, queries)
        start, low : the first row and the first query
        """
        groups, small, m = parts.shape
        first = start // (small * products.shape[1])
        offset = None if self.offset is None else self.offset[low : low + m]
        lower, maxima = self._bounds(maxima, slice(first, first + groups), offset)
        here = slice(low, low + m)
        passing = maxima >= self.floor[here] - self.window[here]
        hit = np.flatnonzero(passing.any(axis=0))
        if not len(hit):
            return
        query = low + hit
        if self.expected is None or np.count_nonzero(passing) > _MANY * m:
            self._raise(query, lower[:, hit].T)
            passing = maxima >= self.floor[here] - self.window[here]
        least = self.floor[query] - self.window[query]
        which, column = np.nonzero(passing[:, hit])
        offset = None if self.offset is None else self.offset[query[column], None]
        _, near = self._bounds(parts[which, :, hit[column]], first + which, offset)
        pair, inside = np.nonzero(near >= least[column, None])
        column, which = column[pair], which[pair] * small + inside
        opened = self._open(products, which, hit[column], start, query[column])
        # −inf is the product of a row that is not usable, and the floor until k groups were seen.
        least = np.maximum(least, np.finfo(np.float32).min)
        pair, inside = np.nonzero(opened >= least[column, None])
        found = _Pairs(
            query=query[column[pair]],
            row=self._own(start + which[pair] * products.shape[1] + inside),
            product=opened[pair, inside],
        )
        with self._lock:
            self.candidates.append(found)
            self.pending += len(found.row)

    def _raise(self, query: Intps, sure: Float32s) -> None:
        """Raise the floors of some queries by products of theirs, shape (queries, groups)."""
        groups = sure.shape[1]
        with self._lock:
            merged = np.concatenate([self.best[query], sure], axis=1)
            merged.partition(groups, axis=1)
            self.best[query] = merged[:, groups:]
            self.floor[query] = np.maximum(self.floor[query], merged[:, groups])

    def _own(self, rows: Intps) -> Intps:
        """Rows by their own numbers, from the order in which they are fed."""
        return rows if self.order is None else self.order[rows]

    def _open(
        self,
        products: Float32s,
        which: Intps,
        column: Intps,
        start: int,
        query: Intps,
    ) -> Float32s:
        """Products of this scoring in some groups, for one query each; shape (P, group)."""
        opened = products[which, :, column]
        if self.rescaling is None:
            return opened
        if self.offset is not None:
            opened -= self.offset[query, None]
        group = products.shape[1]
        factor = self.rescaling.factor[start : start + products.shape[0] * group].reshape(-1, group)
        opened *= factor[which]  # NaN where a row is not usable or not there: it passes no floor
        return opened

    def _passing(self) -> _Pairs:
        """All candidates that still reach their query's floor."""
        pairs = _Pairs.join(self.candidates)
        return pairs.take(pairs.product >= (self.floor - self.window)[pairs.query])

    def failed(self) -> Bools:
        """Queries of which too much was expected, shape (m,): fewer than k products reach that."""
        if self.expected is None:
            return np.zeros(len(self.queries), dtype=bool)
        pairs = _Pairs.join(self.candidates)
        reach = pairs.query[pairs.product >= self.expected[pairs.query]]
        return np.bincount(reach, minlength=len(self.queries)) < self.k

    def compact(self) -> None:
        """Settle what is there, so that memory stays bounded when very many rows are equal."""
        with self._lock:
            pairs = self._passing().by_query()
            values = self.scoring.exact(self.queries, pairs.query, pairs.row)
            order, place = _ranked(pairs.query, pairs.row, values)
            self.candidates = [pairs.take(order[place < self.k])]
            self.pending = len(self.candidates[0].row)

    def parts(self) -> Iterator[_Pairs]:
        """What is left to settle, in pieces that are independent of each other; not what failed."""
        pairs = self._passing()
        failed = self.failed()
        if failed.any():
            pairs = pairs.take(~failed[pairs.query])
        pairs = pairs.by_query()
        edges = np.arange(0, len(self.queries) + _QUERIES_TO_SETTLE, _QUERIES_TO_SETTLE)
        ends = pairwise(np.searchsorted(pairs.query, edges))
        return (pairs.take(slice(low, high)) for low, high in ends if low < high)

    def _sharpened(self, pairs: _Pairs) -> _Pairs:
        """Candidates by query, then product descending; less those that the k-th of them rules out."""
        order, place = _ranked(pairs.query, None, pairs.product)
        # The k-th best product is a sharper floor than the k-th best group.
        last = pairs.take(order[place == self.k - 1])
        self.floor[last.query] = last.product
        pairs = pairs.take(order)
        return pairs.take(pairs.product >= (self.floor - self.window)[pairs.query])

    def settle(self, pairs: _Pairs) -> None:
        """Of some queries' candidates, the k best by their float64 values."""
        pairs = self._sharpened(pairs)
        values = self.scoring.exact(self.queries, pairs.query, pairs.row)
        order, place = _ranked(pairs.query, pairs.row, values)
        order = order[place < self.k]
        query = pairs.query[order[:: self.k]]
        self.ids[query] = pairs.row[order].reshape(-1, self.k)
        self.values[query] = values[order].reshape(-1, self.k)

    def settle_ids(self, pairs: _Pairs) -> None:
        """The same without the values: float64 only where float32 leaves the order open.

        Candidates come in the order of their products. Where two neighbours differ by more than the
        window, all true values before lie above all behind; so only runs of close ones are compared.
        """
        pairs = self._sharpened(pairs)
        drop = pairs.product[:-1] - pairs.product[1:]
        apart = (drop > self.window[pairs.query[1:]]) | (pairs.query[1:] != pairs.query[:-1])
        run = np.concatenate([[0], np.cumsum(apart)])
        close = np.flatnonzero((np.bincount(run) > 1)[run])
        values = np.zeros(len(run))
        values[close] = self.scoring.exact(self.queries, pairs.query[close], pairs.row[close])
        order = np.arange(len(run))
        order[close] = close[np.lexsort((pairs.row[close], -values[close], run[close]))]
        first = np.searchsorted(pairs.query, pairs.query, side="left")
        order = order[np.arange(len(run)) - first < self.k]
        query = pairs.query[order[:: self.k]]
        self.ids[query] = pairs.row[order].reshape(-1, self.k)


class _Pairs(NamedTuple):
    """Queries and rows that may belong together, and their float32 product; all of shape (P,)."""

    query: Intps
    row: Intps
    product: Float32s

    def take(self, index: Intps | Bools | slice) -> _Pairs:
        return _Pairs(self.query[index], self.row[index], self.product[index])

    def by_query(self) -> _Pairs:
        query = self.query  # 16 bits are sorted by their digits, which takes no comparisons
        if len(query) and query.max() < 2**16:
            query = query.astype(np.uint16)
        return self.take(np.argsort(query, kind="stable"))

    @staticmethod
    def join(parts: list[_Pairs]) -> _Pairs:
        return _Pairs(*map(np.concatenate, zip(_NONE, *parts, strict=True)))


_NONE = _Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32))


def _ranked(query: Intps, row: Intps | None, values: Floats) -> tuple[Intps, Intps]:
    """Order by query, then value descending, then row; and each one's place within its query."""
    order = np.lexsort((-values, query) if row is None else (row, -values, query))
    ordered = query[order]
    first = np.searchsorted(ordered, ordered, side="left")
    return order, np.arange(len(order)) - first
