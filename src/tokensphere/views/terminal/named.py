"""Neighbours and what they share -> the tables of neighbours with lines below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding

from tokensphere.analysis.naming.neighbors import NamedNeighbors
from tokensphere.analysis.naming.themes import AS_CHANCE, NOTHING, marks_in_words, share_in_words
from tokensphere.views.terminal.neighbors import WIDEST_TITLE, beginning, neighbors_caption, tables
from tokensphere.views.terminal.render import Text, cells, note, stacked, table_with_text
from tokensphere.views.text import anchor, crop, p_text, short_title

_WIDEST_CLAIM = 200
_ROOM = 40  # columns below which lines stand under the direction's title, not beside it


def named_neighbors(result: NamedNeighbors, width: int) -> RenderableType:
    """Lists side by side, as many as fit, and below them what they share."""
    return Group(*named_in_parts([result], width))


def named_in_parts(parts: Iterable[NamedNeighbors], width: int) -> Iterator[RenderableType]:
    """The same of one part of the directions after another, each table when its lists are there."""
    first, parts = beginning(parts)
    marked = False

    def below(some: Sequence[tuple[NamedNeighbors, int]]) -> Iterator[RenderableType]:
        nonlocal marked
        marked = marked or any(map(_marked, some))
        yield from (*_block(some, width), Text())

    yield from tables(parts, width, lambda part: part.neighbors, below)
    yield from (neighbors_caption(first.neighbors), note(_caption(first, marked=marked)))


def _block(some: Sequence[tuple[NamedNeighbors, int]], width: int) -> list[RenderableType]:
    """What some lists share, title by title."""
    called = (part.neighbors.names[j].title for part, j in some)
    titles = cells((short_title(title, WIDEST_TITLE) for title in called), "bold")
    widest = max(title.cell_len for title in titles)
    texts = [stacked(map(_styled, lines(part, j))) for part, j in some]
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
    return _caption(result, marked=any(_marked((result, j)) for j in range(len(result))))


def _marked(one: tuple[NamedNeighbors, int]) -> bool:
    """Whether a name of one list has the mark."""
    part, direction = one
    return any(theme.mark for theme in part.themes(direction))


def _caption(result: NamedNeighbors, *, marked: bool) -> str:
    spec, beside = result.names.spec, result.names.beside
    said = (
        f"p: how often {result.neighbors.settings.k} random tokens share a label that is as unlikely,"
        f" whichever of {len(result.names.counter):,} labels it is ({spec.draws:,} draws, seed"
        f" {spec.seed})"
    )
    if beside is None or not marked:
        return said
    return (
        f"{said}; {AS_CHANCE}: so do the nearest tokens of random directions in more than"
        f" {100 * spec.level:.0f} % of {len(beside):,} lists"
    )
