"""A result -> HTML for a notebook: tables that need no style sheet and no script."""

from __future__ import annotations

from functools import singledispatch
from html import escape
from typing import Any

from tokensphere.analysis.neighbors import Neighbors
from tokensphere.views.terminal import to_text
from tokensphere.views.text import cosine, number

_MOST_DIRECTIONS = 12


@singledispatch
def to_html(result: Any) -> str:
    """The result as HTML; results without a view of their own show their text."""
    return f"<pre>{escape(to_text(result))}</pre>"


@to_html.register
def _neighbors(result: Neighbors) -> str:
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
    rest = len(result.names) - shown
    more = f"; {rest:,} more directions are not shown" if rest else ""
    centered = "centred" if result.settings.centered else "as they are"
    caption = (
        f"{len(result.vocabulary):,} tokens of {escape(result.provenance.model)}, rows {centered};"
        f" ␣ is a space{more}"
    )
    return (
        f'<table dir="ltr"><caption style="caption-side:bottom">{caption}</caption>'
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
