"""Sampled p-values, and what many of them at once are worth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float64s, Int64s


def reached(values: npt.ArrayLike, null: Float64s, *, larger: bool = True) -> Int64s:
    """How many draws of a null are at least as extreme as each value.

    Parameters
    ----------
    values : float array of any shape; NaN is reached by all draws
    null : float64 array of shape (B,)
    larger : whether larger values are more extreme, or smaller ones

    Returns
    -------
    int64 array of the shape of `values`, in [0, B]
    """
    value = np.asarray(values, dtype=np.float64)
    ordered = np.sort(null, kind="stable")  # of what is sorted already, no work
    if larger:
        count = len(ordered) - np.searchsorted(ordered, value, side="left")
    else:
        count = np.searchsorted(ordered, value, side="right")
    return np.where(np.isnan(value), len(ordered), count).astype(np.int64)


def p_values(values: npt.ArrayLike, null: Float64s, *, larger: bool = True) -> Float64s:
    """``(1 + #{b : as extreme}) / (1 + B)``, in [1/(1 + B), 1]; NaN where the value is.

    The +1 keeps the share of draws of the null with p ≤ a at a or below (Phipson & Smyth 2010).
    For the smallest p of a list over many labels, beside the same minimum of lists that mean nothing
    (``larger=False``), this is the p of the list as a whole, all labels that were tried accounted for;
    for the p of one label it is that label's, adjusted for all others (the single-step minP of Westfall
    & Young 1993).

    Parameters
    ----------
    values : float array of any shape
    null : float64 array of shape (B,)
    larger : whether larger values are more extreme, or smaller ones

    Examples
    --------
    >>> null = np.array([0.4, 0.1, 0.3])
    >>> p_values([0.2, 0.4, 0.5], null).tolist()
    [0.75, 0.5, 0.25]
    >>> p_values([0.2, 0.1], null, larger=False).tolist()
    [0.5, 0.5]
    """
    p = (1 + reached(values, null, larger=larger)) / (1 + len(null))
    return np.where(np.isnan(np.asarray(values, dtype=np.float64)), np.nan, p)


def q_values(p: Float64s) -> Float64s:
    """Benjamini & Hochberg's q-values (1995); a NaN counts nowhere and stays.

    The q of the i-th smallest of m is ``min_{j ≥ i} p_(j) m / j``, at most 1.

    Parameters
    ----------
    p : float64 array of shape (m,)

    Returns
    -------
    float64 array of shape (m,)

    Examples
    --------
    >>> q_values(np.array([0.01, 0.04, np.nan, 0.02])).round(3).tolist()
    [0.03, 0.04, nan, 0.03]
    """
    q = np.full(p.shape, np.nan)
    there = np.flatnonzero(~np.isnan(p))
    order = there[np.argsort(p[there])]
    m = len(order)
    scaled = p[order] * (m / np.arange(1, m + 1))
    q[order] = np.clip(np.minimum.accumulate(scaled[::-1])[::-1], 0, 1)
    return q
