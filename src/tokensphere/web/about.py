"""What every view needs to know: the model, what was given, and how long work is going."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from tokensphere._version import __version__
from tokensphere.web.endpoint import Asked
from tokensphere.web.session import Session


def info(session: Session, _: Asked) -> dict[str, Any]:
    """The model, its size, and what was given with it."""
    space, given = session.space, session.given
    source, (n, d) = space.provenance, space.shape
    return {
        "version": __version__,
        "model": PurePath(source.model).name if PurePath(source.model).is_absolute() else source.model,
        "tensor": source.tensor,
        "matrix": source.matrix,
        "sha256": source.sha256,
        "n": n,
        "d": d,
        "usable": int(space.usable.sum()),
        "given": {
            "directions": 0 if given.directions is None else len(given.directions),
            "survey": given.survey is not None,
            "test": given.test is not None,
        },
    }


def look_at_work(session: Session, asked: Asked) -> dict[str, Any]:
    """How far one piece of long work is."""
    return session.works.get(asked.path["id"]).to_dict()


def stop_work(session: Session, asked: Asked) -> dict[str, Any]:
    """Stop it; what is done is kept."""
    return session.works.stop(asked.path["id"]).to_dict()
