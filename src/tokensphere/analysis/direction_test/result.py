"""A test of directions as it is asked for and told, and its most surprising directions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.analysis.direction_test.measure import REASONS
from tokensphere.analysis.direction_test.outcome import Order, Outcome
from tokensphere.analysis.direction_test.statistics import (
    BEST,
    Statistic,
    StatisticName,
    check_statistic,
)
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.analysis.job import said_of
from tokensphere.analysis.lists import neighbor_records
from tokensphere.analysis.naming.counts import NO_LABEL
from tokensphere.analysis.result import Column, Pictured
from tokensphere.arrays import Bools, Intps
from tokensphere.records import plain, record

WHAT = "test of directions"
# What a saved test says of itself, beside the key.
_SAID = ("model", "directions", "settings", "given", "done", "sample_left_out", "overall", "groups")


@dataclass(frozen=True, eq=False, repr=False)
class DirectionTest(Outcome, Pictured):
    """Directions beside a null: ``result["nearness"].pvalue`` and its kin are arrays of shape (m,).

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

    @overload
    def __getitem__(self, which: str) -> Beside: ...
    @overload
    def __getitem__(self, which: int) -> dict[str, Any]: ...
    def __getitem__(self, which: str | int) -> Beside | dict[str, Any]:
        """What was found by one statistic: ``"nearness"``, ``"cosine"``, ``"coherence"``, ``"label"``.

        And by ``"any"`` of the four, corrected for looking at four. By a number, what was found for
        that direction: the record in :meth:`to_dict`, of one that could not be tested with the reason.

        Raises
        ------
        InputError
            there is no such statistic
        IndexError
            there is no such direction
        """
        if isinstance(which, str):
            return self.tested[check_statistic(which).name]
        row = range(len(self))[which]
        return self._row(row) if self.testable[row] else self._untestable(row)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The record of each direction, in their order."""
        return (self[row] for row in range(len(self)))

    def top(
        self,
        n: int = 20,
        *,
        sort: Order = "p",
        statistic: StatisticName = BEST,
        where: Bools | None = None,
        asked: Sequence[str] = (),
    ) -> RankedTest:
        """The first `n` directions in an order, for showing; all of them if `n` is 0.

        Parameters
        ----------
        n : how many
        sort, statistic : as in :meth:`order`
        where : bool array of shape (m,), which directions are meant; by default all
        asked : what they were chosen by, in words
        """
        order = self.order(sort, statistic)
        fitting = order if where is None else order[where[order]]
        shown = fitting[:n] if n else fitting
        count = None if where is None else len(fitting)
        return RankedTest(self, shown, check_statistic(statistic), sort, tuple(asked), count)

    def columns(self) -> dict[str, Column]:
        """A row for each direction: name, group, statistics, p, q, neighbours, strongest label.

        ``neighbor_tokens`` are the nearest tokens as they are shown, ``shared`` the strongest label in
        words; both are empty where there is nothing.
        """
        columns: dict[str, Column] = {"direction": self.names}
        if self.directions.group_of is not None:
            columns["group"] = [self.group_name(row) or "" for row in range(len(self))]
        for name, found in self.tested.items():
            columns |= {name: found.values, f"p_{name}": found.pvalue, f"q_{name}": found.qvalue}
            columns[f"effect_{name}"] = found.effect
            if (more := found.extrapolation) is not None:
                columns |= {f"p_{name}_extrapolated": found.extrapolated}
                columns |= {f"q_{name}_extrapolated": found.q_extrapolated}
                columns |= {f"p_{name}_low": more.interval[:, 0], f"p_{name}_high": more.interval[:, 1]}
        columns |= {"neighbor_ids": self.ids, "neighbor_similarity": self.similarity}
        columns["neighbor_tokens"] = self._tokens()
        columns["verdict"] = [VERDICTS[code] if code >= 0 else "" for code in self.verdict.tolist()]
        columns["null"] = [self.null_title(row) for row in range(len(self))]
        columns["untestable"] = [REASONS[code] for code in self.measured.reason.tolist()]
        themes = self.themes
        shared = np.where(themes.has_theme & self.testable, themes.smallest.label, NO_LABEL)
        labels = themes.counter.labels
        columns["label_shared"] = ["" if j == NO_LABEL else labels[j].name for j in shared.tolist()]
        columns["shared"] = ["" if j == NO_LABEL else labels[j].words for j in shared.tolist()]
        return columns

    def _tokens(self) -> list[str]:
        """The nearest tokens of each direction as they are shown, two spaces between them."""
        shown = {id: self.vocabulary.visible(id) for id in np.unique(self.ids).tolist() if id >= 0}
        return ["  ".join(shown[id] for id in row if id >= 0) for row in self.ids.tolist()]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, in the order of the directions."""
        return self.record(range(len(self)))

    def record(self, rows: Iterable[int]) -> dict[str, Any]:
        """The test as a whole, and some of its directions."""
        reason = self.measured.reason
        return {
            "model": self.provenance.to_dict(),
            "directions": self.directions.about,
            "settings": {
                **self.search.to_dict(),
                "null": self.null.spec.law,
                "null_because": self.null.because,
                "n_null": self.n_draws,
                "seed": self.null.spec.seed,
                "extrapolate": self.null.spec.extrapolate,
                **record(self, "both_ends", "own_left_out"),
                "nulls": self.null.about,
            },
            "given": len(self.directions),
            "done": len(self),
            **record(self, "floor", "settled", floor="p_floor"),
            "limits": {name: found.limit.to_dict() for name, found in self.tested.items()},
            **self._extrapolations(),
            "sample_left_out": self.null.left_out,
            **record(self, "overall", "groups"),
            "untestable": [self._untestable(i) for i in np.flatnonzero(reason).tolist()],
            "results": [self._row(i) for i in rows if reason[i] == 0],
        }

    @property
    def kept_as(self) -> dict[str, Any] | None:
        """What its Parquet file says of itself, so that :func:`~tokensphere.open_test` opens it."""
        return said_of(WHAT, self.key, self.about) if self.key else None

    @property
    def about(self) -> dict[str, Any]:
        """The test as a whole in a few facts, for people and other programs."""
        record = self.record(())
        return {name: record[name] for name in _SAID}

    def _beside(self) -> dict[str, Any]:
        return self.record(())

    def _in_short(self) -> str:
        nulls = f"{self.n_draws:,} draws of {self.null.spec.law}"
        return f"{len(self):,} directions beside {nulls}, {self.provenance.model}"

    def _extrapolations(self) -> dict[str, Any]:
        """By statistic what was extrapolated and why not, if that was asked for."""
        asked = {name: found.extrapolation for name, found in self.tested.items()}
        return {"extrapolation": plain(asked)} if self.null.spec.extrapolate else {}

    def _untestable(self, row: int) -> dict[str, Any]:
        reason = REASONS[self.measured.reason[row]]
        return {"direction": self.directions.titles[row], "reason": reason}

    def _row(self, row: int) -> dict[str, Any]:
        return {
            "direction": self.directions.titles[row],
            "group": self.group_name(row),
            "verdict": VERDICTS[self.verdict[row]],
            "null": self.null_title(row),
            **{
                name: {
                    "value": float(found.values[row]),
                    "effect": float(found.effect[row]) if np.isfinite(found.effect[row]) else None,
                    "p": float(found.pvalue[row]),
                    "q": float(found.qvalue[row]),
                    **_extrapolated(found, row),
                }
                for name, found in self.tested.items()
            },
            "name": self.themes.text(row),
            "themes": plain(self.themes[row]),
            "neighbors": neighbor_records(self.vocabulary, self.ids[row], self.similarity[row]),
        }


