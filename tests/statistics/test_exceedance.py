from __future__ import annotations

from math import ceil

import numpy as np
import pytest

from tokensphere.errors import InputError
from tokensphere.statistics import exceedance
from tokensphere.statistics.exceedance import _Null, _Sorted, exceedance_rates


def test_a_weighted_sample_is_the_sample_written_out() -> None:
    rng = np.random.default_rng(0)
    for m in (5, 40, 300):
        values, null = rng.integers(12, size=m) / 4, rng.integers(10, size=m) / 4  # many ties
        statistic = _Sorted(values, _Null(null))
        for level in (0.5, 0.9, 0.95, 0.99):
            drawn = rng.integers(m, size=(3, m))
            quantile = np.sort(null[drawn], axis=1)[:, ceil(level * m) - 1]
            want = np.mean(values[drawn] > quantile[:, None], axis=1)
            weights = np.stack([np.bincount(sample, minlength=m) for sample in drawn])
            places = statistic.null.places(weights, (level,))
            np.testing.assert_array_equal(statistic.rates(weights, places)[:, 0], want)
            assert statistic.null.threshold(level) == np.sort(null)[ceil(level * m) - 1]


def test_with_nothing_but_the_null_the_rate_is_five_percent_and_the_interval_covers_it() -> None:
    rng = np.random.default_rng(1)
    values, null = rng.standard_normal((2, 1500, 60))
    found = exceedance_rates(values, null, replicates=200)
    rates = np.array([[e.rate for e in row] for row in found])
    np.testing.assert_allclose(rates.mean(axis=0), [0.05, 0.01], atol=0.003)
    covered = [row[0].interval[0] <= 0.05 <= row[0].interval[1] for row in found]
    assert sum(covered) >= 52  # 57 of 60 are expected; fewer than 52 has a chance of 1 in 100


def test_the_interval_has_the_width_of_both_sides() -> None:
    """Values and null independent: the variance is that of a share plus that of the quantile."""
    rng = np.random.default_rng(2)
    m = 4000
    values, null = rng.standard_normal((2, m, 30))
    found = exceedance_rates(values, null, replicates=300)
    width = np.mean([row[0].interval[1] - row[0].interval[0] for row in found])
    assert width == pytest.approx(2 * 1.96 * np.sqrt(2 * 0.05 * 0.95 / m), rel=0.06)


def test_how_many_replicates_are_drawn_at_once_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    values, null = np.random.default_rng(4).standard_normal((2, 150, 3))
    want = exceedance_rates(values, null, replicates=50)
    for at_once in (1, 1000):
        monkeypatch.setattr(exceedance, "_AT_ONCE", at_once)
        assert exceedance_rates(values, null, replicates=50) == want


def test_monotone_maps_change_nothing() -> None:
    rng = np.random.default_rng(3)
    values, null = rng.standard_normal((2, 200, 2))
    one = exceedance_rates(values, null, replicates=50)
    other = exceedance_rates(np.exp(values), np.exp(null), replicates=50)
    assert [[(e.rate, e.interval) for e in row] for row in one] == [
        [(e.rate, e.interval) for e in row] for row in other
    ]


def test_all_above_and_none_above() -> None:
    null = np.arange(100.0)[:, None]
    ((all_, _),) = exceedance_rates(null + 1000, null, replicates=20)
    ((none, _),) = exceedance_rates(null - 1000, null, replicates=20)
    assert (all_.rate, all_.interval) == (1.0, (1.0, 1.0)) and all_.threshold == 94
    assert (none.rate, none.interval) == (0.0, (0.0, 0.0))


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="need the same"):
        exceedance_rates(np.zeros((3, 1)), np.zeros((4, 1)))
