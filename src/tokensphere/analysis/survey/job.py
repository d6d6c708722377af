"""How often random neighbourhoods cohere, against vocabularies with no words.

docs/definitions.md 5, 6 and 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from tokensphere.above import ask
from tokensphere.analysis.job import Column, OnDirections, Progress, Table, Watcher, telling, work
from tokensphere.analysis.lists import check_vectors
from tokensphere.analysis.survey.hubs import count_hubs
from tokensphere.analysis.survey.measure import BLOCK, SurveyMeasurer
from tokensphere.analysis.survey.records import (
    FORMS,
    LEVELS,
    RANKINGS,
    ROWS,
    SurveyRecords,
    SurveySettings,
)
from tokensphere.analysis.survey.result import CoherenceRate, Survey
from tokensphere.analysis.survey.saved import check_survey
from tokensphere.analysis.survey.sharing import share_labels
from tokensphere.analysis.survey.so_far import SoFar, foreseen, survey_so_far
from tokensphere.analysis.watched import Watch, watched
from tokensphere.directions.given import DirectionsLike, make_directions
from tokensphere.errors import MOST, InputError, check_choice, check_whole
from tokensphere.geometry.coherence import Coherence, random_pair_limit
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.lens import check_cosine
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.geometry.surrogate import DEFAULT_LAW, SURROGATE_LAWS, BlockStore, SurrogateLaw
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore
from tokensphere.statistics.exceedance import exceedance_rates
from tokensphere.statistics.own_null import own_null

_PAIRS = 100_000  # for the limit of `alike`: a hundred of them lie above it
WATCHED = 512  # directions between two signs of life; a few per cent slower than thousands
_FIRST = 128  # of which something is told first
# A vocabulary is drawn in the time of so many lists for each dimension, and its law is found in as many:
# both are products of all rows with a matrix of d × d, and a list is one with a vector.
_DRAWN, _FOUND = 6, 5
LEAST = 100  # directions without which a percentile means nothing
VERSION = 4  # of what the records are; raised whenever the same settings would give others


@dataclass(frozen=True)
class SurrogateSpec:
    """The vocabularies with no words.

    Attributes
    ----------
    law : ``"blockwise"``, ``"matched"`` or ``"gaussian"``, see :mod:`tokensphere.geometry.surrogate`
    seed : of the first one's rows, 0 or more; the others have the next seeds
    count : how many, 0 or more, each direction is compared with: 19 to tell 5 %, 99 to tell 1 %
    """

    law: SurrogateLaw = DEFAULT_LAW
    seed: int = 0
    count: int = 19

    def __post_init__(self) -> None:
        check_choice("surrogate", self.law, SURROGATE_LAWS)
        check_whole("the surrogate's seed", self.seed)
        check_whole("the number of surrogates", self.count, most=MOST)


def survey(
    space: EmbeddingSpace,
    directions: DirectionsLike = 1_000,
    *,
    search: SearchSettings = SearchSettings(),  # noqa: B008 - frozen
    ks: Iterable[int] = (5, 10, 20),
    surrogate: SurrogateSpec | SurrogateLaw = DEFAULT_LAW,
    compute: Compute | None = None,
    store: BlockStore | None = None,
    progress: Watch = None,
) -> Survey:
    """How often the nearest tokens of random directions cohere, and how often with no words.

    Every direction's k nearest tokens are found in the space and in several surrogate vocabularies,
    and their coherence ``T`` compared with its own in these (docs/definitions.md 5 and 6).

    Parameters
    ----------
    space : the embeddings
    directions : how many random directions, at least 100: those of seed 0 from index 0 on; or which, as
        :class:`RandomDirections`; or any that :func:`nearest` takes
    search : k, length of the lists shown, and of those that hubs are counted in; whether the lists shown
        are those on centred rows, and whether with one token a form: rates are given for all. Cosine
    ks : numbers of neighbours whose coherence is measured; k is added
    surrogate : the vocabularies with no words, their law alone or how many, too
    compute : how many threads, for one; seen in no result
    store : where the surrogates' blocks of rows are kept, which take seconds to find; by default nowhere
    progress : called with the number of lists done since the last call, real ones or surrogates';
        True shows a bar, and below it what is known so far

    Raises
    ------
    InputError
        too few directions, one that is zero or not finite, lists longer than there are tokens, or a
        space that was loaded through a lens, which ranks by dot
    """
    seen = progress is not None and progress is not False
    job = SurveyJob(
        space, directions, search=search, ks=ks, surrogate=surrogate, compute=compute, store=store,
        block=min(WATCHED, BLOCK) if seen else None,
    )  # fmt: skip
    with watched(progress, job.counted, len(job) + job.draws, besides=job.besides) as advance:
        parts: list[SurveyRecords] = []

        watcher = Watcher(advance)

        def tell(done: SurveyRecords) -> None:
            watcher.known(ask("so far", job.so_far(done)))

        told = telling(job, parts, tell) if watcher.wants_known else lambda: None
        return job.result(work(job, parts, progress=advance, after=told))


class SurveyJob(OnDirections):
    """A survey in its steps, for whoever must be able to stop and go on; see :func:`survey`.

    Parameters
    ----------
    block : directions that are looked at together, between two signs of life; of the first fewer, so
        that something can be told soon. Seen in no result. By default as many as are fast
    least : directions that are enough: one where they are a part of a larger survey
    """

    what, counted = "survey", "lists"
    ready = True

    def __init__(
        self,
        space: EmbeddingSpace,
        directions: DirectionsLike = 1_000,
        *,
        search: SearchSettings = SearchSettings(),  # noqa: B008 - frozen
        ks: Iterable[int] = (5, 10, 20),
        surrogate: SurrogateSpec | SurrogateLaw = DEFAULT_LAW,
        compute: Compute | None = None,
        store: BlockStore | None = None,
        block: int | None = None,
        least: int = LEAST,
    ) -> None:
        check_cosine(space.lens, "a survey")
        if isinstance(directions, (int, np.integer)):
            check_count(int(directions), least)
            directions = RandomDirections(space.shape[1], int(directions))
        self.space, self._compute, self._store = space, compute, store
        self._watcher, self._left = Watcher(None), 0.0
        self._block, self._first = block or BLOCK, min(block or BLOCK, _FIRST if block else BLOCK)
        self.directions = make_directions(space, directions, search)
        check_count(len(self.directions), least)
        usable = space.moments.center().usable
        spec = surrogate if isinstance(surrogate, SurrogateSpec) else SurrogateSpec(surrogate)
        about = self.directions.about if isinstance(directions, RandomDirections) else {}
        self.settings = SurveySettings(
            seed=about.get("seed"),
            first=about.get("first", 0),
            k=search.k,
            ks=_lengths(space, search, ks),
            centered=search.centered,
            forms=search.forms,
            surrogate=spec.law,
            surrogate_seed=spec.seed,
            surrogates=spec.count,
            limit=random_pair_limit(Coherence(space.rows.using(compute)), usable, n_pairs=_PAIRS),
        )

    @property
    def key(self) -> dict[str, Any]:
        """All that the records depend on; how many there are is no part of it."""
        key = {"version": VERSION, "space": self.space.key(), **self.settings.to_dict()}
        del key["surrogates"]  # more of them can be added
        return key if self.settings.seed is not None else key | self.directions.key

    def prepare(self, progress: Progress | None = None) -> None:
        """Nothing but who is told: surrogates are made when they are needed."""
        self._watcher, self._left = Watcher(progress), self.besides

    @property
    def draws(self) -> int:
        """Lists in the surrogates."""
        return self.settings.surrogates * len(self)

    @property
    def besides(self) -> float:
        """Steps that are no lists: the surrogates' law is found and their rows are drawn."""
        return (_FOUND + _DRAWN * max(self.settings.surrogates, 1)) * self.space.shape[1]

    def _did(self, steps: float) -> None:
        """So many more of these are done; no more than there are, however often one is drawn."""
        steps = min(steps, self._left)
        self._left -= steps
        self._watcher.beside(steps)

    @cached_property
    def _measurer(self) -> SurveyMeasurer:
        self._watcher.doing("looking at the vocabulary")
        made = SurveyMeasurer(
            self.space, self.settings,
            compute=self._compute, store=self._store, drawing=self._drawing,
        )  # fmt: skip
        self._did(_FOUND * self.space.shape[1])
        return made

    def _drawing(self, number: int, rows: int) -> None:
        n, d = self.space.shape
        if not rows:
            self._watcher.doing(f"drawing {self._vocabulary(number)}")
        self._did(_DRAWN * d * rows / n)

    def _vocabulary(self, number: int) -> str:
        of = f" {number + 1} of {self.settings.surrogates}" if self.settings.surrogates else ""
        return f"vocabulary{of} with no words"

    def forget(self) -> None:
        """Let go of the last surrogate: the job and what measures hold each other, and it, too."""
        vars(self).pop("_measurer", None)

    @property
    def clipped(self) -> int:
        """Rows with no room for noise in each surrogate, if one was drawn (:class:`.Surrogates`)."""
        return self._measurer.clipped if "_measurer" in vars(self) else 0

    def blocks(self, start: int) -> Iterator[SurveyRecords]:
        """Records of the directions from number `start` on, some thousand at a time."""
        size = self._first
        while start < len(self):
            vectors = self.directions.read(start, min(start + size, len(self)))
            check_vectors(vectors, start)
            yield self._measurer.measure(vectors)
            self._watcher.doing(f"nearest tokens of {len(self):,} directions")
            start, size = start + len(vectors), self._block

    def finish(self, done: SurveyRecords, progress: Progress | None, after: Callable[[], None]) -> None:
        """Compare all directions with one surrogate after the other, those that are not yet."""
        for number in range(self.settings.surrogates):
            missing = np.isnan(done.nulls[: len(self), number, 0, 0, 0])
            start = int(np.argmax(missing)) if missing.any() else len(self)
            if progress is not None:
                progress(start)
            if start == len(self):
                continue
            for low, vectors, _ in self.directions.blocks(start, self._block):
                done.nulls[low : low + len(vectors), number] = self._measurer.beside(vectors, number)
                self._watcher.doing(f"nearest tokens in {self._vocabulary(number)}")
                if progress is not None:
                    progress(len(vectors))
            after()
        self._did(self._left)

    def join(self, parts: Sequence[SurveyRecords]) -> SurveyRecords:
        """The directions of all parts, in order."""
        return SurveyRecords.join(list(parts))

    def table(self, done: SurveyRecords) -> Table:
        """A row for each direction."""
        about = {"model": self.space.provenance.to_dict(), "settings": self.settings.to_dict()}
        return Table(done.to_columns(self.settings), about)

    def restore(self, columns: Mapping[str, Column]) -> SurveyRecords:
        """The records that a file has; a FormatError if its columns are not of this survey."""
        check_survey(columns, self.settings, self.space.rows.usable)
        return SurveyRecords.from_columns(columns, self.settings)

    def so_far(self, done: SurveyRecords) -> SoFar | None:
        """How often the lists shown are coherent, estimated; None where nothing is known yet."""
        return survey_so_far(self.settings, done)

    def result(self, done: SurveyRecords) -> Survey:
        """Rates and hubs of the directions that are done.

        Raises
        ------
        InputError
            these are fewer than 100
        """
        return replace(survey_of(self.space, self.settings, done, len(self)), key=self.key)


