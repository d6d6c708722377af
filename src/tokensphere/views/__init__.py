"""A result -> terminal, HTML or JSON. No statistic is computed here."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from tokensphere.views.csv import csv_in_parts, to_csv
from tokensphere.views.json import json_in_parts, json_lines, to_json
from tokensphere.views.terminal.render import WIDTH_WITHOUT_TERMINAL, print_parts, print_text

__all__ = [
    "WIDTH_WITHOUT_TERMINAL", "csv_in_parts", "draw", "json_in_parts", "json_lines", "render",
    "text_in_parts", "to_csv", "to_html", "to_json", "to_text", "write_page",
]  # fmt: skip

# Who shows a result of a type. They are imported when one is shown: what they need costs time.
_TERMINAL = {
    "Atlas": "tokensphere.views.terminal.atlas:atlas",
    "AtlasState": "tokensphere.views.terminal.atlas:atlas_state",
    "Card": "tokensphere.views.terminal.cards:card",
    "Cards": "tokensphere.views.terminal.cards:cards",
    "CloseUp": "tokensphere.views.terminal.close_up:close_up",
    "Comparison": "tokensphere.views.terminal.compare:comparison",
    "DirectionTest": "tokensphere.views.terminal.direction_test:direction_test",
    "Geometry": "tokensphere.views.terminal.claims:geometry",
    "LabelList": "tokensphere.views.terminal.naming:label_list",
    "LabelMembers": "tokensphere.views.terminal.naming:label_members",
    "Likeness": "tokensphere.views.terminal.likeness:likeness",
    "NamedNeighbors": "tokensphere.views.terminal.named:named_neighbors",
    "Naming": "tokensphere.views.terminal.naming:naming",
    "Neighbors": "tokensphere.views.terminal.neighbors:neighbors",
    "Pair": "tokensphere.views.terminal.facts:pair",
    "RankedTest": "tokensphere.views.terminal.direction_test:ranked_test",
    "RatingsComparison": "tokensphere.views.terminal.rating:raters_comparison",
    "RatingResult": "tokensphere.views.terminal.rating:rating_result",
    "Selection": "tokensphere.views.terminal.sets:selection",
    "Info": "tokensphere.views.terminal.facts:info",
    "Survey": "tokensphere.views.terminal.answer:answer",
    "System": "tokensphere.views.terminal.facts:system",
    "TokenMap": "tokensphere.views.terminal.sets:token_map",
}
_FULL = {  # what is more than a first screen
    "Atlas": "tokensphere.views.terminal.atlas:full_atlas",
    "Comparison": "tokensphere.views.terminal.compare:full_comparison",
    "Survey": "tokensphere.views.terminal.survey:survey",
}
_IN_PARTS = {
    "NamedNeighbors": "tokensphere.views.terminal.named:named_in_parts",
    "Neighbors": "tokensphere.views.terminal.neighbors:neighbors_in_parts",
}
_HTML = {
    "Card": "tokensphere.views.cards:card",
    "Cards": "tokensphere.views.cards:cards",
    "DirectionTest": "tokensphere.views.tested:direction_test",
    "LabelMembers": "tokensphere.views.html:label_members",
    "NamedNeighbors": "tokensphere.views.html:named_neighbors",
    "Neighbors": "tokensphere.views.html:neighbors",
    "RankedTest": "tokensphere.views.tested:ranked_test",
    "TokenMap": "tokensphere.views.html:token_map",
}
_PAGES = {  # a whole page, of those that have one
    "Atlas": "tokensphere.views.atlas:html_page",
    "Comparison": "tokensphere.views.compared:html_page",
}
_FIGURES = {
    "Atlas": "tokensphere.views.figures.atlas:plot_atlas",
    "CloseUp": "tokensphere.views.figures.close_up:plot_close_up",
    "Comparison": "tokensphere.views.figures.compare:plot_comparison",
    "DirectionTest": "tokensphere.views.figures.direction_test:plot_top",
    "Geometry": "tokensphere.views.figures.claims:plot_geometry",
    "RankedTest": "tokensphere.views.figures.direction_test:plot_direction_test",
    "Survey": "tokensphere.views.figures.survey:plot_survey",
}


def _view(result: Any, views: Mapping[str, str]) -> Any:
    """The function that shows `result`, or a class that it is derived from; None if there is none."""
    for kind in type(result).__mro__:
        if kind.__name__ in views:
            module, _, name = views[kind.__name__].partition(":")
            return getattr(import_module(module), name)
    return None


def render(result: Any, width: int = WIDTH_WITHOUT_TERMINAL, *, full: bool = False) -> RenderableType:
    """What to print for `result` on a terminal of `width` columns; `full`: all of its tables."""
    view = (_view(result, _FULL) if full else None) or _view(result, _TERMINAL)
    if view is None:
        raise TypeError(f"no view for {type(result).__name__}")
    shown: RenderableType = view(result, width)
    return shown


def to_text(result: Any, *, width: int | None = None, color: bool = False, full: bool = False) -> str:
    """The result as text for a terminal.

    Parameters
    ----------
    result : a result of the analysis
    width : columns to keep to, by default the terminal's; a table that cannot be narrower than that
        is not cut
    color : with the terminal's colours and weights
    full : all tables, of a result whose first screen has not all of them
    """
    if not width:
        from shutil import get_terminal_size  # which loads all compressions

        width = get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns
    return print_text(render(result, width, full=full), width, color=color)


def to_full_text(result: Any) -> str:
    """All tables of a result as text."""
    return to_text(result, full=True)


def text_in_parts(
    parts: Iterable[Any], *, width: int = WIDTH_WITHOUT_TERMINAL, color: bool = False
) -> Iterator[str]:
    """What :func:`to_text` makes of all parts in one, as whole lines, while they are being found.

    Parameters
    ----------
    parts : results with lists, such as ``Neighbors``, of some directions each
    width, color : as for :func:`to_text`
    """
    rest = iter(parts)
    first = next(rest)
    shown = _view(first, _IN_PARTS)(chain([first], rest), width)
    return (f"{text}\n" for text in print_parts(shown, width, color=color))


def to_html(result: Any) -> str:
    """The result as HTML for a notebook, by a view of its own or as what a terminal shows."""
    view = _view(result, _HTML)
    if view is not None:
        return str(view(result))
    from tokensphere.views.pages import WIDTH, page

    return page(render(result, WIDTH))


def write_page(result: Any, path: str | Path) -> None:
    """Write a result as one page of HTML, whole or not at all.

    Raises
    ------
    InputError
        the name does not end in .html, or the file cannot be written
    TypeError
        there is no page of such a result
    """
    view = _view(result, _PAGES)
    if view is None:
        raise TypeError(f"no page of {type(result).__name__}")
    from tokensphere.formats.files import at_home
    from tokensphere.views.page import check_page_path, write_text

    where = at_home(path)
    check_page_path(where)
    write_text(view(result), where)


def draw(result: Any, path: str | Path | None = None) -> Any:
    """Draw a result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Returns
    -------
    ``matplotlib.figure.Figure``

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    TypeError
        there is no picture of such a result
    """
    view = _view(result, _FIGURES)
    if view is None:
        raise TypeError(f"no picture of {type(result).__name__}")
    from tokensphere.formats.files import at_home

    figure = view(result, None if path is None else at_home(path))
    _let_notebooks_show(type(figure))
    return figure


def _let_notebooks_show(figure: type) -> None:
    """Have IPython show a figure that pyplot does not know; pyplot would teach it the same."""
    found = sys.modules.get("IPython")
    shell: Any = None if found is None else found.get_ipython()
    if hasattr(shell, "kernel"):
        png = shell.display_formatter.formatters["image/png"]
        if figure not in png:
            from IPython.core.pylabtools import print_figure

            png.for_type(figure, partial(print_figure, fmt="png", bbox_inches="tight"))
