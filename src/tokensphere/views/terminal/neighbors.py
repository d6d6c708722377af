"""Neighbours -> tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table

from tokensphere.analysis.nearest import Neighbors
from tokensphere.views.terminal.render import GAP, Text, cell, cells, table, token_caption
from tokensphere.views.text import FORMS, ROWS, anchor, cosine, crop, number, tokens_of

_WIDEST_TOKEN = 24
WIDEST_TITLE = 28


def neighbors(result: Neighbors, width: int) -> RenderableType:
    """Lists side by side, as many as fit."""
    return Group(*tables(result, width), neighbors_caption(result))


def tables(
    result: Neighbors,
    width: int,
    below: Callable[[int, int], Iterable[RenderableType]] = lambda _first, _last: (),
) -> Iterator[RenderableType]:
    """Lists side by side, as many as fit; `below` them what it has of directions from … to before …."""
    for first, last in _columns_that_fit(result, width):
        yield from (_table(result, first, last), Text(), *below(first, last))


def similarity_column(result: Neighbors) -> tuple[str, Callable[[float], str]]:
    """Head of the column of similarities, and how they are shown."""
    similarity = result.settings.similarity
    head = "distance" if similarity == "euclidean" else similarity
    return head, cosine if similarity == "cosine" else number


def _columns(result: Neighbors, direction: int) -> tuple[str, list[str], list[str]]:
    """Title, tokens and similarities of one direction, each cropped to its width."""
    tokens = (result.vocabulary.visible(id) for id in result.ids[direction].tolist())
    _, show = similarity_column(result)
    values = [show(value) for value in result.similarity[direction].tolist()]
    title = crop(result.names[direction].title, WIDEST_TITLE)
    return title, [crop(token, _WIDEST_TOKEN) for token in tokens], values


def _columns_that_fit(result: Neighbors, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of directions whose columns fit side by side."""
    head, _ = similarity_column(result)
    rank = len(str(result.settings.k)) + GAP
    first, used = 0, rank
    for direction in range(len(result.names)):
        title, tokens, values = _columns(result, direction)
        needed = max(map(cell_len, [title, *tokens])) + max(map(len, [head, *values])) + 2 * GAP
        if direction > first and used + needed > width:
            yield first, direction
            first, used = direction, rank
        used += needed
    yield first, len(result.names)


def _table(result: Neighbors, first: int, last: int) -> Table:
    """The lists of the directions from `first` to before `last`, side by side."""
    head, _ = similarity_column(result)
    columns = [[cell(""), *cells((str(rank + 1) for rank in range(result.settings.k)), "dim")]]
    for direction in range(first, last):
        title, tokens, values = _columns(result, direction)
        columns.append([cell(anchor(title), "bold"), *cells(map(anchor, tokens), "")])
        columns.append([cell(head, "dim"), *cells(values, "cyan")])
    return table(zip(*columns, strict=True), left=range(1, len(columns), 2))


def neighbors_caption(result: Neighbors) -> Text:
    """Which tokens were looked through, and how."""
    settings = result.settings
    return token_caption(
        tokens_of(len(result.vocabulary), result.provenance.model),
        f"{settings.similarity}, {ROWS[settings.centered]}",
        FORMS if settings.forms else "",
        without=result.left_out,
    )
