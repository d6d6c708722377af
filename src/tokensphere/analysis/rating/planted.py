"""Lists that do share something: tokens of one label, to see whether a rater looks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tokensphere.analysis.naming.counts import usable_pairs
from tokensphere.arrays import Bools, Int64s, Intps
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable

# Kinds that people see at a glance, the best first; only where one has no label that fits, the next.
_KINDS = ("list", "user", "meaning", "grammar")
_WIDEST, _ALWAYS = 0.01, 50  # a label of a larger part of the tokens, or of more, is none at a glance


def plant(
    table: LabelTable,
    usable: Bools,
    forms: Intps,
    count: int,
    k: int,
    strays: int,
    rng: np.random.Generator,
) -> list[tuple[Int64s, str]]:
    """Lists of tokens that share a label, no two of a list being forms of each other.

    Labels are taken in turn, in a random order, until there are enough lists; of each k − `strays` of
    its tokens and `strays` of the others, in random order.

    Parameters
    ----------
    table : who has which label
    usable : bool array of shape (n,), tokens that may stand in a list
    forms : int array of shape (n,), see :attr:`Vocabulary.forms`
    count : how many lists
    k : tokens of a list
    strays : how many of them have nothing to do with the others
    rng : draws

    Returns
    -------
    list
        of int64 arrays of shape (k,) with the label's words

    Raises
    ------
    InputError
        no label has so many tokens
    """
    if not count:
        return []
    need = k - strays
    found = _labels(table, usable, forms, need)
    if not found:
        raise InputError(
            f"no label of meaning has {need} tokens of this vocabulary, so no list can be planted;"
            " ask for shorter lists, or for 0 planted ones"
        )
    order = rng.permutation(len(found))
    lists = []
    for number in range(count):
        label = found[order[number % len(order)]]
        members = table.members(label)
        members = members[usable[members]]
        own = _different(rng.permutation(members), forms, need)
        others = usable.copy()
        others[members] = False
        others[np.isin(forms, forms[own])] = False
        beside = _different(rng.permutation(np.flatnonzero(others)), forms, strays)
        if len(beside) < strays:
            raise InputError(f"too few tokens to mix {strays} others into a list; ask for strays of 0")
        lists.append((rng.permutation(np.concatenate([own, beside])), table.labels[label].words))
    return lists


def _labels(table: LabelTable, usable: Bools, forms: Intps, need: int) -> list[int]:
    """The labels of the best kind that has some with enough different forms, and not too many tokens."""
    token, label = usable_pairs(table, usable)
    sizes = np.bincount(label, minlength=len(table))
    most = max(_WIDEST * np.count_nonzero(usable), _ALWAYS)
    for kind in _KINDS:
        fit = [j for j in _of_kind(table, kind) if need <= sizes[j] <= most]
        enough = [j for j in fit if len(np.unique(forms[token[label == j]])) >= need]
        if enough:
            return enough
    return []


def _of_kind(table: LabelTable, kind: str) -> Iterable[int]:
    return (number for number, label in enumerate(table.labels) if label.kind == kind)


def _different(ids: Int64s, forms: Intps, count: int) -> Int64s:
    """The first `count` ids of different forms."""
    _, first = np.unique(forms[ids], return_index=True)
    return ids[np.sort(first)[:count]].astype(np.int64)
