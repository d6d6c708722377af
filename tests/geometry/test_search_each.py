"""Several similarities selected from one product: the same as each by itself, to the bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import every
from tests.geometry.paths import kernel, planned
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k, top_k_each
from tokensphere.geometry.similarity import Scoring, make_scoring

F32 = npt.NDArray[np.float32]
__all__ = ["kernel"]  # every test here runs on every path


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


@every("small", [False, True])
@every("threads", [1, 3])
@every("shape", [(400, 24), (61, 5)])
def test_the_same_as_each_by_itself(small: bool, threads: int, shape: tuple[int, int]) -> None:
    rows = difficult_rows(*shape, seed=1)
    keep = np.random.default_rng(2).random(len(rows)) < 0.9
    scorings = the_three(rows, keep, threads)
    queries = np.random.default_rng(3).standard_normal((20, shape[1]))
    ks = [7, 4, 9]
    with planned(small):
        found = top_k_each(scorings, queries, ks)
    for scoring, k, (ids, values) in zip(scorings, ks, found, strict=True):
        want = top_k(scoring, queries, k)
        np.testing.assert_array_equal(ids, want[0])
        np.testing.assert_array_equal(values, want[1])


@every("scale", [1e-7, 1e-6, 1e-4])
def test_rows_whose_order_is_decided_in_float64(scale: float) -> None:
    rng = np.random.default_rng(4)
    rows = (rng.standard_normal((1, 12)) + scale * rng.standard_normal((300, 12))).astype(np.float32)
    rows = np.concatenate([rows, rng.standard_normal((100, 12)).astype(np.float32)])
    queries = np.concatenate([rows[:10], rng.standard_normal((20, 12))])
    scorings = the_three(rows)
    query, row = np.repeat(np.arange(30), 400), np.tile(np.arange(400), 30)
    for (ids, _), scoring in zip(top_k_each(scorings, queries, [9, 9, 9]), scorings, strict=True):
        values = scoring.exact(queries, query, row).reshape(30, 400)
        np.testing.assert_array_equal(ids, np.argsort(-values, axis=1, kind="stable")[:, :9])


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
