"""Measures directions: their nearest tokens, and the statistics of these (docs/definitions.md 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tokensphere.analysis.direction_test.statistics import KINDS, NearestTokens, Values, rounded
from tokensphere.analysis.lists import Finder
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.arrays import Float64s, Int8s, Int32s
from tokensphere.directions.named import Directions, Own, Vectors
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.similarity import SearchSettings, vector_lengths
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace

# Why a direction cannot be tested; its number is the place in this list.
REASONS = ("", "zero", "not finite", "constant")


@dataclass(frozen=True)
class Measured:
    """What was found for m directions.

    Attributes
    ----------
    values : by the name of a statistic, float64 arrays of shape (m,); NaN for a direction that cannot
        be tested
    ids : int32 array of shape (m, k), the nearest tokens, nearest first; −1 where there are none
    similarity : float64 array of shape (m, k), theirs to the direction at unit length; NaN
    reason : int8 array of shape (m,), a place in `REASONS`; 0 for directions that can be tested
    """

    values: dict[str, Values]
    ids: Int32s
    similarity: Float64s
    reason: Int8s

    def __len__(self) -> int:
        return len(self.reason)

    def untestable(self) -> dict[str, int]:
        """How many could not be tested, by reason."""
        return dict(Counter(REASONS[code] for code in self.reason[self.reason != 0].tolist()))

    @classmethod
    def join(cls, parts: Sequence[Measured], k: int) -> Measured:
        """The directions of all parts in their order."""
        parts = parts or [cls.nothing(0, k)]
        return cls(
            {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.similarity for part in parts]),
            np.concatenate([part.reason for part in parts]),
        )

    @classmethod
    def nothing(cls, m: int, k: int) -> Measured:
        """Nothing found for m directions."""
        return cls(
            {kind.name: np.full(m, np.nan) for kind in KINDS},
            np.full((m, k), -1, dtype=np.int32),
            np.full((m, k), np.nan),
            np.zeros(m, dtype=np.int8),
        )


class Measurer:
    """Measures directions; a direction's values depend on nothing but itself.

    Parameters
    ----------
    space : the embeddings
    settings : how neighbours are looked for
    labels : which tokens have which labels
    compute : what the work is done with

    Raises
    ------
    InputError
        k below 2 or above the number of tokens that can be found, or Euclidean distance
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        settings: SearchSettings,
        labels: LabelTable,
        *,
        compute: Compute | None = None,
    ) -> None:
        if settings.similarity == "euclidean":
            raise InputError("a direction has no distance to a token: use cosine or dot for a test")
        self.finder = Finder(space, settings, compute=compute)
        if not 2 <= settings.k <= self.finder.scoring.n_usable:
            raise InputError(
                f"k is {settings.k!r}, but pairs of neighbours need a whole number from 2 to"
                f" {self.finder.scoring.n_usable:,}, the usable tokens"
            )
        self.space, self.settings = space, settings
        self.counter = LabelCounter(labels, space.usable, settings.k)
        coherence = Coherence(space.rows.using(compute))
        self.statistics = [kind(coherence, self.counter) for kind in KINDS]
        dot = settings.similarity == "dot"
        self._largest = float(space.moments.norms[space.usable].max()) if dot else 1.0

    def measure(self, vectors: Vectors, own: Own = ()) -> Measured:
        """The statistics of directions.

        Parameters
        ----------
        vectors : floating array of shape (m, d), of any length; those that cannot be tested, too
        own : for each the tokens that shall not be found; or nothing
        """
        result = Measured.nothing(len(vectors), self.settings.k)
        result.reason[:] = why_untestable(vectors)
        good = np.flatnonzero(result.reason == 0)
        if not len(good):
            return result
        if len(good) < len(vectors):
            vectors = vectors[good]
            own = tuple(own[i] for i in good) if own else ()
        ids, similarity = self.finder.find(vectors, own)
        if self.settings.similarity == "dot":
            similarity = similarity / vector_lengths(vectors)[:, None]
        result.ids[good], result.similarity[good] = ids, similarity
        nearest = NearestTokens(np.sort(ids, axis=1), rounded(similarity, self._largest))
        for statistic in self.statistics:
            result.values[statistic.name][good] = statistic(nearest)
        return result

    def blocks(self, directions: Directions, start: int = 0) -> Iterator[Measured]:
        """The statistics of the directions from `start` on, some thousand at a time."""
        for _, vectors, own in directions.blocks(start, QUERIES_AT_ONCE):
            yield self.measure(vectors, own)


def why_untestable(vectors: Vectors) -> Int8s:
    """For each vector the place of its reason in `REASONS`; 0 for those that can be tested.

    One whose entries are all equal does point somewhere. But files have such rows for what was never
    trained or has been masked, and nobody means to ask where they point.

    Examples
    --------
    >>> why_untestable(np.array([[0.0, 0], [1, np.inf], [2, 2], [1, 2]])).tolist()
    [1, 2, 3, 0]
    """
    reason = np.zeros(len(vectors), dtype=np.int8)
    low, high = vectors.min(axis=1), vectors.max(axis=1)  # NaN if there is one
    if vectors.shape[1] > 1:
        reason[low == high] = 3
    reason[(low == 0) & (high == 0)] = 1
    reason[~(np.isfinite(low) & np.isfinite(high))] = 2
    return reason
