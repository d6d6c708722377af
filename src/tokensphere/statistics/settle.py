"""Drawing on until it is settled on which side of a level every p-value lies.

A p-value from B draws estimates ``π``, the chance that a draw is as extreme. At B, 2B, 4B, … draws an
exact interval (Clopper & Pearson 1934) is looked at for each direction; one whose interval excludes the
level is settled, and drawing ends when all are, or at the most draws that are allowed.

An interval at a level of ``1 − ε/L`` at each of L looks contains ``π`` at all of them with a
probability of ``1 − ε`` or more (Bonferroni). So for each direction the chance of being settled on
the wrong side of the level is at most ε, however often it was looked at. Stopping early for what is
clear: Besag & Clifford 1991; doing so with a bound on that chance: Gandy 2009. That bound is for one
direction, and all share the same draws: among many, some are expected to be settled wrongly if their
``π`` is very near the level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Int64s
from tokensphere.errors import InputError
from tokensphere.records import Record
from tokensphere.statistics.intervals import clopper_pearson

ERROR = 0.001  # ε


@dataclass(frozen=True)
class Settled(Record):
    """How drawing on ended.

    Attributes
    ----------
    level : the p-value on whose side every direction should be
    statistic : the name of the statistic whose p-values were settled
    error : ε, at most the chance that a direction is settled on the wrong side
    n_draws : B at the end
    looks : how often it was looked, and
    looks_planned : L, how often it could have been
    unsettled : directions whose interval contains the level still
    exhausted : whether the null has no more draws, as a sample of rows that were all taken
    """

    level: float
    statistic: str
    error: float
    n_draws: int
    looks: int
    looks_planned: int
    unsettled: int
    exhausted: bool = False


def settle(
    reached: Callable[[int], Int64s],
    *,
    statistic: str,
    first: int,
    most: int,
    level: float,
    end: int | None = None,
    error: float = ERROR,
) -> Settled:
    """Draw on until every direction is settled, or `most` draws are reached.

    Parameters
    ----------
    reached : for B tells of each direction that can be tested how many of the first B draws are as
        extreme, int -> int64 array of shape (m,)
    statistic : by which
    first, most : draws at the first look, and at most
    level : in (0, 1)
    end : how many draws there are, if there is an end
    error : ε, see above
    """
    if not 0 < level < 1:
        raise InputError(f"the level to settle at is {level!r}, but must lie between 0 and 1")
    if most < first:
        raise InputError(f"at most {most:,} draws, but {first:,} to begin with: allow as many or more")
    if end is not None:
        first, most = min(first, end), min(most, end)
    sizes = [first]
    while sizes[-1] < most:
        sizes.append(min(2 * sizes[-1], most))
    for size in sizes:
        lower, upper = clopper_pearson(reached(size), size, error / len(sizes))
        unsettled = int(np.count_nonzero((lower <= level) & (level <= upper)))
        if not unsettled:
            break
    looks = sizes.index(size) + 1
    return Settled(level, statistic, error, size, looks, len(sizes), unsettled, size == end)
