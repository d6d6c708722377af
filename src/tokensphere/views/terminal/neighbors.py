"""Neighbours -> tables for a terminal, also while others are still looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from rich.console import Group, RenderableType

from tokensphere.analysis.nearest import Neighbors
from tokensphere.views.terminal.render import GAP, Cell, Table, Text, token_caption
from tokensphere.views.text import FORMS, cosine, number, search_words, short, short_title, tokens_of
from tokensphere.vocabulary import Vocabulary

_WIDEST_TOKEN = 24
WIDEST_TITLE = 28
_REMEMBERED = 2**16  # tokens whose cells are kept: the same ones stand in many lists
Part = TypeVar("Part")


def neighbors(result: Neighbors, width: int) -> RenderableType:
    """Lists side by side, as many as fit."""
    return Group(*neighbors_in_parts([result], width))


def neighbors_in_parts(parts: Iterable[Neighbors], width: int) -> Iterator[RenderableType]:
    """The same of one part of the directions after another, each table when its lists are there."""
    first, parts = beginning(parts)
    yield from tables(parts, width, lambda part: part)
    yield neighbors_caption(first)


def beginning(parts: Iterable[Part]) -> tuple[Part, Iterable[Part]]:
    """The first of the parts, which has what is the same in all; and all of them."""
    rest = iter(parts)
    first = next(rest)
    return first, chain([first], rest)


def tables(
    parts: Iterable[Part],
    width: int,
    lists: Callable[[Part], Neighbors],
    below: Callable[[Sequence[tuple[Part, int]]], Iterable[RenderableType]] = lambda _: (),
) -> Iterator[RenderableType]:
    """Lists side by side, as many as fit.

    Parameters
    ----------
    parts : of one search; a table may have lists of two
    width : columns to keep to; a list that is wider stands alone
    lists : those of a part
    below : what stands below the lists of some directions, each a part and its number there
    """
    first, parts = beginning(parts)
    k = lists(first).settings.k
    ranks = [Cell.measured(""), *(Cell.measured(str(rank), "dim") for rank in range(1, k + 1))]
    token = _token_cells(lists(first).vocabulary)
    begun = len(str(k)) + GAP
    beside, columns, used = list[tuple[Part, int]](), [ranks], begun
    for part in parts:
        for direction, pair in enumerate(_columns(lists(part), token)):
            needed = sum(max(cell.width for cell in column) + GAP for column in pair)
            if beside and used + needed > width:
                yield from (_table(columns), Text(), *below(beside))
                beside, columns, used = [], [ranks], begun
            beside.append((part, direction))
            columns += pair
            used += needed
    yield from (_table(columns), Text(), *below(beside))


def similarity_column(result: Neighbors) -> tuple[str, Callable[[float], str]]:
    """Head of the column of similarities, and how they are shown."""
    similarity = result.settings.similarity
    head = "distance" if similarity == "euclidean" else similarity
    return head, cosine if similarity == "cosine" else number


def _token_cells(vocabulary: Vocabulary) -> Callable[[int], Cell]:
    """The cell of a token, by its id."""

    @lru_cache(maxsize=_REMEMBERED)
    def made(token: int) -> Cell:
        return Cell.measured(short(vocabulary.visible(token), _WIDEST_TOKEN))

    return made


def _columns(result: Neighbors, token: Callable[[int], Cell]) -> Iterator[list[list[Cell]]]:
    """For each direction two columns: title and tokens, and the similarities."""
    head, show = similarity_column(result)
    for name, ids, values in zip(result.names, result.ids, result.similarity, strict=True):
        title = Cell.measured(short_title(name.title, WIDEST_TITLE), "bold")
        shown = (Cell.measured(show(value), "cyan") for value in values.tolist())
        yield [[title, *map(token, ids.tolist())], [Cell.measured(head, "dim"), *shown]]


def _table(columns: Sequence[Sequence[Cell]]) -> Table:
    return Table(columns, left=range(1, len(columns), 2))


def neighbors_caption(result: Neighbors) -> Text:
    """Which tokens were looked through, and how."""
    settings = result.settings
    return token_caption(
        tokens_of(len(result.vocabulary), result.provenance.model),
        search_words(settings, result.provenance.lens),
        FORMS if settings.forms else "",
        without=result.left_out,
    )
