"""How alike two matrices are whose rows stand for the same things: RSA and CKA, exact.

Both are correlations of the two matrices' dot products over all pairs of rows; neither changes when a
matrix is turned, nor when it is scaled (docs/definitions.md 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from tokensphere.arrays import Float64s, Floats
from tokensphere.geometry.gram import PairSums, pair_sums, row_squares


@dataclass(frozen=True)
class Alike:
    """A correlation over pairs of n rows.

    Attributes
    ----------
    value : in [−1, 1]; NaN where the products of a matrix do not differ
    without : float64 array of shape (n,), the value without each of the rows
    chance_sd : standard deviation of the value over all orders of one matrix's rows; its mean is 0
    """

    value: float
    without: Float64s
    chance_sd: float


def rsa(x: Floats, y: Floats) -> Alike:
    """The Pearson correlation of ``⟨x_i, x_j⟩`` and ``⟨y_i, y_j⟩`` over all pairs ``i < j``.

    Representational similarity analysis (Kriegeskorte, Mur & Bandettini 2008), of rows of unit length
    with cosines. Its law over orders of the rows is that of Mantel (1967), whose variance is exact.

    Parameters
    ----------
    x, y : floating arrays of shapes (n, d) and (n, e), n at least 4

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((50, 8))
    >>> turned = 3 * x[:, ::-1]
    >>> round(rsa(x, turned).value, 12)
    1.0
    """
    sums = pair_sums(x, y)
    n = len(sums)
    each = (sums.first, sums.second, sums.first_squares, sums.second_squares, sums.products)
    totals = [float(of.sum()) for of in each]
    value = _correlation([np.array(total) for total in totals], n * (n - 1))
    rest = [total - 2 * of for total, of in zip(totals, each, strict=True)]
    without = _correlation(rest, (n - 1) * (n - 2))
    return Alike(float(value), without, _mantel_sd(sums, totals))


def _correlation(sums: Sequence[Float64s], pairs: int) -> Float64s:
    """Pearson's of a and b, from the sums over pairs of a, b, a², b² and ab."""
    a, b, aa, bb, ab = sums
    of_a, of_b = aa - a * a / pairs, bb - b * b / pairs
    together = ab - a * b / pairs
    return _ratio(together, of_a, of_b, least_a=1e-12 * aa, least_b=1e-12 * bb)


