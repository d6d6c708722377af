"""The k best rows for any number of queries: exact, in bounded memory, as fast as the product.

Blocks of rows are multiplied with blocks of queries into a buffer that stays in the cache; what is
looked for is selected from there (:mod:`.selection`). Several similarities whose products differ only
by a factor for each row and a term for each query are selected from one product.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Bools, Float32s, Float64s, Floats, Int64s, Intps
from tokensphere.errors import InputError
from tokensphere.geometry.compute import InParallel, workers
from tokensphere.geometry.floors import ExpectedFloors
from tokensphere.geometry.selection import Selection
from tokensphere.geometry.similarity import Rescaling, Scoring

QUERIES_AT_ONCE = 4096
_ROWS = 2048
_GROUP = 32
_SMALL_GROUP = 8
_BUFFER_BYTES = 160 * 2**20  # of all threads together
_PENDING_PAIRS = 2**20
_RESCALED = 2**17  # products rescaled at once
_SMALL_WORK = 2**28  # multiplications below which a second thread does not pay
Found = tuple[Int64s, Float64s]  # ids and values


def top_k(scoring: Scoring, queries: Floats, k: int) -> Found:
    """The `k` rows of largest similarity to each query, exact.

    Parameters
    ----------
    scoring : what is ranked, over n rows of d columns
    queries : floating array of shape (m, d), finite and not zero
    k : int, at least 1 and at most the number of usable rows

    Returns
    -------
    ids : int64 array of shape (m, k), nearest first, equal values by lower id
    values : float64 array of shape (m, k); larger is nearer (distances come out negative)

    Notes
    -----
    Memory beyond the arguments and the result is bounded: at most some 35 MB for every thread, less
    where there are many, and the candidates of `QUERIES_AT_ONCE` queries.
    """
    (found,) = top_k_each([scoring], queries, [k])
    return found


def top_k_each(scorings: Sequence[Scoring], queries: Floats, ks: Sequence[int]) -> list[Found]:
    """:func:`top_k` for several similarities over the same rows, for the price of one product.

    Parameters
    ----------
    scorings : the first is multiplied; the others must follow from it (:meth:`Rescaling.between`),
        as centred cosine and dot follow from cosine
    queries : floating array of shape (m, d), finite and not zero
    ks : how many rows of each

    Returns
    -------
    for each scoring its ids, int64 of shape (m, k), and values, float64 of shape (m, k)

    Raises
    ------
    InputError
        a `k` that is not between 1 and the number of usable rows, or a scoring that does not follow
    """
    _check(scorings, ks)
    if scorings[0].compute.backend == "torch":
        return _on_torch(scorings, queries, ks)
    found = [(np.empty((len(queries), k), dtype=np.int64), np.empty((len(queries), k))) for k in ks]
    with closing(_selected(scorings, queries, ks)) as pieces:  # an error ends them at once
        for part, in_parallel, selections in pieces:
            for selection, (ids, values) in zip(selections, found, strict=True):
                in_parallel(selection.settle, selection.parts())
                ids[part], values[part] = selection.ids, selection.values
    return found


def top_ids_each(
    scorings: Sequence[Scoring],
    queries: Floats,
    ks: Sequence[int],
    *,
    floors: Sequence[ExpectedFloors] | None = None,
) -> list[Int64s]:
    """The ids of :func:`top_k_each` without the values: the same ids, in less time.

    `floors`, one for each scoring, are learned from these queries and used for the next; they change
    no result.
    """
    _check(scorings, ks)
    if scorings[0].compute.backend == "torch":
        return [ids for ids, _ in _on_torch(scorings, queries, ks)]
    found = [np.empty((len(queries), k), dtype=np.int64) for k in ks]
    with closing(_selected(scorings, queries, ks, floors)) as pieces:
        for part, in_parallel, selections in pieces:
            for selection, ids in zip(selections, found, strict=True):
                in_parallel(selection.settle_ids, selection.parts())
                ids[part] = selection.ids
    return found


def _on_torch(scorings: Sequence[Scoring], queries: Floats, ks: Sequence[int]) -> list[Found]:
    from tokensphere.geometry.on_torch.search import top_k_each  # which imports torch

    return top_k_each(scorings, queries, ks)


def _check(scorings: Sequence[Scoring], ks: Sequence[int]) -> None:
    for scoring, k in zip(scorings, ks, strict=True):
        if not 1 <= k <= scoring.n_usable:
            raise InputError(
                f"k is {k}, but it must lie between 1 and {scoring.n_usable}, the usable tokens"
            )


def _selected(
    scorings: Sequence[Scoring],
    queries: Floats,
    ks: Sequence[int],
    floors: Sequence[ExpectedFloors] | None = None,
) -> Generator[tuple[Intps, InParallel, list[Selection]], None, None]:
    """Some thousand queries at a time: which, and selections that are left to settle.

    Queries of which too much was expected come once more.
    """
    rescalings = [None, *(Rescaling.between(scorings[0], other) for other in scorings[1:])]
    m, n, width = len(queries), len(scorings[0].rows), scorings[0].width
    threads = scorings[0].compute.count(small=m * n * width < _SMALL_WORK)
    at_once = max(16, min(QUERIES_AT_ONCE, 2**22 // max(ks)))
    plan = _Plan.make(width, max(ks), threads)
    with workers(threads) as in_parallel:
        for low in range(0, m, at_once):
            which = np.arange(low, min(low + at_once, m))
            search = _Search(scorings, queries[which], ks, plan, rescalings, floors)
            in_parallel(search.scan, search.blocks())
            yield which, in_parallel, search.selections
            if floors is None:
                continue
            failed = np.any([selection.failed() for selection in search.selections], axis=0)
            search.teach(floors, ~failed)
            if failed.any():
                which = which[failed]
                search = _Search(scorings, queries[which], ks, plan, rescalings)
                in_parallel(search.scan, search.blocks())
                yield which, in_parallel, search.selections


@dataclass(frozen=True)
class _Plan:
    """Sizes of the pieces, from the shapes alone; all powers of two.

    The product is fastest with many queries at once where the rows are long; where they are short
    it is the buffer of products that should stay in the cache.
    """

    rows: int
    queries: int
    group: int

    @property
    def small(self) -> int:
        """Rows of a small group, of which some make a group."""
        return min(self.group, _SMALL_GROUP)

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


def _order(rescalings: Sequence[Rescaling | None], n: int, rows: int) -> Intps | None:
    """An order in which rows of nearly equal factors stand together, for all rescalings; or None.

    Then a group's largest product tells what its largest rescaled one can be. Blocks of `rows` are made
    by the last factor, and each is ordered by the first.
    """
    factors = [rescaling.factor[:n] for rescaling in rescalings if rescaling is not None]
    if not factors:
        return None
    block = np.argsort(np.argsort(factors[-1], kind="stable")) // rows
    return np.lexsort((factors[0], block))


def _floor_power(x: int) -> int:
    """The largest power of two that does not exceed `x`, at least 1."""
    return 1 << max(0, x.bit_length() - 1)


@dataclass(frozen=True)
class _Buffers:
    rows: Float32s
    products: Float32s
    maxima: Float32s
    rescaled: Float32s


class _Search:
    """The search for one set of queries; its blocks of rows may be scanned by several threads."""

    def __init__(
        self,
        scorings: Sequence[Scoring],
        queries: Floats,
        ks: Sequence[int],
        plan: _Plan,
        rescalings: Sequence[Rescaling | None],
        floors: Sequence[ExpectedFloors] | None = None,
    ) -> None:
        self.scoring, self.plan = scorings[0], plan
        self.prepared, bound = self.scoring.prepare_queries(queries)
        bounds = [bound if r is None else r.bound(bound) for r in rescalings]
        expected = [known.of(self.prepared) for known in floors] if floors else [None] * len(ks)
        self.order = _order(rescalings, len(self.scoring.rows), plan.rows)
        self.selections = [
            Selection(scoring, queries, k, bound_, rescaling, floor, order=self.order, group=plan.group)
            for scoring, k, bound_, rescaling, floor in zip(
                scorings, ks, bounds, rescalings, expected, strict=True
            )
        ]
        self._local = threading.local()

    def teach(self, floors: Sequence[ExpectedFloors], which: Bools) -> None:
        """Tell where the floors of some queries ended, once they are settled."""
        some = slice(None) if which.all() else which
        for known, selection in zip(floors, self.selections, strict=True):
            known.learn(self.prepared[some], selection.floor[some])

    def blocks(self) -> Iterator[tuple[int, int]]:
        """The ranges of rows that together are the matrix."""
        n, step = len(self.scoring.rows), self.plan.rows
        return ((start, min(start + step, n)) for start in range(0, n, step))

    def scan(self, block: tuple[int, int]) -> None:
        """Multiply one block of rows with all queries and keep what may be among the best."""
        start, stop = block
        buffers = self._own_buffers()
        if self.order is None:
            rows = self.scoring.prepare_rows(start, stop, buffers.rows)
        else:
            rows = self.scoring.prepare_in_order(self.order[start:stop], buffers.rows)
        unusable = np.flatnonzero(~self.selections[0].usable[start:stop])
        group, small = self.plan.group, self.plan.small
        groups = -(-len(rows) // group)
        for low in range(0, len(self.prepared), self.plan.queries):
            queries = self.prepared[low : low + self.plan.queries]
            products = buffers.products[: groups * group * len(queries)]
            products = products.reshape(groups * group, len(queries))
            np.matmul(rows, queries.T, out=products[: len(rows)])
            products[len(rows) :] = -np.inf
            if len(unusable):
                products[unusable] = -np.inf
            grouped = products.reshape(groups * group // small, small, len(queries))
            shape = (groups, group // small, len(queries))
            parts = buffers.maxima[: len(grouped) * len(queries)].reshape(len(grouped), len(queries))
            np.maximum.reduce(grouped, axis=1, out=parts)
            maxima = parts.reshape(shape).max(axis=1)
            for selection in self.selections:
                if selection.takes_fed:
                    selection.absorb(grouped, parts.reshape(shape), maxima, start, low)
                    continue
                own = self._maxima(selection, products[: len(rows)], grouped, start, low).reshape(shape)
                selection.absorb(grouped, own, own.max(axis=1), start, low)
        for selection in self.selections:
            if selection.pending > max(_PENDING_PAIRS, 4 * selection.k * len(self.prepared)):
                selection.compact()

    def _maxima(
        self,
        selection: Selection,
        products: Float32s,
        grouped: Float32s,
        start: int,
        low: int,
    ) -> Float32s:
        """The largest product of a selection's own in every small group, shape (groups, queries)."""
        groups, group, m = grouped.shape
        buffers = self._own_buffers()
        maxima = np.empty((groups, m), dtype=np.float32)
        here = slice(low, low + m)
        step = max(1, buffers.rescaled.size // (group * m))  # groups that stay in the cache
        unusable = np.flatnonzero(~selection.usable[start : start + len(products)])
        for first in range(0, groups, step):
            some = slice(first * group, min((first + step) * group, len(products)))
            size = group * min(step, groups - first)
            rescaled = buffers.rescaled[: size * m].reshape(size, m)
            count = some.stop - some.start
            rows = slice(start + some.start, start + some.stop)
            selection.rescale(products[some], rows, here, out=rescaled[:count])
            rescaled[count:] = -np.inf
            if len(unusable):
                rescaled[
                    unusable[(unusable >= some.start) & (unusable < some.stop)] - some.start
                ] = -np.inf
            tops = maxima[first : first + step]
            np.maximum.reduce(rescaled.reshape(len(tops), group, m), axis=1, out=tops)
        return maxima

    def _own_buffers(self) -> _Buffers:
        """The buffers of the calling thread."""
        if not hasattr(self._local, "buffers"):
            plan, tile = self.plan, self.plan.rows * min(len(self.prepared), self.plan.queries)
            several = len(self.selections) > 1
            self._local.buffers = _Buffers(
                rows=np.empty((plan.rows, self.scoring.width), dtype=np.float32),
                products=np.empty(tile, dtype=np.float32),
                maxima=np.empty(tile // plan.small, dtype=np.float32),
                rescaled=np.empty(
                    max(_RESCALED, plan.small * plan.queries) if several else 0, dtype=np.float32
                ),
            )
        buffers: _Buffers = self._local.buffers
        return buffers
