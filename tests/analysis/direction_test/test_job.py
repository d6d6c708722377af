from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

import tokensphere as ts
from tests.analysis.direction_test.spaces import (
    GROUP,
    LABELS,
    SPACE,
    D,
    N,
    group_means,
    job_of,
    labels,
    made,
    options,
    planted_space,
    run,
)
from tests.analysis.spaces import unit_rows
from tests.analysis.tables import naive_smallest, sets_of
from tests.cases import case
from tokensphere.analysis.direction_test import groups, measure
from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.analysis.direction_test.job import SettleSpec
from tokensphere.analysis.direction_test.measure import Measured, Measurer
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import KINDS, STATISTICS
from tokensphere.directions.tokens import TokenSum
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.intervals import wilson
from tokensphere.statistics.pvalues import q_values

V = np.random.default_rng(3).standard_normal((60, D))


def same(one: DirectionTest, other: DirectionTest) -> None:
    for name in STATISTICS:
        a, b = one[name], other[name]
        np.testing.assert_array_equal(a.values, b.values)
        np.testing.assert_array_equal(a.pvalue, b.pvalue)
        np.testing.assert_array_equal(a.null_distribution, b.null_distribution)
    np.testing.assert_array_equal(one.measured.reason, other.measured.reason)
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(one.similarity, other.similarity)


def part_of(measured: Measured, some: slice) -> Measured:
    values = {name: found[some] for name, found in measured.values.items()}
    return Measured(values, measured.ids[some], measured.similarity[some], measured.reason[some])


def test_the_statistics_by_loops() -> None:
    result = run(V)
    centred = unit_rows(SPACE, centered=True)
    every = np.ones(N, dtype=bool)
    sets, words = sets_of(LABELS, every), {label.name: label.words for label in LABELS.labels}
    for i, v in enumerate(V):
        cosines = centred @ (v / np.linalg.norm(v))
        ids = sorted(range(N), key=lambda j: (-cosines[j], j))[:5]
        assert result.ids[i].tolist() == ids
        np.testing.assert_allclose(result.similarity[i], cosines[ids], atol=1e-12)
        pairs = [centred[a] @ centred[b] for a in ids for b in ids if a != b]
        smallest, _ = naive_smallest(sets, words, N, ids)
        want = [cosines[ids].mean(), cosines.max(), np.mean(pairs), smallest]
        found = [result[name].values[i] for name in ("nearness", "cosine", "coherence", "label")]
        np.testing.assert_allclose(found, want, atol=1e-6, rtol=1e-9)


def test_neighbours_are_those_of_nearest() -> None:
    hows: list[dict[str, Any]] = [{}, {"similarity": "dot"}, {"centered": False}, {"forms": True}]
    unit = V / np.linalg.norm(V, axis=1)[:, None]
    for how in hows:
        result, found = run(V, **how), ts.nearest(SPACE, unit, **{"k": 5, "centered": True, **how})
        np.testing.assert_array_equal(result.ids, found.ids, err_msg=str(how))
        np.testing.assert_allclose(result.similarity, found.similarity, rtol=1e-12, err_msg=str(how))


