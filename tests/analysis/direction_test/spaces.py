"""Small made-up spaces with labels, quick enough for thousands of directions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import tokensphere as ts
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
    return ts.EmbeddingSpace.from_arrays(rows, tokens, name="planted")


def labels(n: int = N) -> LabelTable:
    """The five groups, and others at random."""
    rng = np.random.default_rng(1)
    members: list[tuple[Label, npt.ArrayLike]] = [
        (_label(f"group {g}"), range(g * GROUP, (g + 1) * GROUP)) for g in range(5)
    ]
    members += [(_label(f"random {j}"), rng.choice(n, 6 + 3 * j, replace=False)) for j in range(25)]
    return LabelTable.from_members(n, members)


def _label(name: str) -> Label:
    return Label(name, "list", name, "test")


def group_means(space: ts.EmbeddingSpace) -> npt.NDArray[np.float64]:
    """The means of the centred unit rows of the five groups."""
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1)[:, None].astype(np.float64)
    unit -= unit.mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    return np.stack([unit[g * GROUP : (g + 1) * GROUP].mean(axis=0) for g in range(5)])
