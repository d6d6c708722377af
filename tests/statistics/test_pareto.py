"""The predictive law of excesses: the integral itself, its symmetries, and how often it is right."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cases import case
from tokensphere.arrays import Float64s
from tokensphere.statistics.pareto import Excesses, anderson_darling
from tokensphere.statistics.tail import critical

SHARES = np.array([1e-1, 1e-2, 1e-3, 1e-4])


def quantiles(shape: float, beyond: Float64s) -> Float64s:
    """Of the generalised Pareto law of scale 1."""
    return np.expm1(-shape * np.log(beyond)) / shape if shape else -np.log(beyond)


def tail(shape: float, y: Float64s) -> Float64s:
    """How much of it lies beyond y."""
    if not shape:
        return np.exp(-y)
    inside = np.maximum(1 + shape * y, 0)
    return np.where(inside > 0, np.exp(-np.log(np.maximum(inside, 1e-300)) / shape), 0.0)


def sample(shape: float, n: int, seed: int) -> Float64s:
    return np.sort(quantiles(shape, np.random.default_rng(seed).random(n)))


def test_it_is_the_mean_over_all_shapes_and_scales_by_their_posterior() -> None:
    """The same by a plain double sum over shape and scale."""
    for shape in (-0.25, 0.0, 0.4):
        y = sample(shape, 30, seed=1)
        xi = np.linspace(-0.9999, 4, 701)[:, None]
        scale = np.exp(np.linspace(-4, 5, 701))[None, :] * y.mean()
        log_like = -30 * np.log(scale)
        for one in y:
            inside = 1 + xi * one / scale
            log_like = log_like - np.where(
                inside > 0, (1 + 1 / xi) * np.log(np.maximum(inside, 1e-300)), np.inf
            )
        weight = np.exp(log_like - log_like.max())
        at = quantiles(shape, SHARES)
        want = []
        for one in at:
            inside = 1 + xi * one / scale
            beyond = np.where(inside > 0, np.exp(-np.log(np.maximum(inside, 1e-300)) / xi), 0)
            want.append((weight * beyond).sum() / weight.sum())
        np.testing.assert_allclose(Excesses.of(y).beyond(at), want, rtol=0.01)


def test_it_falls_is_never_0_and_scales_with_the_excesses() -> None:
    far = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 150)])
    for shape in (-0.9, 0.0, 0.6):
        for n in (50, 250):
            y = sample(shape, n, seed=n)
            law = Excesses.of(y)
            found = law.beyond(far)
            with case(shape, n):
                assert found[0] == pytest.approx(1) and (np.diff(found) <= 0).all() and found[-1] > 0
                low, high = law.interval(far)
                assert (low <= high).all() and (np.diff(high) <= 1e-12).all()
                scaled = Excesses.of(7e5 * y).beyond(7e5 * far)
                np.testing.assert_allclose(scaled, found, rtol=1e-6)
    assert Excesses.of(y).beyond(np.empty(0)).shape == (0,)


def errors(shape: float, n: int, times: int) -> tuple[Float64s, Float64s, Float64s]:
    """How often the next is beyond what a share is told of, by it; its error; intervals that hold."""
    at = quantiles(shape, SHARES)
    grid = np.unique(np.concatenate([np.linspace(0.4, 1.5, 30) * at[0], np.geomspace(at[0], 300, 200)]))
    size, held = [], []
    for seed in range(times):
        law = Excesses.of(sample(shape, n, seed))
        where = np.interp(-np.log(SHARES), -np.log(law.beyond(grid)), grid)
        size.append(tail(shape, where) / SHARES)
        low, high = law.interval(at)
        held.append((low <= SHARES) & (high >= SHARES))
    spread = np.std(size, axis=0) / np.sqrt(times)
    return np.mean(size, axis=0), spread, np.mean(held, axis=0)


@pytest.mark.parametrize(
    ("shapes", "times"),
    [((-0.5, 0.3), 50), pytest.param((-0.5, -0.2, 0.0, 0.3), 400, marks=pytest.mark.slow)],
)
def test_as_many_lie_beyond_as_it_says(shapes: tuple[float, ...], times: int) -> None:
    """Laws with an end, the exponential law, Pareto tails: told of shares far below one in 100."""
    for shape in shapes:
        size, error, held = errors(shape, 100, times)
        with case(shape, size, error, held):
            # A few samples make most of the farthest, so its error is large.
            assert (size - 3 * error < 1.1).all() and (size[:2] + 3 * error[:2] > 0.85).all()
            assert (held > 0.93 - 3 * np.sqrt(0.05 * 0.95 / times)).all()


def test_the_check_of_fit_refuses_5_of_100_that_are_so_and_most_that_are_not() -> None:
    for shape in (-0.5, 0.0, 0.4):
        refused = 0
        for seed in range(250):
            y = sample(shape, 100, seed)
            law = Excesses.of(y)
            refused += anderson_darling(y, law.shape, law.scale) > critical(law.shape)
        with case(shape, refused):
            assert 3 <= refused <= 24  # of a binomial law with 5 %, all but 1 in 500
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(30):  # two clouds, one far beyond the other
        y = np.sort(np.concatenate([rng.exponential(1, 80), rng.normal(30, 1, 20)]))
        law = Excesses.of(y)
        refused += anderson_darling(y, law.shape, law.scale) > critical(law.shape)
    assert refused == 30
