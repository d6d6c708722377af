"""Cards -> tables for a terminal: the lists side by side, and below them what is said of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding

from tokensphere.analysis.card.result import Card, Cards
from tokensphere.views.cards import in_words, said_of
from tokensphere.views.terminal.neighbors import WIDEST_TITLE, neighbors_caption, tables
from tokensphere.views.terminal.render import Text, stacked
from tokensphere.views.text import anchor, short_title


def card(result: Card, width: int) -> RenderableType:
    """One card."""
    return cards(Cards((result,)), width)


def cards(result: Cards, width: int) -> RenderableType:
    """Lists side by side, as many as fit, and below them where each lies beside chance."""

    def below(some: Sequence[tuple[Card, int]]) -> Iterator[RenderableType]:
        for one, _ in some:
            yield Text(short_title(one.title, WIDEST_TITLE), style="bold")
            lines = [*map(in_words, one.chance), *said_of(one)]
            yield Padding(stacked(Text(anchor(line)) for line in lines), (0, 0, 0, 2))
        yield Text()

    shown = tables(result.cards, width, lambda one: one.neighbors, below)
    return Group(*shown, neighbors_caption(result.cards[0].neighbors))
