"""The selection by itself: fed with products that are as wrong as their bound allows."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import case, every
from tokensphere.geometry import similarity
from tokensphere.geometry.compute import workers
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.selection import Selection
from tokensphere.geometry.similarity import Rescaling, Scoring, make_scoring, vector_lengths

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
ERROR = 0.05  # of a product: some hundred times what lies between two neighbours


def made(n: int = 500, m: int = 12, d: int = 6, seed: int = 0) -> tuple[Scoring, F64]:
    """Cosine over rows, some of them equal and some of no direction, and queries."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d)).astype(np.float32)
    rows[rng.integers(n, size=n // 5)] = rows[rng.integers(n, size=n // 5)]
    rows[rng.integers(n, size=n // 20)] = 0
    return make_scoring(Rows.of(rows)), rng.standard_normal((m, d))


def true_values(scoring: Scoring, queries: F64) -> F64:
    """Of all rows for all queries, shape (m, n); −inf for rows that are not usable."""
    usable, m = np.flatnonzero(scoring.usable), len(queries)
    values = np.full((m, len(scoring.rows)), -np.inf)
    pairs = np.repeat(np.arange(m), len(usable)), np.tile(usable, m)
    values[:, usable] = scoring.exact(queries, *pairs).reshape(m, -1)
    return values


def best(values: F64, k: int) -> Ids:
    """The k largest of each row, equals by lower id."""
    return np.argsort(-values, axis=1, kind="stable")[:, :k]


def misled(values: F64, k: int, error: float = ERROR) -> F32:
    """Products, shape (n, m), that lower the k best by the error and raise all others by it."""
    products = values + error
    np.put_along_axis(products, best(values, k), -np.sort(-values, axis=1)[:, :k] - error, axis=1)
    return products.T.astype(np.float32)


def selection_of(
    scoring: Scoring, queries: F64, k: int, *, error: float = ERROR, group: int = 8,
    expected: npt.ArrayLike | None = None,
) -> Selection:  # fmt: skip
    bound = np.full(len(queries), error + 1e-6, dtype=np.float32)
    floors = None if expected is None else np.asarray(expected, dtype=np.float32)
    return Selection(scoring, queries, k, bound, expected=floors, order=None, group=group)


def feed(
    selection: Selection, products: F32, *, group: int = 8, small: int = 4, rows: int = 32,
    at_once: int = 5, starts: range | list[int] | None = None,
) -> None:  # fmt: skip
    """All products of shape (n, m), or those of blocks that begin at `starts`, as the search does."""
    n, m = products.shape
    for start in range(0, n, rows) if starts is None else starts:
        count = min(rows, n - start)
        for low in range(0, m, at_once):
            some = slice(low, min(low + at_once, m))
            fed = np.full((-(-count // group) * group, some.stop - low), -np.inf, dtype=np.float32)
            fed[:count] = products[start : start + count, some]
            own = fed
            if not selection.takes_fed:
                own = np.full_like(fed, -np.inf)
                selection.rescale(fed[:count], slice(start, start + count), some, out=own[:count])
                own[:count][~selection.usable[start : start + count]] = -np.inf
            parts = own.reshape(-1, group // small, small, own.shape[1]).max(axis=2)
            selection.absorb(fed.reshape(-1, small, fed.shape[1]), parts, parts.max(axis=1), start, low)


def settled(selection: Selection, *, values: bool = True) -> tuple[Ids, F64]:
    for pairs in selection.parts():
        (selection.settle if values else selection.settle_ids)(pairs)
    return selection.ids, selection.values


def kept(selection: Selection) -> list[set[int]]:
    """For each query the rows that are left to settle."""
    found: list[set[int]] = [set() for _ in selection.queries]
    for pairs in selection.parts():
        for query, row in zip(pairs.query.tolist(), pairs.row.tolist(), strict=True):
            found[query].add(row)
    return found


@every("k", [1, 3, 40])
def test_the_true_best_are_kept_whatever_the_error_does(k: int) -> None:
    scoring, queries = made()
    values = true_values(scoring, queries)
    products = misled(values, k)
    selection = selection_of(scoring, queries, k)
    feed(selection, products)
    for rows, want in zip(kept(selection), best(values, k).tolist(), strict=True):
        assert rows >= set(want)
    ids, found = settled(selection)
    np.testing.assert_array_equal(ids, best(values, k))
    np.testing.assert_array_equal(found, np.take_along_axis(values, ids, axis=1))


def test_with_a_bound_that_is_too_small_they_are_lost() -> None:
    """Else the test above would show nothing."""
    scoring, queries = made()
    values = true_values(scoring, queries)
    selection = selection_of(scoring, queries, 3, error=0.0)
    feed(selection, misled(values, 3))
    pairs = zip(kept(selection), best(values, 3).tolist(), strict=True)
    assert any(not rows >= set(want) for rows, want in pairs)


@given(
    n=st.integers(1, 150),
    m=st.integers(1, 7),
    share=st.floats(0, 1),
    shape=st.sampled_from([(1, 1, 8), (4, 4, 4), (8, 2, 16), (32, 8, 32), (32, 8, 128)]),
    error=st.sampled_from([1e-5, 0.01, 0.5, 3.0]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=120, deadline=None)
def test_the_result_is_that_of_sorting_the_true_values(
    n: int, m: int, share: float, shape: tuple[int, int, int], error: float, seed: int
) -> None:
    """Rows of small whole numbers, so that many are equal; products off at random."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-1, 2, (n, 3)).astype(np.float32)
    rows[rng.integers(n)] = 1
    scoring, queries = make_scoring(Rows.of(rows)), rng.standard_normal((m, 3))
    values = true_values(scoring, queries)
    k = 1 + round(share * (np.count_nonzero(scoring.usable) - 1))
    products = (values + error * rng.uniform(-1, 1, values.shape)).T.astype(np.float32)
    group, small, block = shape
    for with_values in (True, False):
        selection = selection_of(scoring, queries, k, error=error, group=group)
        feed(selection, products, group=group, small=small, rows=block)
        ids, found = settled(selection, values=with_values)
        np.testing.assert_array_equal(ids, best(values, k))
        if with_values:
            np.testing.assert_array_equal(found, np.take_along_axis(values, ids, axis=1))


def test_the_order_of_feeding_and_the_threads_cannot_be_seen() -> None:
    scoring, queries = made(n=700)
    values = true_values(scoring, queries)
    products = misled(values, 9)
    starts = list(range(0, 700, 32))
    mixed = np.random.default_rng(1).permutation(starts).tolist()
    for order in (starts, starts[::-1], mixed):
        with case(order=order):
            selection = selection_of(scoring, queries, 9)
            feed(selection, products, starts=order)
            np.testing.assert_array_equal(settled(selection)[0], best(values, 9))
    for _ in range(5):
        selection = selection_of(scoring, queries, 9)
        with workers(4) as in_parallel:
            in_parallel(lambda start: feed(selection, products, starts=[start]), mixed)  # noqa: B023
        np.testing.assert_array_equal(settled(selection)[0], best(values, 9))


def test_ties_go_to_the_lower_id_however_their_products_differ() -> None:
    """All rows are one: the products are nothing but error, and the first k ids are the answer."""
    rows = np.tile(np.array([1, 2, -1], dtype=np.float32), (300, 1))
    scoring, queries = make_scoring(Rows.of(rows)), np.array([[1.0, 0, 0], [0, -1, 3]])
    values = true_values(scoring, queries)
    rising = np.linspace(-ERROR, ERROR, 300)[:, None]  # the last ids seem to be the best
    for with_values in (True, False):
        selection = selection_of(scoring, queries, 20)
        feed(selection, (values.T + rising).astype(np.float32))
        ids, _ = settled(selection, values=with_values)
        np.testing.assert_array_equal(ids, np.tile(np.arange(20), (2, 1)))


def test_what_cannot_be_among_the_best_is_forgotten() -> None:
    """With a small error, little more than k candidates are left; no more than 2e below the k-th."""
    scoring, queries = made(n=3000)
    values = true_values(scoring, queries)
    products = values.T.astype(np.float32)
    selection = selection_of(scoring, queries, 5, error=1e-4)
    feed(selection, products)
    floor = -np.sort(-values, axis=1)[:, 4]
    assert (selection.floor <= floor + 1e-6).all()  # it never exceeds the k-th largest
    for query, rows in enumerate(kept(selection)):
        assert len(rows) < 40
        assert values[query, sorted(rows)].min() >= selection.floor[query] - 2.1e-4
    settled(selection)  # now the floor is the k-th largest product itself
    np.testing.assert_array_equal(selection.floor, -np.sort(-products, axis=0)[4])


def test_compacting_keeps_k_of_each_query_and_changes_no_result() -> None:
    scoring, queries = made(n=900)
    values = true_values(scoring, queries)
    products = misled(values, 4)
    starts = range(0, 900, 32)
    selection = selection_of(scoring, queries, 4)
    for start in starts:
        feed(selection, products, starts=[start])
        before = selection.pending
        selection.compact()
        assert selection.pending <= min(before, 4 * len(queries))
    assert selection.pending == 4 * len(queries)
    ids, found = settled(selection)
    np.testing.assert_array_equal(ids, best(values, 4))
    np.testing.assert_array_equal(found, np.take_along_axis(values, ids, axis=1))


def test_fewer_groups_than_k_forget_nothing() -> None:
    """All of 20 rows are asked for in groups of 8: there are three maxima, and no floor."""
    scoring, queries = made(n=20)
    k = int(np.count_nonzero(scoring.usable))
    values = true_values(scoring, queries)
    selection = selection_of(scoring, queries, k)
    feed(selection, misled(values, k))
    assert (selection.floor == -np.inf).all()
    ids, _ = settled(selection)
    np.testing.assert_array_equal(ids, best(values, k))
    np.testing.assert_array_equal(np.sort(ids), np.tile(np.flatnonzero(scoring.usable), (12, 1)))
    order = np.random.default_rng(5).permutation(20)  # the last group is not full: it has no numbers
    bound = np.full(12, ERROR + 1e-6, dtype=np.float32)
    selection = Selection(scoring, queries, k, bound, order=order, group=8)
    feed(selection, misled(values, k)[order])
    np.testing.assert_array_equal(settled(selection)[0], ids)


@every("k", [1, 6])
def test_floors_that_are_reached_change_no_result(k: int) -> None:
    scoring, queries = made()
    values = true_values(scoring, queries)
    products = misled(values, k)
    last = -np.sort(-products, axis=0)[k - 1]  # each query's k-th largest product
    for lower in (0.0, 0.1, 5.0):
        with case(lower=lower):
            selection = selection_of(scoring, queries, k, expected=last - np.float32(lower))
            feed(selection, products)
            assert not selection.failed().any()  # where k products reach it, it was not too high
            np.testing.assert_array_equal(settled(selection)[0], best(values, k))
    unknown = selection_of(scoring, queries, k)
    feed(unknown, products)
    assert not unknown.failed().any()


def test_wrong_expectations_are_noticed_query_by_query() -> None:
    scoring, queries = made()
    values = true_values(scoring, queries)
    k = 6
    products = misled(values, k)
    last = -np.sort(-products, axis=0)[k - 1]
    expected = last.copy()
    wrong = np.array([0, 4, 11])
    expected[wrong] = np.nextafter(last[wrong], np.float32(np.inf))  # too much by one digit
    selection = selection_of(scoring, queries, k, expected=expected)
    feed(selection, products)
    np.testing.assert_array_equal(np.flatnonzero(selection.failed()), wrong)
    assert not any(kept(selection)[query] for query in wrong)  # nothing of them is settled
    right = np.setdiff1d(np.arange(len(queries)), wrong)
    np.testing.assert_array_equal(settled(selection)[0][right], best(values, k)[right])
    hopeless = selection_of(scoring, queries, k, expected=np.full(len(queries), 2.0))
    feed(hopeless, products)
    assert hopeless.failed().all() and not list(hopeless.parts())


def test_expected_floors_save_candidates() -> None:
    scoring, queries = made(n=3000)
    products = true_values(scoring, queries).T.astype(np.float32)
    last = -np.sort(-products, axis=0)[4]
    unknown = selection_of(scoring, queries, 5, error=1e-4)
    known = selection_of(scoring, queries, 5, error=1e-4, expected=last)
    for selection in (unknown, known):
        feed(selection, products)
    assert known.pending < unknown.pending / 2


@every("even", [0.5, np.inf])
@every(("name", "centered"), [("cosine", True), ("dot", False)])
def test_other_similarities_are_selected_from_the_same_products(
    name: similarity.Similarity, centered: bool, even: float
) -> None:
    """Fed in another order, too; with factors looked at row by row, or group by group."""
    rng = np.random.default_rng(2)
    vectors = (rng.standard_normal((600, 5)) + 0.4) * np.exp(rng.standard_normal((600, 1)))
    vectors[[3, 77]] = 0
    rows, keep = Rows.of(vectors.astype(np.float32)), rng.random(600) < 0.97
    base = make_scoring(rows)
    other = make_scoring(rows, similarity=name, centered=centered, keep=keep)
    queries = rng.standard_normal((9, 5))
    k, error = 7, 0.01
    with patch.object(similarity, "_EVEN", even):
        rescaling = Rescaling.between(base, other)
        bound = rescaling.bound(np.full(9, error + 1e-6, dtype=np.float32))
        fed = true_values(base, queries).T + error * rng.uniform(-1, 1, (600, 9))
        for order in (None, rng.permutation(600), np.argsort(rescaling.factor[:600])):
            selection = Selection(other, queries, k, bound, rescaling, order=order, group=8)
            assert selection.takes_fed == (even == np.inf)
            feed(selection, (fed if order is None else fed[order]).astype(np.float32))
            ids, found = settled(selection)
            values = true_values(other, queries)
            np.testing.assert_array_equal(ids, best(values, k))
            np.testing.assert_array_equal(found, np.take_along_axis(values, ids, axis=1))


def test_products_that_are_its_own_need_no_rescaling() -> None:
    scoring, queries = made()
    selection = selection_of(scoring, queries, 3)
    assert selection.takes_fed
    tile = np.zeros((8, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="need no rescaling"):
        selection.rescale(tile, slice(0, 8), slice(0, 2), out=tile)


def test_each_query_has_an_error_of_its_own() -> None:
    scoring, queries = made(m=6)
    values = true_values(scoring, queries)
    errors = np.array([0.0, 1e-5, 1e-3, 0.02, 0.3, 2.0])
    off = np.random.default_rng(3).uniform(-1, 1, values.shape) * errors[:, None]
    bound = (errors + 1e-6).astype(np.float32)
    selection = Selection(scoring, queries, 5, bound, order=None, group=8)
    feed(selection, (values + off).T.astype(np.float32))
    counts = [len(rows) for rows in kept(selection)]
    np.testing.assert_array_equal(settled(selection)[0], best(values, 5))
    assert counts[0] < counts[3] < counts[4] < counts[5]


def test_the_bound_of_the_search_is_what_the_selection_needs() -> None:
    """The real float32 products with the bound that comes with them, on rows that nearly coincide."""
    rng = np.random.default_rng(4)
    rows = (rng.standard_normal(40) + 1e-6 * rng.standard_normal((800, 40))).astype(np.float32)
    scoring, queries = make_scoring(Rows.of(rows)), rng.standard_normal((6, 40))
    prepared, bound = scoring.prepare_queries(queries)
    products = scoring.prepare_rows(0, 800, np.empty((800, 40), dtype=np.float32)) @ prepared.T
    selection = Selection(scoring, queries, 10, bound, order=None, group=8)
    feed(selection, products)
    values = true_values(scoring, queries)
    np.testing.assert_array_equal(settled(selection)[0], best(values, 10))
    by_product = np.argsort(-products.T, axis=1, kind="stable")[:, :10]
    assert not np.array_equal(by_product, best(values, 10))  # float32 alone would be wrong
    np.testing.assert_allclose(vector_lengths(prepared), 1, rtol=1e-6)
