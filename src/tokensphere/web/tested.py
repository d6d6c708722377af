"""The tests of a page: asked for by their settings, done in the background, stopped, gone on with."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any, cast

from tokensphere.analysis.direction_test.job import CENTERED, DirectionTestJob
from tokensphere.analysis.direction_test.listing import Listing
from tokensphere.analysis.direction_test.measure import Measured
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.direction_test.reopened import SavedTest
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import BEST, RANKED, StatisticName
from tokensphere.directions.named import Directions
from tokensphere.directions.tokens import made_for
from tokensphere.errors import InputError
from tokensphere.geometry.laws import LAWS
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.run import go_on, read_saved
from tokensphere.web.endpoint import Asked
from tokensphere.web.session import Session
from tokensphere.web.works import ENDED, Watch, Work

_MOST = 6  # tests that are kept
_MOST_DRAWS = 10_000_000
NULLS = (*(law for law in LAWS if law != "sample"), "frequency:norms", "sample")


@dataclass(frozen=True)
class Wanted:
    """Which test is asked for.

    Attributes
    ----------
    null : its law, draws and seed; the rows of a sample aside
    sample : the id of vectors that were dropped on the page, for the law ``sample``
    search : how neighbours are looked for
    both_ends : whether the opposite of each direction is tested, too
    """

    null: NullSpec
    search: SearchSettings
    both_ends: bool
    sample: str = ""


@dataclass
class Tested:
    """One test: what is to be done, and what is done of it.

    Attributes
    ----------
    wanted, job : which, and the work
    part : what is measured so far
    test : what that says; None before there is anything to show
    stopped : whether it was stopped before all was done
    work : the long work that last worked on it
    """

    wanted: Wanted
    job: DirectionTestJob
    part: Measured | None = None
    test: DirectionTest | None = None
    stopped: bool = False
    work: Work | None = None
    _listing: Listing | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether somebody works on it, or soon will."""
        return self.work is not None and self.work.state not in ENDED

    @property
    def has_vectors(self) -> bool:
        """Whether the directions themselves are there, and not only what a table has of them."""
        return not isinstance(self.job, SavedTest) or self.job.has_vectors

    @property
    def can_go_on(self) -> bool:
        """Whether there is something left to do, and it can be done."""
        return self.test is None or (self.has_vectors and not self.test.complete)

    @property
    def listing(self) -> Listing:
        """The rows of what is done; all directions before that."""
        if self._listing is None or self._listing.test is not self.test:
            self._listing = Listing(self.job.directions, self.test)
        return self._listing

    def start(self, session: Session) -> Work:
        """Do what is left of it in the background; what is running already goes on."""
        if self.work is not None and self.running:
            return self.work
        done = 0 if self.part is None else len(self.part)
        total = self.job.draws + len(self.job) - done
        self.work = session.works.start("test", self._do, total=total, title="the test")
        return self.work

    def _do(self, watch: Watch) -> None:
        draws, m = self.job.draws, len(self.job)
        done = 0 if self.part is None else len(self.part)
        count = 0

        def progress(steps: int) -> None:
            nonlocal count
            count += steps
            if count <= draws:
                watch.say(f"{count:,} of {draws:,} directions of the null")
            else:
                watch.say(f"{done + count - draws:,} of {m:,} directions")
            watch.advance(steps)

        watch.say("drawing the null")
        found = go_on(self.job, there=self.part, progress=progress)
        self.test = self.job.result(found.part)
        self.part, self.stopped = found.part, found.stopped


