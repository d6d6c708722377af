"""A result -> JSON, with the version that made it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from textwrap import indent
from typing import Any

from tokensphere._version import __version__


def to_json(result: Any) -> str:
    """One JSON object, indented; ASCII, so that it is JSON in any encoding; ends without a newline."""
    record = {"tokensphere": __version__, **result.to_dict()}
    return json.dumps(record, indent=2, allow_nan=False)


def json_in_parts(parts: Iterable[Any]) -> Iterator[str]:
    """What :func:`to_json` makes of all parts in one, as whole lines; only one part is held.

    Parameters
    ----------
    parts : results with lists, such as ``Neighbors``, of some directions each
    """
    rest = iter(parts)
    first = next(rest)
    head = json.dumps({"tokensphere": __version__, **first.head(), "results": []}, indent=2)
    before = head.removesuffix("]\n}") + "\n"
    for part in chain([first], rest):
        for record in part.records():
            yield before
            before = indent(json.dumps(record, indent=2, allow_nan=False), "    ") + ",\n"
    yield from (before.removesuffix(",\n") + "\n", "  ]\n}\n")


def json_lines(parts: Iterable[Any]) -> Iterator[str]:
    """An object for each direction, one a line, as :func:`to_json` lists them under ``results``."""
    return (f"{json.dumps(one, allow_nan=False)}\n" for part in parts for one in part.records())
