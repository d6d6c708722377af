"""p-values beyond the reach of the draws of a null, from the law of their upper tail.

B draws count no p below ``1/(1 + B)``. Where few of them are as extreme, the largest n can be taken to
follow a generalised Pareto law, and p be extrapolated by it (Knijnenburg, Wessels, Reinders &
Shmulevich 2009, Bioinformatics 25: i161). Here p is ``(n + 1)/(B + 1)``, the chance of one more draw to
lie above the n + 1-st, times the predictive chance to lie as far above it
(:mod:`tokensphere.statistics.pareto`), so that a draw of the null has p ≤ a with a probability of about
a, however little these tell of the law's shape.

That the tail has such a law is checked by ``A²`` (Anderson & Darling), and n is the largest that it lets
pass, of 250 at most and a twentieth of the draws. Where it lets none, where draws are too few or tie,
nothing is extrapolated; and nowhere further than to a hundredth of the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.arrays import Bools, Float64s
from tokensphere.statistics.pareto import Excesses, anderson_darling
from tokensphere.statistics.pvalues import reached

FEWEST = 1000  # draws that a tail is fitted to
COUNTED = 10  # draws that are as extreme: from there on p is what is counted
REACH = 100  # how many times less than the floor is told
_NUMBERS = (250, 200, 160, 125, 100, 80, 63, 50)  # of excesses, the first that fits
_AT_MOST = 1 / 20  # of the draws
_TIES = 0.1  # share of the excesses that may be equal to others
TOO_FEW, NO_VALUE, TIES, NO_FIT = "too few draws", "draws without a value", "ties", "no fit"


@dataclass(frozen=True)
class Tail:
    """The upper tail of a null.

    Attributes
    ----------
    draws : B
    count : how many excesses the law was fitted to, n; 0 where it was refused
    threshold : the largest draw that is none of them; NaN likewise
    misfit : ``A²`` of these excesses, less what it may be; 0 at most, or it is refused
    refused : why nothing is extrapolated: too few draws, draws without a value, ties, no fit; or empty
    excesses : the law
    """

    draws: int
    count: int = 0
    threshold: float = float("nan")
    misfit: float = float("nan")
    refused: str = ""
    excesses: Excesses | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        record: dict[str, Any] = {"refused": self.refused or None}
        if (law := self.excesses) is None:
            return record
        fitted = {"excesses": self.count, "threshold": self.threshold}
        return {**record, **fitted, "shape": law.shape, "scale": law.scale}

    @property
    def floor(self) -> float:
        """The smallest p that is told."""
        return 1 / ((1 + self.draws) * (REACH if self.excesses else 1))

    @property
    def _join(self) -> float:
        return (1 + COUNTED) / (1 + self.draws)

    def p_values(self, values: Float64s) -> Float64s:
        """The p of values above the threshold, shape (m,); at most that of 10 draws as extreme."""
        assert self.excesses is not None, "nothing is extrapolated"
        return self._within(self.excesses.beyond(values - self.threshold))

    def interval(self, values: Float64s) -> tuple[Float64s, Float64s]:
        """Between which the chance of a draw to be as extreme lies, to 95 %; shapes (m,).

        p is in it: where the upper end would be less, since most laws that fit end before, it is p.
        """
        assert self.excesses is not None, "nothing is extrapolated"
        share = self.count / self.draws
        low, high = self.excesses.interval(values - self.threshold)
        return share * low, np.maximum(share * high, self.p_values(values))

    def _within(self, beyond: Float64s) -> Float64s:
        share = (1 + self.count) / (1 + self.draws)
        return np.clip(share * beyond, self.floor, self._join)


def fit_tail(null: Float64s) -> Tail:
    """The upper tail of a null's draws.

    Parameters
    ----------
    null : float64 array of shape (B,); larger is more extreme
    """
    draws = len(null)
    if draws < FEWEST:
        return Tail(draws, refused=TOO_FEW)
    if not np.isfinite(null).all():
        return Tail(draws, refused=NO_VALUE)
    ordered = np.sort(null)
    tied = False
    for wanted in _NUMBERS:
        if wanted > draws * _AT_MOST:
            continue
        threshold = ordered[-wanted - 1]
        excesses = ordered[ordered > threshold] - threshold
        tied = len(np.unique(excesses)) < (1 - _TIES) * wanted
        if tied:
            continue
        law = Excesses.of(excesses)
        misfit = anderson_darling(excesses, law.shape, law.scale) - critical(law.shape)
        if misfit <= 0:
            return Tail(draws, len(excesses), float(threshold), misfit, "", law)
    return Tail(draws, refused=TIES if tied else NO_FIT)


def critical(shape: float) -> float:
    """What ``A²`` exceeds in 5 of 100 samples of a generalised Pareto law that is fitted to them.

    About that of Choulakian & Stephens (2001, Technometrics 43: 478), who have other estimates; found
    by simulation, for 50 to 250 excesses and shapes from −0.9 to 0.5.
    """
    return 0.965 - 0.3 * shape


def few(values: Float64s, null: Float64s) -> Bools:
    """True for values that fewer than 10 draws are as extreme as, shape (m,); larger is more extreme."""
    return np.asarray(reached(values, null) < COUNTED)
