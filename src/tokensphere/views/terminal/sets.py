"""Sets of tokens and maps of a vocabulary -> a few lines for a terminal."""

from __future__ import annotations

import numpy as np
from rich.console import Group, RenderableType

from tokensphere.analysis.map.points import TokenMap
from tokensphere.analysis.random_sets import LARGEST_DRAWN
from tokensphere.analysis.selection import Selection
from tokensphere.views.terminal.naming import naming
from tokensphere.views.terminal.render import Text, caption, note
from tokensphere.views.text import ROWS, number, p_text, percent, tokens_of


def selection(result: Selection, width: int) -> RenderableType:
    """How alike the tokens are beside random sets, and what they share."""
    draws, middle = len(result.null), float(np.median(result.null))
    how = "drawn" if result.is_drawn else f"carried over from sets of {LARGEST_DRAWN}"
    alike = Text(
        f"{len(result):,} tokens: mean cosine of their pairs, centred, {number(result.coherence, 4)};"
        f" of random sets {number(middle, 4)}; p {p_text(result.p, 1 / (1 + draws))}"
    )
    chosen = note(
        f"{draws:,} random sets of as many tokens, {how}; more alike than {percent(result.percentile)}"
        " of them. How the set was chosen is not accounted for"
    )
    return Group(alike, chosen, Text(), naming(result.naming, width))


def token_map(result: TokenMap, _width: int) -> RenderableType:
    """What the map is of; the points are in its columns."""
    count = int(np.count_nonzero(result.there))
    x, y = result.axes
    return Group(
        Text(f"{result.kind}: x {x}, y {y}"),
        caption(tokens_of(count, result.provenance.model), ROWS[result.centered]),
    )
