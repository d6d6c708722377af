"""Directions as rows of a table that can be filtered and sorted: 100,000 of them while somebody waits.

Whatever is asked of all rows is asked of arrays. What the tokens of a row share is looked for by its
strongest label (``ListNames.smallest``); the themes of a row are worked out when it is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import BEST, check_statistic
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.analysis.naming.counts import NO_LABEL
from tokensphere.arrays import Bools, Float64s, Intps, Ints
from tokensphere.directions.named import Directions
from tokensphere.errors import InputError, check_choice

Within = Literal["anything", "name", "tokens", "token", "label"]
WITHIN: tuple[Within, ...] = get_args(Within)
UNTESTABLE = "untestable"
By = Literal["given", "name", "group", "tokens", "label", "verdict", "value", "effect", "p", "q"]
COLUMNS: tuple[By, ...] = get_args(By)
_OF_TESTS = COLUMNS[3:]
_DIGITS = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; what is empty or None asks for nothing.

    Attributes
    ----------
    text : what a row has, without regard to case
    within : where: in the name, in one of its tokens, in the label that they share, in any of these;
        or ``"token"``, just this token, as the vocabulary has it
    most_q : the largest q of a statistic
    statistic : whose
    verdict : one of `VERDICTS`, or ``"untestable"``
    group : the name of a group

    Raises
    ------
    InputError
        there is no such verdict, statistic, or place to look for a text
    """

    text: str = ""
    within: Within = "anything"
    most_q: float | None = None
    statistic: str = BEST
    verdict: str | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        check_choice("place to look for a text", self.within, WITHIN)
        check_statistic(self.statistic)
        if self.verdict is not None:
            check_choice("verdict", self.verdict, (*VERDICTS, UNTESTABLE))

    @property
    def of_a_test(self) -> bool:
        """Whether it asks for what only a test can tell."""
        searched = bool(self.text) and self.within in ("tokens", "token", "label")
        return searched or self.most_q is not None or self.verdict is not None


