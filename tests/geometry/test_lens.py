"""What a lens does to arrays."""

from __future__ import annotations

import numpy as np

from tokensphere.geometry.lens import subtract_means


def test_means_are_those_of_double_precision_over_more_than_a_block() -> None:
    rows = (np.random.default_rng(1).standard_normal((2500, 7)) + 3).astype(np.float32)
    for of_rows in (False, True):
        for of_columns in (False, True):
            want, got = rows.astype(np.float64), rows.copy()
            want -= want.mean(axis=1, keepdims=True) * of_rows
            want -= want.mean(axis=0) * of_columns
            subtract_means(got, of_rows=of_rows, of_columns=of_columns)
            np.testing.assert_allclose(got, want, atol=1e-6)


def test_a_row_that_is_not_finite_spoils_no_other() -> None:
    rows = np.random.default_rng(2).standard_normal((9, 4)).astype(np.float32)
    spoilt, without = np.insert(rows, 3, [1, np.nan, 0, np.inf], axis=0), rows.copy()
    subtract_means(spoilt, of_rows=True, of_columns=True)
    subtract_means(without, of_rows=True, of_columns=True)
    np.testing.assert_array_equal(np.delete(spoilt, 3, axis=0), without)
    assert not np.isfinite(spoilt[3]).all()
