"""Neighbours and what they share -> the tables of neighbours with lines below."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding

from tokensphere.analysis.naming.neighbors import NamedNeighbors
from tokensphere.analysis.naming.themes import AS_CHANCE, NOTHING, marks_in_words, share_in_words
from tokensphere.views.terminal.neighbors import WIDEST_TITLE, neighbors_caption, tables
from tokensphere.views.terminal.render import Text, cells, note, stacked, table_with_text
from tokensphere.views.text import anchor, crop, p_text, short

_WIDEST_CLAIM = 200
_ROOM = 40  # columns below which lines stand under the direction's title, not beside it


def named_neighbors(result: NamedNeighbors, width: int) -> RenderableType:
    """Lists side by side, as many as fit, and below them what they share."""
    lists = result.neighbors

    def below(first: int, last: int) -> Iterator[RenderableType]:
        yield from (*_block(result, first, last, width), Text())

    return Group(*tables(lists, width, below), neighbors_caption(lists), note(caption(result)))


def _block(result: NamedNeighbors, first: int, last: int, width: int) -> list[RenderableType]:
    """What the lists of some directions share, title by title."""
    names = result.neighbors.names
    titles = cells((short(names[j].title, WIDEST_TITLE) for j in range(first, last)), "bold")
    widest = max(title.cell_len for title in titles)
    texts = [stacked(map(_styled, lines(result, j))) for j in range(first, last)]
    pairs = zip(titles, texts, strict=True)
    if width - widest >= _ROOM:
        return [table_with_text(pairs, min_width=widest)]
    return [
        part for title, text in pairs for part in (Text.assemble(title), Padding(text, (0, 0, 0, 2)))
    ]


def _styled(line: str) -> Text:
    """A line, dim where there is nothing, or nothing more than random directions share."""
    return Text(anchor(line), style="dim" if line.startswith((NOTHING, AS_CHANCE)) else "")


def lines(result: NamedNeighbors, direction: int) -> list[str]:
    """What one list shares and how surprising that is: a line for each theme, or one that says none."""

    def p(value: float) -> str:
        return f"p {p_text(value, 1 / (1 + result.names.spec.draws), '{:.3g}'.format, equals='= ')}"

    themes = result.themes(direction)
    if not themes:
        return [f"{NOTHING} ({p(result.p_list(direction))})"]
    said = []
    for place, theme in enumerate(themes):
        mark = theme.mark if place else marks_in_words(themes)
        beside = f", of random directions {theme.p_directions:.2g}" if theme.mark else ""
        everywhere = f"{share_in_words(theme.size / theme.n)} of all tokens"
        words = crop(theme.claim, _WIDEST_CLAIM)
        claim = f"{mark}: {words}" if mark else words
        said.append(f"{claim} ({everywhere}; {p(theme.p_familywise)}{beside})")
    return said


def caption(result: NamedNeighbors) -> str:
    """What p means, and the mark where a name has it."""
    spec, beside = result.names.spec, result.names.beside
    said = (
        f"p: how often {result.neighbors.settings.k} random tokens share a label that is as unlikely,"
        f" whichever of {len(result.names.counter):,} labels it is ({spec.draws:,} draws, seed"
        f" {spec.seed})"
    )
    marked = any(theme.mark for j in range(len(result)) for theme in result.themes(j))
    if beside is None or not marked:
        return said
    return (
        f"{said}; {AS_CHANCE}: so do the nearest tokens of random directions in more than"
        f" {100 * spec.level:.0f} % of {len(beside):,} lists"
    )
