"""A direction that stands in an address as one word: ``random:0:12``, ``tokens: king``, ``row:3``."""

from __future__ import annotations

from tokensphere.directions.given import make_directions
from tokensphere.directions.named import Directions
from tokensphere.display import printable
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.web.endpoint import Asked
from tokensphere.web.lists import named
from tokensphere.web.session import Session
from tokensphere.web.ways import opening


def axis(session: Session, text: str, centered: bool) -> tuple[Directions, str]:
    """The one direction that a text names, and Python that gives it as an array of shape (1, d).

    Raises
    ------
    InputError
        it names none, or several
    """
    what, _, rest = text.partition(":")
    if what == "random":
        seed, _, index = rest.partition(":")
        params = {"seed": seed or "0", "index": index or "0", "n": "1"}
    elif what in ("tokens", "row", "vector") and rest:
        params = {what: rest}
    else:
        raise InputError(
            f"{printable(text)!r:.60} is no direction; write random:SEED:INDEX, tokens:… or row:NUMBER"
        )
    of = named(session, Asked(params))
    made = make_directions(session.space, of.directions, SearchSettings(centered=centered))
    if len(made) != 1:
        raise InputError(f"{len(made)} vectors were dropped; an axis is one: name it by its row:NUMBER")
    return made, _python(session, of.python, what, rest, centered)


def _python(session: Session, given: str, what: str, rest: str, centered: bool) -> str:
    if what == "row":
        source, d = session.given.directions_from or "FILE", session.space.shape[1]
        return f"{opening(session.given, source, str(d))}.block({rest}, {int(rest) + 1})"
    search = ", ts.SearchSettings(centered=True)" if centered and what == "tokens" else ""
    return f"ts.make_directions(space, {given}{search}).read(0, 1)"
