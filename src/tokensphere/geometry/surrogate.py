"""The vocabulary with no words: random rows with the mean and covariance of the real unit rows.

What such a *surrogate* shares with the real vocabulary is its anisotropy, all of it, and nothing else:
no groups, no words. A statistic that the two have in common says nothing about meaning
(docs/definitions.md 6).

Three laws, from the one that keeps least:

``gaussian``
    ``x ~ N(μ, Σ)``, brought to unit length. Dividing by the length changes the covariance, most of all
    along ``μ``, where lengths vary: of a real model's variance there, a third or less may be left.
``matched``
    Row i keeps its component along the mean, ``t_i = ⟨u_i, μ⟩/‖μ‖``. What is orthogonal to the mean is
    Gaussian: its expectation is the linear regression on ``t``, its covariance that of the residuals.
    Only this noise is scaled so that the row gets unit length. It is drawn again in a few rounds, from
    the same normal values with other covariances, until the rows have the real rows' covariance: not
    up to sampling error, but itself. For Gaussian rows that is all that they can tell (it is
    sufficient), so the real rows and these are as alike as two draws; rows that are drawn from an
    estimate have its error and their own, are more anisotropic, and their lists too coherent.
``blockwise``
    Means and covariances of blocks of a thousand rows or so are kept, and so is whatever is coarse:
    see :mod:`tokensphere.geometry.blockwise`. The only law of the three that gives vocabularies of
    big groups, or of rows that change along the mean, no more coherence than they have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float32s, Float64s
from tokensphere.errors import InputError, check_choice, check_whole
from tokensphere.geometry.blockwise import Blockwise
from tokensphere.geometry.compute import Compute, workers
from tokensphere.geometry.directions import stream
from tokensphere.geometry.rows import Rows, blocks, dots

SurrogateLaw = Literal["blockwise", "matched", "gaussian"]
SURROGATE_LAWS: tuple[SurrogateLaw, ...] = get_args(SurrogateLaw)
DEFAULT_LAW: SurrogateLaw = "blockwise"

BLOCK = 1024  # rows drawn from one stream; part of what a seed means, never to change
_AT_ONCE = 8  # blocks whose products are held
_ROUNDS = 6  # of drawing; each mends what the last one got wrong
_CLOSE = 0.05  # of the sampling error of a covariance: near enough
_ENOUGH = 4  # rows for each dimension of the noise, or its covariance cannot be mended


def unit_covariance(rows: Rows) -> Float64s:
    """Covariance ``Σ`` of the usable rows brought to unit length, float64 of shape (d, d).

    ``Σ = (1/n) Σ_i (u_i − μ)(u_i − μ)ᵀ``; the same to the bit for any number of threads.

    """
    moments, mean = rows.moments, rows.moments.mean_unit_row()
    total = np.zeros((len(mean), len(mean)))

    def product(part: slice) -> Float64s:
        _, offsets = moments.unit_rows(part)
        offsets -= mean
        return np.asarray(offsets.T @ offsets)

    parts = blocks(len(rows), BLOCK)
    with workers(rows.compute.count()) as in_parallel:
        while some := list(islice(parts, _AT_ONCE)):
            for found in in_parallel(product, some):  # always added in this order
                total += found
    return total / max(int(np.count_nonzero(moments.usable)), 1)


def covariance_error(covariance: Float64s, n: int) -> float:
    """How far, relative to ‖Σ‖ (Frobenius), the covariance of `n` Gaussian rows lies from ``Σ``.

    The root of the expected square: ``E‖Σ̂ − Σ‖² = ((tr Σ)² + ‖Σ‖²)/n`` (moments of the Wishart law).
    """
    square = float(np.sum(covariance**2))
    return float(np.sqrt((np.trace(covariance) ** 2 + square) / (n * square))) if square else 0.0


@dataclass(frozen=True)
class _Recipe:
    """How a block of rows is drawn: ``x = mean_part + λ noise @ factor.T``.

    Attributes
    ----------
    axis : float64 array of shape (d,), the unit vector along the mean (zeros if there is none)
    along : float64 array of shape (n,), the rows' components along it; None for the Gaussian law
    middle : their mean
    slope : float64 array of shape (d,), orthogonal to `axis`: what a row's rest is expected to be,
        for each unit of ``t − middle``; for the Gaussian law the mean row itself
    factor : float64 array of shape (r, d); r normal values times it are the noise
    """

    axis: Float64s
    along: Float64s | None
    middle: float
    slope: Float64s
    factor: Float64s

    def rows(self, block: slice, normal: Float32s) -> Float32s:
        """Rows of unit length from noise of shape (b, d), which is overwritten."""
        if self.along is None:
            normal += self.slope.astype(np.float32)
            normal /= np.sqrt(np.vecdot(normal, normal))[:, None]
            return normal
        basis = np.stack([self.axis, self.slope])
        along, mixed = (normal @ basis.T.astype(np.float32)).T.astype(np.float64)
        square = np.vecdot(normal, normal).astype(np.float64) - along**2  # of what is off the axis
        kept = self.along[block]
        room = np.maximum(1 - kept**2, 0.0)
        step = kept - self.middle
        # A row far out along the mean may have no room for what is expected beside it.
        length = float(np.linalg.norm(self.slope)) or 1.0
        step = np.clip(step, -0.999 * np.sqrt(room) / length, 0.999 * np.sqrt(room) / length)
        mixed, left = step * mixed, room - (step * length) ** 2
        # λ > 0 with ‖step slope + λ noise‖² = room
        scale = (np.sqrt(mixed**2 + square * left) - mixed) / np.maximum(square, 1e-30)
        normal *= scale[:, None].astype(np.float32)
        normal += np.column_stack([kept - scale * along, step]).astype(np.float32) @ basis.astype(
            np.float32
        )
        return normal


def gaussian_factor(covariance: Float64s) -> Float64s:
    """A matrix ``A`` of shape (d, r) with ``A Aᵀ = Σ``, for any rank r of ``Σ``.

    From the eigenvectors: a covariance of fewer rows than dimensions has no Cholesky factor.
    Eigenvalues that are zero but for rounding are left out.
    """
    values, vectors = np.linalg.eigh(covariance)
    there = values > max(float(values.max(initial=0.0)), 0.0) * len(values) * np.finfo(float).eps
    return np.asarray(vectors[:, there] * np.sqrt(values[there]), dtype=np.float64)


class BlockStore(Protocol):
    """Keeps named arrays by a flat key."""

    def get(self, key: Mapping[str, Any]) -> Mapping[str, npt.NDArray[Any]] | None:
        """What was put under this key, or None."""

    def put(self, key: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], /) -> None:
        """Keep arrays, in the place of those that were there."""


@dataclass(frozen=True)
class KeptBlocks:
    """Where the blocks of a matrix are kept for the law ``blockwise``, since to find them takes long.

    Attributes
    ----------
    store : keeps them
    key : all that they depend on
    """

    store: BlockStore
    key: Mapping[str, Any]

    def of(self, rows: Rows) -> Blockwise:
        """The blocks of these rows, found or made and kept."""
        order = (self.store.get(self.key) or {}).get("order")
        if order is not None and _is_order(order, int(np.count_nonzero(rows.usable))):
            return Blockwise(rows, order.astype(np.int64))
        made = Blockwise(rows)
        if len(made.blocks) > 1:  # else there is nothing to find
            self.store.put(self.key, {"order": made.order.astype(np.int32)})
        return made


def _is_order(array: npt.NDArray[Any], count: int) -> bool:
    """Whether an array of shape (count,) has each of the numbers below `count` once."""
    sound = array.dtype == np.int32 and array.shape == (count,)
    return sound and np.array_equal(np.sort(array), np.arange(count))


class Surrogates:
    """Draws vocabularies with no words; what they are drawn from is measured once.

    Parameters
    ----------
    rows : n rows of d columns
    law : ``"blockwise"``, ``"matched"`` or ``"gaussian"``, see above
    kept : where blocks of these rows are kept, by default nowhere

    Raises
    ------
    InputError
        fewer than two usable rows, or rows that are all one direction
    """

    def __init__(
        self, rows: Rows, law: SurrogateLaw = DEFAULT_LAW, *, kept: KeptBlocks | None = None
    ) -> None:
        self.rows, self.n = rows, int(np.count_nonzero(rows.usable))
        if self.n < 2:
            raise InputError(
                f"only {self.n} rows have a direction; a surrogate vocabulary needs 2 or more"
            )
        check_choice("surrogate", law, SURROGATE_LAWS)
        # The trace of the covariance.
        if not np.mean(rows.moments.center().distances[rows.usable] ** 2) > 1e-12:
            raise InputError("all rows have the same direction, so there is nothing to compare with")
        self._blocks: Blockwise | None = None
        if law == "blockwise":
            self._blocks = Blockwise(rows) if kept is None else kept.of(rows)
        self._matched = law == "matched"

    @cached_property
    def _covariance(self) -> Float64s:
        with workers(1):  # eigenvectors, too, are the same whatever the BLAS would use
            return unit_covariance(self.rows)

    @property
    def clipped(self) -> int:
        """Rows whose place in their block leaves no room for noise; of `blockwise`, else 0."""
        return 0 if self._blocks is None else self._blocks.clipped

    def draw(self, seed: int, *, told: Callable[[int], None] | None = None) -> Rows:
        """The vocabulary of a seed, 0 or more: as many rows as there are usable ones, in their order.

        `told` is called with the number of rows drawn since the last call, where the law tells.
        """
        check_whole("the seed", seed)
        if self._blocks is not None:
            drawn = self._blocks.draw(seed, self.rows.compute, told=told)
            return Rows.of(drawn, compute=self.rows.compute)
        with workers(1):
            if self._matched:
                recipe = _matched(self.rows, self._covariance)
                return _fitted(recipe, self._covariance, self.n, seed, self.rows.compute)
            mean, factor = self.rows.moments.mean_unit_row(), gaussian_factor(self._covariance).T
            return _draw(_Recipe(mean, None, 0.0, mean, factor), self.n, seed, self.rows.compute)


def surrogate_rows(rows: Rows, *, law: SurrogateLaw = DEFAULT_LAW, seed: int = 0) -> Rows:
    """As many random rows of unit length as there are usable ones, without words.

    With ``blockwise`` and ``matched``, row i keeps the component along the mean of the i-th usable row.
    See :class:`Surrogates`.
    """
    return Surrogates(rows, law).draw(seed)


def _matched(rows: Rows, covariance: Float64s) -> _Recipe:
    """The recipe of the law ``matched``."""
    vectors, moments = rows.vectors, rows.moments
    mean = moments.mean_unit_row()
    length = float(np.linalg.norm(mean))
    axis = mean / length if length > 1e-12 else np.zeros_like(mean)
    usable = np.flatnonzero(moments.usable)
    along = np.empty(len(usable))
    for part in blocks(len(usable), BLOCK):
        ids = usable[part]
        along[part] = dots(vectors[ids].astype(np.float64), axis) / moments.norms[ids]
    slope, noise = _regression(covariance, axis)
    return _Recipe(axis, along, float(along.mean()), slope, gaussian_factor(noise).T)


def _regression(covariance: Float64s, axis: Float64s) -> tuple[Float64s, Float64s]:
    """Slope on the component along `axis`, orthogonal to it, and the covariance of the residuals."""
    mixed = covariance @ axis
    variance = float(axis @ mixed)
    if not variance > 1e-15:
        return np.zeros_like(axis), covariance
    return mixed / variance - axis, covariance - np.outer(mixed, mixed) / variance


def _fitted(recipe: _Recipe, covariance: Float64s, n: int, seed: int, compute: Compute) -> Rows:
    """Rows of the recipe, mended until their covariance is the one wanted or comes no nearer."""
    wanted = _regression(covariance, recipe.axis)
    near = _CLOSE * covariance_error(covariance, n) * float(np.linalg.norm(covariance))
    drawn, before, least = _draw(recipe, n, seed, compute), recipe, np.inf
    for _ in range(_ROUNDS):
        found = unit_covariance(drawn)
        off = float(np.linalg.norm(found - covariance))
        if off >= least:  # the last mending did no good; two matrices at once would be too many
            del drawn
            return _draw(before, n, seed, compute)
        if off <= near or off > 0.9 * least or n < _ENOUGH * len(recipe.factor):
            break
        before, least = recipe, off
        recipe = _mended(recipe, wanted, _regression(found, recipe.axis))
        del drawn
        drawn = _draw(recipe, n, seed, compute)
    return drawn


_Regression = tuple[Float64s, Float64s]


def _mended(recipe: _Recipe, wanted: _Regression, found: _Regression) -> _Recipe:
    """The recipe whose rows, if they followed their noise linearly, would have what is wanted.

    Scaling the noise to the room that a row has weakens its strongest directions, and the normal
    values have a covariance of their own: the noise is freed from the one that was found, and given
    the one that is wanted.
    """
    return replace(
        recipe,
        slope=recipe.slope + wanted[0] - found[0],
        factor=recipe.factor @ _power(found[1], -0.5) @ _power(wanted[1], 0.5),
    )


def _power(covariance: Float64s, exponent: float) -> Float64s:
    """A power of a symmetric matrix on the space where it is not zero but for rounding."""
    values, vectors = np.linalg.eigh(covariance)
    there = values > max(float(values.max()), 0.0) * 1e-9
    return np.asarray((vectors[:, there] * values[there] ** exponent) @ vectors[:, there].T)


def _draw(recipe: _Recipe, n: int, seed: int, compute: Compute) -> Rows:
    factor = np.ascontiguousarray(recipe.factor, dtype=np.float32)
    drawn = np.empty((n, len(recipe.axis)), dtype=np.float32)

    def draw(part: slice) -> None:
        block = part.start // BLOCK
        normal = stream(seed, block).standard_normal((BLOCK, len(factor)), dtype=np.float32)
        drawn[part] = recipe.rows(part, (normal @ factor)[: part.stop - part.start])

    with workers(compute.count()) as in_parallel:
        in_parallel(draw, blocks(n, BLOCK))
    return Rows.of(drawn, compute=compute)
