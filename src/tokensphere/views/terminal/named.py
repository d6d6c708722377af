"""Neighbours and what they share -> the tables of neighbours with lines below, terminal and HTML."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tokensphere.analysis.naming.neighbors import NamedNeighbors
from tokensphere.analysis.naming.themes import NOTHING, Theme, share_in_words
from tokensphere.views.html import markup, neighbors_table
from tokensphere.views.terminal.render import (
    WIDTH_WITHOUT_TERMINAL,
    cell,
    columns_that_fit,
    grid,
    neighbor_table,
    neighbors_caption,
    render,
)
from tokensphere.views.text import anchor, crop

_WIDEST_TITLE = 28
_ROOM = 40  # columns below which lines stand under the direction's title, not beside it


@render.register
def _named(result: NamedNeighbors, width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    parts: list[RenderableType] = []
    for first, last in columns_that_fit(result.neighbors, width):
        parts += [neighbor_table(result.neighbors, first, last), Text()]
        parts += [*_block(result, first, last, width), Text()]
    parts += [neighbors_caption(result.neighbors), Text(caption(result), style="dim")]
    return Group(*parts)


def _block(result: NamedNeighbors, first: int, last: int, width: int) -> Iterator[RenderableType]:
    """What the lists of some directions share, title by title."""
    names = result.neighbors.names
    titles = [cell(anchor(crop(names[j].title, _WIDEST_TITLE)), "bold") for j in range(first, last)]
    widest = max(title.cell_len for title in titles)
    texts = [Text("\n").join(map(_styled, lines(result, j))) for j in range(first, last)]
    if width - widest < _ROOM:
        for title, text in zip(titles, texts, strict=True):
            yield Text.assemble(title)
            yield Padding(text, (0, 0, 0, 2))
        return
    table = grid()
    table.add_column(no_wrap=True, min_width=widest)
    table.add_column(overflow="fold")
    for title, text in zip(titles, texts, strict=True):
        table.add_row(title, text)
    yield table


def _styled(line: str) -> Text:
    """A line, dim where there is nothing."""
    return Text(anchor(line), style="dim" if line.startswith(NOTHING) else "")


def lines(result: NamedNeighbors, direction: int) -> list[str]:
    """What one list shares and how surprising that is: a line for each theme, or one that says none."""
    themes = result.themes(direction)
    if not themes:
        return [f"{NOTHING} ({_p(result.p_list(direction), result.names.spec.draws)})"]
    said = [_line(theme, result.names.spec.draws) for theme in themes]
    if all(theme.is_form for theme in themes):
        said[0] = f"only outwardly alike: {said[0]}"
    return said


def _line(theme: Theme, draws: int) -> str:
    share = share_in_words(theme.size / theme.n)
    return f"{theme.claim} ({share} of all tokens; {_p(theme.p_familywise, draws)})"


def _p(value: float, draws: int) -> str:
    """A p-value; with a ≤ where it is the smallest that so many draws can give."""
    return f"p {'≤' if value <= 1 / (1 + draws) else '='} {value:.3g}"


def caption(result: NamedNeighbors) -> str:
    """What p means."""
    spec = result.names.spec
    return (
        f"p: how often {result.neighbors.settings.k} random tokens share a label that is as unlikely,"
        f" whichever of {len(result.names.counter):,} labels it is ({spec.draws:,} draws, seed"
        f" {spec.seed})"
    )


@markup.register
def _html(result: NamedNeighbors) -> str:
    return neighbors_table(result.neighbors, lambda j: lines(result, j), f". {caption(result)}")
