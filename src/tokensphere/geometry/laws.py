"""Laws that the directions of a null are drawn from (docs/definitions.md 1 and 8).

==============  ==========================================================================
``isotropic``   uniform on the sphere: named random directions, from index 2⁴⁰ on
``covariance``  ``g ~ N(0, Σ)``, Σ the covariance of the unit rows: random, but more often
                along what the tokens differ in
``own``         ``g ~ N(μ, Σ)``, mean and covariance those of the tested directions
``difference``  sums and differences of random tokens, as many as the tested direction has
``frequency``   the same, of tokens about as frequent as its own
``sample``      rows of a matrix of the user's own, each once
==============  ==========================================================================

Each answers a question of its own: is a direction nearer to alike tokens than any direction is, than one
along what the tokens differ in, than one of the same cloud, than as many tokens that have nothing to do
with each other, than others of its kind? In an anisotropic space the first is the easiest to answer with
yes.

Draws come in blocks of 1,024. Block b of seed s has a stream of its own, so that draw number b of a
law is one fixed vector, whatever else is asked for. The lengths of the vectors mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np

from tokensphere.arrays import Bools, Float32s, Float64s, Floats, Int64s
from tokensphere.errors import InputError
from tokensphere.geometry.compute import workers
from tokensphere.geometry.directions import random_directions, stream
from tokensphere.geometry.surrogate import gaussian_factor

Law = Literal["isotropic", "covariance", "own", "difference", "frequency", "sample"]
LAWS: tuple[Law, ...] = get_args(Law)

BLOCK = 1024  # draws of one stream; part of what a draw is, never to change
FIRST_DIRECTION = 2**40  # so far out that no survey meets the directions of the null
_TRIES = 64  # at drawing rows that do not cancel out
Stream = Literal["covariance", "difference", "sample", "own", "frequency"]
# Two laws never share random numbers.
_KEYS: dict[Stream, int] = {"covariance": 1, "difference": 2, "sample": 3, "own": 4, "frequency": 5}


@dataclass(frozen=True)
class Drawn:
    """A block of draws.

    Attributes
    ----------
    vectors : floating array of shape (BLOCK, d); finite and not zero; fewer where a law has no more
    made_of : int64 array of shape (BLOCK, j), the rows that each was made of; j is 0 where none were
    """

    vectors: Floats
    made_of: Int64s


class NullLaw(Protocol):
    """Draws directions by blocks."""

    def block(self, number: int) -> Drawn:
        """Draws ``number · BLOCK`` to ``(number + 1) · BLOCK − 1``."""


_OF_NONE = np.empty((BLOCK, 0), dtype=np.int64)


@dataclass(frozen=True)
class Isotropic:
    """Draw b is the random direction of this seed with the index ``2⁴⁰ + b``."""

    d: int
    seed: int

    def block(self, number: int) -> Drawn:
        """Unit vectors, float32."""
        first = FIRST_DIRECTION + number * BLOCK
        vectors = random_directions(self.d, range(first, first + BLOCK), seed=self.seed)
        return Drawn(vectors, _OF_NONE)


@dataclass(frozen=True)
class Gaussian:
    """``μ + Σ^½ g`` with ``g ~ N(0, I_d)``; made by :func:`gaussian_law`.

    Attributes
    ----------
    mean : float32 array of shape (d,), ``μ``
    root : float32 array of shape (d, d), ``Σ^½``, symmetric
    seed : 0 or more
    key : whose random numbers
    """

    mean: Float32s
    root: Float32s
    seed: int
    key: Stream

    def block(self, number: int) -> Drawn:
        """Float32 vectors of any length."""
        rng = stream(self.seed, _KEYS[self.key], number)
        normal = rng.standard_normal((BLOCK, len(self.root)), dtype=np.float32)
        with workers(1):  # a product's bits shall not depend on how many threads the BLAS has
            return Drawn(normal @ self.root + self.mean, _OF_NONE)


def gaussian_law(
    covariance: Float64s, seed: int, *, mean: Float64s | None = None, key: Stream = "covariance"
) -> Gaussian:
    """The law ``N(μ, Σ)`` for a covariance of any rank but 0.

    Of all factors of ``Σ`` the symmetric one is taken: it depends on no choice of eigenvectors, so
    that a draw is the same vector, up to rounding, whichever LAPACK has found them.

    Parameters
    ----------
    covariance : float64 array of shape (d, d)
    seed : 0 or more
    mean : float64 array of shape (d,), by default zero
    key : whose random numbers

    Raises
    ------
    InputError
        the covariance is zero: all rows are alike
    """
    with workers(1):
        factor = gaussian_factor(covariance)
        if not factor.shape[1]:
            raise InputError(
                "all rows have the same direction, so their covariance is zero; use the null isotropic"
            )
        vectors = factor / np.linalg.norm(factor, axis=0)
        middle = np.zeros(len(covariance)) if mean is None else mean
        root = (factor @ vectors.T).astype(np.float32)
        return Gaussian(middle.astype(np.float32), root, seed, key)


@dataclass(frozen=True)
class TokenSums:
    """Weighted sums of different rows drawn at random: ``Σ_i w_i row(a_i)``.

    Attributes
    ----------
    weights : float64 array of shape (j,), of the rows of a draw
    pools : ids of rows, int64 arrays that have none in common
    of : for each weight the number of the pool that its row is drawn from
    row : gives the rows of some ids as float64, shape (b,) -> (b, d)
    seed : 0 or more
    key : whose random numbers
    """

    weights: Float64s
    pools: Sequence[Int64s]
    of: tuple[int, ...]
    row: Callable[[Int64s], Float64s]
    seed: int
    key: Stream = "difference"

    def block(self, number: int) -> Drawn:
        """Float64 sums; those that cancel out, such as of equal rows, are drawn again.

        Raises
        ------
        InputError
            fewer rows than a draw has, or nearly all draws cancel out
        """
        rng = stream(self.seed, _KEYS[self.key], number)
        made_of = np.empty((BLOCK, len(self.of)), dtype=np.int64)
        vectors: Float64s | None = None
        left = np.arange(BLOCK)
        for _ in range(_TRIES):
            made_of[left] = self._different(rng, len(left))
            new, cancelled = self._sums(made_of[left])
            vectors = np.empty((BLOCK, new.shape[1])) if vectors is None else vectors
            vectors[left] = new
            left = left[cancelled]
            if not len(left):
                return Drawn(vectors, made_of)
        raise InputError(
            "nearly all rows are equal, so they have no differences; use the null isotropic"
        )

    def _different(self, rng: np.random.Generator, count: int) -> Int64s:
        """Ids from the pools, within a draw all different, every choice alike; shape (count, j)."""
        ids = np.empty((count, len(self.of)), dtype=np.int64)
        for number in sorted(set(self.of)):
            places, pool = np.flatnonzero(np.equal(self.of, number)), self.pools[number]
            if len(pool) < len(places):
                raise InputError(f"only {len(pool)} tokens have a direction; a draw needs {len(places)}")
            ids[:, places] = pool[_without_replacement(rng, len(pool), (count, len(places)))]
        return ids

    def _sums(self, ids: Int64s) -> tuple[Float64s, Bools]:
        """The sums, shape (b, d), and which of them are zero but for rounding."""
        first = self.row(ids[:, 0])
        total, longest = self.weights[0] * first, np.linalg.norm(first, axis=1)
        for place in range(1, ids.shape[1]):
            row = self.row(ids[:, place])
            total += self.weights[place] * row
            longest = np.maximum(longest, np.linalg.norm(row, axis=1))
        return total, ~(np.linalg.norm(total, axis=1) > 1e-12 * longest)


def _without_replacement(rng: np.random.Generator, n: int, shape: tuple[int, int]) -> Int64s:
    """Numbers below n, those of a row all different, every ordered choice alike."""
    drawn = np.empty(shape, dtype=np.int64)
    for place in range(shape[1]):
        new = rng.integers(n - place, size=shape[0])
        for smaller in np.sort(drawn[:, :place], axis=1).T:  # the new-th of the numbers that are left
            new += new >= smaller
        drawn[:, place] = new
    return drawn


@dataclass(frozen=True)
class Sample:
    """Rows of a matrix in a random order, each once; the last block is shorter.

    Attributes
    ----------
    rows : floating array of shape (N, d), each finite and not zero
    seed : 0 or more
    """

    rows: Floats
    seed: int

    def block(self, number: int) -> Drawn:
        """Rows as they are."""
        order = stream(self.seed, _KEYS["sample"]).permutation(len(self.rows))
        which = order[number * BLOCK : (number + 1) * BLOCK]
        return Drawn(self.rows[which], _OF_NONE[: len(which)])
