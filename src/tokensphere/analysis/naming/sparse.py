"""Which labels each token has, and how many tokens of each list have them: sparse, in NumPy alone.

``scipy.sparse`` is hardly faster, and to import it takes as long as to import NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Bools, Int32s, Int64s, Intps, Ints


@dataclass(frozen=True)
class Counts:
    """How many tokens of each of m lists have each of E labels; pairs without any are left out.

    Attributes
    ----------
    list : int array of shape (pairs,), in [0, m), ascending
    label : int array of shape (pairs,), in [0, E), ascending within a list
    shared : int64 array of shape (pairs,), 1 or more
    shape : (m, E)
    """

    list: Ints
    label: Ints
    shared: Int64s
    shape: tuple[int, int]

    def dense(self) -> Int64s:
        """The same with zeros, shape (m, E)."""
        counts = np.zeros(self.shape, dtype=np.int64)
        counts[self.list, self.label] = self.shared
        return counts


class TokenLabels:
    """The labels of n tokens, those of each together.

    Parameters
    ----------
    token, label : int arrays of shape (pairs,), each pair once, tokens ascending
    shape : tokens and labels, (n, E)

    Attributes
    ----------
    indptr, indices : int32 arrays; the labels of token i, ascending, are
        ``indices[indptr[i]:indptr[i + 1]]``
    """

    def __init__(self, token: Ints, label: Ints, shape: tuple[int, int]) -> None:
        self.shape = shape
        before = token * shape[1]
        self.indices: Int32s = (np.sort(before + label) - before).astype(np.int32)
        ends = np.bincount(token, minlength=shape[0]).cumsum()
        self.indptr: Int32s = np.append(0, ends).astype(np.int32)
        self._tokens_of: dict[int, Int64s] = {}
        self._overlaps: dict[tuple[int, int], float] = {}

    def members(self, label: int) -> Int64s:
        """The tokens that have a label, ascending."""
        if label not in self._tokens_of:
            where = np.flatnonzero(self.indices == label)
            self._tokens_of[label] = np.searchsorted(self.indptr, where, side="right") - 1
        return self._tokens_of[label]

    def marks(self, ids: npt.ArrayLike, labels: npt.ArrayLike) -> Bools:
        """Which of these tokens have which of these labels, shape (tokens, labels)."""
        tokens, wanted = np.asarray(ids), np.asarray(labels)
        which, label = self._of(tokens)
        places, column = np.unique(wanted, return_inverse=True)
        if not len(places):
            return np.zeros((len(tokens), 0), dtype=bool)
        at = np.minimum(np.searchsorted(places, label), len(places) - 1)
        there = places[at] == label
        found = np.zeros((len(tokens), len(places)), dtype=bool)
        found[which[there], at[there]] = True
        return np.asarray(found[:, column])

    def overlap(self, one: int, other: int) -> float:
        """The part of the label of fewer tokens that the other one contains, in [0, 1]."""
        pair = (one, other) if one < other else (other, one)
        if pair not in self._overlaps:
            first, second = self.members(one), self.members(other)
            both = np.intersect1d(first, second, assume_unique=True)
            self._overlaps[pair] = len(both) / min(len(first), len(second))
        return self._overlaps[pair]

    def marks_of_lists(self, lists: Ints, which: Ints, labels: Ints) -> Bools:
        """Which tokens of a list have a label, for many pairs of both.

        Parameters
        ----------
        lists : ids, int array of shape (m, k)
        which, labels : int arrays of shape (pairs,), each pair once, ordered by list, then by label

        Returns
        -------
        bool array of shape (pairs, k)
        """
        k = lists.shape[1]
        found = np.zeros((len(which), k), dtype=bool)
        if not len(which):
            return found
        wanted = which * np.int64(self.shape[1]) + labels
        place, label = self._of(lists.reshape(-1))
        own = place // k * np.int64(self.shape[1]) + label
        at = np.minimum(np.searchsorted(wanted, own), len(wanted) - 1)
        there = wanted[at] == own
        found[at[there], place[there] % k] = True
        return found

    def counts(self, lists: Ints) -> Counts:
        """How many tokens of each list, a row of the int array of shape (m, k), have each label."""
        m, k = lists.shape
        shape = m, self.shape[1]
        which, label = self._of(lists.reshape(-1))
        # Half as many bytes are sorted in half the time.
        number = np.int32 if m * shape[1] < 2**31 else np.int64
        pairs = np.sort((which // k * shape[1] + label).astype(number))
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        row, column = np.divmod(pairs[first], max(shape[1], 1))
        return Counts(row, column, np.diff(first, append=len(pairs)), shape)

    def _of(self, tokens: Ints) -> tuple[Intps, Int32s]:
        """Every place in `tokens` with each of its token's labels: two arrays of one length."""
        starts = self.indptr[tokens]
        many = self.indptr[tokens + 1] - starts
        before = np.cumsum(many) - many
        which = np.repeat(np.arange(len(tokens)), many)
        return which, self.indices[np.arange(len(which)) + (starts - before)[which]]
