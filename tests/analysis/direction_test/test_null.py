"""Directions drawn from a null have uniform p-values; that is what makes it one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import tokensphere as ts
from tests.analysis.direction_test.spaces import SPACE, D, run
from tests.analysis.spaces import unit_rows
from tests.cases import case
from tokensphere.analysis import lists
from tokensphere.analysis.direction_test.statistics import STATISTICS
from tokensphere.directions.tokens import TokenSum
from tokensphere.errors import InputError
from tokensphere.geometry import laws
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.search import top_k
from tokensphere.statistics import draws as kept_draws
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.pvalues import p_values

M, AXES = 2048, np.eye(D)
SAMPLE = np.random.default_rng(8).standard_normal((40_000, D)) ** 3


def drawn_from(law: str, space: ts.EmbeddingSpace, seed: int) -> Any:
    """M directions of a law, by other means than the test's own null."""
    rng = np.random.default_rng(seed)
    if law == "isotropic":
        return RandomDirections(D, M, first=100, seed=seed)
    if law == "covariance":
        covariance = np.cov(unit_rows(space).T, bias=True)
        return rng.multivariate_normal(np.zeros(D), covariance, size=M)
    if law == "difference":
        pairs = np.stack([rng.choice(len(space.vectors), 2, replace=False) for _ in range(M)])
        return space.vectors[pairs[:, 0]] - space.vectors[pairs[:, 1]]
    if law == "difference of tokens":
        tokens = [space.vocabulary.text(i) or "" for i in range(len(space.vectors))]
        pairs = np.stack([rng.choice(len(tokens), 2, replace=False) for _ in range(M)])
        return [TokenSum((tokens[a],), (tokens[b],), f"{a}-{b}") for a, b in pairs.tolist()]
    return SAMPLE[rng.integers(len(SAMPLE), size=M)]


@pytest.mark.parametrize(
    ("law", "how"),
    [
        ("isotropic", {}),
        pytest.param("isotropic", {"forms": True}, marks=pytest.mark.slow),
        pytest.param("isotropic", {"centered": False}, marks=pytest.mark.slow),
        pytest.param("isotropic", {"similarity": "dot", "centered": False}, marks=pytest.mark.slow),
        pytest.param("covariance", {}, marks=pytest.mark.slow),
        ("covariance", {"similarity": "dot", "forms": True}),
        pytest.param("covariance", {"similarity": "dot"}, marks=pytest.mark.slow),
        ("difference", {}),
        pytest.param("difference of tokens", {}, marks=pytest.mark.slow),
        pytest.param("difference of tokens", {"forms": True, "centered": False}, marks=pytest.mark.slow),
        pytest.param(
            "difference of tokens", {"similarity": "dot", "centered": False}, marks=pytest.mark.slow
        ),
        ("sample", {"centered": False}),
        pytest.param("sample", {}, marks=pytest.mark.slow),
    ],
)
def test_directions_of_the_null_have_uniform_p(law: str, how: dict[str, Any]) -> None:
    null = {"law": law.split()[0], "sample": SAMPLE if law == "sample" else None, "seed": 1}
    drawn = drawn_from(law, SPACE, 11)
    result = run(drawn, draws=20_480, store=MemoryStore(), **null, **how)
    for name, found in result.tested.items():
        p = found.pvalue
        assert p.shape == (M,) and result.floor <= p.min() and p.max() <= 1
        if has_ties(found.values):
            assert name not in ("nearness", "cosine")  # or the test would be too mild
            uniform_at_its_steps(p)
        else:
            assert stats.kstest(p, "uniform").pvalue > 0.001, name


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
    how: dict[str, Any] = {"law": "difference", "draws": 2048}
    as_vectors = run(drawn_from("difference", SPACE, 5)[:300], **how)
    as_tokens = run(drawn_from("difference of tokens", SPACE, 5)[:300], **how)
    assert as_vectors.own_left_out is False and as_tokens.own_left_out is True
    of_vectors, of_tokens = as_vectors["cosine"], as_tokens["cosine"]
    assert of_vectors.null_distribution.mean() > of_tokens.null_distribution.mean() + 0.02
    wrong = p_values(of_vectors.values, of_tokens.null_distribution)
    assert np.mean(wrong < 0.05) > 0.15


def test_blocks_of_draws_are_those_that_are_kept() -> None:
    assert laws.BLOCK == kept_draws.BLOCK


