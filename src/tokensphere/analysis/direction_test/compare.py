"""Directions beside their nulls: effect, p and q of each statistic (docs/definitions.md 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from tokensphere.analysis.direction_test.extrapolated import Extrapolation, extrapolated, refused
from tokensphere.analysis.direction_test.statistics import KINDS, MostExtreme, Statistic, Values
from tokensphere.arrays import Bools, Float64s, Intps
from tokensphere.errors import InputError
from tokensphere.records import Record
from tokensphere.statistics.effects import effects
from tokensphere.statistics.minp import min_p
from tokensphere.statistics.pvalues import p_values, q_values
from tokensphere.statistics.tail import FEWEST

LEVEL = 0.05
_ROUNDING = 1e-9  # relative; 1/(1 + B) times m may be a bit above the level that it is


def at_most(values: Float64s) -> Bools:
    """True for p- or q-values of 0.05 or less; NaN is none."""
    return np.asarray(values <= LEVEL * (1 + _ROUNDING))


@dataclass(frozen=True)
class Limit(Record):
    """What q-values B draws can give to m directions.

    Attributes
    ----------
    p_floor : the smallest p there can be: ``1/(1 + B)``, a hundredth of it where p are extrapolated
    q_floor : the smallest q there can be: of the directions at the floor, of which more make a smaller
        one; where none is there, of a single one that were, ``m p_floor``, at most 1
    at_floor : how many directions have the smallest p
    needed_at_floor : how many must have it before any q is 0.05 or less, ``m p_floor/0.05``
    draws_enough : B, rounded up, that gives those at the floor a q of 0.05 or less if they stay there;
        if none is there, a single one
    draws_for_one : B that lets a single one reach that
    cannot_tell : whether some at the floor have a q above 0.05
    """

    p_floor: float
    q_floor: float
    at_floor: int
    needed_at_floor: int
    draws_enough: int
    draws_for_one: int
    cannot_tell: bool

    @classmethod
    def of(cls, pvalue: Float64s, floors: Float64s, draws: int) -> Limit:
        """Of directions with these p, shape (m,), NaN for none, and the smallest that each can have."""
        there = ~np.isnan(pvalue)
        p, floors = pvalue[there], floors[there]
        m, p_floor = len(p), float(floors.min(initial=1 / (1 + draws)))
        low = p <= floors
        found = q_values(p)[low]
        for_one = m * p_floor
        # The q that those at the floor have by themselves, above 1, too: it falls as 1/(1 + B).
        alone = float((m * np.sort(p[low]) / np.arange(1, low.sum() + 1)).min(initial=np.inf))
        alone = alone if low.any() else for_one
        least = FEWEST if p_floor < 1 / (1 + draws) else 1
        return cls(
            p_floor,
            float(found.min()) if low.any() else min(for_one, 1.0),
            int(np.count_nonzero(low)),
            max(ceil(for_one / LEVEL * (1 - _ROUNDING)), 1),
            max(to_type(_draws(alone, draws)), least),
            max(_draws(for_one, draws), least),
            bool((found > LEVEL * (1 + _ROUNDING)).any()),
        )


def _draws(q: float, draws: int) -> int:
    """How many draws it takes for a q, which so many give, to be 0.05; one or more."""
    return max(ceil(q * (1 + draws) / LEVEL * (1 - _ROUNDING)) - 1, 1)


def to_type(count: int) -> int:
    """A number as one would type it: rounded up to one digit and noughts.

    Examples
    --------
    >>> [to_type(count) for count in (7, 40, 799, 30_719, 921_599)]
    [7, 40, 800, 40000, 1000000]
    """
    unit: int = 10 ** (len(str(count)) - 1)
    return -(-count // unit) * unit


@dataclass(frozen=True)
class Beside:
    """One statistic of m directions beside their nulls.

    Attributes
    ----------
    values : float64 array of shape (m,); NaN where a direction could not be tested
    pvalue : ``(1 + #{draws at least as extreme}) / (1 + B)``, shape (m,); one-sided. Extrapolated where
        that was asked for and `extrapolated` is true
    qvalue : Benjamini & Hochberg's over all directions, shape (m,)
    effect : ``(value − median) / ((q84 − q16) / 2)`` of the direction's null, shape (m,); for label p
        and the p of any of the four of ``−log10 p``, so that more is always more extreme; NaN where the
        null has no spread
    nulls : the values of the B draws of each null, shape (S, B)
    null_of : for each direction the number of its null, int array of shape (m,)
    extrapolation : what was extrapolated, if that was asked for
    """

    values: Float64s
    pvalue: Float64s
    qvalue: Float64s
    effect: Float64s
    nulls: Float64s
    null_of: Intps
    extrapolation: Extrapolation | None = None

    @property
    def null_distribution(self) -> Float64s:
        """The values of the B draws of the null, shape (B,).

        Raises
        ------
        InputError
            there are several nulls
        """
        if len(self.nulls) > 1:
            raise InputError(
                f"these directions have {len(self.nulls)} nulls; that of direction i is"
                " nulls[null_of[i]]"
            )
        return np.asarray(self.nulls[0])

    @property
    def n_draws(self) -> int:
        """Draws of each null, B."""
        return int(self.nulls.shape[1])

    @property
    def floor(self) -> float:
        """The smallest p-value that so many draws can count, ``1/(1 + B)``."""
        return 1 / (1 + self.n_draws)

    @property
    def floors(self) -> Float64s:
        """For each direction the smallest p that it can have, shape (m,): less if it is extrapolated."""
        if self.extrapolation is not None:
            return self.extrapolation.floors
        return np.full(len(self.pvalue), self.floor)

    @property
    def lowest(self) -> Bools:
        """True where p is the smallest that there can be, shape (m,)."""
        return np.asarray(self.pvalue <= self.floors)

    @property
    def at_floor(self) -> int:
        """How many p-values are the smallest that there can be."""
        return int(np.count_nonzero(self.lowest))

    @property
    def extrapolated(self) -> Bools:
        """True where p is extrapolated beyond the draws, shape (m,)."""
        if self.extrapolation is None:
            return np.zeros(len(self.pvalue), dtype=bool)
        return self.extrapolation.where

    @property
    def q_extrapolated(self) -> Bools:
        """True where q would be another if nothing were extrapolated, shape (m,)."""
        if self.extrapolation is None:
            return self.extrapolated
        counted = q_values(self.extrapolation.counted)
        return np.asarray((self.qvalue != counted) & ~np.isnan(counted))

    @property
    def q_at_most(self) -> Bools:
        """True where q is that or less, for it rests on the smallest p that is extrapolated."""
        least = np.where(self.extrapolated & self.lowest, 0.0, self.pvalue)
        return np.asarray(q_values(least) < self.qvalue)

    @property
    def by_extrapolation(self) -> bool:
        """Whether some have a q of 0.05 or less that would not if nothing were extrapolated."""
        if self.extrapolation is None:
            return False
        return bool((self.certain & ~at_most(q_values(self.extrapolation.counted))).any())

    @property
    def certain(self) -> Bools:
        """True where q is 0.05 or less, shape (m,)."""
        return at_most(self.qvalue)

    @property
    def undecided(self) -> Bools:
        """True where p is the smallest that there can be and q above 0.05 all the same, shape (m,)."""
        return np.asarray(self.lowest & ~self.certain)

    @property
    def limit(self) -> Limit:
        """What so many draws can tell of so many directions."""
        return Limit.of(self.pvalue, self.floors, self.n_draws)


def compared(
    values: Mapping[str, Values],
    drawn: Mapping[str, Values],
    null_of: Intps,
    *,
    extrapolate: bool = False,
) -> dict[str, Beside]:
    """All statistics of m directions beside their nulls.

    Parameters
    ----------
    values : by the name of a statistic, float64 arrays of shape (m,)
    drawn : likewise those of draws, shape (S, B)
    null_of : for each direction the number of its null, shape (m,)
    extrapolate : whether p beyond the draws are extrapolated
    """
    tested: dict[str, Beside] = {}
    for kind in KINDS:
        value, nulls = values[kind.name], drawn[kind.name]

        def p_of(some: Values, null: Values, larger: bool = kind.larger) -> Values:
            return p_values(some, null, larger=larger)

        p = by_null(p_of, value, nulls, null_of)
        effect = by_null(effects, _upwards(kind, value), _upwards(kind, nulls), null_of)
        found = Beside(value, p, q_values(p), effect, nulls, null_of)
        tested[kind.name] = beyond(kind, found) if extrapolate else found
    most = _any(tested, null_of)
    tested[MostExtreme.name] = beyond(MostExtreme, most) if extrapolate else most
    return tested


def beyond(kind: type[Statistic], found: Beside) -> Beside:
    """The same with p extrapolated beyond the draws, where the statistic and its nulls let."""
    if kind.unfit:
        more = refused(found.pvalue, found.n_draws, kind.unfit)
    else:
        up = _upwards(kind, found.values), _upwards(kind, found.nulls)
        more = extrapolated(found.pvalue, *up, found.null_of)
    return replace(found, pvalue=more.pvalue, qvalue=q_values(more.pvalue), extrapolation=more)


def _upwards(kind: type[Statistic], values: Values) -> Values:
    """So that larger values are more extreme."""
    return values if kind.larger else -np.log10(values)


def _any(tested: Mapping[str, Beside], null_of: Intps) -> Beside:
    """The p of being so extreme in any of the statistics."""
    signs = [1 if kind.larger else -1 for kind in KINDS]
    values = np.stack([sign * tested[k.name].values for k, sign in zip(KINDS, signs, strict=True)])
    nulls = np.stack([sign * tested[k.name].nulls for k, sign in zip(KINDS, signs, strict=True)])
    least, p = np.empty(values.shape[1]), np.empty(values.shape[1])
    drawn = np.empty(nulls.shape[1:])
    for number in range(nulls.shape[1]):
        mine = null_of == number
        found = min_p(values[:, mine], nulls[:, number])
        least[mine], p[mine], drawn[number] = found.least, found.pvalue, found.null
    effect = by_null(effects, -np.log10(least), -np.log10(drawn), null_of)
    return Beside(least, p, q_values(p), effect, drawn, null_of)


def by_null(
    function: Callable[[Values, Values], Values], values: Values, nulls: Values, null_of: Intps
) -> Values:
    """Some function of the values of each null's directions and of its draws, shape (m,)."""
    if len(nulls) == 1:
        return function(values, nulls[0])
    found = np.empty(len(values))
    for number, null in enumerate(nulls):
        mine = null_of == number
        found[mine] = function(values[mine], null)
    return found
