"""What a test of directions found: an array for each thing that is known of all of them, and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.analysis.direction_test.groups import GroupShares, group_shares
from tokensphere.analysis.direction_test.measure import Measured
from tokensphere.analysis.direction_test.null import Null
from tokensphere.analysis.direction_test.overview import Crowding, ThemeCount, crowding, themes_of
from tokensphere.analysis.direction_test.statistics import (
    BEST,
    Nearness,
    SmallestLabelP,
    StatisticName,
    check_statistic,
)
from tokensphere.analysis.direction_test.verdict import VERDICTS, verdicts
from tokensphere.analysis.naming.lists import ListNames
from tokensphere.arrays import Bools, Float64s, Int8s, Int32s, Intps
from tokensphere.directions.named import Directions, natural
from tokensphere.errors import check_choice
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.space import Provenance
from tokensphere.statistics.settle import Settled
from tokensphere.vocabulary import Vocabulary

_FIRST = 50  # directions of the smallest p, whose lists should not be the same few tokens
Order = Literal["p", "q", "T", "name"]
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """Directions beside a null, in the order in which they were given.

    Attributes
    ----------
    directions : what was given; more than m if the test was stopped
    measured : the nearest tokens, and why a direction could not be tested
    tested : by the name of a statistic its values, p- and q-values and null distribution
    themes : what the tokens of each list share beyond chance
    search : how neighbours were looked for
    null : the nulls: their law, seed, what they were made of, and which direction has which
    settled : how drawing on ended, if that was asked for
    provenance, vocabulary : of the space
    key : all that the statistics depend on, for the file that it is saved in
    """

    directions: Directions = field(repr=False)
    measured: Measured = field(repr=False)
    tested: Mapping[str, Beside] = field(repr=False)
    themes: ListNames = field(repr=False)
    search: SearchSettings
    null: Null = field(repr=False)
    settled: Settled | None
    provenance: Provenance = field(repr=False)
    vocabulary: Vocabulary = field(repr=False)
    key: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        without = {"directions": self.directions.without_vectors(), "null": self.null.without_laws()}
        return {**vars(self), **without}

    def __len__(self) -> int:
        """Number of directions that are done, m."""
        return len(self.measured)

    @property
    def names(self) -> list[str]:
        """What the directions are called."""
        return list(self.directions.titles[: len(self)])

    @property
    def ids(self) -> Int32s:
        """The nearest tokens, nearest first, shape (m, k); −1 where a direction could not be tested."""
        return self.measured.ids

    @property
    def similarity(self) -> Float64s:
        """Theirs to the direction at unit length, shape (m, k); NaN likewise."""
        return self.measured.similarity

    @property
    def testable(self) -> Bools:
        """True for directions that could be tested, shape (m,)."""
        return np.asarray(self.measured.reason == 0)

    @property
    def untestable(self) -> dict[str, int]:
        """How many could not be tested, by reason: zero, not finite, constant."""
        return self.measured.untestable()

    @property
    def n_draws(self) -> int:
        """Draws of each null, B."""
        return self.tested[BEST].n_draws

    @property
    def floor(self) -> float:
        """The smallest p-value that so many draws can count, ``1/(1 + B)``."""
        return self.tested[BEST].floor

    @property
    def complete(self) -> bool:
        """Whether all directions that were given are here."""
        return len(self) == len(self.directions)

    @property
    def both_ends(self) -> bool:
        """Whether the opposite of each direction was tested, too."""
        return self.directions.ends == 2

    @property
    def own_left_out(self) -> bool:
        """Whether the tokens that directions were made of could not be found."""
        return bool(self.directions.own)

    @property
    def tied(self) -> bool:
        """Whether input and output matrix are known to be the same."""
        return any("tied" in note for note in self.provenance.notes)

    @cached_property
    def verdict(self) -> Int8s:
        """For each direction a place in `VERDICTS`, shape (m,); −1 where it could not be tested."""
        return verdicts(self.tested[Nearness.name], self.tested[SmallestLabelP.name])

    @cached_property
    def overall(self) -> GroupShares:
        """How many of all directions stand out."""
        return group_shares(
            "all", self.tested, self.testable, self.verdict, np.ones(len(self), dtype=bool)
        )

    @cached_property
    def groups(self) -> tuple[GroupShares, ...]:
        """How many of each group (of a file, its tensors) stand out, of those that are done."""
        if self.directions.group_of is None:
            return ()
        of = self.directions.group_of[: len(self)]
        return tuple(
            group_shares(name, self.tested, self.testable, self.verdict, of == number)
            for number, name in enumerate(self.directions.groups)
            if (of == number).any()
        )

    @cached_property
    def overview(self) -> tuple[ThemeCount, ...]:
        """What the directions with a meaning are about, the most frequent theme first."""
        return themes_of(self.themes, np.flatnonzero(self.verdict == VERDICTS.index("meaning")))

    def crowding(self, statistic: StatisticName = BEST) -> Crowding | None:
        """The few tokens that stand in most lists of the 50 directions of the smallest p.

        Parameters
        ----------
        statistic : whose p
        """
        return crowding(self.ids[self.order("p", statistic)[:_FIRST]], len(self.vocabulary))

    def group_name(self, row: int) -> str | None:
        """The group of a direction; None where there are none."""
        of = self.directions.group_of
        return None if of is None else self.directions.groups[of[row]]

    def null_title(self, row: int) -> str:
        """What a direction was compared with: the law, or the signature of its sums of tokens."""
        return self.null.parts[int(self.null.of[row])].title

    def order(self, sort: Order = "p", statistic: StatisticName = BEST) -> Intps:
        """The directions that could be tested, the most surprising first.

        Parameters
        ----------
        sort : ``"p"`` or ``"q"`` of the statistic, ``"T"`` (the largest first) or ``"name"``
        statistic : its name

        Returns
        -------
        int array; of equal p, the more extreme statistic first, then as given
        """
        kind = check_statistic(statistic)
        found, some = self.tested[kind.name], np.flatnonzero(self.testable)
        check_choice("order", sort, ORDERS)
        if sort == "name":
            titles = self.directions.titles
            return np.array(sorted(some.tolist(), key=lambda i: natural(titles[i])), dtype=np.intp)
        if sort == "T":
            return some[np.argsort(-self.tested["coherence"].values[some], kind="stable")]
        first = (found.pvalue if sort == "p" else found.qvalue)[some]
        return some[np.lexsort((found.values[some] * (-1 if kind.larger else 1), first))]
