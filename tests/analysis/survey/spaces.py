"""Small spaces to survey: with planted groups, with nothing but noise, and with everything at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import tokensphere as ts

Wide = npt.NDArray[np.float64]


def space_of(rows: npt.ArrayLike, tokens: list[str] | None = None) -> ts.EmbeddingSpace:
    vectors = np.asarray(rows, dtype=np.float32)
    return ts.EmbeddingSpace.from_arrays(vectors, tokens or [f"t{i}" for i in range(len(vectors))])


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
