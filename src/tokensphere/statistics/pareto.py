"""The generalised Pareto law of excesses, and what is to be expected of the next one.

Excesses over a high threshold have about the law ``P(Y > y) = (1 + ξ y/σ)^{-1/ξ}`` of shape ``ξ`` and
scale ``σ`` (Pickands 1975). To put estimates into it makes far tails too thin: at a thousandth of 100
excesses of an exponential law twice, at a ten-thousandth eight times as many as told lie beyond. So
here is no estimate but the *predictive* law: over all shapes and scales that these excesses leave
possible, weighted by their posterior for a flat prior of ``ξ`` and of ``log σ``.

With ``θ = ξ/σ`` and ``L = Σ log(1 + θ y_i)``, the posterior of ``θ > −1/max y`` has the density
``(θ/L)^{n−1} e^{−L}``, and ``1/ξ`` given ``θ`` a gamma law of shape n − 1 and rate L. Hence

    P(Y > y) = E_θ (1 + log(1 + θ y)/L)^{−(n−1)},

one smooth integral. It is never 0, falls as y grows, and scales with the excesses. Shapes of −1 and
less, whose density has no bound, are left out: for θ < 0 the gamma law is cut at 1, which multiplies the
density of ``θ`` and what is under the integral by what is left of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float64s

_COARSE = np.linspace(-60.0, 30.0, 361)  # of log(1 + θ max y)
_POINTS = 121
_DEEP = 22.0  # log of what is small beside the largest
_SMALL = 1e-8  # of θ max y: as if it were 0
_HALVINGS = 24
_LEAST, _LOWEST = 1e-300, -700.0
_LEAST_TOLD = 1e-9
_KNOTS = 200  # between which ends of intervals are interpolated


@dataclass(frozen=True)
class Excesses:
    """What n excesses tell of the next.

    Attributes
    ----------
    count : n
    largest : the largest excess; all lengths below are in units of it
    theta, rate, weight : of the points of the integral ``θ``, ``L`` and their share, sum 1
    least : what ``L/ξ`` cannot be below: for θ < 0, with shapes above −1, |L|; else 0
    shape, scale : ``ξ`` and ``σ`` at the posterior's mean of ``θ``, for people and for the check of fit
    """

    count: int
    largest: float
    theta: Float64s
    rate: Float64s
    weight: Float64s
    least: Float64s
    shape: float
    scale: float

    @classmethod
    def of(cls, excesses: Float64s) -> Excesses:
        """Of some excesses.

        Parameters
        ----------
        excesses : float64 array of shape (n,), n of 3 or more, all above 0
        """
        n, largest = len(excesses), float(excesses.max())
        y = excesses / largest
        coarse = _density(_COARSE, y)[-1]
        near = np.flatnonzero(coarse > coarse.max() - _DEEP)
        low, high = max(near[0] - 1, 0), min(near[-1] + 1, len(_COARSE) - 1)
        theta, rate, least, density = _density(np.linspace(_COARSE[low], _COARSE[high], _POINTS), y)
        weight = np.exp(density - density.max())
        weight /= weight.sum()
        middle = float(weight @ theta)
        mean = float(np.log1p(middle * y).mean())
        scale = mean / middle if abs(middle) > _SMALL else float(y.mean())
        return cls(n, largest, theta, rate, weight, least, mean, scale * largest)

    def beyond(self, y: Float64s) -> Float64s:
        """The chance that the next excess is larger than each y, shape (m,), y of 0 or more.

        At least 10⁻⁹: what is less lies beyond the ends of the integral.
        """
        return np.concatenate([np.empty(0), *map(self._beyond, _some(y))])

    def _beyond(self, y: Float64s) -> Float64s:
        more = 1 + self._ratio(y)
        left = self._left(self.least[:, None] * more) / self._left(self.least)[:, None]
        return np.maximum(self.weight @ (left * more ** (1.0 - self.count)), _LEAST_TOLD)

    def _left(self, least: Float64s) -> Float64s:
        """How much of the gamma law lies above."""
        return _above(self.count, least)

    def interval(self, y: Float64s, level: float = 0.95) -> tuple[Float64s, Float64s]:
        """Between which the tail beyond each y lies with a posterior chance of `level`; shapes (m,)."""
        if len(y) > _KNOTS:  # both ends fall smoothly as y grows
            knots = np.quantile(y, np.linspace(0, 1, _KNOTS))
            low, high = (np.log(np.maximum(end, _LEAST)) for end in self.interval(knots, level))
            return np.exp(np.interp(y, knots, low)), np.exp(np.interp(y, knots, high))
        rest = (1 - level) / 2
        ratio = self._ratio(y)
        return self._quantile(ratio, rest), self._quantile(ratio, 1 - rest)

    def _quantile(self, ratio: Float64s, level: float) -> Float64s:
        """Where the tail's posterior reaches a level, by halving its logarithm."""
        weight = self.weight / self._left(self.least)
        low, high = np.full(ratio.shape[1], _LOWEST), np.zeros(ratio.shape[1])
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            # The tail is exp(−g·ratio), g = L/ξ of a gamma law of shape n − 1.
            with np.errstate(divide="ignore"):
                g = np.where(ratio > 0, -middle / ratio, np.inf)
            below = weight @ self._left(np.maximum(g, self.least[:, None])) < level
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.where(low == _LOWEST, 0, np.exp(high))

    def _ratio(self, y: Float64s) -> Float64s:
        """``log(1 + θ y)/L(θ)``, shape (points, m); infinite beyond the end of a law that has one."""
        inside = np.multiply.outer(self.theta, y / self.largest)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log1p(np.maximum(inside, -1))
            small = np.abs(self.theta) < _SMALL
            ratio = np.where(small[:, None], y / self.largest, logs) / self.rate[:, None]
        return np.asarray(ratio)


