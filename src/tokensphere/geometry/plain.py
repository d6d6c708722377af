"""The exact search in NumPy: what the compiled one is compared with, and what serves without it.

Products in float32 choose candidates, double precision decides. Let `e` bound the error of a query's
products, and let its `floor` be the k-th largest of those seen so far. At least k rows have a true value
of ``floor − e`` or more, so each of the k best has, too, and its product is at least ``floor − 2e``:
what lies below may be forgotten. What is left at the end is computed again in float64 and sorted, equal
values by lower row; neither blocks nor threads can be seen in the result.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tokensphere.arrays import Float32s, Float64s, Floats, Int64s, Intps
from tokensphere.geometry.compute import InParallel
from tokensphere.geometry.rows import blocks
from tokensphere.geometry.similarity import Rescaling, Scoring

_ROWS = 2048
_FIRST = 512  # rows after which the floors mean something
_PRODUCTS = 2**20  # at once: they stay in the cache
_PENDING = 2**15  # candidates at which the floors are raised
_SETTLED = 256  # queries settled at once
Found = tuple[Int64s, Float64s]  # ids and values


class Search:
    """What is the same for all queries: the rows, and how they are ranked."""

    def __init__(
        self, scorings: Sequence[Scoring], rescalings: Sequence[Rescaling | None], ks: Sequence[int]
    ) -> None:
        self._ways = list(zip(scorings, rescalings, ks, strict=True))
        self._base, self._most = scorings[0], max(ks)

    def run(self, queries: Floats, found: Sequence[Found], in_parallel: InParallel) -> None:
        """The k best rows of `queries`, of shape (m, d), into arrays of shape (m, k)."""
        base = self._base
        prepared, bound = base.prepare_queries(queries)
        selections = [_Selection(*way, queries, bound) for way in self._ways]
        first = min(len(base.rows), max(_FIRST, 4 * self._most))

        def scan(rows: slice) -> None:
            block = base.prepare_rows(rows)
            absent = np.flatnonzero(~base.usable[rows])
            for some in blocks(len(prepared), max(1, _PRODUCTS // len(block))):
                products = prepared[some] @ block.T
                products[:, absent] = -np.inf
                for selection in selections:
                    selection.absorb(products, some, rows)

        scan(slice(0, first))
        rest = range(first, len(base.rows), _ROWS)
        in_parallel(scan, (slice(low, min(low + _ROWS, len(base.rows))) for low in rest))
        for selection, (ids, values) in zip(selections, found, strict=True):
            selection.compact()
            in_parallel(
                lambda part, s=selection, i=ids, v=values: s.settle(part, i, v), selection.parts()
            )


class _Pairs(NamedTuple):
    """Queries and rows that may belong together, and their float32 product; all of shape (P,)."""

    query: Intps
    row: Intps
    product: Float32s

    def take(self, index: Intps | slice) -> _Pairs:
        return _Pairs(self.query[index], self.row[index], self.product[index])


class _Selection:
    """What may be among the best `k` rows of one ranking, for each query."""

    def __init__(
        self, scoring: Scoring, rescaling: Rescaling | None, k: int, queries: Floats, bound: Float32s
    ) -> None:
        self._scoring, self._rescaling, self._k, self._queries = scoring, rescaling, k, queries
        self._offset = None if rescaling is None else rescaling.offsets(queries)
        self._window = 2 * (bound if rescaling is None else rescaling.bound(bound))
        # The floor less the window; −inf is the product of a row that cannot be found.
        self._least = np.full(len(queries), np.finfo(np.float32).min, dtype=np.float32)
        self._pairs: list[_Pairs] = []
        self._pending, self._room = 0, max(_PENDING, 4 * k * len(queries))
        self._lock = threading.Lock()

    def absorb(self, products: Float32s, queries: slice, rows: slice) -> None:
        """Note what passes of a rectangle of the base's products, shape (queries, rows)."""
        if self._rescaling is not None:
            if self._offset is not None:
                products = products - self._offset[queries, None]
            products = products * self._rescaling.factor[rows]
            products[:, ~self._scoring.usable[rows]] = -np.inf
        if rows.start == 0 and self._k <= products.shape[1]:
            floor = np.partition(products, -self._k, axis=1)[:, -self._k]
            self._least[queries] = np.maximum(floor - self._window[queries], self._least[queries])
        passing = products >= self._least[queries, None]
        place = np.flatnonzero(passing)
        query, row = np.divmod(place, passing.shape[1])
        pairs = _Pairs(queries.start + query, rows.start + row, products.ravel()[place])
        with self._lock:
            self._pairs.append(pairs)
            self._pending += len(place)
            if self._pending > self._room:
                self._compact()

    def compact(self) -> None:
        """Raise the floors to the k-th largest product of each query, and forget what is below."""
        with self._lock:
            self._compact()

    def _compact(self) -> None:
        pairs = _Pairs(*map(np.concatenate, zip(*self._pairs, strict=True))) if self._pairs else _NONE
        order, place = _order(pairs, pairs.product)
        pairs, last = pairs.take(order), pairs.take(order[place == self._k - 1])
        raised = last.product - self._window[last.query]
        self._least[last.query] = np.maximum(self._least[last.query], raised)
        pairs = pairs.take(np.flatnonzero(pairs.product >= self._least[pairs.query]))
        if 2 * len(pairs.row) > self._room:  # very many are equal
            order, place = _order(pairs, self._scoring.exact(self._queries, pairs.query, pairs.row))
            pairs = pairs.take(order[place < self._k])
        self._pairs, self._pending = [pairs], len(pairs.row)

    def parts(self) -> list[_Pairs]:
        """What is left, in pieces of some queries each."""
        (pairs,) = self._pairs
        ends = np.searchsorted(pairs.query, np.arange(0, len(self._queries) + _SETTLED, _SETTLED))
        return [pairs.take(slice(low, high)) for low, high in pairwise(ends) if low < high]

    def settle(self, pairs: _Pairs, ids: Int64s, values: Float64s) -> None:
        """Of some queries' candidates the k best by their float64 values, into (m, k) arrays."""
        exact = self._scoring.exact(self._queries, pairs.query, pairs.row)
        order, place = _order(pairs, exact)
        best = order[place < self._k]
        query = pairs.query[best[:: self._k]]
        ids[query] = pairs.row[best].reshape(-1, self._k)
        values[query] = exact[best].reshape(-1, self._k)


def _order(pairs: _Pairs, values: Floats) -> tuple[Intps, Intps]:
    """By query, then value descending, then row; and each one's place within its query."""
    order = np.lexsort((pairs.row, -values, pairs.query))
    query = pairs.query[order]
    return order, np.arange(len(order)) - np.searchsorted(query, query)


_NONE = _Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32))
