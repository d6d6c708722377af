from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

import tokensphere as ts
from tests.analysis.direction_test.spaces import GROUP, D, N, group_means, labels, planted_space
from tests.analysis.naming.tables import naive_smallest, sets_of
from tokensphere.analysis.direction_test import job as directiontest
from tokensphere.analysis.direction_test.groups import GroupShares, q_values, shares_by_group
from tokensphere.analysis.direction_test.job import DirectionTesting
from tokensphere.analysis.direction_test.measure import Measured, Measurer
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.nearest import SearchSettings, nearest
from tokensphere.analysis.pair import wilson
from tokensphere.directions.expressions import TokenExpression
from tokensphere.directions.given import given_directions
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.statistics.draws import MemoryStore

SPACE, LABELS, STORE = planted_space(), labels(), MemoryStore()
V = np.random.default_rng(3).standard_normal((60, D))


def run(directions: Any = V, **options: Any) -> DirectionTest:
    how: dict[str, Any] = {"n_null": 999, "k": 5, "labels": LABELS, "store": STORE}
    return directiontest.test_directions(SPACE, directions, **{**how, **options})


def same(one: DirectionTest, other: DirectionTest) -> None:
    for name in ("statistic", "pvalue", "null_distribution", "reason"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.neighbors.ids, other.neighbors.ids)
    np.testing.assert_array_equal(one.neighbors.similarity, other.neighbors.similarity)


def test_the_statistics_by_loops() -> None:
    result = run()
    unit = SPACE.vectors.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    centred = unit - unit.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1)[:, None]
    every = np.ones(N, dtype=bool)
    sets, words = sets_of(LABELS, every), {label.name: label.words for label in LABELS.labels}
    for i, v in enumerate(V):
        cosines = centred @ (v / np.linalg.norm(v))
        ids = sorted(range(N), key=lambda j: (-cosines[j], j))[:5]
        assert result.neighbors.ids[i].tolist() == ids
        np.testing.assert_allclose(result.neighbors.similarity[i], cosines[ids], atol=1e-12)
        pairs = [centred[a] @ centred[b] for a in ids for b in ids if a != b]
        smallest, _ = naive_smallest(sets, words, N, ids)
        want = [cosines[ids].mean(), cosines.max(), np.mean(pairs), smallest]
        np.testing.assert_allclose(result.statistic[i], want, atol=1e-6, rtol=1e-9)


@pytest.mark.parametrize("how", [{}, {"similarity": "dot"}, {"centered": False}, {"forms": True}])
def test_neighbours_are_those_of_nearest(how: dict[str, Any]) -> None:
    result = run(**how)
    unit = V / np.linalg.norm(V, axis=1)[:, None]
    found = nearest(SPACE, unit, **{"k": 5, "centered": True, **how})
    np.testing.assert_array_equal(result.neighbors.ids, found.ids)
    np.testing.assert_allclose(result.neighbors.similarity, found.similarity, rtol=1e-12)


