"""Many p-values at once: q-values, and the shares of directions that stand out, by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.direction_test.measure import STATISTICS
from tokensphere.analysis.pair import wilson

LEVEL = 0.05


def q_values(p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Benjamini & Hochberg's q-values of each column, over all directions that could be tested.

    Parameters
    ----------
    p : float64 array of shape (m, s); NaN for a direction that could not

    Returns
    -------
    float64 array of the same shape
    """
    q = np.full(p.shape, np.nan)
    there = ~np.isnan(p).any(axis=1)
    if there.any():
        from scipy import stats  # a third of a second

        q[there] = stats.false_discovery_control(p[there], axis=0)
    return q


@dataclass(frozen=True)
class GroupShares:
    """How many directions of a group stand out, by each of the four statistics.

    Attributes
    ----------
    name : of the group, e.g. a tensor of a file
    n : directions that could be tested
    untestable : those that could not
    below_p, below_q : how many have p < 0.05, and q < 0.05; four each
    """

    name: str
    n: int
    untestable: int
    below_p: tuple[int, ...]
    below_q: tuple[int, ...]

    def share_p(self, statistic: int) -> float:
        """The share with p < 0.05; of directions of the null it is 5 %. NaN without any tested."""
        return self.below_p[statistic] / self.n if self.n else float("nan")

    def share_q(self, statistic: int) -> float:
        """The share with q < 0.05. NaN without any tested."""
        return self.below_q[statistic] / self.n if self.n else float("nan")

    def interval_p(self, statistic: int) -> tuple[float, float]:
        """95 % Wilson interval of `share_p`, directions taken as independent; (0, 1) without any."""
        return wilson(self.share_p(statistic), self.n) if self.n else (0.0, 1.0)

    def interval_q(self, statistic: int) -> tuple[float, float]:
        """95 % Wilson interval of `share_q`, directions taken as independent; (0, 1) without any."""
        return wilson(self.share_q(statistic), self.n) if self.n else (0.0, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            "group": self.name,
            "tested": self.n,
            "untestable": self.untestable,
            "by_statistic": {
                name: {
                    "p_below_0.05": self.below_p[s],
                    "share_p_below_0.05": self.share_p(s) if self.n else None,
                    "share_p_interval_95": list(self.interval_p(s)),
                    "q_below_0.05": self.below_q[s],
                    "share_q_below_0.05": self.share_q(s) if self.n else None,
                    "share_q_interval_95": list(self.interval_q(s)),
                }
                for s, name in enumerate(STATISTICS)
            },
        }


def shares_by_group(
    p: npt.NDArray[np.float64],
    q: npt.NDArray[np.float64],
    groups: Sequence[str],
    group_of: npt.NDArray[np.intp],
) -> tuple[GroupShares, ...]:
    """The shares of each group, in their order; groups of which nothing has been looked at are left out.

    Parameters
    ----------
    p, q : float64 arrays of shape (m, 4); NaN for a direction that could not be tested
    groups : names
    group_of : int array of shape (m,), the group of each direction
    """
    tested = ~np.isnan(p[:, 0])
    count = len(groups)

    def counted(which: npt.NDArray[np.bool_]) -> list[int]:
        found: list[int] = np.bincount(group_of[which], minlength=count).tolist()
        return found

    with np.errstate(invalid="ignore"):
        small_p = [counted(p[:, s] < LEVEL) for s in range(p.shape[1])]
        small_q = [counted(q[:, s] < LEVEL) for s in range(p.shape[1])]
    n, untestable = counted(tested), counted(~tested)
    return tuple(
        GroupShares(
            groups[g],
            n[g],
            untestable[g],
            tuple(column[g] for column in small_p),
            tuple(column[g] for column in small_q),
        )
        for g in range(count)
        if n[g] + untestable[g]
    )
