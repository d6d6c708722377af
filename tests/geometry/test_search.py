from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokensphere as ts
from tests.cases import every
from tests.geometry.paths import kernel, planned
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import SIMILARITIES, Scoring, Similarity, make_scoring

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
__all__ = ["kernel"]  # every test here runs on every path


def scoring_of(
    rows: F32,
    similarity: Similarity = "cosine",
    *,
    centered: bool = False,
    keep: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Scoring:
    made = Rows.of(rows, compute=Compute(threads))
    return make_scoring(made, similarity=similarity, centered=centered, keep=keep)


def on(scoring: Scoring, threads: int) -> Scoring:
    """The same, searched by so many threads."""
    return replace(scoring, compute=Compute(threads))


def naive(rows: F32, queries: F64, similarity: Similarity, *, centered: bool) -> list[list[float]]:
    """The similarity of every query with every row, by the definitions; −inf where there is none."""
    table = [[float(value) for value in row] for row in rows]
    d = rows.shape[1]
    usable = [all(map(math.isfinite, row)) and any(row) for row in table]
    there = [row for row, ok in zip(table, usable, strict=True) if ok]
    if similarity == "cosine":
        there = [[value / math.hypot(*row) for value in row] for row in there]
    if centered and there:
        mean = [math.fsum(row[j] for row in there) / len(there) for j in range(d)]
        there = [[value - mean[j] for j, value in enumerate(row)] for row in there]
    values: list[list[float]] = []
    for query in queries.tolist():
        found: list[float] = []
        for row in there:
            dot = math.fsum(a * b for a, b in zip(row, query, strict=True))
            if similarity == "euclidean":
                found.append(-math.dist(row, query))
            elif similarity == "dot":
                found.append(dot)
            else:
                length = math.hypot(*row)
                found.append(dot / length / math.hypot(*query) if length > 1e-6 else -math.inf)
        at = iter(found)
        values.append([next(at) if ok else -math.inf for ok in usable])
    return values


def assert_agrees(ids: npt.NDArray[np.int64], values: F64, reference: F64, tolerance: float) -> None:
    """The ids are those of `reference`, apart from values equal up to rounding in double precision."""
    k = ids.shape[1]
    want = np.argsort(-reference, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(reference, want, axis=1)
    chosen = np.take_along_axis(reference, ids, axis=1)
    np.testing.assert_allclose(chosen, best, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(values, chosen, rtol=tolerance, atol=tolerance)
    assert all(len(set(row)) == k for row in ids.tolist())
    assert (np.diff(values, axis=1) <= 0).all()


def duplicated(n: int, d: int, different: int, seed: int) -> F32:
    """`n` rows that are copies of a few rows of small whole numbers, far apart from each other."""
    rng = np.random.default_rng(seed)
    few = rng.integers(-3, 4, (different, d)).astype(np.float32)
    few[~few.any(axis=1), 0] = 1
    return few[rng.integers(different, size=n)]


@given(
    n=st.integers(1, 90),
    d=st.integers(1, 7),
    m=st.integers(1, 4),
    share=st.floats(0, 1),
    similarity=st.sampled_from(SIMILARITIES),
    centered=st.booleans(),
    seed=st.integers(0, 2**32),
    small=st.booleans(),
    broken=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_agrees_with_a_naive_double_loop(
    n: int,
    d: int,
    m: int,
    share: float,
    similarity: Similarity,
    centered: bool,
    seed: int,
    small: bool,
    broken: bool,
) -> None:
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((n, d)) * 10.0 ** rng.uniform(-2, 2, (n, 1)) + 0.5).astype(np.float32)
    if broken:
        rows[rng.random(n) < 0.2] = rng.choice([0, np.nan, np.inf])
    queries = rng.standard_normal((m, d))
    reference = np.array(naive(rows, queries, similarity, centered=centered))
    usable = int(np.isfinite(reference[0]).sum())
    scoring = scoring_of(rows, similarity, centered=centered)
    assert int(scoring.usable.sum()) == usable
    if not usable:
        with pytest.raises(InputError, match="k is 1"):
            top_k(scoring, queries, 1)
        return
    k = 1 + round(share * (usable - 1))
    with planned(small):
        ids, values = top_k(scoring, queries, k)
    assert ids.shape == values.shape == (m, k)
    assert_agrees(ids, values, reference, 1e-9 if centered and similarity == "cosine" else 1e-11)


@every("centered", [False, True])
@every("similarity", SIMILARITIES)
@every("n", [2047, 2049, 4099])
def test_agrees_to_the_id_beyond_one_block(similarity: Similarity, centered: bool, n: int) -> None:
    rng = np.random.default_rng(n)
    rows = (rng.standard_normal((n, 12)) + 0.3).astype(np.float32)
    queries = rng.standard_normal((2, 12))
    reference = np.array(naive(rows, queries, similarity, centered=centered))
    scoring = scoring_of(rows, similarity, centered=centered)
    for k in (1, 10, 700, n):
        ids, _ = top_k(scoring, queries, k)
        np.testing.assert_array_equal(ids, np.argsort(-reference, axis=1, kind="stable")[:, :k])


@pytest.mark.parametrize("similarity", SIMILARITIES)
@every("small", [False, True])
@every("different", [2, 40])  # 1: below
def test_ties_go_to_the_lower_id(similarity: Similarity, different: int, small: bool) -> None:
    rows = duplicated(2501, 5, different, seed=different)
    queries = np.random.default_rng(1).standard_normal((4, 5))
    # Only the rows that differ are ranked here, so copies are exactly equal.
    unique, copy_of = np.unique(rows, axis=0, return_inverse=True)
    copy_of = copy_of.ravel()  # NumPy 2.0.0 gives a column
    values = np.array(naive(unique, queries, similarity, centered=False))
    reference = values[:, copy_of]
    with planned(small):
        for k in (1, 7, 500):
            ids, found = top_k(scoring_of(rows, similarity), queries, k)
            assert_agrees(ids, found, reference, 1e-12)
            equal = np.diff(found, axis=1) == 0
            assert (np.diff(ids, axis=1)[equal] > 0).all()
            for j in range(len(queries)):  # all copies of a row stand together, lowest ids first
                for copy in np.unique(copy_of[ids[j]]):
                    mine = ids[j][copy_of[ids[j]] == copy]
                    np.testing.assert_array_equal(mine, np.flatnonzero(copy_of == copy)[: len(mine)])


def test_all_rows_equal_gives_the_first_ids() -> None:
    rows = np.tile(np.array([1, 2, 3], dtype=np.float32), (9000, 1))
    for similarity in SIMILARITIES:
        ids, _ = top_k(scoring_of(rows, similarity), np.array([[1.0, -2.0, 0.5]]), 40)
        np.testing.assert_array_equal(ids[0], np.arange(40))


def test_copies_in_far_apart_blocks() -> None:
    rows = np.random.default_rng(3).standard_normal((10_000, 16)).astype(np.float32)
    copies = [9_999, 4_100, 2_047, 2_048, 17]
    rows[copies] = 2 * rows[17]
    ids, values = top_k(scoring_of(rows), rows[17:18].astype(np.float64), 6)
    np.testing.assert_array_equal(ids[0, :5], sorted(copies))
    assert len(set(values[0, :5].tolist())) == 1
    assert values[0, 5] < values[0, 4]


def test_of_very_many_equal_candidates_the_best_are_kept() -> None:
    """More than a search holds for a query."""
    rows = np.tile(np.eye(3, 4, dtype=np.float32), (7000, 1))
    queries = np.random.default_rng(2).standard_normal((5, 4))
    for similarity in SIMILARITIES:
        scoring = scoring_of(rows, similarity)
        reference = scoring.exact(queries, np.repeat(np.arange(5), 3), np.tile(np.arange(3), 5))
        want = np.argmax(reference.reshape(5, 3), axis=1)[:, None] + 3 * np.arange(30)
        for small in (False, True):
            with planned(small):
                ids, values = top_k(scoring, queries, 30)
            np.testing.assert_array_equal(ids, want)
            assert (values == values[:, :1]).all()


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("centered", [False, True])
def test_identical_to_the_bit_whatever_the_plan(similarity: Similarity, centered: bool) -> None:
    rng = np.random.default_rng(5)
    rows = np.concatenate(
        [rng.standard_normal((1700, 24)).astype(np.float32), duplicated(1300, 24, 9, seed=1)]
    )
    rng.shuffle(rows)
    queries = rng.standard_normal((21, 24)).astype(np.float32)
    scoring = scoring_of(rows, similarity, centered=centered)
    want = top_k(on(scoring, 1), queries, 11)

    def same(ids: npt.NDArray[np.int64], values: F64) -> None:
        np.testing.assert_array_equal(ids, want[0])
        np.testing.assert_array_equal(values, want[1])

    same(*top_k(scoring, queries, 11))
    for threads in (2, 5):
        same(*top_k(on(scoring, threads), queries, 11))
    for step in (1, 10, 20):
        parts = [top_k(scoring, queries[low : low + step], 11) for low in range(0, 21, step)]
        same(np.concatenate([ids for ids, _ in parts]), np.concatenate([v for _, v in parts]))
    with planned(small=True):
        for threads in (1, 3):
            same(*top_k(on(scoring, threads), queries, 11))
    more, values = top_k(scoring, queries, 300)
    same(more[:, :11], values[:, :11])


def test_identical_to_the_bit_for_very_long_rows() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((60, 20_000)).astype(np.float32)
    queries = rng.standard_normal((3, 20_000))
    alone, pair = (top_k(scoring_of(rows, threads=threads), queries, 5) for threads in (1, 2))
    np.testing.assert_array_equal(alone[0], pair[0])
    np.testing.assert_array_equal(alone[1], pair[1])


@every("similarity", SIMILARITIES)
@every("centered", [False, True])
def test_rows_without_direction_and_rows_not_kept_are_never_found(
    similarity: Similarity, centered: bool
) -> None:
    rng = np.random.default_rng(8)
    rows = rng.standard_normal((4000, 6)).astype(np.float32)
    bad = rng.choice(4000, 900, replace=False)
    rows[bad[:300]] = 0
    rows[bad[300:500], rng.integers(6)] = np.nan
    rows[bad[500:600], 0] = np.inf
    rows[bad[600:700], 1] = -np.inf
    keep = np.ones(4000, dtype=bool)
    keep[bad[700:]] = False
    queries = rng.standard_normal((3, 6))
    scoring = scoring_of(rows, similarity, centered=centered, keep=keep)
    ids, values = top_k(scoring, queries, 3100)
    good = np.setdiff1d(np.arange(4000), bad)
    for found in ids:
        np.testing.assert_array_equal(np.sort(found), good)
    assert np.isfinite(values).all()
    with pytest.raises(InputError, match="k is 3101, but it must lie between 1 and 3100"):
        top_k(scoring, queries, 3101)


@every("similarity", ["cosine", "euclidean"])
def test_infinite_rows_do_not_warn(similarity: Similarity) -> None:
    rows = np.eye(6, dtype=np.float32)
    rows[0, 0], rows[1, 2] = np.inf, -np.inf
    ids, _ = top_k(scoring_of(rows, similarity, centered=True), np.ones((1, 6)), 4)
    np.testing.assert_array_equal(np.sort(ids[0]), [2, 3, 4, 5])


def test_the_mean_is_of_all_usable_rows_whatever_may_be_found() -> None:
    rows = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32) + 1
    keep = np.arange(50) % 2 == 0
    queries = np.random.default_rng(1).standard_normal((2, 4))
    all_ids, all_values = top_k(scoring_of(rows, centered=True), queries, 50)
    ids, values = top_k(scoring_of(rows, centered=True, keep=keep), queries, 25)
    for j in range(2):
        even = all_ids[j] % 2 == 0
        np.testing.assert_array_equal(ids[j], all_ids[j][even])
        np.testing.assert_array_equal(values[j], all_values[j][even])


def test_cosine_does_not_see_the_lengths_of_rows_and_queries() -> None:
    rng = np.random.default_rng(11)
    rows = rng.standard_normal((3000, 10)).astype(np.float32)
    queries = rng.standard_normal((5, 10))
    powers = 2.0 ** rng.integers(-60, 60, (3000, 1))
    scaled = (rows * powers).astype(np.float32)
    for centered in (False, True):
        want, values = top_k(scoring_of(rows, centered=centered), queries, 20)
        got, again = top_k(scoring_of(scaled, centered=centered), queries * 2.0**30, 20)
        np.testing.assert_array_equal(got, want)
        np.testing.assert_allclose(again, values, rtol=1e-11, atol=1e-13)


@every("similarity", SIMILARITIES)
@every("centered", [False, True])
def test_rotation_of_rows_and_queries_changes_nothing(similarity: Similarity, centered: bool) -> None:
    rng = np.random.default_rng(12)
    rows = rng.integers(-40, 40, (2500, 8)).astype(np.float32)
    queries = rng.standard_normal((4, 8))
    # A signed permutation rotates float32 exactly.
    order, signs = rng.permutation(8), rng.choice([-1, 1], 8)
    turned_rows = (rows[:, order] * signs).astype(np.float32)
    plain = top_k(scoring_of(rows, similarity, centered=centered), queries, 15)
    turned = top_k(scoring_of(turned_rows, similarity, centered=centered), queries[:, order] * signs, 15)
    np.testing.assert_allclose(turned[1], plain[1], rtol=1e-11, atol=1e-12)
    gaps = np.abs(np.diff(plain[1], axis=1)) > 1e-10
    sure = np.pad(gaps, ((0, 0), (1, 0)), constant_values=True)
    sure &= np.pad(gaps, ((0, 0), (0, 1)), constant_values=False)
    assert sure.mean() > 0.5
    np.testing.assert_array_equal(turned[0][sure], plain[0][sure])


@every("similarity", SIMILARITIES)
def test_permutation_of_rows_permutes_the_ids(similarity: Similarity) -> None:
    rng = np.random.default_rng(13)
    rows = rng.standard_normal((2500, 8)).astype(np.float32)
    queries = rng.standard_normal((4, 8))
    order = rng.permutation(2500)
    ids, values = top_k(scoring_of(rows, similarity), queries, 15)
    moved, again = top_k(scoring_of(rows[order], similarity), queries, 15)
    np.testing.assert_array_equal(order[moved], ids)
    np.testing.assert_array_equal(again, values)


@every("size_of_rows", [1e-30, 1.0, 1e30])
@every("size_of_queries", [1e-30, 1.0, 1e30])
@every("similarity", SIMILARITIES)
@every("centered", [False, True])
def test_any_magnitude(
    size_of_rows: float, size_of_queries: float, similarity: Similarity, centered: bool
) -> None:
    rng = np.random.default_rng(14)
    rows = ((rng.standard_normal((150, 6)) + 0.5) * size_of_rows).astype(np.float32)
    queries = rng.standard_normal((3, 6)) * size_of_queries
    reference = np.array(naive(rows, queries, similarity, centered=centered))
    ids, values = top_k(scoring_of(rows, similarity, centered=centered), queries, 25)
    best = -np.sort(-reference, axis=1)[:, :25]
    np.testing.assert_allclose(np.take_along_axis(reference, ids, axis=1), best, rtol=1e-11)
    np.testing.assert_allclose(values, best, rtol=1e-10)


@every("size", [1e-300, 1e-170, 1e170, 1e300])
@every("similarity", ["cosine", "dot"])
def test_queries_whose_square_is_no_double(similarity: Similarity, size: float) -> None:
    rng = np.random.default_rng(15)
    rows = rng.standard_normal((300, 6)).astype(np.float32)
    queries = rng.standard_normal((3, 6))
    scoring = scoring_of(rows, similarity)
    want, values = top_k(scoring, queries, 10)
    got, again = top_k(scoring, queries * size, 10)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_allclose(again, values * (1 if similarity == "cosine" else size), rtol=1e-10)


@every("spread", [1e-2, 1e-3, 1e-4, 1e-5])
def test_centered_rows_far_from_the_origin(spread: float) -> None:
    """Rows that nearly coincide: the centred cosine is what little they differ in."""
    rng = np.random.default_rng(16)
    rows = (rng.standard_normal(32) + spread * rng.standard_normal((9000, 32))).astype(np.float32)
    queries = rng.standard_normal((6, 32))
    long = rows.astype(np.longdouble)
    unit = long / np.sqrt((long * long).sum(axis=1))[:, None]
    centered = unit - unit.mean(axis=0)
    centered /= np.sqrt((centered * centered).sum(axis=1))[:, None]
    directions = queries.astype(np.longdouble)
    directions /= np.sqrt((directions * directions).sum(axis=1))[:, None]
    reference = (directions @ centered.T).astype(np.float64)
    ids, values = top_k(scoring_of(rows, centered=True), queries, 20)
    np.testing.assert_array_equal(ids, np.argsort(-reference, axis=1)[:, :20])
    np.testing.assert_allclose(values, np.take_along_axis(reference, ids, axis=1), atol=1e-7)


@pytest.mark.parametrize("similarity", SIMILARITIES)
@every("centered", [False, True])
def test_rows_that_float32_cannot_tell_apart(similarity: Similarity, centered: bool) -> None:
    """Differences far below the error of the float32 product still decide the order."""
    rng = np.random.default_rng(17)
    rows = np.repeat(rng.standard_normal((1, 64)), 1000, axis=0).astype(np.float32)
    changed = rng.integers(64, size=1000)
    at = np.arange(1000)
    rows[at, changed] = np.nextafter(rows[at, changed], rng.choice([-9, 9], 1000).astype(np.float32))
    rows[:5] = rng.standard_normal((5, 64))  # or there would be nothing to centre
    queries = rng.standard_normal((4, 64))
    reference = np.array(naive(rows, queries, similarity, centered=centered))
    ids, values = top_k(scoring_of(rows, similarity, centered=centered), queries, 200)
    # Centred unit rows are short here: their cosines have fewer digits, not their order.
    assert_agrees(ids, values, reference, 1e-9 if centered and similarity == "cosine" else 1e-13)
    best = np.take_along_axis(reference, ids, axis=1)
    np.testing.assert_allclose(best, -np.sort(-reference, axis=1)[:, :200], rtol=1e-12, atol=1e-12)


def test_exact_values_do_not_depend_on_company() -> None:
    rng = np.random.default_rng(19)
    rows = rng.standard_normal((400, 33)).astype(np.float32)
    queries = rng.standard_normal((9, 33))
    query, row = np.repeat(np.arange(9), 400), np.tile(np.arange(400), 9)
    for similarity in SIMILARITIES:
        scoring = scoring_of(rows, similarity, centered=True)
        together = scoring.exact(queries, query, row)
        some = np.flatnonzero(rng.random(3600) < 0.1)
        np.testing.assert_array_equal(scoring.exact(queries, query[some], row[some]), together[some])
        one = [scoring.exact(queries, query[i : i + 1], row[i : i + 1])[0] for i in some[:40]]
        np.testing.assert_array_equal(one, together[some[:40]])


@every("k", [0, -1, 11])
def test_k_out_of_range(k: int) -> None:
    rows = np.eye(10, dtype=np.float32)
    with pytest.raises(InputError, match=f"k is {k}, but it must lie between 1 and 10"):
        top_k(scoring_of(rows), np.ones((1, 10)), k)


def test_no_queries_give_an_empty_result() -> None:
    ids, values = top_k(scoring_of(np.eye(3, dtype=np.float32)), np.empty((0, 3)), 2)
    assert ids.shape == values.shape == (0, 2)


def test_the_arguments_are_not_changed() -> None:
    rows = np.random.default_rng(20).standard_normal((100, 4)).astype(np.float32)
    queries = np.random.default_rng(21).standard_normal((3, 4)).astype(np.float32)
    kept, asked = rows.copy(), queries.copy()
    for similarity in SIMILARITIES:
        top_k(scoring_of(rows, similarity, centered=True), queries, 5)
    np.testing.assert_array_equal(rows, kept)
    np.testing.assert_array_equal(queries, asked)


@pytest.mark.parametrize("m", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_the_bundled_model_agrees_to_the_id_with_double_precision(
    bundled: ts.EmbeddingSpace, m: int
) -> None:
    vectors, (n, d) = bundled.vectors, bundled.shape
    queries = ts.random_directions(d, range(m), seed=99)
    wide = queries.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1)[:, None]
    blocks = [slice(low, low + 2048) for low in range(0, n, 2048)]
    norms = np.concatenate([np.linalg.norm(vectors[part].astype(np.float64), axis=1) for part in blocks])
    mean = sum(np.sum(vectors[part] / norms[part, None], axis=0) for part in blocks) / n

    def references(part: slice) -> list[F64]:
        """The four similarities of all queries with a block of rows."""
        block = vectors[part].astype(np.float64)
        dots = wide @ block.T
        distances = np.linalg.norm(block / norms[part, None] - mean, axis=1)
        return [
            dots,
            dots / norms[part] / lengths,
            (dots / norms[part] - (wide @ mean)[:, None]) / distances / lengths,
            -np.sqrt(norms[part] ** 2 - 2 * dots + lengths**2),
        ]

    cases: list[tuple[Similarity, bool]] = [
        ("dot", False), ("cosine", False), ("cosine", True), ("euclidean", False),
    ]  # fmt: skip
    found = [
        top_k(make_scoring(bundled.rows, similarity=similarity, centered=centered), queries, 10)
        for similarity, centered in cases
    ]
    best: list[list[tuple[npt.NDArray[Any], ...]]] = [[] for _ in cases]
    for part in blocks:
        for (_, values), reference, kept in zip(found, references(part), best, strict=True):
            # All that may be among the ten, whether they were found or not.
            query, row = np.nonzero(reference >= values[:, 9:] - 1e-9)
            kept.append((query, part.start + row, reference[query, row]))
    for (ids, values), kept in zip(found, best, strict=True):
        query, row, reference = (np.concatenate(each) for each in zip(*kept, strict=True))
        order = np.lexsort((row, -reference, query))
        first = np.searchsorted(query[order], np.arange(m))
        ten = order[first[:, None] + np.arange(10)]
        np.testing.assert_array_equal(query[ten], np.arange(m)[:, None] * np.ones(10, dtype=int))
        np.testing.assert_array_equal(ids, row[ten])
        np.testing.assert_allclose(values, reference[ten], rtol=1e-11)
