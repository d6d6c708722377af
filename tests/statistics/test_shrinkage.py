from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.statistics.shrinkage import shrunk_moments


def vectors(m: int, d: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, d)) * np.arange(1, d + 1) + 2


@every("m", [2, 5, 30, 400])
def test_it_is_the_formula_of_ledoit_and_wolf(m: int) -> None:
    """By their definitions 3.1 to 3.4, with loops."""
    x, d = vectors(m, 8), 8
    found = shrunk_moments(lambda: np.array_split(x, 3))
    np.testing.assert_allclose(found.mean, x.mean(axis=0), rtol=1e-12)
    centred = x - x.mean(axis=0)
    sample = np.cov(x.T, bias=True)
    scale = np.trace(sample) / d
    spread = np.sum((sample - scale * np.eye(d)) ** 2) / d
    error = sum(np.sum((np.outer(row, row) - sample) ** 2) / d for row in centred) / m**2
    want = min(error, spread) / spread
    assert found.shrinkage == pytest.approx(want, rel=1e-9) and found.count == m
    np.testing.assert_allclose(
        found.covariance, want * scale * np.eye(d) + (1 - want) * sample, rtol=1e-9, atol=1e-12
    )


def test_few_vectors_are_shrunk_much_and_many_little() -> None:
    blocks = [[vectors(m, 20)] for m in (5, 50, 500, 20_000)]
    shrinkage = [shrunk_moments(partial(list, one)).shrinkage for one in blocks]
    assert shrinkage == sorted(shrinkage, reverse=True)
    assert shrinkage[0] > 0.3 and shrinkage[-1] < 0.005


def test_it_is_nearer_to_the_truth_than_the_sample_covariance_and_has_full_rank() -> None:
    truth = np.diag(np.arange(1.0, 31) ** 2)
    for seed in range(20):
        x = vectors(15, 30, seed)
        found = shrunk_moments(partial(list, [x])).covariance
        assert np.linalg.matrix_rank(found) == 30 > np.linalg.matrix_rank(np.cov(x.T))
        assert np.linalg.norm(found - truth) < np.linalg.norm(np.cov(x.T, bias=True) - truth)


def test_one_vector_has_no_covariance() -> None:
    with pytest.raises(InputError, match="needs 2 vectors or more, but there are 1"):
        shrunk_moments(lambda: [np.ones((1, 3))])
