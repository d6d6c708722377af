"""The k best rows for any number of queries: exact, in bounded memory, as fast as the product.

Blocks of rows are multiplied with blocks of queries into a buffer that stays in the cache. Of every
group of rows only the largest product is looked at; a group is opened only if that maximum reaches
what the query's k-th best group has shown so far, less the rounding error of the product. What
survives is computed again in float64 and sorted, so the result is that of double precision, ties go
to the lower row, and neither block sizes nor threads can be seen in it.

Why nothing is lost: let `e` bound the error of one float32 product and `τ` be the k-th largest of a
query's products. At least k rows have a true value of `τ − e` or more, so every row among the k best
has, too, and its product is at least `τ − 2e`. The k-th largest of the group maxima seen so far, the
`floor`, never exceeds `τ`; hence rows below `floor − 2e` may be forgotten.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError
from tokensphere.geometry.similarity import Scoring

QUERIES_AT_ONCE = 4096
_ROWS = 2048
_GROUP = 32
_BUFFER_BYTES = 160 * 2**20  # of all threads together
_PENDING_PAIRS = 2**20
_SMALL_WORK = 2**28  # multiplications below which a second thread does not pay


def available_threads() -> int:
    """Processors that this process may use (at least 1)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def top_k(
    scoring: Scoring,
    queries: npt.NDArray[np.floating],
    k: int,
    *,
    threads: int | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The `k` rows of largest similarity to each query, exact.

    Parameters
    ----------
    scoring : what is ranked, over n rows of d columns
    queries : floating array of shape (m, d), finite and not zero
    k : int, at least 1 and at most the number of usable rows
    threads : int, optional
        how many to use; by default as many as there are processors

    Returns
    -------
    ids : int64 array of shape (m, k), nearest first, equal values by lower id
    values : float64 array of shape (m, k); larger is nearer (distances come out negative)

    Notes
    -----
    Memory beyond the arguments and the result is bounded: at most some 35 MB for every thread, less
    where there are many, and the candidates of `QUERIES_AT_ONCE` queries.
    """
    n_usable = int(np.count_nonzero(scoring.usable))
    if not 1 <= k <= n_usable:
        raise InputError(f"k is {k}, but it must lie between 1 and {n_usable}, the usable tokens")
    if threads is not None and threads < 1:
        raise InputError(f"threads is {threads}, but at least 1 is needed")
    m, n = len(queries), len(scoring.rows)
    if threads is None:
        threads = 1 if m * n * scoring.width < _SMALL_WORK else available_threads()
    ids = np.empty((m, k), dtype=np.int64)
    values = np.empty((m, k), dtype=np.float64)
    at_once = max(16, min(QUERIES_AT_ONCE, 2**22 // k))
    plan = _Plan.make(scoring.width, k, threads)
    with _workers(threads) as in_parallel:
        for low in range(0, m, at_once):
            part = slice(low, low + at_once)
            search = _Search(scoring, queries[part], k, plan)
            in_parallel(search.scan, search.blocks())
            search.settle(in_parallel)
            ids[part], values[part] = search.ids, search.values
    return ids, values


@dataclass(frozen=True)
class _Plan:
    """Sizes of the pieces, from the shapes alone; all powers of two.

    The product is fastest with many queries at once where the rows are long; where they are short
    it is the buffer of products that should stay in the cache.
    """

    rows: int
    queries: int
    group: int

    @classmethod
    def make(cls, width: int, k: int, threads: int) -> _Plan:
        """At least 2k groups in a block, so that the k-th largest maximum means something."""
        size = 2**22 if width >= 256 else 2**20  # products in a buffer
        size = min(size, _floor_power(_BUFFER_BYTES // (8 * threads)))
        rows = min(_ROWS, max(64, _floor_power(size // width)))
        while rows < 2 * k:
            rows *= 2
        group = _GROUP
        while group > 1 and rows < 2 * k * group:
            group //= 2
        return cls(rows, max(8, min(2048, size // rows)), group)


def _floor_power(x: int) -> int:
    """The largest power of two that does not exceed `x`, at least 1."""
    return 1 << max(0, x.bit_length() - 1)


@dataclass(frozen=True)
class _Buffers:
    rows: npt.NDArray[np.float32]
    products: npt.NDArray[np.float32]
    maxima: npt.NDArray[np.float32]


class _Search:
    """The search for one set of queries; its blocks of rows may be scanned by several threads."""

    def __init__(self, scoring: Scoring, queries: npt.NDArray[np.floating], k: int, plan: _Plan) -> None:
        self.scoring, self.queries, self.k, self.plan = scoring, queries, k, plan
        self.prepared, bound = scoring.prepare_queries(queries)
        self.window = 2 * bound
        m = len(queries)
        self.best = np.full((m, k), -np.inf, dtype=np.float32)  # the k largest group maxima
        self.floor = np.full(m, -np.inf, dtype=np.float32)  # the least of them
        self.candidates: list[_Pairs] = []
        self.pending = 0
        self.ids = np.empty((m, k), dtype=np.int64)
        self.values = np.empty((m, k), dtype=np.float64)
        self._lock = threading.Lock()
        self._local = threading.local()

    def blocks(self) -> Iterator[tuple[int, int]]:
        """The ranges of rows that together are the matrix."""
        n, step = len(self.scoring.rows), self.plan.rows
        return ((start, min(start + step, n)) for start in range(0, n, step))

    def scan(self, block: tuple[int, int]) -> None:
        """Multiply one block of rows with all queries and keep what may be among the best."""
        start, stop = block
        buffers = self._own_buffers()
        rows = self.scoring.prepare_rows(start, stop, buffers.rows)
        unusable = np.flatnonzero(~self.scoring.usable[start:stop])
        group = self.plan.group
        groups = -(-len(rows) // group)
        for low in range(0, len(self.prepared), self.plan.queries):
            queries = self.prepared[low : low + self.plan.queries]
            products = buffers.products[: groups * group * len(queries)]
            products = products.reshape(groups * group, len(queries))
            np.matmul(rows, queries.T, out=products[: len(rows)])
            products[len(rows) :] = -np.inf
            if len(unusable):
                products[unusable] = -np.inf
            grouped = products.reshape(groups, group, len(queries))
            maxima = buffers.maxima[: groups * len(queries)].reshape(groups, len(queries))
            np.maximum.reduce(grouped, axis=1, out=maxima)
            self._absorb(grouped, maxima, start, low)
        if self.pending > max(_PENDING_PAIRS, 4 * self.k * len(self.prepared)):
            with self._lock:
                self._compact()

    def _own_buffers(self) -> _Buffers:
        """The buffers of the calling thread."""
        if not hasattr(self._local, "buffers"):
            plan, tile = self.plan, self.plan.rows * min(len(self.prepared), self.plan.queries)
            self._local.buffers = _Buffers(
                rows=np.empty((plan.rows, self.scoring.width), dtype=np.float32),
                products=np.empty(tile, dtype=np.float32),
                maxima=np.empty(tile // plan.group, dtype=np.float32),
            )
        buffers: _Buffers = self._local.buffers
        return buffers

    def _absorb(
        self,
        products: npt.NDArray[np.float32],
        maxima: npt.NDArray[np.float32],
        start: int,
        low: int,
    ) -> None:
        """Raise the floors by the maxima of `products` (groups, group, queries); open what passes."""
        groups, group, m = products.shape
        here = slice(low, low + m)
        hit = np.flatnonzero(maxima.max(axis=0) >= self.floor[here] - self.window[here])
        if not len(hit):
            return
        query = low + hit
        tops = np.ascontiguousarray(maxima[:, hit].T)
        with self._lock:
            merged = np.concatenate([self.best[query], tops], axis=1)
            merged.partition(groups, axis=1)
            self.best[query] = merged[:, groups:]
            self.floor[query] = merged[:, groups]
        least = merged[:, groups] - self.window[query]
        column, which = np.nonzero(tops >= least[:, None])
        opened = products[which, :, hit[column]]
        # −inf is the product of a row that is not usable, and the floor until k groups were seen.
        least = np.maximum(least, np.finfo(np.float32).min)
        pair, inside = np.nonzero(opened >= least[column, None])
        found = _Pairs(
            query=query[column[pair]],
            row=start + which[pair] * group + inside,
            product=opened[pair, inside],
        )
        with self._lock:
            self.candidates.append(found)
            self.pending += len(found.row)

    def _passing(self) -> _Pairs:
        """All candidates that still reach their query's floor."""
        pairs = _Pairs.join(self.candidates)
        return pairs.take(pairs.product >= (self.floor - self.window)[pairs.query])

    def _compact(self) -> None:
        """Settle what is there, so that memory stays bounded when very many rows are equal."""
        pairs = self._passing().by_query()
        values = self.scoring.exact(self.queries, pairs.query, pairs.row)
        order, place = _ranked(pairs.query, pairs.row, values)
        self.candidates = [pairs.take(order[place < self.k])]
        self.pending = len(self.candidates[0].row)

    def settle(self, in_parallel: _InParallel) -> None:
        """Of all candidates, the k best of each query by their float64 values."""
        pairs = self._passing()
        # The k-th best product is a sharper floor than the k-th best group.
        order, place = _ranked(pairs.query, pairs.row, pairs.product)
        last = pairs.take(order[place == self.k - 1])
        self.floor[last.query] = last.product
        pairs = pairs.take(order)
        pairs = pairs.take(pairs.product >= (self.floor - self.window)[pairs.query])
        edges = np.searchsorted(pairs.query, np.arange(0, len(self.queries) + 256, 256))
        in_parallel(self._settle_part, (pairs.take(slice(*ends)) for ends in pairwise(edges)))

    def _settle_part(self, pairs: _Pairs) -> None:
        values = self.scoring.exact(self.queries, pairs.query, pairs.row)
        order, place = _ranked(pairs.query, pairs.row, values)
        order = order[place < self.k]
        query = pairs.query[order[:: self.k]]
        self.ids[query] = pairs.row[order].reshape(-1, self.k)
        self.values[query] = values[order].reshape(-1, self.k)


@dataclass(frozen=True)
class _Pairs:
    """Queries and rows that may belong together, and their float32 product; all of shape (P,)."""

    query: npt.NDArray[np.intp]
    row: npt.NDArray[np.intp]
    product: npt.NDArray[np.float32]

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> _Pairs:
        return _Pairs(self.query[index], self.row[index], self.product[index])

    def by_query(self) -> _Pairs:
        return self.take(np.argsort(self.query, kind="stable"))

    @staticmethod
    def join(parts: list[_Pairs]) -> _Pairs:
        return _Pairs(
            np.concatenate([part.query for part in parts]),
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.product for part in parts]),
        )


def _ranked(
    query: npt.NDArray[np.intp], row: npt.NDArray[np.intp], values: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Order by query, then value descending, then row; and each one's place within its query."""
    order = np.lexsort((row, -values, query))
    ordered = query[order]
    first = np.searchsorted(ordered, ordered, side="left")
    return order, np.arange(len(order)) - first


_InParallel = Callable[[Callable[..., None], Iterable[object]], None]


@contextmanager
def _workers(threads: int) -> Iterator[_InParallel]:
    """A function that applies another to every item, on `threads` threads.

    The BLAS is held to one thread meanwhile: each of ours multiplies its own block, so that the
    passes over a block run where the product left it, and in parallel too.
    """
    if threads == 1:

        def one_by_one(function: Callable[..., None], items: Iterable[object]) -> None:
            for item in items:
                function(item)

        yield one_by_one
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:

        def shared_out(function: Callable[..., None], items: Iterable[object]) -> None:
            for _ in pool.map(function, items):
                pass

        yield shared_out