def test_more_draws_are_those_there_were_and_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def counted(*arguments: Any) -> Any:
        searched.append(len(arguments[1]))
        return top_k(*arguments)

    monkeypatch.setattr(lists, "top_k", counted)
    store = MemoryStore()

    def null_of(directions: Any = AXES, **how: Any) -> Any:
        searched.clear()
        result = run(directions, **{"store": store, **how})
        return np.stack([result[name].null_distribution for name in STATISTICS])

    few = null_of(draws=1500)
    assert searched == [2048, D]
    again = null_of(draws=1500)
    assert searched == [D]
    np.testing.assert_array_equal(again, few)
    more = null_of(draws=3000)
    assert searched == [1024, D]
    np.testing.assert_array_equal(more[:, :1500], few)
    np.testing.assert_array_equal(more, null_of(draws=3000, store=MemoryStore()))
    others: list[dict[str, Any]] = [
        {"seed": 1}, {"law": "covariance"}, {"centered": False}, {"similarity": "dot"}, {"forms": True},
        {"law": "sample", "sample": SAMPLE}, {"law": "sample", "sample": SAMPLE[1:]},
        {"law": "difference"},
    ]  # fmt: skip
    for other in others:
        null_of(draws=100, **other)
        assert searched[0] in (1024, 2048), other  # of a sample, all that was not there
    pair, more = TokenSum(("t1",), ("t2",), "x"), TokenSum(("t1", "t3"), ("t2",), "y")
    for given in (pair, more):
        null_of([given], law="difference", draws=100)
        assert searched[0] == 1024  # sums of tokens are others than differences of vectors
        null_of([given], law="difference", draws=100)
        assert searched == [1]


def test_nulls_that_there_are_not() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"law": "normal"}, "unknown null 'normal'"),
        ({"law": "sample"}, "needs a sample"),
        ({"sample": SAMPLE}, "a sample is given, but no null is named"),
        ({"sample": SAMPLE, "law": "own"}, "a sample is given, but the null is 'own'"),
        ({"tenths": "norms"}, "tenths are for the null 'frequency', and no null is named"),
        (
            {"tenths": "norms", "law": "own"},
            "tenths are for the null 'frequency', and the null is 'own'",
        ),
        ({"law": "frequency", "tenths": "words"}, "unknown tenths 'words'"),
        ({"law": "frequency"}, "of vectors nobody knows these"),
        ({"law": "sample", "sample": np.zeros((3, D))}, "no row of the sample is a direction"),
        ({"law": "sample", "sample": np.ones((3, D + 1))}, "13 dimensions"),
        ({"draws": 0}, "draws is 0, but must be"),
        ({"seed": -1}, "the seed is -1"),
    ]
    for options, match in wrong:
        with case(options):
            with pytest.raises(InputError, match=match) as caught:
                run(np.eye(D), **options)
            assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="unknown null 'normal'"):
        run(np.eye(D), null="normal")


def test_the_null_of_tokens_is_another_than_that_of_vectors() -> None:
    for given, law in (
        (AXES, "isotropic"), (RandomDirections(D, 5), "isotropic"), ("t1", "difference"),
        (["t1", "t2"], "difference"), ([TokenSum(("t1",), ("t2",))], "difference"),
    ):  # fmt: skip
        found = run(given, draws=100)
        with case(law=law, given=given):
            assert found.null.spec.law == law and found.null.because is not None
            named = run(given, draws=100, law=law)
            assert named.null.because is None
            np.testing.assert_array_equal(found["nearness"].pvalue, named["nearness"].pvalue)
    assert ts.direction_test(SPACE, AXES, null="covariance").null.spec.law == "covariance"
    assert ts.direction_test(SPACE, "t1").null.spec.law == "difference"


def test_rows_of_a_sample_that_are_no_directions_are_left_out_and_counted() -> None:
    sample = SAMPLE.copy()
    sample[[5, 9]], sample[7, 3] = 0, np.nan
    result = run(np.eye(D), law="sample", draws=500, sample=sample)
    assert result.null.left_out == 3 == result.to_dict()["sample_left_out"]
    assert not any(np.isnan(found.null_distribution).any() for found in result.tested.values())


def test_each_row_of_a_sample_counts_once() -> None:
    """N rows say nothing finer than 1/(N + 1), however many draws are asked for."""
    sample = np.random.default_rng(4).standard_normal((50, D))
    for draws, most in ((10_000, 50), (20, 20)):
        result = run(AXES, law="sample", sample=sample, draws=draws)
        assert result.n_draws == most and result.floor == 1 / (most + 1)
    whole, measured = run(AXES, law="sample", sample=sample), run(sample)
    for name in STATISTICS:
        found = whole[name]
        np.testing.assert_array_equal(
            np.sort(found.null_distribution), np.sort(measured[name].values), err_msg=name
        )
        shuffled = run(AXES, law="sample", sample=sample, seed=5)[name]
        np.testing.assert_array_equal(found.pvalue, shuffled.pvalue)


def test_a_small_sample_of_the_null_finds_nothing() -> None:
    """With replacement, 50 rows gave q below 0.05 to 21 of 1,000 directions that are chance."""
    small, p = 0, []
    for seed in range(25):
        sample = np.random.default_rng(seed).standard_normal((50, D))
        result = run(RandomDirections(D, 200, first=200 * seed, seed=9), law="sample", sample=sample)
        p.append(result["nearness"].pvalue)
        small += sum(result.overall[name].q.count for name in STATISTICS)
    assert small == 0
    for level in (1 / 51, 0.05, 0.2, 0.5):  # the samples differ: a sample's own share is a beta number
        attained = np.floor(level * 51 + 1e-9) / 51
        assert abs(np.mean(np.concatenate(p) <= level) - attained) < 4 * np.sqrt(attained / 51 / 25)
