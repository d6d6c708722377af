"""Every path of the compiled search against NumPy's: the same ids and values, to the bit."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokensphere as ts
from tests.cases import every
from tests.geometry.paths import PATHS, planned
from tests.geometry.test_search import duplicated, scoring_of
from tokensphere.errors import InputError, TokensphereError
from tokensphere.geometry import compiled, kernel
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import Found, top_k, top_k_each
from tokensphere.geometry.similarity import SIMILARITIES, Scoring, make_scoring

COMPILED = [path for path in PATHS if path != kernel.NUMPY]
needs_library = pytest.mark.skipif(not COMPILED, reason="there is no compiled library")
FEW = compiled._FEW
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


def on(path: str, compute: Callable[[], Any]) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(kernel.VARIABLE, path)
        return compute()


def assert_same(found: Iterable[Found], want: Iterable[Found]) -> None:
    for (ids, values), (want_ids, want_values) in zip(found, want, strict=True):
        np.testing.assert_array_equal(ids, want_ids)
        np.testing.assert_array_equal(values, want_values)


def check(scorings: list[Scoring], queries: Any, ks: list[int]) -> None:
    want = on(kernel.NUMPY, lambda: top_k_each(scorings, queries, ks))
    some = FEW if len(queries) <= FEW else 8  # the last part of many queries may be few
    for path in COMPILED:
        for small, few in ((False, FEW), (True, 0), (True, some)):
            with planned(small), patch.object(compiled, "_FEW", few):
                assert_same(on(path, lambda: top_k_each(scorings, queries, ks)), want)


def scorings_of(rows: F32, keep: npt.NDArray[np.bool_] | None = None) -> list[list[Scoring]]:
    """Each similarity alone, and the three that share a product."""
    made = Rows.of(rows)
    alone = [
        make_scoring(made, similarity=similarity, centered=centered, keep=keep)
        for similarity in SIMILARITIES
        for centered in (False, True)
    ]
    return [*([one] for one in alone), [alone[0], alone[1], alone[2]]]


def check_all(rows: F32, queries: F32 | F64, ks: Iterable[int]) -> None:
    for scorings in scorings_of(rows):
        most = min(scoring.n_usable for scoring in scorings)
        for k in ks:
            if k <= most:
                check(scorings, queries, [k] * len(scorings))


@needs_library
@every("d", [1, 2, 7, 8, 9, 31, 33, 64, 129, 300])
def test_any_number_of_columns(d: int) -> None:
    rng = np.random.default_rng(d)
    rows = (rng.standard_normal((150, d)) + 0.2).astype(np.float32)
    check_all(rows, rng.standard_normal((5, d)), [1, 10, 149])


@needs_library
@every("n", [1, 2, 15, 16, 17, 31, 33, 100])
def test_any_number_of_rows_and_every_k(n: int) -> None:
    rng = np.random.default_rng(n)
    rows = rng.standard_normal((n, 20)).astype(np.float32)
    check_all(rows, rng.standard_normal((3, 20)), range(1, n + 1) if n < 20 else (1, n // 2, n))


@needs_library
@every("m", [1, 2, 5, 6, 7, 13, 14, 15, 16, 17, 31, 33, 70])
def test_any_number_of_queries(m: int) -> None:
    rng = np.random.default_rng(m)
    rows = rng.standard_normal((200, 12)).astype(np.float32)
    for queries in (rng.standard_normal((m, 12)), rng.standard_normal((m, 12)).astype(np.float32)):
        check_all(rows, queries, [4])


@needs_library
@every("spread", [1e-2, 1e-3, 1e-4, 1e-6, 1e-8])
def test_near_ties_within_the_bound(spread: float) -> None:
    """Rows that no path's products can tell apart: of bfloat16's nor of float32's."""
    rng = np.random.default_rng(7)
    center = rng.standard_normal(40)
    rows = (center + spread * rng.standard_normal((600, 40))).astype(np.float32)
    queries = np.concatenate(
        [center + 1e-3 * rng.standard_normal((4, 40)), rng.standard_normal((4, 40))]
    )
    check_all(rows, queries, [1, 12])


def half_up(values: F64) -> F64:
    """Just below the middle between two bfloat16, where rounding takes most away."""
    low = (values.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)
    return (low.view(np.uint32) | 0x7FFF).view(np.float32).astype(np.float64)


@needs_library
@every("d", [32, 200, 1025])
def test_roundings_that_all_point_one_way(d: int) -> None:
    """Of some rows every column is rounded against the query, of others none: the order is reversed."""
    rng = np.random.default_rng(d)
    query = half_up(rng.uniform(1, 2, d))
    against = half_up(np.repeat(query[None], 40, axis=0) * rng.choice([1, 1.25, 1.5], (40, d)))
    cut = (against.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)
    exact = cut.astype(np.float64) * 1.0009  # nearly as long as those that lose by rounding
    rows = np.concatenate([against, exact, exact * 1.0019]).astype(np.float32)
    check_all(rows[rng.permutation(120)], query[None], [1, 5, 40, 60])


