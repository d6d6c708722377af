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
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.directiontest_measure import STATISTICS
from tokensphere.analysis.directiontest_null import exceedances
from tokensphere.errors import InputError

ERROR = 0.001  # ε


@dataclass(frozen=True)
class Settled:
    """How drawing on ended.

    Attributes
    ----------
    level : the p-value on whose side every direction should be
    statistic : the column whose p-values were settled
    error : ε, at most the chance that a direction is settled on the wrong side
    n_draws : B at the end
    looks : how often it was looked, and
    looks_planned : L, how often it could have been
    unsettled : directions whose interval contains the level still
    """

    level: float
    statistic: int
    error: float
    n_draws: int
    looks: int
    looks_planned: int
    unsettled: int

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {**vars(self), "statistic": STATISTICS[self.statistic]}


def exact_interval(
    count: npt.ArrayLike, n: int, error: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The interval of Clopper & Pearson for a probability, from `count` successes in `n` trials.

    Parameters
    ----------
    count : int array of any shape, in [0, n]
    n : at least 1
    error : at most the chance that the interval does not contain the probability, in (0, 1)

    Returns
    -------
    lower, upper : float64 arrays of that shape, in [0, 1]

    Examples
    --------
    >>> lower, upper = exact_interval([0, 10], 10, 0.05)
    >>> lower.round(4).tolist(), upper.round(4).tolist()
    ([0.0, 0.6915], [0.3085, 1.0])
    """
    from scipy.special import betaincinv

    x = np.asarray(count, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        lower = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, error / 2), 0.0)
        upper = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - error / 2), 1.0)
    return lower, upper


def settle(
    statistic: npt.NDArray[np.float64],
    draw: Callable[[int], npt.NDArray[np.float64]],
    *,
    first: int,
    most: int,
    level: float,
    column: int,
    error: float = ERROR,
) -> tuple[npt.NDArray[np.float64], Settled]:
    """Draw on until every direction is settled, or `most` draws are reached.

    Parameters
    ----------
    statistic : float64 array of shape (m, 4); directions with NaN have nothing to settle
    draw : gives the statistics of the first B draws, int -> (B, 4)
    first, most : draws at the first look, and at most
    level : in (0, 1)
    column : of the statistic whose p-values are settled
    error : ε, see above

    Returns
    -------
    null : float64 array of shape (B, 4), the draws at the end
    settled : Settled
    """
    if not 0 < level < 1:
        raise InputError(f"the level to settle at is {level!r}, but must lie between 0 and 1")
    if most < first:
        raise InputError(f"at most {most:,} draws, but {first:,} to begin with: allow as many or more")
    sizes = [first]
    while sizes[-1] < most:
        sizes.append(min(2 * sizes[-1], most))
    tested = statistic[~np.isnan(statistic[:, column])]
    for size in sizes:
        null = draw(size)
        reached = exceedances(tested, null)[:, column]
        lower, upper = exact_interval(reached, size, error / len(sizes))
        unsettled = int(np.count_nonzero((lower <= level) & (level <= upper)))
        if not unsettled:
            break
    return null, Settled(level, column, error, size, sizes.index(size) + 1, len(sizes), unsettled)
