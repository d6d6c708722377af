"""What is ranked: cosine, dot product or Euclidean distance, on rows as they are or centred.

Every similarity is written as one plain product of prepared rows and prepared queries, so that the
search is a matrix product whatever is asked for. The prepared product, in float32, only orders
candidates; what is reported is computed again from the raw rows in float64 (:meth:`Scoring.exact`).

Knows nothing of tokens or files. Selecting the best is the business of :mod:`.search`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from tokensphere.arrays import Bools, Float32s, Float64s, Floats, Intps
from tokensphere.errors import InputError, check_choice, check_whole
from tokensphere.geometry.compute import DEFAULT, Compute
from tokensphere.geometry.rows import Rows, blocks, dots, reciprocal
from tokensphere.records import Record

Similarity = Literal["cosine", "dot", "euclidean"]
SIMILARITIES: tuple[Similarity, ...] = get_args(Similarity)

_UNIT_ROUNDOFF = 2.0**-24
_PAIRS_AT_ONCE = 128


@dataclass(frozen=True)
class SearchSettings(Record):
    """How neighbours are looked for.

    Attributes
    ----------
    k : neighbours of each direction, at least 1
    similarity : ``"cosine"``, ``"dot"`` or ``"euclidean"`` (then smaller is nearer)
    centered : rows less their mean
    forms : of tokens that differ only in case and surrounding white space, keep the nearest

    Raises
    ------
    InputError
        `k` is no whole number of 1 or more, or there is no such similarity
    """

    k: int = 10
    similarity: Similarity = "cosine"
    centered: bool = False
    forms: bool = False

    def __post_init__(self) -> None:
        check_choice("similarity", self.similarity, SIMILARITIES)
        check_whole("k", self.k, 1)
        for name, kind in (("k", int), ("centered", bool), ("forms", bool)):
            object.__setattr__(self, name, kind(getattr(self, name)))


@dataclass(frozen=True)
class Scoring:
    """A similarity over the rows of one matrix, in the form that the search multiplies.

    The prepared row is ``r_i = scale_i E_i − weight_i shift``, with one more column for
    ``euclidean``; the prepared query is ``v / ‖v‖`` (or the point itself, scaled). For a query,
    the products ``⟨r_i, q⟩`` have the order of the similarity.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
    similarity : ``"cosine"``, ``"dot"`` or ``"euclidean"``
    usable : bool array of shape (n,); rows left out of every result are False
    scale, weight : float64 arrays of shape (n,)
    shift : float64 array of shape (d,), or None when nothing is subtracted
    unit : float
        the length that counts as 1 in the prepared rows (``euclidean`` only)
    extra : float32 array of shape (n,), the further column of ``euclidean``, or None
    longest : float
        upper bound on the size of the terms that make up a prepared row
    compute : what the search is done with
    """

    rows: Float32s
    similarity: Similarity
    usable: Bools
    scale: Float64s | None
    weight: Float64s | None
    shift: Float64s | None
    unit: float
    extra: Float32s | None
    longest: float
    compute: Compute = DEFAULT

    @cached_property
    def n_usable(self) -> int:
        """How many rows can be found."""
        return int(np.count_nonzero(self.usable))

    @cached_property
    def before(self) -> Float64s | None:
        """What a raw row is multiplied by before anything is subtracted, shape (n,); None for 1."""
        if self.scale is None or self.weight is None:
            return self.scale
        return np.divide(self.scale, self.weight, out=np.zeros_like(self.scale), where=self.weight != 0)

    @property
    def width(self) -> int:
        """Columns of the prepared rows: d, or d + 1 for ``euclidean``."""
        return int(self.rows.shape[1]) + (self.extra is not None)

    def prepare_rows(self, part: slice) -> Float32s:
        """Some prepared rows as float32 of shape (rows, width); zeros where a row is not usable."""
        raw = self.rows[part]
        prepared = np.empty((len(raw), self.width), dtype=np.float32)
        columns = prepared[:, : raw.shape[1]]
        with np.errstate(invalid="ignore", over="ignore"):
            if self.before is None:
                columns[:] = raw
            else:
                np.multiply(raw, self.before[part, None].astype(np.float32), out=columns)
            if self.shift is not None and self.weight is not None:
                columns -= self.shift.astype(np.float32)
                columns *= self.weight[part, None].astype(np.float32)
        if self.extra is not None:
            prepared[:, -1] = self.extra[part]
        prepared[~self.usable[part]] = 0
        return prepared

    def prepare_queries(self, queries: Floats) -> tuple[Float32s, Float32s]:
        """Prepared queries (m, width) and, for each, how far a float32 product may be off.

        The bound is the standard one for an inner product in floating point,
        ``|fl(xᵀy) − xᵀy| ≤ γ_d ‖x‖ ‖y‖`` with ``γ_d = d u / (1 − d u)`` and ``u = 2⁻²⁴``
        (Higham 2002, section 3.1), which holds for any order of summation, with sixteen more
        roundings, for the preparation of rows and queries and for what is done with the product. Of a
        distance it covers the roundings in double precision, too: so that rows whose distances come out
        equal are all found, and the lower id wins.
        """
        lengths = vector_lengths(queries)
        if self.extra is None:
            prepared = np.empty(queries.shape, dtype=np.float32)
            np.divide(queries, lengths[:, None], out=prepared, casting="same_kind")
            size = np.ones(len(queries))
        else:
            # ⟨E_i, v⟩ − ‖E_i‖²/2 orders by distance; dividing by the longer of the two lengths
            # keeps every factor near 1.
            longer = np.maximum(lengths, self.unit)
            point = np.column_stack([queries / longer[:, None], self.unit / longer])
            prepared = point.astype(np.float32)
            size = vector_lengths(point)
        terms = (self.width + 16) * _UNIT_ROUNDOFF
        bound = terms / (1 - terms) * self.longest * size
        if self.extra is not None:  # distances in double precision, of queries far from all rows
            bound += 4 * terms * 2.0**-29 * longer / self.unit
        with np.errstate(over="ignore"):  # infinite: float32 tells nothing, and all rows are candidates
            return prepared, np.nextafter(bound.astype(np.float32), np.float32(np.inf))

    def exact(self, queries: Floats, query: Intps, row: Intps) -> Float64s:
        """Similarity of the pairs ``(queries[query[p]], rows[row[p]])``, float64 of shape (P,).

        Computed from the raw rows in double precision, each pair alone: a pair's value does not
        depend on what else is asked for, and equal rows have equal values. Larger is nearer:
        a distance comes out negative. `query` must be sorted.
        """
        values = np.empty(len(row), dtype=np.float64)
        first = np.flatnonzero(np.diff(query, prepend=-1))
        counts = np.diff(first, append=len(query))
        for count in np.flatnonzero(np.bincount(counts)).tolist():
            begin = first[counts == count]  # queries with equally many rows make one rectangle
            for some in blocks(len(begin), max(1, _PAIRS_AT_ONCE // count)):
                pairs = begin[some, None] + np.arange(count)
                v = queries[query[pairs[:, 0]]].astype(np.float64)[:, None, :]
                for part in blocks(count, _PAIRS_AT_ONCE):
                    values[pairs[:, part]] = self._exact(v, row[pairs[:, part]])
        return values

    def _exact(self, v: Float64s, row: Intps) -> Float64s:
        """Similarity of query q with ``row[q, j]`` for all j; shapes (Q, 1, d), (Q, J) -> (Q, J)."""
        e = self.rows[row].astype(np.float64)
        if self.similarity == "euclidean":
            e -= v
            if self.shift is not None:
                e -= self.shift
            scale = np.abs(e).max(axis=-1, keepdims=True)
            scale[scale == 0] = 1  # so that squares neither over- nor underflow
            e /= scale
            distances: Float64s = scale[..., 0] * np.sqrt(dots(e, e))
            return -distances
        if self.similarity == "cosine":
            v = v / vector_lengths(v[:, 0])[:, None, None]
        if self.shift is None or self.weight is None:
            values = dots(e, v)
            return values if self.scale is None else values * self.scale[row]
        if self.before is not None:
            e *= self.before[row][..., None]
        e -= self.shift  # before the product: a difference of products has no digits left
        return dots(e, v) * self.weight[row]


@dataclass(frozen=True)
class Rescaling:
    """How the products of one scoring become those of another over the same rows and queries.

    With ``p_ij`` the product of cosine on rows as they are, row i and query j of unit length, that of
    another scoring is in the order of ``factor_i (p_ij − ⟨shift, v_j⟩)``: for cosine on centred rows
    the factor is ``1/‖u_i − μ‖`` and the shift ``μ``; for dot it is ``‖E_i‖`` and there is no shift.

    Parameters
    ----------
    factor : float32 array of shape (n,), in units of the largest: at most 1; NaN for rows that are
        not usable
    shift : float64 array of shape (d,), or None
    """

    factor: Float32s
    shift: Float64s | None

    @classmethod
    def between(cls, base: Scoring, other: Scoring) -> Rescaling:
        """How `other`'s products follow from those of `base`.

        Raises
        ------
        InputError
            they do not: `base` is not cosine on rows as they are, or `other` is neither cosine
            nor dot on rows as they are
        """
        plain = base.similarity == "cosine" and base.shift is None and base.scale is not None
        follows = other.similarity == "cosine" or (other.similarity == "dot" and other.shift is None)
        if not plain or not follows or base.scale is None:
            raise InputError(
                f"products of {other.similarity} do not follow from those of {base.similarity}:"
                " need cosine on rows as they are, then cosine or dot"
            )
        if (other.usable & ~base.usable).any():
            raise InputError("a row may be found by the second similarity but not by the first")
        if other.weight is not None:
            factor = other.weight
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                factor = (1.0 if other.scale is None else other.scale) / base.scale
        largest = factor[other.usable].max(initial=0.0) or 1.0
        scaled = np.where(other.usable, factor / largest, np.nan).astype(np.float32)
        return cls(scaled, other.shift)  # no order has changed, and nothing overflows

    def offsets(self, queries: Floats) -> Float32s | None:
        """``⟨shift, v_j⟩`` for each query, brought to unit length; None without a shift."""
        if self.shift is None:
            return None
        return (dots(queries.astype(np.float64), self.shift) / vector_lengths(queries)).astype(
            np.float32
        )

    def bound(self, bound: Float32s) -> Float32s:
        """How far a rescaled product may be off, if the products are off by `bound` at most.

        The difference, the product and the roundings of factor and offset add less than eight
        roundings of terms of size 1 + ‖shift‖, all times a factor of at most 1.
        """
        size = 1.0 + (0.0 if self.shift is None else float(np.linalg.norm(self.shift)))
        wide = bound.astype(np.float64) + 8 * _UNIT_ROUNDOFF * size
        return np.nextafter(wide.astype(np.float32), np.float32(np.inf))


def vector_lengths(vectors: Floats) -> Float64s:
    """Euclidean norms of the rows of `vectors`, shape (m,), safe from over- and underflow."""
    lengths = np.empty(len(vectors))
    for part in blocks(len(vectors), 64):
        v = vectors[part].astype(np.float64)
        largest = np.abs(v).max(axis=1)
        largest[largest == 0] = 1
        exponent = np.exp2(np.floor(np.log2(largest)))  # a power of two changes no digit
        v /= exponent[:, None]
        lengths[part] = exponent * np.sqrt(dots(v, v))
    return lengths


def make_scoring(
    rows: Rows, *, similarity: Similarity = "cosine", centered: bool = False, keep: Bools | None = None
) -> Scoring:
    """Prepare a similarity over `rows`.

    Parameters
    ----------
    rows : n rows of d columns
    similarity : ``cosine`` in [−1, 1]; ``dot``; ``euclidean`` (a distance, smaller is nearer)
    centered : bool
        cosine: with the unit centred rows ``c_i = (u_i − μ)/‖u_i − μ‖``; dot and Euclidean:
        with ``E_i`` minus the mean of the rows
    keep : bool array of shape (n,), optional
        rows that may be found at all
    """
    moments = rows.moments
    usable = moments.usable if keep is None else moments.usable & keep
    scale = weight = shift = extra = None
    unit = longest = 1.0
    if similarity == "cosine":
        scale = reciprocal(moments.norms, moments.usable)
        if centered:
            center = moments.center()
            usable = usable & center.usable
            weight = reciprocal(center.distances, center.usable)
            scale, shift = scale * weight, center.mean
            if usable.any():
                longest = float((1 + np.linalg.norm(shift)) * weight[usable].max())
    else:
        longest = float(moments.norms[usable].max()) if usable.any() else 1.0
        if centered:
            shift = moments.mean_row()
            weight = np.ones(len(rows))
            longest += float(np.linalg.norm(shift))
    if similarity == "euclidean":
        unit = longest
        scale = np.full(len(rows), 1 / unit)
        if shift is None:
            squares = moments.norms**2
        else:
            squares = moments.squared_distances(shift)
            weight = np.full(len(rows), 1 / unit)
        extra = np.where(usable, -squares / (2 * unit**2), 0).astype(np.float32)
        longest = float(np.sqrt(1.25))
    return Scoring(
        rows.vectors, similarity, usable, scale, weight, shift, unit, extra, longest, rows.compute
    )