def survey_of(
    space: EmbeddingSpace, settings: SurveySettings, done: SurveyRecords, asked: int
) -> Survey:
    """Rates and hubs of records.

    Parameters
    ----------
    space : that they are of
    settings : that they were measured with, of as many surrogates as are wanted
    done : the records; of a file there may be more directions and surrogates than are wanted
    asked : directions that are wanted

    Raises
    ------
    InputError
        there are fewer than 100 directions
    """
    check_count(len(done))
    done = done.take(asked, settings.surrogates)
    usable = space.moments.center().usable
    hubs = [
        count_hubs(done.ids[:, i, :k], usable, ranking)
        for i, ranking in enumerate(RANKINGS)
        for k in (1, settings.k)
    ]
    return Survey(
        settings=settings,
        records=done,
        asked=asked,
        rates=tuple(_rates(settings, done)),
        hubs=tuple(hubs),
        left_out=space.left_out,
        n_tokens=int(np.count_nonzero(usable)),
        provenance=space.provenance,
        vocabulary=space.vocabulary,
    )


def _lengths(space: EmbeddingSpace, search: SearchSettings, ks: Iterable[int]) -> tuple[int, ...]:
    """All lengths of lists, ascending, checked against the space."""
    if search.similarity != "cosine":
        raise InputError(f"a survey is of cosine, not of {search.similarity}")
    lengths = tuple(sorted({*ks, search.k}))
    most = len(np.unique(space.vocabulary.forms[space.moments.center().usable]))
    if lengths[0] < 2 or lengths[-1] > most:
        raise InputError(
            f"lists of {lengths[0]} to {lengths[-1]} neighbours, but they need 2 or more, and at most"
            f" {most}: so many tokens have a direction and different forms"
        )
    return lengths


