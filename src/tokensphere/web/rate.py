"""Blinded ratings: of a list the page gets its tokens, and of which urn it is only after the end.

Lists are drawn before the first is shown, from a seed that stays here, and are known by their place in a
random order alone. So neither what is sent nor how long it takes tells one urn from another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from secrets import randbelow
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from tokensphere.analysis.rating.compare import compare_ratings
from tokensphere.analysis.rating.draw import STEPS, draw_ratings
from tokensphere.analysis.rating.judged import judge_ratings
from tokensphere.analysis.rating.plan import CHANCES, Ratings, RatingSpec
from tokensphere.display import printable, told
from tokensphere.errors import FormatError, InputError, TokensphereError
from tokensphere.ratings import now, parse_ratings, ratings_bytes
from tokensphere.views.csv import to_csv
from tokensphere.views.json import to_json
from tokensphere.web.endpoint import Asked, Reply
from tokensphere.web.judged import as_told
from tokensphere.web.lists import shown_token
from tokensphere.web.rated import RatingFiles
from tokensphere.web.session import Session

_SEEDS = 2**48  # so that a page can name one without rounding it
_MOST_SECONDS = 10**6
# Not in what the session keeps: of that the longest unused is forgotten, and these may be nowhere else.
_OF: WeakKeyDictionary[Session, RatingFiles] = WeakKeyDictionary()
_LOCK = Lock()


def rating_files(session: Session) -> RatingFiles:
    """Where ratings are kept: in the cache's folder, or nowhere but here."""
    with _LOCK:
        if session not in _OF:
            kept = session.files("ratings")
            _OF[session] = RatingFiles(None if kept is None else kept.folder)
        return _OF[session]


def sessions(session: Session, _: Asked) -> dict[str, Any]:
    """All ratings on this machine, the newest first, and how far each is."""
    files, key = rating_files(session), session.space.key()
    found = [_summary(name, one, key) for name, one in files.every()]
    found.sort(key=lambda one: one["started"], reverse=True)
    return {
        "sessions": found,
        "kept": files.folder is not None,
        "chances": CHANCES,
        "defaults": asdict(RatingSpec()),
    }


