"""Word vectors in text: a word a line, then its numbers."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from tokensphere.formats.words.lines import are_numbers, has_more_numbers, parse_block, parse_line
from tokensphere.formats.words.stream import LONGEST, Stream

_QUOTED = re.compile(r"\".*\"|'.*'")


def read_text(stream: Stream, claimed: int | None, d: int) -> None:
    """Read all lines.

    Parameters
    ----------
    stream : behind the header, if there is one
    claimed : how many words the header announces; None if there is none
    d : numbers a line

    Raises
    ------
    FormatError
        a line is none of a word and `d` numbers, or there are not as many as announced
    SourceError
        it is a table of another kind
    """
    lines = _Lines(stream, d, believed=claimed is not None)
    lines.read()
    words, longer = stream.words, lines.longer
    if claimed is not None and 2 * len(longer) >= len(words) > 0:
        raise stream.bad(
            f"line {longer[0]:,} has more than a word and {d} numbers, as have"
            f" {len(longer):,} of {len(words):,} lines; the first line announces {d}"
        )
    if not words or claimed not in (None, len(words)):
        raise stream.bad(f"has {len(words):,} words, but announces {claimed or 'some'}")
    if claimed is None and d > 2 and stream.rows[: 4 * d] == np.arange(d, dtype=np.float32).tobytes():
        raise stream.refused("the first line only numbers the columns; take it out")
    if len(words) > 1 and all(_QUOTED.fullmatch(word) for word in words):
        raise stream.refused("all words are in quotes; write them without")
    if claimed is None and are_numbers(words):
        raise stream.refused(
            "every line begins with a number, so it has vectors without words; write them with"
            " numpy.save, and give a file with one word a line, too"
        )
    if 2 * sum(word != word.strip(" ") for word in words) > len(words):
        stream.words = [word.strip(" ") or word for word in words]  # columns set with spaces


class _Lines:
    """The lines of a file, read from the first to the last."""

    def __init__(self, stream: Stream, d: int, *, believed: bool) -> None:
        self._stream, self._d, self._believed = stream, d, believed
        self._line = 2 if believed else 1  # the number of the next one
        self.longer: list[int] = []  # lines that have numbers in front of their last d

    def read(self) -> None:
        stream, going = self._stream, True
        while going:
            going = stream.fill()
            # Whole lines only; what is left at the end of the file is a line, too.
            cut = stream.buffer.rfind(b"\n") + 1 if going else len(stream.buffer)
            if len(stream.buffer) - cut > LONGEST:
                raise stream.bad(f"line {self._line:,} is longer than any line of word vectors")
            block, stream.buffer = stream.buffer[:cut], stream.buffer[cut:]
            if block:
                self._read_block(block, last=not going)

    def _read_block(self, block: bytes, *, last: bool) -> None:
        lines = block.decode("utf-8", "surrogateescape").split("\n")
        if not lines[-1]:
            lines.pop()
        while last and lines and not lines[-1].strip():
            lines.pop()
        if not lines:
            return
        parted = [line.rstrip(" \r").partition(" ") for line in lines]
        rows = parse_block([numbers for _, _, numbers in parted], self._d)
        if rows is not None:
            self._stream.words += [word for word, _, _ in parted]
        else:
            rows = self._parse_each(lines)
        self._stream.rows += rows.data
        self._line += len(lines)

    def _parse_each(self, lines: list[str]) -> npt.NDArray[np.float32]:
        """The slow way: words with spaces, other spacing, and to find the line that is wrong."""
        rows = np.empty((len(lines), self._d), dtype=np.float32)
        for i, line in enumerate(lines):
            parsed = parse_line(line, self._d)
            # Without a header, more numbers are a column too many rather than a word with spaces.
            if parsed is not None and has_more_numbers(parsed[0]):
                self.longer.append(self._line + i)
                parsed = parsed if self._believed else None
            if parsed is None:
                raise self._stream.bad(
                    f"line {self._line + i:,} is not a word and {self._d} numbers:"
                    f" it has {len(line.split())} columns, {line[:40]!r}"
                )
            self._stream.words.append(parsed[0])
            with np.errstate(over="ignore"):
                rows[i] = parsed[1]
        return rows
