"""Values beside draws of their own: sizes, intervals and shares, by simulation and by naive counts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import case, every
from tokensphere.errors import InputError
from tokensphere.statistics.own_null import OwnNull, counts_beyond, own_null

Wide = npt.NDArray[np.float64]


def two_way(m: int, draws: int, rng: np.random.Generator, *, value: float, world: float) -> Wide:
    """m values in 1 + `draws` worlds, the first column the values: exchangeable columns.

    A value has an effect of its own in all worlds, a world one on all values (with a slope that differs
    from value to value, so that worlds move some values more than others), and the rest is noise.
    """
    effects = value * rng.standard_normal((m, 1)) + world * rng.standard_normal(1 + draws)
    slopes = 0.5 * world * rng.standard_normal((m, 1)) * rng.standard_normal(1 + draws)
    return np.asarray(effects + slopes + rng.standard_normal((m, 1 + draws)))


def found_in(table: Wide, **options: Any) -> OwnNull:
    return own_null(table[:, 0], table[:, 1:], **options)


@every("draws", [1, 18, 19, 39, 98, 99, 250])
def test_rates_are_those_of_a_loop(draws: int) -> None:
    table = two_way(60, draws, np.random.default_rng(draws), value=1, world=0.3).round(1)  # with ties
    p = [(1 + sum(x >= row[0] for x in row[1:])) / (1 + draws) for row in table.tolist()]
    counts = counts_beyond(table[:, 0], table[:, 1:])
    np.testing.assert_allclose((1 + counts) / (1 + draws), p)
    found = found_in(table)
    assert found.draws == draws
    told = [level for level in (0.05, 0.01) if level * (draws + 1) >= 1]
    assert [at.level for at in found.at] == told  # levels that so few draws cannot tell are left out
    for at in found.at:
        possible = np.arange(1, draws + 2) / (draws + 1)
        assert at.attained == possible[possible <= at.level + 1e-12].max()
        assert at.rate == np.mean(np.array(p) <= at.attained + 1e-12)
        assert 0 <= at.interval[0] <= at.rate <= at.interval[1] <= 1
        assert at.excess == at.rate - at.attained
    half = np.floor(0.5 * (draws + 1)) / (draws + 1)
    above = np.mean(np.array(p) > half + 1e-12)
    assert found.not_null == pytest.approx(max(0, 1 - above / (1 - half)))
    assert found.not_null_interval[0] <= found.not_null <= found.not_null_interval[1]


def test_levels_of_one_s_own() -> None:
    table = two_way(50, 9, np.random.default_rng(0), value=1, world=0)
    assert found_in(table).at == ()
    found = found_in(table, levels=(0.5, 0.1, 0.25, 0.09))
    assert [(at.level, at.attained) for at in found.at] == [(0.5, 0.5), (0.1, 0.1), (0.25, 0.2)]
    # 0.29 · 100 is 28.999… in floating point
    (at,) = found_in(two_way(50, 99, np.random.default_rng(0), value=1, world=0), levels=(0.29,)).at
    assert at.attained == 0.29


@every("draws", [19, 99])
def test_p_is_uniform_where_a_value_is_one_more_draw(draws: int) -> None:
    """All the places of a value among its draws are equally frequent: χ² of 20 groups."""
    rng = np.random.default_rng(draws)
    table = two_way(8000, draws, rng, value=2, world=0)
    places = counts_beyond(table[:, 0], table[:, 1:])
    seen = np.bincount(20 * places // (draws + 1), minlength=20)
    square = np.sum((seen - 400) ** 2 / 400)
    assert len(seen) == 20 and square < 43.8  # 99.9 % of χ² with 19 degrees of freedom


def check_size(draws: int, m: int, repetitions: int) -> None:
    """Over values and all worlds, the real one, too, the mean rate is what chance gives."""
    rng = np.random.default_rng(draws)
    found = [found_in(two_way(m, draws, rng, value=1, world=0.3)) for _ in range(repetitions)]
    for number, at in enumerate(found[0].at):
        rates = np.array([each.at[number].rate for each in found])
        error = rates.std(ddof=1) / np.sqrt(repetitions)
        assert abs(rates.mean() - at.attained) < 3.5 * error
    # an estimate that cannot be negative has no mean of zero
    assert np.median([each.not_null for each in found]) < 0.1


@every("draws", [19, 99])
def test_size_with_worlds_that_all_values_share(draws: int) -> None:
    check_size(draws, m=200, repetitions=150)


@pytest.mark.slow
@every("draws", [19, 99])
def test_size_with_worlds_in_many_repetitions(draws: int) -> None:
    check_size(draws, m=200, repetitions=1500)


def share_covered(
    draws: int, m: int, repetitions: int, *, world: float, shift: float, anew: bool = False
) -> list[float]:
    """Shares of intervals with the expected rate, for each level, and with the expected `not_null`.

    The values' own world is given (there is but one real vocabulary), or drawn `anew` as the others are;
    what is expected is the mean of what was seen over new values and new worlds to draw in.
    """
    rng = np.random.default_rng(draws)
    seen, ends = [], []
    for _ in range(repetitions):
        effects = rng.standard_normal(m)
        worlds = world * rng.standard_normal(draws)
        slopes = 0.5 * world * np.outer(rng.standard_normal(m), rng.standard_normal(draws))
        null = effects[:, None] + worlds + slopes + rng.standard_normal((m, draws))
        real = world * (rng.standard_normal() + 0.5 * rng.standard_normal() * rng.standard_normal(m))
        values = effects + shift + rng.standard_normal(m) + (real if anew else 0)
        found = own_null(values, null)
        seen.append([*(at.rate for at in found.at), found.not_null])
        ends.append([*(at.interval for at in found.at), found.not_null_interval])
    expected, every_end = np.mean(seen, axis=0), np.array(ends)
    inside = (every_end[..., 0] <= expected) & (expected <= every_end[..., 1])
    return [float(share) for share in inside.mean(axis=0)]


@every(("draws", "world", "shift"), [(19, 0.2, 0.8), (99, 0.2, 0.8), (19, 0.3, 0)])
def test_intervals_have_the_expected_rate(draws: int, world: float, shift: float) -> None:
    """In at least 93 % of 120 repetitions, but for three standard errors."""
    for anew in (False, True):
        for share in share_covered(draws, 200, 120, world=world, shift=shift, anew=anew):
            assert share > 0.93 - 3 * np.sqrt(0.93 * 0.07 / 120), anew


@pytest.mark.slow
@every("draws", [19, 99])
@every("world", [0, 0.1, 0.2, 0.3])
@every("shift", [0, 0.4, 0.8])
@every("anew", [False, True])
def test_intervals_have_the_expected_rate_in_many_repetitions(
    draws: int, world: float, shift: float, anew: bool
) -> None:
    """At least 93 % of 1,500, at each level and for the share that is not of the null.

    That share can't be below 0: where nothing is planted and worlds differ much, it is 92 %.
    """
    for share in share_covered(draws, 300, 1500, world=world, shift=shift, anew=anew):
        assert share >= (0.92 if anew and not shift else 0.93)


@every(("draws", "planted"), [(19, 0.0), (19, 0.3), (99, 0.3), (99, 0.7)])
def test_the_share_that_is_not_null_is_that_which_was_planted(draws: int, planted: float) -> None:
    """Planted answers: some values far above all their draws, the others one more draw each."""
    rng = np.random.default_rng(7)
    table = two_way(4000, draws, rng, value=1, world=0)
    answers = rng.random(4000) < planted
    table[answers, 0] += 50
    found, true = found_in(table), answers.mean()
    assert found.not_null == pytest.approx(true, abs=0.06)
    assert found.not_null_interval[0] <= true <= found.not_null_interval[1]
    for at in found.at:
        # all that were planted, and of the others what chance gives
        others = at.attained * (1 - true)
        assert at.rate == pytest.approx(true + others, abs=4 * np.sqrt(others / 4000))
        assert at.interval[0] <= true + others <= at.interval[1]


def test_all_or_none_beyond() -> None:
    null = np.tile(np.arange(19.0), (40, 1))
    every_one = own_null(np.full(40, 100.0), null)
    assert every_one.at[0].rate == every_one.not_null == every_one.not_null_interval[1] == 1
    assert 0.8 < every_one.at[0].interval[0] < 1
    none = own_null(np.full(40, -1.0), null)
    assert none.at[0].rate == none.not_null == none.not_null_interval[0] == 0
    assert 0 < none.at[0].interval[1] < 0.2
    ties = own_null(np.full(40, 18.0), null)  # as large as the largest draw is not beyond it
    assert ties.at[0].rate == 0


@every("draws", [19, 99])
def test_order_and_monotone_transformations_do_not_matter(draws: int) -> None:
    rng = np.random.default_rng(draws)
    table = two_way(150, draws, rng, value=1, world=0.3)
    table[:40, 0] += 2
    want = found_in(table)
    assert 0.1 < want.at[0].rate < 0.6
    columns = np.concatenate([[0], 1 + rng.permutation(draws)])
    changed: dict[str, Wide] = {
        "values in another order": table[rng.permutation(150)],
        "draws in another order": table[:, columns],
        "exp": np.exp(table),
        "cube": table**3,
        "each value's by its own slope": table * rng.uniform(0.5, 2, (150, 1)) + rng.random((150, 1)),
    }
    for name, other in changed.items():
        found = found_in(other)
        with case(name):
            assert [at.rate for at in found.at] == [at.rate for at in want.at]
            assert found.not_null == want.not_null
            for one, wanted in zip(found.at, want.at, strict=True):
                np.testing.assert_allclose(one.interval, wanted.interval, rtol=1e-9)
            np.testing.assert_allclose(found.not_null_interval, want.not_null_interval, rtol=1e-9)


def test_worlds_that_all_values_share_widen_the_interval() -> None:
    """Draws that move together say less of a rate; 200 equal values are one witness of the worlds."""
    rng = np.random.default_rng(3)
    alone, together = (
        np.mean([
            np.diff(found_in(two_way(400, 19, rng, value=1, world=world)).at[0].interval)
            for _ in range(40)
        ])
        for world in (0.0, 1.0)
    )  # fmt: skip
    assert together > 1.2 * alone


def test_single_precision_and_json() -> None:
    table = two_way(60, 99, np.random.default_rng(4), value=1, world=0.2)
    found = found_in(table.astype(np.float32))
    record: dict[str, Any] = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["draws"] == 99 and record["not_null"] == found.not_null
    assert record["not_null_interval_95"] == list(found.not_null_interval)
    assert [at["level"] for at in record["at"]] == [0.05, 0.01]
    assert record["at"][1]["interval_95"] == list(found.at[1].interval)
    assert record["at"][1]["attained"] == 0.01 and record["at"][1]["rate"] == found.at[1].rate


def test_wrong_arguments() -> None:
    for values, null in (
        (np.zeros(3), np.zeros((4, 19))),
        (np.zeros(3), np.zeros(3)),
        (np.zeros(3), np.zeros((3, 0))),
        (np.zeros(0), np.zeros((0, 19))),
        (np.zeros(3), np.zeros((3, 19, 2))),
    ):
        message = r"values of shape .*, a null of shape .*: need \(m,\), \(m, S\)"
        with case(values.shape, null.shape), pytest.raises(InputError, match=message):
            own_null(values, null)
