from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.cases import case
from tokensphere.geometry.directions import random_directions
from tokensphere.geometry.floors import ExpectedFloors
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_ids_each, top_k
from tokensphere.geometry.similarity import make_scoring

F32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.floating]
NONE = np.zeros((5, 3))


def queries(m: int = 400, d: int = 3, seed: int = 0) -> F32:
    return random_directions(d, range(m), seed=seed)


def expected(known: ExpectedFloors, asked: Floats) -> F32:
    found = known.of(asked)
    assert found is not None and found.dtype == np.float32 and found.shape == (len(asked),)
    return found


def taught(
    floors: npt.NDArray[np.floating], mean: npt.NDArray[np.floating] | None = None
) -> ExpectedFloors:
    known = ExpectedFloors(mean)
    known.learn(queries(len(floors)), floors)
    return known


def test_nothing_is_expected_before_enough_was_seen() -> None:
    known = ExpectedFloors()
    assert known.of(NONE) is None
    known.learn(queries(255), np.ones(255))
    assert known.of(NONE) is None
    known.learn(queries(256), np.ones(256))
    assert expected(known, NONE).tolist() == [1.0] * 5


def test_what_is_expected_lies_below_all_that_was_seen() -> None:
    """By a quarter of what lies between the least and the median: the next may be lower still."""
    floors = np.random.default_rng(0).uniform(0.2, 0.4, 301)
    want = floors.min() - 0.25 * (np.median(floors) - floors.min())
    found = expected(taught(floors), NONE)
    np.testing.assert_allclose(found, want, rtol=1e-6)
    assert (found < floors.min()).all()
    assert expected(taught(np.full(301, 0.3)), NONE)[0] == np.float32(0.3)  # all alike: just that


def test_higher_floors_are_expected_to_be_higher() -> None:
    floors = np.random.default_rng(1).standard_normal(300)
    at = expected(taught(floors), NONE)[0]
    for shift in (-2.0, 0.5, 3.0):
        assert np.isclose(expected(taught(floors + shift), NONE)[0], at + shift, atol=1e-6)
    for scale in (0.1, 4.0):
        assert np.isclose(expected(taught(scale * floors), NONE)[0], scale * at, rtol=1e-5)
    last = -np.inf
    for least in (-3.0, -1.0, 0.0, 0.4):  # one low query after another is raised
        found = expected(taught(np.maximum(floors, least)), NONE)[0]
        assert found >= last
        last = found


def test_where_rows_have_a_direction_in_common_floors_follow_it() -> None:
    mean = np.array([0.3, -0.5, 0.1])
    seen, asked = queries(), queries(50, seed=1)
    rest = np.random.default_rng(2).uniform(0.1, 0.2, 400)
    known = taught(seen @ mean + rest, mean)
    least = rest.min() - 0.25 * (np.median(rest) - rest.min())
    np.testing.assert_allclose(expected(known, asked), asked @ mean + least, atol=1e-6)
    assert (expected(known, seen) < seen @ mean + rest).all()
    blind = taught(seen @ mean + rest)  # who does not know the mean expects less of all
    assert expected(blind, asked).max() < expected(known, asked).mean()


def test_the_last_lesson_counts_if_it_was_long_enough() -> None:
    known = taught(np.full(300, 0.3))
    known.learn(queries(300), np.full(300, 0.1))
    assert expected(known, NONE)[0] == np.float32(0.1)
    known.learn(queries(10), np.full(10, 0.9))
    assert expected(known, NONE)[0] == np.float32(0.1)


def test_of_directions_that_are_alike_hardly_any_fails() -> None:
    """After one search, the expectation is below the k-th product of nearly all other directions."""
    rng = np.random.default_rng(3)
    for shift in (0.0, 1.5):
        vectors = (rng.standard_normal((3000, 16)) + shift).astype(np.float32)
        rows = Rows.of(vectors)
        scoring = make_scoring(rows)
        floors = [ExpectedFloors(rows.moments.mean_unit_row())]
        first, others = random_directions(16, range(1000)), random_directions(16, range(1000, 3000))
        top_ids_each([scoring], first, [10], floors=floors)
        last = top_k(scoring, others, 10)[1][:, -1]
        found = expected(floors[0], others)
        with case(shift=shift):
            assert np.mean(found > last) < 0.01
            assert np.mean(last - found) < 2 * (last.std() + 0.05)  # and not far below: it is of use


def test_whatever_is_expected_the_result_is_the_same() -> None:
    rng = np.random.default_rng(4)
    scoring = make_scoring(Rows.of(rng.standard_normal((700, 8)).astype(np.float32)))
    asked = random_directions(8, range(300))
    want = top_k(scoring, asked, 6)[0]
    for floor in (-5.0, 0.0, 0.5, 0.8, 0.95, 5.0):  # from idle to hopeless: all are asked again
        known = ExpectedFloors()
        known.learn(asked, np.full(300, floor))
        with case(floor=floor):
            (ids,) = top_ids_each([scoring], asked, [6], floors=[known])
            np.testing.assert_array_equal(ids, want)
