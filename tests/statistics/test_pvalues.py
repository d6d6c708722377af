from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.cases import case
from tokensphere.statistics.pvalues import p_values, q_values, reached

F64 = npt.NDArray[np.float64]


def naive_reached(value: float, null: F64, *, larger: bool) -> int:
    if np.isnan(value):
        return len(null)
    return sum(draw >= value if larger else draw <= value for draw in null.tolist())


def naive_q(p: F64) -> F64:
    """``min_{j ≥ i} p_(j) m / j`` as it is written."""
    there = sorted(value for value in p.tolist() if not np.isnan(value))
    m = len(there)
    found = []
    for value in p.tolist():
        scaled = [there[j] * m / (j + 1) for j in range(m) if there[j] >= value]
        found.append(min([1.0, *scaled]) if not np.isnan(value) else np.nan)
    return np.array(found)


def test_counts_and_p_are_those_of_a_loop() -> None:
    """With many ties between values and draws, infinite ones, and draws in any order."""
    rng = np.random.default_rng(0)
    for size in (1, 2, 30, 501):
        for larger in (True, False):
            null = rng.integers(-4, 5, size) / 4
            values = np.concatenate([rng.integers(-5, 6, 60) / 4, [np.nan, np.inf, -np.inf, 0.1]])
            want = [naive_reached(value, null, larger=larger) for value in values.tolist()]
            with case(size=size, larger=larger):
                counts = reached(values, null, larger=larger)
                assert counts.dtype == np.int64 and counts.tolist() == want
                p = p_values(values, null, larger=larger)
                np.testing.assert_array_equal(np.isnan(p), np.isnan(values))
                there = ~np.isnan(values)
                np.testing.assert_array_equal(p[there], (1 + np.array(want)[there]) / (1 + size))


def test_values_of_any_shape_keep_it() -> None:
    null = np.random.default_rng(1).standard_normal(99)
    values = np.random.default_rng(2).standard_normal((4, 3, 2))
    for larger in (True, False):
        flat = p_values(values.ravel(), null, larger=larger)
        np.testing.assert_array_equal(p_values(values, null, larger=larger), flat.reshape(4, 3, 2))
        assert reached(values, null, larger=larger).shape == (4, 3, 2)
    assert p_values(0.5, null).shape == () and p_values([], null).shape == (0,)
    assert reached([], null).shape == (0,)


def test_smaller_is_larger_the_other_way_round() -> None:
    rng = np.random.default_rng(3)
    values, null = rng.integers(6, size=40) / 2, rng.integers(6, size=25) / 2
    np.testing.assert_array_equal(p_values(values, null, larger=False), p_values(-values, -null))


def test_p_lies_between_its_floor_and_one_and_falls_with_the_value() -> None:
    null = np.random.default_rng(4).standard_normal(999)
    p = p_values(np.linspace(-9, 9, 50), null)
    assert p[0] == 1 and p[-1] == 1 / 1000 and (np.diff(p) <= 0).all()
    assert p_values([1.0], np.empty(0)).tolist() == [1.0]  # no draws, no evidence


def test_the_arguments_are_not_changed() -> None:
    null, values = np.array([3.0, 1.0, 2.0]), np.array([2.0, np.nan])
    p_values(values, null)
    q_values(values)
    assert null.tolist() == [3, 1, 2] and values[0] == 2 and np.isnan(values[1])


def test_p_of_a_draw_from_the_null_is_uniform_on_its_grid() -> None:
    """One of B + 1 alike is the value: each of the p-values 1/(B + 1) … 1 is its own as often."""
    rng, size, trials = np.random.default_rng(5), 9, 10_000
    for larger in (True, False):
        drawn = rng.standard_normal((trials, size + 1))
        p = np.array([p_values(row[0], row[1:], larger=larger) for row in drawn])
        places = np.rint(p * (size + 1)).astype(int)
        np.testing.assert_allclose(p, places / (size + 1), rtol=1e-12)
        counts = np.bincount(places, minlength=size + 2)[1:]
        with case(larger=larger):
            assert stats.chisquare(counts).pvalue > 0.001


def test_with_ties_no_level_is_passed_too_often() -> None:
    """All B + 1 orders alike: each of them once as the value, exactly at most the level."""
    rng = np.random.default_rng(6)
    for trial in range(50):
        alike = rng.integers(4, size=20).astype(np.float64)
        for larger in (True, False):
            p = np.array([p_values(alike[i], np.delete(alike, i), larger=larger) for i in range(20)])
            for level in (0.05, 0.1, 0.3, 0.75):
                with case(trial=trial, larger=larger, level=level):
                    assert np.mean(p <= level + 1e-12) <= level + 1e-12


def test_the_smallest_p_of_a_list_accounts_for_all_labels() -> None:
    """Of J labels the smallest p beside the same smallest of lists that mean nothing: uniform."""
    rng = np.random.default_rng(7)
    smallest = rng.uniform(size=(2, 4000, 30)).min(axis=2)
    p = p_values(smallest[0], smallest[1], larger=False)
    assert stats.kstest(p, "uniform").pvalue > 0.001
    assert np.mean(smallest[0] <= 0.05) > 0.7  # without: four lists of five would have a theme


def test_q_values_are_scipys_and_a_loop_s() -> None:
    rng = np.random.default_rng(8)
    for m in (1, 2, 17, 400):
        for grid in (0, 10, 1000):  # of a coarse grid many are equal
            p = rng.uniform(size=m) ** 3
            if grid:
                p = (1 + np.floor(p * grid)) / (1 + grid)
            with case(m=m, grid=grid):
                np.testing.assert_allclose(q_values(p), stats.false_discovery_control(p), rtol=1e-12)
                np.testing.assert_allclose(q_values(p), naive_q(p), rtol=1e-12)


def test_a_nan_counts_nowhere_and_stays() -> None:
    rng = np.random.default_rng(9)
    p = np.round(rng.uniform(size=60) ** 2, 2)
    p[[4, 17, 59]] = np.nan
    there = ~np.isnan(p)
    q = q_values(p)
    np.testing.assert_array_equal(np.isnan(q), ~there)
    np.testing.assert_array_equal(q[there], q_values(p[there]))
    np.testing.assert_allclose(q, naive_q(p), rtol=1e-12)
    assert np.isnan(q_values(np.full(3, np.nan))).all() and q_values(np.empty(0)).shape == (0,)


def test_q_keeps_the_order_and_exceeds_p() -> None:
    p = np.random.default_rng(10).integers(1, 50, 300) / 50
    q = q_values(p)
    assert (q >= p).all() and (q <= 1).all() and q.max() == p.max()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()
    for value in np.unique(p):  # equals have one q
        assert len(set(q[p == value].tolist())) == 1
    order = np.random.default_rng(11).permutation(300)
    np.testing.assert_array_equal(q_values(p[order]), q[order])


def test_few_false_discoveries_among_those_below_the_level() -> None:
    """Half of 200 mean nothing: the mean share of these among q ≤ 0.1 is 0.05 (Benjamini & Hochberg)."""
    rng = np.random.default_rng(12)
    shares = []
    for _ in range(300):
        p = rng.uniform(size=200)
        p[:100] **= 8
        found = q_values(p) <= 0.1
        shares.append(found[100:].sum() / max(found.sum(), 1))
    error = float(np.std(shares)) / np.sqrt(300)
    assert np.mean(shares) == pytest.approx(0.1 * 100 / 200, abs=4 * error)
