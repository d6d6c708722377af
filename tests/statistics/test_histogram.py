from __future__ import annotations

import numpy as np
import pytest

from tokensphere.statistics.histogram import p_histogram
from tokensphere.statistics.pvalues import p_values


def test_bins_are_closed_above() -> None:
    found = p_histogram(np.array([1 / 1000, 0.05, 0.051, 0.1, 0.95, 1.0]), 999)
    assert found.counts[[0, 1, 18, 19]].tolist() == [2, 2, 1, 1] and found.counts.sum() == 6
    np.testing.assert_allclose(found.expected, 0.3)
    assert (p_histogram(np.array([]), 99).counts == 0).all()


@pytest.mark.parametrize(
    ("nulls", "m", "draws"), [(1, 300, 199), (1, 400, 999), (1, 50, 12), (6, 600, 199)]
)
def test_chance_is_in_its_band(nulls: int, m: int, draws: int) -> None:
    """Directions that are draws of their nulls, whose draws they share: their counts are in the band."""
    rng = np.random.default_rng(0)
    sizes = [m // nulls] * nulls
    band = p_histogram(np.ones(m), draws, sizes)
    rounds = 400
    counts = np.zeros((rounds, 20))
    for row in counts:
        p = [p_values(rng.standard_normal(size), rng.standard_normal(draws)) for size in sizes]
        row += np.histogram(np.concatenate(p) - 1e-12, 20, (0, 1))[0]
    inside = ((band.low <= counts) & (counts <= band.high)).mean(axis=0)
    assert (inside > 0.95 - 4 * np.sqrt(0.05 * 0.95 / rounds) - 0.01 * (nulls > 1)).all()
    assert inside[band.expected > 0].mean() < 0.985  # it is no wider than whole numbers make it
    error = 4 * counts.std(axis=0) / np.sqrt(rounds)
    assert (np.abs(counts.mean(axis=0) - band.expected) <= error).all()
