"""Word vectors: the text and binary files of word2vec and GloVe.

A text file has one word a line, then its numbers; word2vec (and fastText) begins with a line that says
how many words and dimensions there are, GloVe does not. That line is believed: the last d fields are
the numbers, and what stands before them is the word, be there spaces or numbers in it. A binary file has
that line too, then for each word its bytes, a space, its numbers as float32 and perhaps a line break.
Either may be compressed with gzip, bzip2 or xz, or be the one file in a zip archive.

Files are read in blocks, so that little more than the vectors is ever in memory. Words are kept byte
for byte, be they valid UTF-8 or not, and in their order, be they unique or not.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.compressed import content_of
from tokensphere.formats.files import damaged

_BLOCK = 2**22  # bytes read at once
_LONGEST = 2**24  # bytes of a line, or of a word in a binary file
_MOST_DIMENSIONS = 2**20
_GUESS_LINES = 1000  # lines that tell how many dimensions a file without header has
_HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*\r?")
_BOM = b"\xef\xbb\xbf"
_SPACED = 64  # bytes between the spaces in a word of a binary file
_AHEAD = 8 * _SPACED  # bytes looked at beyond a record
_ENDINGS = (".bin", ".bin.gz", ".bin.bz2", ".bin.xz", ".bin.zip")
_QUOTED = re.compile(r"\".*\"|'.*'")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a]")  # what is in numbers, but not in text


@dataclass(frozen=True)
class WordVectors:
    """What a file of word vectors holds.

    Attributes
    ----------
    words : n words; bytes that are no UTF-8 are lone surrogates (PEP 383)
    vectors : float32 array of shape (n, d)
    binary : whether the numbers are stored as float32
    """

    words: list[str]
    vectors: npt.NDArray[np.float32]
    binary: bool


def read_word_vectors(path: Path, *, binary: bool | None = None) -> WordVectors:
    """The words and vectors in a file.

    Parameters
    ----------
    path : text or binary file of word2vec, fastText (``.vec``) or GloVe, as it is or compressed
    binary : whether the numbers are stored as float32; by default the file's begin tells

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no such file; the message names the line or word where it goes wrong
    """
    with content_of(path) as file:
        reader = _Reader(path, file)
        is_binary = reader.read(binary)
    vectors = np.frombuffer(reader.rows, np.float32).reshape(len(reader.words), -1)
    return WordVectors(reader.words, vectors, is_binary)


class _Reader:
    """One pass through a file; leaves `words` and `rows`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self._file = path, file
        self.words: list[str] = []
        self.rows = bytearray()  # grows in place: a file's claims of its size are not believed
        self._buffer, self._ended = b"", False
        self._longer: list[int] = []  # lines that have numbers in front of their last d

    def _bad(self, problem: str) -> FormatError:
        return damaged(f"{self.path}:", problem)

    def _refused(self, why: str) -> SourceError:
        return SourceError(f"{self.path}: {why}")

    def _fill(self) -> bool:
        """Read one more block; False at the end of the file."""
        more = self._file.read(_BLOCK)
        self._buffer += more
        self._ended = not more
        return bool(more)

    def read(self, binary: bool | None) -> bool:
        """Read all; whether the file was binary."""
        self._fill()
        self._buffer = self._buffer.removeprefix(_BOM)
        line, _, rest = self._buffer.partition(b"\n")
        if header := _HEADER.fullmatch(line):
            claimed, d = int(header[1]), int(header[2])
            self._line, self._buffer = 2, rest
            what = f"announces {claimed} words of {d:,} dimensions"
        else:
            claimed, d = None, self._guess_dimensions()
            self._line, what = 1, "has no lines of numbers"
        if not 1 <= d <= _MOST_DIMENSIONS or claimed == 0:
            raise self._bad(f"this file of word vectors {what}")
        if binary is None:
            binary = claimed is not None and self._looks_binary(d)
        if not binary:
            self._read_text(claimed, d)
        elif claimed is None:
            raise self._bad("a binary file must begin with its numbers of words and dimensions")
        else:
            self._read_binary(claimed, d)
        return binary

    def _guess_dimensions(self) -> int:
        """Most lines have a word without spaces: the most common number of columns, less one."""
        if b"\0" in self._buffer[: 2**16]:
            raise self._bad("this is neither text nor word2vec's binary format")
        lines = self._buffer.split(b"\n", _GUESS_LINES)
        if len(lines) > 1:
            lines.pop()  # perhaps half a line
        columns = Counter(len(line.split()) for line in lines)
        return columns.most_common(1)[0][0] - 1 if columns else 0

    def _looks_binary(self, d: int) -> bool:
        line = self._buffer.partition(b"\n")[0].decode("utf-8", "surrogateescape")
        if _parse_line(line, d) is not None:
            return False
        named = self.path.name.lower().endswith(_ENDINGS)
        return named or _CONTROL.search(self._buffer[: 2**16]) is not None

    def _read_binary(self, claimed: int, d: int) -> None:
        size = 4 * d
        at = 0
        places: list[int] = []
        # The original program writes a line break after each word's numbers, others do not.
        breaks: bool | None = None
        for number in range(1, claimed + 1):
            while (end := self._buffer.find(b" ", at)) < 0 or end + size + _AHEAD >= len(self._buffer):
                self._take_rows(places, d)
                self._buffer, at = self._buffer[at:], 0
                if not self._fill():
                    break
                if len(self._buffer) > _LONGEST + size and self._buffer.find(b" ", 0, _LONGEST) < 0:
                    break
            if number == claimed or self._ended or not self._is_sure(end, size, breaks):
                end = self._end_of_word(at, size, breaks, last=number == claimed)
            if end < 0:
                raise self._bad(f"is cut short or damaged at word {number:,} of {claimed:,}")
            if breaks is None:
                breaks = self._buffer[end + 1 + size : end + 2 + size] == b"\n"
            word = self._buffer[at:end].removeprefix(b"\n")
            if b"\n" in word:  # the end of the record before was not where it seemed
                raise self._bad(f"has no word where word {number:,} should be")
            self.words.append(word.decode("utf-8", "surrogateescape"))
            places.append(end + 1)
            at = end + 1 + size
        self._take_rows(places, d)
        self._buffer = self._buffer[at:]
        if self._buffer.strip() or self._file.read(1).strip():
            raise self._bad(f"goes on after the {claimed:,} words that its first line announces")

    def _is_sure(self, end: int, size: int, breaks: bool | None) -> bool:
        """Whether the first space ends the word, as it nearly always does."""
        if breaks:
            return self._buffer[end + 1 + size] == ord("\n")
        return breaks is False and self._buffer.find(b" ", end + 1, end + 1 + _SPACED) < 0

    def _end_of_word(self, at: int, size: int, breaks: bool | None, *, last: bool) -> int:
        """The place of the space between word and numbers; -1 if there is no such record.

        Nothing marks that space if the word has some itself; but what follows the numbers is a line
        break, or another word, or the end of the file.
        """
        buffer = self._buffer
        ends = [buffer.find(b" ", at)]
        while (more := buffer.find(b" ", ends[-1] + 1, ends[-1] + 1 + _SPACED)) >= 0:
            if not _is_text(buffer[ends[-1] + 1 : more]):
                break
            ends.append(more)
        fitting = [end for end in ends if end >= 0 and end + 1 + size <= len(buffer)]
        for end in fitting:
            rest = buffer[end + 1 + size : end + 1 + size + _AHEAD]
            if last:
                fits = self._ended and not rest.strip()
            elif breaks is None:
                fits = rest[:1] == b"\n" or _is_text(rest.partition(b" ")[0])
            else:
                fits = rest[:1] == b"\n" if breaks else _is_text(rest.partition(b" ")[0])
            if fits:
                return end
        return fitting[0] if fitting and not breaks else -1

    def _take_rows(self, places: list[int], d: int) -> None:
        """Move the rows that begin at `places` of the buffer to the matrix."""
        if places:
            stored = np.frombuffer(self._buffer, np.uint8)
            windows = np.lib.stride_tricks.sliding_window_view(stored, 4 * d)
            self.rows += windows[places].view("<f4").astype(np.float32, copy=False).data
            places.clear()

    def _read_text(self, claimed: int | None, d: int) -> None:
        going = True
        while going:
            going = self._fill()
            # Whole lines only; what is left at the end of the file is a line, too.
            cut = self._buffer.rfind(b"\n") + 1 if going else len(self._buffer)
            if len(self._buffer) - cut > _LONGEST:
                raise self._bad(f"line {self._line:,} is longer than any line of word vectors")
            block, self._buffer = self._buffer[:cut], self._buffer[cut:]
            if block:
                self._read_lines(block, d, last=not going, believed=claimed is not None)
        if claimed is not None and 2 * len(self._longer) >= len(self.words) > 0:
            raise self._bad(
                f"line {self._longer[0]:,} has more than a word and {d} numbers, as have"
                f" {len(self._longer):,} of {len(self.words):,} lines; the first line announces {d}"
            )
        if not self.words or claimed not in (None, len(self.words)):
            raise self._bad(f"has {len(self.words):,} words, but announces {claimed or 'some'}")
        if claimed is None and d > 2 and self.rows[: 4 * d] == np.arange(d, dtype=np.float32).tobytes():
            raise self._refused("the first line only numbers the columns; take it out")
        if len(self.words) > 1 and all(_QUOTED.fullmatch(word) for word in self.words):
            raise self._refused("all words are in quotes; write them without")
        if claimed is None and _are_numbers(self.words):
            raise self._refused(
                "every line begins with a number, so it has vectors without words; write them with"
                " numpy.save, and give a file with one word a line, too"
            )
        if 2 * sum(word != word.strip(" ") for word in self.words) > len(self.words):
            self.words = [word.strip(" ") or word for word in self.words]  # columns set with spaces

    def _read_lines(self, block: bytes, d: int, *, last: bool, believed: bool) -> None:
        lines = block.decode("utf-8", "surrogateescape").split("\n")
        if not lines[-1]:
            lines.pop()
        while last and lines and not lines[-1].strip():
            lines.pop()
        if not lines:
            return
        parted = [line.rstrip(" \r").partition(" ") for line in lines]
        rows = _parse_block([numbers for _, _, numbers in parted], d)
        if rows is not None:
            self.words += [word for word, _, _ in parted]
        else:
            rows = self._parse_lines(lines, d, believed=believed)
        self.rows += rows.data
        self._line += len(lines)

    def _parse_lines(self, lines: list[str], d: int, *, believed: bool) -> npt.NDArray[np.float32]:
        """The slow way: words with spaces, other spacing, and to find the line that is wrong."""
        rows = np.empty((len(lines), d), dtype=np.float32)
        for i, line in enumerate(lines):
            parsed = _parse_line(line, d)
            # Without a header, more numbers are a column too many rather than a word with spaces.
            if parsed is not None and _has_more_numbers(parsed[0]):
                self._longer.append(self._line + i)
                parsed = parsed if believed else None
            if parsed is None:
                raise self._bad(
                    f"line {self._line + i:,} is not a word and {d} numbers:"
                    f" it has {len(line.split())} columns, {line[:40]!r}"
                )
            self.words.append(parsed[0])
            with np.errstate(over="ignore"):
                rows[i] = parsed[1]
        return rows


