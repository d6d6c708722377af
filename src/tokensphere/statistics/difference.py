"""How much larger one share is than another that was estimated apart from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from tokensphere.records import Record
from tokensphere.statistics.intervals import Share


@dataclass(frozen=True)
class Difference(Record, interval="interval_95"):
    """One share less another.

    Attributes
    ----------
    difference : in [−1, 1]
    interval : its 95 % interval, within [−1, 1]
    """

    difference: float
    interval: tuple[float, float]


def share_difference(one: Share, other: Share) -> Difference:
    """``one − other``, of two samples that have nothing to do with each other.

    The interval is made of the two Wilson intervals (Newcombe 1998, method 10): to either side the
    distances of the two shares from the ends that matter there, squared and added.

    Examples
    --------
    >>> found = share_difference(Share.of(56, 70), Share.of(48, 80))
    >>> round(found.difference, 4), [round(end, 4) for end in found.interval]
    (0.2, [0.0524, 0.3339])
    """
    return difference_of((one.share, one.interval), (other.share, other.interval))


Found = tuple[float, tuple[float, float]]  # a share and its interval


def difference_of(one: Found, other: Found) -> Difference:
    """The same of any two shares that have intervals, whatever these are made of.

    The method of variance estimates recovery, MOVER (Zou & Donner 2008): the variance that matters at an
    end of the difference is recovered from the ends of the two intervals. Of Wilson's this is
    Newcombe's.

    Parameters
    ----------
    one, other : a share in [0, 1], and the ends of its 95 % interval

    Examples
    --------
    >>> found = difference_of((0.2, (0.16, 0.24)), (0.1, (0.07, 0.14)))
    >>> round(found.difference, 4), [round(end, 4) for end in found.interval]
    (0.1, [0.0434, 0.15])
    """
    (share, (low, high)), (other_share, (other_low, other_high)) = one, other
    between = share - other_share
    below = hypot(share - low, other_high - other_share)
    above = hypot(high - share, other_share - other_low)
    return Difference(between, (max(-1.0, between - below), min(1.0, between + above)))
