"""How many tokens of a list share a label, and how unlikely that is (docs/definitions.md 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.naming.sparse import Counts, TokenLabels
from tokensphere.arrays import Bools, Float64s, Int32s, Int64s, Intps, Ints
from tokensphere.errors import InputError
from tokensphere.geometry.rows import blocks
from tokensphere.labels.table import LabelTable
from tokensphere.statistics.hypergeometric import tail_table, upper_tails

NO_LABEL = -1
_AT_ONCE = 1024  # lists, of which all pairs with labels fit into the processor's cache


@dataclass(frozen=True)
class Smallest:
    """The label of smallest p of each of m lists.

    Attributes
    ----------
    p : float64 array of shape (m,), hypergeometric; 1 where no label is shared by enough tokens
    label : int64 array of shape (m,), a place in the counter's `labels`; −1 where there is none
    shared : int64 array of shape (m,), how many of the k tokens have that label; 0 where there is none
    """

    p: Float64s
    label: Int64s
    shared: Int64s


@dataclass(frozen=True)
class _Tails:
    """The tails of all labels.

    Labels of one size share a row; p-values as ranks make the smallest one a whole number, rank first
    and then the label's place, so that ties are broken by the same minimum.
    """

    row: Intps
    table: Float64s
    values: Float64s
    rank: Int64s

    @classmethod
    def of(cls, n: int, sizes: Int64s, k: int, min_shared: int) -> _Tails:
        different, row = np.unique(sizes, return_inverse=True)
        table = tail_table(n, different, k)
        tails = table.copy()
        tails[:, :min_shared] = 1.0
        values, rank = np.unique(tails, return_inverse=True)
        return cls(row, table, values, rank.reshape(tails.shape).astype(np.int64))


class LabelCounter:
    """Counts labels in lists of `k` tokens, and gives their hypergeometric tails.

    Only labels that `min_size` usable tokens have take part ("eligible"); all of them do, also those
    that a list has none of, in every correction for having looked at many.

    Parameters
    ----------
    table : which of the tokens have which labels
    usable : bool array of shape (n_tokens,), the tokens that lists are drawn from; the labels of the
        others do not count
    k : tokens of a list
    min_size : how many usable tokens an eligible label has at least
    min_shared : how many tokens of a list share a label at least before it has a p below 1
    kinds : kinds of labels to keep, by default all

    Attributes
    ----------
    n : number of usable tokens
    labels : the E eligible labels; fewer tokens first, then fewer characters of `words`, so that of
        labels with equal p the one that stands first is the better name
    sizes : int64 array of shape (E,), how many usable tokens have each

    Raises
    ------
    InputError
        `usable` of another length than the table, `k` beyond 1 … n, or a kind that no label is of
    """

    def __init__(
        self,
        table: LabelTable,
        usable: Bools,
        k: int,
        *,
        min_size: int = 5,
        min_shared: int = 3,
        kinds: Iterable[str] | None = None,
    ) -> None:
        if len(usable) != table.n_tokens:
            raise InputError(
                f"labels for {table.n_tokens} tokens, but the model has {len(usable)}; make them anew"
            )
        self.k, self.min_shared, self._exact = int(k), int(min_shared), True
        self.usable = np.asarray(usable, dtype=bool)
        self.n = int(np.count_nonzero(self.usable))
        if not 1 <= self.k <= self.n:
            raise InputError(f"lists of {k} tokens cannot be drawn from {self.n}: need 1 to {self.n}")
        token, label = usable_pairs(table, self.usable)
        sizes = np.bincount(label, minlength=len(table))
        wanted = (sizes >= max(min_size, 1)) & _of_kinds(table, kinds)
        numbers = sorted(
            np.flatnonzero(wanted).tolist(),
            key=lambda j: (sizes[j], len(table.labels[j].words), table.labels[j].name),
        )
        self.labels = tuple(table.labels[j] for j in numbers)
        self.sizes = sizes[numbers].astype(np.int64)
        place = np.full(len(table), NO_LABEL)
        place[numbers] = np.arange(len(numbers))
        place = place[label]
        keep = place != NO_LABEL
        self._has = TokenLabels(token[keep], place[keep], (table.n_tokens, len(numbers)))

    def of_lists(self, k: int, *, exact: bool = True) -> LabelCounter:
        """The same for lists of another length; what does not depend on it is shared.

        Exact tails of long lists take long; not exact, they are those of :func:`upper_tails`.
        """
        other = copy(self)
        other.__dict__.pop("_tails", None)
        other.k, other._exact = int(k), exact
        if not 1 <= other.k <= self.n:
            raise InputError(f"lists of {k} tokens cannot be drawn from {self.n}: need 1 to {self.n}")
        return other

    @cached_property
    def _tails(self) -> _Tails:
        return _Tails.of(self.n, self.sizes, self.k, self.min_shared)

    def __len__(self) -> int:
        """Number of eligible labels, E."""
        return len(self.labels)

    @property
    def digest(self) -> str:
        """SHA-256 of all that p-values depend on: who has which label, and the rules."""
        hasher = sha256(f"{self.k} {self.min_shared} {self._has.shape}".encode())
        for array in (self.usable, self._has.indptr, self._has.indices):
            hasher.update(np.ascontiguousarray(array).data)
        return hasher.hexdigest()

    def members(self, label: int) -> Int64s:
        """The usable tokens that have the eligible label at place `label`, ascending."""
        return self._has.members(label)

    def overlap(self, one: int, other: int) -> float:
        """The part of the eligible label of fewer tokens that the other contains, in [0, 1]."""
        return self._has.overlap(one, other)

    def marks_of_lists(self, ids: Ints, which: Ints, labels: Ints) -> Bools:
        """Which tokens of a list have an eligible label, for many pairs of both, shape (pairs, k).

        Parameters
        ----------
        ids : int array of shape (m, k)
        which, labels : int arrays of shape (pairs,), ordered by list, then by label
        """
        return self._has.marks_of_lists(ids, which, labels)

    def marks(self, ids: npt.ArrayLike, labels: npt.ArrayLike) -> Bools:
        """Which tokens of one list have which eligible labels, shape (tokens, labels)."""
        return self._has.marks(ids, labels)

    def counts(self, ids: npt.ArrayLike) -> Counts:
        """How many tokens of each list have each label.

        Parameters
        ----------
        ids : int array of shape (m, k); within a list all different
        """
        return self._has.counts(self._check(ids))

    def blocks(self, ids: npt.ArrayLike) -> Iterator[tuple[slice, Counts]]:
        """The same, some thousand lists at a time: their range and their counts."""
        lists = self._check(ids)
        for part in blocks(len(lists), _AT_ONCE):
            yield part, self.counts(lists[part])

    def tails(self, shared: npt.ArrayLike, labels: Ints | None = None) -> Float64s:
        """``P(X ≥ x)`` of every label, or of `labels`, for its x in `shared`, an array as long."""
        which = slice(None) if labels is None else labels
        if not self._exact:
            return upper_tails(self.n, self.sizes[which], self.k, shared)
        return np.asarray(self._tails.table[self._tails.row[which], np.asarray(shared)])

    def tested(self, shared: npt.ArrayLike) -> Float64s:
        """The same, and 1 where fewer than `min_shared` tokens share the label."""
        return np.where(np.asarray(shared) >= self.min_shared, self.tails(shared), 1.0)

    def smallest(self, ids: npt.ArrayLike) -> Smallest:
        """The smallest p of each list, over all eligible labels.

        Parameters
        ----------
        ids : int array of shape (m, k); within a list all different

        Returns
        -------
        Smallest
            of equal p, the label of fewer tokens, then of fewer characters; the same whatever lists
            are asked for together
        """
        lists = self._check(ids)
        m = len(lists)
        found = Smallest(np.ones(m), np.full(m, NO_LABEL), np.zeros(m, dtype=np.int64))
        for part, counts in self.blocks(lists):
            self._find_smallest(counts, part.start, found)
        return found

    def _find_smallest(self, counts: Counts, start: int, found: Smallest) -> None:
        """Note the smallest p of lists `start` and on, where they have one."""
        enough = np.flatnonzero(counts.shared >= self.min_shared)
        if not len(enough):
            return
        row, column, x = counts.list[enough], counts.label[enough], counts.shared[enough]
        key = self._tails.rank[self._tails.row[column], x] * len(self) + column
        first = np.flatnonzero(np.diff(row, prepend=-1))
        best = np.minimum.reduceat(key, first)
        rows = start + row[first]
        found.p[rows], found.label[rows] = self._tails.values[best // len(self)], best % len(self)
        found.shared[rows] = x[key == np.repeat(best, np.diff(first, append=len(key)))]

    def _check(self, ids: npt.ArrayLike) -> Int32s:
        lists = np.asarray(ids)
        if lists.ndim != 2 or lists.shape[1] != self.k or lists.dtype.kind not in "iu":
            raise InputError(f"the lists have the shape {lists.shape}, but need (lists, {self.k}) ids")
        if lists.size and not 0 <= lists.min() <= lists.max() < len(self.usable):
            raise InputError(f"a list has an id beyond the {len(self.usable)} tokens")
        return lists.astype(np.int32, copy=False)


def usable_pairs(table: LabelTable, usable: Bools) -> tuple[Intps, Int32s]:
    """Every usable token with each of its labels: two arrays of one length, tokens ascending."""
    token = np.repeat(np.arange(table.n_tokens), np.diff(table.indptr))
    counts = usable[token]
    return token[counts], table.indices[counts]


def _of_kinds(table: LabelTable, kinds: Iterable[str] | None) -> Bools:
    """True for labels of the wanted kinds, shape (L,)."""
    if kinds is None:
        return np.ones(len(table), dtype=bool)
    wanted = {kinds} if isinstance(kinds, str) else set(kinds)
    there = {label.kind for label in table.labels}
    if unknown := sorted(wanted - there):
        raise InputError(f"no label is of kind {unknown[0]!r}; there are {', '.join(sorted(there))}")
    return np.array([label.kind in wanted for label in table.labels], dtype=bool)
