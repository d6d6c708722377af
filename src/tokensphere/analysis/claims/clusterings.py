"""How tokens are put in clusters: k-means, the built-in labels, a labelling of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.arrays import Bools, Int64s, Ints
from tokensphere.errors import InputError
from tokensphere.geometry.clusters import clustering_problems, spherical_kmeans
from tokensphere.geometry.variance import Offsets, Partition, number_labels
from tokensphere.labels.table import LabelTable
from tokensphere.records import record

Labelling = Ints | Sequence[str | None] | Sequence[int]

KINDS = ("meaning", "grammar", "lemma")  # of labels that are clusterings
LEAST_MEMBERS = 5  # tokens that a label needs to be a cluster
_TOKENS_PER_NEIGHBOR = 10  # a kind with fewer labelled tokens than this times k is left out


@dataclass(frozen=True)
class Clustering:
    """Tokens in clusters, before they are looked at along directions.

    Attributes
    ----------
    name : in plain words
    partition : the clusters
    labelled : True if labels made them, not the vectors themselves
    problems : why it is a failed clustering; mostly empty
    search : how k-means ended; empty for labels
    names : of the clusters, for labels
    """

    name: str
    partition: Partition
    labelled: bool = True
    problems: tuple[str, ...] = ()
    search: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def by_kmeans(offsets: Offsets, count: int, seed: int) -> Clustering:
    """Spherical k-means of the centred rows."""
    found = spherical_kmeans(offsets.centered(), count, seed=seed)
    how = record(found, "iterations", "converged", "objective", objective="mean_cosine_to_center")
    return Clustering(
        f"k-means {count:,}",
        offsets.grouped(found.labels),
        labelled=False,
        problems=clustering_problems(found.sizes),
        search={"asked": count, **how},
    )


def by_table(offsets: Offsets, table: LabelTable, k: int) -> list[Clustering]:
    """The labels of each kind as clusters, as far as there are enough tokens that have one.

    Parameters
    ----------
    offsets : of n rows
    table : labels of n tokens
    k : neighbours; a kind needs ten times as many labelled tokens, and two clusters
    """
    return [
        Clustering(
            kind,
            offsets.grouped(labels),
            names=tuple(table.labels[number].name for number in np.unique(labels[labels >= 0]).tolist()),
        )
        for kind, labels in kinds_of(table, offsets.rows.usable, k)
    ]


def kinds_of(table: LabelTable, usable: Bools, k: int) -> list[tuple[str, Int64s]]:
    """The kinds of labels that are clusters, and of each token the number of its label; as above."""
    if table.n_tokens != len(usable):
        raise InputError(f"the labels are of {table.n_tokens} tokens, but there are {len(usable)}")
    found = []
    for kind in KINDS:
        labels = most_specific(table, kind, usable)
        several = len(np.unique(labels[labels >= 0])) >= 2
        if several and np.count_nonzero(labels >= 0) >= _TOKENS_PER_NEIGHBOR * k:
            found.append((kind, labels))
    return found


def most_specific(table: LabelTable, kind: str, among: Bools) -> Int64s:
    """One label for each token: of those of a kind the rarest, the earlier one of equally rare ones.

    Parameters
    ----------
    table : labels of n tokens
    kind : of labels, e.g. ``"meaning"``
    among : bool array of shape (n,); the other tokens have none and do not count

    Returns
    -------
    int64 array of shape (n,): numbers of labels in the table; −1 for tokens with none, and where
    fewer than 5 tokens would be left with the label
    """
    of_kind = np.array([label.kind == kind for label in table.labels], dtype=bool)
    token = np.repeat(np.arange(table.n_tokens), np.diff(table.indptr))
    sizes = np.bincount(table.indices[among[token]], minlength=len(table.labels))
    wanted = (of_kind & (sizes >= LEAST_MEMBERS))[table.indices] & among[token]
    token, number = token[wanted], table.indices[wanted].astype(np.int64)
    order = np.lexsort((number, sizes[number], token))
    tokens, first = np.unique(token[order], return_index=True)
    labels = np.full(table.n_tokens, -1, dtype=np.int64)
    labels[tokens] = number[order][first]
    left = np.bincount(labels[tokens], minlength=len(table.labels))
    labels[tokens] = np.where(left[labels[tokens]] >= LEAST_MEMBERS, labels[tokens], -1)
    return labels


def by_labelling(offsets: Offsets, labelling: Labelling, name: str) -> Clustering:
    """Clusters that somebody gives: for each token a name or a number, None or negative for none."""
    usable = offsets.rows.usable
    if len(labelling) != len(usable):
        raise InputError(f"{len(labelling)} labels for {len(usable)} tokens: need one a token, or None")
    names: tuple[str, ...] = ()
    if any(isinstance(label, str) or label is None for label in labelling):
        labels, names = number_labels([None if label is None else str(label) for label in labelling])
    else:
        labels = np.asarray(labelling)
        if labels.dtype.kind not in "iu":
            raise InputError(f"labels of type {labels.dtype}: give names or whole numbers")
        labels = labels.astype(np.int64)
    labels = np.where(usable, labels, -1)
    kept = np.unique(labels[labels >= 0]).tolist()
    if len(kept) < 2:
        raise InputError(f"the labelling has {len(kept)} different labels; at least 2 are needed")
    return Clustering(
        name,
        offsets.grouped(labels),
        names=tuple(names[number] for number in kept) if names else tuple(map(str, kept)),
    )