def check_count(n_directions: int, least: int = LEAST) -> None:
    """Raise `InputError` if a survey of so many directions means nothing."""
    if n_directions < least:
        raise InputError(f"{n_directions} directions are too few for a survey: ask for {least} or more")


def name_survey(
    space: EmbeddingSpace,
    survey: Survey,
    *,
    labels: LabelTable | None = None,
    store: DrawStore | None = None,
    progress: Watch = None,
) -> Survey:
    """The survey with what its lists share, in :attr:`Survey.naming` (docs/definitions.md 7).

    Parameters
    ----------
    space : that was surveyed
    survey : its lists shown are named
    labels : by default all that are built in
    store : where nulls are kept, by default the memory of this process
    progress : called with the number of draws done since the last call; True shows a bar
    """
    search = SearchSettings(
        survey.settings.k, centered=survey.settings.centered, forms=survey.settings.forms
    )
    with watched(progress, "draws") as advance:
        naming = share_labels(
            space, survey.records.shown, survey.coherent, labels=labels, search=search, store=store,
            progress=advance,
        )  # fmt: skip
    return replace(survey, naming=naming)


def _rates(settings: SurveySettings, records: SurveyRecords) -> Iterable[CoherenceRate]:
    kinds = list(product(range(len(ROWS)), range(len(FORMS)), range(len(settings.ks))))
    done = records.surrogates_done
    values = np.stack([records.coherence[:, r, f, j] for r, f, j in kinds], axis=1)
    null = np.stack([records.surrogate[:, r, j] for r, _, j in kinds], axis=1)
    found = exceedance_rates(values, null, levels=LEVELS, seed=settings.seed or 0)
    for column, (r, f, j) in enumerate(kinds):
        kind: dict[str, Any] = {"centered": bool(r), "forms": bool(f), "k": settings.ks[j]}
        yield CoherenceRate(
            **kind,
            median=float(np.median(values[:, column])),
            surrogate_median=float(np.median(null[:, column])),
            at=tuple(found[column]),
            own=own_null(values[:, column], records.nulls[:, :done, r, f, j]) if done else None,
            foreseen=foreseen(settings, records, **kind),
        )
