"""Rows in the form that the compiled search multiplies.

What all rows have in common is taken away before they are rounded: it adds the same to all products of a
query, so it changes no order, and where the rows lie close together their differences are rounded, not
their sum with it. Distances do not change when rows and queries are moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float32s, Float64s, Intps
from tokensphere.geometry.rows import squared_distances
from tokensphere.geometry.similarity import Rescaling, Scoring

_MANY = 128  # queries: their products take as long as to measure how far rows lie from their mean
_SAMPLED = 256  # rows whose mean stands for all
_SHORTEST = 2.0**-120


@dataclass(frozen=True)
class Prepared:
    """The prepared row is ``(scale_i E_i − shift) weight_i``, with one more column for distances.

    Attributes
    ----------
    scale, weight : arrays of shape (n,); None for 1
    shift : float64 array of shape (d,); None for 0
    common : whether `shift` is what rows have in common (then its numbers are float32's), and not what
        the similarity subtracts
    extra : float32 array of shape (n,), or None
    unit : the length that counts as 1 in the further column
    origin : float64 array of shape (d,), what is subtracted from queries; None for 0
    """

    scale: Float64s | None
    weight: Float64s | None
    shift: Float64s | None
    common: bool
    extra: Float32s | None = None
    unit: float = 1.0
    origin: Float64s | None = None

    @classmethod
    def of(cls, scoring: Scoring, queries: int, *, few: bool) -> Prepared:
        """As `scoring` has them; but if the queries are not `few`, less what they have in common."""
        scale, weight, shift = scoring.before, scoring.weight, scoring.shift
        if scoring.similarity == "euclidean":
            moved = _moved(scoring) if shift is None and queries >= _MANY else None
            return moved or cls(scale, weight, shift, False, scoring.extra, scoring.unit)
        if scoring.similarity == "dot":  # in units of the longest row, so that no square overflows
            unit = 1 / scoring.longest
            if weight is None:
                scale = np.full(len(scoring.rows), unit)
            else:
                weight = weight * unit
        if shift is not None or scale is None or few:
            return cls(scale, weight, shift, False)
        sample = _sample(scoring)
        return cls(scale, None, _mean(scoring.rows[sample] * scale[sample, None]), True)

    def offset(self, rescaling: Rescaling | None) -> Float64s | None:
        """What is to be subtracted from a product with a query: that of this vector; None for 0.

        Of the scoring itself nothing: what is common leaves its order as it is.
        """
        if rescaling is None or not self.common:
            return None if rescaling is None else rescaling.shift
        assert self.shift is not None
        return (0.0 if rescaling.shift is None else rescaling.shift) - self.shift


def _moved(scoring: Scoring) -> Prepared | None:
    """Distances, with the mean of the rows as the origin.

    None if all rows are so near to it that 1 over a distance is no float32.
    """
    rows, usable = scoring.rows, scoring.usable
    origin = _mean(rows[_sample(scoring)].astype(np.float64))
    squares = squared_distances(rows, origin)
    unit = float(np.sqrt(squares[usable].max(initial=0.0)))
    if unit < _SHORTEST:
        return None
    extra = np.where(usable, -squares / (2 * unit**2), 0).astype(np.float32)
    return Prepared(None, np.full(len(rows), 1 / unit), origin, False, extra, unit, origin)


def _sample(scoring: Scoring) -> Intps:
    usable = np.flatnonzero(scoring.usable)
    return usable[:: max(1, len(usable) // _SAMPLED)]


def _mean(rows: Float64s) -> Float64s:
    """The mean, in numbers of float32."""
    mean = rows.mean(axis=0, dtype=np.float64) if len(rows) else np.zeros(rows.shape[1])
    return mean.astype(np.float32).astype(np.float64)
