"""Which labels there are, how many tokens each has, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.analysis.naming.counts import usable_pairs
from tokensphere.analysis.result import Column, Result
from tokensphere.arrays import Int64s
from tokensphere.errors import InputError
from tokensphere.labels.table import Label, LabelTable
from tokensphere.records import record
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False, repr=False)
class LabelList(Result):
    """Labels and their sizes.

    Attributes
    ----------
    labels : L labels; by kind, kinds in the order of the table; within a kind the largest first,
        tenths of the ids by id
    sizes : int64 array of shape (L,), how many of the usable tokens have each
    n_tokens : number of usable tokens
    provenance : of the model whose tokens they are
    """

    labels: tuple[Label, ...]
    sizes: Int64s
    n_tokens: int
    provenance: Provenance

    @property
    def kinds(self) -> list[str]:
        """The kinds of labels there are, each once, in their order."""
        return list(dict.fromkeys(label.kind for label in self.labels))

    def __len__(self) -> int:
        """Number of labels, L."""
        return len(self.labels)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """A record of each label, as in :meth:`to_dict`."""
        return (self[number] for number in range(len(self)))

    def __getitem__(self, which: int) -> dict[str, Any]:
        """The record of one label."""
        return {**self.labels[which].to_dict(), "size": int(self.sizes[which])}

    def _in_short(self) -> str:
        return f"{len(self):,} labels of {self.n_tokens:,} tokens of {self.provenance.model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            **record(self, "provenance", "n_tokens", provenance="model"),
            "labels": list(self),
        }

    def columns(self) -> dict[str, Column]:
        """A row for each label."""
        return {**label_columns(self.labels, "words", "kind", "source"), "size": self.sizes}


@dataclass(frozen=True, eq=False, repr=False)
class LabelMembers(Result):
    """The tokens that have one label.

    Attributes
    ----------
    label : which
    ids : int64 array, the first of its usable tokens by id
    size : how many there are in all
    n_tokens : number of usable tokens
    """

    label: Label
    ids: Int64s
    size: int
    n_tokens: int
    provenance: Provenance
    vocabulary: Vocabulary = field(repr=False)

    def __len__(self) -> int:
        """Number of tokens that are here; :attr:`size` counts all that have the label."""
        return len(self.ids)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """A record of each token, as in :meth:`to_dict`."""
        return (self[number] for number in range(len(self)))

    def __getitem__(self, which: int) -> dict[str, Any]:
        """The record of one token."""
        return self.vocabulary.record(int(self.ids[which]))

    def _in_short(self) -> str:
        return f"{self.label.words}, {self.size:,} tokens of {self.provenance.model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            **record(self, "provenance", "n_tokens", provenance="model"),
            **self.label.to_dict(),
            "size": self.size,
            "tokens": list(self),
        }

    def columns(self) -> dict[str, Column]:
        """A row for each token."""
        return {"id": self.ids, "token": [self.vocabulary.text(id) for id in self.ids.tolist()]}


def label_columns(labels: Sequence[Label], *what: str) -> dict[str, Column]:
    """The names of labels, and what else is asked for of them, as columns."""
    return {
        "label": [label.name for label in labels],
        **{name: [getattr(label, name) for label in labels] for name in what},
    }


def list_labels(
    space: EmbeddingSpace, labels: LabelTable, *, kinds: Iterable[str] | str | None = None
) -> LabelList:
    """The labels of a table, with the number of usable tokens of each.

    Parameters
    ----------
    space : the embeddings whose tokens are labelled
    labels : which, as a table
    kinds : only labels of these kinds

    Raises
    ------
    InputError
        no label is of such a kind
    """
    of = [label.kind for label in labels.labels]
    there = list(dict.fromkeys(of))
    wanted = there if kinds is None else [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in wanted:
        if kind not in there:
            raise InputError(f"no label is of kind {kind!r}; there are {', '.join(there)}")
    sizes = np.bincount(usable_pairs(labels, space.usable)[1], minlength=len(labels))
    order = sorted(  # the largest first; tenths of the ids have an order of their own
        (j for j in range(len(of)) if of[j] in wanted),
        key=lambda j: (there.index(of[j]), 0 if of[j] == "id" else -sizes[j], j),
    )
    return LabelList(
        labels=tuple(labels.labels[j] for j in order),
        sizes=sizes[order].astype(np.int64),
        n_tokens=int(np.count_nonzero(space.usable)),
        provenance=space.provenance,
    )


def label_members(
    space: EmbeddingSpace, labels: LabelTable, name: str, *, most: int = 100
) -> LabelMembers:
    """The usable tokens that have a label.

    Parameters
    ----------
    space : the embeddings whose tokens are labelled
    labels : as a table
    name : of the label, e.g. ``"grammar:VBZ"``, or its plain words
    most : how many tokens are given at most

    Raises
    ------
    InputError
        no label has that name; the message has those that come nearest
    """
    number = _find(labels, name)
    members = labels.members(number)
    members = members[space.usable[members]]
    return LabelMembers(
        label=labels.labels[number],
        ids=members[:most],
        size=len(members),
        n_tokens=int(np.count_nonzero(space.usable)),
        provenance=space.provenance,
        vocabulary=space.vocabulary,
    )


def _find(table: LabelTable, name: str) -> int:
    if name in table.numbers:
        return table.numbers[name]
    by_words = {label.words: number for number, label in enumerate(table.labels)}
    if name in by_words:
        return by_words[name]
    from difflib import get_close_matches

    near = get_close_matches(name, [*table.numbers, *by_words], n=4, cutoff=0.5)
    near = near or [found for found in table.numbers if name.casefold() in found.casefold()][:4]
    hint = f"; near it: {', '.join(near)}" if near else ""
    raise InputError(f"no label is called {name!r}{hint}; list_labels gives all")
