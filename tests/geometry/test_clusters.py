from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.geometry.clusters import Clustering, clustering_problems, spherical_kmeans
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.rows import Rows

F32 = npt.NDArray[np.float32]


def noise(n: int, d: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


def planted(
    groups: int, each: int, d: int, width: float, seed: int = 0
) -> tuple[F32, npt.NDArray[np.int64]]:
    """Rows around random directions, in random order and of random lengths, and their groups."""
    rng = np.random.default_rng(seed)
    middles = rng.standard_normal((groups, d))
    middles /= np.linalg.norm(middles, axis=1)[:, None]
    label = rng.permutation(np.repeat(np.arange(groups), each))
    rows = middles[label] + width * rng.standard_normal((len(label), d)) / np.sqrt(d)
    return (rows * rng.uniform(0.1, 10, (len(label), 1))).astype(np.float32), label


def assert_sound(found: Clustering, rows: F32, usable: npt.NDArray[np.bool_]) -> None:
    """What holds of every clustering: each row is at its nearest centre, sizes and objective agree."""
    assert found.labels.shape == (len(rows),)
    np.testing.assert_array_equal(found.labels >= 0, usable)
    np.testing.assert_array_equal(np.bincount(found.labels[usable]), found.sizes)
    assert found.sizes.min() >= 1 and (np.diff(found.sizes) <= 0).all()
    np.testing.assert_allclose(np.linalg.norm(found.centers, axis=1), 1, rtol=1e-5)
    unit = rows[usable].astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    cosines = unit @ found.centers.T.astype(np.float64)
    own = cosines[np.arange(len(unit)), found.labels[usable]]
    assert (own >= cosines.max(axis=1) - 1e-5).all()
    assert found.objective == pytest.approx(own.mean(), abs=1e-5)


@pytest.mark.parametrize(("groups", "each", "d"), [(2, 5, 3), (7, 30, 16), (40, 25, 64), (12, 300, 500)])
@every("seed", range(3))
def test_planted_groups_are_found(groups: int, each: int, d: int, seed: int) -> None:
    rows, label = planted(groups, each, d, 0.05, seed)
    found = spherical_kmeans(Rows.of(rows), groups, seed=seed)
    assert_sound(found, rows, np.ones(len(rows), dtype=bool))
    assert found.converged and found.objective > 0.99
    pairs = set(zip(label.tolist(), found.labels.tolist(), strict=True))
    assert len(pairs) == groups
    np.testing.assert_array_equal(found.sizes, each)


def test_few_clear_groups_are_always_found_exactly() -> None:
    for seed in range(20):
        rows, label = planted(3, 40, 20, 0.05, seed)
        found = spherical_kmeans(Rows.of(rows), 3, seed=seed)
        assert len(set(zip(label.tolist(), found.labels.tolist(), strict=True))) == 3


@every(("n", "d", "count"), [(50, 4, 5), (700, 20, 30), (5000, 8, 60), (300, 500, 9)])
def test_with_no_tolerance_the_end_is_a_fixed_point(n: int, d: int, count: int) -> None:
    rows = noise(n, d, seed=n)
    found = spherical_kmeans(Rows.of(rows), count, tolerance=0, max_iterations=500)
    assert found.converged and len(found.sizes) == count
    assert_sound(found, rows, np.ones(n, dtype=bool))
    unit = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1)[:, None]
    means = np.stack([unit[found.labels == label].mean(axis=0) for label in range(count)])
    means /= np.linalg.norm(means, axis=1)[:, None]
    np.testing.assert_allclose(means, found.centers, atol=2e-6)


def test_it_is_better_than_where_it_starts_and_than_no_search() -> None:
    rows, _ = planted(20, 60, 30, 1.5, 1)
    first = spherical_kmeans(Rows.of(rows), 20, max_iterations=1)
    last = spherical_kmeans(Rows.of(rows), 20)
    assert first.iterations == 1 and not first.converged
    assert last.objective > first.objective > spherical_kmeans(Rows.of(rows), 1).objective


@pytest.mark.usefixtures("one_blas_thread")
@every("seed", range(3))
def test_it_ends_within_two_per_cent_of_plain_k_means(seed: int) -> None:
    rows, _ = planted(60, 50, 24, 1.2, seed)
    unit = rows / np.linalg.norm(rows, axis=1)[:, None]
    centers = spherical_kmeans(Rows.of(rows), 30, seed=seed, max_iterations=1).centers
    for _ in range(200):
        cosines = unit @ centers.T
        own = np.eye(30)[cosines.argmax(axis=1)]
        centers = own.T @ unit
        centers /= np.linalg.norm(centers, axis=1)[:, None]
    found = spherical_kmeans(Rows.of(rows), 30, seed=seed, tolerance=0)
    assert found.objective >= 0.98 * cosines.max(axis=1).mean()


