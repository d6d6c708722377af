"""How often one statistic exceeds another's upper quantile, with a bootstrap interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from tokensphere.arrays import Floats, Ints
from tokensphere.errors import InputError

_REPLICATES = 1000
_AT_ONCE = 2**18  # weights of so many directions, of several replicates together


@dataclass(frozen=True)
class Exceedance:
    """The share of values above a quantile of the null.

    Attributes
    ----------
    level : of the quantile, e.g. 0.95; with nothing but the null, ``1 − level`` are above it
    threshold : the quantile: the smallest null value that at least `level` of them do not exceed
    rate : share of the values above it, in [0, 1]
    interval : 95 % percentile interval of the bootstrap
    """

    level: float
    threshold: float
    rate: float
    interval: tuple[float, float]


def exceedance_rates(
    values: Floats,
    null: Floats,
    *,
    levels: tuple[float, ...] = (0.95, 0.99),
    replicates: int = _REPLICATES,
    seed: int = 0,
) -> list[list[Exceedance]]:
    """Rates of exceedance for several pairs of statistics over the same m directions.

    The bootstrap (Efron 1979) draws directions with replacement, the same ones for the values and
    for the null, and takes the null's quantile anew each time: both sides vary.

    Parameters
    ----------
    values, null : floating arrays of shape (m, S), a column a statistic
    levels : quantiles of the null, each in (0, 1)
    replicates : bootstrap samples
    seed : of the bootstrap

    Returns
    -------
    for each of the S columns, one Exceedance for each level
    """
    m, columns = values.shape
    if null.shape != values.shape or m < 2:
        raise InputError(
            f"values of shape {values.shape}, a null of shape {null.shape}: need the same, 2 or more"
        )
    nulls: dict[bytes, _Null] = {}  # several statistics may have the same one
    for j in range(columns):
        nulls.setdefault(null[:, j].tobytes(), _Null(null[:, j]))
    statistics = [_Sorted(values[:, j], nulls[null[:, j].tobytes()]) for j in range(columns)]
    drawn = np.empty((replicates, columns, len(levels)))
    rng = np.random.default_rng(seed)
    step = max(_AT_ONCE // m, 1)
    weights = np.empty((step, m), dtype=np.int32)
    for start in range(0, replicates, step):
        some = slice(start, min(start + step, replicates))
        here = weights[: some.stop - start]
        for one in here:
            one[:] = np.bincount(rng.integers(m, size=m), minlength=m)
        drawn[some] = _rates(statistics, here, levels)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    weights[:1] = 1
    (rates,) = _rates(statistics, weights[:1], levels).tolist()
    intervals = np.stack([low, high], axis=-1).tolist()
    return [
        [
            Exceedance(level, statistic.null.threshold(level), rate, (ends[0], ends[1]))
            for level, rate, ends in zip(levels, found, own, strict=True)
        ]
        for statistic, found, own in zip(statistics, rates, intervals, strict=True)
    ]


class _Null:
    """A null, sorted once, so that a quantile of a weighted sample costs a running sum."""

    def __init__(self, null: Floats) -> None:
        self.order = np.argsort(-null, kind="stable")
        self.sorted = null[self.order]

    def threshold(self, level: float) -> float:
        """The null's quantile, no interpolation."""
        m = len(self.sorted)
        return float(self.sorted[m - max(ceil(level * m), 1)])

    def places(self, weights: Ints, levels: tuple[float, ...]) -> Ints:
        """Where weighted samples' quantiles stand, from the largest value down; shape (R, levels).

        Parameters
        ----------
        weights : how often each direction is in each of R samples of m, shape (R, m)
        levels : of the quantiles
        """
        m = len(self.sorted)
        # Quantiles near 1 need the head of the sorted null only; a sample may need a little more.
        head = min(m, int(3 * m * (1 - min(levels))) + 64)
        while True:
            running = np.take(weights, self.order[:head], axis=1).cumsum(axis=1)
            if head == m or running[:, -1].min() > m - ceil(min(levels) * m):
                break
            head = min(m, 2 * head)
        # the largest null value whose weight from the top exceeds m − ⌈level m⌉
        beyond = [m - ceil(level * m) for level in levels]
        return np.array([one.searchsorted(beyond, side="right") for one in running])


class _Sorted:
    """A statistic, sorted once, so that what is above such a quantile costs another running sum."""

    def __init__(self, values: Floats, null: _Null) -> None:
        self.null, self.order = null, np.argsort(-values, kind="stable")
        # for each null value, from the largest down, how many values exceed it
        self.above = np.searchsorted(-values[self.order], -null.sorted, side="left")

    def rates(self, weights: Ints, places: Ints) -> Floats:
        """Shares of the weighted values above the null's quantiles, at these places; (R, levels)."""
        above = self.above[places]
        most = int(above.max())
        running = np.zeros((len(weights), most + 1), dtype=np.int64)
        np.take(weights, self.order[:most], axis=1).cumsum(axis=1, out=running[:, 1:])
        return np.asarray(np.take_along_axis(running, above, axis=1) / weights.shape[1])


def _rates(statistics: list[_Sorted], weights: Ints, levels: tuple[float, ...]) -> Floats:
    """The weighted samples' rates of all statistics, shape (R, statistics, levels)."""
    nulls = dict.fromkeys(one.null for one in statistics)
    places = {null: null.places(weights, levels) for null in nulls}
    return np.stack([one.rates(weights, places[one.null]) for one in statistics], axis=1)
