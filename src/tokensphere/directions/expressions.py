r"""Sums and differences of tokens, written one a line, as they are typed into a file.

    # comment
    " king" - " queen"
    days: " Monday" + " Tuesday" + " Friday"
    royal: ␣king + ␣queen - ␣man

A token in quotes (``"…"`` or ``'…'``) is exact, with JSON's escapes (``\"``, ``\\``, ``\n``,
``\u2581``). One without is as the screen shows tokens (``␣king``, ``\n``, ``id:1234``), and has no white
space, quotes or signs. A name ends with a colon and a space. Which vector a sum of tokens is, and
whether the vocabulary has these tokens, is not decided here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from tokensphere.directions.tokens import TokenSum
from tokensphere.errors import InputError
from tokensphere.formats.files import read_bytes

_NAME = re.compile(r"""([^"']*?[^"'\s]):(?=[\s"']|$)\s*""")
_TERM = re.compile(
    r"""
    (?P<sign> [+\-−] )? \s*
    (?: (?P<quoted> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' ) | (?P<bare> [^\s"'+\-−]+ ) ) \s*
    """,
    re.VERBOSE,
)


def read_token_expressions(path: str | Path) -> list[TokenSum]:
    """The expressions in a file of text in UTF-8; see :func:`parse_token_expressions`.

    Raises
    ------
    SourceError
        the file cannot be read
    InputError
        it is no text in UTF-8, or a line is no expression
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8 (byte {error.start}); save it as such") from error
    return parse_token_expressions(text, name=str(path))


def parse_token_expressions(text: str, *, name: str) -> list[TokenSum]:
    r"""The expressions in a text, one a line; blank lines and those that begin with ``#`` are skipped.

    Parameters
    ----------
    text : lines such as ``" king" - " queen"`` or ``royal: " king" + " queen"``
    name : what the text is called in messages, e.g. the file's name

    Raises
    ------
    InputError
        a line is no expression, two have the same name, or there are none

    Examples
    --------
    >>> parse_token_expressions('royal: " king" + " queen" - ␣man', name="pairs.txt")
    [TokenSum(positive=(' king', ' queen'), negative=('␣man',), name='royal')]
    """
    expressions: list[TokenSum] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        where = f"{name}, line {number}"
        expression = _expression(content, where)
        earlier = lines.setdefault(str(expression.name), number)
        if earlier != number:
            raise InputError(
                f"{where}: the name {expression.name!r:.100} is that of line {earlier}, too; give each"
                " line a name of its own, as in 'name: …'"
            )
        expressions.append(expression)
    if not expressions:
        raise InputError(f'{name} has no expression; write one a line, such as " king" - " queen"')
    return expressions


def _expression(line: str, where: str) -> TokenSum:
    named = _NAME.match(line)
    at = named.end() if named else 0
    positive: list[str] = []
    negative: list[str] = []
    while at < len(line) or not positive + negative:
        term = _TERM.match(line, at)
        if term is None:
            raise InputError(f"{where}: {_problem(line[at:])}")
        if term["sign"] is None and positive + negative:
            raise InputError(f"{where}: there is no + or − before {line[at:]!r:.60}")
        token = _unquoted(term["quoted"], where) if term["quoted"] else term["bare"]
        (positive if term["sign"] in (None, "+") else negative).append(token)
        at = term.end()
    return TokenSum(tuple(positive), tuple(negative), named[1] if named else line)


def _problem(rest: str) -> str:
    """What is wrong with a line from where it stops being an expression."""
    bare = rest.lstrip("+-−").lstrip()
    if not bare:
        return "a token is missing at the end"
    if bare[0] in "\"'":
        return f"the quote {bare[0]} is not closed in {rest!r:.60}"
    return f"there is no token where {rest!r:.60} begins; put signs and spaces of a token in quotes"


def _unquoted(quoted: str, where: str) -> str:
    """The token that stands in quotes."""
    # As JSON has it: double quotes escaped, and single ones not.
    inside = re.sub(r'\\.|"', lambda found: _AS_JSON.get(found[0], found[0]), quoted[1:-1])
    try:
        token = json.loads(f'"{inside}"', strict=False)
    except ValueError as error:
        raise InputError(
            f"{where}: {quoted:.60} has an escape that JSON does not know; write \\\\ for a backslash"
        ) from error
    if not token:
        raise InputError(f"{where}: there is nothing between the quotes; name a token")
    return str(token)


_AS_JSON = {"\\'": "'", '"': '\\"'}
