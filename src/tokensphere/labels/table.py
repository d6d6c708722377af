"""A sparse token × label table: which labels every token has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError
from tokensphere.records import Record


@dataclass(frozen=True)
class Label(Record, name="label"):
    """A property that tokens can share.

    Attributes
    ----------
    name : the label for machines, unique in its table, e.g. ``"grammar:VBZ"``
    kind : what sort of label it is: form, grammar, meaning, list, lemma, id, kind or user
    words : the label in plain words, e.g. ``"verbs, 3rd person singular present"``
    source : where it comes from, e.g. ``"WordNet 3.1"``
    """

    name: str
    kind: str
    words: str
    source: str


class LabelTable:
    """Which of L labels each of n tokens has; compressed sparse rows.

    Parameters
    ----------
    labels : L labels, their names different
    indptr : int64 array of shape (n + 1,)
    indices : int32 array; those of token i, ascending, are ``indices[indptr[i]:indptr[i + 1]]``
    """

    def __init__(
        self, labels: Sequence[Label], indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32]
    ) -> None:
        self.labels, self.indptr, self.indices = tuple(labels), indptr, indices
        if len(self.numbers) != len(self.labels):
            raise InputError("two labels have the same name; every label needs one of its own")

    @classmethod
    def from_members(cls, n: int, members: Iterable[tuple[Label, npt.ArrayLike]]) -> LabelTable:
        """A table from labels and the ids of the tokens that have them.

        Parameters
        ----------
        n : number of tokens
        members : pairs of a label and ids in [0, n); an id given twice counts once

        Raises
        ------
        InputError
            an id that is no token's, or a label given twice
        """
        labels: list[Label] = []
        tokens: list[npt.NDArray[np.int64]] = []
        for label, ids in members:
            found = np.unique(np.asarray(ids, dtype=np.int64))
            if len(found) and not 0 <= found[0] <= found[-1] < n:
                raise InputError(f"label {label.name!r} has ids beyond the {n} tokens")
            labels.append(label)
            tokens.append(found)
        token = np.concatenate(tokens) if tokens else np.empty(0, dtype=np.int64)
        number = np.repeat(np.arange(len(labels), dtype=np.int32), [len(ids) for ids in tokens])
        return cls._from_pairs(n, labels, token, number)

    @classmethod
    def _from_pairs(
        cls, n: int, labels: Sequence[Label], token: npt.NDArray[np.int64], number: npt.NDArray[np.int32]
    ) -> LabelTable:
        """The table of pairs of an id and the number of a label, the numbers of an id ascending."""
        indptr = np.append(0, np.cumsum(np.bincount(token, minlength=n), dtype=np.int64))
        return cls(labels, indptr, number[np.argsort(token, kind="stable")])

    def __len__(self) -> int:
        """Number of labels."""
        return len(self.labels)

    @property
    def n_tokens(self) -> int:
        """Number of tokens, n."""
        return len(self.indptr) - 1

    @cached_property
    def sizes(self) -> npt.NDArray[np.int64]:
        """How many tokens each label has, shape (L,)."""
        return np.bincount(self.indices, minlength=len(self.labels)).astype(np.int64)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of a label by its name."""
        return {label.name: number for number, label in enumerate(self.labels)}

    def of(self, id: int) -> list[Label]:
        """The labels of a token."""
        return [self.labels[j] for j in self.indices[self.indptr[id] : self.indptr[id + 1]].tolist()]

    def members(self, label: str | int) -> npt.NDArray[np.int64]:
        """The ids of the tokens that have a label, ascending."""
        number = self.numbers[label] if isinstance(label, str) else label
        where = np.flatnonzero(self.indices == number)
        return np.searchsorted(self.indptr, where, side="right") - 1

    def joined(self, other: LabelTable) -> LabelTable:
        """The labels of both tables, over the same tokens."""
        if other.n_tokens != self.n_tokens:
            raise InputError(
                f"the tables have {self.n_tokens} and {other.n_tokens} tokens; need as many"
            )
        n = self.n_tokens
        token = np.concatenate([np.repeat(np.arange(n), np.diff(t.indptr)) for t in (self, other)])
        number = np.concatenate([self.indices, other.indices + np.int32(len(self.labels))])
        return self._from_pairs(n, (*self.labels, *other.labels), token, number)
