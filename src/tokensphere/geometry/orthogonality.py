"""The law of the cosine between a random direction and a fixed one, and cosines counted as they pass.

For `v` uniform on the sphere of `d` dimensions and any fixed unit vector `u`,
``(1 + ⟨u, v⟩)/2 ~ Beta((d − 1)/2, (d − 1)/2)``: mean 0, standard deviation ``1/√d``. It holds for every
row of every vocabulary, so also for all cosines thrown together. What it does not say is how large the
largest of `n` is, for rows are not independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special  # scipy.stats takes a second to load

from tokensphere.arrays import Float64s, Floats, Int64s
from tokensphere.geometry.rows import blocks

_BINS = 2**16
_AT_ONCE = 2**16  # cosines that stay in the cache while they are counted


def cosine_quantiles(d: int, levels: npt.ArrayLike) -> Float64s:
    """Quantiles of the law of the cosine at `levels` in (0, 1).

    Examples
    --------
    >>> cosine_quantiles(3, [0.25, 0.5]).round(6).tolist()  # uniform in three dimensions
    [-0.5, 0.0]
    """
    levels = np.asarray(levels, dtype=np.float64)
    if d == 1:  # two directions, each with probability 1/2
        return np.where(levels > 0.5, 1.0, -1.0)
    half = (d - 1) / 2
    below = 2 * special.betaincinv(half, half, np.minimum(levels, 1 - levels)) - 1
    return np.asarray(np.where(levels == 0.5, 0.0, np.where(levels < 0.5, below, -below)))


def cosine_density(d: int, cosines: npt.ArrayLike) -> Float64s:
    """Density of the law at `cosines` in [−1, 1], proportional to ``(1 − x²)^((d − 3)/2)``; d ≥ 2."""
    half = (d - 1) / 2
    x = (1 + np.asarray(cosines, dtype=np.float64)) / 2
    logarithm = special.xlogy(half - 1, x) + special.xlog1py(half - 1, -x) - special.betaln(half, half)
    return np.asarray(np.exp(logarithm) / 2)


def cosine_tail(d: int, cosine: float) -> float:
    """Probability that a random direction's cosine with a fixed one is `cosine` or more.

    Examples
    --------
    >>> round(cosine_tail(3, 0.5), 6)  # uniform in three dimensions
    0.25
    """
    if d == 1:
        return 0.5 if -1 < cosine <= 1 else float(cosine <= -1)
    half = (d - 1) / 2
    return float(special.betainc(half, half, (1 - min(max(cosine, -1.0), 1.0)) / 2))


def largest_quantiles(d: int, n: int, levels: npt.ArrayLike) -> Float64s:
    """Quantiles of the largest of `n` independent cosines: the law's at ``q^(1/n)``."""
    tail = -np.expm1(np.log(np.asarray(levels, dtype=np.float64)) / n)  # 1 − q^(1/n), to its last digit
    return -cosine_quantiles(d, tail)


def expected_largest(d: int, n: int) -> float:
    """The law's ``1 − 1/n`` quantile, which one of `n` cosines exceeds on average; about √(2 ln n / d).

    Examples
    --------
    >>> round(expected_largest(576, 49_152), 3)
    0.17
    """
    return float(-cosine_quantiles(d, 1 / n))


@dataclass
class CosineCounts:
    """Cosines counted in bins of equal width, so that none need be kept.

    Attributes
    ----------
    counts : int64 array of shape (65,536,), over [−1, 1]
    """

    counts: Int64s

    @classmethod
    def empty(cls) -> CosineCounts:
        """Nothing counted yet."""
        return cls(np.zeros(_BINS, dtype=np.int64))

    @property
    def width(self) -> float:
        """Width of a bin, ``2⁻¹⁵``: how far a quantile may be off."""
        return 2 / _BINS

    def add(self, cosines: Floats) -> None:
        """Count an array of cosines."""
        every = cosines.ravel()
        for part in blocks(len(every), _AT_ONCE):
            places = every[part] + 1
            places *= _BINS / 2
            bins = places.astype(np.int32)
            np.clip(bins, 0, _BINS - 1, out=bins)
            self.counts += np.bincount(bins, minlength=_BINS)

    def quantiles(self, levels: npt.ArrayLike) -> Float64s:
        """Quantiles at `levels` in [0, 1], linear within a bin."""
        total = np.concatenate([[0], np.cumsum(self.counts)])
        wanted = np.maximum(np.asarray(levels, dtype=np.float64) * total[-1], 0.5)  # 0: the first seen
        bin_ = np.clip(np.searchsorted(total, wanted, side="left") - 1, 0, _BINS - 1)
        inside = (wanted - total[bin_]) / np.maximum(self.counts[bin_], 1)
        return np.asarray(-1 + self.width * (bin_ + np.clip(inside, 0, 1)))

    def coarse(self, bins: int = 256) -> tuple[Float64s, Int64s]:
        """About `bins` wider bins over what was seen: their edges and counts."""
        seen = np.flatnonzero(self.counts)
        low, high = int(seen[0]), int(seen[-1]) + 1
        step = max(1, -(-(high - low) // bins))
        starts = np.arange(low, high, step)
        edges = -1 + self.width * np.append(starts, starts[-1] + step)
        return edges, np.add.reduceat(self.counts[: starts[-1] + step], starts)