def _extrapolated(found: Beside, row: int) -> dict[str, Any]:
    """Of which kind the p and the q of a direction are, where they may be extrapolated."""
    if (more := found.extrapolation) is None:
        return {}
    mine = bool(found.extrapolated[row])
    return {
        "extrapolated": mine,
        "q_extrapolated": bool(found.q_extrapolated[row]),
        "p_interval_95": more.interval[row].tolist() if mine else None,
    }


@dataclass(frozen=True, eq=False, repr=False)
class RankedTest(Pictured):
    """Some directions of a test in an order.

    Attributes
    ----------
    test : all of it
    rows : int array, the directions to show
    statistic : whose p-values they were ranked by
    sort : the order
    asked : what they were chosen by, in words; empty if all were meant
    fitting : how many directions were chosen; None if all were meant
    """

    test: DirectionTest
    rows: Intps
    statistic: type[Statistic]
    sort: str
    asked: tuple[str, ...] = ()
    fitting: int | None = None

    def __len__(self) -> int:
        """Number of directions that are shown."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The record of each direction, in this order."""
        return (self[place] for place in range(len(self)))

    def __getitem__(self, which: int) -> dict[str, Any]:
        """The record of the direction in this place."""
        return self.test[int(self.rows[which])]

    def _beside(self) -> dict[str, Any]:
        return {**self.test.record(()), "sort": self.sort, "statistic": self.statistic.name}

    def _in_short(self) -> str:
        return f"{len(self):,} of {len(self.test):,} directions by {self.sort} of {self.statistic.name}"

    @property
    def found(self) -> Beside:
        """What was found by the statistic."""
        return self.test.tested[self.statistic.name]

    def columns(self) -> dict[str, Column]:
        """Those of the test, a row for each of these directions, in their order."""
        rows = self.rows.tolist()
        return {
            name: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
            for name, column in self.test.columns().items()
        }

    def to_dict(self) -> dict[str, Any]:
        """The test as a whole, and these directions, ready for JSON."""
        record = self.test.record(self.rows.tolist())
        order: dict[str, Any] = {"sort": self.sort, "statistic": self.statistic.name}
        if self.fitting is not None:
            order |= {"filters": list(self.asked), "fitting": self.fitting}
        return {**record, "overview": plain(self.test.overview), "order": order}
