"""A number of one list beside that of lists by chance: where it lies, and how rare that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tokensphere.arrays import Float64s
from tokensphere.records import record

POINTS = 61  # of a curve
_NARROWEST = 1e-3  # of the range, for the width of the curve's kernel
_COMPARED = {  # a list of a surprising value, and one of the opposite
    "nearness": ("nearer", "less near"),
    "cosine": ("nearer", "less near"),
    "coherence": ("more alike", "less alike"),
    "label": ("more of one kind", "less of one kind"),
}


@dataclass(frozen=True)
class Curve:
    """The density of draws, smoothed, to be drawn.

    Attributes
    ----------
    at : float64 array of shape (p,), evenly spaced, ascending
    density : float64 array of shape (p,), 0 or more; the largest is 1
    mark : where the value lies that the draws are beside
    """

    at: Float64s
    density: Float64s
    mark: float

    @classmethod
    def of(cls, draws: Float64s, mark: float, points: int = POINTS) -> Curve:
        """The curve of draws over a range that holds the mark, too.

        A Gaussian kernel of Silverman's width, ``0.9 min(σ, IQR/1.34) B^(−1/5)`` (Silverman 1986, 3.31).

        Parameters
        ----------
        draws : float64 array of shape (B,), finite
        mark : finite
        """
        low, high = min(float(draws.min()), mark), max(float(draws.max()), mark)
        quartiles = np.quantile(draws, (0.25, 0.75))
        spread = min(float(draws.std()), float(np.diff(quartiles)[0]) / 1.34) or float(draws.std())
        width = max(0.9 * spread * len(draws) ** -0.2, _NARROWEST * (high - low), 1e-12)
        at = np.linspace(low - 2 * width, high + 2 * width, points)
        density = np.exp(-(((at[:, None] - draws) / width) ** 2) / 2).sum(axis=1)
        return cls(at, density / (float(density.max()) or 1.0), mark)

    def to_dict(self) -> dict[str, Any]:
        """The same as lists of rounded numbers: for a picture."""
        digits = 6
        return {
            "at": np.round(self.at, digits).tolist(),
            "density": np.round(self.density, 4).tolist(),
            "mark": round(self.mark, digits),
        }


@dataclass(frozen=True)
class Chance:
    """A value, and what it would be by chance.

    Attributes
    ----------
    statistic : what the value is: ``"coherence"``, ``"nearness"``, ``"cosine"`` or ``"label"``
    of : what chance is: ``"random"``, ``"wordless"``, or the law of a null
    title : that in words, in the plural
    value : finite
    draws : float64 array of shape (B,), ascending: the values by chance
    larger : whether large values are surprising; else small ones are
    """

    statistic: str
    of: str
    title: str
    value: float
    draws: Float64s = field(repr=False)
    larger: bool = True

    @cached_property
    def less(self) -> float:
        """Share of the draws that are less surprising, in [0, 1]; of equal ones half."""
        left, right = (np.searchsorted(self.draws, self.value, side) for side in ("left", "right"))
        share = float(left + right) / (2 * len(self.draws))
        return share if self.larger else 1 - share

    @cached_property
    def p(self) -> float:
        """``(1 + #{draws at least as surprising}) / (1 + B)``, in [1/(1 + B), 1]."""
        if self.larger:
            reached = len(self.draws) - int(np.searchsorted(self.draws, self.value, "left"))
        else:
            reached = int(np.searchsorted(self.draws, self.value, "right"))
        return (1 + reached) / (1 + len(self.draws))

    @property
    def words(self) -> str:
        """Where the value lies, in a clause.

        Examples
        --------
        >>> draws = np.arange(1000.0)
        >>> Chance("coherence", "random", "random directions' lists", 970.2, draws).words
        "more alike than 97 % of random directions' lists"
        >>> Chance("coherence", "random", "random directions' lists", 2000, draws).words
        "more alike than all 1,000 random directions' lists"
        """
        more, less = _COMPARED[self.statistic]
        if self.less in (0, 1):
            return f"{more if self.less else less} than all {len(self.draws):,} {self.title}"
        how, share = (more, self.less) if self.less >= 0.5 else (less, 1 - self.less)
        shown = round(100 * share, 0 if share < 0.99 else 1)
        return f"{how} than {min(shown, 99.9):g} % of {self.title}"

    @property
    def curve(self) -> Curve:
        """Of the draws, with a mark at the value; of p-values of ``−log10 p``."""
        if self.statistic != "label":
            return Curve.of(self.draws, self.value)
        least = np.finfo(float).tiny
        draws = np.sort(-np.log10(np.maximum(self.draws, least)))
        return Curve.of(draws, float(-np.log10(max(self.value, least))))

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON, with the curve in place of the draws."""
        return {
            **record(self, "statistic", "of", "title", "value", "larger", "p", "words"),
            "draws": len(self.draws),
            "less_surprising": self.less,
            "curve": self.curve.to_dict(),
        }
