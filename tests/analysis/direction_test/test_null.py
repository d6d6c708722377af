"""Directions drawn from a null have uniform p-values; that is what makes it one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import tokensphere as ts
from tests.analysis.direction_test.spaces import D, labels, planted_space
from tokensphere.analysis.direction_test import job as directiontest
from tokensphere.analysis.direction_test import measure as directiontest_measure
from tokensphere.analysis.direction_test.null import exceedances, p_values
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.lists import find_lists
from tokensphere.directions.expressions import TokenExpression
from tokensphere.errors import InputError
from tokensphere.geometry import laws
from tokensphere.geometry.directions import RandomDirections
from tokensphere.statistics import draws as naming_draws
from tokensphere.statistics.draws import MemoryStore

M = 2048
LABELS = labels()
CREATED = planted_space()
SAMPLE = np.random.default_rng(8).standard_normal((40_000, D)) ** 3


def drawn_from(law: str, space: ts.EmbeddingSpace, seed: int) -> Any:
    """M directions of a law, by other means than the test's own null."""
    rng = np.random.default_rng(seed)
    if law == "isotropic":
        return RandomDirections(D, M, first=100, seed=seed)
    if law == "covariance":
        unit = space.vectors / np.linalg.norm(space.vectors, axis=1)[:, None]
        return rng.multivariate_normal(np.zeros(D), np.cov(unit.T, bias=True), size=M)
    if law == "difference":
        pairs = np.stack([rng.choice(len(space.vectors), 2, replace=False) for _ in range(M)])
        return space.vectors[pairs[:, 0]] - space.vectors[pairs[:, 1]]
    if law == "difference of tokens":
        tokens = [space.vocabulary.text(i) or "" for i in range(len(space.vectors))]
        pairs = np.stack([rng.choice(len(tokens), 2, replace=False) for _ in range(M)])
        return [TokenExpression(f"{a}-{b}", (tokens[a],), (tokens[b],)) for a, b in pairs.tolist()]
    return SAMPLE[rng.integers(len(SAMPLE), size=M)]


@pytest.mark.parametrize(
    ("law", "how"),
    [
        ("isotropic", {}),
        ("isotropic", {"forms": True}),
        ("isotropic", {"centered": False}),
        ("isotropic", {"similarity": "dot", "centered": False}),
        ("covariance", {}),
        ("covariance", {"similarity": "dot"}),
        ("difference", {}),
        ("difference of tokens", {}),
        ("difference of tokens", {"forms": True, "centered": False}),
        ("difference of tokens", {"similarity": "dot", "centered": False}),
        ("sample", {}),
    ],
)
def test_directions_of_the_null_have_uniform_p(law: str, how: dict[str, Any]) -> None:
    result = directiontest.test_directions(
        CREATED, drawn_from(law, CREATED, 11), null=law.split()[0], n_null=20_480, k=5, labels=LABELS,
        sample=SAMPLE if law == "sample" else None, store=MemoryStore(), seed=1, **how,
    )  # fmt: skip
    p = result.pvalue
    assert p.shape == (M, 4) and result.floor <= p.min() and p.max() <= 1
    assert not has_ties(result.statistic[:, :2])  # or the test below would be too mild
    for column in range(4):
        if has_ties(result.statistic[:, column]):
            uniform_at_its_steps(p[:, column])
        else:
            assert stats.kstest(p[:, column], "uniform").pvalue > 0.001, column


def has_ties(values: np.ndarray) -> bool:
    return len(np.unique(values)) < 0.9 * len(values)


