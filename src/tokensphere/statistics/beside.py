"""One real value beside the same value in a few draws from a null, with the spread of these."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from tokensphere.arrays import Float64s
from tokensphere.records import record

LEVEL = 0.99  # of the interval


@dataclass(frozen=True)
class Beside:
    """A value, and what it is in S draws from a null.

    Attributes
    ----------
    value : the real one
    without : float64 array of shape (S,), the same of the draws; S is 2 or more
    """

    value: float
    without: Float64s

    @property
    def mean(self) -> float:
        """Of the draws."""
        return float(self.without.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the draws (divided by S − 1)."""
        return float(self.without.std(ddof=1))

    @property
    def excess(self) -> float:
        """The real value less the draws' mean."""
        return self.value - self.mean

    @property
    def half(self) -> float:
        """Half the length of the 99 % interval of the excess, ``t_{S−1} sd √(1 + 1/S)``.

        Were the real value one more draw and draws normal, 99 % of such intervals would hold 0 (the
        prediction interval of one observation, e.g. Hahn & Meeker 1991, section 4.7).
        """
        from scipy.special import stdtrit

        s = len(self.without)
        return float(stdtrit(s - 1, (1 + LEVEL) / 2)) * self.sd * sqrt(1 + 1 / s)

    @property
    def interval(self) -> tuple[float, float]:
        """The 99 % interval of the excess."""
        return self.excess - self.half, self.excess + self.half

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return record(self, "value", "without", "excess", "interval", interval="interval_99")