def test_planted_groups_get_the_floor() -> None:
    """Among many tokens, a thousand random directions come near to none of five groups."""
    n = 20_000
    space = planted_space(n, 32)
    result = directiontest.test_directions(
        space, group_means(space), n_null=999, k=8, labels=labels(n), store=MemoryStore()
    )
    assert result.floor == 1 / 1000
    assert (result.pvalue == result.floor).all() and (result.qvalue == result.floor).all()
    for group in range(5):
        assert result.themes.short(group) == f"8/8 group {group}"
        assert set(result.neighbors.ids[group] // GROUP) == {group}
    assert result.overall.below_p == result.overall.below_q == (5, 5, 5, 5)


def test_chance_alone_has_no_q_below_the_level() -> None:
    result = run(RandomDirections(D, 500, seed=9), n_null=2047)
    assert result.overall.below_q[:3] == (0, 0, 0)
    for column in (0, 1, 2):
        low, high = wilson(result.overall.share_p(column), 500)
        assert low - 0.02 < 0.05 < high + 0.02


def test_q_values_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(size=(300, 4)) ** 3
    p[[4, 77]] = np.nan
    q = q_values(p)
    there = ~np.isnan(p[:, 0])
    for column in range(4):
        want = stats.false_discovery_control(p[there, column])
        np.testing.assert_array_equal(q[there, column], want)
    assert np.isnan(q[[4, 77]]).all()
    result = run()
    np.testing.assert_array_equal(result.qvalue, q_values(result.pvalue))
    assert np.isnan(q_values(np.full((2, 4), np.nan))).all()


def test_a_direction_does_not_depend_on_its_companions() -> None:
    together = run()
    for some in ([0], [59, 3], list(range(20, 50))):
        alone = run(V[some])
        np.testing.assert_array_equal(alone.statistic, together.statistic[some])
        np.testing.assert_array_equal(alone.pvalue, together.pvalue[some])
        np.testing.assert_array_equal(alone.neighbors.ids, together.neighbors.ids[some])


def test_batches_and_threads_cannot_be_seen() -> None:
    given = given_directions(SPACE, V, similarity="cosine", centered=True)
    measured = []
    for threads, at_once in ((1, 4096), (2, 7), (3, 1)):
        measurer = Measurer(SPACE, SearchSettings(5, "cosine", True, False), LABELS, threads=threads)
        measured.append(Measured.join(list(measurer.blocks(given, at_once=at_once)), 5))
    for other in measured[1:]:
        np.testing.assert_array_equal(other.statistic, measured[0].statistic)
        np.testing.assert_array_equal(other.ids, measured[0].ids)
        np.testing.assert_array_equal(other.similarity, measured[0].similarity)
    same(run(threads=1, store=MemoryStore()), run(threads=2, store=MemoryStore()))


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_length_means_nothing(similarity: str) -> None:
    result = run(similarity=similarity)
    same(run(V * 2.0**40, similarity=similarity), result)  # a power of two changes no digit
    for scale in (1e-30, 3.7, 1e150):
        scaled = run(V * scale, similarity=similarity)
        np.testing.assert_array_equal(scaled.neighbors.ids, result.neighbors.ids)
        np.testing.assert_allclose(scaled.statistic, result.statistic, rtol=1e-12)


def test_both_ends_are_two_directions() -> None:
    both = run(both_ends=True, groups=["a", "b"] * 30)
    assert len(both) == 120 and both.names[6:8] == ["vector[3]", "vector[3] (−)"]
    for start, one in ((0, run()), (1, run(-V))):
        np.testing.assert_array_equal(both.statistic[start::2], one.statistic)
        np.testing.assert_array_equal(both.pvalue[start::2], one.pvalue)
    assert not np.array_equal(both.statistic[::2], both.statistic[1::2])
    assert [both.group_name(row) for row in range(4)] == ["a", "a", "b", "b"]
    np.testing.assert_array_equal(both.qvalue, q_values(both.pvalue))
    given = given_directions(SPACE, V, similarity="cosine", centered=True, both_ends=True)
    for low, high in ((0, 120), (1, 2), (3, 8), (4, 4), (119, 120)):
        np.testing.assert_array_equal(
            given.read(low, high), np.stack([V, -V], 1).reshape(-1, D)[low:high]
        )


def test_what_cannot_be_tested_is_told_and_keeps_its_place() -> None:
    bad = V.copy()
    bad[3], bad[5, 2], bad[6, 0], bad[8] = 0, np.nan, -np.inf, 0.25
    result = run(bad)
    assert result.untestable == {"zero": 1, "not finite": 2, "constant": 1}
    good = np.ones(60, dtype=bool)
    good[[3, 5, 6, 8]] = False
    np.testing.assert_array_equal(result.testable, good)
    for array in (result.statistic, result.pvalue, result.qvalue, result.neighbors.similarity):
        assert np.isnan(array[~good]).all() and not np.isnan(array[good]).any()
    assert (result.neighbors.ids[~good] == -1).all()
    alone = run(V[good])
    np.testing.assert_array_equal(result.pvalue[good], alone.pvalue)
    np.testing.assert_array_equal(result.qvalue[good], alone.qvalue)
    record = result.to_dict()
    assert record["untestable"][0] == {"direction": "vector[3]", "reason": "zero"}
    assert len(record["untestable"]) == 4 and len(record["results"]) == 56
    assert (result.overall.n, result.overall.untestable) == (56, 4)


def test_shares_by_group() -> None:
    rng = np.random.default_rng(2)
    p, group_of = rng.uniform(size=(400, 4)) ** 4, rng.integers(0, 3, 400)
    p[7] = np.nan
    q = q_values(p)
    shares = shares_by_group(p, q, ["a", "b", "c", "nobody's"], group_of)
    assert [one.name for one in shares] == ["a", "b", "c"]
    for g, one in enumerate(shares):
        mine = group_of == g
        assert one.n == np.count_nonzero(mine & ~np.isnan(p[:, 0]))
        assert one.untestable == int(g == group_of[7])
        for s in range(4):
            assert one.below_p[s] == sum(value < 0.05 for value in p[mine, s])
            assert one.share_q(s) == sum(value < 0.05 for value in q[mine, s]) / one.n
            assert one.interval_p(s) == wilson(one.share_p(s), one.n)
    empty = GroupShares("x", 0, 3, (0, 0, 0, 0), (0, 0, 0, 0))
    assert np.isnan(empty.share_p(0)) and empty.interval_q(1) == (0.0, 1.0)
    assert empty.to_dict()["by_statistic"]["label"]["share_p_below_0.05"] is None


def test_groups_of_the_user() -> None:
    result = run(groups=["late"] * 20 + ["early"] * 40)
    assert [(one.name, one.n) for one in result.groups] == [("late", 20), ("early", 40)]
    assert result.group_name(19) == "late" and result.group_name(20) == "early"
    assert run().groups == () and run().group_name(0) is None


def test_orders() -> None:
    result = run(np.concatenate([V, np.zeros((1, D)), group_means(SPACE)]))
    for column, statistic in enumerate(("nearness", "cosine", "coherence", "label")):
        order = result.order("p", statistic)
        assert len(order) == 65 and 60 not in order
        assert (np.diff(result.pvalue[order, column]) >= 0).all()
        np.testing.assert_array_equal(result.order("q", statistic), order)
    ties = result.order("p", "cosine")[:5]
    assert set(ties.tolist()) == {61, 62, 63, 64, 65}
    assert (np.diff(result.statistic[ties, 1]) <= 0).all()
    assert (np.diff(result.statistic[result.order("T"), 2]) <= 0).all()
    names = [result.names[i] for i in result.order("name")]
    assert names[:3] == ["vector[0]", "vector[1]", "vector[2]"] and names[-1] == "vector[65]"
    with pytest.raises(InputError, match="unknown order 'cosine'"):
        result.order("cosine")
    with pytest.raises(InputError, match="unknown statistic 'T'"):
        result.order("p", "T")
    top = result.top(3, statistic="coherence")
    np.testing.assert_array_equal(top.rows, result.order("p", "coherence")[:3])
    record = top.to_dict()
    assert [row["direction"] for row in record["results"]] == [result.names[i] for i in top.rows]
    assert record["order"] == {"by": "p", "statistic": "coherence"}
    assert len(result.top(0).rows) == 65


class Tensor:
    """What a PyTorch tensor of bfloat16 is to us."""

    def __init__(self, values: npt.NDArray[Any], known: bool = False) -> None:
        self.values, self.known = values, known

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def float(self) -> Tensor:
        return Tensor(self.values.astype(np.float32), True)

    def numpy(self) -> npt.NDArray[Any]:
        if not self.known:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.values


class Readable:
    """Directions in ranges, as a file gives them."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self.values = values
        self.names = [f"W[{i}]" for i in range(len(values))]
        self.groups, self.group_of = ("W",), np.zeros(len(values), dtype=np.intp)

    def __len__(self) -> int:
        return len(self.values)

    def block(self, low: int, high: int) -> npt.NDArray[Any]:
        return self.values[low:high]


def test_directions_of_all_kinds() -> None:
    whole = V.astype(np.float32)
    result = run(whole)
    same(run(Tensor(whole)), result)
    same(run(whole.tolist()), run(whole.astype(np.float64)))
    read = run(Readable(whole))
    same(read, result)
    assert read.names[1] == "W[1]" and read.groups[0].n == 60
    single = run(whole[4])
    np.testing.assert_array_equal(single.pvalue, result.pvalue[4:5])
    assert list(single.names) == ["vector"] and result.names[4] == "vector[4]"
    random = run(RandomDirections(D, 3, first=7, seed=2))
    assert list(random.names) == [f"seed 2, index {i}" for i in (7, 8, 9)]
    same(random, run(RandomDirections(D, 9, first=7, seed=2)[:3]))
    assert run(whole[:2], names=["a", "b"]).names == ["a", "b"]
    assert run((V > 0).astype(np.int8)).source["what"] == "array"
    digests = [run(x).source["sha256"] for x in (whole, whole.copy(), V, whole[:-1])]
    assert digests[0] == digests[1] and len(set(digests)) == 3


def test_tokens_are_looked_up_as_nearest_does_without_themselves() -> None:
    sums = [TokenExpression("mine", ("t0", " t0"), ("t5",)), TokenExpression("x", ("t7",), ("t8",))]
    result = run(sums)
    for i, one in enumerate(sums):
        found = nearest(SPACE, positive=one.positive, negative=one.negative, k=5, centered=True)
        np.testing.assert_array_equal(result.neighbors.ids[i], found.ids[0])
    assert list(result.names) == ["mine", "x"] and result.settings.own_left_out
    alone = run(["t7", " t9"])
    assert SPACE.vocabulary.id("t7") not in alone.neighbors.ids[0] and list(alone.names) == ["t7", "␣t9"]
    assert len(run("t7")) == len(run(7)) == 1


@pytest.mark.parametrize(
    ("directions", "options", "match"),
    [
        (np.ones((2, D + 1)), {}, "13 dimensions, but planted has 12"),
        (RandomDirections(D + 1, 2), {}, "13 dimensions, but planted has 12"),
        (np.empty((0, D)), {}, "no directions to test"),
        ([], {}, "no directions to test"),
        (None, {}, "no directions to test"),
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
        (V, {"names": ["a"]}, "1 names for 60 directions"),
        (V, {"groups": ["a"]}, "1 groups for 60 directions"),
        (V, {"statistic": "best"}, "unknown statistic 'best'"),
        (V, {"settle": 2.0}, "level to settle"),
    ],
)
def test_what_cannot_be_asked(directions: Any, options: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        run(directions, **options)
    assert "\n" not in str(caught.value)


def test_progress_counts_draws_and_directions() -> None:
    told: list[int] = []
    run(n_null=1500, store=MemoryStore(), progress=told.append)
    assert sum(told) == 1500 + 60


def test_what_is_done_is_a_result_of_its_own() -> None:
    testing = DirectionTesting(SPACE, V, k=5, labels=LABELS, store=STORE, groups=["a"] * 30 + ["b"] * 30)
    draws = testing.null(999)
    (everything,) = testing.blocks()
    (rest,) = testing.blocks(20)
    np.testing.assert_array_equal(rest.statistic, everything.statistic[20:])
    part = Measured(
        everything.statistic[:20],
        everything.ids[:20],
        everything.similarity[:20],
        everything.reason[:20],
    )
    stopped = testing.result(part, draws)
    assert len(stopped) == 20 and stopped.n_given == 60 and not stopped.complete
    np.testing.assert_array_equal(stopped.pvalue, run().pvalue[:20])
    assert [one.name for one in stopped.groups] == ["a"]
    whole = testing.result(testing.join([part, rest]), draws)
    same(whole, run())
    assert whole.complete
    with pytest.raises(InputError, match="no direction has been tested yet"):
        testing.result(testing.join([]), draws)


def test_a_tied_model_says_so(bundled: ts.EmbeddingSpace) -> None:
    assert not run().tied
    v = RandomDirections(576, 2)
    assert directiontest.test_directions(bundled, v, n_null=1).tied
