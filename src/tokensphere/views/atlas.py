"""An atlas -> one page of HTML: the answer, the picture, every model, what goes with it, who did it."""

from __future__ import annotations

from tokensphere.analysis.atlas.result import Atlas
from tokensphere.views.page import picture, skeleton
from tokensphere.views.pages import WIDTH, page
from tokensphere.views.terminal.atlas import HEADING, parts
from tokensphere.views.terminal.rates import counted
from tokensphere.views.terminal.render import note

# A wide table moves by itself.
_STYLE = """
table { display: block; overflow-x: auto; font-size: 13.5px } td, th { padding: .12em .4em }
"""


def html_page(result: Atlas) -> str:
    """The page."""

    def draw() -> object:
        from tokensphere.views.figures.atlas import plot_atlas

        return plot_atlas(result)

    first, *others = parts(result, 2 * WIDTH, full=True)
    drawn = picture(draw, "Rates of all models with their intervals, and what they go with")
    body = "".join(map(page, others)) + page(note(_settings(result)))
    named = f"{counted(len(result.finished), 'model')}: tokensphere atlas"
    return skeleton(named, f"<h1>{HEADING}</h1>{page(first)}{drawn}{body}", _STYLE)


def _settings(result: Atlas) -> str:
    """All that was asked of each model, for who does it again."""
    said = (f"{name.replace('_', ' ')} {value}" for name, value in result.settings.items())
    return f"Settings: {', '.join(said)}."
