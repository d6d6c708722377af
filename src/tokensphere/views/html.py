"""Neighbours, tokens with a label -> HTML for a notebook: tables with no style sheet and no script."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from tokensphere.analysis.nearest import Neighbors
from tokensphere.views.terminal.neighbors import similarity_column
from tokensphere.views.text import LENS, ROWS, SPACE, crop, joined, model_name, tokens_of

if TYPE_CHECKING:
    from tokensphere.analysis.map.points import TokenMap
    from tokensphere.analysis.naming.labels import LabelMembers
    from tokensphere.analysis.naming.neighbors import NamedNeighbors

_MOST_DIRECTIONS = 12
_TOKENS_IN_A_ROW = 6
_WIDEST = 80  # columns of a title or token


def named_neighbors(result: NamedNeighbors) -> str:
    """The same, and below each list what it shares."""
    from tokensphere.views.terminal.named import caption, lines

    return neighbors(result.neighbors, lambda j: lines(result, j), f". {caption(result)}")


def neighbors(
    result: Neighbors, notes: Callable[[int], Iterable[str]] | None = None, more: str = ""
) -> str:
    """Lists side by side, with `notes`, lines of text, below each, and `more` in the caption."""
    shown = min(len(result.names), _MOST_DIRECTIONS)
    head, show = similarity_column(result)
    heads = "".join(
        f'<th style="text-align:left"><bdi>{_said(result.names[j].title)}</bdi></th><th>{head}</th>'
        for j in range(shown)
    )
    rows = []
    for rank in range(result.settings.k):
        cells = "".join(
            f'<td style="text-align:left"><bdi><code>'
            f"{_said(result.vocabulary.visible(int(result.ids[j, rank])))}</code></bdi></td>"
            f"<td>{show(float(result.similarity[j, rank]))}</td>"
            for j in range(shown)
        )
        rows.append(f"<tr><th>{rank + 1}</th>{cells}</tr>")
    foot = "" if notes is None else _foot([notes(j) for j in range(shown)])
    rest = len(result.names) - shown
    tokens = tokens_of(len(result.vocabulary), result.provenance.model)
    cut = f"; {rest:,} more directions are not shown" if rest else ""
    lens = LENS.get(result.provenance.lens or "cosine", ROWS[result.settings.centered])
    what = f"{tokens}, {lens}; {SPACE}{cut}{more}"
    return (
        f'<table dir="ltr"><caption style="caption-side:bottom">{escape(what)}</caption>'
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody>{foot}</table>"
    )


def label_members(result: LabelMembers) -> str:
    """The tokens that have a label, several in a row, each with its id."""
    ids = result.ids.tolist()
    cells = [
        f'<td>{id}</td><td style="text-align:left"><bdi><code>'
        f"{_said(result.vocabulary.visible(id))}</code></bdi></td>"
        for id in ids
    ]
    rows = "".join(
        f"<tr>{''.join(cells[low : low + _TOKENS_IN_A_ROW])}</tr>"
        for low in range(0, len(cells), _TOKENS_IN_A_ROW)
    )
    rest = result.size - len(ids)
    what = joined(
        f"{result.size:,} of {result.n_tokens:,} tokens of {model_name(result.provenance.model)}",
        result.label.source,
        SPACE,
        f"{rest:,} more, by id, are not shown" if rest else "",
    )
    return (
        f'<table dir="ltr"><caption style="caption-side:bottom">{escape(what)}</caption><thead><tr>'
        f'<th colspan="{2 * _TOKENS_IN_A_ROW}" style="text-align:left"><bdi>'
        f"{_said(f'{result.label.words} ({result.label.name})')}</bdi></th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def token_map(result: TokenMap) -> str:
    """What the map is of, a row for each fact; its points are in the columns."""
    facts = {"map": result.kind, "x": result.axes[0], "y": result.axes[1]}
    facts["tokens"] = tokens_of(int(np.count_nonzero(result.there)), result.provenance.model)
    facts["rows"] = ROWS[result.centered].removeprefix("rows ")
    for name, value in (result.settings | result.facts).items():
        facts[name.replace("_", " ")] = ", ".join(map(_fact, np.ravel(value)))
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">'
        f"<bdi>{_said(text)}</bdi></td></tr>"
        for name, text in facts.items()
    )
    return f'<table dir="ltr"><tbody>{rows}</tbody></table>'


def _fact(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _said(text: str) -> str:
    """A title or token."""
    return escape(crop(text, _WIDEST))


def _foot(notes: Iterable[Iterable[str]]) -> str:
    cells = "".join(
        '<td colspan="2" style="text-align:left;vertical-align:top;white-space:normal;max-width:18em">'
        f"<bdi>{'<br>'.join(map(escape, lines))}</bdi></td>"
        for lines in notes
    )
    return f"<tfoot><tr><th></th>{cells}</tr></tfoot>"
