"""Double precision on a device: the same bits as NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.cases import every
from tests.geometry.test_on_torch import DEVICES
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.similarity import SIMILARITIES, make_scoring, vector_lengths

torch = pytest.importorskip("torch")

from tokensphere.geometry.on_torch.exact import Measure, Sums  # noqa: E402 - only with PyTorch

WIDTHS = [*range(1, 26), 63, 64, 65, *range(127, 138), 255, 256, 257, 258, 385, 576, 577, 600]
WIDTHS += [640, 1023, 1280, 2051, 4099]


def bits(values: Any) -> Any:
    """As whole numbers: −0 is not 0."""
    return np.asarray(values, dtype=np.float64).view(np.int64)


@pytest.mark.parametrize("device", DEVICES)
@every("d", WIDTHS)
def test_sums_are_numpy_s_to_the_bit(device: str, d: int) -> None:
    rng = np.random.default_rng(d)
    rows = rng.standard_normal((40, d)) * 10.0 ** rng.integers(-20, 20, (40, d))
    rows[:3] = np.array([[0.0], [-0.0], [-1e300]])
    rows[3, ::2] = -0.0
    sums = Sums.of(d, torch.device(device))
    laid = sums.lay_out(torch.from_numpy(rows).to(device), -0.0)
    assert laid.shape == (40, sums.width)
    np.testing.assert_array_equal(bits(sums(laid).cpu()), bits(rows.sum(axis=1)))


@pytest.mark.parametrize("device", DEVICES)
@every("d", [1, 7, 8, 100, 577])
def test_lengths_are_the_same_to_the_bit_at_any_size(device: str, d: int) -> None:
    rng = np.random.default_rng(d)
    vectors = rng.standard_normal((60, d)) * 10.0 ** rng.uniform(-290, 290, (60, 1))
    vectors[:4] = np.array([[5e-324], [-1e-310], [2.0**1000], [2.0**-1022]])
    sums = Sums.of(d, torch.device(device))
    lengths = sums.lengths(torch.from_numpy(vectors).to(device)).cpu()
    np.testing.assert_array_equal(bits(lengths), bits(vector_lengths(vectors)))


@pytest.mark.parametrize("device", DEVICES)
@every("centered", [False, True])
@every("similarity", SIMILARITIES)
@every("d", [1, 2, 9, 130, 577])
def test_similarities_are_the_same_to_the_bit(
    device: str, similarity: Any, centered: bool, d: int
) -> None:
    rng = np.random.default_rng(d)
    rows = rng.standard_normal((50, d)) * 10.0 ** rng.uniform(-8, 8, (50, 1)) + 0.1
    scoring = make_scoring(Rows.of(rows.astype(np.float32)), similarity=similarity, centered=centered)
    queries = rng.standard_normal((7, d)) * 10.0 ** rng.uniform(-8, 8, (7, 1))
    queries[0] = scoring.rows[3]
    query, row = np.repeat(np.arange(7), 50), np.tile(np.arange(50), 7)
    sums = Sums.of(d, torch.device(device))
    measure = Measure(scoring, sums, torch.device(device))
    given = queries / vector_lengths(queries)[:, None] if similarity == "cosine" else queries
    vectors = sums.lay_out(torch.from_numpy(given[query]).to(device), 0.0)
    taken = sums.lay_out(torch.from_numpy(scoring.rows[row]).to(device), -0.0)
    values = measure(vectors, taken, torch.from_numpy(row).to(device)).cpu()
    np.testing.assert_array_equal(bits(values), bits(scoring.exact(queries, query, row)))
