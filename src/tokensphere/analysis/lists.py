"""Lists of k tokens when not all that are near may stand in them: own tokens, repeated forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tokensphere.arrays import Bools, Float64s, Intps, Ints
from tokensphere.directions.named import Own, Vectors
from tokensphere.directions.tokens import as_list
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.search import Found, top_k
from tokensphere.geometry.similarity import Scoring, SearchSettings, make_scoring
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import Token, Vocabulary, token_ids

_LARGEST = 1e250  # of the values of a direction; times any row it is still finite


class Finder:
    """Finds the lists of one space.

    Parameters
    ----------
    space : the embeddings
    settings : how neighbours are looked for
    exclude : tokens that shall not be found
    compute : what the search is done with
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        settings: SearchSettings,
        *,
        exclude: Iterable[Token] | Token | None = None,
        compute: Compute | None = None,
    ) -> None:
        keep = space.is_token
        if exclude is not None:
            keep = keep.copy()
            keep[token_ids(space.vocabulary, as_list(exclude))] = False
        self.settings = settings
        self.scoring = make_scoring(
            space.rows.using(compute),
            similarity=settings.similarity,
            centered=settings.centered,
            keep=keep,
        )
        self._groups = space.vocabulary.forms if settings.forms else None

    def find(self, vectors: Vectors, own: Own = ()) -> Found:
        """The lists of directions, see :func:`find_lists`."""
        return find_lists(self.scoring, vectors, self.settings.k, self._groups, own)


def find_lists(scoring: Scoring, vectors: Vectors, k: int, groups: Intps | None, own: Own) -> Found:
    """The best k, less the queries' own tokens, one of each group; looks deeper where it must.

    Parameters
    ----------
    scoring : what is ranked
    vectors : floating array of shape (m, d)
    k : rows of each list
    groups : int array of shape (n,), of rows with equal numbers only the best stays; None: all stay
    own : for each query, rows that shall not be found (with `groups`, nor any of their groups);
        or empty

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
        return top_k(scoring, vectors, k)
    shape = len(vectors), min(k, scoring.n_usable)  # a larger k is refused before any row is written
    ids, values = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.float64)
    open_ = np.arange(len(vectors))
    depth = k + max((len(tokens) for tokens in own), default=0)
    depth = 2 * depth if groups is not None else depth
    while len(open_):
        depth = min(depth, scoring.n_usable)
        found, similarity = top_k(scoring, vectors[open_], depth)
        group = found if groups is None else groups[found]
        kept = np.ones(found.shape, dtype=bool) if groups is None else first_of_group(group)
        for row, query in enumerate(open_ if own else ()):
            mine = np.asarray(own[query], dtype=np.int64)
            kept[row] &= ~np.isin(group[row], mine if groups is None else groups[mine])
        chosen, enough = first_k(kept, k)
        if depth == scoring.n_usable and not enough.all():
            most = int(kept[~enough].sum(axis=1).min())
            raise InputError(f"k is {k}, but only {most} different tokens can be found")
        ids[open_[enough]] = found[chosen].reshape(-1, k)
        values[open_[enough]] = similarity[chosen].reshape(-1, k)
        open_ = open_[~enough]
        depth *= 4
    return ids, values


def first_k(kept: Bools, k: int) -> tuple[Bools, Bools]:
    """The first `k` True of each row, in rows that have so many; and which rows have; (m, j), (m,)."""
    place = np.cumsum(kept, axis=1)
    enough = place[:, -1] >= k
    return kept & (place <= k) & enough[:, None], enough


def first_of_group(groups: Intps) -> Bools:
    """True where a group stands for the first time in its row; shape (m, j) -> (m, j)."""
    order = np.argsort(groups, axis=1, kind="stable")
    ordered = np.take_along_axis(groups, order, axis=1)
    new = np.ones(groups.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.empty_like(new)
    np.put_along_axis(first, order, new, axis=1)
    return first


def neighbor_records(vocabulary: Vocabulary, ids: Ints, values: Float64s) -> list[dict[str, Any]]:
    """The tokens of one list with their rank and similarity, ready for JSON; arrays of shape (k,)."""
    return [
        {"rank": rank, **vocabulary.record(id), "similarity": value}
        for rank, (id, value) in enumerate(zip(ids.tolist(), values.tolist(), strict=True), start=1)
    ]


def check_vectors(vectors: Vectors, first: int, *, points: bool = False) -> None:
    """Raise `InputError` if a direction has no nearest tokens.

    Parameters
    ----------
    vectors : floating array of shape (m, d)
    first : the number of the first of them, for the message
    points : whether they are points, of which one may be zero
    """
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise InputError(f"direction {first + bad[0]} has a value that is NaN or infinite")
    sizes = np.abs(vectors).max(axis=1).astype(np.float64)
    odd = np.flatnonzero((sizes > _LARGEST) | ((sizes < 1 / _LARGEST) & (sizes > 0) & (not points)))
    if len(odd):
        raise InputError(
            f"direction {first + odd[0]} has a largest value of {sizes[odd[0]]:.0e}; scale it to between"
            f" {1 / _LARGEST:.0e} and {_LARGEST:.0e}"
        )
    zero = np.flatnonzero(sizes == 0)
    if len(zero) and not points:
        raise InputError(f"direction {first + zero[0]} is the zero vector, so it has no nearest tokens")
