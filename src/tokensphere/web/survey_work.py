"""The survey of a page: begun or opened there, done in the background, kept, gone on with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokensphere.analysis.survey.job import (
    VERSION,
    SurrogateSpec,
    SurveyJob,
    name_survey,
    survey_of,
)
from tokensphere.analysis.survey.records import SurveyRecords
from tokensphere.analysis.survey.result import Survey
from tokensphere.errors import InputError, MissingExtraError, SourceError, TokensphereError
from tokensphere.formats.parquet import check_parquet_path
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.opened import open_survey
from tokensphere.run import go_on
from tokensphere.views.terminal.survey import so_far
from tokensphere.web.endpoint import Asked
from tokensphere.web.session import Session
from tokensphere.web.survey_shown import in_bin, lists, shown
from tokensphere.web.survey_wanted import There, Wanted, Which, how, wanted, which_of
from tokensphere.web.works import ENDED, Watch, Work

_AT_ONCE = 100  # lists of a bin
_BLOCK = 256  # directions between two signs of life: a few per cent slower than thousands


def survey(session: Session, asked: Asked) -> dict[str, Any]:
    """What is there of the survey that is asked for, and the work that is being done on it."""
    want = wanted(asked, _given(session) if asked.flag("given") else None)
    there, work = _there(session, want.which), _work(session, want.which)
    result = None if there is None else _result(session, want, there)
    return {
        "which": {
            **{name: getattr(want.which, name) for name in ("seed", "first", "k", "centered", "forms")},
            "law": want.which.law, "surrogate_seed": want.which.surrogate_seed,
            "n": want.directions, "surrogates": want.surrogates, "names": want.names,
            "given": want.which.given, "can_go_on": want.which.seed is not None,
        },
        "there": there and {"n": len(there.records), "surrogates": there.records.surrogates_done},
        "complete": result is not None and _complete(want, result),
        "work": work and work.id,
        "result": result and _shown(session, result),
        "how": how(session, want),
    }  # fmt: skip


def _shown(session: Session, result: Survey) -> dict[str, Any]:
    """What the page shows of a result; made once, as long as the result itself is kept."""
    kept: tuple[Survey, dict[str, Any]] = session.keep(
        ("survey shown", id(result)), lambda: (result, shown(result))
    )
    return kept[1]


def start(session: Session, asked: Asked) -> dict[str, Any]:
    """Compute what is missing of the survey that is asked for, in the background."""
    want = wanted(asked, _given(session) if asked.flag("given") else None)
    if want.which.seed is None:
        raise InputError("this survey is of directions that were given: go on where they are")
    work = _work(session, want.which)
    if work is not None and session.kept(("survey wanted", work.id)) == want:
        return work.to_dict()
    total = want.directions * (1 + want.surrogates)
    work = session.works.start(
        "survey", lambda watch: _do(session, want, watch), total=total, title="how often lists cohere"
    )
    session.put(("survey work", want.which), work)
    session.put(("survey wanted", work.id), want)
    return work.to_dict()


def bin_lists(session: Session, asked: Asked) -> dict[str, Any]:
    """The lists of one bin of the histogram, the most coherent first, some at a time."""
    want = wanted(asked, _given(session) if asked.flag("given") else None)
    there = _there(session, want.which)
    if there is None:
        raise InputError("there is no such survey yet: start it")
    found = _result(session, want, there)
    places = in_bin(found, asked.whole("bin", None, 0, 10_000))
    begin, most = asked.whole("from", 0), asked.whole("most", 12, 1, _AT_ONCE)
    return {"count": len(places), "from": begin, "lists": lists(found, places[begin : begin + most])}


def _do(session: Session, want: Wanted, watch: Watch) -> None:
    """The work itself: what is done of it is kept, also if it is stopped."""
    watch.say("looking at the vocabulary")
    job = _job(session, want)

    def told(part: SurveyRecords) -> None:
        watch.say(so_far(job.so_far(part)))

    path = _file(session, want.which)
    fresh = not want.which.given and _there(session, want.which) is None  # also if it is damaged
    watch.say(f"the lists of {want.directions:,} directions")
    try:
        done = go_on(job, save=path, fresh=fresh, progress=watch.advance, told=told)
    except TokensphereError as error:
        if path is None:
            raise
        name = path.name if want.which.given else "the survey that is kept"
        raise type(error)(str(error).replace(str(path), name)) from error
    most = done.part.nulls.shape[1]
    there = There(replace(job.settings, surrogates=most), done.part)
    session.put(("survey", want.which), there)
    if not want.names or done.stopped:
        return
    watch.say("what the lists share, beside lists of random tokens and of other directions")
    found = _result(session, replace(want, names=False), there)
    how: dict[str, Any] = {"labels": session.labels, "store": session.files("nulls")}
    named = name_survey(session.space, found, progress=lambda _: watch.look(), **how)
    session.put(_named(want, there), named)


def _job(session: Session, want: Wanted) -> SurveyJob:
    which, d = want.which, session.space.shape[1]
    return SurveyJob(
        session.space,
        RandomDirections(d, want.directions, first=which.first, seed=which.seed or 0),
        search=SearchSettings(which.k, centered=which.centered, forms=which.forms),
        ks=which.ks,
        surrogate=SurrogateSpec(which.law, which.surrogate_seed, want.surrogates),
        store=session.files("surrogates"),
        block=_BLOCK,
    )


def _result(session: Session, want: Wanted, there: There) -> Survey:
    """What is asked for of what is there, with what the lists share if that is known."""
    if want.names and (named := session.kept(_named(want, there))) is not None:
        return named  # type: ignore[no-any-return]
    settings = replace(there.settings, surrogates=min(want.surrogates, there.settings.surrogates))
    key = ("survey result", *_named(want, there)[1:])
    return session.keep(key, lambda: survey_of(session.space, settings, there.records, want.directions))


def _named(want: Wanted, there: There) -> tuple[Any, ...]:
    """Under what a result with names is kept: of what was asked for, as far as it is there."""
    records = there.records
    n, count = min(want.directions, len(records)), min(want.surrogates, records.surrogates_done)
    return ("survey named", want.which, n, want.directions, count)


def _complete(want: Wanted, found: Survey) -> bool:
    done = len(found) >= want.directions and found.records.surrogates_done >= want.surrogates
    return done and (found.naming is not None or not want.names)


def _work(session: Session, which: Which) -> Work | None:
    """The work on a survey that has not ended; None if there is none."""
    work: Work | None = session.kept(("survey work", which))
    return None if work is None or work.state in ENDED else work


def _there(session: Session, which: Which) -> There | None:
    """What is there of a survey, here or in the cache."""
    if which.given:
        return _given(session)
    there: There | None = session.kept(("survey", which))
    if there is None and (path := _file(session, which)) is not None and path.exists():
        with suppress(InputError, SourceError):  # what is damaged can be computed again
            there = _opened(session, path)
            session.put(("survey", which), there)
    return there


def _given(session: Session) -> There:
    """The survey that was given; of it there may be more by now."""
    path = session.given.survey
    if path is None:
        raise InputError("no survey was given; start the page with --survey FILE.parquet")
    key = ("survey given", path)
    there: There = session.keep(key, lambda: _opened(session, path))
    grown: There | None = session.kept(("survey", which_of(there)))
    return there if grown is None else grown


def _opened(session: Session, path: Path) -> There:
    found = open_survey(session.space, path)
    return There(found.settings, found.records)


def _file(session: Session, which: Which) -> Path | None:
    """The file that a survey is kept in; None where none can be."""
    if which.given:
        return session.given.survey
    if (store := session.files("surveys")) is None:
        return None
    about = {"what": "survey", "version": VERSION, "space": session.space.key()}
    key = about | {name: getattr(which, name) for name in ("seed", "first", "k", "centered", "forms")}
    key |= {"ks": list(which.ks), "law": which.law, "surrogate_seed": which.surrogate_seed}
    path = store.path(key).with_suffix(".parquet")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        check_parquet_path(path)
    except (OSError, InputError, MissingExtraError):
        return None
    return path