def _ratio(
    together: Float64s, a: Float64s, b: Float64s, *, least_a: Float64s, least_b: Float64s
) -> Float64s:
    """``together / √(a b)``, within [−1, 1]; NaN where `a` or `b` is no more than rounding."""
    there = (a > least_a) & (b > least_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = together / np.where(a == b, a, np.sqrt(a) * np.sqrt(b))  # the same is 1 exactly
    return np.where(there, np.clip(found, -1, 1), np.nan)


def _mantel_sd(sums: PairSums, totals: list[float]) -> float:
    """Of the correlation, over all orders of the rows of one matrix (Mantel 1967)."""
    n = len(sums)
    two, three, four = n * (n - 1), n * (n - 1) * (n - 2), n * (n - 1) * (n - 2) * (n - 3)
    a, b, aa, bb, _ = totals
    centered = []
    for total, squares, rows in ((a, aa, sums.first), (b, bb, sums.second)):
        mean = total / two  # of the pairs: with it subtracted, their sum is 0
        centered.append((squares - total * mean, float(np.sum((rows - (n - 1) * mean) ** 2))))
    (b1, c1), (b2, c2) = centered
    if b1 <= 0 or b2 <= 0:
        return float("nan")
    variance = 2 * b1 * b2 / two + 4 * (c1 - b1) * (c2 - b2) / three
    variance += (2 * b1 - 4 * c1) * (2 * b2 - 4 * c2) / four
    return sqrt(max(variance, 0.0)) / sqrt(b1) / sqrt(b2)


@dataclass(frozen=True)
class LinearCKA:
    """Centred kernel alignment of n rows, the kernel being the dot product.

    Attributes
    ----------
    debiased : with the unbiased estimates of HSIC, in [−1, 1]
    biased : as it was first defined, in [0, 1]
    biased_by_chance : mean of `biased` over all orders of one matrix's rows; of `debiased` it is 0
    """

    debiased: Alike
    biased: float
    biased_by_chance: float


def linear_cka(x: Floats, y: Floats) -> LinearCKA:
    """Linear CKA (Kornblith et al. 2019), also with the unbiased estimate of HSIC (Song et al. 2007).

    ``HSIC_1(K, L)``, equation 5 there, is without the pairs of a row with itself. Of few rows in many
    dimensions the biased CKA comes near 1 whatever the rows are (Murphy et al. 2024). The debiased one
    is the correlation of two U-centred matrices (Székely & Rizzo 2014), so that over all orders of the
    rows its mean is 0 and its variance ``2/(n(n − 3))``, whatever these are.

    Parameters
    ----------
    x, y : floating arrays of shapes (n, d) and (n, e), n at least 5

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = linear_cka(rng.standard_normal((200, 300)), rng.standard_normal((200, 300)))
    >>> round(found.biased, 1), abs(found.debiased.value) < 0.03
    (0.6, True)
    """
    same = x is y or np.array_equal(x, y)
    x = _centered(x)
    y = x if same else _centered(y)
    sums, n = pair_sums(x, y), len(x)
    parts = (
        (sums.products, sums.first, sums.second, sums.first_of_second, sums.second_of_first),
        (sums.first_squares, sums.first, sums.first, sums.first_of_first, sums.first_of_first),
        (sums.second_squares, sums.second, sums.second, sums.second_of_second, sums.second_of_second),
    )
    totals, rest = zip(*(_hsic(*part) for part in parts), strict=True)
    value = float(_ratio(*map(np.array, totals), least_a=np.array(0.0), least_b=np.array(0.0)))
    zeros = np.zeros(n)
    without = _ratio(*rest, least_a=zeros, least_b=zeros)
    own, other = row_squares(x), row_squares(y)
    of_x = sqrt(float(np.sum(sums.first_squares) + own @ own))  # ‖XᵀX‖
    of_y = sqrt(float(np.sum(sums.second_squares) + other @ other))
    lengths = of_x * of_y or float("nan")
    return LinearCKA(
        Alike(value, without, sqrt(2 / (n * (n - 3)))),
        biased=float(np.clip((np.sum(sums.products) + own @ other) / lengths, 0, 1)),
        biased_by_chance=float(own.sum() * other.sum()) / (n - 1) / lengths,
    )


def _centered(rows: Floats) -> Floats:
    """Less their mean, in units of the largest number, so that no product overflows."""
    largest = float(np.abs(rows).max()) or 1.0
    made = rows * rows.dtype.type(1 / largest) if largest > 1e-30 else rows / largest
    centered: Floats = made - made.mean(axis=0, dtype=np.float64).astype(made.dtype)
    return centered


def _hsic(
    products: Float64s, one: Float64s, other: Float64s, through_k: Float64s, through_l: Float64s
) -> tuple[float, Float64s]:
    """``HSIC_1`` of all rows, and without each of them, by its sums over pairs.

    Parameters
    ----------
    products : ``Σ_{j≠i} K_ij L_ij``
    one, other : ``K_i·`` and ``L_i·``
    through_k, through_l : ``Σ_{j≠i} K_ij L_j·`` and ``Σ_{j≠i} L_ij K_j·``
    """
    n = len(one)
    trace, of_k, of_l, through = (float(np.sum(of)) for of in (products, one, other, one * other))
    whole = _song(np.array(trace), np.array(of_k), np.array(of_l), np.array(through), n)
    rest = _song(
        trace - 2 * products,
        of_k - 2 * one,
        of_l - 2 * other,
        through
        - one * other
        - through_k
        - through_l
        + products,  # each of the others lacks a pair in both sums
        n - 1,
    )
    return float(whole), rest


def _song(trace: Float64s, one: Float64s, other: Float64s, through: Float64s, n: int) -> Float64s:
    """Song et al. 2007, equation 5."""
    inner = trace + one * other / ((n - 1) * (n - 2)) - 2 * through / (n - 2)
    return np.asarray(inner / (n * (n - 3)))
