"""Exact upper tails of the hypergeometric law, for many sizes at once."""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float64s, Int64s
from tokensphere.errors import InputError


def tail_table(n: int, sizes: npt.ArrayLike, k: int) -> Float64s:
    """``P(X ≥ x)`` for ``X ~ Hypergeometric(n, K, k)``, for every size `K` and every x in 0 … k.

    Of `n` things `K` are marked; `k` are drawn without replacement; X of them are marked.

        P(X = x) = C(K, x) C(n − K, k − x) / C(n, k)

    Numerators are whole numbers, each made of the one before, and summed from the small end; only their
    quotients are rounded, once. So p-values that are equal are equal to the bit, on every processor: a
    logarithm's last digit would decide whether a draw that was kept reaches the value it is equal to.

    Parameters
    ----------
    n : number of things, at least 1
    sizes : L whole numbers K in [0, n]
    k : number drawn, in [0, n]

    Returns
    -------
    float64 array of shape (L, k + 1), each row descending from 1; exactly 0 where x cannot be

    Raises
    ------
    InputError
        `k` or a size beyond [0, n], or a size that is no whole number

    Examples
    --------
    >>> tail_table(10, [5], 2).round(4).tolist()  # P(2 of 2) is 5/10 · 4/9
    [[1.0, 0.7778, 0.2222]]
    """
    marked = np.asarray(sizes)
    if marked.ndim != 1 or (marked.size and marked.dtype.kind not in "iu"):
        raise InputError("the sizes are no list of whole numbers")
    if n < 1 or not 0 <= k <= n:
        raise InputError(f"{k} drawn of {n}: need 0 to n drawn of at least 1")
    if marked.size and not 0 <= marked.min() <= marked.max() <= n:
        raise InputError(f"a size is beyond the {n} things: need 0 to {n}")
    tails = np.empty((len(marked), k + 1))
    for row, size in zip(tails, marked.tolist(), strict=True):
        row[:] = _tails(n, size, k)
    return tails


def _tails(n: int, size: int, k: int) -> list[float]:
    """``P(X ≥ x)`` for x in 0 … k, of one size."""
    least, most = max(0, k - (n - size)), min(k, size)
    every = comb(n, k)
    ways, reached = comb(size, most) * comb(n - size, k - most), 0
    tails = [0.0] * (k + 1)
    for x in range(most, least - 1, -1):
        reached += ways
        tails[x] = reached / every
        ways = ways * x * (n - size - k + x) // ((size - x + 1) * (k - x + 1))
    tails[: least + 1] = [1.0] * (least + 1)
    return tails


def upper_tails(n: int, sizes: npt.ArrayLike, k: int, shared: npt.ArrayLike) -> Float64s:
    """``P(X ≥ x)`` in double precision, for one x of each size: of :func:`tail_table` where k is large.

    The probability of x itself comes from logarithms of factorials, and the others one from the other,
    outwards from x on the side where they fall. Relative errors are below ``10⁻⁷`` for ``n`` up to 10⁷.

    Parameters
    ----------
    n : number of things, at least 1
    sizes : L whole numbers K in [0, n], how many things are marked
    k : number drawn, in [0, n]
    shared : L whole numbers x in [0, k]

    Returns
    -------
    float64 array of shape (L,); exactly 1 and 0 where x is sure and where it cannot be

    Examples
    --------
    >>> upper_tails(10, [5, 5], 2, [2, 1]).round(4).tolist()
    [0.2222, 0.7778]
    """
    marked, x = (np.asarray(values, dtype=np.int64) for values in (sizes, shared))
    least, most = np.maximum(0, k - (n - marked)), np.minimum(k, marked)
    tails = np.where(x <= least, 1.0, 0.0)
    open_ = (x > least) & (x <= most)
    above = open_ & (x * n > k * marked)  # beyond the mean: what is above it falls
    tails[above] = _outwards(n, marked[above], k, x[above], 1)
    below = open_ & ~above
    tails[below] = 1 - _outwards(n, marked[below], k, x[below] - 1, -1)
    return tails


def _outwards(n: int, marked: Int64s, k: int, x: Int64s, step: int) -> Float64s:
    """``P(X ≥ x)`` (a step of 1) or ``P(X ≤ x)`` (of −1), for x on that side of the mean."""
    from scipy.special import gammaln

    def log_choose(of: npt.ArrayLike, some: npt.ArrayLike) -> Float64s:
        of, some = np.asarray(of, dtype=np.float64), np.asarray(some, dtype=np.float64)
        return np.asarray(gammaln(of + 1) - gammaln(some + 1) - gammaln(of - some + 1))

    first = np.exp(log_choose(marked, x) + log_choose(n - marked, k - x) - log_choose(n, k))
    term, total, at = np.ones(len(x)), np.ones(len(x)), x.astype(np.float64)
    while (term > 1e-17 * total).any():
        if step > 0:
            term *= (marked - at) * (k - at) / ((at + 1) * (n - marked - k + at + 1))
        else:
            term *= at * (n - marked - k + at) / ((marked - at + 1) * (k - at + 1))
        np.maximum(term, 0, out=term)  # at the end of what can be a factor is 0
        total += term
        at += step
    return np.minimum(first * total, 1.0)
