"""How often the nearest tokens share a label, beside the same in vocabularies with no words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.arrays import Float64s, Int64s
from tokensphere.records import Record
from tokensphere.statistics.beside import Beside
from tokensphere.statistics.intervals import wilson

LEVEL = 0.05  # of directions share something without words, at most


@dataclass(frozen=True)
class Sharing(Record, interval="interval_99"):
    """In how many directions the nearest tokens have a large group of one label.

    Attributes
    ----------
    rate : share of the m directions whose largest group is larger than in 95 % without words
    chance : the same share in the surrogates, on average; at most about 5 %, less where sizes are few
    excess : ``(rate − chance) / (1 − chance)``: directions that share something beyond chance
    interval : its interval, of 99 % over surrogates and 95 % over directions, whichever is longer
    n_directions : m
    """

    rate: float
    chance: float
    excess: float
    interval: tuple[float, float]
    n_directions: int


def measure_sharing(clusters: Sequence[Clusters]) -> Sharing | None:
    """The rate over all sets of labels together; None without labels or surrogates.

    For each direction and set of labels the share of surrogate directions with a group as large; the
    smallest of these shares over the sets is what a direction is judged by. It counts if it is no
    larger than in 5 % of the surrogates' directions, for which the same is computed: so looking at
    several sets is paid for.
    """
    smallest, without = np.array(1.0), np.array(1.0)
    for one in clusters:
        if one.wordless is not None:
            tail = _tail(one.wordless.largest, one.k)
            smallest = np.minimum(smallest, tail[one.largest])
            without = np.minimum(without, tail[one.wordless.largest])
    if not smallest.ndim:
        return None
    limit = _limit(without)
    rate, found = float((smallest <= limit).mean()), (without <= limit).mean(axis=1)
    beside = Beside(rate, found)
    low, high = wilson(rate, len(smallest))
    ends = (
        beside.excess - max(beside.half, rate - low),
        beside.excess + max(beside.half, high - rate),
    )
    scale = 1 - beside.mean
    return Sharing(
        rate, beside.mean, beside.excess / scale, (ends[0] / scale, ends[1] / scale), len(smallest)
    )


def _tail(largest: Int64s, k: int) -> Float64s:
    """For each size g from 0 to k the share of lists whose largest group has g or more."""
    counts = np.bincount(largest.ravel(), minlength=k + 1)
    return np.asarray(np.cumsum(counts[::-1])[::-1] / largest.size)


def _limit(values: Float64s) -> float:
    """The largest value that at most 5 % of the values do not exceed; below all if there is none."""
    found, counts = np.unique(values, return_counts=True)
    few = np.cumsum(counts) <= LEVEL * values.size
    return float(found[few][-1]) if few.any() else -1.0
