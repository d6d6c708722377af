"""The directions view: what was given, its test, the table of it, and each direction by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from tokensphere.analysis.direction_test.compare import LEVEL
from tokensphere.analysis.direction_test.listing import COLUMNS, UNTESTABLE, WITHIN, Filter, Listing
from tokensphere.analysis.direction_test.measure import REASONS, why_untestable
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import RANKED, StatisticName
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.analysis.lists import Finder
from tokensphere.arrays import Intps
from tokensphere.directions.named import Directions
from tokensphere.display import printable
from tokensphere.errors import InputError
from tokensphere.records import plain
from tokensphere.views import words
from tokensphere.views.groups import group_names
from tokensphere.web.endpoint import Asked, Reply
from tokensphere.web.export import FORMATS, exported, saved
from tokensphere.web.lists import shown_token
from tokensphere.web.one import finite
from tokensphere.web.session import Session
from tokensphere.web.tested import NULLS, Tested, Tests, asked_statistic, asked_test
from tokensphere.web.ways import how, source_of

MOST_ROWS = 500  # at once
_MOST_TOKENS = 24  # of a row
_MOST_READ = 4096  # directions that are read to search a window of them


def overview(session: Session, asked: Asked) -> dict[str, Any]:
    """What was given, which test is asked for, and how far it is."""
    tests = Tests.of(session)
    tested = tests.get(asked)
    if tested is None:
        return {"given": None, "how": how(session, None)}
    if tested.work is None and tested.job is tests.saved:
        tested.start(session)
    work = tested.work if tested.running else None
    failed = tested.work is not None and tested.work.state == "failed" and tested.test is None
    return {
        "given": _given(session, asked, tested),
        "settings": _settings(tested),
        "choices": _choices(tested),
        "test": None if tested.test is None else _summary(tested.test, asked_statistic(asked)),
        "work": None if work is None else session.works.get(work.id).to_dict(),
        "error": tested.work.error if failed and tested.work is not None else None,
        "goes_on": tested.can_go_on,
        "has_vectors": tested.has_vectors,
        "how": how(session, tested, asked_statistic(asked)),
    }


def start(session: Session, asked: Asked) -> dict[str, Any]:
    """Do the test, or what is left of it, in the background."""
    tested = asked_test(session, asked)
    if not tested.can_go_on:
        raise InputError("this test is done; change a setting for another")
    return tested.start(session).to_dict()


def _given(session: Session, asked: Asked, tested: Tested) -> dict[str, Any]:
    directions = tested.job.directions
    return {
        "count": len(directions) // directions.ends,
        "d": directions.d,
        "title": _title(session, asked, directions),
        "groups": [printable(name) for name in directions.groups],
        "tokens": bool(directions.own),
        "saved": tested.job is Tests.of(session).saved,
    }


def _title(session: Session, asked: Asked, directions: Directions) -> str:
    given = session.given
    if asked.has("given"):
        return "dropped on this page"
    if given.directions_from:
        return printable(source_of(given))
    return printable(given.test.name) if given.test else str(directions.about["what"])


def _settings(tested: Tested) -> dict[str, Any]:
    """What the test is asked for with, as the address has it."""
    wanted, null = tested.wanted, tested.job.null
    law = f"frequency:{null.spec.tenths}" if null.spec.tenths != "ids" else null.spec.law
    flags = {"both": wanted.both_ends, **wanted.search.to_dict()}
    return {
        "null": law,
        "because": null.because,
        "nulls": str(wanted.null.draws),
        "seed": str(wanted.null.seed),
        **{name: str(int(one)) if isinstance(one, bool) else str(one) for name, one in flags.items()},
    }


def _choices(tested: Tested) -> dict[str, Any]:
    tokens = bool(tested.job.directions.own)
    laws = {**words.LAWS, "frequency:norms": "the same by the tokens' lengths"}
    of_tokens = ("frequency", "frequency:norms")
    if not tokens:
        laws["difference"] = "differences of two random tokens"
    nulls = [(name, laws[name]) for name in NULLS if tokens or name not in of_tokens]
    fields = {"similarity": tested.wanted.search.similarity, "k": tested.wanted.search.k}
    return {
        "null": nulls,
        "statistic": [(kind.name, kind.words.format(**fields)) for kind in RANKED.values()],
        "verdict": [*VERDICTS, UNTESTABLE],
        "within": list(WITHIN),
    }


def _summary(test: DirectionTest, statistic: StatisticName) -> dict[str, Any]:
    """What a test found of all directions, in words and by group."""
    ranked = test.top(1, statistic=statistic)
    groups = test.groups if len(test.groups) > 1 else ()
    named = group_names([group.name for group in groups])
    return {
        "done": len(test),
        "given": len(test.directions),
        "complete": test.complete,
        "tested": test.overall.n,
        "n_draws": test.n_draws,
        "floor": test.floor,
        "level": LEVEL,
        "verdict": words.verdict(test),
        "sentences": words.sentences(ranked),
        "caption": words.caption(test),
        "verdicts": {**plain(test.overall.verdicts), UNTESTABLE: test.overall.untestable},
        "overall": finite(test.overall[statistic].to_dict()),
        "by": words.in_words(test, RANKED[statistic]),
        "axis": named.axis,
        "common": printable(named.common),
        "groups": [
            {
                "name": printable(group.name),
                "short": printable(name),
                "tested": group.n,
                "untestable": group.untestable,
                "verdicts": plain(group.verdicts),
                **finite(group[statistic].to_dict()),
            }
            for group, name in zip(groups, named.short, strict=True)
        ],
    }


def rows(session: Session, asked: Asked) -> dict[str, Any]:
    """A window of the table."""
    tested = asked_test(session, asked)
    listing, found = tested.listing, _rows(tested, asked)
    first, count = asked.whole("first", 0), asked.whole("count", 100, 1, MOST_ROWS)
    window = found[first : first + count]
    near = {}
    if listing.test is None and asked.flag("near") and tested.has_vectors:
        near = _near(session, tested, window)
    return {
        "total": len(found),
        "of": len(listing),
        "first": first,
        "tested": listing.test is not None,
        "rows": [_row(session, listing, row, asked_statistic(asked), near) for row in window.tolist()],
    }


def _rows(tested: Tested, asked: Asked) -> Intps:
    """The rows that are asked for, in their order."""
    filter = Filter(
        text=asked.text("text", ""),
        within=asked.choice("within", WITHIN),  # type: ignore[arg-type]
        most_q=asked.number("q") if asked.has("q") else None,
        statistic=asked_statistic(asked),
        verdict=asked.text("verdict", "") or None,
        group=_group(tested, asked.text("group", "")),
    )
    usual = "p" if tested.listing.test is not None else "given"
    by = asked.choice("sort", COLUMNS, usual)
    return tested.listing.rows(filter, by, descending=asked.flag("down"))


def _group(tested: Tested, shown: str) -> str | None:
    """The group that is shown by that name."""
    return (
        next((name for name in tested.job.directions.groups if printable(name) == shown), shown) or None
    )


def _row(
    session: Session, listing: Listing, row: int, statistic: str, near: dict[int, Any]
) -> dict[str, Any]:
    directions, test = listing.directions, listing.test
    of = directions.group_of
    record = {
        "row": row,
        "name": printable(directions.titles[row]),
        "group": None if of is None else printable(directions.groups[of[row]]),
    }
    if test is None:
        return {**record, **near.get(row, {})}
    vocabulary, reason = session.space.vocabulary, REASONS[test.measured.reason[row]]
    if reason:
        return {**record, "untestable": reason}
    found = test[statistic]
    return {
        **record,
        "tokens": [shown_token(vocabulary, id) for id in test.ids[row, :_MOST_TOKENS].tolist()],
        "shared": test.themes.short(row),
        "verdict": VERDICTS[test.verdict[row]],
        **finite({
            "value": float(found.values[row]),
            "effect": float(found.effect[row]),
            "p": float(found.pvalue[row]),
            "q": float(found.qvalue[row]),
        }),
        "p_text": words.p_of(found, row),
        "q_text": words.q_of(found, row),
    }  # fmt: skip


def _near(session: Session, tested: Tested, window: Intps) -> dict[int, Any]:
    """The tokens nearest to some directions that have not been tested."""
    directions, search = tested.job.directions, tested.wanted.search
    if not len(window):
        return {}
    low, high = int(window.min()), int(window.max()) + 1
    if high - low <= _MOST_READ:
        vectors = directions.read(low, high)[window - low]
    else:
        vectors = np.concatenate([directions.read(row, row + 1) for row in window.tolist()])
    reason = why_untestable(vectors)
    good = np.flatnonzero(reason == 0)
    own = tuple(directions.own[row] for row in window[good].tolist()) if directions.own else ()
    found: dict[int, Any] = {
        int(window[i]): {"untestable": REASONS[reason[i]]} for i in np.flatnonzero(reason)
    }
    if len(good):
        finder = session.keep(("finder", search), lambda: Finder(session.space, search))
        for row, ids in zip(
            window[good].tolist(), finder.find(vectors[good], own)[0].tolist(), strict=True
        ):
            some = ids[:_MOST_TOKENS]
            found[row] = {"tokens": [shown_token(session.space.vocabulary, id) for id in some]}
    return found


def export(session: Session, asked: Asked) -> Reply:
    """The rows that are asked for, as a file."""
    tested = asked_test(session, asked)
    if tested.test is None:
        raise InputError("the test has not run yet; run it to save what it found")
    kind = asked.choice("format", (*FORMATS, "test"))
    if kind == "test":
        return saved(tested)
    by = asked.choice("sort", COLUMNS, "p")
    return exported(tested.test, _rows(tested, asked), by, asked_statistic(asked), kind)
