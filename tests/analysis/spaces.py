"""Small made-up spaces: with planted groups, with nothing but noise, and with everything at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

import tokensphere as ts

Wide = npt.NDArray[np.float64]

TEN = list(range(10, 110, 10))  # the tokens of the label "ten"


def space_of(
    rows: npt.ArrayLike, tokens: Sequence[str] = (), name: str = "made up"
) -> ts.EmbeddingSpace:
    """Rows with the tokens given, and ``t2``, ``t3``, … for those that are not."""
    vectors = np.asarray(rows, dtype=np.float32)
    tokens = [*tokens, *(f"t{i}" for i in range(len(tokens), len(vectors)))]
    return ts.EmbeddingSpace.from_arrays(vectors, tokens, name=name)


def unit_rows(space: ts.EmbeddingSpace, *, centered: bool = False) -> Wide:
    """The usable rows at unit length; centred: less their mean, at unit length again."""
    rows = space.vectors[space.usable].astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    if centered:
        rows -= rows.mean(axis=0)
        rows /= np.linalg.norm(rows, axis=1)[:, None]
    return rows


def noise(n: int, d: int, *, seed: int, ratio: float = 1.0, mean: float = 0.0) -> Wide:
    """Rows of ``N(μ, Σ)``: the axes' sds fall from 1 to ``1/ratio``; μ lies along the first, in sds."""
    rows = np.random.default_rng(seed).standard_normal((n, d)) * np.geomspace(1, 1 / ratio, d)
    rows[:, 0] += mean
    return np.asarray(rows)


def grouped(groups: int = 80, size: int = 12, d: int = 16, width: float = 0.05, seed: int = 0) -> Wide:
    """Tight groups all over the sphere; tokens ``g size … g size + size − 1`` are group g."""
    rng = np.random.default_rng(seed)
    middles = rng.standard_normal((groups, d))
    rows = np.repeat(middles, size, axis=0) + width * rng.standard_normal((groups * size, d))
    return np.asarray(rows)


def written() -> tuple[Wide, list[str]]:
    """Anisotropic rows of 600 tokens that share 300 forms: the second half are capitalised copies."""
    rows = noise(600, 16, seed=3, ratio=3, mean=1)
    rows[300:] = rows[:300] + 0.4 * rows[300:]
    return rows, [f"t{i}" for i in range(300)] + [f" T{i}" for i in range(300)]


def with_ten(how_near: float) -> ts.EmbeddingSpace:
    """600 random rows; those of "ten" near the first axis, and token 7 without a direction."""
    rows = noise(600, 16, seed=4)
    rows[TEN, 0] += how_near
    rows[7] = 0
    return space_of(rows, [f" token {i}" for i in range(600)])


def taken(kind: type[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Takes those out of `options` that are fields of a dataclass."""
    return {field.name: options.pop(field.name) for field in fields(kind) if field.name in options}
