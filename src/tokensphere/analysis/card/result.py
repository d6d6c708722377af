"""What a card has: one direction's list, its numbers beside chance, what its tokens share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tokensphere.analysis.card.chance import Chance
from tokensphere.analysis.naming.themes import Theme, name_in_words
from tokensphere.analysis.nearest import Neighbors
from tokensphere.analysis.result import Column, Result
from tokensphere.records import plain, record


@dataclass(frozen=True)
class Shared:
    """What the tokens of one list have in common.

    Attributes
    ----------
    themes : labels beyond chance, meaning and grammar first
    p : of the list, is anything shared at all? In (0, 1]
    p_directions : how often random directions' lists share a label as unlikely; None if not compared
    """

    themes: tuple[Theme, ...]
    p: float
    p_directions: float | None = None

    @property
    def words(self) -> str:
        """In one line."""
        return name_in_words(self.themes)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        own = record(self, "words", "p", "p_directions", p_directions="p_random_directions")
        return {**own, "themes": [{**plain(one), "claim": one.claim} for one in self.themes]}


@dataclass(frozen=True, eq=False, repr=False)
class Card(Result):
    """One direction, looked at.

    Attributes
    ----------
    neighbors : its list, of one direction
    coherence : ``T`` of the list, the mean cosine of its pairs; None for a single token
    chance : its numbers beside what chance gives
    shared : what its tokens have in common; None for lists of fewer than 3
    verdict : of a direction that was tested, a word of `VERDICTS`; else None
    effects : by the name of a statistic, how far the value lies from the null's median, in its spreads
    """

    neighbors: Neighbors
    coherence: float | None
    chance: tuple[Chance, ...]
    shared: Shared | None
    verdict: str | None = None
    effects: dict[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the direction is called."""
        return self.neighbors.names[0].title

    def _in_short(self) -> str:
        k, model = self.neighbors.settings.k, self.neighbors.provenance.model
        return f"{self.title}, {k:,} nearest tokens of {model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        (list_,) = self.neighbors.records()
        return {
            **self.neighbors.head(),
            "title": self.title,
            **list_,
            **record(self, "coherence", "chance", "shared", "verdict", "effects"),
        }

    def columns(self) -> dict[str, Column]:
        """Those of the neighbours."""
        return self.neighbors.columns()


@dataclass(frozen=True, eq=False, repr=False)
class Cards(Result):
    """Some directions, looked at one by one; prints as tables, shows as cards in a notebook.

    Attributes
    ----------
    cards : at least one, of one search
    """

    cards: tuple[Card, ...]

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.cards)

    def __getitem__(self, which: int) -> Card:
        return self.cards[which]

    def __iter__(self) -> Iterator[Card]:
        return iter(self.cards)

    def _in_short(self) -> str:
        of = self.cards[0].neighbors
        return f"{len(self):,} × {of.settings.k:,} nearest tokens of {of.provenance.model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {"cards": [card.to_dict() for card in self.cards]}

    def columns(self) -> dict[str, Column]:
        """Those of the neighbours of all of them."""
        every = [card.columns() for card in self.cards]
        return {name: [value for one in every for value in one[name]] for name in every[0]}
