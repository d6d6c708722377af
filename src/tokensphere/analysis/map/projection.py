"""Flat shadows of the sphere: the plane of two directions, and the plane of most variance.

Both are what a lamp throws on a wall: every point is the token's row, seen along all other dimensions.
In the plane of two random directions of d dimensions cosines are about ``1/√d`` in size, so that all
tokens lie in a small ball about the middle; what is near there need not be near on the sphere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tokensphere.analysis.lists import check_vectors
from tokensphere.analysis.map.points import TokenMap, make_map
from tokensphere.arrays import Bools, Float32s, Float64s, Floats, Intps
from tokensphere.directions.given import make_directions
from tokensphere.errors import InputError
from tokensphere.geometry.compute import workers
from tokensphere.geometry.directions import stream
from tokensphere.geometry.rows import Rows, blocks
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.space import EmbeddingSpace

_ROWS = 2048
_PARALLEL = 1e-6  # of the second direction that is left beside the first
_EXTRA = 14  # directions that are iterated besides the two that are wanted
_MOST_ROUNDS = 60
_STILL = 1e-9  # 1 − cosine between the two and those of the round before, when they are found


def plane_map(space: EmbeddingSpace, directions: Any, *, centered: bool = False) -> TokenMap:
    """The tokens in the plane of two directions: their cosines with two orthogonal ones.

    The first axis is the first direction, the second what the second has beside it (Gram–Schmidt). So
    x is the cosine with the first direction, and all tokens lie within the unit circle.

    Parameters
    ----------
    space : the embeddings
    directions : two, of whatever :func:`nearest` takes: random ones, an array of shape (2, d), tokens, …
    centered : cosines of the rows ``c_i`` less their mean, not of the rows as they are

    Raises
    ------
    InputError
        not two directions, or two that are parallel

    Examples
    --------
    >>> import tokensphere as ts
    >>> found = ts.plane_map(ts.load(), ts.RandomDirections(576, 2))
    >>> found.points.shape, bool((abs(found.points) < 0.3).all())
    ((49152, 2), True)
    """
    given = make_directions(space, directions, SearchSettings(centered=centered))
    if len(given) != 2:
        raise InputError(f"a plane needs two directions; {len(given)} were given")
    vectors = np.asarray(given.read(0, 2), dtype=np.float64)
    check_vectors(vectors, 0)
    axes, cosine = _orthogonal(vectors)
    first, second = (name.title for name in given.names[:2])
    return make_map(
        space,
        "plane",
        _cosines(space.rows, axes, centered),
        (f"cosine with {first}", f"cosine with what {second} has beside it"),
        centered=centered,
        facts={"cosine_of_directions": cosine},
        directions=[name.record for name in given.names[:2]],
    )


def pca_map(space: EmbeddingSpace, *, centered: bool = False, seed: int = 0) -> TokenMap:
    """The tokens in the plane in which their rows of unit length vary most (principal components).

    The two directions are found by iterating a few, each time through all rows, until they stay
    (Halko, Martinsson & Tropp 2011). Each has its largest component positive, so that there is one map.

    Parameters
    ----------
    space : the embeddings
    centered : of the rows ``c_i``, which have unit length less their mean
    seed : of the first directions; the last do not depend on it but by rounding

    Raises
    ------
    InputError
        fewer than three rows or two dimensions, or rows that are all one direction
    """
    usable = _usable(space.rows, centered)
    if np.count_nonzero(usable) < 3 or space.shape[1] < 2:
        raise InputError("principal components need 3 or more tokens with a direction, of 2 dimensions")
    axes, shares = _principal(space.rows, usable, centered, seed)
    mean = _mean(space.rows, usable, centered)
    points = _cosines(space.rows, axes, centered) - (axes @ mean).astype(np.float32)
    first, second = (f"principal component {i + 1}, {100 * shares[i]:.1f} %" for i in (0, 1))
    return make_map(
        space,
        "pca",
        points,
        (f"{first} of the variance", f"{second} of the variance"),
        centered=centered,
        facts={"shares_of_variance": list(shares)},
    )


def cosines_with(space: EmbeddingSpace, vectors: Floats, *, centered: bool = False) -> Float32s:
    """The cosine of every token with each of m directions, in float32, shape (n, m).

    Parameters
    ----------
    space : the embeddings
    vectors : floating array of shape (m, d)
    centered : whether of the rows ``c_i``

    Raises
    ------
    InputError
        a direction that is zero, not finite, or too long or short
    """
    wide = np.asarray(vectors, dtype=np.float64)
    check_vectors(wide, 0)
    return _cosines(space.rows, wide / np.linalg.norm(wide, axis=1)[:, None], centered)


def _orthogonal(vectors: Float64s) -> tuple[Float64s, float]:
    """Two orthogonal directions of unit length in the plane of two, and the cosine of these."""
    first, second = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    cosine = float(first @ second)
    rest = second - cosine * first
    rest -= (rest @ first) * first  # once more, for what rounding left
    length = float(np.linalg.norm(rest))
    if length < _PARALLEL:
        raise InputError("the two directions are parallel, so they span no plane; give another one")
    return np.stack([first, rest / length]), cosine


def _usable(rows: Rows, centered: bool) -> Bools:
    return rows.moments.center().usable if centered else rows.usable


def _each(rows: Rows, centered: bool, do: Callable[[Intps, Float32s], Any]) -> list[Any]:
    """What `do` gives for the usable ones of each block of rows, at unit length in float32, in order."""
    usable, moments = _usable(rows, centered), rows.moments
    center = moments.center() if centered else None

    def one(part: slice) -> Any:
        ids = part.start + np.flatnonzero(usable[part])
        block = rows.vectors[ids] / moments.norms[ids, None].astype(np.float32)
        if center is not None:
            block -= center.mean.astype(np.float32)
            block /= center.distances[ids, None].astype(np.float32)
        return do(ids, block)

    with workers(rows.compute.count()) as in_parallel:
        return in_parallel(one, blocks(len(rows), _ROWS))


def _cosines(rows: Rows, axes: Float64s, centered: bool) -> Float32s:
    """``⟨u_i, a⟩`` or ``⟨c_i, a⟩`` for each of m axes, shape (n, m); NaN where there is none."""
    points = np.full((len(rows), len(axes)), np.nan, dtype=np.float32)
    across = np.ascontiguousarray(axes.T, dtype=np.float32)

    def put(ids: Intps, block: Float32s) -> None:
        points[ids] = block @ across

    _each(rows, centered, put)
    return points


def _mean(rows: Rows, usable: Bools, centered: bool) -> Float64s:
    """The mean of the rows that are projected."""
    if not centered:
        return rows.moments.mean_unit_row()
    sums = _each(rows, True, lambda _, block: block.sum(axis=0, dtype=np.float64))
    return np.asarray(sum(sums) / np.count_nonzero(usable))


def _principal(
    rows: Rows, usable: Bools, centered: bool, seed: int
) -> tuple[Float64s, tuple[float, float]]:
    """The two principal directions, and their shares of the variance."""
    n, d = int(np.count_nonzero(usable)), rows.shape[1]
    mean = _mean(rows, usable, centered)
    total = 1 - float(mean @ mean)  # the trace: all rows have length 1
    if not total > 1e-12:
        raise InputError("all rows have the same direction, so there is nothing to map")
    basis = np.linalg.qr(stream(seed).standard_normal((d, min(2 + _EXTRA, d))))[0]
    before = np.zeros((d, 2))
    for _ in range(_MOST_ROUNDS):
        turned, shift = basis.astype(np.float32), (mean @ basis).astype(np.float32)

        def through(
            _: Intps, block: Float32s, turned: Float32s = turned, shift: Float32s = shift
        ) -> tuple[Float32s, Float32s]:
            at = block @ turned - shift
            return block.T @ at, at.T @ at

        products, squares = zip(*_each(rows, centered, through), strict=True)
        values, inside = np.linalg.eigh(np.sum(squares, axis=0, dtype=np.float64) / n)
        best = basis @ inside[:, ::-1][:, :2]
        # Σ at = 0 but for rounding, so that the mean need not be taken from `block` as well
        basis = np.linalg.qr(np.sum(products, axis=0, dtype=np.float64))[0]
        moved = 1 - np.abs(np.sum(best * before, axis=0)).min()
        before = best
        if moved < _STILL:
            break
    place = np.abs(best).argmax(axis=0)
    best = best * np.sign(best[place, [0, 1]])
    first, second = (float(value) / total for value in values[::-1][:2])
    return np.ascontiguousarray(best.T), (first, second)