def _above(n: int, least: Float64s) -> Float64s:
    """How much of the gamma law of shape n − 1 lies above."""
    from scipy.special import gammaincc  # late: a test that extrapolates nothing loads no SciPy

    return np.asarray(np.maximum(gammaincc(n - 1.0, least), _LEAST))


def _some(y: Float64s) -> list[Float64s]:
    return np.array_split(y, -(-len(y) // 4096)) if len(y) else []


def _density(at: Float64s, y: Float64s) -> tuple[Float64s, Float64s, Float64s, Float64s]:
    """At some ``log(1 + θ)``, the largest y being 1: θ, L, its least, and the log of the posterior.

    Where θ is next to 0, L/θ = Σ y is given as L.
    """
    n, theta = len(y), np.expm1(at)
    small = np.abs(theta) < _SMALL
    # 1 + θ y, without a 0 where θ is next to −1
    sums = np.log((1 - y) + np.multiply.outer(np.exp(at), y)).sum(axis=1)
    rate = np.where(small, y.sum(), sums)
    least = np.where(theta < 0, np.abs(sums), 0.0)
    slope = np.where(small, rate, sums / np.where(small, 1, theta))  # above 0
    left = np.log(_above(n, least))
    return theta, rate, least, left - (n - 1) * np.log(slope) - sums + at


def anderson_darling(excesses: Float64s, shape: float, scale: float) -> float:
    """``A²`` of excesses beside a generalised Pareto law: how badly that fits, in its tails above all.

    Parameters
    ----------
    excesses : float64 array of shape (n,), ascending
    shape, scale : ``ξ`` and ``σ``

    Examples
    --------
    >>> quantiles = -np.log1p(-(np.arange(1, 100) - 0.5) / 99)  # of the exponential law
    >>> round(anderson_darling(quantiles, 0.0, 1.0), 2), anderson_darling(quantiles, 0.0, 2.0) > 9
    (0.01, True)
    """
    n = len(excesses)
    y = excesses / scale
    log_beyond = -np.log1p(shape * y) / shape if abs(shape) > _SMALL else -y
    log_below = np.log(np.maximum(-np.expm1(log_beyond), _LEAST))
    weight = 2 * np.arange(1, n + 1) - 1
    return float(-n - np.mean(weight * (log_below + log_beyond[::-1])))
