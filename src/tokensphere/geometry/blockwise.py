"""Random rows with the real rows' means and covariances, block by block: the law ``blockwise``.

The rows are halved, again and again, along the direction in which they vary most, until a half would
have fewer than two rows for each dimension. In each block row i is, with ``t_i`` its component along
the mean ``μ`` of all rows,

    t_i μ/‖μ‖ + a + b (t_i − t̄) + e_i        a, b orthogonal to μ, e_i Gaussian and orthogonal to μ

of unit length, where ``a``, ``b`` and ``Σ e_i e_iᵀ`` are the real block's: not an estimate's, but
themselves. For Gaussian rows they are all that can be told (they are sufficient), so that, given them,
the real rows and any number of surrogates are as alike as draws of one law, and a test that compares
them is exact (co-sufficient sampling: Engen & Lillegård 1997, Lockhart et al. 2007). Bringing rows to
unit length disturbs that a little; mending the noise and scaling it again leaves a few per cent of a
sampling error.

So a surrogate keeps whatever is coarse, groups of a thousand rows and how rows change along the mean,
and nothing that is finer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float32s, Float64s, Int64s, Intps
from tokensphere.geometry.blas import one_blas_thread
from tokensphere.geometry.compute import Compute, InParallel, workers
from tokensphere.geometry.directions import stream
from tokensphere.geometry.rows import Rows, blocks

_PER_DIMENSION = 2  # rows of a block, at least; with fewer, next to none would differ from the real ones
_WIDE = 200  # dimensions; so many have nearly the same length, and one round of mending will do
_RIDGE = 1e-7  # of the mean variance: about the error of a product in single precision
_THIN = 1e-5  # of the mean variance; a direction with less has none
_IN_CACHE = 128  # rows that stay in the second-level cache as float64
_BETWEEN_SIGNS = 2  # blocks of each thread between two signs of life
_NONE = 1e-12  # likewise, whatever the others have: what rounding leaves of equal rows


@dataclass(frozen=True)
class _Block:
    """Rows that are near one another; what is orthogonal to the mean has d − 1 coordinates.

    Attributes
    ----------
    places : int64 array of shape (N,), which rows
    along : float64 array of shape (N,), ``t``
    steps : float64 array of shape (N, 2), orthonormal columns: a constant, and the steps ``t − t̄``
    known : float64 array of shape (2, d − 1), what they are multiplied by: ``a`` and ``b`` scaled
    basis : float32 array of shape (d − 1, r), orthonormal columns, the space of the noise; None for all
    factor : float64 array of shape (r, r), lower triangular ``L``: ``L Lᵀ = Σ e_i e_iᵀ`` in that basis
    """

    places: Int64s
    along: Float64s
    steps: Float64s
    known: Float64s
    basis: Float32s | None
    factor: Float64s

    @classmethod
    def of(cls, places: Int64s, rows: Float32s) -> _Block:
        """From rows of unit length whose first coordinate is that along the mean, shape (N, d)."""
        along, rest = rows[:, 0].astype(np.float64), rows[:, 1:].astype(np.float64)
        step = along - along.mean()
        length = float(np.linalg.norm(step))
        first = np.full(len(step), len(step) ** -0.5)
        steps = np.column_stack([first, step / length if length > 1e-12 else 0 * step])
        known = steps.T @ rest
        rest -= steps @ known
        return cls(places, along, steps, known, *_factor(rest.T @ rest, len(rest)))

    @property
    def room(self) -> Float64s:
        """Squared length of what is orthogonal to the mean, shape (N,)."""
        return np.maximum(1 - self.along**2, 0.0)

    def expected(self) -> Float32s:
        """The known part of the rows, without noise, shape (N, d − 1)."""
        return (self.steps @ self.known).astype(np.float32)

    def left(self, known: Float32s) -> Float64s:
        """What of the room the known part leaves to the noise, shape (N,); none if not positive."""
        return self.room - _squares(known)

    def draw(self, rng: np.random.Generator) -> Float32s:
        """Rows of such coordinates, shape (N, d)."""
        room, known, steps = self.room, self.expected(), self.steps.astype(np.float32)
        normal = rng.standard_normal((len(known), len(self.factor)), dtype=np.float32)
        noise = self._there(_times_upper(normal, self.factor.T))
        # λ > 0 with ‖known + λ noise‖² = room
        mixed, square = np.vecdot(known, noise).astype(np.float64), np.maximum(_squares(noise), 1e-30)
        scale = (np.sqrt(mixed**2 + square * np.maximum(self.left(known), 0.0)) - mixed) / square
        noise *= scale[:, None].astype(np.float32)
        noise += known
        rest = _to_length(noise, room)
        for _ in range(1 if known.shape[1] > _WIDE else 2):
            rest -= known
            rest -= steps @ (steps.T @ rest)  # neither mean nor slope
            rest = self._mended(rest)
            rest += known
            _to_length(rest, room)
        return np.column_stack([self.along.astype(np.float32), rest])

    def _mended(self, noise: Float32s) -> Float32s:
        """Noise times the matrix ``M`` that gives it the square wanted: ``Mᵀ F M = L Lᵀ``.

        Both factors are lower triangular, so ``M`` is upper triangular. The noise may be overwritten.
        """
        here = noise if self.basis is None else noise @ self.basis
        if not here.shape[1]:  # which SciPy before 1.14 refuses
            return np.zeros_like(noise)
        found = (here.T @ here).astype(np.float64)
        found.flat[:: len(found) + 1] += _RIDGE * np.trace(found) / len(found)
        try:
            has = np.asarray(np.linalg.cholesky(found), dtype=np.float64)
        except np.linalg.LinAlgError:  # rows that have no room for noise: nothing to mend
            return noise
        return self._there(_times_upper(here, _upper_quotient(has.T, self.factor.T)))

    def _there(self, noise: Float32s) -> Float32s:
        """From coordinates in the basis to all d − 1."""
        return noise if self.basis is None else noise @ self.basis.T


class Blockwise:
    """Draws vocabularies of the law ``blockwise``; holds half as much as the matrix itself.

    Parameters
    ----------
    rows : n rows of d columns, d at least 2
    order : int64 array, what :attr:`order` was for the same rows; to find it is most of the work

    Attributes
    ----------
    order : int64 array, the places of the usable rows, block after block
    """

    @one_blas_thread()
    def __init__(self, rows: Rows, order: Int64s | None = None) -> None:
        # Late, since it takes half as long as NumPy itself; but before there are workers, which hold the
        # BLAS that it brings to one thread, too.
        import scipy.linalg  # noqa: F401

        ids = np.flatnonzero(rows.usable)
        mean = rows.moments.mean_unit_row()
        d, length = len(mean), float(np.linalg.norm(mean))
        # The reflection that takes the mean's axis (any, if there is none) to the first coordinate.
        mirror = mean / length - np.eye(1, d)[0] if length > 1e-12 else np.zeros(d)
        self._mirror = mirror / max(float(np.linalg.norm(mirror)), 1e-12)
        self.shape = len(ids), d
        with workers(rows.compute.count()) as in_parallel:
            if order is None:
                self.order, near, parts = self._found(rows, ids, in_parallel)
            else:
                self.order, parts = order, list(_parts(self.shape))[-1]
                places = np.empty_like(order)
                places[order] = np.arange(len(order))
                near = self._turned(rows, ids, places, in_parallel)
            self.blocks: list[_Block] = in_parallel(
                lambda part: _Block.of(self.order[part], near[part]), parts
            )

    def _turned(self, rows: Rows, ids: Intps, places: Int64s, in_parallel: InParallel) -> Float32s:
        """The unit rows with the mean's axis as their first coordinate; row i goes to ``places[i]``."""
        turned = np.empty(self.shape, dtype=np.float32)

        def turn(part: slice) -> None:
            units = rows.vectors[ids[part]] / rows.moments.norms[ids[part], None]
            turned[places[part]] = units - 2 * np.outer(units @ self._mirror, self._mirror)

        in_parallel(turn, blocks(len(ids), _IN_CACHE))
        return turned

    def _found(
        self, rows: Rows, ids: Intps, in_parallel: InParallel
    ) -> tuple[Int64s, Float32s, list[slice]]:
        """The order, the rows in it, and the blocks' parts of it."""
        order = np.arange(len(ids))
        turned = self._turned(rows, ids, order, in_parallel)
        near, halved = turned, list(_parts(self.shape))

        def place(part: slice) -> None:
            np.take(turned, order[part], axis=0, out=near[part], mode="clip")

        def sort(part: slice) -> None:
            order[part] = order[part][_along_widest(near[part])]

        if len(halved) > 1:
            # Always the same memory: to get new pages takes longer than to fill them.
            near = np.empty_like(turned)
            in_parallel(place, blocks(len(ids)))
            for parts in halved[:-1]:
                in_parallel(sort, parts)
                in_parallel(place, blocks(len(ids)))
        return order, near, halved[-1]

    @property
    @one_blas_thread()
    def clipped(self) -> int:
        """Rows whose length leaves no room for noise beside ``a + b (t_i − t̄)``."""
        return sum(int(np.count_nonzero(block.left(block.expected()) <= 0)) for block in self.blocks)

    def draw(
        self, seed: int, compute: Compute, *, told: Callable[[int], None] | None = None
    ) -> Float32s:
        """A vocabulary.

        Parameters
        ----------
        seed : 0 or more; block b is drawn from ``PCG64(SeedSequence(seed, spawn_key=(b,)))``
        compute : what products are made with
        told : called with the number of rows drawn since the last call, from this thread

        Returns
        -------
        float32 array of shape (n, d), of unit length, row i with ``t_i``
        """
        drawn, mirror = np.empty(self.shape, dtype=np.float32), self._mirror.astype(np.float32)

        def draw(number: int) -> None:
            block = self.blocks[number]
            found = block.draw(stream(seed, number))
            found -= np.outer(2 * (found @ mirror), mirror)
            drawn[block.places] = found

        every, threads = range(len(self.blocks)), compute.count()
        at_once = len(every) if told is None else _BETWEEN_SIGNS * threads
        with workers(threads) as in_parallel:
            for low in every[::at_once]:
                some = every[low : low + at_once]
                in_parallel(draw, some)
                if told is not None:
                    told(sum(len(self.blocks[number].places) for number in some))
        return drawn


