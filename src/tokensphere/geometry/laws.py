"""Laws that the directions of a null are drawn from (docs/definitions.md 1 and 8).

==============  ==========================================================================
``isotropic``   uniform on the sphere: named random directions, from index 2⁴⁰ on
``covariance``  ``g ~ N(0, Σ)``, Σ the covariance of the unit rows: random, but more often
                along what the tokens differ in
``difference``  one row less another, both drawn at random
``sample``      rows of a matrix of the user's own, drawn with replacement
==============  ==========================================================================

Each answers a question of its own: is a direction nearer to alike tokens than any direction is, than one
along what the tokens differ in, than the difference of two tokens that have nothing to do with each
other, than others of its kind? In an anisotropic space the first is the easiest to answer with yes.

Draws come in blocks of 1,024. Block b of seed s has a stream of its own, so that draw number b of a
law is one fixed vector, whatever else is asked for. The lengths of the vectors mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np

from tokensphere.arrays import Float32s, Float64s, Floats, Int64s
from tokensphere.errors import InputError
from tokensphere.geometry.compute import workers
from tokensphere.geometry.directions import random_directions, random_pairs, stream
from tokensphere.geometry.surrogate import gaussian_factor

Law = Literal["isotropic", "covariance", "difference", "sample"]
LAWS: tuple[Law, ...] = get_args(Law)

BLOCK = 1024  # draws of one stream; part of what a draw is, never to change
FIRST_DIRECTION = 2**40  # so far out that no survey meets the directions of the null
_KEYS = {"covariance": 1, "difference": 2, "sample": 3}  # two laws never share random numbers
_TRIES = 64  # at drawing two rows that differ


@dataclass(frozen=True)
class Drawn:
    """A block of draws.

    Attributes
    ----------
    vectors : floating array of shape (BLOCK, d); finite and not zero
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
    """``Σ^½ g`` with ``g ~ N(0, I_d)``; made by :func:`covariance_law`.

    Attributes
    ----------
    root : float32 array of shape (d, d), ``Σ^½``, symmetric
    seed : 0 or more
    """

    root: Float32s
    seed: int

    def block(self, number: int) -> Drawn:
        """Float32 vectors of any length."""
        rng = stream(self.seed, _KEYS["covariance"], number)
        normal = rng.standard_normal((BLOCK, len(self.root)), dtype=np.float32)
        with workers(1):  # a product's bits shall not depend on how many threads the BLAS has
            return Drawn(normal @ self.root, _OF_NONE)


def covariance_law(covariance: Float64s, seed: int) -> Gaussian:
    """The law ``N(0, Σ)`` for a covariance of any rank but 0.

    Of all factors of ``Σ`` the symmetric one is taken: it depends on no choice of eigenvectors, so
    that a draw is the same vector, up to rounding, whichever LAPACK has found them.

    Parameters
    ----------
    covariance : float64 array of shape (d, d)
    seed : 0 or more

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
        return Gaussian((factor @ vectors.T).astype(np.float32), seed)


@dataclass(frozen=True)
class Differences:
    """One row less another: draw b is ``row(a) − row(a′)`` of two different rows drawn uniformly.

    Attributes
    ----------
    ids : int64 array, the rows that may be drawn, at least 2
    row : gives the rows of some ids as float64, shape (j,) -> (j, d)
    seed : 0 or more
    """

    ids: Int64s
    row: Callable[[Int64s], Float64s]
    seed: int

    def block(self, number: int) -> Drawn:
        """Float64 differences; pairs of equal rows, which have none, are drawn again.

        Raises
        ------
        InputError
            nearly all rows are equal
        """
        rng, n = stream(self.seed, _KEYS["difference"], number), len(self.ids)
        if n < 2:
            raise InputError(f"only {n} tokens have a direction; a difference needs 2")
        made_of = np.empty((BLOCK, 2), dtype=np.int64)
        vectors: Float64s | None = None
        equal = np.arange(BLOCK)
        for _ in range(_TRIES):
            made_of[equal] = self.ids[np.column_stack(random_pairs(rng, n, len(equal)))]
            new = self.row(made_of[equal, 0]) - self.row(made_of[equal, 1])
            vectors = np.empty((BLOCK, new.shape[1])) if vectors is None else vectors
            vectors[equal] = new
            equal = equal[~new.any(axis=1)]
            if not len(equal):
                return Drawn(vectors, made_of)
        raise InputError(
            "nearly all rows are equal, so they have no differences; use the null isotropic"
        )


@dataclass(frozen=True)
class Sample:
    """Rows of a matrix, each draw any of them, whatever the others are.

    Attributes
    ----------
    rows : floating array of shape (N, d), each finite and not zero
    seed : 0 or more
    """

    rows: Floats
    seed: int

    def block(self, number: int) -> Drawn:
        """Rows as they are."""
        which = stream(self.seed, _KEYS["sample"], number).integers(len(self.rows), size=BLOCK)
        return Drawn(self.rows[which], _OF_NONE)
