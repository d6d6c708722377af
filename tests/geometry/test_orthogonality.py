from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.cases import every
from tokensphere.arrays import Floats
from tokensphere.geometry.directions import random_directions
from tokensphere.geometry.orthogonality import (
    CosineCounts,
    cosine_density,
    cosine_quantiles,
    expected_largest,
    largest_quantiles,
)

LEVELS = (np.arange(20_000) + 0.5) / 20_000


@every("d", [2, 3, 4, 10, 576, 4096])
def test_the_law_has_the_moments_of_a_cosine(d: int) -> None:
    x = cosine_quantiles(d, LEVELS)
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert np.mean(x**2) == pytest.approx(1 / d, rel=2e-3)
    assert np.mean(x**4) == pytest.approx(3 / (d * (d + 2)), rel=1e-2)
    np.testing.assert_allclose(x, -x[::-1], atol=1e-12)
    assert (np.diff(x) > 0).all()


def test_the_law_where_it_is_known() -> None:
    np.testing.assert_array_equal(cosine_quantiles(1, [0.1, 0.9]), [-1, 1])
    np.testing.assert_allclose(cosine_quantiles(2, LEVELS), np.sin(np.pi * (LEVELS - 0.5)), atol=1e-9)
    np.testing.assert_allclose(cosine_quantiles(3, LEVELS), 2 * LEVELS - 1, atol=1e-9)
    assert cosine_quantiles(7, 0.5) == 0


@every("d", [2, 5, 64])
def test_random_directions_follow_it(d: int) -> None:
    fixed = np.linspace(-1, 2, d)
    fixed /= np.linalg.norm(fixed)
    cosines = random_directions(d, range(5000), seed=1) @ fixed
    uniform = np.interp(cosines, cosine_quantiles(d, LEVELS), LEVELS)
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


@every("d", [3, 4, 30, 576])
def test_the_density_belongs_to_the_quantiles(d: int) -> None:
    grid = np.linspace(-1, 1, 200_001)
    below = np.cumsum(cosine_density(d, grid)) * (grid[1] - grid[0])
    assert below[-1] == pytest.approx(1, abs=1e-4)
    for level in (0.01, 0.3, 0.5, 0.9):
        at = np.searchsorted(grid, cosine_quantiles(d, level))
        assert below[at] == pytest.approx(level, abs=1e-3)


@every(("d", "n"), [(3, 10), (20, 200), (48, 300)])
def test_the_largest_of_independent_cosines(d: int, n: int) -> None:
    rng = np.random.default_rng(d)
    cosines = first_of_unit_rows(rng, 4000 * n, d).reshape(2, 2000, n)
    largest = cosines[0].max(axis=1)
    for level in (0.25, 0.5, 0.75):
        share = np.mean(largest <= largest_quantiles(d, n, level))
        assert share == pytest.approx(level, abs=5 * np.sqrt(0.25 / 2000))
    above = np.mean(np.sum(cosines[1] > expected_largest(d, n), axis=1))
    assert above == pytest.approx(1, abs=5 / np.sqrt(2000))


def first_of_unit_rows(rng: np.random.Generator, count: int, d: int) -> npt.NDArray[np.float64]:
    """First coordinates of random unit rows; of the others only the sum of squares is needed."""
    first = rng.standard_normal(count)
    return np.asarray(first / np.sqrt(first**2 + rng.chisquare(d - 1, count)))


def test_the_largest_keeps_its_digits_for_many_tokens() -> None:
    """The tail is taken from above: 1 − q^(1/n) has no digits left for large n."""
    few, many = largest_quantiles(576, 10, 0.5), largest_quantiles(576, 10**12, 0.5)
    assert few < expected_largest(576, 10**6) < many < 1
    half = 575 / 2
    tail = np.log(2) / 10**12  # 1 − 2^(−1/n) to first order
    assert many == pytest.approx(2 * stats.beta.isf(tail, half, half) - 1, rel=1e-6)


@every("scale", [0.02, 0.3, 1.0])
def test_counted_quantiles_are_within_a_bin(scale: float) -> None:
    cosines = np.clip(scale * np.random.default_rng(0).standard_normal(50_000), -1, 1).astype(np.float32)
    counts = CosineCounts.empty()
    for part in np.array_split(cosines, 7):
        counts.add(part)
    levels = [0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999, 1]
    want = np.quantile(cosines, levels, method="inverted_cdf")
    np.testing.assert_allclose(counts.quantiles(levels), want, atol=counts.width * 1.01)
    assert counts.counts.sum() == len(cosines)


@every("dtype", [np.float32, np.float64])
def test_many_cosines_at_once_are_counted_as_each_by_itself(dtype: type) -> None:
    cosines: Floats = np.random.default_rng(2).uniform(-1, 1, (1100, 128)).astype(dtype)
    counts = CosineCounts.empty()
    counts.add(cosines)
    want, _ = np.histogram(cosines.astype(np.float64), np.linspace(-1, 1, len(counts.counts) + 1))
    off = np.abs(np.cumsum(counts.counts - want))  # of cosines at an edge, which rounding may move
    assert off.max() <= (0 if dtype is np.float64 else 3) and off[-1] == 0


def test_ends_of_the_scale_are_counted() -> None:
    counts = CosineCounts.empty()
    counts.add(np.array([-1.0, 1.0, 1.0 + 1e-7, -1.0 - 1e-7]))  # a float32 product may pass 1
    assert counts.counts[0] == counts.counts[-1] == 2


@every("bins", [1, 7, 256, 10**6])
def test_wider_bins_hold_the_same(bins: int) -> None:
    cosines = 0.1 * np.random.default_rng(1).standard_normal(3000)
    counts = CosineCounts.empty()
    counts.add(cosines)
    edges, wide = counts.coarse(bins)
    assert len(edges) == len(wide) + 1 and wide.sum() == 3000 and len(wide) <= max(bins, 1)
    want, _ = np.histogram(cosines, edges)
    assert np.abs(want - wide).sum() == 0
