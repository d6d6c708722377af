"""p beyond the reach of the draws, where that is asked for (docs/definitions.md 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.arrays import Bools, Float64s, Intps
from tokensphere.statistics.tail import Tail, few, fit_tail


@dataclass(frozen=True)
class Extrapolation:
    """What was extrapolated of one statistic.

    Attributes
    ----------
    counted : the p of the draws alone, shape (m,)
    pvalue : the same, extrapolated where fewer than 10 draws are as extreme and the null's tail lets
    interval : where it is, the ends between which the chance of a draw to be as extreme lies, to 95 %,
        shape (m, 2); else NaN
    floors : for each direction the smallest p that is told, shape (m,)
    tails : by the number of a null its tail; None where no direction needs it
    refused : why nothing is extrapolated of this statistic, whatever the draws; or empty
    """

    counted: Float64s
    pvalue: Float64s
    interval: Float64s
    floors: Float64s
    tails: tuple[Tail | None, ...]
    refused: str = ""

    @property
    def where(self) -> Bools:
        """True where p is extrapolated, shape (m,)."""
        return np.asarray(~np.isnan(self.interval[:, 1]))

    @property
    def reasons(self) -> list[str]:
        """Why nothing is extrapolated of some nulls that it was wanted of, each once."""
        if self.refused:
            return [self.refused]
        return sorted({tail.refused for tail in self.tails if tail is not None and tail.refused})

    def to_dict(self) -> dict[str, Any]:
        """The tails as a dict for JSON."""
        tails = [None if tail is None else tail.to_dict() for tail in self.tails]
        return {"refused": self.refused or None, "tails": tails}


def refused(counted: Float64s, draws: int, reason: str) -> Extrapolation:
    """Nothing is extrapolated."""
    nothing = np.full((len(counted), 2), np.nan)
    return Extrapolation(counted, counted, nothing, _floors(len(counted), draws), (), reason)


def extrapolated(counted: Float64s, values: Float64s, nulls: Float64s, null_of: Intps) -> Extrapolation:
    """The p of one statistic, extrapolated where that can be done.

    Parameters
    ----------
    counted : the p of the draws alone, shape (m,)
    values : of which larger ones are more extreme, shape (m,); NaN where there is none
    nulls : likewise those of the draws, shape (S, B)
    null_of : for each direction the number of its null, shape (m,)
    """
    draws = nulls.shape[1]
    pvalue, interval = counted.copy(), np.full((len(values), 2), np.nan)
    floors, tails = _floors(len(values), draws), []
    for number, null in enumerate(nulls):
        rare = np.flatnonzero((null_of == number) & ~np.isnan(values))
        rare = rare[few(values[rare], null)]
        tail = fit_tail(null) if len(rare) else None
        tails.append(tail)
        if tail is not None and not tail.refused:
            pvalue[rare], floors[null_of == number] = tail.p_values(values[rare]), tail.floor
            interval[rare] = np.stack(tail.interval(values[rare]), axis=1)
    return Extrapolation(counted, pvalue, interval, floors, tuple(tails))


def _floors(m: int, draws: int) -> Float64s:
    return np.full(m, 1 / (1 + draws))
