"""A line of word vectors: a word, perhaps with spaces in it, and numbers."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import numpy.typing as npt


def parse_block(numbers: list[str], d: int) -> npt.NDArray[np.float32] | None:
    """Lines of `d` numbers with single spaces, or None if any of them is something else."""
    # loadtxt passes over empty lines, and takes a stray "\r" for the end of one.
    if not all(numbers) or any("\r" in line for line in numbers):
        return None
    with suppress(ValueError), np.errstate(over="ignore"):
        rows = np.loadtxt(numbers, np.float32, comments=None, delimiter=" ", ndmin=2)
        if rows.shape == (len(numbers), d):
            return rows
    return None


def parse_line(line: str, d: int) -> tuple[str, list[float]] | None:
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


def are_numbers(words: list[str]) -> bool:
    """Whether words are a column of a matrix: numbers, but not the numbers of a graph's nodes."""
    if not all(word[:1] in "+-.0123456789" for word in words) or _numbers(words) is None:
        return False
    return not all(word.isdecimal() for word in words) or len(set(words)) < len(words)


def has_more_numbers(word: str) -> bool:
    """Whether all that follows the first space in a word are numbers."""
    more = word.split()[1:]
    return bool(more) and _numbers(more) is not None


def _numbers(fields: list[str]) -> list[float] | None:
    """Decimal numbers, as a file of word vectors writes them; None if one is none."""
    try:
        return None if any("_" in field for field in fields) else [float(field) for field in fields]
    except ValueError:
        return None
