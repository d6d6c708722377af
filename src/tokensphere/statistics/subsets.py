"""Random subsets, many at once."""

from __future__ import annotations

import numpy as np

from tokensphere.arrays import Int64s

_LARGEST_AT_ONCE = 64  # of more elements, one after another is as fast


def random_subsets(rng: np.random.Generator, n: int, k: int, count: int) -> Int64s:
    """Subsets of k of the numbers 0 to n − 1, every one equally likely.

    The very ones, in the same order of elements, that `count` calls of ``rng.choice(n, k,
    replace=False, shuffle=False)`` give, and `rng` is then where these leave it: both are Floyd's
    algorithm (Bentley & Floyd 1987, Programming pearls: a sample of brilliance).

    Returns
    -------
    int64 array of shape (count, k)
    """
    if k > _LARGEST_AT_ONCE:
        return np.stack([rng.choice(n, k, replace=False, shuffle=False) for _ in range(count)])
    last = np.arange(n - k, n)
    drawn = rng.integers(np.broadcast_to(last + 1, (count, k)))
    for place in range(1, k):
        again = (drawn[:, :place] == drawn[:, place, None]).any(axis=1)
        drawn[again, place] = last[place]
    return drawn
