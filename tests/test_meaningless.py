"""The pieces of the baseline of directions that mean nothing (benchmarks/meaningless)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from benchmarks.meaningless.dictionary import Code, Training, learn
from benchmarks.meaningless.samples import Sample
from benchmarks.meaningless.transformer import RandomTransformer, Shape, rotated

Floats = npt.NDArray[np.float32]
SMALL = Shape(width=16, heads=4, keys=2, inner=24, layers=3, std=0.25)


def normal(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def test_a_position_depends_on_those_before_it_alone() -> None:
    embedded = normal(0, 2, 7, 16)
    changed = embedded.copy()
    changed[0, 4] += 1
    one, other = (list(RandomTransformer(SMALL, 1).residuals(x)) for x in (embedded, changed))
    assert [stream.shape for stream in one] == [(2, 7, 16)] * 4
    assert np.array_equal(one[0], embedded)
    np.testing.assert_allclose(other[3][0, :4], one[3][0, :4], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(other[3][1], one[3][1], rtol=1e-4, atol=1e-4)
    assert (np.abs(other[3][0, 4:] - one[3][0, 4:]).max(axis=1) > 0.01).all()


def test_weights_come_from_the_seed_and_writes_can_be_small() -> None:
    embedded = normal(0, 1, 5, 16)

    def after(seed: int, written: float = 1.0) -> Floats:
        network = RandomTransformer(SMALL, seed, written=written)
        return next(islice(network.residuals(embedded), 1, None))

    assert np.array_equal(after(1), after(1))
    assert not np.allclose(after(1), after(2))
    assert np.array_equal(after(1, 0.0), embedded)


def test_rotation_keeps_lengths_and_products_depend_on_the_distance_alone() -> None:
    query, key = (rotated(np.tile(normal(seed, 8), (6, 1)), 100.0) for seed in (1, 2))
    np.testing.assert_allclose(np.linalg.norm(query, axis=1), np.linalg.norm(query[0]), rtol=1e-5)
    products = query @ key.T
    for distance in range(6):
        np.testing.assert_allclose(
            products.diagonal(-distance), products[distance, 0], rtol=1e-4, atol=1e-5
        )
    assert np.ptp(products[:, 0]) > 0.1


def test_a_code_has_the_largest_and_none_below_zero() -> None:
    code = Code(
        np.array([[3, -1, 2, 1], [-1, -4, -2, 5]], dtype=np.float32), np.eye(4, dtype=np.float32), 2
    )
    assert code.sparse(code.values).toarray().tolist() == [[3, 0, 2, 0], [0, 0, 0, 5]]


def planted() -> tuple[Floats, Floats]:
    """Twelve directions, and sums of two of them."""
    rng = np.random.default_rng(4)
    rows = normal(3, 12, 24)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    some = np.array([rng.choice(12, 2, replace=False) for _ in range(2000)])
    weights = rng.uniform(1, 2, some.shape).astype(np.float32)
    return rows, np.vecdot(rows[some].transpose(0, 2, 1), weights[:, None])


def test_a_dictionary_finds_what_was_planted_and_a_seed_is_one() -> None:
    rows, samples = planted()
    training = Training(latents=24, active=3, steps=250, batch=64, rate=2e-2)
    found = learn(samples, training, 5)
    assert found.losses[-20:].mean() < 0.2 * found.losses[0]
    assert found.explained > 0.85
    np.testing.assert_allclose(np.linalg.norm(found.directions, axis=1), 1, rtol=1e-5)
    assert found.used.sum() <= 3 * len(samples)
    nearest = (rows @ found.directions[found.used > 0].T).max(axis=1)
    assert np.median(nearest) > 0.9
    few = replace(training, steps=5)
    assert np.array_equal(learn(samples, few, 5).directions, learn(samples, few, 5).directions)


def test_shuffled_and_noise_keep_what_they_say() -> None:
    x = normal(6, 4000, 5) @ normal(7, 5, 5) + np.float32(3)
    given = Sample("x", x)
    shuffled, noise = given.shuffled(), given.noise()
    assert np.array_equal(np.sort(shuffled.vectors, axis=0), np.sort(x, axis=0))
    correlations = np.asarray(np.corrcoef(shuffled.vectors.T))[~np.eye(5, dtype=bool)]
    assert np.abs(correlations).max() < 0.1
    assert (shuffled.title, noise.title) == ("x, shuffled", "x, noise")
    np.testing.assert_allclose(noise.vectors.mean(axis=0), x.mean(axis=0), atol=0.3)
    covariance = np.cov(x.T)
    assert np.abs(np.cov(noise.vectors.T) - covariance).max() < 0.1 * np.abs(covariance).max()


def test_probes_of_random_labels_are_differences_of_means() -> None:
    same = Sample("x", np.tile(normal(8, 5), (300, 1)))
    np.testing.assert_allclose(same.probes(4), np.zeros((4, 5)), atol=1e-6)
    x = Sample("x", normal(9, 300, 5))
    assert x.probes(4).shape == (4, 5)
    assert np.array_equal(x.probes(4), x.probes(4))
