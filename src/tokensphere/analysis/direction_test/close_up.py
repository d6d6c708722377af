"""One direction of a test, close up: both ends beside the null, its kin, how frequent its tokens are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tokensphere.analysis.card.make import card_of_test
from tokensphere.analysis.card.result import Card
from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.analysis.direction_test.job import CENTERED, DirectionTestJob
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.direction_test.opposite import opposite_name, other_end
from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.siblings import siblings
from tokensphere.analysis.direction_test.statistics import BEST, KINDS, StatisticName
from tokensphere.analysis.job import work
from tokensphere.analysis.nearest import Neighbors
from tokensphere.analysis.result import Column, Pictured
from tokensphere.arrays import Intps
from tokensphere.directions.given import DirectionsLike, make_directions
from tokensphere.directions.named import Directions
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.laws import Law
from tokensphere.geometry.lens import check_search, usual_search
from tokensphere.geometry.similarity import SearchSettings, vector_lengths
from tokensphere.labels.table import LabelTable
from tokensphere.records import Record, plain
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore

TENTHS = 10
LEVELS = (0.5, 0.95, 0.99)  # of the null's distribution, towards what is surprising
_SIBLINGS = 5


@dataclass(frozen=True)
class Kin(Record):
    """Another direction of the same set.

    Attributes
    ----------
    name : what it is called
    cosine : to this one, in [−1, 1]
    """

    name: str
    cosine: float


@dataclass(frozen=True)
class Compared(Record, p_interval="p_interval_95"):
    """One number of a direction beside its null.

    Attributes
    ----------
    statistic : ``"nearness"``, ``"cosine"``, ``"coherence"`` or ``"label"``
    value : of the direction
    null : quantiles of the draws at 50, 95 and 99 % towards what is surprising, a tuple of 3
    p : share of the draws that are as surprising, see :class:`DirectionTest`
    q : corrected for the directions that were tested with it; of one alone its p
    effect : distance from the null's median, in its spreads; None where it has none
    at_floor : whether p is the least that there can be
    extrapolated, q_extrapolated : whether p, and q by it, is extrapolated beyond the draws
    p_interval : of a p that is, to 95 %; else None
    """

    statistic: str
    value: float
    null: tuple[float, ...]
    p: float
    q: float
    effect: float | None
    at_floor: bool
    extrapolated: bool = False
    q_extrapolated: bool = False
    p_interval: tuple[float, float] | None = None

    @classmethod
    def of(cls, name: str, found: Beside, row: int, *, larger: bool) -> Compared:
        """That of a direction of a test."""
        draws = found.nulls[int(found.null_of[row])]
        levels = LEVELS if larger else [1 - level for level in LEVELS]
        effect, p = float(found.effect[row]), float(found.pvalue[row])
        interval = None
        if found.extrapolation is not None and found.extrapolated[row]:
            low, high = found.extrapolation.interval[row].tolist()
            interval = low, high
        return cls(
            name,
            float(found.values[row]),
            tuple(np.quantile(draws[np.isfinite(draws)], levels).tolist()),
            p,
            float(found.qvalue[row]),
            effect if np.isfinite(effect) else None,
            bool(found.lowest[row]),
            bool(found.extrapolated[row]),
            bool(found.q_extrapolated[row]),
            interval,
        )


@dataclass(frozen=True, eq=False, repr=False)
class CloseUp(Pictured):
    """One direction of a test, looked at closely.

    Attributes
    ----------
    ranked : the test, with this direction alone
    card : its list beside chance, and what the list shares
    other : the same of the opposite end; None where the test has no null for it
    ends : the lists of both ends, `Neighbors` of two directions
    compared : its statistics beside the null
    length : Euclidean length of the vector as it was given, more than 0
    siblings : the directions of the same set of largest cosine by its size, nearest first; empty where
        there is no set
    tenths : how many of the nearest tokens have ids in each tenth of all ids, int array of shape (10,);
        tokenizers number tokens by frequency, so that the first tenth holds the most frequent
    """

    ranked: RankedTest
    card: Card
    other: Card | None
    ends: Neighbors
    compared: tuple[Compared, ...]
    length: float
    siblings: tuple[Kin, ...]
    tenths: Intps = field(repr=False)

    @property
    def test(self) -> DirectionTest:
        """The test that it belongs to."""
        return self.ranked.test

    @property
    def title(self) -> str:
        """What the direction is called."""
        return self.card.title

    def _in_short(self) -> str:
        return f"{self.title}: {self.card.verdict}, {self.test.provenance.model}"

    def columns(self) -> Mapping[str, Column]:
        """A row for each neighbour of both ends."""
        return self.ends.columns()

    def to_dict(self) -> dict[str, Any]:
        """The record of the test, and beside it the close-up, ready for JSON."""
        of_other = None
        if self.other is not None:
            shared = self.other.shared
            of_other = {"verdict": self.other.verdict, "shared": plain(shared) if shared else None}
        own, opposite = self.ends.records()
        about = {
            "title": self.title,
            "length": self.length,
            "shared": plain(self.card.shared),
            "compared": plain(self.compared),
            "siblings": plain(self.siblings),
            "id_tenths": self.tenths.tolist(),
            "neighbors": own["neighbors"],
            "other_end": {**(of_other or {}), "neighbors": opposite["neighbors"]},
        }
        return {**self.ranked.to_dict(), "close_up": about}


def close_up_of(
    job: DirectionTestJob,
    test: DirectionTest,
    row: int,
    among: Directions | None = None,
    place: int | None = None,
    *,
    statistic: StatisticName = BEST,
) -> CloseUp:
    """One direction of a test.

    Parameters
    ----------
    job, test : the test, and what made it
    row : which direction
    among, place : the set that it is one of, and its number there; by default those of the test
    statistic : by which it is said whether the direction stands out

    Raises
    ------
    InputError
        there is no such direction, it could not be tested, or the job has no vectors
    """
    card = card_of_test(test, row)
    other: Card | None = None
    first = card.neighbors
    if test.both_ends:
        if (other_row := row ^ 1) >= len(test):
            raise InputError("the other end has not been tested yet")
        other = card_of_test(test, other_row)
        ids, similarity = other.neighbors.ids, other.neighbors.similarity
    else:
        found = other_end(job, test, row)
        other = None if found.test is None else card_of_test(found.test, 0)
        ids, similarity = found.measured.ids.astype(np.int64), found.measured.similarity
    ends = replace(
        first,
        ids=np.concatenate([first.ids, ids]),
        similarity=np.concatenate([first.similarity, similarity]),
        names=[*first.names, opposite_name(first.names[0])],
        left_out=job.space.left_out,
    )
    vector = job.directions.read(row, row + 1).astype(np.float64)
    among, place = (job.directions, row) if among is None else (among, place)
    kin = []
    if place is not None and len(among) > among.ends:
        kin = [Kin(among.titles[one.row], one.cosine) for one in siblings(among, place, _SIBLINGS)]
    places = first.ids[0] * TENTHS // len(test.vocabulary)
    return CloseUp(
        replace(test.top(1, statistic=statistic), rows=np.array([row], dtype=np.intp)),
        card,
        other,
        ends,
        tuple(Compared.of(kind.name, test[kind.name], row, larger=kind.larger) for kind in KINDS),
        float(vector_lengths(vector)[0]),
        tuple(kin),
        np.bincount(places, minlength=TENTHS).astype(np.intp),
    )


def close_up(
    space: EmbeddingSpace,
    direction: DirectionsLike,
    *,
    among: DirectionsLike | None = None,
    null: NullSpec | Law | None = None,
    search: SearchSettings | None = None,
    labels: LabelTable | None = None,
    store: DrawStore | None = None,
    compute: Compute | None = None,
) -> CloseUp:
    """Look at one direction: both ends beside a null, what they share, its kin.

    Parameters
    ----------
    space : the embeddings
    direction : one of what :func:`direction_test` takes
    among : the set that it is one of, such as all features of its dictionary, for its siblings; a
        direction of the set that is the same is none
    null, search, labels, store, compute : as in :func:`direction_test`

    Raises
    ------
    InputError
        it is not one direction, or it is zero, constant or not finite
    """
    search = usual_search(space.lens, CENTERED) if search is None else search
    check_search(space.lens, search)
    given = make_directions(space, direction, search)
    if len(given) != given.ends:
        raise InputError(f"{len(given):,} directions are given, but a close-up is of one; pick one")
    job = DirectionTestJob(
        space, given, null=null, search=search, labels=labels, store=store, compute=compute
    )
    test = job.result(work(job, []))
    if among is None:
        return close_up_of(job, test, 0)
    every = make_directions(space, among, search)
    return close_up_of(job, test, 0, every, _place_in(every, given))


def _place_in(every: Directions, one: Directions) -> int:
    """The number of the first that is the same direction.

    Raises
    ------
    InputError
        there is none
    """
    vector = one.read(0, 1)
    for low, vectors, _ in every.blocks(0, 4096):
        same = np.flatnonzero((vectors == vector).all(axis=1))
        if len(same):
            return low + int(same[0])
    raise InputError("the direction is none of those that it is to be looked at among")
