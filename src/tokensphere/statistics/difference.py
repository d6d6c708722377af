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
    between = one.share - other.share
    below = hypot(one.share - one.interval[0], other.interval[1] - other.share)
    above = hypot(one.interval[1] - one.share, other.share - other.interval[0])
    return Difference(between, (max(-1.0, between - below), min(1.0, between + above)))
