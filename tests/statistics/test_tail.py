"""p beyond the draws of a null: calibrated, monotone, never 0, refused where the tail does not fit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from tests.cases import case
from tokensphere.arrays import Float64s
from tokensphere.statistics.pvalues import p_values
from tokensphere.statistics.tail import (
    COUNTED,
    NO_FIT,
    NO_VALUE,
    REACH,
    TIES,
    TOO_FEW,
    Tail,
    few,
    fit_tail,
)

B = 2000
LAWS = {
    "exponential": stats.expon(),
    "normal": stats.norm(),
    "uniform": stats.uniform(),
    "Pareto": stats.pareto(4),
    "Gumbel": stats.gumbel_r(),
}


def drawn(name: str, seed: int, draws: int = B) -> Float64s:
    return np.asarray(LAWS[name].rvs(draws, random_state=np.random.default_rng(seed)))


def beyond(null: Float64s) -> Float64s:
    """Values that fewer than 10 draws are as extreme as, and far beyond."""
    top = np.sort(null)[-COUNTED:]
    return np.concatenate([top[1:], top[-1] + np.geomspace(1e-3, 1e3, 300)])


def test_p_falls_joins_what_is_counted_and_is_never_0() -> None:
    for name in LAWS:
        null = drawn(name, 1)
        tail, values = fit_tail(null), beyond(drawn(name, 1))
        assert few(values, null).all() and not few(np.sort(null)[-COUNTED:][:1], null).any()
        p = tail.p_values(values)
        low, high = tail.interval(values)
        with case(name):
            assert (np.diff(p) <= 0).all() and p.max() <= p_values(np.sort(null)[-COUNTED], null)
            assert p.min() == tail.floor == 1 / (REACH * (1 + B))
            assert (low <= p).all() and (p <= high).all()
            # as it is where it can be counted
            top = np.sort(null)[-9:-3]
            counted = p_values(top, null)
            assert (abs(np.log(tail.p_values(top) / counted)) < 1).all()


def test_units_make_no_difference() -> None:
    for name in ("exponential", "Pareto", "uniform"):
        null = drawn(name, 2)
        values = beyond(null)
        p = fit_tail(null).p_values(values)
        moved = fit_tail(1e-3 * null - 5).p_values(1e-3 * values - 5)
        np.testing.assert_allclose(moved, p, rtol=1e-4, err_msg=name)


def where_told(tail: Tail, p: float, from_: float, to: float) -> float:
    """The value that has this p, by halving."""
    low, high = from_, to
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if tail.p_values(np.array([middle]))[0] > p else (low, middle)
    return high


@pytest.mark.parametrize("times", [20, pytest.param(250, marks=pytest.mark.slow)])
def test_chance_has_so_small_a_p_as_often_as_it_says(times: int) -> None:
    """P(p ≤ 10⁻⁴) beside 2,000 draws, of which none can count it; and what the interval holds."""
    level = 1e-4
    for name, law in LAWS.items():
        size, held = [], []
        for seed in range(times):
            tail = fit_tail(drawn(name, seed))
            if tail.refused:
                size.append(0.0)
                continue
            at = where_told(tail, level, tail.threshold, tail.threshold + 1000 * law.std())
            size.append(float(law.sf(at)) / level)
            low, high = tail.interval(np.array([law.isf(level)]))
            held.append(bool(low[0] <= level <= high[0]))
        error = np.std(size) / np.sqrt(times)
        with case(name, np.mean(size), error, np.mean(held)):
            assert np.mean(size) < 1.5 + (3 * error if times < 100 else 0)
            assert np.mean(held) > 0.92 - 3 * np.sqrt(0.05 * 0.95 / times)
            assert len(held) > 0.9 * times


def test_what_has_no_such_tail_is_refused() -> None:
    rng = np.random.default_rng(0)
    smooth = drawn("normal", 3)
    far = np.concatenate([smooth[:-15], rng.normal(60, 1, 15)])
    refusals: dict[str, Callable[[], Float64s]] = {
        TOO_FEW: lambda: smooth[:999],
        NO_VALUE: lambda: np.append(smooth, np.nan),
        TIES: lambda: np.round(smooth, 1),
        NO_FIT: lambda: far,
    }
    for reason, null in refusals.items():
        tail = fit_tail(null())
        assert tail.refused == reason and tail.excesses is None
        assert tail.floor == 1 / (1 + len(null())) and tail.to_dict() == {"refused": reason}
    assert fit_tail(np.zeros(B)).refused == TIES
    assert fit_tail(smooth[:1000]).count == 50 and fit_tail(drawn("normal", 3, 10_000)).count == 250
