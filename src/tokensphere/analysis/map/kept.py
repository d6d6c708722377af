"""Which share of a token's true neighbours a map keeps: what a picture is worth, in one number.

A map that draws tokens beside each other says "these are alike". How often it is right is counted: of
a token's k exact nearest by cosine, the share that are among its k nearest on the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.analysis.map.neighbors import TokenNeighbors
from tokensphere.analysis.map.points import TokenMap
from tokensphere.analysis.naming.themes import share_in_words
from tokensphere.arrays import Bools, Float64s, Int64s, Ints
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry.directions import stream
from tokensphere.records import Record
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.intervals import wilson

_FEW = 0.01  # of the tokens, whom a tree finds sooner than a look at all


@dataclass(frozen=True)
class NeighborsKept(Record, interval="interval_95"):
    """Which share of true neighbours are neighbours on a map.

    Attributes
    ----------
    share : mean over tokens, in [0, 1]
    interval : its 95 % interval, over tokens
    chance : what a map of points at random keeps, ``k / (n − 1)``
    some : share of the tokens of which the map keeps at least one neighbour
    k : neighbours of each token
    sample : tokens that were looked at, at random
    n : tokens on the map
    centered : whether true neighbours are those of rows less their mean
    seed : of the sample
    """

    share: float
    interval: tuple[float, float]
    chance: float
    some: float
    k: int
    sample: int
    n: int
    centered: bool
    seed: int

    @property
    def text(self) -> str:
        """The same in a sentence."""
        low, high = (share_in_words(end) for end in self.interval)
        return (
            f"this map keeps {share_in_words(self.share)} of a token's {self.k} true neighbours"
            f" ({low} to {high}; points at random would keep {share_in_words(self.chance)}); of"
            f" {share_in_words(self.some)} of the tokens it keeps one at least"
        )


class MapNeighbors:
    """Finds the tokens that are nearest on a map.

    Parameters
    ----------
    map : of n tokens
    """

    def __init__(self, map: TokenMap) -> None:
        from scipy.spatial import cKDTree

        self.map, self.ids = map, np.flatnonzero(map.there).astype(np.int64)
        self._tree = cKDTree(map.points[self.ids].astype(np.float64))

    def of(self, ids: Ints, k: int) -> Int64s:
        """The k nearest of each token on the map, itself left out; shape (m,) -> (m, k)."""
        if not 1 <= k < len(self.ids):
            raise InputError(f"{k} neighbours on the map: need 1 to {len(self.ids) - 1:,}, the others")
        found = self.ids[self._tree.query(self.map.points[ids].astype(np.float64), k + 1)[1]]
        itself = found == np.asarray(ids)[:, None]
        itself[~itself.any(axis=1), -1] = True  # many at one place: itself is not among them
        return np.asarray(found[~itself].reshape(len(found), k), dtype=np.int64)

    def around(self, x: float, y: float, k: int) -> Int64s:
        """The k tokens nearest to a place, in any order, shape (k,)."""
        k = min(k, len(self.ids))
        if k < len(self.ids) * _FEW:
            return np.asarray(self.ids[self._tree.query([x, y], k)[1]]).reshape(-1)
        there = self.map.points[self.ids]
        apart = (there[:, 0] - np.float32(x)) ** 2 + (there[:, 1] - np.float32(y)) ** 2
        return np.asarray(self.ids[np.argpartition(apart, k - 1)[:k]])


def shared_neighbors(true: Int64s, on_map: Int64s) -> Bools:
    """Which of the true neighbours are neighbours on the map, too; shapes (m, k) twice -> (m, k)."""
    return np.asarray((true[:, :, None] == on_map[:, None, :]).any(axis=2))


def neighbors_kept(
    space: EmbeddingSpace,
    map: TokenMap,
    *,
    k: int = 10,
    sample: int = 1000,
    seed: int = 0,
    centered: bool = False,
    on_map: MapNeighbors | None = None,
) -> NeighborsKept:
    """Which share of the tokens' k exact nearest by cosine are among their k nearest on a map.

    Parameters
    ----------
    space : the embeddings
    map : of this space
    k : neighbours of each token
    sample : tokens to look at; all if there are no more
    seed : of the sample
    centered : whether true neighbours are those of rows less their mean
    on_map : finds what is near on the map, if that was made before

    Raises
    ------
    InputError
        a map of another space, or too few tokens for k neighbours

    Examples
    --------
    >>> import tokensphere as ts
    >>> space = ts.load()
    >>> found = ts.neighbors_kept(space, ts.plane_map(space, ts.RandomDirections(576, 2)), sample=200)
    >>> found.share < 0.05
    True
    """
    check_whole("the sample", sample, 1)
    check_whole("the seed", seed)
    if len(map.points) != len(space):
        raise InputError(
            f"a map of {len(map.points):,} tokens, but the model has {len(space):,}; make one of it"
        )
    true = TokenNeighbors(space, centered=centered)
    ids = np.intersect1d(true.ids, np.flatnonzero(map.there))
    drawn = np.sort(stream(seed).permutation(ids)[:sample])
    near = MapNeighbors(map) if on_map is None else on_map
    kept = shared_neighbors(true.of(drawn, k)[0], near.of(drawn, k)).mean(axis=1)
    return NeighborsKept(
        share=float(kept.mean()),
        interval=_interval(kept, k),
        chance=k / (len(ids) - 1),
        some=float(np.mean(kept > 0)),
        k=k,
        sample=len(drawn),
        n=len(ids),
        centered=centered,
        seed=seed,
    )


def _interval(kept: Float64s, k: int) -> tuple[float, float]:
    """Wilson's, for as many independent neighbours as vary as much as the tokens' shares do."""
    share, variance = float(kept.mean()), float(kept.var())
    most = len(kept) * k
    count = most if variance == 0 else min(most, len(kept) * share * (1 - share) / variance)
    return wilson(share, len(kept) if share in (0, 1) else count)
