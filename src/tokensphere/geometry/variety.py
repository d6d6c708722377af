"""How many different groups the k best rows come from: seen, at random, and by means and sds alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

_SCORES_AT_ONCE = 2**20


def count_different(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """How many different labels each row of an array of shape (m, k) has, shape (m,).

    Examples
    --------
    >>> import numpy as np
    >>> count_different(np.array([[3, 1, 3], [2, 2, 2]])).tolist()
    [2, 1]
    """
    ordered = np.sort(labels, axis=1)
    return np.asarray(1 + np.count_nonzero(np.diff(ordered, axis=1), axis=1), dtype=np.int64)


def expected_different(sizes: npt.NDArray[np.integer], k: int) -> float:
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
    means: npt.NDArray[np.float64],
    sds: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64],
    k: int,
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Different groups among the `k` best, were all cosines normal with their group's mean and sd.

    Only a group's `k` best can be among the `k` best of all, and they can be drawn without the rest:
    with ``E_j`` independent and exponential, ``s_j = Σ_{i ≤ j} E_i/(n_S − i)``, ``i = 0, 1, …``, are
    the smallest of `n_S` exponential variables in order (Rényi 1953), so ``Φ⁻¹(exp(−s_j))`` are the
    largest of `n_S` normal ones.

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
    m, count = means.shape
    depth = min(k, int(sizes.max()))
    left = sizes[:, None] - np.arange(depth)  # rows of the group that are not yet drawn
    different = np.empty(m, dtype=np.int64)
    at_once = max(1, _SCORES_AT_ONCE // (count * depth))
    for low in range(0, m, at_once):
        part = slice(low, min(low + at_once, m))
        steps = rng.exponential(size=(part.stop - low, count, depth))
        with np.errstate(divide="ignore"):
            steps /= np.maximum(left, 0)  # infinite where the group has no more rows
        tail = -np.expm1(-np.cumsum(steps, axis=2))
        with np.errstate(invalid="ignore"):
            scores = means[part, :, None] - sds[part, :, None] * special.ndtri(tail)
        scores[:, left <= 0] = -np.inf  # also where an sd of 0 made a NaN of it
        best = np.argpartition(-scores.reshape(part.stop - low, -1), k - 1, axis=1)[:, :k]
        different[part] = count_different(best // depth)
    return different
