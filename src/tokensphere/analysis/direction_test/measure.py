"""The four statistics of a direction (STATISTICS 8), all of its k nearest tokens.

=============  ====================================================================
``nearness``   mean similarity of the k nearest to the direction
``cosine``     the largest similarity (of a dot product, if that is asked for)
``coherence``  ``T``, the mean cosine of the pairs of the k nearest, centred
``label``      the smallest hypergeometric p of a label that they share
=============  ====================================================================

The first two ask how near tokens are, the third how alike these are to each other, the last what
they have in common. Which finds most: ``docs/power.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.lists import find_lists
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.nearest import SearchSettings
from tokensphere.directions.given import GivenDirections, Own, Vectors
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.similarity import make_scoring, vector_lengths
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace

Statistic = Literal["nearness", "cosine", "coherence", "label"]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
BEST: Statistic = "nearness"  # finds most of what is planted (docs/power.md)
LARGER = np.array([True, True, True, False])  # is more extreme

# Why a direction cannot be tested; its number is the place in this list.
REASONS = ("", "zero", "not finite", "constant")


def check_statistic(name: str) -> int:
    """The column of a statistic; else raise `InputError`."""
    for column, known in enumerate(STATISTICS):
        if name == known:
            return column
    raise InputError(f"unknown statistic {name!r:.100}: use one of {', '.join(STATISTICS)}")


@dataclass(frozen=True)
class Measured:
    """What was found for m directions.

    Attributes
    ----------
    statistic : float64 array of shape (m, 4), its columns `STATISTICS`; NaN for a direction that
        cannot be tested
    ids : int32 array of shape (m, k), the nearest tokens, nearest first; −1 where there are none
    similarity : float64 array of shape (m, k), theirs to the direction at unit length; NaN
    reason : int8 array of shape (m,), a place in `REASONS`; 0 for directions that can be tested
    """

    statistic: npt.NDArray[np.float64]
    ids: npt.NDArray[np.int32]
    similarity: npt.NDArray[np.float64]
    reason: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.reason)

    @classmethod
    def join(cls, parts: list[Measured], k: int) -> Measured:
        """The directions of all parts in their order."""
        parts = parts or [cls.nothing(0, k)]
        return cls(
            np.concatenate([part.statistic for part in parts]),
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.similarity for part in parts]),
            np.concatenate([part.reason for part in parts]),
        )

    @classmethod
    def nothing(cls, m: int, k: int) -> Measured:
        """Nothing found for m directions."""
        return cls(
            np.full((m, len(STATISTICS)), np.nan),
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
    threads : how many to use; by default as many as there are processors

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
        threads: int | None = None,
    ) -> None:
        if settings.similarity == "euclidean":
            raise InputError("a direction has no distance to a token: use cosine or dot for a test")
        self.scoring = make_scoring(
            space.vectors,
            space.moments,
            similarity=settings.similarity,
            centered=settings.centered,
            keep=space.is_token,
        )
        n = int(np.count_nonzero(self.scoring.usable))
        if not isinstance(settings.k, (int, np.integer)) or not 2 <= settings.k <= n:
            raise InputError(
                f"k is {settings.k!r}, but pairs of neighbours need a whole number from 2 to {n:,},"
                " the usable tokens"
            )
        self.settings, self.threads = settings, threads
        self.counter = LabelCounter(labels, space.usable, settings.k)
        self._groups = space.vocabulary.forms if settings.forms else None
        self._coherence = Coherence(space.vectors, space.moments)

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
        ids, values = find_lists(self.scoring, vectors, self.settings.k, self._groups, own, self.threads)
        if self.settings.similarity == "dot":
            values = values / vector_lengths(vectors)[:, None]
        result.ids[good], result.similarity[good] = ids, values
        # The same tokens in another order are the same list, to the last bit.
        ids = np.sort(ids, axis=1)
        coherence = self._coherence.coherence(ids, (self.settings.k,), threads=self.threads)[:, 0]
        smallest = self.counter.smallest(ids).p
        nearness = values.mean(axis=1)
        result.statistic[good] = np.column_stack([nearness, values[:, 0], coherence, smallest])
        return result

    def blocks(
        self, source: GivenDirections, start: int = 0, *, at_once: int = QUERIES_AT_ONCE
    ) -> Iterator[Measured]:
        """The statistics of the directions from `start` on, some thousand at a time."""
        for low in range(start, len(source), at_once):
            high = min(low + at_once, len(source))
            yield self.measure(source.read(low, high), source.own[low:high])


def why_untestable(vectors: Vectors) -> npt.NDArray[np.int8]:
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
