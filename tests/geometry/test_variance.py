from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.geometry.directions import random_directions
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.variance import (
    Partition,
    number_labels,
    random_partition,
    unit_offsets,
)

F32 = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def planted(n: int, d: int, groups: int, width: float, seed: int = 0) -> tuple[F32, Labels]:
    """Anisotropic rows in groups of unequal size."""
    rng = np.random.default_rng(seed)
    middles = rng.standard_normal((groups, d)) + 0.3
    labels = np.minimum(rng.geometric(0.25, n) - 1, groups - 1)
    labels[:groups] = np.arange(groups)
    rows = middles[labels] + width * rng.standard_normal((n, d))
    return (rows * rng.uniform(0.5, 2, (n, 1))).astype(np.float32), labels


def partition(rows: F32, labels: Labels) -> Partition:
    return unit_offsets(Rows.of(rows)).grouped(labels)


def unit(rows: F32) -> npt.NDArray[np.float64]:
    wide = rows.astype(np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1)[:, None])


@every(("n", "d", "groups"), [(60, 3, 4), (500, 20, 7), (30, 200, 3), (9, 2, 9)])
@every("width", [0.05, 1.0])
def test_the_closed_form_is_that_of_the_definition(n: int, d: int, groups: int, width: float) -> None:
    rows, labels = planted(n, d, groups, width)
    found = partition(rows, labels)
    u = unit(rows)
    mean = u.mean(axis=0)
    shares = np.bincount(labels) / n
    means = np.stack([u[labels == group].mean(axis=0) for group in range(groups)])
    squares = shares @ (means**2).sum(axis=1)
    closed = found.decomposition
    assert closed.total == pytest.approx((1 - mean @ mean) / d, rel=1e-6)
    assert closed.within == pytest.approx((1 - squares) / d, rel=1e-6, abs=1e-12)
    assert closed.between == pytest.approx((squares - mean @ mean) / d, rel=1e-5)
    assert closed.icc == pytest.approx(closed.between / closed.total)
    assert closed.total == pytest.approx(closed.within + closed.between, rel=1e-12)
    np.testing.assert_allclose(found.mean_size, np.linalg.norm(means, axis=1) / np.sqrt(d), rtol=1e-5)
    np.testing.assert_allclose(
        found.shift, np.linalg.norm(means - mean, axis=1) / np.sqrt(d), rtol=1e-5, atol=1e-8
    )
    np.testing.assert_allclose(
        found.variance_ratios,
        (1 - (means**2).sum(axis=1)) / (1 - mean @ mean),
        rtol=1e-5,
        atol=1e-6,
    )


@every(("d", "groups", "width"), [(2, 3, 0.3), (5, 4, 1.0), (24, 6, 0.5), (120, 5, 2.0)])
def test_directions_that_are_drawn_agree_with_the_closed_form(d: int, groups: int, width: float) -> None:
    rows, labels = planted(300, d, groups, width, seed=d)
    closed = partition(rows, labels).decomposition
    cosines = unit(rows) @ random_directions(d, range(4000), seed=d).T.astype(np.float64)
    total = cosines.var(axis=0)
    within = sum(
        np.mean(labels == group) * cosines[labels == group].var(axis=0) for group in range(groups)
    )
    for drawn, want in (
        (total, closed.total),
        (within, closed.within),
        (total - within, closed.between),
    ):
        assert drawn.mean() == pytest.approx(want, abs=5 * drawn.std() / np.sqrt(4000))


def rotated(rows: F32, labels: Labels) -> tuple[F32, Labels]:
    d = rows.shape[1]
    turn, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((d, d)))
    return (rows @ turn).astype(np.float32), labels


def scaled(rows: F32, labels: Labels) -> tuple[F32, Labels]:
    lengths = np.random.default_rng(2).uniform(0.01, 100, (len(rows), 1))
    return (rows * lengths).astype(np.float32), labels


def reordered(rows: F32, labels: Labels) -> tuple[F32, Labels]:
    order = np.random.default_rng(3).permutation(len(rows))
    return rows[order], labels[order]


def renamed(rows: F32, labels: Labels) -> tuple[F32, Labels]:
    return rows, 1000 - 7 * labels  # gaps are closed, the order of the groups is turned round


@every("change", [rotated, scaled, reordered, renamed])
def test_what_must_not_matter_does_not(change: object) -> None:
    assert callable(change)
    rows, labels = planted(400, 15, 6, 0.7)
    before, after = partition(rows, labels), partition(*change(rows, labels))
    for name in ("total", "within", "between", "icc"):
        one, other = getattr(before.decomposition, name), getattr(after.decomposition, name)
        assert other == pytest.approx(one, rel=1e-5)
    np.testing.assert_allclose(
        np.sort(after.variance_ratios), np.sort(before.variance_ratios), rtol=1e-5
    )
    np.testing.assert_array_equal(np.sort(after.sizes), np.sort(before.sizes))


def test_a_random_partition_is_what_is_expected_over_all_of_them() -> None:
    rows, _ = planted(6, 4, 3, 1.0)
    labels = np.array([0, 0, 0, 1, 1, 2])
    orders = [np.array(order) for order in permutations(range(6))]
    between = [partition(rows, labels[order]).decomposition.between for order in orders]
    assert partition(rows, labels).random.between == pytest.approx(np.mean(between), rel=1e-6)


