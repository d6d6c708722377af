"""Requests become calls of a plain function, and what it returns becomes a reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from tokensphere.errors import InputError, check_choice
from tokensphere.geometry.similarity import SearchSettings

if TYPE_CHECKING:
    from tokensphere.web.session import Session

_YES = {"1": True, "true": True, "0": False, "false": False, "": False}
MOST_NEIGHBORS = 200


@dataclass(frozen=True)
class Reply:
    """What is no JSON: bytes of some kind, with a name if they are to be saved as a file."""

    content: bytes
    media: str
    name: str | None = None


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    Attributes
    ----------
    params : of the address, the last of each name
    path : what stands in the address's path
    body : what was sent, of a POST
    """

    params: Mapping[str, str]
    path: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def has(self, name: str) -> bool:
        """Whether something is given under that name."""
        return self.params.get(name, "") != ""

    def text(self, name: str, default: str | None = None) -> str:
        """A text.

        Raises
        ------
        InputError
            it is missing, and there is no default
        """
        found = self.params.get(name, default)
        if found is None:
            raise InputError(f"{name} is missing in the address")
        return found

    def whole(self, name: str, default: int | None = None, least: int = 0, most: int = 2**63) -> int:
        """A whole number from `least` to `most`."""
        found = self.params.get(name, "")
        if not found and default is not None:
            return default
        digits = found.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 40):
            raise InputError(f"{name} is {found!r:.40}, but must be a whole number")
        if not least <= int(found) <= most:
            raise InputError(f"{name} is {found:.40}, but must lie between {least} and {most:,}")
        return int(found)

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number."""
        found = self.params.get(name, "")
        if not found and default is not None:
            return default
        try:
            value = float(found)
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            raise InputError(f"{name} is {found!r:.40}, but must be a number")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Whether something is meant: 1 or 0."""
        found = self.params.get(name)
        if found is None:
            return default
        if found not in _YES:
            raise InputError(f"{name} is {found!r:.40}, but must be 1 or 0")
        return _YES[found]

    def choice(self, name: str, known: Sequence[str], default: str | None = None) -> str:
        """One of some words; by default the first."""
        found = self.params.get(name) or default or known[0]
        check_choice(name, found, known)
        return found

    def settings(self, default: SearchSettings = SearchSettings()) -> SearchSettings:  # noqa: B008
        """How neighbours are looked for."""
        k = self.whole("k", default.k, 1, MOST_NEIGHBORS)
        similarity: Any = self.params.get("similarity") or default.similarity
        centered = self.flag("centered", default.centered)
        return SearchSettings(k, similarity, centered, self.flag("forms", default.forms))

    def json(self) -> Any:
        """What was sent.

        Raises
        ------
        InputError
            it is no JSON
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise InputError("what was sent is no JSON") from error


Function = Callable[["Session", Asked], Any]


@dataclass(frozen=True)
class Endpoint:
    """An address below ``/api`` and what answers there.

    Attributes
    ----------
    path : such as ``"/api/lists"``, with names in braces for what is read from it
    function : called with the session and what is asked
    change : whether it changes something: a POST, whose origin is checked
    quick : whether it searches nothing and need not wait for its turn
    most : bytes that may be sent
    """

    path: str
    function: Function
    change: bool = False
    quick: bool = False
    most: int = 1_000_000


def as_json(value: Any) -> bytes:
    """A result as JSON in ASCII; numbers that are not finite must not be in it."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
