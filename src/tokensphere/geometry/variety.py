"""How many different groups the k best rows come from: seen, at random, and by means and sds alone."""

from __future__ import annotations

import numpy as np

from tokensphere.arrays import Float64s, Int64s, Ints
from tokensphere.geometry.rows import blocks

_DRAWS_AT_ONCE = 2**18  # stays in the cache


def count_different(labels: Ints) -> Int64s:
    """How many different labels each row of an array of shape (m, k) has, shape (m,).

    Examples
    --------
    >>> import numpy as np
    >>> count_different(np.array([[3, 1, 3], [2, 2, 2]])).tolist()
    [2, 1]
    """
    ordered = np.sort(labels, axis=1)
    return np.asarray(1 + np.count_nonzero(np.diff(ordered, axis=1), axis=1), dtype=np.int64)


def expected_different(sizes: Ints, k: int) -> float:
    """Expected number of different groups among `k` rows drawn at random without replacement.

    ``Σ_S [1 − C(n − n_S, k)/C(n, k)]``: a group is missed when all `k` come from the other rows.

    Examples
    --------
    >>> import numpy as np
    >>> round(expected_different(np.array([2, 2]), 2), 12)  # 2/3 of the six pairs are mixed
    1.666666666667
    """
    n = int(sizes.sum())
    missed = np.ones(len(sizes))
    for drawn in range(k):
        missed *= np.clip((n - sizes - drawn) / (n - drawn), 0, None)
    return float(np.sum(1 - missed))


def model_different(
    means: Float64s, sds: Float64s, sizes: Int64s, k: int, rng: np.random.Generator
) -> Int64s:
    """Different groups among the `k` best, were all cosines normal but for each group's mean and sd.

    A group's cosines are a normal sample that is shifted and stretched so that its mean and sd are
    exactly those given. Without that, the means given, which are means of samples themselves, would
    vary twice, and groups that mean nothing would seem to matter.

    Parameters
    ----------
    means, sds : float64 arrays of shape (m, C), for each direction and group
    sizes : int64 array of shape (C,), together at least `k`
    k : how many of the best
    rng : what the draws come from

    Returns
    -------
    int64 array of shape (m,), each from 1 to `k`
    """
    m, n = len(means), int(sizes.sum())
    group = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum(sizes) - sizes
    different = np.empty(m, dtype=np.int64)
    at_once = max(1, _DRAWS_AT_ONCE // n)
    for part in blocks(m, at_once):
        drawn = rng.standard_normal((part.stop - part.start, n), dtype=np.float32)
        middle = np.add.reduceat(drawn, starts, axis=1) / sizes
        drawn -= middle.astype(np.float32)[:, group]
        spread = np.sqrt(np.add.reduceat(np.square(drawn), starts, axis=1) / sizes)
        stretch = np.divide(sds[part], spread, out=np.zeros_like(sds[part]), where=sizes > 1)
        drawn *= stretch.astype(np.float32)[:, group]
        drawn += means[part].astype(np.float32)[:, group]
        best = np.argpartition(drawn, n - k, axis=1)[:, n - k :]
        different[part] = count_different(group[best])
    return different
