from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import D, labels, planted_space
from tests.cases import case
from tokensphere.analysis.direction_test.job import SettleSpec
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.intervals import clopper_pearson
from tokensphere.statistics.pvalues import reached
from tokensphere.statistics.settle import ERROR, Settled, settle

F64 = npt.NDArray[np.float64]


def uniform_draws(seed: int) -> F64:
    return np.random.default_rng(seed).uniform(size=64_000)


def as_extreme(values: F64, draws: F64, count: int) -> npt.NDArray[np.int64]:
    return reached(values, draws[:count])


def at(chances: list[float], *, larger: bool = True) -> F64:
    """Values that uniform draws reach with these chances."""
    return 1 - np.array(chances) if larger else np.array(chances)


def test_what_is_clear_is_settled_at_once_and_what_is_near_later() -> None:
    asked: list[int] = []

    def draw(count: int) -> F64:
        asked.append(count)
        return uniform_draws(1)[:count]

    def settled(chances: list[float], most: int, *, larger: bool) -> Settled:
        asked.clear()
        values = at(chances, larger=larger)
        return settle(
            lambda count: reached(values, draw(count), larger=larger), statistic="nearness", first=1000,
            most=most, level=0.05,
        )  # fmt: skip

    for larger in (True, False):
        with case(larger=larger):
            found = settled([0.9, 0.001], 64_000, larger=larger)
            assert asked == [1000] and found.looks == 1 and found.looks_planned == 7
            assert found.unsettled == 0 and found.n_draws == 1000
            assert (found.level, found.statistic, found.error) == (0.05, "nearness", ERROR)
            found = settled([0.9, 0.06], 64_000, larger=larger)
            assert asked == [1000 * 2**i for i in range(len(asked))] and 1 < len(asked) < 7
            assert found.unsettled == 0 and found.n_draws == asked[-1] and found.looks == len(asked)
            found = settled([0.05, 0.9], 5000, larger=larger)
            assert asked == [1000, 2000, 4000, 5000] and found.unsettled == 1
            assert found.n_draws == 5000 and found.looks == found.looks_planned == 4


def test_settled_on_the_right_side_nearly_always() -> None:
    """The stated error holds at every distance from the level; here 200 nulls, 10 directions each."""
    chances = [0.02, 0.03, 0.035, 0.04, 0.045, 0.055, 0.06, 0.065, 0.07, 0.09]
    wrong = 0
    for seed in range(200):
        draws = uniform_draws(seed)[:8000]
        found = settle(
            partial(as_extreme, at(chances), draws), statistic="cosine", first=500, most=8000,
            level=0.05, error=0.05,
        )  # fmt: skip
        seen = draws[: found.n_draws]
        lower, upper = clopper_pearson(reached(at(chances), seen), len(seen), 0.05 / found.looks_planned)
        below, above = upper < 0.05, lower > 0.05
        assert np.count_nonzero(~below & ~above) == found.unsettled
        wrong += int(below[5:].sum() + above[:5].sum())
    assert wrong / (200 * 10) <= 0.05


def test_a_null_with_an_end_is_not_drawn_beyond_it() -> None:
    count = partial(as_extreme, at([0.05]), uniform_draws(0)[:700])
    how: dict[str, Any] = {"statistic": "cosine", "most": 5000, "level": 0.05}
    for first, looks in ((500, 2), (700, 1), (900, 1)):
        found = settle(count, first=first, end=700, **how)
        assert (found.n_draws, found.looks, found.unsettled, found.exhausted) == (700, looks, 1, True)
    assert not settle(count, first=300, end=70_000, **how | {"most": 600}).exhausted


def test_what_cannot_be_settled() -> None:
    for level, first, most, match in [
        (0.0, 10, 20, "level to settle"),
        (1.0, 10, 20, "level to settle"),
        (0.1, 30, 20, "at most 20"),
    ]:
        with case(level=level, first=first, most=most), pytest.raises(InputError, match=match):
            settle(
                partial(as_extreme, at([0.5]), uniform_draws(0)), statistic="cosine", first=first,
                most=most, level=level,
            )  # fmt: skip


def test_a_test_that_settles_is_the_test_with_so_many_draws() -> None:
    """Directions that cannot be tested have nothing to settle."""
    space, v = planted_space(), np.random.default_rng(4).standard_normal((40, D))
    v[7] = 0

    def run(draws: int, goal: SettleSpec | None = None) -> ts.DirectionTest:
        return ts.direction_test(
            space, v, null=NullSpec("isotropic", draws=draws), search=SearchSettings(5, centered=True),
            labels=labels(), settle=goal, store=MemoryStore(),
        )  # fmt: skip

    one = run(256, SettleSpec(0.05, most=4096))
    assert one.settled is not None and one.settled.n_draws == one.n_draws
    assert one.settled.n_draws > 256
    plain = run(one.settled.n_draws)
    for name in ("nearness", "cosine", "coherence", "label"):
        assert len(one[name].null_distribution) == one.n_draws
        np.testing.assert_array_equal(plain[name].pvalue, one[name].pvalue)
    record = one.to_dict()
    assert record["settled"]["error"] == 0.001 and record["settled"]["statistic"] == "nearness"
    assert record["settings"]["n_null"] == plain.n_draws == one.n_draws
