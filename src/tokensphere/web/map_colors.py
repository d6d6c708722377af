"""What the points of the map are coloured by: a legend as JSON, and a column of bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tokensphere.analysis.map import colors
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.errors import InputError
from tokensphere.space import EmbeddingSpace
from tokensphere.web.axes import axis
from tokensphere.web.endpoint import Asked, Reply
from tokensphere.web.session import Session

BYTES = "application/octet-stream"
_PLAIN: dict[str, Callable[[EmbeddingSpace], colors.TokenColors]] = {
    "norm": colors.norms,
    "id": colors.ids,
    "kind": colors.kinds,
}
_LISTED_LABELS = 400  # of one label to choose; a thousand lemmas come by their kind


def counter(session: Session) -> LabelCounter:
    """Counts labels, for lists and sets of any length."""
    return session.keep("label counter", lambda: LabelCounter(session.labels, session.space.usable, 1))


def color(session: Session, asked: Asked) -> colors.TokenColors:
    """What a request names: ``norm``, ``id``, ``kind``, ``cluster``, ``cosine:…``, ``labels:KIND``
    or ``label:NAME``.

    Raises
    ------
    InputError
        it names nothing that points can be coloured by
    """
    by, centered = asked.text("by", "norm"), asked.flag("centered")
    found: colors.TokenColors = session.keep(
        ("colour", by, centered), lambda: _made(session, by, centered)
    )
    return found


def _made(session: Session, by: str, centered: bool) -> colors.TokenColors:
    space = session.space
    what, _, of = by.partition(":")
    if what == "cosine":
        return colors.cosines(space, axis(session, of, centered)[0], centered=centered)
    if what == "labels":
        return colors.label_kind(space, session.labels, of)
    if what == "label":
        return colors.one_label(space, session.labels, of)
    if what == "cluster":
        usable = int(np.count_nonzero(space.moments.center().usable))
        count = max(2, min(colors.MOST_GROUPS, usable))
        return colors.clusters(space, count, counter=counter(session))
    if by not in _PLAIN:
        raise InputError(
            f"{by!r:.60} is no colour; use norm, id, kind, cluster, cosine:…, labels:KIND or label:NAME"
        )
    return _PLAIN[by](space)


def legend(session: Session, asked: Asked) -> dict[str, Any]:
    """What the colours mean."""
    return color(session, asked).legend()


def column(session: Session, asked: Asked) -> Reply:
    """The number (float32) or the group (uint8) of every token."""
    found = color(session, asked)
    if isinstance(found, colors.TokenNumbers):
        return Reply(found.values.astype("<f4").tobytes(), BYTES)
    return Reply(np.asarray(found.of, dtype=np.uint8).tobytes(), BYTES)


def choices(session: Session, _: Asked) -> dict[str, Any]:
    """The kinds of labels, and single labels to choose from, those with the most tokens first."""
    table = session.labels
    order = sorted(range(len(table)), key=lambda j: (-int(table.sizes[j]), j))
    single = [j for j in order if table.labels[j].kind != "lemma"][:_LISTED_LABELS]
    return {
        "kinds": list(dict.fromkeys(label.kind for label in table.labels)),
        "labels": [
            {"name": table.labels[j].name, "words": table.labels[j].words, "size": int(table.sizes[j])}
            for j in single
        ],
    }
