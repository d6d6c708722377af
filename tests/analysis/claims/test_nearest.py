from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.spaces import noise
from tests.cases import every
from tokensphere.analysis.claims.nearest import nearest_each
from tokensphere.errors import InputError
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring

K = 5


@every("copies", [False, True])
def test_one_search_finds_what_a_search_in_each_set_does(copies: bool) -> None:
    rng = np.random.default_rng(0)
    vectors = noise(600, 9, seed=1, ratio=3, mean=1).astype(np.float32)
    vectors[[3, 599]] = 0
    if copies:
        vectors[300:] = vectors[:300]
    rows, directions = Rows.of(vectors), rng.standard_normal((80, 9))
    # All rows, most, some, too few for one search, and rows of one side of the space.
    away = vectors[:, 0] < np.quantile(vectors[:, 0], 0.3)
    sets = [np.ones(600, dtype=bool), *(rng.random((3, 600)) < [[0.9], [0.4], [0.03]]), away]
    for own, found in zip(sets, nearest_each(rows, sets, directions, K), strict=True):
        np.testing.assert_array_equal(found, top_k(make_scoring(rows, keep=own), directions, K)[0])
    for some in (sets[2:4], sets[3:4]):
        for own, found in zip(some, nearest_each(rows, some, directions, K), strict=True):
            np.testing.assert_array_equal(found, top_k(make_scoring(rows, keep=own), directions, K)[0])


def test_a_set_of_fewer_rows_is_refused() -> None:
    rows = Rows.of(noise(40, 6, seed=0).astype(np.float32))
    with pytest.raises(InputError, match="k is 5"):
        nearest_each(rows, [np.arange(40) < 3, np.arange(40) < 30], np.eye(6), K)
