r"""Strings in a row, each after its length: the bulk of a GGUF header, read by whole arrays.

A vocabulary and its merges are hundreds of thousands of short strings. The length of a short string
is one byte and seven zeros, and text has no zeros: so all lengths of a piece of the file are found
at once. This guess is then checked, each string having to end where the next begins; where it fails
(long or empty strings, zeros in the text) single steps take over.
"""

from __future__ import annotations

from itertools import pairwise
from mmap import mmap

import numpy as np
import numpy.typing as npt

_PIECE = 2**18  # bytes looked at together
_MOST_STEPS = 64  # so many guesses may fail before all goes on by single steps
_FOR_EACH = 1024  # strings, one of these
_SHORT = 8 + 255  # bytes of a short string and its length
_WORTHWHILE = 16  # strings that a guess should find, or it counts as failed


def read_strings(raw: mmap | bytes, at: int, count: int, size: int) -> tuple[list[str], int]:
    """The strings that begin at byte `at`, and the byte after the last.

    Parameters
    ----------
    raw : the file
    at : where the length of the first string is
    count : how many strings there should be
    size : bytes in the file

    Returns
    -------
    fewer strings than `count` if one runs past the end of the file; bytes that are not UTF-8 are
    kept as surrogates (PEP 383)
    """
    strings: list[str] = []
    steps, most = 0, min(_MOST_STEPS, 1 + count // _FOR_EACH)  # so that all guesses see little twice
    while len(strings) < count:
        if steps < most and count - len(strings) >= _WORTHWHILE:
            # No more than short strings can take, or many small arrays would read it all many times.
            piece = raw[at : min(size, at + min(_PIECE, (count - len(strings)) * _SHORT))]
            starts, end = _guess(piece, count - len(strings))
            if len(starts) and at + end <= size:
                strings += _texts(piece + raw[at + len(piece) : at + end], starts, end)
                at += end
                steps += len(starts) < _WORTHWHILE
                continue
        steps += 1
        if at + 8 > size:
            break
        end = at + 8 + int.from_bytes(raw[at : at + 8], "little")
        if end > size:
            break
        strings.append(raw[at + 8 : end].decode("utf-8", "surrogateescape"))
        at = end
    return strings, at


def _guess(piece: bytes, most: int) -> tuple[npt.NDArray[np.intp], int]:
    """Where the first strings of `piece` start, shape (at most `most`,), and where the last ends."""
    stored = np.frombuffer(piece, np.uint8)
    zero = stored[1:] == 0
    two = zero[:-1] & zero[1:]
    four = two[:-2] & two[2:]
    starts = np.flatnonzero(four[:-3] & four[3:])[:most]  # seven zeros follow
    ends = starts + 8 + stored[starts]
    if not len(starts) or starts[0]:
        return starts[:0], 0
    wrong = np.flatnonzero(ends[:-1] != starts[1:])
    good = int(wrong[0]) + 1 if len(wrong) else len(starts)
    return starts[:good], int(ends[good - 1])


def _texts(piece: bytes, starts: npt.NDArray[np.intp], end: int) -> list[str]:
    """The strings that start at `starts`, the last of them ending at `end`."""
    keep = np.ones(end, dtype=np.bool_)
    keep[(starts[:, None] + np.arange(7)).ravel()] = False
    # What is left of each length is its last byte, zero: the mark between the texts.
    text = np.frombuffer(piece, np.uint8, end)[keep].tobytes().decode("utf-8", "surrogateescape")
    texts = text.split("\0")[1:]
    if len(texts) == len(starts):
        return texts
    edges = pairwise([*starts.tolist(), end])
    return [piece[low + 8 : high].decode("utf-8", "surrogateescape") for low, high in edges]
