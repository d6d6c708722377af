"""Where the variance of the cosine lies: within groups of rows or between them (docs/definitions.md 4).

For a direction `v` uniform on the sphere and any fixed vector `x`, ``E⟨x, v⟩² = ‖x‖² / d``. So every
variance of ``⟨u_i, v⟩`` over rows, averaged over `v`, is a variance of the unit rows themselves divided
by `d`: nothing needs to be drawn, and Huygens' theorem splits it exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tokensphere.arrays import Float32s, Float64s, Int64s, Ints
from tokensphere.errors import InputError
from tokensphere.geometry.blas import one_blas_thread
from tokensphere.geometry.compute import workers
from tokensphere.geometry.rows import Rows, blocks
from tokensphere.records import record

_ROWS = 8192
_SMALL = 2**20  # numbers below which a second thread does not pay


@dataclass(frozen=True)
class Decomposition:
    """Variance of the cosine over rows, averaged over directions: ``total = within + between``."""

    total: float
    within: float
    between: float

    @property
    def icc(self) -> float:
        """``between / total``, the intraclass correlation, in [0, 1]; 0 where nothing varies."""
        return self.between / self.total if self.total > 0 else 0.0

    def to_dict(self) -> dict[str, float]:
        """The same as a dict for JSON."""
        return record(self, "total", "within", "between", "icc")


@dataclass(frozen=True)
class Partition:
    """Rows in C groups, with the mean of each.

    Attributes
    ----------
    labels : int64 array of shape (n,), from 0 to C − 1; −1 for rows in no group, which do not count
    sizes : int64 array of shape (C,), each at least 1
    origin : float64 array of shape (d,), the mean of all usable unit rows ``μ``
    offsets : float64 array of shape (C, d), ``μ_S − origin``
    spreads : float64 array of shape (C,), mean of ``‖u_i − μ_S‖²`` over the group, ``1 − ‖μ_S‖²``
    """

    labels: Int64s
    sizes: Int64s
    origin: Float64s
    offsets: Float64s
    spreads: Float64s

    @property
    def n(self) -> int:
        """Rows in groups."""
        return int(self.sizes.sum())

    @property
    def d(self) -> int:
        """Dimensions."""
        return len(self.origin)

    @cached_property
    def shares(self) -> Float64s:
        """``p_S``, the groups' shares of the rows in groups, shape (C,)."""
        return np.asarray(self.sizes / self.sizes.sum())

    @cached_property
    @one_blas_thread()
    def mean_offset(self) -> Float64s:
        """Mean of the unit rows in groups, less `origin`, shape (d,)."""
        return np.asarray(self.shares @ self.offsets)

    @cached_property
    def squared_shifts(self) -> Float64s:
        """``‖μ_S − μ‖²`` with `μ` the mean of the rows in groups, shape (C,)."""
        shifts = self.offsets - self.mean_offset
        return np.asarray(np.vecdot(shifts, shifts))

    @cached_property
    @one_blas_thread()
    def decomposition(self) -> Decomposition:
        """In closed form: ``within = Σ p_S (1 − ‖μ_S‖²)/d``, ``between = Σ p_S ‖μ_S − μ‖²/d``.

        The latter is ``(Σ p_S ‖μ_S‖² − ‖μ‖²)/d`` without the difference of two large numbers.
        """
        within = float(self.shares @ self.spreads) / self.d
        between = float(self.shares @ self.squared_shifts) / self.d
        return Decomposition(within + between, within, between)

    @cached_property
    def random(self) -> Decomposition:
        """Expected if the same sizes were filled with rows at random: ``icc = (C − 1)/(n − 1)``.

        A mean of `n_S` of `n` rows, drawn without replacement, has the variance
        ``total/n_S · (n − n_S)/(n − 1)`` (Cochran 1977, section 2.5); its mean over rows is this.
        """
        total = self.decomposition.total
        between = total * (len(self.sizes) - 1) / max(self.n - 1, 1)
        return Decomposition(total, total - between, between)

    @cached_property
    def sd(self) -> Float64s:
        """Root mean square over directions of each group's sd of the cosine, shape (C,)."""
        return np.sqrt(self.spreads / self.d)

    @cached_property
    def mean_size(self) -> Float64s:
        """Root mean square over directions of each group's mean cosine, ``‖μ_S‖/√d``, shape (C,)."""
        means = self.offsets + self.origin
        return np.asarray(np.sqrt(np.vecdot(means, means) / self.d))

    @cached_property
    def shift(self) -> Float64s:
        """Root mean square over directions of ``mean_S − mean``, ``‖μ_S − μ‖/√d``, shape (C,)."""
        return np.sqrt(self.squared_shifts / self.d)

    @cached_property
    def variance_ratios(self) -> Float64s:
        """Each group's variance of the cosine over that of all rows, averaged over directions, (C,)."""
        total = self.decomposition.total
        return self.spreads / self.d / total if total > 0 else np.ones(len(self.sizes))