class Listing:
    """The rows: all directions that were given, or those of a test that are done.

    Parameters
    ----------
    directions : what was given
    test : what a test found of them, if there is one

    Attributes
    ----------
    directions, test : the same
    """

    def __init__(self, directions: Directions, test: DirectionTest | None = None) -> None:
        self.directions, self.test = directions, test
        self._orders: dict[tuple[str, str, bool], Intps] = {}

    def __len__(self) -> int:
        return len(self.directions) if self.test is None else len(self.test)

    @cached_property
    def names(self) -> list[str]:
        """What the directions are called."""
        return list(self.directions.titles[: len(self)])

    def rows(self, filter: Filter, by: str = "given", *, descending: bool = False) -> Intps:
        """The numbers of the rows that are wanted, in an order.

        Parameters
        ----------
        filter : which
        by : ``"given"``, ``"name"``, ``"group"``; of a test also ``"tokens"`` (the nearest),
            ``"label"``, ``"verdict"``, and of the filter's statistic its ``"value"``, ``"effect"``,
            ``"p"``, ``"q"``
        descending : the other way round; what has no value comes last in any case

        Raises
        ------
        InputError
            an order or a filter that only a test has, an unknown group or token
        """
        order = self._order(by, filter.statistic, descending)
        return order[self.where(filter)[order]]

    def where(self, filter: Filter) -> Bools:
        """True for the rows that are wanted, shape (m,)."""
        if self.test is None and filter.of_a_test:
            raise InputError("tokens, labels, q and verdicts are known once the test has run; run it")
        kept = np.ones(len(self), dtype=bool)
        if filter.text:
            kept &= self._has(filter.text, filter.within)
        if filter.group is not None:
            kept &= self._of_group(filter.group)
        if self.test is not None:
            if filter.most_q is not None:
                kept &= self.test[filter.statistic].qvalue <= filter.most_q
            if filter.verdict is not None:
                code = VERDICTS.index(filter.verdict) if filter.verdict != UNTESTABLE else -1
                kept &= self.test.verdict == code
        return kept

    def _of_group(self, name: str) -> Bools:
        if (of := self.directions.group_of) is None:
            raise InputError("these directions have no groups; leave the group out")
        check_choice("group", name, self.directions.groups)
        return np.asarray(of[: len(self)] == self.directions.groups.index(name))

    def label(self, row: int) -> int:
        """The strongest label that a row's tokens share beyond chance, or `NO_LABEL`."""
        return int(self._label[row])

    def _has(self, text: str, within: str) -> Bools:
        """Which rows have a text."""
        wanted = text.casefold()
        found = np.zeros(len(self), dtype=bool)
        if within in ("anything", "name"):
            found |= np.fromiter((wanted in name for name in self._folded), dtype=bool, count=len(self))
        if self.test is None:
            return found
        if within == "token":
            return np.asarray((self.test.ids == self.test.vocabulary.id(text)).any(axis=1))
        if within in ("anything", "tokens"):
            there = np.array([wanted in shown for shown in self._shown] + [False])
            found |= there[self.test.ids].any(axis=1)  # −1, where there is none, is the last
        if within in ("anything", "label"):
            labels = self.test.themes.counter.labels
            named = [wanted in f"{label.words}\n{label.name}".casefold() for label in labels]
            found |= np.array([*named, False])[self._label]
        return found

    @cached_property
    def _folded(self) -> list[str]:
        return [name.casefold() for name in self.names]

    @cached_property
    def _shown(self) -> list[str]:
        """All tokens of the vocabulary as text and as they are shown."""
        assert self.test is not None
        vocabulary = self.test.vocabulary
        return [
            f"{token.decode('utf-8', 'replace')}\n{vocabulary.visible(id)}".casefold()
            for id, token in enumerate(vocabulary.tokens)
        ]

    @cached_property
    def _label(self) -> Intps:
        assert self.test is not None
        themes = self.test.themes
        shared = np.where(themes.has_theme & self.test.testable, themes.smallest.label, NO_LABEL)
        return shared.astype(np.intp)

    def _order(self, by: str, statistic: str, descending: bool) -> Intps:
        """All rows in an order; kept, since the same is asked for window by window."""
        check_choice("order", by, COLUMNS)
        if self.test is None and by in _OF_TESTS:
            raise InputError(f"the order {by!r} is known once the test has run; run it")
        key = by, statistic, descending
        if key not in self._orders:
            self._orders[key] = self._ordered(by, statistic, descending)
        return self._orders[key]

    @cached_property
    def _places(self) -> Float64s:
        """The places of the names in their natural order."""
        return _ranks(self.names, _natural)

    def _ordered(self, by: str, statistic: str, descending: bool) -> Intps:
        """Of equal ones those that are more extreme come first, then as given."""
        keys = self._keys(by, statistic)
        first = -keys[0] if descending else keys[0]
        return np.lexsort((*keys[:0:-1], np.where(np.isnan(first), np.inf, first), np.isnan(first)))

    def _keys(self, by: str, statistic: str) -> list[Float64s]:
        """What rows are sorted by, most important first; NaN where there is nothing."""
        if by == "given":
            return [np.arange(len(self), dtype=np.float64)]
        if by == "name":
            return [self._places]
        if by == "group":
            of = self.directions.group_of
            return [np.zeros(len(self)) if of is None else of[: len(self)].astype(np.float64)]
        assert self.test is not None
        kind, found = check_statistic(statistic), self.test[statistic]
        extreme = -found.values if kind.larger else found.values
        if by == "tokens":
            return [self._ranked(self.test.ids[:, 0], self.test.vocabulary.visible), found.pvalue]
        if by == "label":
            labels = self.test.themes.counter.labels
            return [self._ranked(self._label, lambda j: labels[j].words), found.pvalue]
        if by == "verdict":
            code = self.test.verdict.astype(np.float64)
            return [np.where(code < 0, np.nan, code), found.pvalue, extreme]
        one = {"value": found.values, "effect": found.effect, "p": found.pvalue, "q": found.qvalue}[by]
        return [one, found.pvalue, extreme]

    @staticmethod
    def _ranked(numbers: Ints, text: Callable[[int], str]) -> Float64s:
        """The places of numbers in the order of their texts; NaN for −1."""
        different, place = np.unique(numbers, return_inverse=True)
        ranks = _ranks([text(int(one)) if one >= 0 else "" for one in different], str.casefold)
        return np.where(numbers < 0, np.nan, ranks[place])


def _ranks(texts: list[str], key: Callable[[str], Any]) -> Float64s:
    """For each text its place in their order; equal ones have the same."""
    keys = [key(text) for text in texts]
    number = {one: place for place, one in enumerate(sorted(set(keys)))}
    return np.array([number[one] for one in keys], dtype=np.float64)


def _natural(name: str) -> str:
    """A text that sorts as :func:`~tokensphere.directions.named.natural` does, and faster."""
    return _DIGITS.sub(lambda found: f"\0{found[0]:0>18}{found[0]}\0", name)
