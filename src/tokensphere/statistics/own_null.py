"""Values that are each compared with a null of its own: how many are beyond it (docs/definitions.md 6).

m values, and of each S draws of what it would be by chance. All values share the S worlds that the draws
come from (vocabularies with no words, say), so that the values are no m independent witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np

from tokensphere.arrays import Float64s, Floats, Int64s
from tokensphere.errors import InputError
from tokensphere.records import Record
from tokensphere.statistics.intervals import wilson

LEVELS = (0.05, 0.01)
_HALF = 0.5  # p above which a value counts as one of the null (Storey 2002)


@dataclass(frozen=True)
class Beyond(Record, interval="interval_95"):
    """How many values have a p of `level` or less.

    Attributes
    ----------
    level : asked for
    attained : the largest level up to it that p-values from S draws can have; chance gives this share
    rate : share of the values with ``p ≤ attained``, in [0, 1]
    interval : its 95 % interval, over values, draws, and worlds in the place of the real one
    """

    level: float
    attained: float
    rate: float
    interval: tuple[float, float]

    @property
    def excess(self) -> float:
        """What chance does not give, ``rate − attained``."""
        return self.rate - self.attained

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON, with the excess."""
        return super().to_dict() | {"excess": self.excess}


@dataclass(frozen=True)
class OwnNull(Record, not_null_interval="not_null_interval_95"):
    """m values beside S draws of each.

    Attributes
    ----------
    draws : S
    at : for each level that S draws can tell; S of 19 for 0.05, 99 for 0.01
    not_null : estimate of the share of values that are not of the null, ``1 − π₀`` (Storey 2002, λ = ½)
    not_null_interval : its 95 % interval
    """

    draws: int
    at: tuple[Beyond, ...]
    not_null: float
    not_null_interval: tuple[float, float]


def counts_beyond(values: Floats, null: Floats) -> Int64s:
    """How many draws are at least as large as the value they belong to; shapes (m,), (m, S) -> (m,)."""
    return np.asarray(np.count_nonzero(null >= values[:, None], axis=1), dtype=np.int64)


@dataclass(frozen=True)
class OwnCounts:
    """What of m values beside S draws of each :func:`own_null` needs: whole numbers.

    Those of two sets of values beside the same draws add up, in whatever order, to those of both.

    Attributes
    ----------
    allowed : numbers of draws beyond a value, ascending, that a share is wanted of, each below S
    beyond : int64 array of shape (S + 1,): of how many values c draws are at least as large
    joins : int64 array of shape (len(allowed), S): of how many values one draw more than allowed is at
        least as large, of which this is one
    largest : int64 array of the same shape: of how many values this is among the ``allowed + 1`` largest
        draws
    """

    allowed: tuple[int, ...]
    beyond: Int64s
    joins: Int64s
    largest: Int64s

    @property
    def values(self) -> int:
        """How many values there are, m."""
        return int(self.beyond.sum())

    @property
    def draws(self) -> int:
        """How many draws each is beside, S."""
        return len(self.beyond) - 1

    def __add__(self, other: OwnCounts) -> OwnCounts:
        """Of the values of both.

        Raises
        ------
        InputError
            they are beside other numbers of draws, or of other shares
        """
        if (self.allowed, self.draws) != (other.allowed, other.draws):
            raise InputError(
                f"counts beside {self.draws} draws cannot be added to counts beside {other.draws}, or of"
                " other levels"
            )
        pairs = (
            (name, getattr(self, name) + getattr(other, name)) for name in ("beyond", "joins", "largest")
        )
        return OwnCounts(self.allowed, **dict(pairs))


def own_null(values: Floats, null: Floats, *, levels: tuple[float, ...] = LEVELS) -> OwnNull:
    """How many values are beyond their own null.

    A value's ``p = (1 + #{s : null_s ≥ value}) / (1 + S)``. If it were one more draw, p would be uniform
    on ``1/(S + 1), …, 1``, by exchangeability. The variance of a share has three parts: that over
    values, ``r (1 − r)/m``; that over the draws, the jackknife's; and, since the values themselves are
    of one world, that by which one world's share differs from another's: of each draw beside the
    others, what ``m`` values do not explain, as if a world moved all values alike and these were normal
    (``φ(Φ⁻¹(r))`` for each unit that it moves them). What belongs to a value in a world is in the first
    two: the interval is a little too wide rather than too narrow, as with other ways to resample both
    (Owen 2007).

    Parameters
    ----------
    values : floating array of shape (m,)
    null : floating array of shape (m, S)
    levels : in (0, 1); those below ``1/(S + 1)`` are left out

    Raises
    ------
    InputError
        no values or no draws, or other shapes

    Examples
    --------
    >>> found = own_null(np.array([10.0, 0.0]), np.tile(np.arange(-9.0, 10), (2, 1)))
    >>> [(beyond.level, beyond.attained, beyond.rate) for beyond in found.at]  # 19 draws can't tell 0.01
    [(0.05, 0.05, 0.5)]
    """
    return own_null_of(own_counts(values, null, levels=levels), levels=levels)


