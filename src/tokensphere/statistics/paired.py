"""How much larger one share is than another where some things were counted in both."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Int8s
from tokensphere.errors import InputError
from tokensphere.statistics.difference import Difference
from tokensphere.statistics.intervals import Share

UNKNOWN = -1


def paired_difference(first: npt.ArrayLike, second: npt.ArrayLike) -> Difference | None:
    """``p_1 − p_2`` of two verdicts on m things, of which either may be unknown.

    The interval is made of the two Wilson intervals, less what the verdicts have in common. With all
    pairs complete it is that of Newcombe (1998, paired data, Statistics in Medicine 17, method 10), its
    correlation with his correction for continuity; with none, that of two samples apart
    (:func:`~tokensphere.statistics.difference.share_difference`). Between the two the covariance of the
    shares is that of the complete pairs (as Zou 2007, Psychological Methods 12, joins intervals of
    correlated estimates): with c of them the correlation counts ``c / √(n_1 n_2)`` times.

    Parameters
    ----------
    first, second : int arrays of shape (m,), 1 for yes, 0 for no, −1 for unknown

    Returns
    -------
    Difference
        None where either has no verdict at all

    Raises
    ------
    InputError
        arrays of different shapes, or with other values

    Examples
    --------
    >>> found = paired_difference([1] * 48 + [0] * 2, [1] * 36 + [0] * 12 + [1] * 2)
    >>> round(found.difference, 4), [round(end, 4) for end in found.interval]
    (0.2, [0.0569, 0.3404])
    """
    one, other = _verdicts(first), _verdicts(second)
    if one.shape != other.shape:
        raise InputError(f"verdicts of shapes {one.shape} and {other.shape}: pairs need as many of each")
    if not (one >= 0).any() or not (other >= 0).any():
        return None
    p, q = (Share.where(v[v >= 0] == 1) for v in (one, other))
    both = (one >= 0) & (other >= 0)
    phi = _correlation(one[both], other[both]) * np.count_nonzero(both) / sqrt(p.n * q.n)
    (low_p, high_p), (low_q, high_q), between = p.interval, q.interval, p.share - q.share
    below = _joined(p.share - low_p, high_q - q.share, phi)
    above = _joined(high_p - p.share, q.share - low_q, phi)
    return Difference(between, (max(-1.0, between - below), min(1.0, between + above)))


def _verdicts(given: npt.ArrayLike) -> Int8s:
    found = np.asarray(given)
    if found.ndim != 1 or not np.isin(found, (0, 1, UNKNOWN)).all():
        raise InputError("verdicts are arrays of shape (m,) with 1 for yes, 0 for no, -1 for unknown")
    return found.astype(np.int8)


def _correlation(one: Int8s, other: Int8s) -> float:
    """Of complete pairs; half a pair nearer to 0 where it is positive, 0 where one never changes."""
    n = len(one)
    if not n or len(set(one.tolist())) < 2 or len(set(other.tolist())) < 2:
        return 0.0
    a, b = (np.count_nonzero((one == 1) & (other == v)) for v in (1, 0))
    c, d = (np.count_nonzero((one == 0) & (other == v)) for v in (1, 0))
    product = float(a * d - b * c)
    if product > 0:
        product = max(product - n / 2, 0.0)
    return product / sqrt(float(a + b) * float(c + d) * float(a + c) * float(b + d))


def _joined(one: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))
