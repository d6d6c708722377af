"""What ended ratings come to, for the page: in words, list by list, and as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tokensphere.analysis.rating.judged import RatingResult
from tokensphere.analysis.rating.plan import URNS, Ratings
from tokensphere.views.verdicts import (
    auc_in_words,
    caption,
    kappa_in_words,
    rater_in_words,
    sentences,
    urn_in_words,
)
from tokensphere.web.lists import shown_token
from tokensphere.web.session import Session


def as_told(session: Session, found: RatingResult) -> dict[str, Any]:
    """A result with its words, and each list as it was: now its urn may be known."""
    vocabulary, ratings = session.space.vocabulary, found.ratings
    rated = zip(ratings.lists, ratings.verdicts, strict=False)
    measures = [
        {
            "lists": one.lists,
            "n": one.n,
            "coherence": auc_in_words(one),
            **{what: kappa_in_words(getattr(one, what)) for what in ("coherent", "theme", "words")},
        }
        for one in found.measures
    ]
    kept = found.to_dict()
    return {
        **{
            name: kept[name] for name in ("rates", "difference", "post_rate", "plan", "seed", "settings")
        },
        "urns": {urn: urn_in_words(found, urn) for urn in URNS},
        "sentences": sentences(found),
        "caption": caption(found),
        "title": rater_in_words(found),
        "measures": measures,
        "complete": found.complete,
        "lists": [
            {
                "tokens": [shown_token(vocabulary, id) for id in one.ids],
                "urn": one.urn,
                "index": one.index if one.urn == "random" else None,
                "share": said.share,
                "theme": one.theme,
                "label": one.label,
                "coherence": one.coherence,
            }
            for one, said in rated
        ],
        "how": _how(session, ratings),
    }


def _how(session: Session, ratings: Ratings) -> dict[str, str]:
    """The same from the file that can be saved."""
    model = session.given.model_from
    spec = ", ".join(f"{name}={value!r}" for name, value in asdict(ratings.spec).items())
    return {
        "command": "tokensphere ratings ratings.json",
        "python": "import tokensphere as ts\n"
        'print(ts.judge_ratings(ts.read_ratings("ratings.json")))\n'
        f"space = ts.load({repr(model) if model else ''})  # the same lists again\n"
        f"lists = ts.draw_ratings(space, ts.RatingSpec({spec}), seed={ratings.seed})",
    }