@every("n", [100, 2048, 2049, 9000])
def test_the_number_of_threads_is_not_seen(n: int) -> None:
    rows = noise(n, 24, seed=n)
    one, two, five = (
        spherical_kmeans(Rows.of(rows, compute=Compute(threads)), 17, seed=3) for threads in (1, 2, 5)
    )
    for other in (two, five):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.centers, other.centers)
        assert one.objective == other.objective and one.iterations == other.iterations


def test_the_seed_names_the_result() -> None:
    rows = noise(600, 12)
    one, same, other = (spherical_kmeans(Rows.of(rows), 15, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.labels, same.labels)
    assert not np.array_equal(one.labels, other.labels)


def test_lengths_do_not_matter() -> None:
    rows = noise(900, 12)
    powers = np.exp2(np.random.default_rng(1).integers(-20, 20, (900, 1))).astype(np.float32)
    one, other = spherical_kmeans(Rows.of(rows), 10), spherical_kmeans(Rows.of(rows * powers), 10)
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.centers, other.centers)


@every("value", [0, np.nan, np.inf])
def test_rows_without_direction_are_in_no_cluster(value: float) -> None:
    rows = noise(400, 10)
    keep = np.ones(400, dtype=bool)
    keep[[7, 300]] = False
    broken = rows.copy()
    broken[[0, 50, 399]] = value
    usable = keep.copy()
    usable[[0, 50, 399]] = False
    found = spherical_kmeans(Rows.of(broken, keep), 8)
    assert_sound(found, broken, usable)
    alone = spherical_kmeans(Rows.of(rows[usable]), 8)
    assert found.objective == pytest.approx(alone.objective, abs=0.02)


def test_there_are_no_more_clusters_than_directions() -> None:
    few = noise(5, 6)
    rows = np.repeat(few, 40, axis=0)
    found = spherical_kmeans(Rows.of(rows), 20)
    assert_sound(found, rows, np.ones(200, dtype=bool))
    assert len(found.sizes) == 5 and found.objective == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(found.sizes, 40)


@every("n", [2, 3, 17, 60])
def test_every_row_may_have_a_cluster_of_its_own(n: int) -> None:
    rows = noise(n, 9, seed=n)
    found = spherical_kmeans(Rows.of(rows), n)
    assert_sound(found, rows, np.ones(n, dtype=bool))
    np.testing.assert_array_equal(found.sizes, 1)
    assert found.objective == pytest.approx(1, abs=1e-6)


def test_empty_clusters_are_filled_again() -> None:
    """One far row among thousands in a bunch: the seeding's sample misses it now and then."""
    for seed in range(5):
        rows = np.ones((6000, 8), dtype=np.float32) + 1e-2 * noise(6000, 8, seed)
        rows[17] = -1
        found = spherical_kmeans(Rows.of(rows), 3, seed=seed)
        assert len(found.sizes) == 3


def test_opposite_rows_leave_a_centre_that_is_defined() -> None:
    rows = np.repeat(np.array([[1, 0, 0], [-1, 0, 0]], dtype=np.float32), 30, axis=0)
    one = spherical_kmeans(Rows.of(rows), 1)
    assert one.objective == pytest.approx(0, abs=1e-6) and np.isfinite(one.centers).all()
    np.testing.assert_array_equal(spherical_kmeans(Rows.of(rows), 2).sizes, [30, 30])


def test_one_cluster_points_where_the_mean_does() -> None:
    rows = noise(500, 7) + np.float32(0.5)
    unit = rows / np.linalg.norm(rows, axis=1)[:, None]
    mean = unit.mean(axis=0)
    found = spherical_kmeans(Rows.of(rows), 1)
    np.testing.assert_allclose(found.centers[0], mean / np.linalg.norm(mean), atol=1e-6)
    assert found.objective == pytest.approx(np.linalg.norm(mean), abs=1e-6)


@every(
    ("options", "message"),
    [
        ({"n_clusters": 11}, "11 clusters of 10 rows"),
        ({"n_clusters": 0}, "0 clusters of 10 rows"),
        ({"n_clusters": 2, "seed": -1}, "the seed is -1"),
        ({"n_clusters": 2, "max_iterations": 0}, "max_iterations is 0"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        spherical_kmeans(Rows.of(noise(10, 3)), **options)


def test_failed_clusterings_are_told_from_findings() -> None:
    assert clustering_problems(np.array([40, 35, 25])) == ()  # three clusters are each a third
    giant, singletons = clustering_problems(np.array([5000] + [3] * 30 + [1] * 69))
    assert "97 %" in giant and "69 of 100" in singletons
    assert clustering_problems(np.ones(30, dtype=np.int64)) == ()  # as many clusters as rows were asked
