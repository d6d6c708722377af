"""Tokens, numbers and captions in few words: what terminal and HTML tables are made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from rich.cells import cell_len, set_cell_size

from tokensphere.display import printable
from tokensphere.geometry.lens import Lens
from tokensphere.geometry.similarity import SearchSettings

LEFT_TO_RIGHT_MARK = "\u200e"
SPACE = "␣ is a space"
GAP = "  "  # between texts on one line
ROWS = {False: "rows as they are", True: "rows centred"}
FORMS = "one token a form"
LENS: dict[Lens, str] = {
    "logit": "lens logit: dot of unit directions with the unembedding, the final norm's weight in it",
    "transformerlens": "lens transformerlens: dot of unit directions with TransformerLens's W_U",
}
_WIDEST_MODEL = 80
_MARKS_OF_NO_WIDTH = 8  # characters for each column, of which most are marks above and below
_RIGHT_TO_LEFT = {"R", "AL", "RLE", "RLO", "RLI"}


def crop(text: str, width: int) -> str:
    """`text` as it may be shown, in at most `width` columns of a terminal, ``…`` where it was cut."""
    most = _MARKS_OF_NO_WIDTH * width
    shown = printable(text[:most])
    if len(text) <= most and cell_len(shown) <= width:
        return shown
    return set_cell_size(shown, width - 1).rstrip() + "…"


def anchor(text: str) -> str:
    """`text` so that a right-to-left word in it cannot reorder what stands beside it.

    A terminal that knows bidirectional text lays out a whole line at once: after a Hebrew or Arabic
    word, the number in the next column would jump to its left. Marks of zero width on both sides
    keep the word in its cell.
    """
    text = printable(text)
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return LEFT_TO_RIGHT_MARK + text + LEFT_TO_RIGHT_MARK
    return text


def short(text: str, width: int) -> str:
    """`text` cropped and anchored: a cell of at most `width` columns."""
    return anchor(crop(text, width))


def short_title(title: str, width: int) -> str:
    """What a direction is called, in at most `width` columns; cut in its middle, for its end tells it.

    Examples
    --------
    >>> short_title("layers.29.mlp.down_proj.weight[1145] (−)", 28)
    'layers.29.mlp…ight[1145] (−)'
    """
    most = _MARKS_OF_NO_WIDTH * width
    shown = printable(title if len(title) <= 2 * most else title[:most] + title[-most:])
    if cell_len(shown) <= width:
        return anchor(shown)
    begin = set_cell_size(shown, (width - 1) // 2).rstrip()
    room = width - 1 - cell_len(begin)
    start = len(shown)
    while start and cell_len(shown[start - 1 :]) <= room:
        start -= 1
    end = shown[start:].lstrip()
    while end and unicodedata.category(end[0])[0] == "M":
        end = end[1:]
    return anchor(f"{begin}…{end}")


def model_name(name: str) -> str:
    """A model's name in a sentence."""
    return short(name, _WIDEST_MODEL)


def that_fit(texts: Iterable[str], width: int, more: str = "") -> str:
    """As many of the texts as fit into `width` columns, the first in any case; then `more`."""
    shown = ""
    for text in texts:
        longer = f"{shown}{GAP}{text}" if shown else text
        if shown and cell_len(longer) > width:
            return shown + more
        shown = longer
    return shown


def number(value: float, digits: int = 3) -> str:
    """A number with a fixed count of decimals, in scientific form where that would hide it."""
    if value != 0 and not 10.0**-digits <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:.{digits}f}"


def cosine(value: float) -> str:
    """A number whose scale is 1: three decimals."""
    return f"{value:.3f}"


def p_text(
    value: float, floor: float = 0, show: Callable[[float], str] = "{:.2g}".format, equals: str = ""
) -> str:
    """A p-value; with a ≤ where it is the smallest that there can be.

    Examples
    --------
    >>> p_text(0.01234, 0.01), p_text(0.01, 0.01), p_text(1.0, 0.01)
    ('0.012', '≤ 0.01', '1')
    """
    return f"{'≤ ' if value <= floor else equals}{show(value)}"


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage with enough digits to be read."""
    value = 100 * share
    if value == 0 or value >= 10:
        return f"{value:.1f} %"
    return f"{value:.2g} %" if value >= 0.01 else f"{value:.1g} %"


def tenths(share: float) -> str:
    """A share in [0, 1] as a percentage with one decimal, for columns and sentences.

    Examples
    --------
    >>> tenths(0.06612), between((0.054, 0.0851))
    ('6.6 %', '5.4–8.5')
    """
    return f"{100 * share:.1f} %"


def between(interval: tuple[float, float], to: str = "–") -> str:
    """The ends of an interval of shares, in percent."""
    return to.join(f"{100 * end:.1f}" for end in interval)


def joined(*parts: str) -> str:
    """The parts of a caption, those that are not empty."""
    return " · ".join(filter(None, parts))


def search_words(search: SearchSettings, lens: Lens | None) -> str:
    """How tokens were ranked, for a caption."""
    if lens is not None and (search.similarity, search.centered) == ("dot", False):
        return LENS[lens]
    return f"{search.similarity}, {ROWS[search.centered]}"


def tokens_of(count: int, model: str) -> str:
    """How many tokens were looked through, and whose."""
    return f"{count:,} tokens of {model_name(model)}"


def left_out(rows: int) -> str:
    """How many rows could not be found; empty if all could."""
    return f"{rows:,} rows left out (zero, NaN or padding)" if rows else ""
