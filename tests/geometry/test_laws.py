from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.geometry.compute import workers
from tokensphere.geometry.directions import random_directions
from tokensphere.geometry.laws import (
    BLOCK,
    FIRST_DIRECTION,
    LAWS,
    Isotropic,
    NullLaw,
    Sample,
    Stream,
    TokenSums,
    gaussian_law,
)
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.surrogate import unit_covariance

D = 6


def matrix(n: int = 200, d: int = D, seed: int = 0) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) * np.arange(1, d + 1) + 0.5).astype(np.float32)


def laws(seed: int = 0) -> dict[str, NullLaw]:
    rows = matrix()
    return {
        "isotropic": Isotropic(D, seed),
        "covariance": gaussian_law(unit_covariance(Rows.of(rows)), seed),
        "own": gaussian_law(np.eye(D), seed, mean=np.ones(D), key="own"),
        "difference": sums([1.0, -1.0], seed),
        "frequency": sums([1.0, -1.0], seed, key="frequency"),
        "sample": Sample(matrix(5 * BLOCK), seed),
    }


def sums(weights: Sequence[float], seed: int, key: Stream = "difference") -> TokenSums:
    """Of 200 rows, all in one pool."""
    rows, places = matrix().astype(np.float64), (0,) * len(weights)
    return TokenSums(np.array(weights), [np.arange(200)], places, rows.__getitem__, seed, key)


def many(law: NullLaw, blocks: int) -> npt.NDArray[np.floating]:
    return np.concatenate([law.block(number).vectors for number in range(blocks)])


def test_every_name_is_a_law() -> None:
    assert set(laws()) == set(LAWS)


@every("name", LAWS)
def test_a_draw_is_one_fixed_vector(name: str) -> None:
    """Whatever was drawn before, by however many threads; another seed or block: others."""
    law, again = laws(3)[name], laws(3)[name]
    later = law.block(2).vectors
    np.testing.assert_array_equal(law.block(0).vectors, again.block(0).vectors)
    with workers(2):
        np.testing.assert_array_equal(again.block(2).vectors, later)
    assert later.shape == (BLOCK, D) and np.isfinite(later).all() and later.any(axis=1).all()
    for other in (law.block(0).vectors, laws(4)[name].block(2).vectors):
        assert not np.array_equal(later, other)


def test_isotropic_draws_are_named_directions_that_no_survey_meets() -> None:
    assert FIRST_DIRECTION == 2**40  # part of what a cited null is
    drawn = Isotropic(D, 5).block(3).vectors
    first = 2**40 + 3 * BLOCK
    np.testing.assert_array_equal(drawn, random_directions(D, range(first, first + BLOCK), seed=5))


def test_covariance_draws_have_that_covariance_and_mean_zero() -> None:
    rows = matrix()
    covariance = unit_covariance(Rows.of(rows))
    drawn = many(gaussian_law(covariance, 1), 40).astype(np.float64)
    n = len(drawn)
    sd = np.sqrt(np.diag(covariance))
    assert (np.abs(drawn.mean(axis=0)) < 4.5 * sd / np.sqrt(n)).all()
    error = np.sqrt((covariance**2 + np.outer(sd, sd) ** 2) / n)  # of a Wishart entry
    assert (np.abs(drawn.T @ drawn / n - covariance) < 4.5 * error).all()
    for column in range(D):
        assert stats.kstest(drawn[:, column] / sd[column], "norm").pvalue > 0.001


@every("rank", [1, 3])
def test_a_covariance_of_any_rank(rank: int) -> None:
    """Of fewer rows than dimensions: draws lie in the span of the covariance, and nowhere else."""
    factor = np.random.default_rng(0).standard_normal((D, rank))
    law = gaussian_law(factor @ factor.T, 0)
    basis = np.linalg.qr(factor)[0]
    drawn = law.block(0).vectors.astype(np.float64)
    rest = drawn - (drawn @ basis) @ basis.T
    assert np.abs(rest).max() < 1e-5 * np.abs(drawn).max()
    assert np.linalg.matrix_rank(drawn, tol=1e-3) == rank
    np.testing.assert_allclose(law.root @ law.root, factor @ factor.T, atol=1e-5)
    np.testing.assert_array_equal(law.root, law.root.T)


