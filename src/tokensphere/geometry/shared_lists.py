"""How far two sets of lists agree: the k nearest of the same things in two matrices.

docs/definitions.md 12.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Bools, Float64s, Int64s, Ints
from tokensphere.errors import InputError
from tokensphere.geometry.rows import blocks


@dataclass(frozen=True)
class SharedLists:
    """m lists of k of n things, twice.

    Attributes
    ----------
    counts : int64 array of shape (m,), how many of a thing's k are in both of its lists
    mean : of ``counts / k``, in [0, 1]
    without : float64 array of shape (n,), the mean without each of the n things: those that had it in a
        list have their next one instead
    by_chance : mean share of lists of k others at random, ``k/(n − 1)``
    by_hubs : mean share of a thing's list with the other matrix's list of *another* thing: what things
        that stand in many lists give
    """

    counts: Int64s
    mean: float
    without: Float64s
    by_chance: float
    by_hubs: float


def share_lists(first: Ints, second: Ints, k: int, owners: Ints, n: int) -> SharedLists:
    """What lists have in common.

    Parameters
    ----------
    first, second : int arrays of shape (m, k + 1), the nearest of each thing first, itself left out; the
        last is no part of the list, but comes in where another leaves
    k : length of the lists
    owners : int array of shape (m,), which thing a list is of
    n : how many things there are

    Raises
    ------
    InputError
        other shapes, or fewer than two lists

    Examples
    --------
    >>> lists = np.array([[1, 2, 3], [0, 2, 3], [3, 1, 0], [2, 1, 0]])
    >>> found = share_lists(lists, lists[:, [1, 0, 2]], 2, np.arange(4), 4)
    >>> found.mean, round(found.by_chance, 3)
    (1.0, 0.667)
    """
    m = len(owners)
    if first.shape != (m, k + 1) or second.shape != (m, k + 1) or m < 2:
        raise InputError(
            f"lists of shapes {first.shape} and {second.shape}: need ({m}, {k + 1}), two or more"
        )
    counts = np.empty(m, dtype=np.int64)
    changes = np.zeros(n)
    for part in blocks(m, 4096):
        counts[part] = _count(first[part], second[part], k, changes)
    total = float(counts.sum())
    own = np.zeros(n)
    own[owners] = counts
    left = np.full(n, float(m))
    left[owners] -= 1
    # How many things are in both, over all pairs of a list and another's: by how often each is listed.
    often = (np.bincount(lists[:, :k].ravel(), minlength=n).astype(float) for lists in (first, second))
    together = float(np.dot(*often)) - total
    return SharedLists(
        counts=counts,
        mean=total / (m * k),
        without=(total - own + changes) / (left * k),
        by_chance=k / (n - 1),
        by_hubs=together / (m * (m - 1) * k),
    )


def _count(first: Ints, second: Ints, k: int, changes: Float64s) -> Int64s:
    """How many are in both lists; adds to `changes` by how much that grows without each thing.

    Without a thing of the first list only, its next one comes in, which may be in the second; of one in
    both lists two come in, each of which may be in what is the other list then.
    """
    a, b = first[:, :k], second[:, :k]
    next_a, next_b = first[:, k], second[:, k]
    in_b, in_a = _in(a, b), _in(b, a)
    a_comes, b_comes = _in(next_a[:, None], b)[:, 0], _in(next_b[:, None], a)[:, 0]
    only_a = np.where(in_b, 0, a_comes[:, None])
    only_b = np.where(in_a, 0, b_comes[:, None])
    of_both = -1 + a_comes.astype(int) + b_comes + (next_a == next_b)
    both = np.where(in_b, of_both[:, None], 0)
    np.add.at(changes, a.ravel(), (only_a + both).ravel())
    np.add.at(changes, b.ravel(), only_b.ravel())
    return np.asarray(in_b.sum(axis=1), dtype=np.int64)


def _in(some: Ints, others: Ints) -> Bools:
    """Which of `some` are among `others`, row by row; shapes (m, j), (m, k) -> (m, j)."""
    return np.asarray((some[:, :, None] == others[:, None, :]).any(axis=2))
