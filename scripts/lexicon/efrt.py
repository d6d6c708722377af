"""Words packed by the JavaScript library `efrt`, as compromise keeps its lists.

A pack is ``true¦`` and the nodes of a trie, separated by semicolons. A node is its edges, one after
the other: letters, then ``,`` or nothing where a word ends, or the number of the node to go on with,
in base 36 by capitals, counted from the node itself or, if it is small, by a table at the front. A
node that begins with ``!`` also ends a word.
"""

from __future__ import annotations

import json
import re

_SYMBOL = re.compile(r"([0-9A-Z]+):([0-9A-Z]+)")
_EDGE = re.compile(r"([A-Z0-9,]+)")
_LINE = re.compile(r'^ {2}("[^"]+"): ("(?:[^"\\]|\\.)*")', re.MULTILINE)


def lists_of(script: str) -> dict[str, list[str]]:
    """The lists of compromise's ``_data.js``: tag -> words, lower case, sorted."""
    found = {json.loads(tag): json.loads(pack) for tag, pack in _LINE.findall(script)}
    return {tag: sorted(unpack(pack)) for tag, pack in found.items()}


def unpack(pack: str) -> set[str]:
    """The words of one pack.

    Examples
    --------
    >>> sorted(unpack("true¦fri2mon2s1t0wednesd3;hurs1ues1;aturd1und1;!d0;ay0;!s"))[:3]
    ['fri', 'friday', 'fridays']
    """
    nodes = pack.removeprefix("true¦").split(";")
    symbols: dict[int, int] = {}
    while found := _SYMBOL.fullmatch(nodes[len(symbols)]):
        symbols[_number(found[1])] = _number(found[2])
    nodes = nodes[len(symbols) :]
    words: set[str] = set()
    left = [(0, "")]
    while left:
        at, before = left.pop()
        node = nodes[at]
        if node.startswith("!"):
            words.add(before)
            node = node[1:]
        parts = _EDGE.split(node)
        for place in range(0, len(parts), 2):
            if not parts[place]:
                continue
            have = before + parts[place]
            reference = parts[place + 1] if place + 1 < len(parts) else ","
            if reference == ",":
                words.add(have)
                continue
            number = _number(reference)
            step = symbols[number] if number < len(symbols) else at + number + 1 - len(symbols)
            left.append((step, have))
    return words


def _number(text: str) -> int:
    """A number as `efrt` writes it: the shorter texts come first (0 … Z, 00 … ZZ, …)."""
    shorter: int = sum(36**places for places in range(1, len(text)))
    return shorter + int(text, 36)
