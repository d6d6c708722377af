"""Lists of tokens, one a line; what has more than a token in each line is told from them."""

from __future__ import annotations

import re

from tokensphere.errors import SourceError
from tokensphere.sources.tokens.draft import Draft

_NO_LISTS = {
    b"version https://git-lfs": "a pointer of Git LFS", b"<!doctype html": "a web page",
    b"<html": "a web page", b"gguf": "a GGUF file", b"#version:": "a list of merges",
}  # fmt: skip
_ADVICE = "download the model's tokenizer.json and give that"
_MERGES = 200  # lines that tell a list of merges
_COMMAS = re.compile(r"[^,;]*[^\d,;][,;] ?-?\d+(?:\.\d+)?", re.ASCII)
_NUMBER_FIRST = re.compile(r"(\d{1,9})[\t ,;:]+\S", re.ASCII)


def refuse_no_list(draft: Draft) -> None:
    """Refuse what is no list at all.

    Raises
    ------
    SourceError
        it is a pointer, a page, no text, or says that it lists merges
    """
    for start, what in _NO_LISTS.items():
        if draft.raw.lstrip()[:40].lower().startswith(start):
            raise SourceError(f"{draft.name} is {what}, not a list of tokens; {_ADVICE}")
    if b"\0" in draft.raw[:65536]:
        raise SourceError(f"{draft.name} is of no known kind (it is no text); {_ADVICE}")


def refuse_merges(draft: Draft, lines: list[str]) -> None:
    """Refuse merges without a heading: two pieces, each a character or made by a line before.

    Raises
    ------
    SourceError
        the lines, without numbers at their ends, are such
    """
    made: set[str] = set()
    full = [line for line in lines[:_MERGES] if line]
    for line in full:
        pieces = line.split(" ")
        known = all(piece in made or len(piece.removesuffix("</w>")) < 2 for piece in pieces)
        if len(pieces) != 2 or not all(pieces) or not known:
            return
        made.add("".join(pieces))
    if len(full) > 1:
        raise SourceError(f"{draft.name} is a list of merges, not of tokens; {_ADVICE}")


def tokens_in_lines(draft: Draft) -> list[str]:
    """A token a line.

    Raises
    ------
    SourceError
        the lines are those of a table, or merges
    FormatError
        they are not in UTF-8
    """
    tokens = draft.lines()
    if table := _table(draft.name, [token for token in tokens if token]):
        raise SourceError(f"{draft.name} is {table}, not a list of tokens; write one bare token a line")
    refuse_merges(draft, tokens)
    return tokens


def _table(name: str, lines: list[str]) -> str:
    """What table lines are, whose tokens would have numbers, quotes or other columns in them."""
    if name.lower().endswith((".csv", ".jsonl", ".ndjson")):
        return "a table, by its name"
    if len(lines) < 2:
        return ""
    if all("\t" in line.strip("\t") for line in lines):
        return "a table of columns with tabs between"
    if all(len(line) > 1 and line[0] + line[-1] in ('""', "''", "{}") for line in lines):
        return "a list of tokens in quotes or braces"
    if all(line.startswith("- ") for line in lines):
        return "a list in YAML"
    if all(map(_COMMAS.fullmatch, lines)):
        return "a table with a number in each line"
    first = _NUMBER_FIRST.match(lines[0])
    if first is None or (start := int(first[1])) > 1:
        return ""
    numbers = (_NUMBER_FIRST.match(line) for line in lines)
    if all(found and int(found[1]) == id for id, found in enumerate(numbers, start)):
        return "a list with a number before each token"
    return ""
