from __future__ import annotations

import json
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from tests.cases import case
from tokensphere.statistics.intervals import Estimate, Share, Z, clopper_pearson, quartiles, wilson


def coverage(p: float, n: int, low: np.ndarray, high: np.ndarray) -> float:
    """The chance that the interval of a binomial count, one for each of 0 … n, contains `p`."""
    return float(stats.binom.pmf(np.arange(n + 1), n, p)[(low <= p) & (p <= high)].sum())


def test_z_is_the_quantile_of_the_normal_law() -> None:
    assert pytest.approx(stats.norm.ppf(0.975), rel=1e-15) == Z


def test_wilson_is_scipys() -> None:
    for count in (1, 7, 100, 200_000):
        for successes in {round(share * count) for share in (0.0, 0.01, 0.5, 0.93, 1.0)}:
            with case(successes=successes, count=count):
                want = stats.binomtest(successes, count).proportion_ci(method="wilson")
                low, high = wilson(successes / count, count)
                assert (low, high) == pytest.approx((want.low, want.high), rel=1e-9, abs=1e-12)
                assert 0 <= low <= high <= 1
                assert low - 1e-15 <= successes / count <= high + 1e-15


def test_wilson_holds_what_the_score_test_does_not_reject() -> None:
    """Its ends are the shares from which the one seen lies 1.96 of *their* standard errors."""
    for share, n in [(0.1, 100), (0.5, 8), (0.97, 1000), (1 / 3, 3)]:
        with case(share=share, n=n):
            for end in wilson(share, n):
                assert abs(share - end) / sqrt(end * (1 - end) / n) == pytest.approx(Z, rel=1e-9)
    n = 50
    assert wilson(0.0, n) == pytest.approx((0, Z**2 / (n + Z**2)), abs=1e-15)
    assert wilson(1.0, n) == pytest.approx((n / (n + Z**2), 1), abs=1e-15)


def test_wilson_covers_about_19_of_20_and_mirrors() -> None:
    n = 60
    ends = np.array([wilson(x / n, n) for x in range(n + 1)])
    np.testing.assert_allclose(ends[:, 0], 1 - ends[::-1, 1], atol=1e-15)
    assert (np.diff(ends, axis=0) > 0).all()
    shares = np.linspace(0.05, 0.95, 181)
    covered = np.array([coverage(p, n, *ends.T) for p in shares])
    assert covered.mean() == pytest.approx(0.95, abs=0.005)
    assert covered.min() > 0.91  # it is near, not above, the level: that is its bargain


def test_clopper_and_pearson_is_scipys() -> None:
    for error in (0.05, 0.001, 1e-6):
        for n in (1, 7, 1000):
            for x in {0, 1, n // 3, n - 1, n}:
                with case(x=x, n=n, error=error):
                    want = stats.binomtest(x, n).proportion_ci(1 - error, method="exact")
                    lower, upper = clopper_pearson(x, n, error)
                    assert float(lower) == pytest.approx(want.low, abs=1e-9)
                    assert float(upper) == pytest.approx(want.high, abs=1e-9)


def test_clopper_and_pearson_is_made_of_quantiles_of_the_beta_law() -> None:
    n, error = 37, 0.02
    x = np.arange(n + 1).reshape(2, -1)
    lower, upper = clopper_pearson(x, n, error)
    assert lower.shape == upper.shape == x.shape and lower.dtype == upper.dtype == np.float64
    with np.errstate(invalid="ignore"):
        low, high = (
            stats.beta.ppf(error / 2, x, n - x + 1),
            stats.beta.ppf(1 - error / 2, x + 1, n - x),
        )
    np.testing.assert_allclose(lower, np.where(x > 0, low, 0), rtol=1e-12)
    np.testing.assert_allclose(upper, np.where(x < n, high, 1), rtol=1e-12)


def test_clopper_and_pearson_contains_the_probability_at_least_so_often() -> None:
    """For every probability, by adding up all counts there can be."""
    for n, error in [(1, 0.05), (12, 0.05), (12, 0.3), (80, 0.01)]:
        lower, upper = clopper_pearson(np.arange(n + 1), n, error)
        assert (lower <= np.arange(n + 1) / n).all() and (np.arange(n + 1) / n <= upper).all()
        for p in np.linspace(0, 1, 201):
            with case(n=n, error=error, p=float(p)):
                assert coverage(p, n, lower, upper) >= 1 - error


def test_a_share_is_counted() -> None:
    share = Share.of(3, 8)
    assert share == Share(3, 8, 0.375, wilson(0.375, 8))
    assert Share.where(np.array([True, False, True, False, False, True, False, False])) == share
    record = json.loads(json.dumps(share.to_dict()))
    assert record == {"count": 3, "n": 8, "share": 0.375, "interval_95": list(wilson(0.375, 8))}


def test_the_share_of_nothing_may_be_anything() -> None:
    for nothing in (Share.of(0, 0), Share.where(np.zeros(0, dtype=bool))):
        assert (nothing.count, nothing.n, nothing.interval) == (0, 0, (0.0, 1.0))
        assert np.isnan(nothing.share)


def test_a_mean_and_its_error() -> None:
    values = np.array([1.0, 2.0, 4.0, 5.0])
    found = Estimate.of(values)
    assert found.mean == 3 and found.error == pytest.approx(stats.sem(values))
    assert Estimate.of(np.array([7])) == Estimate(7.0, 0.0)
    assert found.to_dict() == {"mean": found.mean, "error": found.error}


def test_quartiles() -> None:
    assert quartiles(np.arange(101.0)) == (25.0, 50.0, 75.0)
    assert quartiles(np.array([2.0])) == (2.0, 2.0, 2.0) and quartiles(np.empty(0)) == ()
