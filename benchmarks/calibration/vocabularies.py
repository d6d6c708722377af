"""Vocabularies without words, of kinds that a surrogate may copy or not; and groups planted in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

import tokensphere as ts

Floats = npt.NDArray[np.float64]
GROUP = 12  # tokens of a planted group


def _spectrum(d: int) -> Floats:
    """Standard deviations whose squares fall like 1/j."""
    return np.asarray(np.arange(1, d + 1) ** -0.5)


def _with_mean(rows: Floats) -> Floats:
    rows[:, 0] += 2
    return rows


def gaussian(rng: np.random.Generator, n: int, d: int) -> Floats:
    return _with_mean(rng.standard_normal((n, d)) * _spectrum(d))


def elliptical(rng: np.random.Generator, n: int, d: int) -> Floats:
    """Each row as a whole is longer or shorter around the mean."""
    scale = np.sqrt(3 / rng.chisquare(3, n))
    return _with_mean(rng.standard_normal((n, d)) * _spectrum(d) * scale[:, None])


def heavy_coordinates(rng: np.random.Generator, n: int, d: int) -> Floats:
    return _with_mean(rng.standard_t(4, (n, d)) * _spectrum(d))


def trend(rng: np.random.Generator, n: int, d: int) -> Floats:
    """Mean and scales are smooth functions of what lies along the mean."""
    t = rng.uniform(-1, 1, n)
    rows = rng.standard_normal((n, d)) * _spectrum(d) * np.exp(0.6 * np.outer(t, np.cos(np.arange(d))))
    rows[:, 0] = 2.5 + t
    rows[:, 1] += 1.5 * t**2
    rows[:, 2] += np.sin(3 * t)
    return rows


def three_groups(rng: np.random.Generator, n: int, d: int) -> Floats:
    """Half, three tenths and a fifth of the tokens around middles of their own."""
    of = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    middles = 1.5 * rng.standard_normal((3, d)) * _spectrum(d)
    scale = np.array([1.0, 0.7, 1.4])[of]
    return _with_mean(middles[of] + rng.standard_normal((n, d)) * _spectrum(d) * scale[:, None])


KINDS: dict[str, Callable[[np.random.Generator, int, int], Floats]] = {
    "Gaussian": gaussian,
    "elliptical, heavy tails": elliptical,
    "independent t₄ coordinates": heavy_coordinates,
    "smooth trend along the mean": trend,
    "three big groups": three_groups,
}


def wordless(kind: str, shape: tuple[int, int], seed: int, share: float = 0.0) -> ts.EmbeddingSpace:
    """A vocabulary; with a `share` of its sum of squares in groups of 12 tokens, it has words.

    Each group's middle is one more row of the same law, so that the rows around the mean have about
    the covariance that they would have without.
    """
    rng = np.random.default_rng([2026, list(KINDS).index(kind), *shape, seed])
    rows = KINDS[kind](rng, *shape)
    if share:
        groups = -(-shape[0] // GROUP)
        mean = rows.mean(axis=0)
        chosen = rng.choice(shape[0], groups, replace=False)
        middles = (rows[chosen] - mean)[rng.permutation(np.arange(shape[0]) % groups)]
        rows = mean + np.sqrt(share) * middles + np.sqrt(1 - share) * (rows - mean)
    return space_of(rows)


def space_of(rows: npt.NDArray[np.floating]) -> ts.EmbeddingSpace:
    tokens = [f"t{i}" for i in range(len(rows))]
    return ts.EmbeddingSpace.from_arrays(rows.astype(np.float32), tokens, name="made up")
