"""Tokens and numbers in cells of known width: what terminal and HTML tables are made of."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

LEFT_TO_RIGHT_MARK = "\u200e"
_RIGHT_TO_LEFT = {"R", "AL", "RLE", "RLO", "RLI"}


def crop(text: str, width: int) -> str:
    """`text` in at most `width` columns of a terminal, with ``…`` where it was cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def anchor(text: str) -> str:
    """`text` so that a right-to-left word in it cannot reorder what stands beside it.

    A terminal that knows bidirectional text lays out a whole line at once: after a Hebrew or Arabic
    word, the number in the next column would jump to its left. Marks of zero width on both sides
    keep the word in its cell.
    """
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return LEFT_TO_RIGHT_MARK + text + LEFT_TO_RIGHT_MARK
    return text


def number(value: float, digits: int = 3) -> str:
    """A number with a fixed count of decimals, in scientific form where that would hide it."""
    if value != 0 and not 10.0**-digits <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:.{digits}f}"


def cosine(value: float) -> str:
    """A number whose scale is 1: three decimals."""
    return f"{value:.3f}"


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage with enough digits to be read."""
    value = 100 * share
    if value == 0 or value >= 10:
        return f"{value:.1f} %"
    return f"{value:.2g} %" if value >= 0.01 else f"{value:.1g} %"
