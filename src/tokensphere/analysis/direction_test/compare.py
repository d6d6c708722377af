"""Directions beside their nulls: effect, p and q of each statistic (docs/definitions.md 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from tokensphere.analysis.direction_test.statistics import KINDS, MostExtreme, Statistic, Values
from tokensphere.arrays import Bools, Float64s, Intps
from tokensphere.errors import InputError
from tokensphere.records import Record
from tokensphere.statistics.effects import effects
from tokensphere.statistics.minp import min_p
from tokensphere.statistics.pvalues import p_values, q_values

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
    p_floor : the smallest p, ``1/(1 + B)``
    at_floor : how many directions have it
    needed_at_floor : how many must have it before any q is 0.05 or less, ``m/(0.05 (1 + B))``
    draws_for_one : B that lets a single one reach that, ``m/0.05 − 1``
    cannot_tell : whether some are at the floor, and too few for any q of 0.05 or less
    """

    p_floor: float
    at_floor: int
    needed_at_floor: int
    draws_for_one: int
    cannot_tell: bool

    @classmethod
    def of(cls, m: int, draws: int, at_floor: int) -> Limit:
        """For m directions, `at_floor` of them with the smallest p that so many draws can give."""
        wanted = max(ceil(m / LEVEL * (1 - _ROUNDING)), 1)
        needed = -(-wanted // (1 + draws))
        return cls(1 / (1 + draws), at_floor, needed, wanted - 1, 0 < at_floor < needed)


@dataclass(frozen=True)
class Beside:
    """One statistic of m directions beside their nulls.

    Attributes
    ----------
    values : float64 array of shape (m,); NaN where a direction could not be tested
    pvalue : ``(1 + #{draws at least as extreme}) / (1 + B)``, shape (m,); one-sided
    qvalue : Benjamini & Hochberg's over all directions, shape (m,)
    effect : ``(value − median) / ((q84 − q16) / 2)`` of the direction's null, shape (m,); for label p
        and the p of any of the four of ``−log10 p``, so that more is always more extreme; NaN where the
        null has no spread
    nulls : the values of the B draws of each null, shape (S, B)
    null_of : for each direction the number of its null, int array of shape (m,)
    """

    values: Float64s
    pvalue: Float64s
    qvalue: Float64s
    effect: Float64s
    nulls: Float64s
    null_of: Intps

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
        """The smallest p-value that so many draws can give, ``1/(1 + B)``."""
        return 1 / (1 + self.n_draws)

    @property
    def at_floor(self) -> int:
        """How many p-values are the smallest that there can be."""
        return int(np.count_nonzero(self.pvalue <= self.floor))

    @property
    def certain(self) -> Bools:
        """True where q is 0.05 or less, shape (m,)."""
        return at_most(self.qvalue)

    @property
    def undecided(self) -> Bools:
        """True where p is the smallest that there can be and q above 0.05 all the same, shape (m,)."""
        return np.asarray((self.pvalue <= self.floor) & ~self.certain)

    @property
    def limit(self) -> Limit:
        """What so many draws can tell of so many directions."""
        return Limit.of(int(np.count_nonzero(~np.isnan(self.pvalue))), self.n_draws, self.at_floor)


def compared(
    values: Mapping[str, Values], drawn: Mapping[str, Values], null_of: Intps
) -> dict[str, Beside]:
    """All statistics of m directions beside their nulls.

    Parameters
    ----------
    values : by the name of a statistic, float64 arrays of shape (m,)
    drawn : likewise those of draws, shape (S, B)
    null_of : for each direction the number of its null, shape (m,)
    """
    tested: dict[str, Beside] = {}
    for kind in KINDS:
        value, nulls = values[kind.name], drawn[kind.name]

        def p_of(some: Values, null: Values, larger: bool = kind.larger) -> Values:
            return p_values(some, null, larger=larger)

        p = by_null(p_of, value, nulls, null_of)
        effect = by_null(effects, _upwards(kind, value), _upwards(kind, nulls), null_of)
        tested[kind.name] = Beside(value, p, q_values(p), effect, nulls, null_of)
    tested[MostExtreme.name] = _any(tested, null_of)
    return tested


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
