"""A histogram of sampled p-values, and what chance puts into each of its bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float64s, Int64s


@dataclass(frozen=True)
class PHistogram:
    """p-values in bins of equal width, open below and closed above: the first of 20 has p ≤ 0.05.

    Attributes
    ----------
    counts : int64 array of shape (b,), p-values in each bin
    expected : float64 array of shape (b,), how many chance puts there on average
    low, high : float64 arrays of shape (b,), where chance's count lies in at least 95 % of cases
    """

    counts: Int64s
    expected: Float64s
    low: Float64s
    high: Float64s


def p_histogram(
    p: Float64s, draws: int, sizes: Sequence[int] | None = None, bins: int = 20
) -> PHistogram:
    """Count p-values of m directions, each beside B draws of a null, and what chance would count.

    All directions of a null share its draws. So the share of p-values in a bin that c of the ``1 + B``
    possible ones lie in is Beta(c, 1 + B − c), and their number, if the directions are independent,
    beta-binomial. Where there are several nulls it is a sum of such, taken as normal.

    Parameters
    ----------
    p : float64 array of shape (m,), each a whole number of ``1/(1 + B)``, or less than one
    draws : B
    sizes : how many directions each null has; by default there is one
    bins : how many
    """
    counts = np.bincount(_bins_of(p, bins), minlength=bins)
    possible = np.arange(1, draws + 2) / (1 + draws)
    inside = np.bincount(_bins_of(possible, bins), minlength=bins)
    sizes = [len(p)] if sizes is None else [size for size in sizes if size]
    expected = len(p) * inside / (1 + draws)
    if len(sizes) == 1:
        ends = {int(c): _beta_binomial_ends(sizes[0], int(c), draws + 1) for c in inside}
        low, high = np.array([ends[int(c)] for c in inside]).T
    else:
        half = 1.96 * np.sqrt(
            sum((_variance(size, inside, draws + 1) for size in sizes), np.zeros(bins))
        )
        low, high = np.maximum(expected - half, 0), expected + half
    return PHistogram(counts, expected, low, high)


def _bins_of(p: Float64s, bins: int) -> Int64s:
    """The bin of each; what rounding puts a bit above an edge is at it."""
    return np.clip(np.ceil(p * bins - 1e-9).astype(np.int64) - 1, 0, bins - 1)


def _beta_binomial_ends(m: int, inside: int, possible: int) -> tuple[float, float]:
    """The 2.5 % and 97.5 % quantile of how many of m lie in a bin."""
    if m == 0 or inside in (0, possible):
        return float(m * inside / possible), float(m * inside / possible)
    from scipy.special import betaln

    k = np.arange(m + 1)
    log = betaln(k + inside, m - k + possible - inside) - betaln(inside, possible - inside)
    log -= betaln(1 + m - k, 1 + k) + np.log(m + 1)
    below = np.cumsum(np.exp(log))
    low, high = np.searchsorted(below, (0.025 * (1 - 1e-9), 0.975 * (1 - 1e-9)))
    return float(low), float(min(high, m))


def _variance(m: int, inside: Int64s, possible: int) -> Float64s:
    """Of a beta-binomial count."""
    share = inside / possible
    return np.asarray(m * share * (1 - share) * (possible + m) / (possible + 1))