def uniform_at_its_steps(p: np.ndarray) -> None:
    """With ties, p is at most as often small as it should be, and at its own steps just as often."""
    steps = np.unique(p)
    for level in (0.01, 0.05, 0.2, *steps[steps < 0.9][:: max(len(steps) // 8, 1)].tolist()):
        error = 4 * np.sqrt(level * (1 - level) * (1 / M + 1 / 20_480)) + 1e-9
        assert np.mean(p <= level) <= level + error
        if level in steps:
            assert np.mean(p <= level) >= level - error


def test_own_tokens_would_make_a_difference_of_vectors_too_surprising() -> None:
    """The trap: of vectors, both tokens are found; left out in the null alone, p would be small."""
    vectors = drawn_from("difference", CREATED, 5)[:300]
    how: Any = {"n_null": 2048, "k": 5, "labels": LABELS, "store": MemoryStore()}
    as_vectors = directiontest.test_directions(CREATED, vectors, null="difference", **how)
    tokens = drawn_from("difference of tokens", CREATED, 5)[:300]
    as_tokens = directiontest.test_directions(CREATED, tokens, null="difference", **how)
    assert as_vectors.settings.own_left_out is False and as_tokens.settings.own_left_out is True
    assert as_vectors.null_distribution[:, 1].mean() > as_tokens.null_distribution[:, 1].mean() + 0.02
    wrong = p_values(as_vectors.statistic, as_tokens.null_distribution)
    assert np.mean(wrong[:, 1] < 0.05) > 0.15


def test_blocks_of_draws_are_those_that_are_kept() -> None:
    assert laws.BLOCK == naming_draws.BLOCK


def test_p_values_are_counts() -> None:
    rng = np.random.default_rng(0)
    null, statistic = rng.integers(0, 9, (50, 4)) / 9, rng.integers(0, 9, (20, 4)) / 9
    statistic[4] = np.nan
    found, reached = p_values(statistic, null), exceedances(statistic, null)
    for i, row in enumerate(statistic):
        counts = [
            *(sum(b >= row[column] for b in null[:, column]) for column in (0, 1, 2)),
            sum(b <= row[3] for b in null[:, 3]),
        ]
        if i == 4:
            assert np.isnan(found[i]).all() and (reached[i] == 50).all()
        else:
            assert reached[i].tolist() == counts
            assert found[i].tolist() == [(1 + count) / 51 for count in counts]


def test_more_draws_are_those_there_were_and_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def counted(*arguments: Any) -> Any:
        searched.append(len(arguments[1]))
        return find_lists(*arguments)

    monkeypatch.setattr(directiontest_measure, "find_lists", counted)
    store = MemoryStore()

    def run(n_null: int, **options: Any) -> DirectionTest:
        searched.clear()
        return directiontest.test_directions(
            CREATED, np.eye(D), n_null=n_null, k=5, labels=LABELS, **{"store": store, **options}
        )

    few = run(1500)
    assert searched == [2048, D]
    again = run(1500)
    assert searched == [D]
    np.testing.assert_array_equal(again.null_distribution, few.null_distribution)
    more = run(3000)
    assert searched == [1024, D]
    np.testing.assert_array_equal(more.null_distribution[:1500], few.null_distribution)
    at_once = run(3000, store=MemoryStore())
    np.testing.assert_array_equal(more.null_distribution, at_once.null_distribution)
    for other in (
        {"seed": 1}, {"null": "covariance"}, {"centered": False}, {"similarity": "dot"}, {"forms": True},
        {"null": "sample", "sample": SAMPLE}, {"null": "sample", "sample": SAMPLE[1:]},
        {"null": "difference"},
    ):  # fmt: skip
        run(100, **other)
        assert searched[0] == 1024, other
    tokens = [TokenExpression("x", ("t1",), ("t2",))]
    searched.clear()
    directiontest.test_directions(
        CREATED, tokens, null="difference", n_null=100, k=5, labels=LABELS, store=store
    )
    assert searched == [1024, 1]  # differences of tokens are others than those of vectors


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"null": "normal"}, "unknown null 'normal'"),
        ({"null": "sample"}, "needs a sample"),
        ({"sample": SAMPLE}, "a sample is given, but the null is 'isotropic'"),
        ({"null": "sample", "sample": np.zeros((3, D))}, "no row of the sample is a direction"),
        ({"null": "sample", "sample": np.ones((3, D + 1))}, "13 dimensions"),
        ({"n_null": 0}, "0 draws of a null"),
        ({"seed": -1}, "the seed is -1"),
    ],
)
def test_nulls_that_there_are_not(options: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        directiontest.test_directions(CREATED, np.eye(D), k=5, labels=LABELS, **options)
    assert "\n" not in str(caught.value)


def test_rows_of_a_sample_that_are_no_directions_are_left_out_and_counted() -> None:
    sample = SAMPLE.copy()
    sample[[5, 9]], sample[7, 3] = 0, np.nan
    result = directiontest.test_directions(
        CREATED, np.eye(D), null="sample", sample=sample, n_null=500, k=5, labels=LABELS
    )
    assert result.sample_left_out == 3 and not np.isnan(result.null_distribution).any()
    assert result.to_dict()["sample_left_out"] == 3
