"""A small space with planted groups and labels, quick enough for thousands of directions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from tests.analysis.spaces import space_of, unit_rows
from tests.analysis.tables import label
from tokensphere.labels.table import Label, LabelTable

N, D, GROUP = 400, 12, 8


def planted_space(n: int = N, d: int = D) -> ts.EmbeddingSpace:
    """Anisotropic rows; the first 5 × 8 tokens are five groups of tokens that are alike."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((n, d))
    for group in range(5):
        members = slice(group * GROUP, (group + 1) * GROUP)
        rows[members] = 3 * rng.standard_normal(d) + 0.3 * rng.standard_normal((GROUP, d))
    rows += 0.8
    rows *= rng.uniform(0.5, 2, n)[:, None]
    tokens = [f"{' ' * (i % 2)}t{i // 2}" for i in range(n)]  # every form twice
    return space_of(rows, tokens, name="planted")


def labels(n: int = N) -> LabelTable:
    """The five groups, and others at random."""
    rng = np.random.default_rng(1)
    members: list[tuple[Label, npt.ArrayLike]] = [
        (label(f"group {g}", "list"), range(g * GROUP, (g + 1) * GROUP)) for g in range(5)
    ]
    members += [
        (label(f"random {j}", "list"), rng.choice(n, 6 + 3 * j, replace=False)) for j in range(25)
    ]
    return LabelTable.from_members(n, members)


def group_means(space: ts.EmbeddingSpace) -> npt.NDArray[np.float64]:
    """The means of the centred unit rows of the five groups."""
    unit = unit_rows(space, centered=True)
    return np.stack([unit[g * GROUP : (g + 1) * GROUP].mean(axis=0) for g in range(5)])
