"""What a test of directions found, and its most surprising directions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.direction_test.groups import GroupShares
from tokensphere.analysis.direction_test.measure import (
    BEST,
    LARGER,
    REASONS,
    STATISTICS,
    Statistic,
    check_statistic,
)
from tokensphere.analysis.naming.lists import ListNames
from tokensphere.analysis.nearest import SearchSettings, token_record
from tokensphere.analysis.result import Result
from tokensphere.errors import InputError
from tokensphere.geometry.laws import Law
from tokensphere.space import Provenance
from tokensphere.statistics.settle import Settled
from tokensphere.vocabulary import Vocabulary

Order = Literal["p", "q", "T", "name"]
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True)
class DirectionTestSettings:
    """How directions were tested.

    Attributes
    ----------
    search : how their neighbours were looked for
    null, n_null, seed : the law of the null, how many directions were drawn from it, and their seed
    both_ends : whether the opposite of each direction was tested, too
    own_left_out : whether the tokens that directions were made of could not be found
    """

    search: SearchSettings
    null: Law
    n_null: int
    seed: int
    both_ends: bool
    own_left_out: bool

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        rest = {name: value for name, value in vars(self).items() if name != "search"}
        return {**self.search.to_dict(), **rest}


@dataclass(frozen=True)
class NeighborLists:
    """The nearest tokens of m directions; −1 and NaN for those that could not be tested.

    Attributes
    ----------
    ids : int32 array of shape (m, k), nearest first
    similarity : float64 array of shape (m, k), cosine in [−1, 1], or dot with the unit direction
    """

    ids: npt.NDArray[np.int32]
    similarity: npt.NDArray[np.float64]


@dataclass(frozen=True)
class DirectionTest(Result):
    """m directions beside a null; the columns of arrays of shape (m, 4) are `STATISTICS`.

    Attributes
    ----------
    names : what the directions are called
    statistic : float64 array of shape (m, 4): the mean and the largest similarity of the k nearest
        tokens, their coherence T, the smallest p of a label; NaN where a direction could not be tested
    pvalue : ``(1 + #{draws at least as extreme}) / (1 + B)``, shape (m, 4); one-sided
    qvalue : Benjamini & Hochberg's, each statistic by itself, shape (m, 4)
    null_distribution : the statistics of the B draws of the null, shape (B, 4)
    neighbors : the nearest tokens
    reason : int8 array of shape (m,), a place in `REASONS`: why a direction could not be tested; or 0
    themes : what the tokens of each list share beyond chance
    overall, groups : how many stand out, of all and by group (of a file, its tensors)
    group_names, group_of : the name of each group, and for each direction its number
    settings : how it was done
    source : what the directions are
    null_source : what the null was made of beside the matrix
    n_given : how many directions were given; more than m if the test was stopped
    settled : how drawing on ended, if that was asked for
    sample_left_out : rows of the null's sample that are no directions
    """

    names: Sequence[str] = field(repr=False)
    statistic: npt.NDArray[np.float64] = field(repr=False)
    pvalue: npt.NDArray[np.float64] = field(repr=False)
    qvalue: npt.NDArray[np.float64] = field(repr=False)
    null_distribution: npt.NDArray[np.float64] = field(repr=False)
    neighbors: NeighborLists = field(repr=False)
    reason: npt.NDArray[np.int8] = field(repr=False)
    themes: ListNames = field(repr=False)
    overall: GroupShares
    groups: tuple[GroupShares, ...] = field(repr=False)
    group_names: tuple[str, ...] = field(repr=False)
    group_of: npt.NDArray[np.intp] | None = field(repr=False)
    settings: DirectionTestSettings
    source: dict[str, Any]
    null_source: dict[str, Any]
    n_given: int
    settled: Settled | None
    sample_left_out: int
    provenance: Provenance = field(repr=False)
    vocabulary: Vocabulary = field(repr=False)

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.reason)

    @property
    def testable(self) -> npt.NDArray[np.bool_]:
        """True for directions that could be tested, shape (m,)."""
        return np.asarray(self.reason == 0)

    @property
    def untestable(self) -> dict[str, int]:
        """How many could not be tested, by reason: zero, not finite, constant."""
        return dict(Counter(REASONS[code] for code in self.reason[self.reason != 0].tolist()))

    @property
    def floor(self) -> float:
        """The smallest p-value that so many draws can give, ``1/(1 + B)``."""
        return 1 / (1 + len(self.null_distribution))

    @property
    def at_floor(self) -> tuple[int, ...]:
        """How many p-values are the smallest that there can be, by statistic."""
        return tuple(np.count_nonzero(self.pvalue <= self.floor, axis=0).tolist())

    @property
    def complete(self) -> bool:
        """Whether all directions that were given are here."""
        return len(self) == self.n_given

    @property
    def tied(self) -> bool:
        """Whether input and output matrix are known to be the same."""
        return any("tied" in note for note in self.provenance.notes)

    def order(self, by: str = "p", statistic: str = BEST) -> npt.NDArray[np.intp]:
        """The directions that could be tested, the most surprising first.

        Parameters
        ----------
        by : ``"p"`` or ``"q"`` of the statistic, ``"T"`` (the largest first) or ``"name"``
        statistic : one of `STATISTICS`

        Returns
        -------
        int array; of equal p, the more extreme statistic first, then as given
        """
        column = check_statistic(statistic)
        some = np.flatnonzero(self.testable)
        if by not in ORDERS:
            raise InputError(f"unknown order {by!r:.100}: use one of {', '.join(ORDERS)}")
        if by == "name":
            return np.array(sorted(some.tolist(), key=lambda i: _natural(self.names[i])), dtype=np.intp)
        if by == "T":
            return some[np.argsort(-self.statistic[some, check_statistic("coherence")], kind="stable")]
        first = (self.pvalue if by == "p" else self.qvalue)[some, column]
        extreme = self.statistic[some, column] * (-1 if LARGER[column] else 1)
        return some[np.lexsort((extreme, first))]

    def top(self, n: int = 20, *, by: str = "p", statistic: str = BEST) -> RankedTest:
        """The first `n` directions in an order, for showing; all of them if `n` is 0.

        Parameters
        ----------
        n : how many
        by, statistic : as in :meth:`order`
        """
        order = self.order(by, statistic)
        return RankedTest(self, order[:n] if n else order, STATISTICS[check_statistic(statistic)], by)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, in the order of the directions."""
        return self.record(range(len(self)))

    def record(self, rows: Iterable[int]) -> dict[str, Any]:
        """The test as a whole, and some of its directions."""
        untestable = np.flatnonzero(self.reason).tolist()
        return {
            "model": self.provenance.to_dict(),
            "directions": self.source,
            "settings": {**self.settings.to_dict(), "null_source": self.null_source},
            "given": self.n_given,
            "done": len(self),
            "p_floor": self.floor,
            "settled": self.settled and self.settled.to_dict(),
            "sample_left_out": self.sample_left_out,
            "overall": self.overall.to_dict(),
            "groups": [group.to_dict() for group in self.groups],
            "untestable": [
                {"direction": self.names[i], "reason": REASONS[self.reason[i]]} for i in untestable
            ],
            "results": [self._row(i) for i in rows if self.reason[i] == 0],
        }

    def _row(self, row: int) -> dict[str, Any]:
        ids, values = self.neighbors.ids[row].tolist(), self.neighbors.similarity[row].tolist()
        columns = zip(
            STATISTICS, self.statistic[row].tolist(), self.pvalue[row].tolist(),
            self.qvalue[row].tolist(), strict=True,
        )  # fmt: skip
        return {
            "direction": self.names[row],
            "group": self.group_name(row),
            **{name: {"value": value, "p": p, "q": q} for name, value, p, q in columns},
            "name": self.themes.text(row),
            "themes": [theme.to_dict() for theme in self.themes[row]],
            "neighbors": [
                {"rank": rank, **token_record(self.vocabulary, id), "similarity": value}
                for rank, (id, value) in enumerate(zip(ids, values, strict=True), start=1)
            ],
        }

    def group_name(self, row: int) -> str | None:
        """The group of a direction; None where there are none."""
        return None if self.group_of is None else self.group_names[self.group_of[row]]


@dataclass(frozen=True)
class RankedTest(Result):
    """Some directions of a test in an order.

    Attributes
    ----------
    test : all of it
    rows : int array, the directions to show
    statistic : whose p-values they were ranked by
    by : the order
    """

    test: DirectionTest
    rows: npt.NDArray[np.intp]
    statistic: Statistic
    by: str

    @cached_property
    def column(self) -> int:
        """The column of the statistic."""
        return check_statistic(self.statistic)

    def to_dict(self) -> dict[str, Any]:
        """The test as a whole, and these directions, ready for JSON."""
        record = self.test.record(self.rows.tolist())
        return {**record, "order": {"by": self.by, "statistic": self.statistic}}


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``W[2]`` before ``W[10]``."""
    parts = re.split(r"([0-9]{1,18})", name)
    return [(int(part) if i % 2 else 0, part) for i, part in enumerate(parts)]
