from __future__ import annotations

import numpy as np
import pytest

from tokensphere.geometry import rows as rows_of
from tokensphere.geometry.rows import RowMoments


def test_norms_and_means_are_those_of_double_precision() -> None:
    rows = (np.random.default_rng(0).standard_normal((2500, 7)) * 3 + 1).astype(np.float32)
    moments = RowMoments(rows)
    wide = rows.astype(np.float64)
    norms = np.sqrt((wide**2).sum(axis=1))
    np.testing.assert_allclose(moments.norms, norms, rtol=1e-14)
    np.testing.assert_allclose(moments.mean_row(), wide.mean(axis=0), rtol=1e-12)
    mean = (wide / norms[:, None]).mean(axis=0)
    np.testing.assert_allclose(moments.mean_unit_row(), mean, rtol=1e-12)
    squares = ((wide - mean) ** 2).sum(axis=1)
    np.testing.assert_allclose(moments.squared_distances(mean), squares, rtol=1e-12)
    distances = np.linalg.norm(wide / norms[:, None] - mean, axis=1)
    np.testing.assert_allclose(moments.center().distances, distances, rtol=1e-10)


def test_threads_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_of, "_A_THREAD", 1)
    rows = (np.random.default_rng(2).standard_normal((5000, 7)) + 1).astype(np.float32)
    rows[17] = np.nan
    keep = np.arange(5000) % 9 > 0
    one, several = RowMoments(rows, keep), RowMoments(rows, keep, threads=3)
    np.testing.assert_array_equal(several.norms, one.norms)
    np.testing.assert_array_equal(several.mean_row(), one.mean_row())
    np.testing.assert_array_equal(several.mean_unit_row(), one.mean_unit_row())
    np.testing.assert_array_equal(several.center().distances, one.center().distances)


def test_norms_neither_overflow_nor_underflow() -> None:
    rows = np.full((4, 9), [[1e30], [1e-30], [3e38], [1e-45]], dtype=np.float32)
    moments = RowMoments(rows)
    np.testing.assert_allclose(moments.norms, 3 * rows[:, 0].astype(np.float64), rtol=1e-14)
    assert moments.usable.tolist() == [True, True, False, False]


def test_rows_without_direction_take_part_in_no_mean() -> None:
    rows = np.eye(7, 4, dtype=np.float32)
    rows[2] = np.nan
    rows[4:6] = 0
    rows[6, 1] = np.inf
    keep = np.array([1, 1, 1, 0, 1, 1, 1], dtype=bool)
    moments = RowMoments(rows, keep)
    assert moments.usable.tolist() == [True, True] + 5 * [False]
    np.testing.assert_array_equal(moments.mean_row(), [0.5, 0.5, 0, 0])
    np.testing.assert_array_equal(moments.mean_unit_row(), [0.5, 0.5, 0, 0])


def test_a_row_at_the_mean_has_no_centred_direction() -> None:
    angles = np.deg2rad([0, 60, -60])
    rows = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    rows[0] *= 5
    moments = RowMoments(np.concatenate([rows, -rows, np.array([[0, 1], [0, -1]], dtype=np.float32)]))
    assert np.abs(moments.mean_unit_row()).max() < 1e-7
    assert moments.center().usable.all()
    same = RowMoments(np.full((6, 3), 2, dtype=np.float32))
    assert same.usable.all() and not same.center().usable.any()


def test_distances_obey_the_decomposition_of_the_variance() -> None:
    """mean ‖u − μ‖² = 1 − ‖μ‖²."""
    rows = (np.random.default_rng(1).standard_normal((999, 5)) + 1).astype(np.float32)
    center = RowMoments(rows).center()
    assert np.mean(center.distances**2) == pytest.approx(1 - center.mean @ center.mean, rel=1e-12)


def test_no_usable_row_gives_a_mean_of_zero() -> None:
    moments = RowMoments(np.zeros((3, 2), dtype=np.float32))
    assert not moments.usable.any()
    np.testing.assert_array_equal(moments.mean_unit_row(), [0, 0])
