"""Effects, what a floor allows, the p of any, and whether there is a meaning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import SPACE, D, group_means, labels, planted_space, run
from tests.cases import case
from tokensphere.analysis.direction_test.compare import Beside, Limit, at_most
from tokensphere.analysis.direction_test.statistics import KINDS, RANKED
from tokensphere.analysis.direction_test.verdict import KEYS, VERDICTS, verdicts
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.pvalues import q_values


def beside(p: list[float], draws: int) -> Beside:
    pvalue = np.array(p)
    return Beside(pvalue, pvalue, q_values(pvalue), pvalue, np.zeros((1, draws)), np.zeros(len(p), int))


def limit_of(p: list[float], draws: int, floors: float | list[float] | None = None) -> Limit:
    every = np.broadcast_to(1 / (1 + draws) if floors is None else floors, len(p))
    return Limit.of(np.array(p), every, draws)


def test_the_floor_says_the_least_q_and_which_draws_do() -> None:
    some = [1 / 10_001] * 5 + [1.0] * 49_995
    want = Limit(1 / 10_001, 0.0, 5, 100, 200_000, 999_999, True)
    found = limit_of(some, 10_000)
    assert found.q_floor == pytest.approx(50_000 / 5 / 10_001)
    assert found == replace(want, q_floor=found.q_floor)
    rng = np.random.default_rng(0)
    for m in (1, 2, 7, 40, 333, 1536):
        for draws in (19, 99, 999, 10_000):
            for r in {0, 1, 2, m // 3, m}:
                floor = 1 / (draws + 1)
                rest = np.minimum(rng.integers(2, draws + 2, m - min(r, m)) * floor, 1)
                p = np.concatenate([np.full(min(r, m), floor), rest])
                limit, q = limit_of(list(p), draws), q_values(p)
                with case(m, draws, r):  # by the q-values themselves
                    least = q.min() if limit.at_floor else min(m * floor, 1)
                    assert limit.at_floor == min(r, m) and limit.q_floor == pytest.approx(least)
                    assert limit.cannot_tell == (r > 0 and not at_most(q).any())
                    low = np.where(p <= floor, 1.0, 0.0)
                    enough = np.where(low, 1 / (limit.draws_enough + 1), 1)
                    assert at_most(q_values(enough))[low > 0].all()
                    needed = np.where(np.arange(m) < limit.needed_at_floor, floor, 1)
                    assert at_most(q_values(needed))[0] or limit.needed_at_floor > m
                    fewer = np.where(np.arange(m) < limit.needed_at_floor - 1, floor, 1)
                    assert not at_most(q_values(fewer)).any()
        for draws, enough_ in ((limit.draws_for_one, True), (limit.draws_for_one - 1, False)):
            p = np.array([1 / (draws + 1)] + [1.0] * (m - 1))
            assert at_most(q_values(p))[0] == enough_, m
    # those that are extrapolated go a hundred times further, others do not
    mixed = limit_of([1e-3, 1e-5, 0.5], 999, [1e-3, 1e-5, 1e-5])
    assert mixed.at_floor == 2 and mixed.p_floor == 1e-5 and mixed.q_floor == pytest.approx(3e-5)


def test_verdicts() -> None:
    cases = [  # p of nearness and of label, of five directions at once
        ([0.001] * 5, [0.001] * 5, ["meaning"] * 5),
        ([0.001] * 5, [0.5] * 5, ["near, no shared label"] * 5),
        ([0.5] * 5, [0.001] * 5, ["shared label only"] * 5),
        ([0.5] * 5, [0.5] * 5, ["neither"] * 5),
        ([0.001, 0.5, 0.9, 0.9, 0.9], [0.9, 0.001, 0.9, 0.9, 0.001],
         ["near, no shared label", "shared label only", "neither", "neither", "shared label only"]),
    ]  # fmt: skip
    for near, label, want in cases:
        found = verdicts(beside(near, 9999), beside(label, 9999))
        assert [VERDICTS[code] for code in found] == want
    # at the floor of 99 draws one of five cannot have a small q, though it may deserve it
    low = beside([0.01, 0.5, 0.5, 0.5, 0.5], 99)
    assert low.undecided.tolist() == [False] * 5  # 5 · 0.01 is just enough
    low = beside([0.01, *[0.5] * 5], 99)
    high = beside([0.5] * 6, 99)
    for near_, label_ in ((low, high), (high, low), (low, low)):
        assert [VERDICTS[c] for c in verdicts(near_, label_)] == ["cannot tell", *["neither"] * 5]
    assert verdicts(beside([np.nan, 0.5], 99), beside([np.nan, 0.5], 99)).tolist() == [-1, 3]


def test_planted_groups_have_a_meaning_and_chance_has_none() -> None:
    space, search = planted_space(20_000, 32), ts.SearchSettings(8, centered=True)
    given = np.concatenate([group_means(space), np.array(RandomDirections(32, 60, seed=4)[:])])
    grouped = ts.make_directions(space, given, search).grouped(["planted"] * 5 + ["chance"] * 60)
    result = ts.direction_test(
        space, grouped, null=ts.NullSpec(draws=999), search=search, labels=labels(20_000),
        store=MemoryStore(),
    )  # fmt: skip
    planted, chance = result.groups
    assert planted.verdicts["meaning"] == 5
    assert chance.verdicts["meaning"] == 0 and chance.verdicts["neither"] > 50
    assert sum(result.overall.verdicts.values()) == 65
    record = result.to_dict()
    counts = {KEYS[name]: count for name, count in planted.verdicts.items()}
    assert record["groups"][0]["verdicts"] == counts
    assert {row["verdict"] for row in record["results"][:5]} == {"meaning"}
    assert result.columns()["verdict"][0] == "meaning"


def test_of_one_direction_p_decides() -> None:
    result = run(np.eye(D)[0], draws=50)
    assert result["nearness"].qvalue[0] == result["nearness"].pvalue[0]


def test_effects_are_in_the_units_of_the_null() -> None:
    result = run(RandomDirections(D, 300, seed=5))
    for kind in KINDS:
        found = result[kind.name]
        values, null = found.values, found.null_distribution
        if not kind.larger:
            values, null = -np.log10(values), -np.log10(null)
        low, middle, high = np.quantile(null, [0.16, 0.5, 0.84])
        if high > low:
            want = (values - middle) / ((high - low) / 2)
            np.testing.assert_allclose(found.effect, want, rtol=1e-9, atol=1e-12)
            order = np.argsort(found.effect)
            assert (np.diff(found.pvalue[order]) <= 0).all()  # the larger, the smaller is p
        else:
            assert np.isnan(found.effect).all()
        np.testing.assert_array_equal(result.columns()[f"effect_{kind.name}"], found.effect)


def test_any_is_uniform_under_the_null_where_the_least_p_is_not() -> None:
    result = run(RandomDirections(D, 1500, seed=6), draws=4095)
    found = result["any"]
    least = np.min([result[kind.name].pvalue for kind in KINDS], axis=0)
    np.testing.assert_allclose(found.values, least, rtol=1e-12)
    for level in (0.01, 0.05, 0.2):
        assert abs(np.mean(found.pvalue <= level) - level) < 4 * np.sqrt(level / 1500) + 0.01
    assert np.mean(least <= 0.05) > 0.09
    assert (found.pvalue >= least - 1e-12).all() and list(result.tested) == list(RANKED)
    assert (
        run(group_means(SPACE), draws=999).top(statistic="any").to_dict()["order"]["statistic"] == "any"
    )


def test_any_cannot_be_settled() -> None:
    with pytest.raises(InputError, match=r"the p of 'any' cannot be settled, .* nearness, cos"):
        ts.SettleSpec(0.05, statistic="any")
    with pytest.raises(InputError, match="unknown statistic 'spread': use one of nearness"):
        ts.SettleSpec(0.05, statistic="spread")  # type: ignore[arg-type]
