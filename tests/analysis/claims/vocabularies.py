"""Vocabularies of 3,000 tokens with a power-law spectrum and a mean, wordless or with planted words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tests.analysis.spaces import space_of
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.claims.result import Geometry

N, D = 3000, 40


def vocabulary(seed: int, *, planted: bool) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Rows, and labels of clusters of 10 to 40 tokens that are dealt to half of them.

    Planted, the rows of a label lie around a middle of their own.
    """
    rng = np.random.default_rng([7, seed])
    sd = np.arange(1, D + 1) ** -0.5
    rows = rng.standard_normal((N, D)) * sd
    sizes = rng.integers(10, 41, 200)
    sizes = sizes[np.cumsum(sizes) <= N // 2]
    labels = np.full(N, -1)
    labels[rng.permutation(N)[: sizes.sum()]] = np.repeat(np.arange(len(sizes)), sizes)
    if planted:
        middles = rng.standard_normal((len(sizes), D)) * sd
        own = labels >= 0
        rows[own] = np.sqrt(0.33) * middles[labels[own]] + np.sqrt(0.67) * rows[own]
    rows[:, 0] += 2
    return rows, labels


def made(seed: int, *, planted: bool, **options: Any) -> Geometry:
    """Such a vocabulary, measured along 300 directions."""
    rows, labels = vocabulary(seed, planted=planted)
    settings = {"n_directions": 300, "clusters": (), "seed": seed, **options}
    return measure_geometry(space_of(rows), labelling=labels, **settings)
