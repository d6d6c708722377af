from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.analysis.direction_test.spaces import D, labels, planted_space
from tokensphere.analysis.direction_test import job as directiontest
from tokensphere.errors import InputError
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.settle import exact_interval, settle


@pytest.mark.parametrize("error", [0.05, 0.001, 1e-6])
def test_the_interval_is_that_of_clopper_and_pearson(error: float) -> None:
    for n in (1, 7, 1000):
        for x in {0, 1, n // 3, n - 1, n}:
            want = stats.binomtest(x, n).proportion_ci(1 - error, method="exact")
            lower, upper = exact_interval(x, n, error)
            assert float(lower) == pytest.approx(want.low, abs=1e-9)
            assert float(upper) == pytest.approx(want.high, abs=1e-9)


def uniform_draws(seed: int) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(size=(64_000, 4))


def first_of(draws: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    return draws[:count]


def at(chances: list[float]) -> npt.NDArray[np.float64]:
    """Statistics whose exceedance probability under uniform draws is given, in all columns."""
    values = np.array(chances)
    return np.column_stack([1 - values, 1 - values, 1 - values, values])


@pytest.mark.parametrize("column", [0, 3])
def test_what_is_clear_is_settled_at_once_and_what_is_near_later(column: int) -> None:
    asked: list[int] = []

    def draw(count: int) -> npt.NDArray[np.float64]:
        asked.append(count)
        return uniform_draws(1)[:count]

    null, found = settle(at([0.9, 0.001]), draw, first=1000, most=64_000, level=0.05, column=column)
    assert asked == [1000] and found.looks == 1 and found.looks_planned == 7 and found.unsettled == 0
    assert len(null) == found.n_draws == 1000 and found.level == 0.05
    asked.clear()
    null, found = settle(at([0.9, 0.06]), draw, first=1000, most=64_000, level=0.05, column=column)
    assert asked == [1000 * 2**i for i in range(len(asked))] and 1 < len(asked) < 7
    assert found.unsettled == 0 and len(null) == asked[-1] and found.looks == len(asked)
    null, found = settle(at([0.05, 0.9]), draw, first=1000, most=5000, level=0.05, column=column)
    assert asked[-1] == 5000 and found.unsettled == 1 and len(null) == 5000 and found.looks == 4


def test_settled_on_the_right_side_nearly_always() -> None:
    """The stated error holds at every distance from the level; here 200 nulls, 10 directions each."""
    chances = [0.02, 0.03, 0.035, 0.04, 0.045, 0.055, 0.06, 0.065, 0.07, 0.09]
    wrong = 0
    for seed in range(200):
        draws = uniform_draws(seed)[:8000]
        null, found = settle(
            at(chances), partial(first_of, draws), first=500, most=8000, level=0.05, column=1, error=0.05
        )
        reached = np.array([(null[:, 1] >= 1 - chance).sum() for chance in chances])
        lower, upper = exact_interval(reached, len(null), 0.05 / found.looks_planned)
        below, above = upper < 0.05, lower > 0.05
        assert np.count_nonzero(~below & ~above) == found.unsettled
        wrong += int(below[5:].sum() + above[:5].sum())
    assert wrong / (200 * 10) <= 0.05


def test_untestable_directions_have_nothing_to_settle() -> None:
    statistic = at([0.9, 0.05])
    statistic[1] = np.nan
    _, found = settle(
        statistic, lambda n: uniform_draws(0)[:n], first=500, most=900, level=0.05, column=0
    )
    assert found.unsettled == 0


@pytest.mark.parametrize(
    ("level", "first", "most", "match"),
    [(0.0, 10, 20, "level to settle"), (1.0, 10, 20, "level to settle"), (0.1, 30, 20, "at most 20")],
)
def test_what_cannot_be_settled(level: float, first: int, most: int, match: str) -> None:
    with pytest.raises(InputError, match=match):
        settle(at([0.5]), lambda n: uniform_draws(0)[:n], first=first, most=most, level=level, column=0)


def test_a_test_that_settles_is_the_test_with_so_many_draws() -> None:
    space, table = planted_space(), labels()
    v = np.random.default_rng(4).standard_normal((40, D))
    store = MemoryStore()
    settled = directiontest.test_directions(
        space, v, n_null=256, k=5, labels=table, settle=0.05, most_null=4096, store=store
    )
    assert settled.settled is not None and settled.settled.n_draws == len(settled.null_distribution)
    assert settled.settled.n_draws > 256
    plain = directiontest.test_directions(
        space, v, n_null=settled.settled.n_draws, k=5, labels=table, store=MemoryStore()
    )
    np.testing.assert_array_equal(plain.pvalue, settled.pvalue)
    record = settled.to_dict()
    assert record["settled"]["error"] == 0.001 and record["settled"]["statistic"] == "nearness"
    assert record["settings"]["n_null"] == len(plain.null_distribution)
