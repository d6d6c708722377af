"""Intervals from leaving one out: how often they hold what is estimated."""

from __future__ import annotations

import numpy as np
import pytest

from tokensphere.arrays import Float64s
from tokensphere.geometry.alike import linear_cka, rsa
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.shared_lists import SharedLists, share_lists
from tokensphere.geometry.similarity import make_scoring
from tokensphere.statistics.jackknife import (
    correlation_interval,
    jackknife_variance,
    share_interval,
)


def test_of_a_mean_it_is_its_error() -> None:
    values = np.random.default_rng(1).random(40)
    without = (values.sum() - values) / 39
    assert jackknife_variance(without) == pytest.approx(values.var(ddof=1) / 40)
    low, high = share_interval(float(values.mean()), without)
    assert low < values.mean() < high and low >= 0 and high <= 1


def test_what_never_changes_has_no_width_and_what_is_unknown_any() -> None:
    assert correlation_interval(1.0, np.ones(9)) == (1.0, 1.0)
    assert correlation_interval(0.3, np.full(9, 0.3)) == pytest.approx((0.3, 0.3))
    assert correlation_interval(float("nan"), np.ones(9)) == (-1.0, 1.0)
    assert share_interval(1.0, np.ones(9)) == (1.0, 1.0)


class World:
    """Words of a few themes in two models that agree in part; any number of them can be drawn."""

    def __init__(self, seed: int, agree: float = 0.6) -> None:
        rng = np.random.default_rng(seed)
        self.themes = rng.standard_normal((12, 10))
        self.turned = self.themes @ np.linalg.qr(rng.standard_normal((10, 10)))[0][:, :8]
        self.agree = agree

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Float64s, Float64s]:
        which = rng.integers(0, 12, n)
        own = rng.standard_normal((n, 8))
        x = self.themes[which] + np.column_stack([own, np.zeros((n, 2))])
        x += 0.3 * rng.standard_normal((n, 10)) + 0.5
        y = self.turned[which] + self.agree * own + 0.6 * rng.standard_normal((n, 8)) - 0.4
        return x, y


def directed(rows: Float64s) -> Float64s:
    """Rows as they are compared: at unit length, less their mean, at unit length."""
    rows = rows / np.linalg.norm(rows, axis=1)[:, None]
    rows = rows - rows.mean(axis=0)
    return np.asarray(rows / np.linalg.norm(rows, axis=1)[:, None])


def overlap(x: Float64s, y: Float64s, k: int) -> SharedLists:
    n = len(x)
    found = (top_k(make_scoring(Rows.of(rows.astype(np.float32))), rows, k + 2)[0] for rows in (x, y))
    first, second = (ids[ids != np.arange(n)[:, None]].reshape(n, k + 1) for ids in found)
    return share_lists(first, second, k, np.arange(n), n)


@pytest.mark.slow
def test_over_tokens_intervals_hold_what_other_tokens_give() -> None:
    """Of 400 draws of 150 tokens each, 95 % hold the mean over such draws.

    That of the overlap is too wide, as a jackknife is where what is left out is replaced by what is
    near (terms of order m count m times, Efron & Stein 1981); as if of independent tokens, too narrow.
    """
    n, draws, k = 150, 400, 5
    for seed in (0, 1):
        world, rng = World(seed), np.random.default_rng(100 + seed)
        found: dict[str, list[tuple[float, tuple[float, float]]]] = {"rsa": [], "cka": [], "overlap": []}
        variances, as_independent = [], []
        for _ in range(draws):
            x, y = world.draw(n, rng)
            one, other = directed(x), directed(y)
            alike, cka = rsa(one, other), linear_cka(x, y).debiased
            found["rsa"].append((alike.value, correlation_interval(alike.value, alike.without)))
            found["cka"].append((cka.value, correlation_interval(cka.value, cka.without)))
            shared = overlap(one, other, k)
            found["overlap"].append((shared.mean, share_interval(shared.mean, shared.without)))
            variances.append(jackknife_variance(shared.without))
            as_independent.append(float((shared.counts / k).var(ddof=1)) / n)
        for name, some in found.items():
            truth = np.mean([value for value, _ in some])
            held = np.mean([low <= truth <= high for _, (low, high) in some])
            assert 0.915 <= held <= (1 if name == "overlap" else 0.985), (seed, name, held)
        true = float(np.var([value for value, _ in found["overlap"]]))
        assert np.mean(as_independent) < 0.85 * true < true < np.mean(variances) < 3 * true
