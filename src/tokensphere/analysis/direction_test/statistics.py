"""The statistics of a direction (docs/definitions.md 8), all of its k nearest tokens.

=============  ====================================================================
``nearness``   mean similarity of the k nearest to the direction
``cosine``     the largest similarity (of a dot product, if that is asked for)
``coherence``  ``T``, the mean cosine of the pairs of the k nearest, centred
``label``      the smallest hypergeometric p of a label that they share
=============  ====================================================================

The first two ask how near tokens are, the third how alike these are to each other, the last what
they have in common. All are rounded a little above the rounding error of what they are computed from, so
that statistics that are equal count as equal: last digits would order them by chance, and differently on
every processor. Which finds most: ``docs/power.md``. Another statistic is another class here,
and an entry in `STATISTICS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.arrays import Float64s, Ints
from tokensphere.errors import check_choice
from tokensphere.geometry.coherence import Coherence

Values = Float64s
StatisticName = Literal["nearness", "cosine", "coherence", "label", "any"]
_DIGITS = 40  # of similarity, binary, after the point: computed in float64
_DIGITS_OF_T = 20  # its sums are made in float32


def rounded(values: Values, largest: float = 1.0) -> Values:
    """Similarities to 40 binary digits after the point, in units of a power of two of about `largest`.

    Examples
    --------
    >>> rounded(np.array([1 / 3 + 1e-15, 1e-17, 0.5])).tolist() == [rounded(np.array(1 / 3)), 0, 0.5]
    True
    """
    digits = _DIGITS - int(np.frexp(largest)[1])
    return np.ldexp(np.rint(np.ldexp(values, digits)), -digits)


@dataclass(frozen=True)
class NearestTokens:
    """What statistics are called on.

    Attributes
    ----------
    ids : int array of shape (m, k), the nearest tokens of m directions; ascending, so that the same
        tokens in another order are the same list, to the last bit
    similarity : float64 array of shape (m, k), theirs to the direction at unit length, descending, from
        :func:`rounded`
    """

    ids: Ints
    similarity: Values


@dataclass(frozen=True)
class Statistic:
    """A number for each direction.

    Attributes
    ----------
    coherence, counter : of the vocabulary, for those that need them
    name : for machines
    head, words : for people, short and in full, with ``{similarity}`` and ``{k}`` where they belong
    larger : whether larger values are more extreme, or smaller ones
    unfit : why its p are not extrapolated beyond the draws (docs/definitions.md 8); or empty
    """

    name: ClassVar[StatisticName]
    head: ClassVar[str]
    words: ClassVar[str]
    larger: ClassVar[bool] = True
    unfit: ClassVar[str] = ""

    coherence: Coherence
    counter: LabelCounter

    def __call__(self, nearest: NearestTokens) -> Values:
        """The values of m directions, shape (m,)."""
        raise NotImplementedError


class Nearness(Statistic):
    """Mean similarity of the k nearest."""

    name, head, words = "nearness", "mean {similarity}", "mean {similarity} of the {k} nearest"

    def __call__(self, nearest: NearestTokens) -> Values:
        """In [−1, 1] for cosine."""
        return np.asarray(nearest.similarity.mean(axis=1))


class Largest(Statistic):
    """Similarity of the nearest."""

    name, head, words = "cosine", "largest", "largest {similarity}"

    def __call__(self, nearest: NearestTokens) -> Values:
        """In [−1, 1] for cosine."""
        return nearest.similarity[:, 0]


class CoherenceT(Statistic):
    """``T`` of the k nearest."""

    name, head, words = "coherence", "T", "coherence T"
    unfit = "large in few kinds of lists"  # those of number words, say: lumps that no law tells of

    def __call__(self, nearest: NearestTokens) -> Values:
        """In [−1/(k − 1), 1]."""
        found = self.coherence.coherence(nearest.ids, (nearest.ids.shape[1],))[:, 0]
        return np.asarray(np.ldexp(np.rint(np.ldexp(found, _DIGITS_OF_T)), -_DIGITS_OF_T))


class SmallestLabelP(Statistic):
    """The smallest hypergeometric p over labels."""

    name, head, words, larger = "label", "label p", "smallest label p", False
    unfit = "few values"  # 47 among the 250 most extreme of 10,000: no law of excesses fits

    def __call__(self, nearest: NearestTokens) -> Values:
        """In (0, 1]; 1 where fewer than 3 of the tokens share any label."""
        return self.counter.smallest(nearest.ids).p


KINDS: tuple[type[Statistic], ...] = (Nearness, Largest, CoherenceT, SmallestLabelP)
STATISTICS: dict[str, type[Statistic]] = {kind.name: kind for kind in KINDS}


class MostExtreme(Statistic):
    """The one of all in which a direction is most extreme, by its p; found of the others."""

    name, head, words, larger = "any", "any", "most extreme of the four", False
    unfit = "made of ranks"


RANKED: dict[str, type[Statistic]] = {**STATISTICS, MostExtreme.name: MostExtreme}
BEST: StatisticName = Nearness.name  # finds most of what is planted (docs/power.md)


def check_statistic(name: str) -> type[Statistic]:
    """The statistic of that name; else raise `InputError`."""
    check_choice("statistic", name, RANKED)
    return RANKED[name]
