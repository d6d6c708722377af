"""The exact nearest tokens of every token, block by block: what a map from neighbours is made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from tokensphere.analysis.job import Progress
from tokensphere.analysis.lists import find_lists
from tokensphere.arrays import Float64s, Int64s, Intps
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import Scoring, make_scoring
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore

_AT_ONCE = 1024  # tokens between two calls of `progress`


class TokenNeighbors:
    """Finds the tokens nearest to tokens, by cosine, themselves left out.

    Parameters
    ----------
    space : the embeddings
    centered : whether of rows less their mean
    """

    def __init__(self, space: EmbeddingSpace, *, centered: bool = False) -> None:
        self.space, self.centered = space, centered
        self.scoring: Scoring = make_scoring(space.rows, centered=centered, keep=space.is_token)

    @property
    def ids(self) -> Intps:
        """The tokens that have neighbours and can be neighbours, ascending."""
        return np.flatnonzero(self.scoring.usable)

    def of(self, ids: Intps | Int64s, k: int) -> tuple[Int64s, Float64s]:
        """The k nearest tokens of each, and their cosines; two arrays of shape (m, k).

        Raises
        ------
        InputError
            fewer than k others
        """
        if not 1 <= k < self.scoring.n_usable:
            raise InputError(
                f"{k} neighbours of a token: need 1 to {self.scoring.n_usable - 1:,}, the others"
            )
        moments = self.space.moments
        rows = self.space.vectors[ids] / moments.norms[ids, None]
        if self.centered:
            rows -= moments.mean_unit_row()
        return find_lists(self.scoring, rows, k, None, tuple((int(id),) for id in ids))

    def all(
        self, k: int, *, store: DrawStore | None = None, progress: Progress | None = None
    ) -> tuple[Int64s, Float64s]:
        """The same of all tokens in `ids`; kept in a store, and continued from what it has.

        Parameters
        ----------
        k : neighbours of each
        store : where they are kept; what is done when the work is stopped, too
        progress : called with the number of tokens done since the last call
        """
        ids, found = self.ids, self._kept(k, store)
        start = len(found[0])
        if progress is not None:
            progress(start)
        parts = [found]
        try:
            for low in range(start, len(ids), _AT_ONCE):
                some = ids[low : low + _AT_ONCE]
                parts.append(self.of(some, k))
                if progress is not None:
                    progress(len(some))
        finally:
            near, cosine = (np.concatenate(side) for side in zip(*parts, strict=True))
            if store is not None and len(near) > start:
                store.put(self._key(k), {"near": near.astype(np.int32), "cosine": cosine})
        return near, cosine

    def _key(self, k: int) -> dict[str, Any]:
        about = {"what": "neighbours of all tokens", "version": 1, "k": k, "centered": self.centered}
        return {**about, **self.space.key()}

    def _kept(self, k: int, store: DrawStore | None) -> tuple[Int64s, Float64s]:
        """What a store has, if it is sound; else nothing."""
        there = None if store is None else store.get(self._key(k))
        if there is not None and set(there) == {"near", "cosine"}:
            near, cosine = there["near"], there["cosine"]
            sound = near.dtype == np.int32 and cosine.dtype == np.float64 and near.shape == cosine.shape
            if sound and near.ndim == 2 and near.shape[1] == k and len(near) <= len(self.ids):
                if not near.size or 0 <= near.min() <= near.max() < len(self.space):
                    return near.astype(np.int64), cosine
        return np.empty((0, k), dtype=np.int64), np.empty((0, k))
