"""Cards -> HTML for a notebook: static, with everything in it, and no script."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tokensphere.analysis.card.chance import Chance
from tokensphere.analysis.card.result import Card, Cards
from tokensphere.views.terminal.neighbors import similarity_column
from tokensphere.views.text import ROWS, SPACE, crop, p_text, tokens_of

_MOST = 12
_WIDEST = 60  # columns of a title or token
_WIDTH, _HEIGHT = 240, 44
STATISTICS = {
    "nearness": "How near the list is on average",
    "cosine": "How near the nearest is",
    "coherence": "How alike the tokens are",
    "label": "How rare what they share is",
}
# Colours that are read on white and on black; a notebook's theme is not known here.
_CHANCE, _LINE, _MARK = "#8a97a4", "#6d7b88", "#d9480f"


def card(result: Card) -> str:
    """One card."""
    return cards(Cards((result,)))


def cards(result: Cards) -> str:
    """Cards side by side, as many as fit, and what they are of."""
    shown = result.cards[:_MOST]
    inside = "".join(map(_card, shown))
    first = result.cards[0].neighbors
    rest = len(result) - len(shown)
    what = ", ".join(
        [
            tokens_of(len(first.vocabulary), first.provenance.model),
            ROWS[first.settings.centered],
            SPACE,
            *([f"{rest:,} more are not shown"] if rest else []),
        ]
    )
    return (
        f'<div dir="ltr" style="display:flex;flex-wrap:wrap;gap:1em;align-items:start">{inside}</div>'
        f'<div style="opacity:.75;margin-top:.5em">{escape(what)}</div>'
    )


def _card(one: Card) -> str:
    head, show = similarity_column(one.neighbors)
    rows = "".join(
        f'<tr><th>{rank}</th><td style="text-align:left"><bdi><code>'
        f"{_said(one.neighbors.vocabulary.visible(id))}</code></bdi></td><td>{show(value)}</td></tr>"
        for rank, (id, value) in enumerate(
            zip(one.neighbors.ids[0].tolist(), one.neighbors.similarity[0].tolist(), strict=True), 1
        )
    )
    table = (
        f'<table><thead><tr><th></th><th style="text-align:left"><bdi>{_said(one.title)}</bdi></th>'
        f"<th>{head}</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    below = "".join(map(_comparison, one.chance))
    shared = "".join(f"<div>{escape(line)}</div>" for line in said_of(one))
    return f'<div style="max-width:19em">{table}{below}{shared}</div>'


def _comparison(chance: Chance) -> str:
    value = p_text(chance.value) if chance.statistic == "label" else f"{chance.value:.3f}"
    return (
        f'<div style="margin-top:.4em"><small>{STATISTICS[chance.statistic]}: {value}</small>'
        f"{_picture(chance)}<small>{escape(in_words(chance))}</small></div>"
    )


def in_words(chance: Chance) -> str:
    """A comparison as a sentence with its p."""
    p = p_text(chance.p, 1 / (1 + len(chance.draws)), equals="= ")
    return f"{chance.words[:1].upper()}{chance.words[1:]} (p {p})."


def said_of(one: Card) -> Iterator[str]:
    """The verdict of a card, and what its list shares, a line each."""
    if one.verdict is not None:
        yield f"Verdict: {one.verdict}"
    if one.shared is not None:
        yield one.shared.words


def _picture(chance: Chance) -> str:
    """A curve of chance with the value's mark in it."""
    curve = chance.curve
    low, high = float(curve.at[0]), float(curve.at[-1])

    def x(at: float) -> float:
        return 2 + (at - low) / ((high - low) or 1) * (_WIDTH - 4)

    base = _HEIGHT - 3
    points = " ".join(
        f"{x(at):.1f},{base - y * (_HEIGHT - 12):.1f}"
        for at, y in zip(curve.at.tolist(), curve.density.tolist(), strict=True)
    )
    mark = x(curve.mark)
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
        f' style="display:block"><title>{escape(in_words(chance))}</title>'
        f'<polygon points="{x(low):.1f},{base} {points} {x(high):.1f},{base}" fill="{_CHANCE}"'
        f' fill-opacity=".35" stroke="{_LINE}"/><line x1="{mark:.1f}" x2="{mark:.1f}" y1="5" y2="{base}"'
        f' stroke="{_MARK}" stroke-width="2"/>'
        f'<circle cx="{mark:.1f}" cy="5" r="3.2" fill="{_MARK}"/></svg>'
    )


def _said(text: str) -> str:
    return escape(crop(text, _WIDEST))
