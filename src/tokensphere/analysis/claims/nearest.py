"""The nearest rows of several sets of rows, found with one search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokensphere.arrays import Bools, Floats, Int64s
from tokensphere.errors import InputError
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring

_LEAST = 0.2  # of the rows; a smaller set is searched by itself
_ROOM = 1.5  # times as many rows are looked for as a set needs on average


def nearest_each(rows: Rows, sets: Sequence[Bools], directions: Floats, k: int) -> list[Int64s]:
    """The `k` nearest rows of each set, by cosine: exactly what a search in each of them finds.

    More than `k` rows are looked for among those that are in any set. Where too few of them are in a
    set, it is searched by itself.

    Parameters
    ----------
    rows : n rows
    sets : bool arrays of shape (n,), each with at least `k` usable rows
    directions : floating array of shape (m, d)
    k : at least 1

    Returns
    -------
    for each set an int64 array of shape (m, k), nearest first

    Raises
    ------
    InputError
        a set has fewer than `k` usable rows
    """
    sets = [rows.usable & one for one in sets]
    together = np.logical_or.reduce(sets)
    fewest = min(int(np.count_nonzero(one)) for one in sets)
    if not 1 <= k <= fewest:
        raise InputError(f"k is {k}, but it must lie between 1 and {fewest}, the usable tokens")
    shares = [np.count_nonzero(one) / np.count_nonzero(together) for one in sets]
    depths = [k if s == 1 else k + int(_ROOM * k / s) for s in shares if s >= _LEAST]
    depth = min(int(np.count_nonzero(together)), max(depths, default=k))
    ids = _search(rows, together, directions, depth)
    found = []
    for own, share in zip(sets, shares, strict=True):
        has = own[ids]
        enough = has.sum(axis=1) >= k if share >= _LEAST else np.zeros(len(ids), dtype=bool)
        first = np.argsort(~has[enough], axis=1, kind="stable")[:, :k]
        nearest = np.empty((len(ids), k), dtype=np.int64)
        nearest[enough] = np.take_along_axis(ids[enough], first, axis=1)
        if not enough.all():
            nearest[~enough] = _search(rows, own, directions[~enough], k)
        found.append(nearest)
    return found


def _search(rows: Rows, among: Bools, directions: Floats, k: int) -> Int64s:
    if among.all():
        return top_k(make_scoring(rows), directions, k)[0]
    having = np.flatnonzero(among)
    few = Rows.of(rows.vectors[having], compute=rows.compute)
    return having[top_k(make_scoring(few), directions, k)[0]]
