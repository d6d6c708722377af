"""A vocabulary in the making, and the checked steps from a file's bytes to it.

An id between others that no token has is UNUSED and called ``<unused id 7>``, so that no two of them
look alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tokensphere.errors import FormatError
from tokensphere.formats.compressed import bytes_of
from tokensphere.formats.files import damaged
from tokensphere.sources.tokens.pieces import BRACKETS, Decode, kind_by_spelling
from tokensphere.vocabulary import HOLE, Kind, Vocabulary

_ADDED = (Kind.CONTROL, Kind.ADDED)
_MOST_HOLES = 65_536  # ids without a token that a file may have if nothing says how many rows there are
Tokens = Iterable[tuple[object, object]]  # with their ids, unchecked
T = TypeVar("T", dict[str, Any], list[Any])


class Draft:
    """A vocabulary in the making: tokens come with their ids, in any order.

    Parameters
    ----------
    source : the file's bytes, or its path; unpacked if that is compressed
    name : what messages call a file that came as bytes; a path calls itself
    n_rows : rows of the matrix, if known; no id may lie beyond
    """

    def __init__(self, source: bytes | Path, name: str, n_rows: int | None = None) -> None:
        self.raw = source if isinstance(source, bytes) else bytes_of(source)
        self.name = name if isinstance(source, bytes) else str(source)
        self.n_rows = n_rows
        self.pieces: dict[int, str] = {}
        self.kinds: dict[int, Kind] = {}
        self.said = [name if isinstance(source, bytes) else source.name]  # where the tokens are from
        self.rowless = 0  # added tokens for which the matrix has no row

    def bad(self, problem: str) -> FormatError:
        """The error that says what is wrong with the file, to be raised."""
        return damaged(self.name, problem)

    def json(self) -> Any:
        """What the JSON in the file holds; a FormatError if it is none."""
        try:
            return json.loads(self.raw.decode("utf-8-sig"), object_pairs_hook=_table)
        except RecursionError:
            raise self.bad("is nested too deeply") from None
        except ValueError as error:  # bad UTF-8, broken or cut JSON, numbers of thousands of digits
            raise self.bad(f"is no complete JSON ({error})") from None

    def lines(self) -> list[str]:
        """The lines of the file, split at newlines only: tokens hold every other kind of separator.

        Empty lines at the end are tokens where there are rows for them, and else none.
        """
        newline = "\n" if b"\n" in self.raw else "\r"  # old Macs'
        try:
            lines = self.raw.decode("utf-8").split(newline)
        except UnicodeDecodeError as error:
            raise self.bad(f"is no text in UTF-8 ({error.reason} at byte {error.start})") from None
        if len(lines[0]) > 1:
            lines[0] = lines[0].removeprefix("\ufeff")  # the mark that Windows puts before UTF-8
        ended = lines[:-1]
        if not lines[-1]:
            lines.pop()
        if ended and 2 * self.raw.count(b"\r\n") >= len(ended):  # written on Windows
            lines = [line.removesuffix("\r") for line in lines]
        while self.n_rows is not None and len(lines) > self.n_rows and not lines[-1]:
            lines.pop()
        return lines

    def expect(self, kind: type[T], value: object, what: str) -> T:
        """`value`, if it is an object or a list, as asked; `what` names it for the message."""
        if not isinstance(value, kind):
            form = "an object" if kind is dict else "a list"
            raise self.bad(f"has {short(value)} as its {what}, not {form}")
        return value

    def text(self, piece: object) -> str:
        """`piece`, if it is a text."""
        if not isinstance(piece, str):
            raise self.bad(f"has {short(piece)} where a token is expected")
        return piece

    def id(self, piece: str, id: object) -> int:
        """`id`, if it is a whole number of 0 or more."""
        if type(id) is not int or id < 0:  # a bool is an int, too
            raise self.bad(f"gives the token {short(piece)} the id {short(id)}, not 0 or more")
        return id

    def add(self, piece: object, id: object, kind: Kind = Kind.NORMAL) -> None:
        """Put a token at an id that must be free."""
        text = self.text(piece)
        number = self.id(text, id)
        if self.pieces.setdefault(number, text) != text:
            raise self.bad(
                f"gives the id {number} to both {short(self.pieces[number])} and {short(text)}"
            )
        if kind != Kind.NORMAL:
            self.kinds[number] = kind

    def add_all(self, tokens: Tokens, *, spelled: bool = False) -> None:
        """Put pairs of a token and its id at ids that must be free; `spelled` tells their kinds."""
        pairs = list(tokens)
        columns: list[tuple[Any, ...]] = [*zip(*pairs, strict=True)] or [(), ()]
        pieces, ids = columns
        plain = {*map(type, pieces)} <= {str} and {*map(type, ids)} <= {int} and min(ids, default=0) >= 0
        new: dict[Any, Any] = dict(zip(ids, pieces, strict=True)) if plain and not self.pieces else {}
        if len(new) == len(pairs):
            self.pieces = new
        else:  # one by one, so that the first that is wrong is named
            for piece, id in pairs:
                self.add(piece, id)
        if spelled:
            kinds = ((id, kind_by_spelling(piece)) for id, piece in self._bracketed())
            self.kinds |= {id: kind for id, kind in kinds if kind != Kind.NORMAL}

    def mark(self, kind: Kind, has_kind: Callable[[str], bool]) -> None:
        """Give a kind to the tokens so far that begin with a bracket and whose spelling says it."""
        self.kinds |= {id: kind for id, piece in self._bracketed() if has_kind(piece)}

    def _bracketed(self) -> list[tuple[int, str]]:
        return [(id, piece) for id, piece in self.pieces.items() if piece[:1] in BRACKETS]

    def finish(self, decode: Decode) -> Vocabulary:
        """The vocabulary of as many tokens as the highest id asks for.

        Raises
        ------
        FormatError
            there are no tokens, more ids than rows, or hardly a token for all those ids
        """
        self._leave_out()
        size = max(self.pieces, default=-1) + 1
        if not size:
            raise self.bad("has no tokens")
        last = self.pieces[size - 1]
        if self.n_rows is not None and size > self.n_rows:
            raise too_many(self.name, size, self.n_rows, last)
        if size - len(self.pieces) > max(_MOST_HOLES, len(self.pieces)):
            raise self.bad(
                f"gives {short(last)} the id {short(size - 1)}, but has only {len(self.pieces)} tokens"
            )
        holes = [id for id in range(size) if id not in self.pieces] if len(self.pieces) < size else []
        self.pieces |= {id: f"{HOLE}{id}>" for id in holes}
        self.kinds |= dict.fromkeys(holes, Kind.UNUSED)
        pieces = list(map(self.pieces.__getitem__, range(size)))
        self._check_characters(pieces)
        kinds = np.zeros(size, dtype=np.uint8)
        kinds[[*self.kinds]] = [*self.kinds.values()]
        if self.rowless:
            some = f"{self.rowless:,} added token{'s' if self.rowless > 1 else ''}"
            self.said.append(f"{some} without a row left out")
        return Vocabulary(pieces, decode=decode, kinds=kinds, source=", ".join(self.said))

    def _leave_out(self) -> None:
        """Let go of added tokens beyond the last row.

        Gemma 3's <image_soft_token> stands for an image, for which the text model has no row.
        """
        if self.n_rows is None or max(self.pieces, default=0) < self.n_rows:
            return
        beyond = [id for id in self.pieces if id >= self.n_rows and self.kinds.get(id) in _ADDED]
        if len(beyond) < len(self.pieces):
            self.rowless += len(beyond)
            for id in beyond:
                del self.pieces[id], self.kinds[id]

    def _check_characters(self, pieces: list[str]) -> None:
        try:
            "".join(pieces).encode()
        except UnicodeEncodeError as error:
            lone = error.object[error.start]
            piece = next(piece for piece in pieces if lone in piece)
            raise self.bad(f"has half a character (a lone surrogate) in {short(piece)}") from None


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; a key that comes twice with different values is no object at all."""
    table = dict(pairs)
    if len(table) < len(pairs):
        for key, value in pairs:
            if value != table[key]:
                raise ValueError(
                    f"{short(key)} comes twice, with {short(value)} and {short(table[key])}"
                )
    return table


def short(value: object) -> str:
    """The value for a message, never long; numbers of thousands of digits are not even written out."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "a number of more than 38 digits"
    if isinstance(value, (dict, list)):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value[:40] if isinstance(value, str) else value)
    return text if len(text) <= 60 else text[:57] + "…"


def too_many(name: str, tokens: int, rows: int, last: str) -> FormatError:
    """The error for a vocabulary that is larger than its matrix."""
    return FormatError(
        f"{name} has ids for {short(tokens)} tokens (the last is {short(last)}), but the matrix has"
        f" {rows} rows; take both from the same model"
    )
