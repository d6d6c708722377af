"""How far rates lie apart and what they go with, beside naive loops, SciPy and simulation."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from tokensphere.arrays import Float64s
from tokensphere.errors import InputError
from tokensphere.statistics.intervals import wilson
from tokensphere.statistics.own_null import own_null
from tokensphere.statistics.varies import number_association, spread, word_association

Z = 1.959963984540054


def intervals(rates: Float64s, n: int) -> Float64s:
    return np.array([wilson(float(rate), n) for rate in rates])


def drawn(true: Float64s, n: int, rng: np.random.Generator) -> Float64s:
    return np.asarray(rng.binomial(n, true) / n)


def test_rates_that_are_the_same_do_not_lie_apart() -> None:
    rates = np.full(5, 0.2)
    found = spread(rates, intervals(rates, 900))
    assert (found.between, found.count) == (0.0, 5) and found.p == pytest.approx(1)
    assert (found.lowest, found.mean, found.highest) == pytest.approx((0.2, 0.2, 0.2))
    with pytest.raises(InputError, match="two or more"):
        spread(rates[:1], intervals(rates[:1], 900))


def test_the_spread_is_that_of_dersimonian_and_laird() -> None:
    """Beside the sums over all pairs, which need no mean; moved rates, and in another order, too."""
    rng = np.random.default_rng(1)
    rates, errors = rng.uniform(0.1, 0.3, 9), rng.uniform(0.005, 0.03, 9)
    ends = np.stack([rates - Z * errors, rates + Z * errors], axis=1)
    w = errors**-2
    pairs = np.subtract.outer(rates, rates) ** 2
    q = float(np.sum(np.outer(w, w) * pairs) / 2 / w.sum())
    of_chance = (np.outer(w, w).sum() - np.sum(w**2)) / w.sum()
    found = spread(rates, ends)
    assert found.between == pytest.approx(((q - 8) / of_chance) ** 0.5)
    assert found.p == pytest.approx(stats.chi2.sf(q, 8))
    for again in (spread(rates[::-1], ends[::-1]), spread(rates + 0.1, ends + 0.1)):
        assert (again.between, again.p) == pytest.approx((found.between, found.p))


def test_rates_of_one_truth_rarely_differ_and_of_many_by_as_much_as_they_do() -> None:
    rng = np.random.default_rng(2)
    p, between = [], []
    for _ in range(1500):
        rates = drawn(np.full(12, 0.19), 2000, rng)
        p.append(spread(rates, intervals(rates, 2000)).p)
        apart = np.clip(rng.normal(0.19, 0.04, 12), 0.02, 1)
        rates = drawn(apart, 2000, rng)
        between.append(spread(rates, intervals(rates, 2000)).between)
    assert 0.03 < np.mean(np.array(p) <= 0.05) < 0.075
    assert np.mean(np.square(between)) ** 0.5 == pytest.approx(0.04, rel=0.05)


@pytest.mark.slow
def test_controls_that_share_their_worlds_rarely_differ() -> None:
    """Their intervals have what a world moves in them: beside its draws each is one more draw."""
    rng = np.random.default_rng(3)
    p = []
    for _ in range(300):
        found = []
        for _model in range(8):
            worlds = rng.standard_normal((500, 20)) + 0.15 * rng.standard_normal(20)
            found.append(own_null(worlds[:, 0], worlds[:, 1:]).at[0])
        rates = np.array([one.rate for one in found])
        p.append(spread(rates, np.array([one.interval for one in found])).p)
    assert np.mean(np.array(p) <= 0.05) < 0.07


def test_few_models_all_orders_are_looked_at() -> None:
    """As SciPy says it of each order; with ties."""
    rng = np.random.default_rng(4)
    for m in (4, 5):
        for tied in (False, True):
            x, y = rng.uniform(size=m), rng.uniform(size=m)
            if tied:
                x[1], y[2] = x[0], y[0]
            words = ["a", "b", "a", "b", "c"][:m]
            found = number_association("x", x, y)
            rho = abs(stats.spearmanr(x, y).statistic)
            orders = [np.array(order) for order in permutations(range(m))]
            as_strong = [abs(stats.spearmanr(x[order], y).statistic) >= rho - 1e-9 for order in orders]
            assert abs(found.strength) == pytest.approx(rho) and found.p == np.mean(as_strong)

            between = word_association("w", words, y)
            h = kruskal(words, y)
            assert between.strength == pytest.approx(h / (m - 1))
            assert between.p == np.mean([kruskal(words, y[order]) >= h - 1e-9 for order in orders])
    perfect = number_association("x", np.arange(4.0), np.arange(4.0))
    assert (perfect.strength, perfect.p) == (1, 2 / 24)


def kruskal(words: list[str], y: Float64s) -> float:
    groups = [y[[word == one for word in words]] for one in sorted(set(words))]
    return float(stats.kruskal(*groups).statistic)


def test_of_more_models_random_orders_tell_nearly_as_much() -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(size=8)
    y = x + rng.uniform(size=8)
    found = number_association("x", x, y)
    ranks = stats.rankdata(y) - 4.5
    every = np.array(list(permutations(stats.rankdata(x) - 4.5))) @ ranks / (ranks @ ranks)
    exact = np.mean(np.abs(every) >= abs(found.strength) - 1e-9)
    assert found.p == pytest.approx(exact, abs=4 * (exact / 9999) ** 0.5)
    many = number_association("x", np.arange(500.0), np.arange(500.0))
    assert many.p == 1 / 10_000  # no less than so many orders can tell


def test_an_association_is_of_ranks_alone() -> None:
    rng = np.random.default_rng(6)
    for m in (6, 15):
        x, y = rng.uniform(0.1, 1, m), rng.uniform(size=m)
        found = number_association("x", x, y)
        same = number_association("x", np.exp(9 * x), y**3)
        assert (same.strength, same.p) == pytest.approx((found.strength, found.p))
        assert number_association("x", -x, y).strength == pytest.approx(-found.strength)
        words = [f"{number % 3}" for number in range(m)]
        said = ["zyx"[number % 3] for number in range(m)]
        ours, theirs = word_association("w", words, y), word_association("w", said, np.log(y))
        assert (ours.strength, ours.p) == pytest.approx((theirs.strength, theirs.p))
    for alike in (number_association("x", np.ones(5), y[:5]), word_association("w", ["a"] * 5, y[:5]),
                  word_association("w", list("aabbc"), np.ones(5))):  # fmt: skip
        assert (alike.strength, alike.p) == (0, 1)


def test_of_all_orders_few_have_a_small_p() -> None:
    """Exactly: of the orders of five models at most a share a has p ≤ a."""
    y = np.arange(5.0)
    orders = [np.array(order, dtype=np.float64) for order in permutations(range(5))]
    words = list("aabbc")
    numbers = [number_association("x", order, y).p for order in orders]
    groups = [word_association("w", words, order).p for order in orders]
    for p in (np.array(numbers), np.array(groups)):
        for level in np.unique(p):
            assert np.mean(p <= level + 1e-12) <= level + 1e-12


@pytest.mark.slow
def test_sampled_orders_keep_their_level() -> None:
    rng = np.random.default_rng(7)
    numbers, groups = [], []
    for _ in range(1000):
        y = rng.uniform(size=12)
        numbers.append(number_association("x", rng.uniform(size=12), y).p)
        groups.append(word_association("w", list(rng.permutation(list("aaaabbbbcccc"))), y).p)
    for p in (numbers, groups):
        for level in (0.05, 0.2):
            assert np.mean(np.array(p) <= level) == pytest.approx(
                level, abs=4 * (level * (1 - level) / 1000) ** 0.5
            )
