"""A decoder of the shape of SmolLM2-135M with weights that are random numbers (nothing is trained).

RMSNorm, rotary attention with fewer keys than queries, SwiGLU, all without weights that a new model
would have as ones. A residual stream of float32, shape (sequences, positions, width).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Shape:
    """What a model's public configuration says; the values are SmolLM2-135M's.

    Attributes
    ----------
    width : hidden_size
    heads, keys : num_attention_heads, num_key_value_heads
    inner : intermediate_size
    layers : num_hidden_layers
    base : rope_theta
    epsilon : rms_norm_eps
    std : initializer_range
    """

    width: int = 576
    heads: int = 9
    keys: int = 3
    inner: int = 1536
    layers: int = 30
    base: float = 100_000.0
    epsilon: float = 1e-5
    std: float = 1 / 24

    @property
    def head(self) -> int:
        """Dimensions of a head."""
        return self.width // self.heads


@dataclass(frozen=True)
class Layer:
    """Random weights, each of shape (from, to)."""

    query: Floats
    key: Floats
    value: Floats
    output: Floats
    gate: Floats
    up: Floats
    down: Floats

    @classmethod
    def draw(cls, shape: Shape, rng: np.random.Generator, written: float) -> Layer:
        """Normal numbers; `written` multiplies those of the two matrices that write into the stream."""
        small = shape.keys * shape.head

        def normal(a: int, b: int, scale: float = 1.0) -> Floats:
            return rng.standard_normal((a, b), dtype=np.float32) * np.float32(scale * shape.std)

        return cls(
            query=normal(shape.width, shape.width),
            key=normal(shape.width, small),
            value=normal(shape.width, small),
            output=normal(shape.width, shape.width, written),
            gate=normal(shape.width, shape.inner),
            up=normal(shape.width, shape.inner),
            down=normal(shape.inner, shape.width, written),
        )


class RandomTransformer:
    """Its layers are drawn when they are asked for, each from a seed of its own.

    Parameters
    ----------
    seed : of the weights
    written : scale of what layers write, 1 as the configuration has it, or 1/√(2 layers) as in GPT-2
    """

    def __init__(self, shape: Shape, seed: int, *, written: float = 1.0) -> None:
        self.shape, self._seed, self._written = shape, seed, written

    def layer(self, number: int) -> Layer:
        return Layer.draw(self.shape, np.random.default_rng([self._seed, number]), self._written)

    def residuals(self, embedded: Floats) -> Iterator[Floats]:
        """What is in the residual stream before the first layer, after it, and after each other one."""
        stream = embedded
        yield stream
        for number in range(self.shape.layers):
            layer = self.layer(number)
            stream = stream + self._attention(layer, self._normed(stream))
            stream = stream + _mlp(layer, self._normed(stream))
            yield stream

    def _normed(self, stream: Floats) -> Floats:
        squares = np.mean(stream * stream, axis=-1, keepdims=True)
        return np.asarray(stream / np.sqrt(squares + np.float32(self.shape.epsilon)))

    def _attention(self, layer: Layer, x: Floats) -> Floats:
        """Each position reads from those up to itself."""
        shape = self.shape
        batch, length, width = x.shape
        group = shape.heads // shape.keys

        def split(weights: Floats, heads: int) -> Floats:
            parts = times(x, weights).reshape(batch, length, heads, shape.head)
            return np.ascontiguousarray(parts.transpose(0, 2, 1, 3))

        query = rotated(split(layer.query, shape.heads), shape.base)
        key = rotated(split(layer.key, shape.keys), shape.base).repeat(group, axis=1)
        value = split(layer.value, shape.keys).repeat(group, axis=1)
        logits = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(shape.head))
        logits[..., ~np.tri(length, dtype=bool)] = -np.inf
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        read = (weights @ value).transpose(0, 2, 1, 3).reshape(batch, length, width)
        return times(read, layer.output)


def times(x: Floats, weights: Floats) -> Floats:
    """x @ weights as one product; of a stack NumPy makes many small ones, ten times slower."""
    return np.asarray((x.reshape(-1, x.shape[-1]) @ weights).reshape(*x.shape[:-1], -1))


def rotated(x: Floats, base: float) -> Floats:
    """Rotary positions: turn entries i and i + half by an angle that grows with the position.

    Parameters
    ----------
    x : shape (…, positions, dimensions), dimensions even
    """
    length, dimensions = x.shape[-2:]
    half = dimensions // 2
    angles = np.outer(np.arange(length), base ** (-np.arange(half) / half))
    cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def _mlp(layer: Layer, x: Floats) -> Floats:
    """SwiGLU."""
    gate = times(x, layer.gate)
    return times(gate / (1 + np.exp(-gate)) * times(x, layer.up), layer.down)
