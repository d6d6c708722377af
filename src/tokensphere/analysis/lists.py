"""Lists of k rows when not all that are near may stand in them: own tokens, repeated forms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import Scoring


def find_lists(
    scoring: Scoring,
    vectors: npt.NDArray[np.floating],
    k: int,
    groups: npt.NDArray[np.intp] | None,
    own: tuple[tuple[int, ...], ...],
    threads: int | None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The best k, less the queries' own tokens, one of each group; looks deeper where it must.

    Parameters
    ----------
    scoring : what is ranked
    vectors : floating array of shape (m, d)
    k : rows of each list
    groups : int array of shape (n,), of rows with equal numbers only the best stays; None: all stay
    own : for each query, rows that shall not be found (with `groups`, nor any of their groups);
        or empty
    threads : how many to use

    Returns
    -------
    ids : int64 array of shape (m, k)
    values : float64 array of shape (m, k)

    Raises
    ------
    InputError
        fewer than `k` different rows can be found
    """
    if groups is None and not any(own):
        return top_k(scoring, vectors, k, threads=threads)
    n_usable = int(np.count_nonzero(scoring.usable))
    ids = np.empty((len(vectors), k), dtype=np.int64)
    values = np.empty((len(vectors), k), dtype=np.float64)
    open_ = np.arange(len(vectors))
    depth = k + max((len(tokens) for tokens in own), default=0)
    depth = 2 * depth if groups is not None else depth
    while len(open_):
        depth = min(depth, n_usable)
        found, similarity = top_k(scoring, vectors[open_], depth, threads=threads)
        kept = np.ones(found.shape, dtype=bool)
        if own:
            for row, query in enumerate(open_):
                mine = np.asarray(own[query], dtype=np.int64)
                if groups is None:
                    kept[row] = ~np.isin(found[row], mine)
                else:
                    kept[row] = ~np.isin(groups[found[row]], groups[mine])
        if groups is not None:
            kept &= first_of_group(groups[found])
        place = np.cumsum(kept, axis=1) - 1
        enough = place[:, -1] >= k - 1
        chosen = kept & (place < k) & enough[:, None]
        ids[open_[enough]] = found[chosen].reshape(-1, k)
        values[open_[enough]] = similarity[chosen].reshape(-1, k)
        if depth == n_usable and not enough.all():
            most = int(place[~enough, -1].min()) + 1
            raise InputError(f"k is {k}, but only {most} different tokens can be found")
        open_ = open_[~enough]
        depth *= 4
    return ids, values


def first_of_group(groups: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """True where a group stands for the first time in its row; shape (m, j) -> (m, j)."""
    order = np.argsort(groups, axis=1, kind="stable")
    ordered = np.take_along_axis(groups, order, axis=1)
    new = np.ones(groups.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.empty_like(new)
    np.put_along_axis(first, order, new, axis=1)
    return first
