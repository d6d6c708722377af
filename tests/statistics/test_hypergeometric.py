from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.statistics.hypergeometric import tail_table, upper_tails


def exact(n: int, size: int, k: int, x: int) -> Fraction:
    ways = sum(comb(size, i) * comb(n - size, k - i) for i in range(x, min(k, size) + 1))
    return Fraction(ways, comb(n, k))


@every("n", [30, 1000, 49_152, 262_144])
@every("k", [3, 10, 20])
def test_tails_are_scipys(n: int, k: int) -> None:
    sizes = np.unique(np.array([0, 1, 5, 17, n // 50, n // 3, n // 2, n - 3, n - 1, n]))
    table = tail_table(n, sizes, k)
    want = stats.hypergeom.sf(np.arange(k + 1)[None, :] - 1, n, sizes[:, None], k)
    np.testing.assert_allclose(table, want, rtol=1e-10, atol=1e-290)


@every(("n", "k"), [(30, 10), (49_152, 20), (262_144, 200)])
def test_tails_are_the_exact_fractions_far_out(n: int, k: int) -> None:
    sizes = np.array([5, 25, n // 3, n - 2])
    table = tail_table(n, sizes, k)
    smallest = 1.0
    for size, row in zip(sizes.tolist(), table, strict=True):
        for x in {0, 1, 3, min(k, 5), k // 2, k - 1, k}:
            want = float(exact(n, size, k, x))
            assert row[x] == pytest.approx(want, rel=1e-11, abs=0)
            smallest = min(smallest, want or 1.0)
    assert n < 1000 or smallest < 1e-20


@given(n=st.integers(1, 60), data=st.data())
@settings(max_examples=80, deadline=None)
def test_rows_descend_from_one_and_add_up_to_the_mean(n: int, data: Any) -> None:
    k = data.draw(st.integers(0, n))
    size = data.draw(st.integers(0, n))
    row = tail_table(n, [size], k)[0]
    assert row[0] == 1 and (np.diff(row) <= 0).all()
    assert row[1:].sum() == pytest.approx(k * size / n)  # Σ P(X ≥ x) = E X
    possible = np.arange(k + 1) <= size
    assert ((row > 0) == possible).all()
    certain = np.arange(k + 1) <= k - (n - size)
    assert row[certain] == pytest.approx(1)


def test_marked_and_drawn_can_change_places() -> None:
    for n, size, k in [(50, 20, 7), (49_152, 12, 20)]:
        one, other = tail_table(n, [size], k)[0], tail_table(n, [k], size)[0]
        both = min(size, k) + 1
        np.testing.assert_allclose(one[:both], other[:both], rtol=1e-11)


def test_no_sizes_and_wrong_sizes() -> None:
    assert tail_table(10, [], 3).shape == (0, 4)
    wrong: list[tuple[int, list[float], int]] = [
        (10, [11], 2), (10, [-1], 2), (10, [1], 11), (0, [], 0), (10, [2.5], 3),
    ]  # fmt: skip
    for n, sizes, k in wrong:
        with pytest.raises(InputError):
            tail_table(n, sizes, k)
    with pytest.raises(InputError, match="no list"):
        tail_table(10, [[1, 2]], 3)


@every(["n", "k"], [(30, 12), (1000, 300)])
def test_tails_of_long_lists_are_the_exact_fractions(n: int, k: int) -> None:
    sizes = np.array([0, 1, 5, 12, n // 10, n // 3, n // 2, n - 3, n])
    rng = np.random.default_rng(k)
    for _ in range(3):
        middle = rng.hypergeometric(sizes, n - sizes, k)
        shared = np.clip(middle + rng.integers(-40, 60, len(sizes)), 0, k)
        found = upper_tails(n, sizes, k, shared)
        for size, x, tail in zip(sizes.tolist(), shared.tolist(), found.tolist(), strict=True):
            want = float(exact(n, size, k, x)) if x <= min(k, size) else 0.0
            assert tail == pytest.approx(want, rel=1e-7, abs=1e-300), (size, x)


def test_tails_of_long_lists_meet_those_of_the_table() -> None:
    sizes = np.array([5, 40, 300, 4000, 24_000, 49_000])
    table = tail_table(49_152, sizes, 250)
    for x in (0, 1, 10, 40, 120, 249, 250):
        found = upper_tails(49_152, sizes, 250, np.full(len(sizes), x))
        np.testing.assert_allclose(found, table[:, x], rtol=1e-7, atol=1e-300)


def test_tails_of_thousands_are_scipys() -> None:
    sizes = np.array([5, 40, 300, 4000, 24_000, 49_000])
    x = np.array([4, 12, 60, 480, 2500, 4990])
    want = stats.hypergeom.sf(x - 1, 49_152, sizes, 5000)
    np.testing.assert_allclose(upper_tails(49_152, sizes, 5000, x), want, rtol=1e-6)