def _summary(name: str, one: Ratings | TokensphereError, key: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(one, Ratings):
        return {"id": name, "started": "", "error": told(str(one))}
    return {
        "id": name,
        "started": one.started,
        "ended": one.ended,
        "rater": printable(one.rater),
        "model": told(str(one.model["model"]), 80),
        "here": one.key == key,
        "rated": len(one.verdicts),
        "total": len(one.lists),
    }


def begin(session: Session, asked: Asked) -> dict[str, Any]:
    """Draw lists to be rated; the work that does it, and the name that they will have."""
    given = asked.json()
    spec, rater = _spec(given), _rater(given)
    files = rating_files(session)
    name = files.fresh()

    def draw(watch: Any) -> None:
        watch.say("drawing lists, real ones and chance's")
        drawn = draw_ratings(
            session.space, spec, seed=randbelow(_SEEDS), labels=session.labels,
            blocks=session.files("surrogates"), store=session.files("nulls"), progress=watch.advance,
        )  # fmt: skip
        files.put(name, drawn.unrated(now(), rater))

    work = session.works.start("rating", draw, total=STEPS, title="lists to be rated")
    return {"work": work.id, "session": name}


def _spec(given: Any) -> RatingSpec:
    names = asdict(RatingSpec())
    if not isinstance(given, dict) or not given.keys() <= {*names, "rater"}:
        raise InputError("what was sent are no settings of ratings; load the page again")
    return RatingSpec(**{name: given[name] for name in names if name in given})


def _rater(given: dict[str, Any]) -> str:
    rater = given.get("rater", "")
    if not isinstance(rater, str):
        raise InputError("the rater's name is no text")
    return rater.strip()


def _open(session: Session, name: str) -> Ratings:
    return _checked(session, rating_files(session).get(name))


def _checked(session: Session, ratings: Ratings) -> Ratings:
    """Ratings of this model's tokens.

    Raises
    ------
    InputError
        they are of another model
    FormatError
        they have ids that are no tokens
    """
    if ratings.key != session.space.key():
        model = told(str(ratings.model["model"]), 80)
        raise InputError(
            f"these ratings are of lists of {model}, and the model that is open has another matrix or"
            " vocabulary; start tokensphere explore with the other"
        )
    if max(max(one.ids) for one in ratings.lists) >= len(session.space):
        raise FormatError("these ratings have tokens that the model has not; take another copy of them")
    return ratings


def look(session: Session, asked: Asked) -> dict[str, Any]:
    """One list: its tokens, and what was said of it; by default the first that is not rated."""
    ratings = _open(session, asked.text("session"))
    at = asked.whole("at", len(ratings.verdicts), 0, len(ratings.lists))
    return _blinded(session, ratings, at)


def _blinded(session: Session, ratings: Ratings, at: int) -> dict[str, Any]:
    """What the page may know of a list."""
    done, total = len(ratings.verdicts), len(ratings.lists)
    found: dict[str, Any] = {"rated": done, "total": total, "ended": ratings.ended is not None}
    at = min(at, done)
    if ratings.ended is not None or at >= total:
        return {**found, "at": at, "tokens": None, "share": None}
    tokens = [shown_token(session.space.vocabulary, id) for id in ratings.lists[at].ids]
    share = ratings.verdicts[at].share if at < done else None
    return {**found, "at": at, "tokens": tokens, "share": share}


def verdict(session: Session, asked: Asked) -> dict[str, Any]:
    """Keep what the rater says of a list; the next one."""
    given = asked.json()
    name, at = _of(given, "session", str), _of(given, "at", int)
    share, seconds = _of(given, "share", bool), given.get("seconds", 0)
    timed = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not timed or not 0 <= seconds <= _MOST_SECONDS:
        raise InputError("the time of a verdict is no number of seconds; load the page again")
    ratings = _changed(session, name, lambda one: one.said(at, share, seconds))
    return _blinded(session, ratings, at + 1)


def undo(session: Session, asked: Asked) -> dict[str, Any]:
    """Take back the last verdict; its list."""
    name = _of(asked.json(), "session", str)
    ratings = _changed(session, name, Ratings.undone)
    return _blinded(session, ratings, len(ratings.verdicts))


def finish(session: Session, asked: Asked) -> dict[str, Any]:
    """End ratings with what is rated; from then on they stay as they are."""
    name = _of(asked.json(), "session", str)
    ratings = _changed(session, name, lambda one: one.finished(now()))
    return as_told(session, judge_ratings(ratings))


def _changed(session: Session, name: str, how: Callable[[Ratings], Ratings]) -> Ratings:
    return rating_files(session).change(name, lambda one: how(_checked(session, one)))


def _of(given: Any, name: str, kind: type) -> Any:
    value = given.get(name) if isinstance(given, dict) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f"{name} is missing in what was sent; load the page again")
    return value


def result(session: Session, asked: Asked) -> dict[str, Any]:
    """What ended ratings come to."""
    return as_told(session, judge_ratings(_open(session, asked.text("session"))))


def export(session: Session, asked: Asked) -> Reply:
    """Ended ratings as a file: to be read again, a table, all in words, or their lists alone."""
    ratings = _open(session, asked.text("session"))
    kind = asked.choice("as", ("json", "csv", "result", "plan"))
    found = judge_ratings(ratings)  # nothing of ratings that go on: the urns are in all of it
    if kind == "csv":
        return Reply(to_csv(found).encode(), "text/csv; charset=utf-8", "ratings.csv")
    if kind == "result":
        return Reply(to_json(compare_ratings(ratings)).encode(), "application/json", "result.json")
    if kind == "plan":
        content = ratings_bytes(ratings.unrated(ratings.started))
        return Reply(content, "application/json", f"plan-{ratings.plan[:8]}.json")
    return Reply(ratings_bytes(ratings), "application/json", "ratings.json")


def take(session: Session, asked: Asked) -> dict[str, Any]:
    """Ratings in a file that is dropped: a plan to be rated, ratings to go on with, or ended ones."""
    ratings = _checked(session, parse_ratings(asked.body, told(asked.text("name", "the file"), 100)))
    if not ratings.verdicts:
        ratings = ratings.unrated(now(), asked.text("rater", "").strip())
    files = rating_files(session)
    name = files.fresh()
    files.put(name, ratings)
    return {"session": name}


def remove(session: Session, asked: Asked) -> dict[str, Any]:
    """Keep ratings no longer."""
    rating_files(session).remove(_of(asked.json(), "session", str))
    return {}
