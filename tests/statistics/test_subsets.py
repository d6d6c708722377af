from __future__ import annotations

import numpy as np

from tests.cases import every
from tokensphere.statistics.subsets import random_subsets

SIZES = [(1, 1), (5, 1), (12, 12), (10, 9), (70, 64), (70, 65), (49_152, 10), (20_000, 1500), (2**33, 7)]


@every(("n", "k"), SIZES)
def test_they_are_those_of_numpy_and_so_is_what_comes_next(n: int, k: int) -> None:
    for seed in range(3):
        rng, other = np.random.default_rng(seed), np.random.default_rng(seed)
        found = random_subsets(rng, n, k, 50)
        want = [other.choice(n, k, replace=False, shuffle=False) for _ in range(50)]
        np.testing.assert_array_equal(found, want)
        assert found.dtype == np.int64 and rng.bit_generator.state == other.bit_generator.state


def test_every_subset_is_as_likely() -> None:
    drawn = np.sort(random_subsets(np.random.default_rng(0), 6, 3, 20_000), axis=1)
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 20 and (abs(counts - 1000) < 5 * 1000**0.5).all()
