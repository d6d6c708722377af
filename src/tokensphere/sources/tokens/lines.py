"""Lists of tokens, one a line; tables with more in each line than a token are told from them."""

from __future__ import annotations

import re

from tokensphere.errors import SourceError
from tokensphere.sources.tokens.draft import Draft

_NO_LISTS = {
    b"version https://git-lfs": "a pointer of Git LFS", b"<!doctype html": "a web page",
    b"<html": "a web page", b"gguf": "a GGUF file", b"pk\x03\x04": "an archive",
    b"#version:": "a list of merges",
}  # fmt: skip
_NO_LIST_ADVICE = "download the model's tokenizer.json and give that"
_NUMBERED = re.compile(rb"[^\r\n]*[\t ]-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\r?")
_NUMBER_FIRST = re.compile(r"(\d{1,9})[\t ,;:]+\S", re.ASCII)


def tokens_in_lines(draft: Draft) -> list[str]:
    """A token a line.

    Raises
    ------
    SourceError
        the lines are those of a table, a pointer or a page, or no text
    FormatError
        they are not in UTF-8
    """
    for start, what in _NO_LISTS.items():
        if draft.raw.lstrip()[:40].lower().startswith(start):
            raise SourceError(f"{draft.name} is {what}, not a list of tokens; {_NO_LIST_ADVICE}")
    if b"\0" in draft.raw[:65536]:
        raise SourceError(f"{draft.name} is of no known kind (it is no text); {_NO_LIST_ADVICE}")
    lines = draft.raw.split(b"\n", 1000)[:1000]
    full = [line for line in lines if line.strip()]
    if len(full) > 1 and all(_NUMBERED.fullmatch(line) for line in full):
        raise SourceError(
            f"{draft.name} has a number after each token, so it is no list of tokens; give"
            " the model's tokenizer.json, its SentencePiece model, or a token a line"
        )
    tokens = draft.lines()
    if table := _table(draft.name, [token for token in tokens if token]):
        raise SourceError(f"{draft.name} is {table}, not a list of tokens; write one bare token a line")
    return tokens


def _table(name: str, lines: list[str]) -> str:
    """What table lines are, whose tokens would have numbers, quotes or other columns in them."""
    if name.lower().endswith((".csv", ".jsonl", ".ndjson")):
        return "a table, by its name"
    if len(lines) < 2:
        return ""
    if all("\t" in line.strip("\t") for line in lines):
        return "a table of columns with tabs between"
    if all(len(line) > 1 and line[0] + line[-1] in ('""', "{}") for line in lines):
        return "a list of tokens in quotes or braces"
    if all(line.startswith("- ") for line in lines):
        return "a list in YAML"
    numbers = [_NUMBER_FIRST.match(line) for line in lines]
    ids = [int(found[1]) for found in numbers if found]
    if len(ids) == len(lines) and ids == list(range(ids[0], ids[0] + len(ids))) and ids[0] < 2:
        return "a list with a number before each token"
    return ""
