from __future__ import annotations

import numpy as np

from tokensphere.statistics.effects import effects


def test_of_a_normal_null_it_is_about_the_distance_in_standard_deviations() -> None:
    null = np.random.default_rng(0).normal(7, 3, 100_000)
    np.testing.assert_allclose(effects(np.array([7.0, 10, 1]), null), [0, 1, -2], atol=0.03)


def test_shift_and_scale_mean_nothing_and_a_far_draw_little() -> None:
    rng = np.random.default_rng(1)
    null, values = rng.standard_normal(999), rng.standard_normal(5)
    want = effects(values, null)
    np.testing.assert_allclose(effects(3 * values - 8, 3 * null - 8), want, rtol=1e-9)
    null[0] = 1e9
    np.testing.assert_allclose(effects(values, null), want, atol=0.05)


def test_a_null_without_spread_gives_none() -> None:
    null = np.r_[np.ones(90), np.arange(5.0)]
    assert np.isnan(effects(np.array([1.0, 2]), null)).all()
    assert np.isnan(effects(np.array([np.nan]), np.arange(9.0))).all()
