"""Values that are each compared with a null of its own: how many are beyond it (docs/definitions.md 6).

m values, and of each S draws of what it would be by chance. All values share the S worlds that the draws
come from (vocabularies with no words, say), so that the values are no m independent witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np

from tokensphere.arrays import Floats, Int64s
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
    if null.ndim != 2 or len(null) != len(values) or not null.size:
        raise InputError(
            f"values of shape {values.shape}, a null of shape {null.shape}: need (m,), (m, S)"
        )
    draws = null.shape[1]
    order = np.sort(null, axis=1)
    at = []
    for level in levels:
        allowed = floor(level * (draws + 1) + 1e-9) - 1  # draws beyond a value with so small a p
        if allowed >= 0:
            rate, effective = _share(values, null, order, allowed)
            at.append(Beyond(level, (allowed + 1) / (draws + 1), rate, wilson(rate, effective)))
    allowed = floor(_HALF * (draws + 1)) - 1
    rate, effective = _share(values, null, order, allowed)
    chance = (allowed + 1) / (draws + 1)
    ends = (_not_null(end, chance) for end in wilson(rate, effective))
    return OwnNull(draws, tuple(at), _not_null(rate, chance), (next(ends), next(ends)))


def effective_count(values: Floats, null: Floats) -> float:
    """How many independent values would tell as much of the share beyond all draws; see `own_null`."""
    return _share(values, null, np.sort(null, axis=1), 0)[1]


def _not_null(rate: float, chance: float) -> float:
    return max(0.0, 1 - (1 - rate) / (1 - chance))


def _share(values: Floats, null: Floats, order: Floats, allowed: int) -> tuple[float, float]:
    """Share of values with at most `allowed` draws beyond; how many independent ones tell as much.

    `order` is the null with the draws of each value ascending.
    """
    m, draws = null.shape
    count = counts_beyond(values, null)
    rate = float(np.mean(count <= allowed))
    if not 0 < rate < 1 or draws < 2:
        return rate, m
    # Without draw s, the values that were one too far for it alone come in.
    near = count == allowed + 1
    joins = np.count_nonzero(null[near] >= values[near, None], axis=0) / m
    of_draws = (draws - 1) ** 2 / draws * float(np.var(joins, ddof=1))
    of_values = rate * (1 - rate) / m
    variance = of_values + of_draws + _slope(rate) ** 2 * _between(null, order, allowed)
    return rate, rate * (1 - rate) / variance


def _between(null: Floats, order: Floats, allowed: int) -> float:
    """The variance of a world's level, of which m values do not explain the draws' own shares.

    A draw's share: of the values whose draw is one of the ``allowed + 1`` largest.
    """
    m, draws = null.shape
    if allowed + 1 >= draws:
        return 0.0
    shares = np.mean(null >= order[:, [draws - 1 - allowed]], axis=0)
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
