from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.cases import case
from tokensphere.statistics.minp import min_p


def naive(values: np.ndarray, null: np.ndarray) -> tuple[float, float]:
    """Rank all B + 1 in each statistic, and compare the best ranks."""
    every = np.column_stack([values, null])
    ranks = [[int(np.sum(row >= value)) for value in row] for row in every]
    best = np.min(ranks, axis=0)
    return float(best[0] / len(best)), float(np.mean(best <= best[0]))


def test_it_is_the_loop_also_with_ties() -> None:
    rng = np.random.default_rng(0)
    for s, b, levels in ((1, 9, 3), (2, 30, 5), (4, 40, 1000), (4, 60, 4), (3, 1, 2)):
        null, values = (rng.integers(0, levels, (s, j)).astype(np.float64) for j in (b, 25))
        found = min_p(values, null)
        for i in range(25):
            with case(s, b, levels, i):
                want = naive(values[:, i], null)
                np.testing.assert_allclose([found.least[i], found.pvalue[i]], want, rtol=1e-12)


def test_of_one_statistic_it_is_the_p() -> None:
    rng = np.random.default_rng(1)
    found = min_p(rng.standard_normal((1, 50)), rng.standard_normal((1, 99)))
    np.testing.assert_array_equal(found.pvalue, found.least)


@pytest.mark.parametrize("together", [0.0, 0.9])
def test_it_is_uniform_under_the_null_however_statistics_depend(together: float) -> None:
    rng, (s, b) = np.random.default_rng(2), (4, 199)
    p = []
    for _ in range(40):
        common = rng.standard_normal(b + 50)
        drawn = together * common + (1 - together) * rng.standard_normal((s, b + 50))
        drawn = np.asarray(drawn, dtype=np.float64)
        p.append(min_p(drawn[:, :50], drawn[:, 50 : 50 + b]).pvalue)
    every = np.concatenate(p)
    for level in (0.05, 0.2, 0.5):
        assert abs(np.mean(every <= level) - level) < 0.04
    assert stats.kstest(every[::10], "uniform").pvalue > 0.001
    least = min_p(drawn[:, :50], drawn[:, 50 : 50 + b]).least
    assert (p[-1] >= least).all()


def test_what_is_missing_stays_missing() -> None:
    found = min_p(np.array([[1.0, np.nan], [2, 3]]), np.zeros((2, 9)))
    assert found.pvalue[0] == 0.1 and np.isnan(found.pvalue[1]) and np.isnan(found.least[1])
