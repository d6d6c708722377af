"""Directions that are draws of a null, made by other means than the test's own."""

from __future__ import annotations

from typing import Any

import numpy as np

import tokensphere as ts
from tokensphere.geometry.surrogate import gaussian_factor, unit_covariance

Tokens = list[list[int]]


def tokens_at_random(space: ts.EmbeddingSpace, count: int, m: int, seed: int) -> Tokens:
    """m lists of different tokens that have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero(space.moments.center().usable)
    return [rng.choice(usable, count, replace=False).tolist() for _ in range(m)]


def tokens_of_labels(space: ts.EmbeddingSpace, count: int, m: int, seed: int) -> Tokens:
    """m lists of tokens of one label of meaning, grammar or a list, with 10 to 500 others."""
    rng, table = np.random.default_rng(seed), ts.make_labels(space.vocabulary)
    usable = space.moments.center().usable
    groups = []
    for number, label in enumerate(table.labels):
        if label.kind in ("meaning", "grammar", "list") and table.sizes[number] <= 500:
            members = table.members(number)
            if len(members := members[usable[members]]) >= count + 10:
                groups.append(members)
    some = rng.integers(len(groups), size=m)
    return [rng.choice(groups[group], count, replace=False).tolist() for group in some.tolist()]


def sums(tokens: Tokens, minus: int = 0) -> list[ts.TokenSum]:
    """Sums of tokens, the last `minus` of each subtracted."""
    return [
        ts.TokenSum(tuple(one[: len(one) - minus]), tuple(one[len(one) - minus :]), name=f"sum {i}")
        for i, one in enumerate(tokens)
    ]


def cloud(space: ts.EmbeddingSpace, m: int, seed: int, mean: float) -> Any:
    """Normal directions with the covariance of the unit rows and `mean` times their mean."""
    factor = gaussian_factor(unit_covariance(space.rows))
    normal = np.random.default_rng(seed).standard_normal((m, factor.shape[1]))
    return normal @ factor.T + mean * space.moments.mean_unit_row()


def of_tenths(space: ts.EmbeddingSpace, m: int, seed: int) -> list[ts.TokenSum]:
    """A token of the second tenth of ids less one of the sixth."""
    rng = np.random.default_rng(seed)
    parts = np.array_split(np.flatnonzero(space.moments.center().usable), 10)
    return sums([[int(rng.choice(parts[1])), int(rng.choice(parts[5]))] for _ in range(m)], minus=1)