class Tests:
    """The tests of a session, made when they are asked for; the last few are kept."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: OrderedDict[Any, Tested] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def of(cls, session: Session) -> Tests:
        """Those of a session."""
        return session.keep("tests of directions", lambda: cls(session))

    def check(self) -> None:
        """Open the saved test, if one was given: whoever starts the page learns what is wrong with it.

        Raises
        ------
        TokensphereError
            it cannot be opened, or is of something else
        """
        _ = self.saved

    @cached_property
    def saved(self) -> SavedTest | None:
        """What was given as a saved test.

        Raises
        ------
        TokensphereError
            it cannot be opened, or is of something else
        """
        session = self._session
        if (path := session.given.test) is None:
            return None
        columns, about = read_saved(path, SavedTest.what)
        return SavedTest(
            session.space, columns, about, directions=session.given.directions,
            labels=session.labels, store=session.files("nulls"), name=path.name,
        )  # fmt: skip

    def given(self, asked: Asked) -> Directions | None:
        """The directions of a request: those dropped on the page, or given on the command line."""
        if not asked.has("given"):
            return self._session.given.directions
        return _dropped(self._session, asked.text("given"))

    def wanted(self, asked: Asked) -> Wanted:
        """Which test a request asks for; what it leaves out is as in the saved test, or as usual.

        Raises
        ------
        InputError
            there are no such settings
        """
        saved = None if asked.has("given") else self.saved
        usual = Wanted(NullSpec(), CENTERED, False) if saved is None else _wanted_of(saved)
        law = asked.choice("null", ("", *NULLS)) or _name_of(usual.null)
        of, _, tenths = law.partition(":")
        sample = asked.text("sample", usual.sample if law == _name_of(usual.null) else "")
        if of == "sample" and not sample:
            raise InputError("the null 'sample' needs vectors to draw from; drop a file of them")
        null: Any = {
            "law": of or None,
            "draws": asked.whole("nulls", usual.null.draws, 1, _MOST_DRAWS),
            "seed": asked.whole("seed", usual.null.seed),
            "tenths": tenths or "ids",
            "sample": "dropped" if of == "sample" else None,
        }
        both_ends = asked.flag("both", usual.both_ends)
        return Wanted(NullSpec(**null), asked.settings(usual.search), both_ends, sample)

    def get(self, asked: Asked) -> Tested | None:
        """The test that a request asks for, begun or not; None where there are no directions.

        Raises
        ------
        InputError
            settings that do not fit the directions, or a test of directions of which only a saved table
            is there, with other settings than it has
        """
        directions, wanted = self.given(asked), self.wanted(asked)
        saved = None if asked.has("given") else self.saved
        if saved is not None and wanted == _wanted_of(saved):
            return self._keep("saved", lambda: Tested(wanted, saved, saved.there))
        if directions is None:
            if saved is None:
                return None
            raise InputError(
                "a saved test has no vectors, so it cannot be done with other settings; start with"
                " --directions, too, or go back to its own"
            )
        return self._keep(
            (id(directions), wanted), lambda: Tested(wanted, self._job(directions, wanted))
        )

    def _keep(self, key: Any, make: Any) -> Tested:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _job(self, directions: Directions, wanted: Wanted) -> DirectionTestJob:
        session, null = self._session, wanted.null
        if null.law == "sample":
            sample = _dropped(session, wanted.sample)
            null = NullSpec("sample", null.draws, null.seed, sample)
        made = made_for(session.space, directions, wanted.search)
        return DirectionTestJob(
            session.space, made.both_ends() if wanted.both_ends else made, null=null,
            search=wanted.search, labels=session.labels, store=session.files("nulls"),
        )  # fmt: skip


def asked_test(session: Session, asked: Asked) -> Tested:
    """The test that a request asks for.

    Raises
    ------
    InputError
        as :meth:`Tests.get`, or there are no directions
    """
    tested = Tests.of(session).get(asked)
    if tested is None:
        raise InputError("no directions were given; start with --directions FILE, or drop a file")
    return tested


def asked_statistic(asked: Asked) -> StatisticName:
    """The statistic that a request asks for."""
    found: Any = asked.choice("statistic", tuple(RANKED), BEST)
    return cast(StatisticName, found)


def _dropped(session: Session, id: str) -> Directions:
    found: Directions | None = session.kept(("vector", id))
    if found is None:
        raise InputError("those directions were dropped on another page; drop the file here again")
    return found


def _wanted_of(saved: SavedTest) -> Wanted:
    """What would be asked for to get a saved test."""
    spec = saved.null.spec
    sample = "saved" if spec.law == "sample" else ""
    null = NullSpec(spec.law, spec.draws, spec.seed, "dropped" if sample else None, spec.tenths)
    return Wanted(null, saved.search, saved.directions.ends == 2, sample)


def _name_of(null: NullSpec) -> str:
    """A null as the command line calls it; empty where it is chosen by what the directions are."""
    return f"frequency:{null.tenths}" if null.tenths != "ids" else null.law or ""
