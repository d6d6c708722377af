"""What is learnt from: activations of random transformers, and what only looks like them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from benchmarks.meaningless.transformer import Floats, RandomTransformer, Shape
from tokensphere.vocabulary import Kind

SHAPE = Shape()  # of SmolLM2-135M, whose embedding is the bundled one
MIDDLE = SHAPE.layers // 2
LENGTH = 64  # tokens of a sequence
_FLAT = 10  # of the law of the tokens' frequencies
_TOKENS, _EMBEDDINGS, WEIGHTS, _SHUFFLED, _NOISE, _PROBES = range(1, 7)  # seeds
Ids = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Sample:
    """Vectors that something is learnt from.

    Attributes
    ----------
    title : what they are
    vectors : shape (n, d)
    """

    title: str
    vectors: Floats

    def shuffled(self) -> Sample:
        """Each coordinate among all vectors by itself: its values stay, what goes with what does not."""
        rng = np.random.default_rng(_SHUFFLED)
        return Sample(f"{self.title}, shuffled", rng.permuted(self.vectors, axis=0))

    def noise(self) -> Sample:
        """As many normal vectors with their mean and covariance."""
        mean = self.vectors.mean(axis=0, dtype=np.float64)
        values, axes = np.linalg.eigh(np.cov(self.vectors.T, dtype=np.float64))
        factor = axes * np.sqrt(np.maximum(values, 0))
        normal = np.random.default_rng(_NOISE).standard_normal(self.vectors.shape)
        return Sample(f"{self.title}, noise", (normal @ factor.T + mean).astype(np.float32))

    def probes(self, count: int) -> Floats:
        """Means of 100 of the vectors less those of 100 others, for labels dealt at random."""
        rng = np.random.default_rng(_PROBES)
        some = np.stack([rng.choice(len(self.vectors), 200, replace=False) for _ in range(count)])
        parts = [self.vectors[half].mean(axis=1) for half in np.split(some, 2, axis=1)]
        return np.asarray(parts[0] - parts[1])


def random_tokens(space: ts.EmbeddingSpace, sequences: int) -> Ids:
    """Tokens that have nothing to do with each other, low ids more often, no control tokens.

    Ids follow frequency where a vocabulary was made by merging: the r-th has a share as 1/(10 + r).
    """
    some = np.flatnonzero(space.vocabulary.kinds == Kind.NORMAL)
    weights = 1 / (_FLAT + np.arange(1.0, len(some) + 1))
    rng = np.random.default_rng(_TOKENS)
    return rng.choice(some, (sequences, LENGTH), p=weights / weights.sum())


def samples(space: ts.EmbeddingSpace, sequences: int) -> list[Sample]:
    """All that dictionaries are learnt from."""
    ids = random_tokens(space, sequences)
    rng = np.random.default_rng(_EMBEDDINGS)
    random = rng.standard_normal(space.shape, dtype=np.float32)[ids] * np.float32(SHAPE.std)
    embeddings = Sample("embeddings", _flat(space.vectors[ids]))
    first, middle = _after(space.vectors[ids], (1, MIDDLE), small=True)
    (alone,) = _after(random, (MIDDLE,), small=True)
    (loud,) = _after(space.vectors[ids], (MIDDLE,), small=False)
    activations = Sample(f"layer {MIDDLE}", middle)
    isotropic = np.random.default_rng([_NOISE, 1]).standard_normal(middle.shape, dtype=np.float32)
    return [
        embeddings,
        embeddings.shuffled(),
        embeddings.noise(),
        Sample("layer 1", first),
        activations,
        activations.shuffled(),
        activations.noise(),
        Sample(f"layer {MIDDLE}, large writes", loud),
        Sample(f"layer {MIDDLE}, random embeddings", alone),
        Sample("isotropic noise", isotropic),
    ]


def _after(embedded: Floats, layers: tuple[int, ...], *, small: bool) -> list[Floats]:
    """The residual stream after some layers, with what layers write made small or not."""
    written = 1 / np.sqrt(2 * SHAPE.layers) if small else 1.0
    network = RandomTransformer(SHAPE, WEIGHTS, written=float(written))
    streams = islice(network.residuals(embedded), max(layers) + 1)
    return [_flat(stream) for number, stream in enumerate(streams) if number in layers]


def _flat(stream: Floats) -> Floats:
    return stream.reshape(-1, stream.shape[-1])
