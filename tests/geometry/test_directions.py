from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections, random_directions

GOLDEN = [0.00603700895, 0.0186723135, 0.0220419914, -0.040800415]


def test_the_name_of_a_direction_is_forever() -> None:
    """Results are cited as "seed 0, index 12345": should this fail, every one of them is void.

    Do not change these numbers; change the code back.
    """
    cited = random_directions(576, 12345, seed=0)[0, :4]
    np.testing.assert_allclose(cited, GOLDEN, rtol=1e-6)


@given(
    d=st.integers(1, 20),
    seed=st.integers(0, 2**70),
    indices=st.lists(st.integers(0, 2000), min_size=1, max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_a_direction_does_not_depend_on_what_else_is_asked_for(
    d: int, seed: int, indices: list[int]
) -> None:
    together = random_directions(d, indices, seed=seed)
    alone = np.concatenate([random_directions(d, index, seed=seed) for index in indices])
    np.testing.assert_array_equal(together, alone)
    part = RandomDirections(d, max(indices) + 1, seed=seed)
    np.testing.assert_array_equal(together, np.stack([part[index] for index in indices]))
    start = min(indices)
    later = RandomDirections(d, 700, first=start, seed=seed)
    np.testing.assert_array_equal(later[0], random_directions(d, start, seed=seed)[0])
    np.testing.assert_array_equal(
        later[250:600], random_directions(d, range(250 + start, 600 + start), seed=seed)
    )


def test_accepts_ranges_arrays_and_generators() -> None:
    want = random_directions(5, [3, 300, 4])
    np.testing.assert_array_equal(random_directions(5, np.array([3, 300, 4])), want)
    np.testing.assert_array_equal(random_directions(5, (i for i in (3, 300, 4))), want)
    assert want.dtype == np.float32 and random_directions(5, 3).shape == (1, 5)
    assert random_directions(5, []).shape == (0, 5)


def test_unit_length() -> None:
    for d in (1, 2, 576, 5000):
        lengths = np.linalg.norm(random_directions(d, range(300)).astype(np.float64), axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-6)
    assert set(random_directions(1, range(100)).ravel().tolist()) == {-1.0, 1.0}


def test_seeds_and_indices_name_different_directions() -> None:
    drawn = [random_directions(6, range(600), seed=seed) for seed in (0, 1, 2**40)]
    everything = np.concatenate(drawn)
    assert len(np.unique(everything, axis=0)) == len(everything)


@every("d", [2, 3, 12, 576])
def test_cosines_with_a_fixed_vector_follow_their_law(d: int) -> None:
    """(1 + t)/2 ~ Beta((d − 1)/2, (d − 1)/2): mean 0, sd 1/√d."""
    fixed = np.random.default_rng(0).standard_normal(d)
    cosines = random_directions(d, range(6000), seed=5) @ (fixed / np.linalg.norm(fixed))
    law = stats.beta((d - 1) / 2, (d - 1) / 2)
    assert stats.kstest((1 + cosines) / 2, law.cdf).pvalue > 0.01
    error = 4 / np.sqrt(d * 6000)
    assert abs(cosines.mean()) < error
    assert cosines.std() == pytest.approx(d**-0.5, rel=4 / np.sqrt(2 * 6000))


def test_directions_are_independent_of_each_other() -> None:
    """Also beyond a block: cosines of neighbours follow the same law, and no coordinate is preferred."""
    drawn = random_directions(8, range(6001), seed=6).astype(np.float64)
    for lag in (1, 255, 256, 257):
        cosines = np.vecdot(drawn[lag:], drawn[:-lag])
        assert stats.kstest((1 + cosines) / 2, stats.beta(3.5, 3.5).cdf).pvalue > 0.01
    covariance = drawn.T @ drawn / len(drawn)
    np.testing.assert_allclose(covariance, np.eye(8) / 8, atol=5 / 8 / np.sqrt(6001))


@every("indices", [-1, [0, -1], [0.5], ["a"], [[0, 1]], True, [2**70]])
def test_wrong_indices(indices: Any) -> None:
    with pytest.raises(InputError, match="whole numbers, 0 or more"):
        random_directions(4, indices)


@every("seed", [-1, 0.5, "0", None])
def test_wrong_seeds(seed: Any) -> None:
    with pytest.raises(InputError, match="the seed is"):
        random_directions(4, 0, seed=seed)
    with pytest.raises(InputError, match="the seed is"):
        RandomDirections(4, 1, seed=seed)


@every("d", [0, -3, 2.0, None])
def test_wrong_dimensions(d: Any) -> None:
    with pytest.raises(InputError, match="the number of dimensions is"):
        random_directions(d, 0)


def test_wrong_ranges() -> None:
    for count in (10**15 + 1, 2**63, 10**30):
        with pytest.raises(InputError, match="can be 1,000,000,000,000,000 at most"):
            RandomDirections(4, count)
    for count, first in [(0, 0), (-1, 0), (1, -1)]:
        with pytest.raises(InputError, match="need 1 or more, from 0 or more"):
            RandomDirections(4, count, first=first)


def test_a_range_of_directions_is_a_sequence() -> None:
    some = RandomDirections(4, 5, first=1000, seed=3)
    assert len(some) == 5 and some.indices == range(1000, 1005)
    assert some[1:3].shape == (2, 4) and some[-1].shape == (4,)
    np.testing.assert_array_equal(some[-1], random_directions(4, 1004, seed=3)[0])
    np.testing.assert_array_equal(np.stack(list(some)), some[:])
    with pytest.raises(IndexError):
        some[5]
    huge = RandomDirections(4, 10**15)
    np.testing.assert_array_equal(huge[10**15 - 1], random_directions(4, 10**15 - 1)[0])
