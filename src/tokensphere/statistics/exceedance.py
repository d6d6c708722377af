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
    statistics = [_Sorted(values[:, j], null[:, j]) for j in range(columns)]
    drawn = np.empty((replicates, columns, len(levels)))
    rng = np.random.default_rng(seed)
    step = max(_AT_ONCE // m, 1)
    for start in range(0, replicates, step):
        some = slice(start, min(start + step, replicates))
        samples = rng.integers(m, size=(some.stop - start, m))
        samples += m * np.arange(len(samples))[:, None]  # to count all at once
        weights = np.bincount(samples.ravel(), minlength=samples.size).reshape(samples.shape)
        for j, statistic in enumerate(statistics):
            drawn[some, j] = statistic.rates(weights, levels)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    every = np.ones((1, m), dtype=np.int64)
    intervals = np.stack([low, high], axis=-1).tolist()
    return [
        [
            Exceedance(level, statistic.threshold(level), rate, (ends[0], ends[1]))
            for level, rate, ends in zip(
                levels, statistic.rates(every, levels)[0].tolist(), own, strict=True
            )
        ]
        for statistic, own in zip(statistics, intervals, strict=True)
    ]


class _Sorted:
    """A statistic and its null, sorted once, so that a weighted sample costs two running sums."""

    def __init__(self, values: Floats, null: Floats) -> None:
        self.null_order = np.argsort(-null, kind="stable")
        self.null = null[self.null_order]
        self.order = np.argsort(-values, kind="stable")
        # for each null value, from the largest down, how many values exceed it
        ordered = values[self.order]
        self.above = np.searchsorted(-ordered, -self.null, side="left")

    def threshold(self, level: float) -> float:
        """The null's quantile, no interpolation."""
        m = len(self.null)
        return float(self.null[m - max(ceil(level * m), 1)])

    def rates(self, weights: Ints, levels: tuple[float, ...]) -> Floats:
        """Shares of the weighted values above the weighted null's quantiles, shape (R, levels).

        Parameters
        ----------
        weights : how often each direction is in each of R samples of m, shape (R, m)
        levels : of the quantiles
        """
        m = len(self.null)
        # Quantiles near 1 need the head of the sorted null only; a sample may need a little more.
        head = min(m, int(3 * m * (1 - min(levels))) + 64)
        while True:
            running = np.take(weights, self.null_order[:head], axis=1).cumsum(axis=1)
            if head == m or running[:, -1].min() > m - ceil(min(levels) * m):
                break
            head = min(m, 2 * head)
        # the largest null value whose weight from the top exceeds m − ⌈level m⌉
        places = [np.count_nonzero(running <= m - ceil(level * m), axis=1) for level in levels]
        above = self.above[np.stack(places, axis=1)]
        most = int(above.max())
        running = np.zeros((len(weights), most + 1), dtype=np.int64)
        np.take(weights, self.order[:most], axis=1).cumsum(axis=1, out=running[:, 1:])
        return np.take_along_axis(running, above, axis=1) / m
