"""The k best rows for any number of queries: exact, in bounded memory, faster than the product.

A float32 or coarser product only chooses candidates; double precision decides. By the compiled library
(:mod:`.compiled`) where there is one, else in NumPy (:mod:`.plain`): the same ids and values to the bit.
Several similarities whose products differ only by a factor for each row and a term for each query are
selected from one product.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokensphere.arrays import Float64s, Floats, Int64s
from tokensphere.errors import InputError
from tokensphere.geometry import compiled, plain
from tokensphere.geometry.compute import workers
from tokensphere.geometry.kernel import chosen
from tokensphere.geometry.similarity import Rescaling, Scoring

QUERIES_AT_ONCE = 4096
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
    Memory beyond the arguments and the result is bounded: some MB for every thread, and the candidates
    of `QUERIES_AT_ONCE` queries.
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
    for scoring, k in zip(scorings, ks, strict=True):
        if not 1 <= k <= scoring.n_usable:
            raise InputError(
                f"k is {k}, but it must lie between 1 and {scoring.n_usable}, the usable tokens"
            )
    base, m = scorings[0], len(queries)
    if base.compute.backend == "torch":
        from tokensphere.geometry.on_torch import search as on_device  # which imports torch

        return on_device.top_k_each(scorings, queries, ks)
    rescalings = [None, *(Rescaling.between(base, other) for other in scorings[1:])]
    kernel = chosen() if len(scorings) <= compiled.MOST_RANKINGS else None
    search: compiled.Search | plain.Search
    if kernel is None:
        search = plain.Search(scorings, rescalings, ks)
    else:
        search = compiled.Search(kernel, scorings, rescalings, ks, m)
    found = [(np.empty((m, k), dtype=np.int64), np.empty((m, k))) for k in ks]
    small = m * len(base.rows) * base.width < _SMALL_WORK
    at_once = max(16, min(QUERIES_AT_ONCE, 2**22 // max(ks)))
    with workers(base.compute.count(small=small)) as in_parallel:
        for low in range(0, m, at_once):
            part = slice(low, min(low + at_once, m))
            search.run(queries[part], [(ids[part], values[part]) for ids, values in found], in_parallel)
    return found
