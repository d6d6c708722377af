"""One direction of a test by itself: both ends, beside the null, and what points the same way."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from tokensphere.analysis.card.make import card_of_test
from tokensphere.analysis.card.result import Card
from tokensphere.analysis.direction_test.measure import REASONS
from tokensphere.analysis.direction_test.opposite import other_end
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.siblings import siblings
from tokensphere.display import printable
from tokensphere.errors import InputError
from tokensphere.views.words import p_of, q_of
from tokensphere.web.endpoint import Asked
from tokensphere.web.lists import shown_token
from tokensphere.web.session import Session
from tokensphere.web.tested import Tested, asked_statistic, asked_test

_MOST_VALUES = 2**28  # of all directions, when siblings are looked for


def one(session: Session, asked: Asked) -> dict[str, Any]:
    """One direction of a test: both ends, its numbers beside the null, and what they say."""
    tested = asked_test(session, asked)
    test = tested.test
    if test is None:
        raise InputError("the test has not run yet; run it to see a direction beside chance")
    row = asked.whole("row", None, 0, len(test) - 1)
    name = printable(test.directions.titles[row])
    if reason := REASONS[test.measured.reason[row]]:
        return {"row": row, "title": name, "untestable": reason}
    return {
        "row": row,
        **_card(session, test, row),
        "null": printable(test.null_title(row)),
        "group": None if (group := test.group_name(row)) is None else printable(group),
        "place": int(np.flatnonzero(test.order("p", asked_statistic(asked)) == row)[0]) + 1,
        "of": test.overall.n,
        "other": _other(session, tested, test, row),
    }


def _card(session: Session, test: DirectionTest, row: int) -> dict[str, Any]:
    card: Card = card_of_test(test, row)
    record = card.to_dict()
    vocabulary = session.space.vocabulary
    for beside in record["chance"]:
        found = test[beside["statistic"]]
        beside |= finite({"q": float(found.qvalue[row]), "effect": float(found.effect[row])})
        beside |= {"p_text": p_of(found, row), "q_text": q_of(found, row)}
    every = test["any"]
    return {
        "title": printable(card.title),
        "verdict": card.verdict,
        "neighbors": [
            {**shown_token(vocabulary, one["id"]), "rank": one["rank"], "similarity": one["similarity"]}
            for one in record["neighbors"]
        ],
        "chance": record["chance"],
        "any": finite({"p": float(every.pvalue[row]), "q": float(every.qvalue[row])}),
        "shared": record["shared"],
        "draws": test.n_draws,
        "alone": len(test) == 1,
    }


def _other(session: Session, tested: Tested, test: DirectionTest, row: int) -> dict[str, Any]:
    """The other end of a direction; what there is of it."""
    if test.both_ends:
        other = row ^ 1
        if other >= len(test):
            return {"missing": "The other end has not been tested yet."}
        return {"row": other, **_card(session, test, other)}
    if not tested.has_vectors:
        return {"missing": "A saved test has no vectors: start with --directions to see the other end."}
    found = other_end(tested.job, test, row)
    if found.test is not None:
        return _card(session, found.test, 0)
    vocabulary = session.space.vocabulary
    pairs = zip(found.measured.ids[0].tolist(), found.measured.similarity[0].tolist(), strict=True)
    return {
        "title": f"{printable(test.directions.titles[row])} (−)",
        "neighbors": [
            {**shown_token(vocabulary, id), "rank": rank, "similarity": value}
            for rank, (id, value) in enumerate(pairs, 1)
        ],
        "missing": "Its tokens have other signs, for which this test has no null: test both ends.",
    }


def alike(session: Session, asked: Asked) -> dict[str, Any]:
    """The other directions that point the same way as one, or the opposite way."""
    tested = asked_test(session, asked)
    directions = tested.job.directions
    if not tested.has_vectors:
        return {"siblings": None, "why": "A saved test has no vectors: start with --directions."}
    if len(directions) * directions.d > _MOST_VALUES:
        return {"siblings": None, "why": f"Too many to look through: {len(directions):,} directions."}
    row = asked.whole("row", None, 0, len(directions) - 1)
    found = siblings(directions, row)
    return {
        "siblings": [
            {"row": one.row, "name": printable(directions.titles[one.row]), "cosine": one.cosine}
            for one in found
        ]
    }


def finite(record: dict[str, Any]) -> dict[str, Any]:
    """The same with None for numbers that are not finite, which JSON has no word for."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in record.items()
    }
