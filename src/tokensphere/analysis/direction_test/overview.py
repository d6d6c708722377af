"""What many directions are about: themes of those with a meaning, and tokens that crowd their lists."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import comb

import numpy as np

from tokensphere.analysis.naming.lists import ListNames
from tokensphere.analysis.naming.themes import Theme
from tokensphere.arrays import Int32s, Intps
from tokensphere.records import Record

ONE_WORD = "one word's forms"
_CROWDING = 5  # tokens that are counted together
_FEWEST, _MANY = 20, 0.25  # lists, and the share of them that is worth a warning
_TIMES = 2  # as many as random lists have


@dataclass(frozen=True)
class ThemeCount(Record):
    """How many directions are about one thing.

    Attributes
    ----------
    words : what their tokens share; forms of whatever word are one thing
    count : of directions
    """

    words: str
    count: int


@dataclass(frozen=True)
class Crowding(Record):
    """The few tokens that stand in more of some lists than others.

    Attributes
    ----------
    ids : of at most 5 tokens, the most frequent in the lists first
    lists : how many lists have one of them
    of : of how many
    chance : the share that lists of as many random tokens would have, in [0, 1]
    """

    ids: tuple[int, ...]
    lists: int
    of: int
    chance: float

    @property
    def share(self) -> float:
        """Lists that have one of the tokens, in [0, 1]."""
        return self.lists / self.of

    @property
    def worth_saying(self) -> bool:
        """Whether so many lists have them that these say little of the directions."""
        return self.of >= _FEWEST and self.share >= max(_MANY, _TIMES * self.chance)


def themes_of(themes: ListNames, rows: Intps) -> tuple[ThemeCount, ...]:
    """What directions are about: for each theme how many have it first, the most frequent first.

    Parameters
    ----------
    themes : of all directions
    rows : which are meant
    """
    counts: Counter[str] = Counter()
    for found in themes.of(rows):
        if found:
            counts[_about(found[0])] += 1
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(ThemeCount(words, count) for words, count in ordered)


def _about(theme: Theme) -> str:
    return ONE_WORD if theme.label.kind == "lemma" else theme.label.words


def crowding(lists: Int32s, n: int) -> Crowding | None:
    """The tokens that stand in most of some lists; None if there are no lists.

    Control tokens and scraps such as ``␣strugg`` are near to whatever points away from the middle: a
    list of them has a small p, and says nothing of its direction.

    Parameters
    ----------
    lists : ids, int array of shape (m, k)
    n : tokens of the vocabulary
    """
    if not len(lists):
        return None
    counts = np.bincount(lists.ravel(), minlength=n)
    most = np.argsort(-counts, kind="stable")[:_CROWDING]
    without = comb(n - len(most), k := lists.shape[1]) / comb(n, k)
    count = int(np.isin(lists, most).any(axis=1).sum())
    return Crowding(tuple(most.tolist()), count, len(lists), 1 - without)
