"""What views of a terminal are made of: cells, tables, notes, and the text that becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from io import StringIO
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text as RichText

from tokensphere.display import printable, told
from tokensphere.views.text import LEFT_TO_RIGHT_MARK, SPACE, joined, left_out

GAP = 2
_MOST = 4000  # characters of one text
WIDTH_WITHOUT_TERMINAL = 100


def print_text(content: RenderableType, width: int, *, color: bool = False) -> str:
    """What stands on a terminal of `width` columns; a table whose cells are never cut may be wider."""
    console = Console(
        file=StringIO(),
        width=width,
        height=25,  # of no account; with it, nothing of the environment is read
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    unlimited = console.options.update(width=100_000)
    parts = content.renderables if isinstance(content, Group) else [content]
    with console.capture() as capture:
        for part in parts:
            needed = Measurement.get(console, unlimited, part).minimum
            rigid = isinstance(part, Table) and all(column.no_wrap for column in part.columns)
            console.width = max(width, needed) if rigid else width
            console.print(part)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


class Text(RichText):
    """Rich's text, of which nothing acts on a terminal or is endless, whatever it quotes."""

    def __init__(self, text: str = "", *args: Any, **more: Any) -> None:
        super().__init__(_harmless(text), *args, **more)

    def append(self, text: RichText | str, style: Any = None) -> Self:
        """Add more of it."""
        super().append(_harmless(text) if isinstance(text, str) else text, style)
        return self


Row = Iterable[RichText | str]


def _harmless(text: str) -> str:
    return printable(told(text, _MOST) if len(text) > _MOST else text, keep=LEFT_TO_RIGHT_MARK)


def stacked(texts: Iterable[RichText]) -> RichText:
    """Texts below each other."""
    return RichText("\n").join(texts)


def cell(text: str, style: str = "") -> Text:
    """A cell of one line that is never cut."""
    return Text(text, style=style, no_wrap=True, overflow="crop", end="")


def cells(texts: Iterable[str], style: str) -> list[Text]:
    """Cells of one style."""
    return [cell(text, style) for text in texts]


def note(text: str) -> Text:
    """What stands below, and may be skipped."""
    return Text(text, style="dim")


def caption(*parts: str) -> Text:
    """A note of several parts, those that are not empty."""
    return note(joined(*parts))


def token_caption(*parts: str, without: int = 0) -> Text:
    """The caption of a view that shows tokens, `without` rows that could not be found."""
    return caption(*parts, left_out(without), SPACE)


def title(text: str) -> Text:
    """What stands above."""
    return Text(text, style="bold")


def spaced(*blocks: Iterable[RenderableType]) -> Group:
    """Blocks with an empty line between them; a block of nothing leaves none."""
    parts: list[RenderableType] = []
    for block in filter(None, map(list, blocks)):
        parts += [Text(), *block] if parts else block
    return Group(*parts)


def _grid(*, pad_edge: bool) -> Table:
    """A table with neither lines nor head."""
    return Table(box=None, show_edge=False, pad_edge=pad_edge, padding=(0, GAP, 0, 0), show_header=False)


def table(rows: Iterable[Row], left: Collection[int] = (0,)) -> Table:
    """A table whose cells are never cut; the columns `left` begin, the others end together."""
    whole = [[text if isinstance(text, RichText) else cell(text) for text in row] for row in rows]
    # Rich before 14.3 adds the last column's padding to its least width in any case; nobody sees it.
    made = _grid(pad_edge=True)
    for number, column in enumerate(zip(*whole, strict=True)):
        made.add_column(
            justify="left" if number in left else "right",
            min_width=max(entry.cell_len for entry in column),
            no_wrap=True,
        )
    for row in whole:
        made.add_row(*row)
    return made


def table_with_text(rows: Iterable[Sequence[RichText]], **first: Any) -> Table:
    """A table whose last column has text that is folded; `first` are options of its first column."""
    made = _grid(pad_edge=False)
    for number, row in enumerate(rows):
        if not number:
            for place in range(len(row) - 1):
                made.add_column(no_wrap=True, **({} if place else first))
            made.add_column(overflow="fold")
        made.add_row(*row)
    return made
