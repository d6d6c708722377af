"""Word vectors in word2vec's binary format: a word's bytes, a space, its numbers as float32."""

from __future__ import annotations

import numpy as np

from tokensphere.formats.words.stream import LONGEST, Stream

_SPACED = 64  # bytes between the spaces in a word
_AHEAD = 8 * _SPACED  # bytes looked at beyond a record


def read_binary(stream: Stream, claimed: int, d: int) -> None:
    """Read the `claimed` words that a header announces, of `d` numbers each.

    Raises
    ------
    FormatError
        there are fewer of them, or more
    """
    size = 4 * d
    at = 0
    places: list[int] = []
    # The original program writes a line break after each word's numbers, others do not.
    breaks: bool | None = None
    for number in range(1, claimed + 1):
        while (end := stream.buffer.find(b" ", at)) < 0 or end + size + _AHEAD >= len(stream.buffer):
            _take_rows(stream, places, d)
            stream.buffer, at = stream.buffer[at:], 0
            if not stream.fill():
                break
            if len(stream.buffer) > LONGEST + size and stream.buffer.find(b" ", 0, LONGEST) < 0:
                break
        if number == claimed or stream.ended or not _is_sure(stream.buffer, end, size, breaks):
            end = _end_of_word(stream, at, size, breaks, last=number == claimed)
        if end < 0:
            raise stream.bad(f"is cut short or damaged at word {number:,} of {claimed:,}")
        if breaks is None:
            breaks = stream.buffer[end + 1 + size : end + 2 + size] == b"\n"
        word = stream.buffer[at:end].removeprefix(b"\n")
        if b"\n" in word:  # the end of the record before was not where it seemed
            raise stream.bad(f"has no word where word {number:,} should be")
        stream.words.append(word.decode("utf-8", "surrogateescape"))
        places.append(end + 1)
        at = end + 1 + size
    _take_rows(stream, places, d)
    stream.buffer = stream.buffer[at:]
    if stream.goes_on():
        raise stream.bad(f"goes on after the {claimed:,} words that its first line announces")


def _is_sure(buffer: bytes, end: int, size: int, breaks: bool | None) -> bool:
    """Whether the first space ends the word, as it nearly always does."""
    if breaks:
        return buffer[end + 1 + size] == ord("\n")
    return breaks is False and buffer.find(b" ", end + 1, end + 1 + _SPACED) < 0


def _end_of_word(stream: Stream, at: int, size: int, breaks: bool | None, *, last: bool) -> int:
    """The place of the space between word and numbers; -1 if there is no such record.

    Nothing marks that space if the word has some itself; but what follows the numbers is a line
    break, or another word, or the end of the file.
    """
    buffer = stream.buffer
    ends = [buffer.find(b" ", at)]
    while (more := buffer.find(b" ", ends[-1] + 1, ends[-1] + 1 + _SPACED)) >= 0:
        if not _is_text(buffer[ends[-1] + 1 : more]):
            break
        ends.append(more)
    fitting = [end for end in ends if end >= 0 and end + 1 + size <= len(buffer)]
    for end in fitting:
        rest = buffer[end + 1 + size : end + 1 + size + _AHEAD]
        if last:
            fits = stream.ended and not rest.strip()
        elif breaks is None:
            fits = rest[:1] == b"\n" or _is_text(rest.partition(b" ")[0])
        else:
            fits = rest[:1] == b"\n" if breaks else _is_text(rest.partition(b" ")[0])
        if fits:
            return end
    return fitting[0] if fitting and not breaks else -1


def _take_rows(stream: Stream, places: list[int], d: int) -> None:
    """Move the rows that begin at `places` of the buffer to the matrix."""
    if places:
        stored = np.frombuffer(stream.buffer, np.uint8)
        windows = np.lib.stride_tricks.sliding_window_view(stored, 4 * d)
        stream.rows += windows[places].view("<f4").astype(np.float32, copy=False).data
        places.clear()


def _is_text(word: bytes) -> bool:
    """Whether this can be a word, or part of one: printable UTF-8."""
    try:
        return word.decode().isprintable()
    except UnicodeDecodeError:
        return False
