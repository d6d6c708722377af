"""What the begin of a file tells: whether it is word vectors, how many words and dimensions it has."""

from __future__ import annotations

import re
from collections import Counter

from tokensphere.errors import FormatError
from tokensphere.formats.words.lines import parse_line
from tokensphere.formats.words.stream import Stream

_MOST_DIMENSIONS = 2**20
_GUESS_LINES = 1000  # lines that tell how many dimensions a file without header has
_HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*\r?")
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BOM = b"\xef\xbb\xbf"
_ENDINGS = (".bin", ".bin.gz", ".bin.bz2", ".bin.xz", ".bin.zip")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a]")  # what is in numbers, but not in text


def begins_word_vectors(start: bytes) -> bool:
    """Whether the first line has two counts, or a word and numbers."""
    line = start.removeprefix(_BOM).partition(b"\n")[0]
    if _HEADER.fullmatch(line):
        return True
    word, *numbers = line.split() or [b""]
    *whole, _ = numbers or [b""]  # the last may be cut
    return bool(whole) and not _NUMBER.fullmatch(word) and all(map(_NUMBER.fullmatch, whole))


def dimensions(start: bytes) -> int:
    """How many numbers a line has: by the header, or by most of the lines; 0 if that is not known."""
    if header := _HEADER.fullmatch(start.removeprefix(_BOM).partition(b"\n")[0]):
        return int(header[2])
    lines = start.split(b"\n", _GUESS_LINES)
    if len(lines) > 1:
        lines.pop()  # perhaps half a line
    columns = Counter(len(line.split()) for line in lines)
    return columns.most_common(1)[0][0] - 1 if columns else 0


def read_begin(stream: Stream) -> tuple[int | None, int]:
    """Take the header, if there is one: how many words it announces, and the dimensions d >= 1.

    Raises
    ------
    FormatError
        there are no words, or no dimensions
    """
    stream.fill()
    stream.buffer = stream.buffer.removeprefix(_BOM)
    line, _, rest = stream.buffer.partition(b"\n")
    if header := _HEADER.fullmatch(line):
        claimed, d = int(header[1]), int(header[2])
        stream.buffer = rest
        if not claimed or not 1 <= d <= _MOST_DIMENSIONS:
            raise stream.bad(f"this file of word vectors announces {claimed} words of {d:,} dimensions")
        return claimed, d
    if b"\0" in stream.buffer[: 2**16]:
        raise stream.bad("this is neither text nor word2vec's binary format")
    d = dimensions(stream.buffer)
    if not 1 <= d <= _MOST_DIMENSIONS:
        raise FormatError(
            f"{stream.path}: it has no lines of numbers, so it is no file of word vectors; name the file"
            " with the vectors or weights, or the folder that holds them"
        )
    return None, d


def looks_binary(stream: Stream, d: int, name: str) -> bool:
    """Whether the numbers after a header, of a file of that name, are float32 rather than text."""
    line = stream.buffer.partition(b"\n")[0].decode("utf-8", "surrogateescape")
    if parse_line(line, d) is not None:
        return False
    return name.lower().endswith(_ENDINGS) or _CONTROL.search(stream.buffer[: 2**16]) is not None
