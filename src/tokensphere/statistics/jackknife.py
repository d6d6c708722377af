"""The interval of a value from what it is without each of the things that it was computed from.

The jackknife (Quenouille 1956, Tukey 1958; of U-statistics Arvesen 1969): with ``v_(i)`` the value
without thing i, its variance is about ``(n − 1)/n Σ (v_(i) − v_(·))²``, on average not too small (Efron
& Stein 1981). Things may lie in many pairs or lists: leaving one out takes all of these away.
"""

from __future__ import annotations

from math import atanh, isnan, sqrt, tanh

import numpy as np

from tokensphere.arrays import Float64s
from tokensphere.statistics.intervals import Z, wilson

Interval = tuple[float, float]
_ONE = 1 - 1e-12  # a correlation that is no further from 1 than by rounding


def jackknife_variance(without: Float64s) -> float:
    """The variance of a value; `without` has shape (n,)."""
    n = len(without)
    return (n - 1) / n * float(np.sum((without - without.mean()) ** 2))


def correlation_interval(value: float, without: Float64s) -> Interval:
    """The 95 % interval of a correlation, on the scale of Fisher's z; within [−1, 1].

    Parameters
    ----------
    value : the correlation
    without : float64 array of shape (n,), the same without each thing

    Examples
    --------
    >>> low, high = correlation_interval(0.5, np.array([0.49, 0.5, 0.51]))
    >>> round(low, 3), round(high, 3)
    (0.477, 0.522)
    """
    if isnan(value) or np.isnan(without).any():
        return -1.0, 1.0
    if abs(value) > _ONE:
        return value, value
    half = Z * sqrt(jackknife_variance(np.arctanh(np.clip(without, -_ONE, _ONE))))
    return tanh(atanh(value) - half), tanh(atanh(value) + half)


def share_interval(share: float, without: Float64s) -> Interval:
    """The 95 % interval of a mean of shares: Wilson's, for as many draws as vary as much.

    Parameters
    ----------
    share : the mean, in [0, 1]
    without : float64 array of shape (n,), the same without each thing
    """
    variance = jackknife_variance(without)
    spread = share * (1 - share)
    if spread <= 0 or variance <= 0:
        return share, share
    return wilson(share, spread / variance)