@dataclass(frozen=True)
class Offsets:
    """The unit rows, ``u_i = origin + values_i``.

    The small difference is taken in double precision: what is computed from it keeps its digits also
    where all rows point in nearly the same direction.

    Attributes
    ----------
    values : float32 array of shape (n, d), ``u_i − μ``; zeros for rows that are not usable
    rows : whose they are
    """

    values: Float32s
    rows: Rows

    @property
    def origin(self) -> Float64s:
        """``μ``, the mean of the usable unit rows, shape (d,)."""
        return self.rows.moments.mean_unit_row()

    def centered(self) -> Rows:
        """The rows ``u_i − μ`` as a matrix of its own, those that equal the mean left out."""
        return Rows.of(self.values, self.rows.moments.center().usable, self.rows.compute)

    def grouped(self, labels: Ints) -> Partition:
        """The groups that `labels` make of the unit rows.

        Parameters
        ----------
        labels : int array of shape (n,); negative for rows in no group; empty numbers are closed up

        Raises
        ------
        InputError
            not as many labels as rows, or no row in any group
        """
        labels = np.asarray(labels)
        if labels.shape != (len(self.values),):
            raise InputError(
                f"labels of shape {labels.shape} for {len(self.values)} rows: need one a row"
            )
        numbers, own = np.unique(labels[labels >= 0], return_inverse=True)
        if not len(numbers):
            raise InputError("no row has a label, so there are no groups; give at least one")
        closed = np.full(len(labels), -1, dtype=np.int64)
        closed[labels >= 0] = own
        sizes = np.bincount(own)
        sums = np.zeros((len(sizes), self.values.shape[1]))
        for part, table in group_tables(closed, len(sizes), np.float64):
            sums += table @ self.values[part].astype(np.float64)
        means = sums / sizes[:, None]
        return Partition(closed, sizes, self.origin, means, _spreads(self.values, closed, means, sizes))


def unit_offsets(rows: Rows) -> Offsets:
    """The unit rows less their mean."""
    mean = rows.moments.mean_unit_row()
    offsets = np.empty(rows.shape, dtype=np.float32)  # large pages, which are got sooner than zeros

    def take(part: slice) -> None:
        usable, unit = rows.moments.unit_rows(part)
        unit -= mean
        offsets[part] = 0
        offsets[usable] = unit

    with workers(rows.compute.count(small=offsets.size < _SMALL)) as in_parallel:
        in_parallel(take, blocks(len(rows), 256))  # stays in the cache between the passes
    return Offsets(offsets, rows)


def group_tables(
    labels: Int64s, count: int, dtype: npt.DTypeLike, rows: int = _ROWS
) -> list[tuple[slice, sparse.csr_array]]:
    """For each block of rows the 0/1 matrix (count, block) whose product with it sums the groups."""
    tables = []
    for part in blocks(len(labels), rows):
        column = np.flatnonzero(labels[part] >= 0)
        entries = np.ones(len(column), dtype=dtype), (labels[part][column], column)
        tables.append((part, sparse.csr_array(entries, shape=(count, part.stop - part.start))))
    return tables


def _spreads(offsets: Float32s, labels: Int64s, means: Float64s, sizes: Int64s) -> Float64s:
    """Mean squared distance of each group's rows from its mean, shape (C,).

    From the differences themselves: for a tight group ``1 − ‖μ_S‖²`` has no digits left.
    """
    squares = np.zeros(len(sizes))
    for part in blocks(len(labels), _ROWS // 32):
        grouped = labels[part] >= 0
        own = labels[part][grouped]
        rest = offsets[part][grouped] - means[own]
        squares += np.bincount(own, np.vecdot(rest, rest), minlength=len(sizes))
    return squares / sizes


def random_partition(labels: Int64s, rng: np.random.Generator) -> Int64s:
    """The same labels, dealt at random to the rows that have one."""
    shuffled = labels.copy()
    grouped = labels >= 0
    shuffled[grouped] = rng.permutation(labels[grouped])
    return shuffled


def number_labels(labels: Sequence[str | None]) -> tuple[Int64s, tuple[str, ...]]:
    """Names as numbers in the order in which they first appear, None and "" as −1; and the names.

    Examples
    --------
    >>> number_labels(["noun", None, "verb", "noun"])
    (array([ 0, -1,  1,  0]), ('noun', 'verb'))
    """
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(name, len(numbers)) if name else -1 for name in labels]
    return np.array(found, dtype=np.int64), tuple(numbers)