def _parts(shape: tuple[int, int]) -> Iterator[list[slice]]:
    """All rows, their halves, and so on down to the blocks."""
    parts = [slice(0, shape[0])]
    yield parts
    while parts[0].stop >= 2 * _PER_DIMENSION * shape[1]:
        middles = [(part.start + part.stop) // 2 for part in parts]
        parts = [
            half
            for part, middle in zip(parts, middles, strict=True)
            for half in (slice(part.start, middle), slice(middle, part.stop))
        ]
        yield parts


def _along_widest(rows: Float32s) -> Intps:
    """The order of rows along their first principal component; they are overwritten."""
    from scipy.linalg import eigh

    rows -= rows.mean(axis=0)
    square, last = (rows.T @ rows).astype(np.float64), rows.shape[1] - 1
    _, widest = eigh(square, subset_by_index=[last, last], check_finite=False)
    along = [rows[part].astype(np.float64) @ widest[:, 0] for part in blocks(len(rows), _IN_CACHE)]
    return np.argsort(np.concatenate(along), kind="stable")


def _factor(square: Float64s, count: int) -> tuple[Float32s | None, Float64s]:
    """The Cholesky factor of a covariance; of one that lacks some rank in the space where it has any."""
    least = max(_THIN * float(np.trace(square)) / max(len(square), 1), _NONE * count)
    with suppress(np.linalg.LinAlgError):
        factor = np.linalg.cholesky(square)
        if np.all(np.diagonal(factor) ** 2 > least):
            return None, np.asarray(factor, dtype=np.float64)
    values, vectors = np.linalg.eigh(square)
    there = values > least
    return vectors[:, there].astype(np.float32), np.diag(np.sqrt(values[there]))


def _upper_quotient(matrix: Float64s, product: Float64s) -> Float64s:
    """``X`` with ``matrix @ X = product``, all three upper triangular: in half of the time."""
    from scipy.linalg.blas import dtrsm

    found = np.zeros_like(product)
    for part in blocks(len(product), _IN_CACHE):  # below its last row a column has zeros
        end = part.stop
        found[:end, part] = dtrsm(1.0, matrix[:end, :end], product[:end, part])
    return found


def _times_upper(rows: Float32s, matrix: Float64s) -> Float32s:
    """``rows @ matrix`` for an upper triangular matrix, in half of a product's time; `rows` are lost."""
    from scipy.linalg.blas import strmm

    if not matrix.size:  # which SciPy before 1.14 refuses
        return rows
    upper = np.asfortranarray(matrix, dtype=np.float32)
    product: Float32s = strmm(1.0, upper, rows.T, lower=0, trans_a=1, overwrite_b=1).T
    return product


def _squares(rows: Float32s) -> Float64s:
    return np.asarray(np.vecdot(rows, rows), dtype=np.float64)


def _to_length(rows: Float32s, squares: Float64s) -> Float32s:
    """The rows, overwritten, with these squared lengths."""
    rows *= np.sqrt(squares / np.maximum(_squares(rows), 1e-30))[:, None].astype(np.float32)
    return rows