def own_counts(values: Floats, null: Floats, *, levels: tuple[float, ...] = LEVELS) -> OwnCounts:
    """What is to be counted for :func:`own_null`, with the same parameters and errors."""
    if null.ndim != 2 or len(null) != len(values) or not null.size:
        raise InputError(
            f"values of shape {values.shape}, a null of shape {null.shape}: need (m,), (m, S)"
        )
    return _counted(values, null, counted_for(null.shape[1], levels))


def counted_for(draws: int, levels: tuple[float, ...] = LEVELS) -> tuple[int, ...]:
    """:attr:`OwnCounts.allowed` for some levels, beside so many draws."""
    wanted = (_allowed(level, draws) for level in (*levels, _HALF))
    return tuple(sorted({allowed for allowed in wanted if allowed >= 0}))


def own_null_of(counts: OwnCounts, *, levels: tuple[float, ...] = LEVELS) -> OwnNull:
    """What :func:`own_null` says of values that were counted, for levels that they were counted for."""
    draws, at = counts.draws, []
    for level in levels:
        allowed = _allowed(level, draws)
        if allowed >= 0:
            rate, effective = _share(counts, allowed)
            at.append(Beyond(level, (allowed + 1) / (draws + 1), rate, wilson(rate, effective)))
    allowed = _allowed(_HALF, draws)
    rate, effective = _share(counts, allowed)
    chance = (allowed + 1) / (draws + 1)
    ends = (_not_null(end, chance) for end in wilson(rate, effective))
    return OwnNull(draws, tuple(at), _not_null(rate, chance), (next(ends), next(ends)))


def effective_count(values: Floats, null: Floats) -> float:
    """How many independent values would tell as much of the share beyond all draws; see `own_null`."""
    return _share(_counted(values, null, (0,)), 0)[1]


def _allowed(level: float, draws: int) -> int:
    """Draws beyond a value whose p is at most `level`, in (0, 1); −1 if so few draws cannot tell."""
    return floor(level * (draws + 1) + 1e-9) - 1


def _not_null(rate: float, chance: float) -> float:
    return max(0.0, 1 - (1 - rate) / (1 - chance))


def _counted(values: Floats, null: Floats, allowed: tuple[int, ...]) -> OwnCounts:
    draws = null.shape[1]
    is_beyond = null >= values[:, None]
    beyond = np.count_nonzero(is_beyond, axis=1)
    order = np.sort(null, axis=1)
    joins = [is_beyond[beyond == most + 1].sum(axis=0) for most in allowed]
    largest = [(null >= order[:, [draws - 1 - most]]).sum(axis=0) for most in allowed]
    counts = np.bincount(beyond, minlength=draws + 1).astype(np.int64)
    return OwnCounts(allowed, counts, *(np.array(each, dtype=np.int64) for each in (joins, largest)))


def _share(counts: OwnCounts, allowed: int) -> tuple[float, float]:
    """Share of values with at most `allowed` draws beyond; how many independent ones tell as much."""
    m, draws, place = counts.values, counts.draws, counts.allowed.index(allowed)
    rate = int(counts.beyond[: allowed + 1].sum()) / m
    if not 0 < rate < 1 or draws < 2:
        return rate, m
    # Without draw s, the values that were one too far for it alone come in.
    joins = counts.joins[place] / m
    of_draws = (draws - 1) ** 2 / draws * float(np.var(joins, ddof=1))
    of_values = rate * (1 - rate) / m
    between = _between(counts.largest[place] / m, m) if allowed + 1 < draws else 0.0
    variance = of_values + of_draws + _slope(rate) ** 2 * between
    return rate, rate * (1 - rate) / variance


def _between(shares: Float64s, m: int) -> float:
    """The variance of a world's level, of which m values do not explain the draws' own shares.

    A draw's share: of the values whose draw is one of the ``allowed + 1`` largest.
    """
    mean = float(np.mean(shares))
    if not 0 < mean < 1:
        return 0.0
    more = float(np.var(shares, ddof=1)) - mean * (1 - mean) / m
    slope = _slope(mean)
    return float(max(more, 0.0) / (slope * slope))


def _slope(share: float) -> float:
    """By how much the share of normal values above a threshold grows with their mean: ``φ(Φ⁻¹(r))``."""
    from scipy.special import ndtri

    at = float(ndtri(share))
    return float(np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi))
