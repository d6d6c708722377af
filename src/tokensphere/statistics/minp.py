"""One p for several statistics at once, corrected for looking at all of them.

The smallest p of something, beside the smallest p of the draws of the same null: minP (Westfall &
Young, Resampling-Based Multiple Testing, 1993). That the statistics depend on each other costs nothing,
since the draws' do so as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float64s
from tokensphere.statistics.pvalues import reached


@dataclass(frozen=True)
class MinP:
    """The smallest p over S statistics.

    Attributes
    ----------
    least : the smallest of each thing's own p, float64 array of shape (m,)
    pvalue : the same, corrected for having S to choose from, shape (m,)
    null : the smallest p of each draw among the draws, shape (B,)
    """

    least: Float64s
    pvalue: Float64s
    null: Float64s


def min_p(values: Float64s, null: Float64s) -> MinP:
    """The smallest p over statistics, of which larger values are more extreme.

    Among the B draws and the thing itself all B + 1 are ranked in each statistic, and each gets the best
    of its ranks. ``p = #{of these B + 1 : best rank as good} / (1 + B)``: exact if the thing is one more
    draw, since then all B + 1 can be exchanged.

    Parameters
    ----------
    values : float64 array of shape (S, m), S up to 16; NaN for what was not measured
    null : float64 array of shape (S, B)

    Examples
    --------
    >>> null = np.array([[0.0, 1, 2], [5, 4, 3]])
    >>> found = min_p(np.array([[3.0, 0], [9, 0]]), null)
    >>> found.least.tolist(), found.pvalue.tolist()
    ([0.25, 1.0], [0.25, 1.0])
    """
    s, b = null.shape
    power = 1 << np.arange(s)[:, None]
    own = np.stack([reached(one, one) for one in null])  # ranks among the draws, from 1
    rank = own.min(axis=0)
    best_in = np.sum((own == rank) * power, axis=0)  # in which statistics, as bits
    rows = list(zip(values, null, strict=True))
    least = 1 + np.min([reached(value, draws) for value, draws in rows], axis=0)
    # A draw of a better rank counts. One of the same rank is pushed down by the thing, unless it
    # beats the thing where it has that rank.
    better = np.searchsorted(np.sort(rank), least, side="left")
    beyond = np.stack([b - reached(-value, -draws) for value, draws in rows])
    beaten = np.sum((beyond >= least) * power, axis=0)
    counts = np.zeros((b + 2, 1 << s), dtype=np.int64)
    np.add.at(counts, (rank, best_in), 1)
    meet = (np.arange(1 << s)[:, None] & np.arange(1 << s)) != 0
    same = (counts @ meet.astype(np.int64))[least, beaten]
    missing = np.isnan(values).any(axis=0)
    p = np.where(missing, np.nan, (1 + better + same) / (1 + b))
    return MinP(np.where(missing, np.nan, least / (1 + b)), p, rank / (1 + b))
