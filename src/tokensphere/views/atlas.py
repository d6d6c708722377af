"""An atlas -> one page of HTML: the answer, the picture, every model, what goes with it, who did it."""

from __future__ import annotations

from tokensphere.analysis.atlas.result import Atlas
from tokensphere.views.page import picture, skeleton
from tokensphere.views.pages import WIDTH, page
from tokensphere.views.terminal.atlas import HEADING, counted, parts


def html_page(result: Atlas) -> str:
    """The page."""

    def draw() -> object:
        from tokensphere.views.figures.atlas import plot_atlas

        return plot_atlas(result)

    first, *others = parts(result, 2 * WIDTH, full=True)
    drawn = picture(draw, "Rates of all models with their intervals, and what they go with")
    body = "".join(f'<div class="wide">{page(part)}</div>' for part in others)
    named = f"{counted(len(result.finished), 'model')}: tokensphere atlas"
    return skeleton(named, f"<h1>{HEADING}</h1>{page(first)}{drawn}{body}")
