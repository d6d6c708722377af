from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from tests.cases import every
from tokensphere.geometry.scan import (
    count_different,
    expected_different,
    largest_at_random,
    largest_group,
    model_different,
)


def test_counting_is_that_of_a_set() -> None:
    labels = np.random.default_rng(0).integers(0, 6, (200, 9))
    assert count_different(labels).tolist() == [len(set(row)) for row in labels.tolist()]
    assert count_different(np.zeros((3, 1), dtype=np.int64)).tolist() == [1, 1, 1]


@every("sizes", [[1, 1, 1, 1], [5], [4, 1], [3, 2, 2], [1, 2, 6]])
@every("k", [1, 2, 3, 4])
def test_expected_at_random_is_the_mean_over_all_draws(sizes: list[int], k: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    draws = np.array(list(combinations(labels.tolist(), k)))
    assert expected_different(np.array(sizes), k) == pytest.approx(count_different(draws).mean())


def test_expected_at_random_of_everything_is_every_group() -> None:
    sizes = np.array([400, 30, 1, 1, 2000])
    assert expected_different(sizes, int(sizes.sum())) == pytest.approx(5)
    assert expected_different(sizes, 1) == pytest.approx(1)


@every("k", [1, 3, 8])
def test_groups_that_mean_nothing_give_what_chance_gives(k: int) -> None:
    """Their means and sds differ, being those of samples; the model must not take that for a fact."""
    rng = np.random.default_rng(1)
    sizes = np.array([1, 2, 5, 30, 12])
    m = 20_000
    groups = np.split(rng.standard_normal((m, 50)), np.cumsum(sizes)[:-1], axis=1)
    means = np.stack([group.mean(axis=1) for group in groups], axis=1)
    sds = np.stack([group.std(axis=1) for group in groups], axis=1)
    found = model_different(means, sds, sizes, k, rng)
    assert found.mean() == pytest.approx(
        expected_different(sizes, k), abs=5 * k / 2 / np.sqrt(m) + 1e-12
    )


@every("k", [1, 4, 10])
def test_the_model_is_that_of_drawing_token_by_token(k: int) -> None:
    rng = np.random.default_rng(2)
    sizes = np.array([40, 3, 1, 15, 200])
    means, sds = 0.5 * rng.standard_normal(5), rng.uniform(0.1, 1, 5)
    m = 4000
    labels = np.repeat(np.arange(5), sizes)
    cosines = []
    for mean, sd, size in zip(means, sds, sizes, strict=True):
        z = rng.standard_normal((m, size))
        z -= z.mean(axis=1, keepdims=True)
        cosines.append(mean + sd * (z / z.std(axis=1, keepdims=True) if size > 1 else z))
    best = labels[np.argsort(-np.concatenate(cosines, axis=1), axis=1)[:, :k]]
    naive = np.array([len(set(row)) for row in best.tolist()])
    found = model_different(np.tile(means, (m, 1)), np.tile(sds, (m, 1)), sizes, k, rng)
    for count in range(1, 6):
        assert np.mean(found == count) == pytest.approx(
            np.mean(naive == count), abs=5 * np.sqrt(0.5 / m)
        )


def test_groups_with_no_spread_come_in_the_order_of_their_means() -> None:
    means = np.array([[0.3, 0.2, 0.1, 0.0], [0.0, 0.1, 0.2, 0.3]])
    sizes = np.array([2, 2, 3, 50])
    found = model_different(means, np.zeros((2, 4)), sizes, 5, np.random.default_rng(0))
    assert found.tolist() == [3, 1]  # 2 + 2 + 1 of 3; and 5 of 50


def test_more_is_asked_for_than_any_group_has() -> None:
    sizes = np.array([1, 1, 1, 2])
    found = model_different(np.zeros((9, 4)), np.ones((9, 4)), sizes, 5, np.random.default_rng(0))
    assert found.tolist() == [4] * 9


def test_one_group_far_ahead_holds_all() -> None:
    means = np.zeros((40, 3))
    means[:, 1] = 50
    found = model_different(
        means, np.ones((40, 3)), np.array([500, 10, 3]), 10, np.random.default_rng(0)
    )
    assert found.tolist() == [1] * 40


def test_the_largest_group_is_that_of_a_counter() -> None:
    labels = np.random.default_rng(3).integers(0, 5, (200, 8))
    want = [Counter(row).most_common(1)[0][1] for row in labels.tolist()]
    assert largest_group(labels).tolist() == want
    assert largest_group(np.zeros((2, 1), dtype=np.int64)).tolist() == [1, 1]


@every("sizes", [[1, 1, 1, 1], [5], [4, 1], [3, 2, 2], [1, 2, 6]])
@every("k", [1, 2, 3, 4])
def test_the_law_of_the_largest_is_that_of_all_draws(sizes: list[int], k: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    draws = largest_group(np.array(list(combinations(labels.tolist(), k))))
    want = [np.mean(draws == count) for count in range(1, k + 1)]
    np.testing.assert_allclose(largest_at_random(np.array(sizes), k), want, atol=1e-12)


def test_the_law_of_the_largest_of_many_and_large_groups() -> None:
    law = largest_at_random(np.full(1500, 300), 100)
    assert law.sum() == pytest.approx(1) and (law >= -1e-12).all()
    rng = np.random.default_rng(5)
    seen = largest_group(rng.integers(0, 1500, (4000, 100)))
    assert law @ np.arange(1, 101) == pytest.approx(seen.mean(), abs=5 * seen.std() / 60)
