"""What views of a terminal are made of: cells, tables, notes, and the text that becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from typing import Any, NamedTuple, Self

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table as RichTable
from rich.text import Text as RichText

from tokensphere.display import printable, told
from tokensphere.views.text import LEFT_TO_RIGHT_MARK, SPACE, joined, left_out

GAP = 2
_MOST = 4000  # characters of one text
WIDTH_WITHOUT_TERMINAL = 100


def print_text(content: RenderableType, width: int, *, color: bool = False) -> str:
    """What stands on a terminal of `width` columns; a table whose cells are never cut may be wider."""
    parts = content.renderables if isinstance(content, Group) else [content]
    return "\n".join(print_parts(parts, width, color=color))


def print_parts(parts: Iterable[RenderableType], width: int, *, color: bool = False) -> Iterator[str]:
    """The same part by part, each as soon as it is there; what ends a part's last line is left out."""
    console = Console(
        file=StringIO(),
        width=width,
        height=25,  # of no account; with it, nothing of the environment is read
        force_terminal=color,
        force_jupyter=False,  # or a notebook would get an empty output for each text
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in parts:
        if isinstance(part, Table):
            yield "\n".join(part.lines(color=color))
            continue
        with console.capture() as capture:
            console.print(part)
        yield "\n".join(line.rstrip() for line in capture.get().splitlines())


class Text(RichText):
    """Rich's text, of which nothing acts on a terminal or is endless, whatever it quotes."""

    def __init__(self, text: str = "", *args: Any, **more: Any) -> None:
        super().__init__(_harmless(text), *args, **more)

    def append(self, text: RichText | str, style: Any = None) -> Self:
        """Add more of it."""
        super().append(_harmless(text) if isinstance(text, str) else text, style)
        return self


AnyText = RichText  # this one, or Rich's own, made of some of these
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


class Cell(NamedTuple):
    """A cell of one line and one style, of harmless text, measured once however often it is shown."""

    text: str
    width: int
    style: str

    @classmethod
    def measured(cls, text: str, style: str = "") -> Cell:
        """From a text that does no harm, such as one of :func:`tokensphere.views.text.short`."""
        return cls(text, cell_len(text), style)

    @classmethod
    def of(cls, text: RichText | str) -> Cell:
        """From a text, all of which has the style that it begins with."""
        made = text if isinstance(text, RichText) else cell(text)
        return cls.measured(made.plain, str(made.style))


@dataclass(frozen=True)
class Table:
    """A table whose cells are never cut; the columns `left` begin, the others end together."""

    columns: Sequence[Sequence[Cell]]
    left: Collection[int]

    def __rich__(self) -> RichText:
        """For Rich, where a table stands within something else."""
        return RichText("\n".join(self.lines(color=False)), no_wrap=True)

    def lines(self, *, color: bool) -> Iterator[str]:
        """Its lines, laid out here: Rich takes a hundred times as long for a table."""
        padded = []
        for number, column in enumerate(self.columns):
            widest = max(cell.width for cell in column)
            texts = []
            for text, width, style in column:
                pad = " " * (widest - width)
                text = text + pad if number in self.left else pad + text
                texts.append(_styled(text, style) if color and style else text)
            padded.append(texts)
        return ((" " * GAP).join(row).rstrip() for row in zip(*padded, strict=True))


def _styled(text: str, style: str) -> str:
    before, after = _codes(style)
    return f"{before}{text}{after}"


@lru_cache
def _codes(style: str) -> tuple[str, str]:
    """What switches a style on and off."""
    before, _, after = Style.parse(style).render("x", color_system=ColorSystem.STANDARD).partition("x")
    return before, after


def table(rows: Iterable[Row], left: Collection[int] = (0,)) -> Table:
    """A table whose cells are never cut; the columns `left` begin, the others end together."""
    whole = [[Cell.of(text) for text in row] for row in rows]
    return Table(list(zip(*whole, strict=True)), left)


def table_with_text(rows: Iterable[Sequence[RichText]], **first: Any) -> RichTable:
    """A table whose last column has text that is folded; `first` are options of its first column."""
    made = RichTable(
        box=None, show_edge=False, pad_edge=False, padding=(0, GAP, 0, 0), show_header=False
    )
    for number, row in enumerate(rows):
        if not number:
            for place in range(len(row) - 1):
                made.add_column(no_wrap=True, **({} if place else first))
            made.add_column(overflow="fold")
        made.add_row(*row)
    return made
