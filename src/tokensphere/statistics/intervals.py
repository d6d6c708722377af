"""Intervals for shares and means that were estimated from a sample."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Bools, Float64s, Floats
from tokensphere.records import Record

Z = 1.959963984540054  # the 97.5 % quantile of the standard normal law


def wilson(share: float, count: float) -> tuple[float, float]:
    """The 95 % interval of a share seen in `count` draws (Wilson 1927), within [0, 1].

    Examples
    --------
    >>> low, high = wilson(0.1, 100)
    >>> round(low, 4), round(high, 4)
    (0.0552, 0.1744)
    """
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def clopper_pearson(count: npt.ArrayLike, n: int, error: float) -> tuple[Float64s, Float64s]:
    """The exact interval for a probability, from `count` successes in `n` trials (1934).

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
    >>> lower, upper = clopper_pearson([0, 10], 10, 0.05)
    >>> lower.round(4).tolist(), upper.round(4).tolist()
    ([0.0, 0.6915], [0.3085, 1.0])
    """
    from scipy.special import betaincinv

    x = np.asarray(count, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        lower = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, error / 2), 0.0)
        upper = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - error / 2), 1.0)
    return lower, upper


@dataclass(frozen=True)
class Share(Record, interval="interval_95"):
    """In how many of some things something holds.

    Attributes
    ----------
    count, n : in `count` of `n`
    share : ``count / n``, in [0, 1]
    interval : its 95 % Wilson interval
    """

    count: int
    n: int
    share: float
    interval: tuple[float, float]

    @classmethod
    def of(cls, count: int, n: int) -> Share:
        """The share of `count` in `n`; of none at all NaN, in (0, 1)."""
        if not n:
            return cls(0, 0, float("nan"), (0.0, 1.0))
        return cls(count, n, count / n, wilson(count / n, n))

    @classmethod
    def where(cls, holds: Bools) -> Share:
        """The share of True."""
        return cls.of(int(np.count_nonzero(holds)), len(holds))


@dataclass(frozen=True)
class Estimate(Record):
    """A mean over directions, and its Monte Carlo error (standard deviation over √m)."""

    mean: float
    error: float

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Estimate:
        """From the values along m directions, shape (m,)."""
        m = len(values)
        error = float(values.std(ddof=1)) / sqrt(m) if m > 1 else 0.0
        return cls(float(values.mean()), error)


def quartiles(values: Floats) -> tuple[float, ...]:
    """Lower quartile, median, upper quartile; empty for no values."""
    return tuple(np.quantile(values, [0.25, 0.5, 0.75]).tolist()) if len(values) else ()