def _parse_block(numbers: list[str], d: int) -> npt.NDArray[np.float32] | None:
    """Lines of `d` numbers with single spaces, or None if any of them is something else."""
    # loadtxt passes over empty lines, and takes a stray "\r" for the end of one.
    if not all(numbers) or any("\r" in line for line in numbers):
        return None
    with suppress(ValueError), np.errstate(over="ignore"):
        rows = np.loadtxt(numbers, np.float32, comments=None, delimiter=" ", ndmin=2)
        if rows.shape == (len(numbers), d):
            return rows
    return None


def _parse_line(line: str, d: int) -> tuple[str, list[float]] | None:
    """Word and numbers of a line; the word may have spaces. None if there are no `d` numbers."""
    line = line.rstrip()
    if not line:
        return None
    for separator in (" ", None):  # None: any white space, any number of times
        word, *fields = line.rsplit(separator, d)
        numbers = _numbers(fields)
        if numbers is not None and len(numbers) == d:
            return word, numbers
    return None


def _are_numbers(words: list[str]) -> bool:
    """Whether words are a column of a matrix: numbers, but not the numbers of a graph's nodes."""
    if not all(word[:1] in "+-.0123456789" for word in words) or _numbers(words) is None:
        return False
    return not all(word.isdecimal() for word in words) or len(set(words)) < len(words)


def _has_more_numbers(word: str) -> bool:
    """Whether all that follows the first space in a word are numbers."""
    more = word.split()[1:]
    return bool(more) and _numbers(more) is not None


def _is_text(word: bytes) -> bool:
    """Whether this can be a word, or part of one: printable UTF-8."""
    try:
        return word.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _numbers(fields: list[str]) -> list[float] | None:
    """Decimal numbers, as a file of word vectors writes them; None if one is none."""
    try:
        return None if any("_" in field for field in fields) else [float(field) for field in fields]
    except ValueError:
        return None