def test_no_covariance_no_draws() -> None:
    with pytest.raises(InputError, match="all rows have the same direction"):
        gaussian_law(np.zeros((D, D)), 0)


def test_a_mean_is_added() -> None:
    zero, moved = (
        gaussian_law(np.eye(D), 3, mean=mean) for mean in (np.zeros(D), np.arange(D) * np.ones(D))
    )
    np.testing.assert_allclose(
        moved.block(1).vectors - zero.block(1).vectors, np.tile(np.arange(D), (BLOCK, 1)), atol=1e-6
    )


def test_sums_are_of_different_rows_all_choices_alike() -> None:
    rows, ids = matrix(5).astype(np.float64), np.array([7, 2, 9, 4, 1])
    table = dict(zip(ids.tolist(), rows, strict=True))

    def row(some: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.stack([table[i] for i in some.tolist()])

    for weights in ([1.0], [1.0, -1.0], [2.0, 1.0, -1.0]):
        law, counts = TokenSums(np.array(weights), [ids], (0,) * len(weights), row, 0), Counter[Any]()
        for number in range(10):
            drawn = law.block(number)
            made_of = drawn.made_of
            want = sum(w * row(made_of[:, place]) for place, w in enumerate(weights))
            np.testing.assert_allclose(drawn.vectors, want, rtol=1e-12, atol=1e-12)
            counts.update(map(tuple, made_of.tolist()))
        assert len(counts) == math.perm(5, len(weights))
        assert all(len(set(made_of)) == len(made_of) for made_of in counts)
        assert stats.chisquare(list(counts.values())).pvalue > 0.001


def test_each_row_of_a_sum_is_of_its_own_pool() -> None:
    rows = matrix().astype(np.float64)
    pools = [np.arange(50), np.arange(50, 200)]
    drawn = TokenSums(np.ones(4), pools, (1, 0, 1, 1), rows.__getitem__, 0).block(0).made_of
    assert ((drawn < 50) == [False, True, False, False]).all()
    assert all(len(set(made_of)) == 4 for made_of in drawn.tolist())


def test_equal_rows_have_no_difference() -> None:
    rows = np.zeros((50, 3))
    rows[:10] = 1

    def law(n: int, table: npt.NDArray[np.float64]) -> TokenSums:
        return TokenSums(np.array([1.0, -1.0]), [np.arange(n)], (0, 0), table.__getitem__, 0)

    drawn = law(50, rows).block(0)
    assert (np.abs(drawn.vectors) == 1).all() and ((drawn.made_of < 10).sum(axis=1) == 1).all()
    with pytest.raises(InputError, match="nearly all rows are equal"):
        law(50, np.ones((50, 3))).block(0)
    with pytest.raises(InputError, match="only 1 tokens have a direction; a draw needs 2"):
        law(1, rows).block(0)


@every("n", [1, 7, BLOCK, 2 * BLOCK + 5])
def test_a_sample_gives_each_row_once(n: int) -> None:
    rows = np.arange(float(n))[:, None] + 1
    blocks = [Sample(rows, 2).block(number) for number in range(-(-n // BLOCK))]
    assert [len(block.vectors) for block in blocks[:-1]] == [BLOCK] * (len(blocks) - 1)
    drawn = np.concatenate([block.vectors for block in blocks])[:, 0]
    np.testing.assert_array_equal(np.sort(drawn), rows[:, 0])
    assert all(len(block.vectors) == len(block.made_of) for block in blocks)


def test_the_first_rows_of_a_sample_are_any() -> None:
    rows = np.arange(4.0)[:, None]
    first = Counter(float(Sample(rows, seed).block(0).vectors[0, 0]) for seed in range(2000))
    assert stats.chisquare(list(first.values())).pvalue > 0.001 and len(first) == 4


def test_laws_do_not_share_their_random_numbers() -> None:
    """Else a random direction tested beside the covariance null would meet its own numbers."""
    identity: Any = gaussian_law(np.eye(D), 0).block(0).vectors
    lengths = np.linalg.norm(identity, axis=1)[:, None]
    same = np.sum(random_directions(D, range(BLOCK), seed=0) * identity / lengths, axis=1)
    assert abs(same.mean()) < 5 / np.sqrt(D * BLOCK)