def test_planted_groups_get_the_floor() -> None:
    """Among many tokens, a thousand random directions come near to none of five groups."""
    n = 20_000
    space = planted_space(n, 32)
    result = ts.direction_test(
        space, group_means(space), null=NullSpec(draws=999), search=SearchSettings(8, centered=True),
        labels=labels(n), store=MemoryStore(),
    )  # fmt: skip
    assert result.floor == 1 / 1000
    for name in STATISTICS:
        assert (result[name].pvalue == result.floor).all() and (
            result[name].qvalue == result.floor
        ).all()
        assert result[name].at_floor == result.overall[name].p.count == result.overall[name].q.count == 5
    for group in range(5):
        assert result.themes.short(group) == f"8/8 group {group}"
        assert set(result.ids[group] // GROUP) == {group}


def test_chance_alone_has_no_q_below_the_level() -> None:
    result = run(RandomDirections(D, 500, seed=9), draws=2047)
    for name in ("nearness", "cosine", "coherence"):
        assert result.overall[name].q.count == 0
        low, high = result.overall[name].p.interval
        assert low - 0.02 < 0.05 < high + 0.02


def test_q_values_are_those_of_scipy() -> None:
    """Each statistic's by itself, over all directions that could be tested."""
    bad = V.copy()
    bad[[4, 7]] = 0
    result = run(bad)
    there = result.testable
    for found in result.tested.values():
        want = stats.false_discovery_control(found.pvalue[there])
        np.testing.assert_array_equal(found.qvalue[there], want)
        assert np.isnan(found.qvalue[[4, 7]]).all()


def test_a_direction_does_not_depend_on_its_companions() -> None:
    together = run(V)
    for some in ([0], [59, 3], list(range(20, 50))):
        alone = run(V[some])
        for name in STATISTICS:
            np.testing.assert_array_equal(alone[name].values, together[name].values[some])
            np.testing.assert_array_equal(alone[name].pvalue, together[name].pvalue[some])
        np.testing.assert_array_equal(alone.ids, together.ids[some])


def test_batches_and_threads_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []
    for threads, at_once in ((1, 4096), (2, 7), (3, 1)):
        monkeypatch.setattr(measure, "QUERIES_AT_ONCE", at_once)
        measurer = Measurer(SPACE, options()["search"], LABELS, compute=Compute(threads))
        parts = list(measurer.blocks(made(V)))
        assert len(parts) == -(-60 // at_once)
        measured.append(Measured.join(parts, 5))
    for other in measured[1:]:
        for name in STATISTICS:
            np.testing.assert_array_equal(other.values[name], measured[0].values[name])
        np.testing.assert_array_equal(other.ids, measured[0].ids)
        np.testing.assert_array_equal(other.similarity, measured[0].similarity)
    monkeypatch.undo()
    one, two = (run(V, compute=Compute(threads), store=MemoryStore()) for threads in (1, 2))
    same(one, two)


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_length_means_nothing(similarity: str) -> None:
    result = run(V, similarity=similarity)
    same(run(V * 2.0**40, similarity=similarity), result)  # a power of two changes no digit
    for scale in (1e-30, 3.7, 1e150):
        scaled = run(V * scale, similarity=similarity)
        np.testing.assert_array_equal(scaled.ids, result.ids)
        for name in STATISTICS:
            np.testing.assert_allclose(scaled[name].values, result[name].values, rtol=1e-12)


def test_both_ends_are_two_directions() -> None:
    both = run(made(V).grouped(["a", "b"] * 30).both_ends())
    assert len(both) == 120 and both.names[6:8] == ["vector[3]", "vector[3] (−)"]
    for start, one in ((0, run(V)), (1, run(-V))):
        for name in STATISTICS:
            np.testing.assert_array_equal(both[name].values[start::2], one[name].values)
            np.testing.assert_array_equal(both[name].pvalue[start::2], one[name].pvalue)
    assert not np.array_equal(both["nearness"].values[::2], both["nearness"].values[1::2])
    assert [both.group_name(row) for row in range(4)] == ["a", "a", "b", "b"]
    np.testing.assert_array_equal(both["label"].qvalue, q_values(both["label"].pvalue))
    assert both.both_ends and not run(V).both_ends


def test_what_cannot_be_tested_is_told_and_keeps_its_place() -> None:
    bad = V.copy()
    bad[3], bad[5, 2], bad[6, 0], bad[8] = 0, np.nan, -np.inf, 0.25
    result = run(bad)
    assert result.untestable == {"zero": 1, "not finite": 2, "constant": 1}
    good = np.ones(60, dtype=bool)
    good[[3, 5, 6, 8]] = False
    np.testing.assert_array_equal(result.testable, good)
    alone = run(V[good])
    for name in STATISTICS:
        found = result[name]
        for array in (found.values, found.pvalue, found.qvalue):
            assert np.isnan(array[~good]).all() and not np.isnan(array[good]).any()
        np.testing.assert_array_equal(found.pvalue[good], alone[name].pvalue)
        np.testing.assert_array_equal(found.qvalue[good], alone[name].qvalue)
    assert np.isnan(result.similarity[~good]).all() and not np.isnan(result.similarity[good]).any()
    assert (result.ids[~good] == -1).all()
    record = result.to_dict()
    assert record["untestable"][0] == {"direction": "vector[3]", "reason": "zero"}
    assert len(record["untestable"]) == 4 and len(record["results"]) == 56
    assert (result.overall.n, result.overall.untestable) == (56, 4)


def test_shares_of_a_group() -> None:
    rng = np.random.default_rng(2)
    p, group_of = rng.uniform(size=(400, 4)) ** 4, rng.integers(0, 3, 400)
    p[7] = np.nan
    tested = {
        name: Beside(
            p[:, s], p[:, s], q_values(p[:, s]), p[:, s], np.zeros((1, 1)), np.zeros(400, dtype=np.intp)
        )
        for s, name in enumerate(STATISTICS)
    }
    testable = ~np.isnan(p[:, 0])
    verdict = np.where(testable, rng.integers(0, 5, 400), -1).astype(np.int8)
    for g in range(3):
        one = groups.group_shares("abc"[g], tested, testable, verdict, group_of == g)
        mine = group_of == g
        assert one.name == "abc"[g] and one.n == np.count_nonzero(mine & testable)
        assert one.untestable == int(g == group_of[7])
        assert sum(one.verdicts.values()) == one.n
        assert one.verdicts["neither"] == np.count_nonzero(verdict[mine] == 3)
        for name, found in tested.items():
            assert one[name].p.count == sum(value < 0.05 for value in found.pvalue[mine])
            assert one[name].q.share == sum(value < 0.05 for value in found.qvalue[mine]) / one.n
            assert one[name].p.interval == wilson(one[name].p.share, one.n)
    empty = groups.group_shares("x", tested, testable & False, verdict, np.arange(400) < 3)
    assert (empty.n, empty.untestable) == (0, 3)
    assert np.isnan(empty["nearness"].p.share) and empty["cosine"].q.interval == (0.0, 1.0)
    assert empty.to_dict()["by_statistic"]["label"]["share_p_at_most_0_05"] is None


def test_groups_of_the_user() -> None:
    result = run(made(V).grouped(["late"] * 20 + ["early"] * 40))
    assert [(one.name, one.n) for one in result.groups] == [("late", 20), ("early", 40)]
    assert result.group_name(19) == "late" and result.group_name(20) == "early"
    assert run(V).groups == () and run(V).group_name(0) is None


def test_groups_that_are_not_reached_are_not_told() -> None:
    job = job_of(made(V).grouped(["a"] * 20 + ["nobody's"] * 40))
    job.prepare()
    (everything,) = job.blocks(0)
    assert [one.name for one in job.result(part_of(everything, slice(20))).groups] == ["a"]


def test_orders() -> None:
    result = run(np.concatenate([V, np.zeros((1, D)), group_means(SPACE)]))
    for statistic in (kind.name for kind in KINDS):
        order = result.order("p", statistic)
        assert len(order) == 65 and 60 not in order
        assert (np.diff(result[statistic].pvalue[order]) >= 0).all()
        np.testing.assert_array_equal(result.order("q", statistic), order)
    ties = result.order("p", "cosine")[:5]
    assert set(ties.tolist()) == {61, 62, 63, 64, 65}
    assert (np.diff(result["cosine"].values[ties]) <= 0).all()
    assert (np.diff(result["coherence"].values[result.order("T")]) <= 0).all()
    names = [result.names[i] for i in result.order("name")]
    assert names[:3] == ["vector[0]", "vector[1]", "vector[2]"] and names[-1] == "vector[65]"
    with pytest.raises(InputError, match="unknown order 'cosine'"):
        result.order("cosine")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown statistic 'T'"):
        result.order("p", "T")  # type: ignore[arg-type]
    top = result.top(3, statistic="coherence")
    assert top.statistic is STATISTICS["coherence"] and top.found is result["coherence"]
    np.testing.assert_array_equal(top.rows, result.order("p", "coherence")[:3])
    record = top.to_dict()
    assert [row["direction"] for row in record["results"]] == [result.names[i] for i in top.rows]
    assert record["order"] == {"sort": "p", "statistic": "coherence"}
    assert len(result.top(0).rows) == 65


def test_a_statistic_that_there_is_not() -> None:
    assert (
        [kind.name for kind in KINDS] == ["nearness", "cosine", "coherence", "label"] == list(STATISTICS)
    )
    result = run(V)
    with pytest.raises(InputError, match="unknown statistic 'nope'") as caught:
        result["nope"]
    assert str(caught.value).endswith("use one of nearness, cosine, coherence, label, any")


def test_what_was_given_is_told() -> None:
    whole = V.astype(np.float32)
    digests = [run(x).directions.about["sha256"] for x in (whole, whole.copy(), V, whole[:-1])]
    assert digests[0] == digests[1] and len(set(digests)) == 3
    assert run((V > 0).astype(np.int8)).directions.about["what"] == "array"
    single, result = run(whole[4]), run(whole)
    for name in STATISTICS:
        np.testing.assert_array_equal(single[name].pvalue, result[name].pvalue[4:5])
    assert single.names == ["vector"] and result.names[4] == "vector[4]"
    random = run(RandomDirections(D, 3, first=7, seed=2))
    assert random.names == [f"seed 2, index {i}" for i in (7, 8, 9)]
    same(random, run(RandomDirections(D, 9, first=7, seed=2)[:3]))
    assert run(made(whole[:2]).called(["a", "b"])).names == ["a", "b"]


def test_tokens_are_looked_up_as_nearest_does_without_themselves() -> None:
    sums = [TokenSum(("t0", " t0"), ("t5",), "mine"), TokenSum(("t7",), ("t8",), "x")]
    result = run(sums)
    for i, one in enumerate(sums):
        found = ts.nearest(SPACE, positive=one.positive, negative=one.negative, k=5, centered=True)
        np.testing.assert_array_equal(result.ids[i], found.ids[0])
    assert result.names == ["mine", "x"] and result.own_left_out
    alone = run(["t7", " t9"])
    assert SPACE.vocabulary.id("t7") not in alone.ids[0] and alone.names == ["t7", "␣t9"]
    assert len(run("t7")) == len(run(7)) == 1


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (np.ones((2, D + 1)), {}, "13 dimensions, but planted has 12"),
    (RandomDirections(D + 1, 2), {}, "13 dimensions, but planted has 12"),
    (np.empty((0, D)), {}, "there are no directions"),
    ([], {}, "there are no directions"),
    (None, {}, "must be real numbers"),
    (np.ones((2, 2, D)), {}, r"shape \(2, 2, 12\)"),
    (np.zeros((3, D)), {}, r"none of the 3 directions can be tested \(3 zero\)"),
    (np.array([["a"] * D]), {}, "must be real numbers"),
    (["t1", np.ones(D)], {}, "mix tokens"),
    (["nothing like it"], {}, "nothing␣like␣it"),
    (V, {"k": N + 1}, "from 2 to 400"),
    (V, {"k": 1}, "from 2 to 400"),
    (V, {"k": 2.5}, "k is 2.5"),
    (V, {"k": 201, "forms": True}, "only 200 different tokens can be found"),
    (V, {"similarity": "euclidean"}, "use cosine or dot"),
    (V, {"similarity": "l2"}, "unknown similarity"),
    (V, {"settle": SettleSpec(2.0)}, "level to settle"),
]


def test_what_cannot_be_asked() -> None:
    for directions, how, match in REFUSED:
        with case((directions, how)):
            with pytest.raises(InputError, match=match) as caught:
                run(directions, **how)
            assert "\n" not in str(caught.value)


def test_progress_counts_draws_and_directions() -> None:
    told: list[int] = []
    run(V, draws=1500, store=MemoryStore(), progress=told.append)
    assert sum(told) == 1500 + 60


def test_what_is_done_is_a_result_of_its_own() -> None:
    job = job_of(made(V).grouped(["a"] * 30 + ["b"] * 30))
    assert not job.ready
    job.prepare()
    assert job.ready
    (everything,), (rest,) = job.blocks(0), job.blocks(20)
    for name in STATISTICS:
        np.testing.assert_array_equal(rest.values[name], everything.values[name][20:])
    part = part_of(everything, slice(20))
    stopped = job.result(part)
    assert len(stopped) == 20 and len(stopped.directions) == 60 and not stopped.complete
    for name in STATISTICS:
        np.testing.assert_array_equal(stopped[name].pvalue, run(V)[name].pvalue[:20])
    assert [one.name for one in stopped.groups] == ["a"]
    whole = job.result(job.join([part, rest]))
    same(whole, run(V))
    assert whole.complete
    with pytest.raises(InputError, match="no direction has been tested yet"):
        job.result(job.join([]))


def test_a_tied_model_says_so(bundled: ts.EmbeddingSpace) -> None:
    result = run(V)
    assert not result.tied
    assert replace(result, provenance=bundled.provenance).tied
