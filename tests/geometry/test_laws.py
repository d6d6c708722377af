from __future__ import annotations

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
    Differences,
    Isotropic,
    NullLaw,
    Sample,
    covariance_law,
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
        "covariance": covariance_law(unit_covariance(Rows.of(rows)), seed),
        "difference": Differences(np.arange(200), lambda ids: rows[ids].astype(np.float64), seed),
        "sample": Sample(rows, seed),
    }


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
    drawn = many(covariance_law(covariance, 1), 40).astype(np.float64)
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
    law = covariance_law(factor @ factor.T, 0)
    basis = np.linalg.qr(factor)[0]
    drawn = law.block(0).vectors.astype(np.float64)
    rest = drawn - (drawn @ basis) @ basis.T
    assert np.abs(rest).max() < 1e-5 * np.abs(drawn).max()
    assert np.linalg.matrix_rank(drawn, tol=1e-3) == rank
    np.testing.assert_allclose(law.root @ law.root, factor @ factor.T, atol=1e-5)
    np.testing.assert_array_equal(law.root, law.root.T)


def test_no_covariance_no_draws() -> None:
    with pytest.raises(InputError, match="all rows have the same direction"):
        covariance_law(np.zeros((D, D)), 0)


def test_differences_are_of_two_different_rows_all_pairs_alike() -> None:
    rows = matrix(5)
    ids = np.array([7, 2, 9, 4, 1])
    table = {int(id): row.astype(np.float64) for id, row in zip(ids, rows, strict=True)}
    law = Differences(ids, lambda some: np.stack([table[i] for i in some.tolist()]), 0)
    counts: dict[tuple[int, int], int] = {}
    for number in range(10):
        drawn = law.block(number)
        for vector, (a, b) in zip(drawn.vectors, drawn.made_of.tolist(), strict=True):
            np.testing.assert_array_equal(vector, table[a] - table[b])
            counts[a, b] = counts.get((a, b), 0) + 1
    assert len(counts) == 5 * 4 and all(a != b for a, b in counts)
    assert stats.chisquare(list(counts.values())).pvalue > 0.001


def test_equal_rows_have_no_difference() -> None:
    rows = np.zeros((50, 3))
    rows[:10] = 1
    law = Differences(np.arange(50), lambda ids: rows[ids], 0)
    drawn = law.block(0)
    assert (np.abs(drawn.vectors) == 1).all() and ((drawn.made_of < 10).sum(axis=1) == 1).all()
    with pytest.raises(InputError, match="nearly all rows are equal"):
        Differences(np.arange(50), lambda ids: np.ones((len(ids), 3)), 0).block(0)
    with pytest.raises(InputError, match="only 1 tokens have a direction"):
        Differences(np.arange(1), lambda ids: rows[ids], 0).block(0)


def test_a_sample_is_drawn_with_replacement_every_row_alike() -> None:
    rows = np.arange(7.0)[:, None] + 1
    drawn = many(Sample(rows, 2), 10)
    values, counts = np.unique(drawn, return_counts=True)
    np.testing.assert_array_equal(values, rows[:, 0])
    assert stats.chisquare(counts).pvalue > 0.001


def test_laws_do_not_share_their_random_numbers() -> None:
    """Else a random direction tested beside the covariance null would meet its own numbers."""
    identity: Any = covariance_law(np.eye(D), 0).block(0).vectors
    lengths = np.linalg.norm(identity, axis=1)[:, None]
    same = np.sum(random_directions(D, range(BLOCK), seed=0) * identity / lengths, axis=1)
    assert abs(same.mean()) < 5 / np.sqrt(D * BLOCK)