def about_integers(parts: F64, off: float | F64) -> F32:
    """The nearest vectors of integers and `off`, in units of which 32,700 are a length.

    Their last column brings the length to that.
    """
    parts = parts * 32700 / np.linalg.norm(parts, axis=1, keepdims=True)
    parts = np.round(parts - off) + off
    parts[:, -1] = np.sqrt(32700.0**2 - (parts[:, :-1] ** 2).sum(axis=1))
    return parts.astype(np.float32)


@needs_library
@every("d", [32, 200, 1024])
def test_roundings_to_integers_that_all_point_one_way(d: int) -> None:
    """Of some rows every column loses half a unit, of others it gains as much: the order is reversed.

    So it is where a query loses in those columns only of which some rows consist.
    """
    rng = np.random.default_rng(d)
    some, order = 1 + 0.02 * rng.standard_normal((121, d)), rng.permutation(120)
    query, around = np.tile(some[:1, : d // 2], 2), some[1:]
    rows = np.concatenate([about_integers(around[k::3], off) for k, off in enumerate((0.4, 0, -0.4))])
    for off in (0, 0.4):
        check_all(rows[order], about_integers(query, off), [1, 5, 40, 60])
    first = np.arange(d) < d // 2
    around[:60, first] *= 0.05
    around[60:, ~first] *= 0.05
    around[:, [d // 2 - 1, -1]] = 1
    away = about_integers(query, np.where(first, 0.4, -0.4))
    check_all(about_integers(around, 0)[order], away, [1, 5, 40, 60])


@needs_library
def test_rows_that_are_copies() -> None:
    check_all(
        duplicated(1500, 6, 5, seed=1), np.random.default_rng(1).standard_normal((3, 6)), [1, 9, 400]
    )


@needs_library
@every("scale", [1e-30, 1e30])
@every("mixed", [False, True])
def test_rows_of_extreme_lengths(scale: float, mixed: bool) -> None:
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((300, 30))
    rows[: 150 if mixed else 300] *= scale
    check_all(rows.astype(np.float32), rng.standard_normal((4, 30)), [1, 8, 300])


@needs_library
@every("scale", [1e-35, 1e-33, 1e30])
@every("spread", [0, 1e-7, 1e-6, 1e-3])
def test_distances_among_rows_that_lie_close_together(scale: float, spread: float) -> None:
    """Some of them so close that the reciprocals of their distances are no float32."""
    rng = np.random.default_rng(8)
    rows = ((1 + spread * rng.standard_normal((300, 30))) * scale).astype(np.float32)
    queries = rows[:40] * (1 + 1e-7 * rng.standard_normal((40, 30)))
    check([scoring_of(rows, "euclidean")], queries, [5])


@needs_library
@every("size", [1e-240, 1e-40, 1e40, 1e240])
def test_queries_of_extreme_lengths(size: float) -> None:
    rng = np.random.default_rng(4)
    rows = rng.standard_normal((200, 30)).astype(np.float32)
    queries = rng.standard_normal((4, 30)) * size
    for similarity in ("cosine", "dot"):
        check([scoring_of(rows, similarity)], queries, [6])


@needs_library
@every("far", [1e3, 1e20, 1e60])
@every("m", [3, 40])
def test_distances_from_points_so_far_away_that_all_rows_are_equally_near(far: float, m: int) -> None:
    rng = np.random.default_rng(6)
    rows = (rng.standard_normal((70, 9)) * 1e-20).astype(np.float32)
    check([scoring_of(rows, "euclidean")], rng.standard_normal((m, 9)) * 1e-20 * far, [12])


@needs_library
def test_rows_that_cannot_be_found_and_rows_with_subnormal_columns() -> None:
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((400, 17)).astype(np.float32)
    rows[::7] = 0
    rows[1::7, 3] = np.nan
    rows[2::7, 2] = np.inf
    rows[3::7] *= np.float32(1e-36)
    rows[4::7, 1:] *= np.float32(1e-42)
    keep = rng.random(400) < 0.8
    for scorings in scorings_of(rows, keep):
        check(scorings, rng.standard_normal((6, 17)), [20] * len(scorings))


@needs_library
@given(
    n=st.integers(1, 120),
    d=st.integers(1, 70),
    m=st.integers(1, 40),
    share=st.floats(0, 1),
    offset=st.sampled_from([0.0, 0.3, 30.0]),
    lengths=st.sampled_from([0.0, 1.0, 20.0]),
    step=st.sampled_from([0.0, 0.25, 1.0]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_rows(
    n: int, d: int, m: int, share: float, offset: float, lengths: float, step: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d)) + offset
    if step:  # many equal ones
        rows = np.round(rows / step) * step
    rows *= np.exp(lengths * rng.standard_normal((n, 1)))
    queries = rng.standard_normal((m, d))
    for scorings in scorings_of(rows.astype(np.float32)):
        most = min(scoring.n_usable for scoring in scorings)
        if most:
            check(scorings, queries, [1 + round(share * (most - 1))] * len(scorings))


@needs_library
@every("path", COMPILED)
@every("more", [{"forms": True}, {"exclude": [" the", " a"]}, {"centered": True, "k": 40}])
def test_lists_without_own_tokens_and_with_one_token_a_form(
    path: str, more: dict[str, Any], bundled: ts.EmbeddingSpace
) -> None:
    def find() -> Any:
        tokens: list[str | bytes | int] = [" Paris", 17, 4000]
        return ts.nearest(bundled, tokens, **more)

    want, found = (on(way, find) for way in (kernel.NUMPY, path))
    np.testing.assert_array_equal(found.ids, want.ids)
    np.testing.assert_array_equal(found.similarity, want.similarity)


@needs_library
def test_a_search_that_was_given_up_leaves_its_memory_to_those_that_still_use_it() -> None:
    scoring = scoring_of(np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32))
    queries = np.random.default_rng(1).standard_normal((30, 8))
    found = [(np.empty((30, 3), np.int64), np.empty((30, 3)))]
    chosen = on(COMPILED[0], kernel.chosen)
    search = compiled.Search(chosen, [scoring], [None], [3], len(queries))
    late: list[Callable[[], None]] = []

    def interrupted(function: Callable[[slice], None], parts: Iterable[slice]) -> list[None]:
        first, *_ = parts
        late.append(lambda: function(first))
        if len(late) == 2:
            raise KeyboardInterrupt
        function(first)
        return []

    with pytest.raises(KeyboardInterrupt):
        search.run(queries, found, interrupted)
    gc.collect()
    late[1]()  # a thread that was at work
    late.clear()
    search.run(queries, found, lambda function, parts: [function(part) for part in parts])
    assert_same(found, [on(kernel.NUMPY, lambda: top_k(scoring, queries, 3))])


@needs_library
def test_a_search_that_lost_rows_gives_an_error_and_no_result() -> None:
    scoring = scoring_of(np.eye(9, dtype=np.float32))
    found = [(np.empty((4, 3), np.int64), np.empty((4, 3)))]
    search = compiled.Search(on(COMPILED[0], kernel.chosen), [scoring], [None], [3], 4)
    opened = compiled._Open(search, np.ones((4, 9)), found)
    opened.prepare(slice(0, 4))
    with pytest.raises(TokensphereError, match="fewer rows than there are"):
        opened.settle(slice(0, 4))  # nothing was scanned


def test_exactly_one_path_is_chosen_and_it_can_run() -> None:
    choices = kernel.survey()
    assert [choice.usable for choice in choices if choice.chosen] == [True]
    assert choices[-1].name == kernel.NUMPY and choices[-1].usable
    for path in PATHS:
        asked = on(path, kernel.survey)
        assert [choice.name for choice in asked if choice.chosen] == [path]
        assert on(path, kernel.chosen) is None if path == kernel.NUMPY else on(path, kernel.chosen)


def test_a_path_that_cannot_run_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"TOKENSPHERE_KERNEL is 'fast', but must be one of amx, .* numpy"
    ):
        on("fast", kernel.survey)
    for choice in kernel.survey():
        if not choice.usable:
            with pytest.raises(
                InputError, match=f"asks for {choice.name}, which cannot run here: .*lacks"
            ):
                on(choice.name, kernel.chosen)
    other = "neon" if "avx2" in {choice.name for choice in kernel.survey()} else "avx2"
    if other not in {choice.name for choice in kernel.survey()}:
        with pytest.raises(InputError, match=f"asks for {other}, which cannot run here"):
            on(other, kernel.chosen)


def test_a_library_that_does_not_load_is_told_and_numpy_serves(tmp_path: Path) -> None:
    damaged = tmp_path / "kernel.so"
    damaged.write_bytes(b"no library")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(kernel.LIBRARY, str(damaged))
        patched.delenv(kernel.VARIABLE, raising=False)
        (only,) = kernel.survey()
        assert only.name == kernel.NUMPY and only.chosen and "does not load" in only.reason
        assert kernel.chosen() is None
        ids, _ = top_k(scoring_of(np.eye(3, dtype=np.float32)), np.array([[0.0, 1.0, 0.1]]), 2)
    assert ids.tolist() == [[1, 2]]


@needs_library
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are the system's")
def test_no_memory_is_told_in_one_line() -> None:
    code = (
        "import resource, numpy as np\n"
        "from tests.geometry.test_search import scoring_of\n"
        "from tokensphere.geometry.search import top_k\n"
        "scoring = scoring_of(np.ones((200000, 4), np.float32), threads=1)\n"
        "queries = np.ones((40, 4))\n"
        "top_k(scoring, queries, 2)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))\n"
        "top_k(scoring, queries, 100000)\n"
    )
    environment = {**os.environ, kernel.VARIABLE: COMPILED[0]}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        ("MemoryError", "numpy._core._exceptions._ArrayMemory")
    )
