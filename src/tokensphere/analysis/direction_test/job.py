"""Is a direction more than chance? Its tokens beside those of a null (docs/definitions.md 8).

    given directions ─→ neighbours ─→ four statistics of them ─→ p, q, shares by group
    draws of a null  ─→ neighbours ─→ the same four ───────────↗

One direction's values depend on nothing but itself, so directions are streamed, and a test that was
stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tokensphere.analysis.direction_test.compare import by_null, compared
from tokensphere.analysis.direction_test.draws import null_values
from tokensphere.analysis.direction_test.measure import Measured, Measurer
from tokensphere.analysis.direction_test.null import Null, NullSpec, make_null
from tokensphere.analysis.direction_test.result import WHAT, DirectionTest
from tokensphere.analysis.direction_test.saved import read_measured
from tokensphere.analysis.direction_test.statistics import (
    BEST,
    STATISTICS,
    MostExtreme,
    StatisticName,
    Values,
)
from tokensphere.analysis.job import Column, OnDirections, Progress, Table, work
from tokensphere.analysis.naming.lists import NamingSpec, labels_of, name_lists
from tokensphere.analysis.watched import Watch, watched
from tokensphere.arrays import Int64s
from tokensphere.directions.given import DirectionsLike, make_directions
from tokensphere.errors import FormatError, InputError, check_choice
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.laws import Law
from tokensphere.geometry.lens import check_search, usual_search
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore
from tokensphere.statistics.pvalues import reached
from tokensphere.statistics.settle import Settled, settle

CENTERED = SearchSettings(centered=True)  # finds planted directions most often (docs/power.md)
VERSION = 3  # of what is measured of a direction; raised when it would be another value


@dataclass(frozen=True)
class SettleSpec:
    """Draw on until it is settled on which side of a level the p-values lie.

    Attributes
    ----------
    level : in (0, 1)
    statistic : whose p-values: ``"nearness"``, ``"cosine"``, ``"coherence"`` or ``"label"``
    most : how many draws that may come to

    Raises
    ------
    InputError
        an unknown statistic, or ``"any"``: the ranks that its p is of change with every draw
    """

    level: float
    statistic: StatisticName = BEST
    most: int = 100_000

    def __post_init__(self) -> None:
        if self.statistic == MostExtreme.name:
            raise InputError(
                "the p of 'any' cannot be settled, since more draws change the ranks that it is made of;"
                f" settle that of one statistic: {', '.join(STATISTICS)}"
            )
        check_choice("statistic", self.statistic, STATISTICS)


def direction_test(
    space: EmbeddingSpace,
    directions: DirectionsLike,
    *,
    null: NullSpec | Law | None = None,
    search: SearchSettings | None = None,
    labels: LabelTable | None = None,
    settle: SettleSpec | None = None,
    store: DrawStore | None = None,
    compute: Compute | None = None,
    progress: Watch = None,
) -> DirectionTest:
    """Test whether the tokens nearest to directions are more than chance.

    For each direction: its k nearest tokens; their mean similarity to it and the largest, their
    coherence T, and the smallest hypergeometric p of a label that they share; for each of these a
    p-value, the share of directions drawn from a null that are at least as extreme; and q-values over
    all directions.

    Parameters
    ----------
    space : the embeddings, n tokens × d dimensions
    directions : whatever :func:`nearest` takes: an array or PyTorch tensor of shape (d,) or (m, d);
        random directions; an open file of directions; tokens, or sums of tokens; or what
        :func:`directions` made of these, with names, groups, or both ends of each
    null : what chance is: ``"isotropic"``, ``"covariance"``, ``"own"``, ``"difference"``,
        ``"frequency"``, or a :class:`NullSpec` that says how many draws (10,000), which seed, and for
        ``"sample"`` of what; by default ``"difference"`` for tokens and sums of tokens, else
        ``"isotropic"``
    search : how neighbours are looked for, with k of 2 or more; cosine or dot. By default the 10
        nearest by cosine with centred rows; in a space that was loaded through a lens by dot, its rows
        as they are
    labels : by default those that come with tokensphere
    settle : go on drawing until it is settled on which side of a level the p-values lie
    store : where the draws of the null are kept, by default the memory of this process
    compute : how many threads, for one; seen in no result
    progress : called with the number of draws and directions done since the last call; True shows a bar

    Returns
    -------
    DirectionTest

    Raises
    ------
    InputError
        no directions, or of the wrong width; an unknown null or similarity; k larger than the number of
        tokens; a sample that is missing or has no direction; a search that is not the lens's
    """
    search = usual_search(space.lens, CENTERED) if search is None else search
    check_search(space.lens, search)
    job = DirectionTestJob(
        space, directions, null=null, search=search, labels=labels, settle=settle, store=store,
        compute=compute,
    )  # fmt: skip
    with watched(progress, "draws and directions", len(job) + job.draws) as advance:
        return job.result(work(job, [], progress=advance))


class DirectionTestJob(OnDirections):
    """A test in its steps, for whoever must be able to stop and go on; see :func:`direction_test`."""

    what = WHAT
    words: ClassVar[Mapping[str, str]] = {
        **OnDirections.words,
        "labels": "with other labels or another k",
        "search": "with another k, similarity, centring or forms",
    }

    def __init__(
        self,
        space: EmbeddingSpace,
        directions: DirectionsLike,
        *,
        null: NullSpec | Law | None = None,
        search: SearchSettings = CENTERED,
        labels: LabelTable | None = None,
        settle: SettleSpec | None = None,
        store: DrawStore | None = None,
        compute: Compute | None = None,
    ) -> None:
        spec = null if isinstance(null, NullSpec) else NullSpec(null)
        self.space, self.search, self._store = space, search, store
        self._settle = settle
        self._settled: Settled | None = None
        self.directions = make_directions(space, directions, search)
        self.measurer = Measurer(space, search, labels_of(space, labels), compute=compute)
        sample = None if spec.sample is None else make_directions(space, spec.sample, search)
        self._null = make_null(spec, self.measurer, tested=self.directions, sample=sample)
        self._drawn: dict[str, Values] | None = None

    @property
    def null(self) -> Null:
        """What the directions are compared with."""
        return self._null

    @property
    def draws(self) -> int:
        """Draws of all nulls."""
        return self._null.draws * len(self._null.parts)

    @property
    def ready(self) -> bool:
        """Whether the null is there; of one that is not, what is done is in the store."""
        return self._drawn is not None

    @property
    def key(self) -> dict[str, Any]:
        """All that the statistics of the directions depend on; the null is no part of it."""
        return {
            "version": VERSION,
            **self.directions.key,
            "labels": self.measurer.counter.digest,
            "space": self.space.key(),
            "search": self.search.to_dict(),
        }

    def prepare(self, progress: Progress | None = None) -> None:
        """Draw the null."""
        self._drawn = self._draw(self._null.draws, progress)

    def _draw(self, count: int, progress: Progress | None = None) -> dict[str, Values]:
        return null_values(self._null, self.measurer, count, store=self._store, progress=progress)

    def blocks(self, start: int) -> Iterator[Measured]:
        """The directions from number `start` on, some thousand at a time."""
        return self.measurer.blocks(self.directions, start)

    def join(self, parts: Sequence[Measured]) -> Measured:
        """The directions of all parts in their order."""
        return Measured.join(parts, self.search.k)

    def finish(self, done: Measured, progress: Progress | None, after: Callable[[], None]) -> None:
        """Draw on until the p-values are settled, if that is asked for."""
        after()  # the p-values are of this job's draws, whatever a file's are of
        if self._settle is None:
            return
        kind, spec = STATISTICS[self._settle.statistic], self._settle
        values, null_of = done.values[kind.name], self._null.of[: len(done)]
        testable = done.reason == 0

        def count(some: Values, null: Values) -> Values:
            return reached(some, null, larger=kind.larger).astype(np.float64)

        def as_extreme(draws: int) -> Int64s:
            self._drawn = self._draw(draws, progress)
            found = by_null(count, values, self._drawn[kind.name], null_of)
            return np.asarray(found[testable], dtype=np.int64)

        self._settled = settle(
            as_extreme, statistic=kind.name, first=self._null.draws, most=spec.most, level=spec.level,
            end=self._null.end,
        )  # fmt: skip

    def result(self, done: Measured) -> DirectionTest:
        """What was found for the directions that are done, the first of those given.

        Raises
        ------
        InputError
            none of the directions could be tested
        """
        if done.reason.all():
            raise InputError(_none_testable(done))
        return self._result(done)

    def _result(self, done: Measured) -> DirectionTest:
        assert self._drawn is not None, "the null has not been drawn"
        of, beyond = self._null.of[: len(done)], self._null.spec.extrapolate
        tested = compared(done.values, self._drawn, of, extrapolate=beyond)
        # A list that there is not has no label that 3 tokens share: any list would do.
        naming = NamingSpec(seed=self._null.spec.seed)
        lists = np.where(done.ids >= 0, done.ids, np.arange(self.search.k, dtype=np.int32))
        return DirectionTest(
            directions=self.directions,
            measured=done,
            tested=tested,
            themes=name_lists(self.measurer.counter, lists, naming, store=self._store),
            search=self.search,
            null=self._null,
            settled=self._settled,
            provenance=self.space.provenance,
            vocabulary=self.space.vocabulary,
            key=self.key,
        )

    def table(self, done: Measured) -> Table:
        """A row for each direction: name, group, statistics, p, q, neighbours, strongest label."""
        result = self._result(done)  # also of nothing that can be tested: more may come
        return Table(result.columns(), result.about)

    def restore(self, columns: Mapping[str, Column]) -> Measured:
        """The statistics that a file has; p and q are made anew, of all and the null.

        Raises
        ------
        FormatError
            a column is missing, has a value that there cannot be, or contradicts another
        """
        done = read_measured(columns, self.search, self.measurer.finder.scoring.usable)
        if len(done) > len(self):
            raise FormatError(f"it has {len(done):,} directions, but {len(self):,} are given")
        return done


def _none_testable(done: Measured) -> str:
    if not len(done):
        return "no direction has been tested yet"
    found = ", ".join(f"{count:,} {reason}" for reason, count in done.untestable().items())
    return f"none of the {len(done):,} directions can be tested ({found}); give others"
