"""A result -> HTML for a notebook: tables that need no style sheet and no script."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import singledispatch
from html import escape
from typing import Any

from tokensphere.analysis.nearest import Neighbors
from tokensphere.views.terminal.render import find_views, to_text
from tokensphere.views.text import cosine, number

_MOST_DIRECTIONS = 12


def to_html(result: Any) -> str:
    """The result as HTML; results without a view of their own show their text."""
    find_views(result)
    return markup(result)


@singledispatch
def markup(result: Any) -> str:
    """The same, by type: what views of their own files register with."""
    return f"<pre>{escape(to_text(result))}</pre>"


@markup.register
def _neighbors(result: Neighbors) -> str:
    return neighbors_table(result)


def neighbors_table(
    result: Neighbors, notes: Callable[[int], Iterable[str]] | None = None, more: str = ""
) -> str:
    """Lists side by side.

    Parameters
    ----------
    result : the lists
    notes : lines of text to stand below the list of a direction
    more : text to add to the caption
    """
    shown = min(len(result.names), _MOST_DIRECTIONS)
    show = cosine if result.settings.similarity == "cosine" else number
    value = "distance" if result.settings.similarity == "euclidean" else result.settings.similarity
    heads = "".join(
        f'<th style="text-align:left"><bdi>{escape(result.names[j].title)}</bdi></th><th>{value}</th>'
        for j in range(shown)
    )
    rows = []
    for rank in range(result.settings.k):
        cells = "".join(
            f'<td style="text-align:left"><bdi><code>'
            f"{escape(result.vocabulary.visible(int(result.ids[j, rank])))}</code></bdi></td>"
            f"<td>{show(float(result.similarity[j, rank]))}</td>"
            for j in range(shown)
        )
        rows.append(f"<tr><th>{rank + 1}</th>{cells}</tr>")
    foot = "" if notes is None else _foot([list(notes(j)) for j in range(shown)])
    rest = len(result.names) - shown
    cut = f"; {rest:,} more directions are not shown" if rest else ""
    centered = "centred" if result.settings.centered else "as they are"
    caption = (
        f"{len(result.vocabulary):,} tokens of {escape(result.provenance.model)}, rows {centered};"
        f" ␣ is a space{cut}{escape(more)}"
    )
    return (
        f'<table dir="ltr"><caption style="caption-side:bottom">{caption}</caption>'
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody>{foot}</table>"
    )


def _foot(notes: list[list[str]]) -> str:
    cells = "".join(
        '<td colspan="2" style="text-align:left;vertical-align:top;white-space:normal;max-width:18em">'
        f"<bdi>{'<br>'.join(map(escape, lines))}</bdi></td>"
        for lines in notes
    )
    return f"<tfoot><tr><th></th>{cells}</tr></tfoot>"