@every(("n", "d", "groups"), [(2000, 40, 50), (3000, 8, 200)])
def test_in_noise_groups_hold_what_random_ones_hold(n: int, d: int, groups: int) -> None:
    rng = np.random.default_rng(n)
    rows = (rng.standard_normal((n, d)) + 0.5).astype(np.float32)
    labels = np.arange(n) % groups
    found = partition(rows, labels)
    drawn = [
        partition(rows, random_partition(labels, np.random.default_rng(seed))).decomposition.icc
        for seed in range(30)
    ]
    assert found.random.icc == (groups - 1) / (n - 1)
    assert np.mean(drawn) == pytest.approx(found.random.icc, abs=float(5 * np.std(drawn) / np.sqrt(30)))
    assert found.decomposition.icc == pytest.approx(found.random.icc, abs=float(5 * np.std(drawn)))
    assert np.median(found.variance_ratios) == pytest.approx(1, abs=0.1)


def test_the_random_partition_keeps_sizes_and_who_has_none() -> None:
    labels = np.array([3, -1, 0, 0, 3, 3, -1, 1])
    shuffled = random_partition(labels, np.random.default_rng(0))
    np.testing.assert_array_equal(shuffled < 0, labels < 0)
    np.testing.assert_array_equal(np.sort(shuffled), np.sort(labels))


def test_tight_groups_hold_nearly_all() -> None:
    rng = np.random.default_rng(0)
    d, groups, each, width = 64, 10, 50, 1e-3
    middles = unit(rng.standard_normal((groups, d)).astype(np.float32))
    labels = np.repeat(np.arange(groups), each)
    rows = (middles[labels] + width * rng.standard_normal((500, d)) / np.sqrt(d)).astype(np.float32)
    found = partition(rows, labels).decomposition
    # A group spreads by width² about its mean, less what runs along the unit rows' own direction.
    assert found.within * d == pytest.approx(width**2 * (1 - 1 / d) * (1 - 1 / each), rel=0.05)
    assert 1 - found.icc == pytest.approx(found.within / found.total, rel=1e-6)


def test_digits_are_kept_where_all_rows_are_nearly_one() -> None:
    """The mean is all but the whole row: ‖μ‖² and ‖μ_S‖² differ in the tenth digit."""
    rng = np.random.default_rng(4)
    d = 30
    small = 1e-5 * rng.standard_normal((200, d))
    labels = np.arange(200) % 4
    small += 1e-5 * labels[:, None] * np.linspace(-1, 1, d)
    rows = (1 + small).astype(np.float32)
    u = unit(rows)
    groups = [u[labels == group] for group in range(4)]
    within = np.mean([((part - part.mean(axis=0)) ** 2).sum(axis=1).mean() for part in groups]) / d
    found = partition(rows, labels).decomposition
    assert found.within == pytest.approx(within, rel=1e-3)
    assert found.total == pytest.approx(((u - u.mean(axis=0)) ** 2).sum(axis=1).mean() / d, rel=1e-3)


def test_copies_and_singletons_do_not_vary() -> None:
    rows = np.repeat(planted(3, 8, 3, 1.0)[0], [5, 4, 1], axis=0)
    found = partition(rows, np.repeat([0, 1, 2], [5, 4, 1]))
    np.testing.assert_allclose(found.spreads, 0, atol=1e-12)
    assert found.decomposition.icc == pytest.approx(1)


def test_rows_that_are_all_one_have_no_variance() -> None:
    found = partition(np.ones((6, 4), dtype=np.float32), np.array([0, 0, 1, 1, 1, 2]))
    assert found.decomposition.total == pytest.approx(0, abs=1e-14)
    assert 0 <= found.decomposition.icc <= 1 and np.isfinite(found.variance_ratios).all()


def test_rows_with_no_label_do_not_count() -> None:
    rows, labels = planted(300, 10, 5, 1.0)
    labels[::3] = -1
    found, alone = partition(rows, labels), partition(rows[labels >= 0], labels[labels >= 0])
    for name in ("total", "within", "between"):
        assert getattr(found.decomposition, name) == pytest.approx(getattr(alone.decomposition, name))
    np.testing.assert_allclose(found.variance_ratios, alone.variance_ratios, rtol=1e-6)
    np.testing.assert_allclose(found.mean_size, alone.mean_size, rtol=1e-6)
    assert found.n == np.sum(labels >= 0)


@every("value", [0, np.nan, np.inf])
def test_rows_with_no_direction_are_left_out(value: float) -> None:
    rows, _labels = planted(100, 6, 3, 1.0)
    broken = rows.copy()
    broken[[4, 90]] = value
    offsets = unit_offsets(Rows.of(broken))
    usable = offsets.rows.usable
    assert np.isfinite(offsets.values).all() and not offsets.values[[4, 90]].any()
    u = unit(rows[usable])
    np.testing.assert_allclose(offsets.values[usable], u - u.mean(axis=0), atol=1e-7)


def test_wrong_labels() -> None:
    rows, labels = planted(10, 3, 2, 1.0)
    with pytest.raises(InputError, match="labels of shape \\(9,\\) for 10 rows"):
        partition(rows, labels[:-1])
    with pytest.raises(InputError, match="no row has a label"):
        partition(rows, np.full(10, -1))


def test_names_become_numbers_and_back() -> None:
    names = ["b", "", "a", None, "b", "c"]
    numbers, known = number_labels(names)
    assert [known[number] if number >= 0 else None for number in numbers] == [n or None for n in names]
