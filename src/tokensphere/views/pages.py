"""What stands on a terminal -> HTML for a notebook: real tables, paragraphs, and no style sheet.

Views of a terminal are made of a few parts (:mod:`.terminal.render`); each has its element here, so
that a result says the same in both places and is written once. A cell stands in a ``<bdi>``, which keeps
words from right to left from reordering their neighbours, and whose own order is that of the terminal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from html import escape

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable

from tokensphere.views.terminal.render import AnyText, Cell, Table
from tokensphere.views.text import LEFT_TO_RIGHT_MARK

WIDTH = 160  # columns that a view of a terminal is made for: few texts are cropped
_WIDE = 50  # columns from which a text that begins a column takes several lines
_HEADS = ("bold", "dim")  # styles of a table's first row, if that is a head
_STYLES = {
    "dim": "opacity:.75",
    "bold": "font-weight:bold",
    "italic": "font-style:italic",
}


def page(content: RenderableType) -> str:
    """HTML of what a view of a terminal gives."""
    return f'<div dir="ltr">{"".join(_parts(content))}</div>'


def _parts(content: RenderableType) -> Iterator[str]:
    if isinstance(content, Group):
        for part in content.renderables:
            yield from _parts(part)
    elif isinstance(content, Padding):
        yield from _parts(content.renderable)
    elif isinstance(content, Table):
        yield html_table(list(zip(*content.columns, strict=True)), content.left)
    elif isinstance(content, RichTable):
        columns = [list(column.cells) for column in content.columns]
        texts = [[_of_text(text) for text in row] for row in zip(*columns, strict=True)]
        yield html_table(texts, range(len(columns)), fold=True)
    elif isinstance(content, AnyText):
        if content.plain:
            yield f'<p style="margin:.4em 0;{_style(content.style)}">{_said(content.plain)}</p>'
    else:
        raise TypeError(f"no HTML for {type(content).__name__}")


def html_table(rows: Sequence[Sequence[Cell]], left: Collection[int], *, fold: bool = False) -> str:
    """A table; its first row is a head where all its cells have the style of one.

    Parameters
    ----------
    rows : of cells, as many in each
    left : columns that begin together, a collection of their numbers; others end together
    fold : whether long texts take several lines
    """
    has_head = not fold and all(cell.style in _HEADS for cell in rows[0] if cell.text)
    head = f"<thead>{_row(rows[0], left, 'th', fold)}</thead>" if has_head else ""
    some = [row for row in rows[has_head:] if any(cell.text for cell in row)]
    body = "".join(_row(row, left, "td", fold) for row in some)
    return f'<table style="margin:.4em 0">{head}<tbody>{body}</tbody></table>'


def _row(row: Sequence[Cell], left: Collection[int], tag: str, fold: bool) -> str:
    cells = []
    for place, cell in enumerate(row):
        wraps = fold or (place in left and cell.width > _WIDE)
        wrap = "vertical-align:top;" if wraps else "white-space:nowrap;"
        wrap += "min-width:16em;" if wraps and not fold else ""
        style = f"{'text-align:left;' if place in left else 'text-align:right;'}{wrap}"
        style += f"padding-left:{_indent(cell.text)}em;" if cell.text[:1] == " " else ""
        style += "" if tag == "th" else _style(cell.style)
        inside = f'<bdi dir="ltr">{_said(cell.text)}</bdi>' if cell.text else ""
        cells.append(f'<{tag} style="{style}">{inside}</{tag}>')
    return f"<tr>{''.join(cells)}</tr>"


def _of_text(text: RenderableType | str) -> Cell:
    return Cell.of(text if isinstance(text, (AnyText, str)) else str(text))


def _style(style: object) -> str:
    return ";".join(_STYLES[word] for word in str(style).split() if word in _STYLES)


def _indent(text: str) -> float:
    """How far a cell moves in that is a part of the one above, in em."""
    return 1 + (len(text) - len(text.lstrip(" "))) / 2


def _said(text: str) -> str:
    return escape(text.replace(LEFT_TO_RIGHT_MARK, "").strip(" ")).replace("\n", "<br>")
