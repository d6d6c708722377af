"""Directions beside their nulls: p and q of each statistic (docs/definitions.md 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tokensphere.analysis.direction_test.statistics import KINDS, Values
from tokensphere.arrays import Float64s, Intps
from tokensphere.errors import InputError
from tokensphere.statistics.pvalues import p_values, q_values


@dataclass(frozen=True)
class Beside:
    """One statistic of m directions beside their nulls.

    Attributes
    ----------
    values : float64 array of shape (m,); NaN where a direction could not be tested
    pvalue : ``(1 + #{draws at least as extreme}) / (1 + B)``, shape (m,); one-sided
    qvalue : Benjamini & Hochberg's over all directions, shape (m,)
    nulls : the values of the B draws of each null, shape (S, B)
    null_of : for each direction the number of its null, int array of shape (m,)
    """

    values: Float64s
    pvalue: Float64s
    qvalue: Float64s
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
    tested = {}
    for kind in KINDS:
        value, nulls = values[kind.name], drawn[kind.name]

        def p_of(some: Values, null: Values, larger: bool = kind.larger) -> Values:
            return p_values(some, null, larger=larger)

        p = by_null(p_of, value, nulls, null_of)
        tested[kind.name] = Beside(value, p, q_values(p), nulls, null_of)
    return tested


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
