from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import case
from tokensphere.analysis.lists import find_lists, first_of_group
from tokensphere.directions.named import Own
from tokensphere.errors import InputError
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import Scoring, make_scoring

N, D, M = 400, 8, 30


@pytest.fixture(scope="module")
def scoring() -> Scoring:
    rows = np.random.default_rng(0).standard_normal((N, D)).astype(np.float32)
    rows[7] = 0
    return make_scoring(Rows.of(rows))


@pytest.fixture(scope="module")
def queries() -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((M, D)).astype(np.float32)


def naive(
    scoring: Scoring,
    queries: npt.NDArray[np.float32],
    k: int,
    groups: npt.NDArray[np.intp] | None,
    own: Own,
) -> list[list[int]]:
    """Walk down the whole ranking."""
    every, _ = top_k(scoring, queries, N - 1)
    lists = []
    for query, ranking in enumerate(every.tolist()):
        mine = own[query] if own else ()
        seen = set() if groups is None else {groups[token] for token in mine}
        row: list[int] = []
        for token in ranking:
            if token in mine or (groups is not None and groups[token] in seen):
                continue
            row.append(token)
            if groups is not None:
                seen.add(groups[token])
        lists.append(row[:k])
    return lists


def test_lists_are_those_of_a_walk_down_the_ranking(
    scoring: Scoring, queries: npt.NDArray[np.float32]
) -> None:
    """Few groups need the whole matrix: the search has to go deeper several times."""
    k, lengths = 5, np.linalg.norm(scoring.rows.astype(np.float64), axis=1)
    unit = scoring.rows / lengths[:, None].clip(1e-9)
    direction = queries / np.linalg.norm(queries.astype(np.float64), axis=1, keepdims=True)
    for n_groups, with_own in itertools.product((None, 8, 40, N), (False, True)):
        groups = None if n_groups is None else np.random.default_rng(2).integers(n_groups, size=N)
        own: Own = ()
        if with_own:
            nearest = top_k(scoring, queries, 3)[0].tolist()
            own = tuple(tuple(row[: number % 4]) for number, row in enumerate(nearest))
        ids, values = find_lists(scoring, queries, k, groups, own)
        with case((n_groups, with_own)):
            assert ids.tolist() == naive(scoring, queries, k, groups, own)
            np.testing.assert_allclose(values, np.einsum("mkd,md->mk", unit[ids], direction), atol=1e-6)


def test_a_list_may_take_every_group_there_is(
    scoring: Scoring, queries: npt.NDArray[np.float32]
) -> None:
    groups = np.arange(N) % 6
    ids, _ = find_lists(scoring, queries, 6, groups, ())
    assert np.array_equal(np.sort(groups[ids], axis=1), np.tile(np.arange(6), (M, 1)))
    with pytest.raises(InputError, match="k is 7, but only 6 different tokens can be found"):
        find_lists(scoring, queries, 7, groups, ())
    own = tuple((number,) for number in range(M))
    with pytest.raises(InputError, match="only 5 different tokens"):
        find_lists(scoring, queries, 6, groups, own)


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=1, max_size=6))
def test_first_of_group_is_the_first_in_its_row(rows: list[list[int]]) -> None:
    want = [[value not in row[:place] for place, value in enumerate(row)] for row in rows]
    assert first_of_group(np.array(rows, dtype=np.intp)).tolist() == want
