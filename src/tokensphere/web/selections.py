"""The tokens that somebody chose on the map: more alike than chance, and what do they share?"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from tokensphere.analysis.card.chance import Chance
from tokensphere.analysis.map.regions import map_regions
from tokensphere.analysis.naming.lists import FEWEST
from tokensphere.analysis.random_sets import LARGEST_DRAWN, RandomSets
from tokensphere.analysis.selection import Selection, selection
from tokensphere.errors import InputError
from tokensphere.web.endpoint import Asked
from tokensphere.web.lists import shown_token
from tokensphere.web.map_colors import counter
from tokensphere.web.mapped import the_map
from tokensphere.web.session import Session

DRAWS = 999
_SHOWN, _LABELS = 40, 8
_IN_PYTHON = 30  # tokens that a line of Python names


def random_sets(session: Session) -> RandomSets:
    """What random sets are like, drawn once for each size."""
    return session.keep(
        "random sets", lambda: RandomSets(session.space, draws=DRAWS, store=session.files("nulls"))
    )


def get_ready(session: Session, _: Asked) -> dict[str, Any]:
    """Draw what all large sets are compared with, and judge one, before somebody waits for it."""
    sets = random_sets(session)
    if len(some := sets.ids[: LARGEST_DRAWN + 1]) >= FEWEST:
        selection(session.space, some.tolist(), draws=DRAWS, labels=counter(session), sets=sets)
    return {"draws": DRAWS}


def card(session: Session, asked: Asked) -> dict[str, Any]:
    """The card of a set of tokens, sent as ids of four bytes."""
    if len(asked.body) % 4 or not asked.body:
        raise InputError("no set of tokens was sent: ids of four bytes each, three or more")
    ids = np.frombuffer(asked.body, dtype="<u4").astype(np.int64)
    found = selection(
        session.space, ids.tolist(), draws=DRAWS, labels=counter(session), sets=random_sets(session),
        store=session.files("nulls"),
    )  # fmt: skip
    return {
        "size": len(found),
        "left_out": len(found.naming.left_out),
        "coherence": found.coherence,
        "effect": found.effect if isfinite(found.effect) else None,
        "drawn": found.is_drawn,
        "chance": _chance(found),
        "shared": _shared(found),
        "typical": _typical(session, found),
        "python": _python(session, found),
    }


def _chance(found: Selection) -> dict[str, Any]:
    """Where T lies among random sets."""
    title = f"random sets of {len(found):,} tokens"
    chance = Chance("coherence", "random", title, found.coherence, np.sort(found.null))
    curve = chance.curve
    return {
        **chance.to_dict(),
        "p": found.p,
        "curve": {"at": curve.at.tolist(), "density": curve.density.tolist()},
    }


def _shared(found: Selection) -> dict[str, Any]:
    """What the tokens share, and the labels of smallest p."""
    naming = found.naming
    rows = naming.ranked(3)[:_LABELS].tolist()
    return {
        "words": naming.text,
        "p": naming.p_list,
        "adjusted": "draws" if naming.drawn else "bonferroni",
        "eligible": len(naming.labels),
        "themes": [
            {
                "claim": one.text,
                "label": one.label.name,
                "words": one.label.words,
                "share": one.shared / one.k,
                "share_of_all": one.size / one.n,
            }
            for one in naming.themes
        ],
        "labels": [
            {
                "words": naming.labels[j].words,
                "shared": int(naming.shared[j]),
                "share_of_all": float(naming.sizes[j] / naming.n),
                "p": float(naming.p[j]),
                "p_familywise": float(naming.p_familywise[j]),
            }
            for j in rows
        ],
    }


def _typical(session: Session, found: Selection) -> list[dict[str, Any]]:
    """The tokens nearest to the middle of the set."""
    some = zip(found.typical[:_SHOWN].tolist(), found.middle[:_SHOWN].tolist(), strict=True)
    return [{**shown_token(session.space.vocabulary, id), "cosine": value} for id, value in some]


def _python(session: Session, found: Selection) -> str:
    model = session.given.model_from
    load = f"ts.load({model!r})" if model else "ts.load()"
    ids = found.ids.tolist()
    given = str(ids) if len(ids) <= _IN_PYTHON else "ids  # the file that the page saves: json.load"
    return f"import tokensphere as ts\nspace = {load}\nprint(ts.selection(space, {given}))"


def regions(session: Session, asked: Asked) -> dict[str, Any]:
    """How alike other regions of the map are, of as many tokens."""
    size, value = asked.whole("size", None, 2, len(session.space)), asked.number("coherence")
    found = map_regions(random_sets(session), the_map(session, asked).near, size)
    return {"size": size, "regions": len(found.coherence), "share": found.beyond(value)}
