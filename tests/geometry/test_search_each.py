"""Several similarities selected from one product: the same as each by itself, to the bit."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import every
from tests.geometry.test_search import TINY_PLAN
from tokensphere.errors import InputError
from tokensphere.geometry import search, similarity
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.floors import ExpectedFloors
from tokensphere.geometry.rows import RowMoments, Rows
from tokensphere.geometry.search import top_ids_each, top_k, top_k_each
from tokensphere.geometry.similarity import Scoring, make_scoring

F32 = npt.NDArray[np.float32]
TINY: dict[str, Any] = {**TINY_PLAN, "_RESCALED": 16}


def difficult_rows(n: int, d: int, seed: int) -> F32:
    """Rows of very different lengths: some equal, zero, not finite, or equal to the mean."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d)) + 0.3
    rows *= np.exp(2 * rng.standard_normal((n, 1)))
    rows[rng.integers(n, size=n // 4)] = rows[rng.integers(n, size=n // 4)]
    rows[3], rows[n // 2], rows[n - 1] = 0, np.nan, np.inf
    return rows.astype(np.float32)


def the_three(
    rows: F32, keep: npt.NDArray[np.bool_] | None = None, threads: int | None = None
) -> list[Scoring]:
    made = Rows.of(rows, compute=Compute(threads))
    return [
        make_scoring(made, keep=keep),
        make_scoring(made, centered=True, keep=keep),
        make_scoring(made, similarity="dot", keep=keep),
    ]


@pytest.mark.parametrize("even", [0.5, 1.001, np.inf])  # factors differ, or are taken as one
@every("plan", [{}, TINY])
@every("threads", [1, 3])
@every("shape", [(400, 24), (61, 5)])
def test_the_same_as_each_by_itself(
    even: float, plan: dict[str, Any], threads: int, shape: tuple[int, int]
) -> None:
    rows = difficult_rows(*shape, seed=1)
    keep = np.random.default_rng(2).random(len(rows)) < 0.9
    scorings = the_three(rows, keep, threads)
    queries = np.random.default_rng(3).standard_normal((20, shape[1]))
    ks = [7, 4, 9]
    with patch.dict(vars(search), plan), patch.object(similarity, "_EVEN", even):
        found = top_k_each(scorings, queries, ks)
        alone = top_ids_each(scorings, queries, ks)
    for ids, (with_values, _) in zip(alone, found, strict=True):
        np.testing.assert_array_equal(ids, with_values)
    for scoring, k, (ids, values) in zip(scorings, ks, found, strict=True):
        want = top_k(scoring, queries, k)
        np.testing.assert_array_equal(ids, want[0])
        np.testing.assert_array_equal(values, want[1])


@every("scale", [1e-7, 1e-6, 1e-4])
def test_ids_alone_are_right_where_float32_cannot_tell(scale: float) -> None:
    """Rows so close to each other that most orders are decided in float64."""
    rng = np.random.default_rng(4)
    rows = (rng.standard_normal((1, 12)) + scale * rng.standard_normal((300, 12))).astype(np.float32)
    rows = np.concatenate([rows, rng.standard_normal((100, 12)).astype(np.float32)])
    queries = np.concatenate([rows[:10], rng.standard_normal((20, 12))])
    scorings = the_three(rows)
    for ids, scoring in zip(top_ids_each(scorings, queries, [9, 9, 9]), scorings, strict=True):
        np.testing.assert_array_equal(ids, top_k(scoring, queries, 9)[0])


@every("offset", [0.0, 5.0])
def test_floors_that_are_learned_change_no_result(offset: float) -> None:
    rng = np.random.default_rng(5)
    rows = (rng.standard_normal((900, 12)) + offset).astype(np.float32)
    scorings, ks = the_three(rows), [6, 9, 4]
    floors = [ExpectedFloors(RowMoments(rows).mean_unit_row()), ExpectedFloors(), ExpectedFloors()]
    for number in range(3):
        queries = rng.standard_normal((500, 12)) + number  # the last ones are unlike the first
        want = top_ids_each(scorings, queries, ks)
        found = top_ids_each(scorings, queries, ks, floors=floors)
        for ids, other in zip(found, want, strict=True):
            np.testing.assert_array_equal(ids, other)


def test_queries_of_which_too_much_was_expected_are_asked_again() -> None:
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((300, 8)).astype(np.float32)
    scorings = the_three(rows)
    floors = [ExpectedFloors(), ExpectedFloors(), ExpectedFloors()]
    for known in floors:
        known.learn(np.zeros((300, 8)), np.full(300, 0.99))  # no product of a random query is so large
    queries = rng.standard_normal((40, 8))
    again: list[int] = []
    make = search._Search.__init__

    def counted(self: Any, *arguments: Any) -> None:
        again.append(len(arguments[1]))
        make(self, *arguments)

    with patch.object(search._Search, "__init__", counted):
        found = top_ids_each(scorings, queries, [5, 5, 5], floors=floors)
    assert again == [40, 40]
    for ids, scoring in zip(found, scorings, strict=True):
        np.testing.assert_array_equal(ids, top_k(scoring, queries, 5)[0])


def test_a_row_that_equals_the_mean_has_no_centred_direction() -> None:
    rows = np.array([[1, 1], [1, 0], [0, 1], [2, 2]], dtype=np.float32)
    rows[0] = rows[3] = np.sqrt(0.5)
    scorings = the_three(rows)  # no row equals the mean here; now make one
    scorings[1].usable[2] = False
    queries = np.random.default_rng(0).standard_normal((20, 2))
    (raw, _), (centered, _) = top_k_each(scorings[:2], queries, [4, 3])
    assert (np.sort(raw, axis=1) == np.arange(4)).all()
    assert not (centered == 2).any()


def test_what_does_not_follow_is_refused() -> None:
    rows = difficult_rows(50, 4, seed=0)
    raw, centered, dot = the_three(rows)
    euclidean = make_scoring(Rows.of(rows), similarity="euclidean")
    query = np.ones((1, 4))
    for first, second in [(raw, euclidean), (centered, raw), (dot, raw)]:
        with pytest.raises(InputError, match="do not follow"):
            top_k_each([first, second], query, [1, 1])
    with pytest.raises(InputError, match="k is 99, but it must lie between 1 and 47"):
        top_k_each([raw, centered], query, [1, 99])
