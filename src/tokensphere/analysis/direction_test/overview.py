"""What many directions are about: themes of those with a meaning, and tokens that crowd their lists."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.analysis.naming.themes import Theme
from tokensphere.arrays import Bools
from tokensphere.records import Record

ONE_WORD = "one word's forms"
_CROWDING = 5  # tokens that are counted together
_FEWEST, _MANY = 20, 0.25  # lists, and the share of them that is worth a warning


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
    """

    ids: tuple[int, ...]
    lists: int
    of: int

    @property
    def share(self) -> float:
        """Lists that have one of the tokens, in [0, 1]."""
        return self.lists / self.of

    @property
    def worth_saying(self) -> bool:
        """Whether so many lists have them that these say little of the directions."""
        return self.of >= _FEWEST and self.share >= _MANY


def themes_of(test: DirectionTest, some: Bools | None = None) -> tuple[ThemeCount, ...]:
    """What directions are about: for each theme how many have it first, the most frequent first.

    Parameters
    ----------
    test : of many directions
    some : bool array of shape (m,), which are meant; by default those whose verdict is ``"meaning"``
    """
    if some is None:
        some = test.verdict == VERDICTS.index("meaning")
    counts: Counter[str] = Counter()
    for row in np.flatnonzero(some).tolist():
        themes = test.themes[row]
        if themes:
            counts[_about(themes[0])] += 1
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(ThemeCount(words, count) for words, count in ordered)


def _about(theme: Theme) -> str:
    return ONE_WORD if theme.label.kind == "lemma" else theme.label.words


def crowding(test: DirectionTest, some: Bools) -> Crowding | None:
    """The tokens that stand in most of some directions' lists; None if no direction is meant.

    Control tokens and scraps such as ``␣strugg`` are near to whatever points away from the middle: a
    list of them has a small p, and says nothing of its direction.

    Parameters
    ----------
    some : bool array of shape (m,)
    """
    lists = test.ids[some]
    if not len(lists):
        return None
    counts = np.bincount(lists.ravel(), minlength=len(test.vocabulary))
    most = np.argsort(-counts, kind="stable")[:_CROWDING]
    return Crowding(tuple(most.tolist()), int(np.isin(lists, most).any(axis=1).sum()), len(lists))
