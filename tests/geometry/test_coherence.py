from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence, largest_group, random_pair_limit
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.kernel import VARIABLE, chosen
from tokensphere.geometry.rows import Rows

F32 = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
ROUNDING = 1e-6  # sums of rows are made in float32


def coherence_of(rows: npt.ArrayLike, threads: int | None = None) -> Coherence:
    return Coherence(Rows.of(np.asarray(rows, dtype=np.float32), compute=Compute(threads)))


def random_rows(n: int = 300, d: int = 12, seed: int = 0, shift: float = 0.7) -> F32:
    """Anisotropic rows of very different lengths."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d)) * np.linspace(2, 0.3, d) + shift
    return (rows * np.exp(rng.standard_normal((n, 1)))).astype(np.float32)


def random_lists(n: int, m: int = 50, k: int = 20, seed: int = 1) -> Ids:
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(n)[:k] for _ in range(m)])


def naive_centered(rows: F32) -> npt.NDArray[np.float64]:
    """``c_i`` as STATISTICS 5 writes it: NaN where there is none."""
    unit = rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    centered = unit - unit.mean(axis=0)
    lengths = np.linalg.norm(centered, axis=1, keepdims=True)
    return np.asarray(centered / np.where(lengths > 1e-6, lengths, np.nan))


def naive_coherence(centered: npt.NDArray[np.float64], ids: Ids, k: int) -> list[float]:
    """The mean over ordered pairs; a row that equals the mean is alike to nothing."""
    found = []
    for row in ids.tolist():
        total = 0.0
        for i in row[:k]:
            for j in row[:k]:
                if i != j:
                    total += float(np.nan_to_num(centered[i] @ centered[j]))
        found.append(total / (k * (k - 1)))
    return found


def narrow_rows() -> F32:
    """All within 0.01 of their mean: what the raw rows share is a hundred times what they do not."""
    rng = np.random.default_rng(12)
    return np.asarray(np.eye(12)[0] + 2e-3 * rng.standard_normal((300, 12)), dtype=np.float32)


@pytest.mark.parametrize("rows", [random_rows(), narrow_rows()], ids=["wide", "near the mean"])
def test_t_is_the_mean_cosine_of_the_pairs(rows: F32) -> None:
    ids, ks = random_lists(len(rows)), (2, 5, 20)
    found = coherence_of(rows).coherence(ids, ks)
    centered = naive_centered(rows)
    for column, k in enumerate(ks):
        np.testing.assert_allclose(found[:, column], naive_coherence(centered, ids, k), atol=ROUNDING)


def test_unrelated_tokens_have_no_coherence_and_equal_ones_have_one() -> None:
    one_hot = coherence_of(np.eye(40))
    n, ids = 40, random_lists(40, m=7, k=10)
    # ⟨e_i − 1/n, e_j − 1/n⟩ / ‖e_i − 1/n‖² = (−1/n) / (1 − 1/n)
    np.testing.assert_allclose(one_hot.coherence(ids, [10]), -1 / (n - 1), atol=ROUNDING)
    rows = random_rows()
    rows[:10] = 3 * rows[0]
    rows[5:10] *= 7  # lengths do not matter
    np.testing.assert_allclose(coherence_of(rows).coherence(np.arange(10)[None], [4, 10]), 1, atol=1e-6)


def test_t_has_the_least_value_where_the_centred_rows_cancel() -> None:
    """±axes: the mean is zero, and a list of all 2d of them sums to nothing: T = −1/(k − 1)."""
    axes = np.concatenate([np.eye(5), -np.eye(5)])
    found = coherence_of(axes).coherence(np.arange(10)[None], [10])
    np.testing.assert_allclose(found, -1 / 9, atol=ROUNDING)


def test_a_row_that_equals_the_mean_is_alike_to_nothing() -> None:
    """Of 1,000 rows 997 are one; three others stand 120° apart around it, so that it is the mean."""
    rows = np.zeros((1000, 3))
    rows[:, 0] = 1
    angles = 2 * np.pi * np.arange(3) / 3
    rows[:3, 1:] = 1e-3 * np.column_stack([np.cos(angles), np.sin(angles)])
    measured = coherence_of(rows)
    assert measured.usable.tolist() == [True] * 3 + [False] * 997
    assert not measured.centered(np.arange(3, 1000)).any()
    lists = np.array([[0, 1, 500], [0, 500, 2], [0, 1, 2], [7, 8, 9]])
    want = [2 * -0.5 / 6, 2 * -0.5 / 6, -0.5, 0]
    np.testing.assert_allclose(measured.coherence(lists, [3])[:, 0], want, atol=1e-3)


def test_several_ks_at_once_are_each_alone() -> None:
    rows = random_rows(seed=2)
    ids, ks = random_lists(len(rows)), (2, 3, 7, 19)
    measured = coherence_of(rows)
    together = measured.coherence(ids, ks)
    for column, k in enumerate(ks):
        alone = measured.coherence(ids[:, :k], [k])
        np.testing.assert_allclose(together[:, [column]], alone, atol=ROUNDING)


def test_t_does_not_depend_on_the_order_of_a_list() -> None:
    rows = random_rows(seed=3)
    ids = random_lists(len(rows))
    shuffled = np.random.default_rng(4).permuted(ids, axis=1)
    measured = coherence_of(rows)
    np.testing.assert_allclose(
        measured.coherence(ids, [20]), measured.coherence(shuffled, [20]), atol=ROUNDING
    )


def test_turning_scaling_and_renumbering_change_nothing() -> None:
    rows = random_rows(seed=5)
    rng = np.random.default_rng(6)
    ids, ks = random_lists(len(rows)), (5, 10)
    want = coherence_of(rows).coherence(ids, ks)
    turn = np.linalg.qr(rng.standard_normal((12, 12)))[0]
    np.testing.assert_allclose(coherence_of(rows @ turn).coherence(ids, ks), want, atol=ROUNDING)
    lengths = np.exp(3 * rng.standard_normal((len(rows), 1)))
    np.testing.assert_allclose(coherence_of(rows * lengths).coherence(ids, ks), want, atol=ROUNDING)
    doubled = rows * (2.0 ** rng.integers(-20, 20, (len(rows), 1))).astype(np.float32)  # exact
    np.testing.assert_array_equal(coherence_of(doubled).coherence(ids, ks), want)
    order = rng.permutation(len(rows))
    place = np.argsort(order)
    np.testing.assert_allclose(coherence_of(rows[order]).coherence(place[ids], ks), want, atol=ROUNDING)


@every(("rows", "dtype"), [(random_rows(seed=7, shift=0), np.float32), (narrow_rows(), np.float64)])
def test_batches_and_threads_cannot_be_seen(rows: F32, dtype: type) -> None:
    ids = random_lists(len(rows), m=101)
    measured = coherence_of(rows)
    assert measured.dtype == dtype  # rows near their mean need more digits
    want, groups = measured.coherence(ids, (5, 20)), measured.alike(ids, 0.3)
    for at_once, threads in ((1, 1), (3, 4), (1000, 2)):
        other = coherence_of(rows, threads)
        with patch("tokensphere.geometry.coherence._LISTS_AT_ONCE", at_once):
            np.testing.assert_array_equal(other.coherence(ids, (5, 20)), want)
            np.testing.assert_array_equal(other.alike(ids, 0.3), groups)
    for low in (0, 17, 100):
        np.testing.assert_array_equal(measured.coherence(ids[low : low + 1], (5, 20))[0], want[low])


@pytest.mark.skipif(chosen() is None, reason="there is no compiled kernel here")
def test_the_kernel_gives_what_numpy_gives_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """For widths on both sides of all steps in which NumPy adds, and rows of any length."""
    rng = np.random.default_rng(4)
    for d in (1, 2, 7, 8, 9, 31, 127, 128, 129, 257, 575):
        rows = rng.standard_normal((60, d)) * 10.0 ** rng.uniform(-9, 9, (60, 1))
        ids = random_lists(60, 700)
        for ks in ((2,), (3, 17), (5, 10, 20)):
            found = []
            for path in ("numpy", ""):
                monkeypatch.setenv(VARIABLE, path)
                found.append(coherence_of(rows).coherence(ids, ks))
            plain, compiled = found
            np.testing.assert_array_equal(plain, compiled)


def test_no_lists() -> None:
    measured = coherence_of(random_rows())
    none = np.empty((0, 6), dtype=np.int64)
    assert measured.coherence(none, [3, 6]).shape == (0, 2) and measured.alike(none, 0.5).shape == (0,)


@pytest.mark.parametrize("rows", [random_rows(seed=8), narrow_rows()], ids=["wide", "near the mean"])
def test_alike_is_the_largest_component_of_the_close_pairs(rows: F32) -> None:
    ids = random_lists(len(rows), m=60, k=15)
    measured, centered = coherence_of(rows), naive_centered(rows)
    seen = set()
    for limit in (-1.1, 0.3, 0.5, 0.8, 1.1):
        want = []
        for row in ids:
            graph = centered[row] @ centered[row].T > limit
            _, numbers = connected_components(graph, directed=False)
            want.append(int(np.bincount(numbers).max()))
        np.testing.assert_array_equal(measured.alike(ids, limit), want)
        seen |= set(want)
    assert {1, 15} <= seen and len(seen) > 6  # the limits separate something


def test_a_planted_group_of_five_is_alike() -> None:
    rows = np.random.default_rng(9).standard_normal((400, 60))
    rows[:5] = rows[0] + 0.1 * rows[:5]
    measured = coherence_of(rows)
    ids = np.array([[0, 99, 3, 98, 1, 97, 2, 96, 4, 95], np.arange(100, 110)])
    limit = random_pair_limit(measured, np.ones(400, dtype=bool))
    assert measured.alike(ids, limit).tolist() == [5, 1]


@st.composite
def graphs(draw: Any) -> npt.NDArray[np.bool_]:
    m, k = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return np.asarray(rng.random((m, k, k)) < draw(st.floats(0, 0.4)))


@given(graphs())
@settings(max_examples=80, deadline=None)
def test_largest_group_joins_in_both_directions(joined: npt.NDArray[np.bool_]) -> None:
    want = [
        np.bincount(connected_components(graph, directed=True, connection="weak")[1]).max()
        for graph in joined
    ]
    assert largest_group(joined).tolist() == want


def test_a_chain_is_one_group() -> None:
    """The slowest case: the smallest number has to travel through all of it, from end to end."""
    k = 30
    order = np.random.default_rng(0).permutation(k)
    chain = np.zeros((1, k, k), dtype=bool)
    chain[0, order[:-1], order[1:]] = True
    assert largest_group(chain).tolist() == [k]
    chain[0, order[9], order[10]] = False
    assert largest_group(chain).tolist() == [k - 10]


def test_the_limit_is_a_quantile_over_pairs_of_different_rows() -> None:
    rows = random_rows(n=150, seed=10)
    usable = np.ones(150, dtype=bool)
    usable[100:] = False
    cosines = (naive_centered(rows) @ naive_centered(rows).T)[:100, :100]
    every = cosines[np.triu_indices(100, 1)]
    measured = coherence_of(rows)
    for quantile in (0.5, 0.9):
        found = random_pair_limit(measured, usable, quantile=quantile)
        # sd of the rank of a sample quantile: √(q (1 − q) / pairs)
        share = float(np.mean(every <= found))
        assert share == pytest.approx(quantile, abs=5 * np.sqrt(quantile * (1 - quantile) / 200_000))
    assert random_pair_limit(measured, usable, quantile=0.9999999, n_pairs=5000) < 0.99999  # no i = j
    assert random_pair_limit(measured, usable, seed=1) == random_pair_limit(measured, usable, seed=1)
    assert random_pair_limit(measured, usable, seed=1) != random_pair_limit(measured, usable, seed=2)


def test_two_rows_have_one_pair() -> None:
    rows = random_rows(n=2)
    limit = random_pair_limit(coherence_of(rows), np.ones(2, dtype=bool), n_pairs=7)
    assert limit == pytest.approx(-1)  # two centred rows are opposite
    with pytest.raises(InputError, match="only 1 rows have a direction"):
        random_pair_limit(coherence_of(rows), np.array([True, False]))


@every("ks", [(), (1,), (5, 3), (3, 3), (0, 5), (2, 21)])
def test_wrong_numbers_of_neighbours(ks: tuple[int, ...]) -> None:
    measured = coherence_of(random_rows())
    with pytest.raises(InputError, match="need different numbers, ascending, from 2"):
        measured.coherence(random_lists(300), ks)
