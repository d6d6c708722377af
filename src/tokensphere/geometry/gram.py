"""Sums over all pairs of rows, of products of two matrices' dot products, without any n × n matrix.

With ``K_ij = ⟨x_i, x_j⟩`` and ``L_ij = ⟨y_i, y_j⟩``, ``Σ_ij K_ij L_ij = ‖XᵀY‖²``, and what a row
contributes to it is ``x_iᵀ (XᵀY) y_i``: products of d × d matrices, in double precision. So what is made
of such sums (RSA, CKA) is exact, and so is each value without one of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float64s, Floats
from tokensphere.errors import InputError
from tokensphere.geometry.rows import blocks, dots


@dataclass(frozen=True)
class PairSums:
    """What is needed of two matrices with a row for each of the same n things.

    All sums leave out the pairs of a row with itself: ``Σ_{j≠i}``. The totals over ordered pairs
    ``i ≠ j`` are the sums of these arrays.

    Attributes
    ----------
    first, second : float64 arrays of shape (n,), ``K_i· = Σ_{j≠i} K_ij`` and ``L_i·``
    first_squares, second_squares, products : float64 arrays of shape (n,), ``Σ_{j≠i}`` of ``K_ij²``,
        ``L_ij²`` and ``K_ij L_ij``
    first_of_second, second_of_first : float64 arrays of shape (n,), ``Σ_{j≠i} K_ij L_j·`` and
        ``Σ_{j≠i} L_ij K_j·``
    first_of_first, second_of_second : the same, ``Σ_{j≠i} K_ij K_j·`` and ``Σ_{j≠i} L_ij L_j·``
    """

    first: Float64s
    second: Float64s
    first_squares: Float64s
    second_squares: Float64s
    products: Float64s
    first_of_first: Float64s
    second_of_second: Float64s
    first_of_second: Float64s
    second_of_first: Float64s

    def __len__(self) -> int:
        return len(self.first)


def pair_sums(x: Floats, y: Floats) -> PairSums:
    """The sums over pairs of two matrices.

    Parameters
    ----------
    x : floating array of shape (n, d)
    y : floating array of shape (n, e)

    Raises
    ------
    InputError
        they have not as many rows, or fewer than 4
    """
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise InputError(f"matrices of shapes {x.shape} and {y.shape}: need as many rows of each")
    if len(x) < 4:
        raise InputError(f"only {len(x)} rows; at least 4 are needed")
    same = x is y or np.array_equal(x, y)  # or rounding would make the products differ
    one = _Side(x)
    other = one if same else _Side(y)
    cross = one.gram if same else cross_product(x, y)
    row_k, row_l = one.row_sums, other.row_sums
    first_squares = _forms(x, one.gram, x) - one.squares**2
    return PairSums(
        first=row_k,
        second=row_l,
        first_squares=first_squares,
        second_squares=first_squares if same else _forms(y, other.gram, y) - other.squares**2,
        products=first_squares if same else _forms(x, cross, y) - one.squares * other.squares,
        first_of_first=one.times(row_k),
        second_of_second=other.times(row_l),
        first_of_second=one.times(row_l),
        second_of_first=other.times(row_k),
    )


class _Side:
    """One of the matrices."""

    def __init__(self, rows: Floats) -> None:
        self._rows = rows
        self.squares = row_squares(rows)
        self.gram = cross_product(rows, rows)
        self.row_sums = self.times(np.ones(len(rows)))

    def times(self, vector: Float64s) -> Float64s:
        """``Σ_{j≠i} K_ij v_j``, shape (n,)."""
        total = np.zeros(self._rows.shape[1])
        for part in blocks(len(self._rows)):
            total += vector[part] @ self._rows[part].astype(np.float64)
        found = np.empty(len(self._rows))
        for part in blocks(len(self._rows)):
            found[part] = self._rows[part].astype(np.float64) @ total
        return found - self.squares * vector


def row_squares(rows: Floats) -> Float64s:
    """``‖x_i‖²`` in double precision, shape (n,)."""
    squares = np.empty(len(rows))
    for part in blocks(len(rows)):
        block = rows[part].astype(np.float64)
        squares[part] = dots(block, block)
    return squares


def cross_product(x: Floats, y: Floats) -> Float64s:
    """``XᵀY`` in double precision, shapes (n, d), (n, e) -> (d, e)."""
    total = np.zeros((x.shape[1], y.shape[1]))
    for part in blocks(len(x)):
        total += x[part].astype(np.float64).T @ y[part].astype(np.float64)
    return total


def _forms(x: Floats, between: Float64s, y: Floats) -> Float64s:
    """``x_iᵀ B y_i``, shape (n,)."""
    found = np.empty(len(x))
    for part in blocks(len(x)):
        found[part] = dots(x[part].astype(np.float64) @ between, y[part].astype(np.float64))
    return found
