"""Models that agree as far as is wanted, with difficult tokens among theirs."""

from __future__ import annotations

import numpy as np

import tokensphere as ts
from tests import small_model
from tokensphere.arrays import Float32s, Float64s

N, D = 170, 16
TEXT = (
    "one two three four five six seven eight nine ten red green blue black white brown grey pink gold"
    " silver house home street town city river lake sea mountain field tree leaf flower grass wood"
    " forest dog cat horse cow sheep bird fish mouse lion bear man woman child boy girl mother father"
    " brother sister son walk run jump sit stand lie sleep wake eat drink give take bring send keep hold"
    " carry pull push throw big small long short high low wide deep fast slow old young new early late"
    " good bad rich poor strong"
)
WORDS = [f" {word}".encode() for word in TEXT.split()]
TOKENS = [*dict.fromkeys([*small_model.TOKENS, *WORDS, *(f"piece{j}".encode() for j in range(N))])][:N]


def rows(seed: int = 3) -> Float64s:
    """A few themes and a mean that all share, shape (N, D)."""
    rng = np.random.default_rng(seed)
    themes = rng.standard_normal((12, D))
    found = themes[rng.integers(0, 12, N)] + 0.8 * rng.standard_normal((N, D)) + 0.5
    return np.asarray(found)


def turned(vectors: Float64s, noise: float, width: int = D, seed: int = 4) -> Float64s:
    """The same in other coordinates, with noise."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.standard_normal((max(D, width), max(D, width))))[0][:D, :width]
    return np.asarray(2.5 * vectors @ rotation + noise * rng.standard_normal((len(vectors), width)))


def model(
    vectors: Float64s | Float32s, tokens: list[bytes] | None = None, name: str = "a"
) -> ts.EmbeddingSpace:
    return ts.EmbeddingSpace.from_arrays(vectors.astype(np.float32), tokens or TOKENS, name=name)


def two_models() -> tuple[ts.EmbeddingSpace, ts.EmbeddingSpace]:
    """Two that agree in part, of which the second has its tokens in another order, and some not."""
    order = np.random.default_rng(8).permutation(N)[:150]
    other = turned(rows(), 0.9)[order]
    return model(rows(), name="first"), model(other, [TOKENS[id] for id in order], small_model.NAME)
