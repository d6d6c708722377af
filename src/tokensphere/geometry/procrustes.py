"""One matrix turned until it lies on another: the distance that is left, and each row's angle.

docs/definitions.md 12. Widths may differ: the narrower matrix is wide with zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float64s, Floats, Intps
from tokensphere.errors import InputError
from tokensphere.geometry.directions import stream
from tokensphere.geometry.gram import cross_product
from tokensphere.geometry.rows import blocks, dots

FOLDS = 5
_ORDERS = 3  # of the rows at random; the distance hardly differs from one to another


@dataclass(frozen=True)
class Turned:
    """Two matrices of n rows of unit length after the best rotation.

    Attributes
    ----------
    distance : ``1 − (Σσ/n)²`` with σ the singular values of ``XᵀY``: the share of one matrix's squared
        length that is left when the other is turned, reflected and scaled onto it, in [0, 1]
    distance_by_chance : the same of rows in random order, mean of three
    cosine_by_chance : mean cosine of rows in random order after the rotation that is best for others,
        about 0 for rows less their mean
    cosines : float64 array of shape (n,), of each row after the rotation that is best for the *other*
        rows, those of the other four fifths, with its row of the other matrix, in [−1, 1]
    """

    distance: float
    distance_by_chance: float
    cosine_by_chance: float
    cosines: Float64s


def turn(x: Floats, y: Floats, *, seed: int = 0) -> Turned:
    """The orthogonal Procrustes problem (Schönemann 1966) of rows of unit length.

    The best rotation for all rows fits what is peculiar to each: of n rows in d dimensions it brings
    even unrelated ones to a mean cosine of about ``√(d/n)``. So what is told of a row is by a rotation
    that has not seen it.

    Parameters
    ----------
    x, y : floating arrays of shapes (n, d) and (n, e), rows of unit length; n at least twice the larger
        width
    seed : of the fifths, and of the random orders

    Raises
    ------
    InputError
        other shapes, or too few rows to tell a rotation of so many dimensions

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((60, 4))
    >>> x /= np.linalg.norm(x, axis=1)[:, None]
    >>> found = turn(x, x[:, ::-1])
    >>> round(found.distance, 9), bool((found.cosines > 0.999999).all()), found.distance_by_chance > 0.8
    (0.0, True, True)
    """
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise InputError(f"matrices of shapes {x.shape} and {y.shape}: need as many rows of each")
    n, widest = len(x), max(x.shape[1], y.shape[1])
    if n < enough_rows(widest):
        raise InputError(f"{n} rows tell no rotation of {widest} dimensions: need {enough_rows(widest)}")
    rng = stream(seed)
    fold = rng.permutation(np.arange(n) % FOLDS)
    members = [np.flatnonzero(fold == number) for number in range(FOLDS)]
    parts = [cross_product(x[some], y[some]) for some in members]
    whole = np.sum(parts, axis=0)
    cosines = np.empty(n)
    for some, part in zip(members, parts, strict=True):
        cosines[some] = _turned_by(whole - part, x, y, some, some)
    orders = [rng.permutation(n) for _ in range(_ORDERS)]
    distances, chances = zip(*(_by_chance(x, y, order, members[0]) for order in orders), strict=True)
    return Turned(
        _distance(whole, n), float(np.mean(distances)), float(np.mean(chances)), np.clip(cosines, -1, 1)
    )


def _turned_by(between: Float64s, x: Floats, y: Floats, some: Intps, others: Intps) -> Float64s:
    """Cosines of some rows of `x`, turned as is best for a product of matrices, with some of `y`."""
    u, _, v = np.linalg.svd(between, full_matrices=False)
    rotation, found = u @ v, np.empty(len(some))
    for part in blocks(len(some)):
        turned = x[some[part]].astype(np.float64) @ rotation
        found[part] = dots(turned, y[others[part]].astype(np.float64))
    return found


def _by_chance(x: Floats, y: Floats, order: Intps, held_out: Intps) -> tuple[float, float]:
    """Distance and mean cosine of rows of `y` in another order; the cosine of rows held out."""
    between = cross_product(x, y[order])
    rest = between - cross_product(x[held_out], y[order[held_out]])
    cosines = _turned_by(rest, x, y, held_out, order[held_out])
    return _distance(between, len(x)), float(cosines.mean())


def enough_rows(width: int) -> int:
    """How many rows it takes for a rotation of so many dimensions."""
    return 2 * width


def _distance(between: Float64s, n: int) -> float:
    """What is left of rows of unit length, by the product of the two matrices."""
    mean_cosine = float(np.linalg.svd(between, compute_uv=False).sum()) / n
    return min(max(1 - mean_cosine**2, 0.0), 1.0)
