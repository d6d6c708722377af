"""Exact upper tails of the hypergeometric law, for many sizes at once."""

from __future__ import annotations

from math import comb, log, perm

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float64s, Ints
from tokensphere.errors import InputError


def tail_table(n: int, sizes: npt.ArrayLike, k: int) -> Float64s:
    """``P(X ≥ x)`` for ``X ~ Hypergeometric(n, K, k)``, for every size `K` and every x in 0 … k.

    Of `n` things `K` are marked; `k` are drawn without replacement; X of them are marked.

    With falling factorials ``[a]_x = a (a − 1) … (a − x + 1)`` the law is

        P(X = x) = C(k, x) [K]_x [n − K]_{k−x} / [n]_k
                 = ([K]_x / [n]_x) ([n − K]_{k−x} / [n]_{k−x}) · C(k, x) [n]_x [n]_{k−x} / [n]_k

    The first two factors are running products over K; the last is the same for all K and is made of
    whole numbers. So nothing is a difference of large log-gammas, and small tails, summed from their
    small end, keep their relative accuracy (about 1e−13 for k = 20).

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
    law = np.exp(_running(n, marked, k) + _running(n, n - marked, k)[:, ::-1] + _common(n, k)[None, :])
    tails = np.cumsum(law[:, ::-1], axis=1)[:, ::-1]
    tails[:, 0] = 1.0
    return np.asarray(np.minimum(tails, 1.0))


def _running(n: int, sizes: Ints, k: int) -> Float64s:
    """``log([K]_x / [n]_x)`` for x in 0 … k, shape (L, k + 1); −∞ where x > K."""
    step = np.arange(k)
    with np.errstate(divide="ignore"):
        factors = np.log(np.maximum(sizes[:, None] - step, 0) / (n - step))
    running = np.zeros((len(sizes), k + 1))
    np.cumsum(factors, axis=1, out=running[:, 1:])
    return running


def _common(n: int, k: int) -> Float64s:
    """``log(C(k, x) [n]_x [n]_{k−x} / [n]_k)`` for x in 0 … k; whole numbers up to the logarithm."""
    whole = perm(n, k)
    return np.array([log(comb(k, x) * perm(n, x) * perm(n, k - x)) - log(whole) for x in range(k + 1)])
