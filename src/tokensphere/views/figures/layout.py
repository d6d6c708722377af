"""Where text stands in a picture: legends above the frame, nothing over data, nothing cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tokensphere.display import told
from tokensphere.formats.foreign import no_warnings
from tokensphere.views.figures.style import SMALL, TEXT, TITLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LONGEST = 200  # characters of a title
_BESIDE_AXES = 0.65  # inches that numbers and title of an axis take
_POINTS = 72  # of an inch
_GAP = 4  # points between legend and title


def describe(
    ax: Any, title: str, x: str, y: str, *, handles: Sequence[Any] = (), labels: Sequence[str] = ()
) -> None:
    """Title, axes and legend of one panel of a figure.

    Parameters
    ----------
    ax : its axes
    title, x, y : names in them are no formulas; what is too wide is shortened, `x` line by line
    handles, labels : of the legend, if not what was drawn with a label, in the order of drawing
    """
    wide = room(ax)
    ax.set_xlabel(_fitted_lines(x, wide, TEXT), parse_math=False)
    ax.set_ylabel(y, parse_math=False)
    if not handles:
        handles, labels = ax.get_legend_handles_labels()
    high = _legend_above(ax, handles, labels, wide) if handles else 0
    ax.set_title(fitted(title, wide, TITLE, bold=True), loc="left", pad=high + _GAP, parse_math=False)


def room(ax: Any) -> float:
    """About how wide a panel is without what stands left of it, in points."""
    place = ax.get_subplotspec()
    share = len(place.colspan) / place.get_gridspec().ncols
    return float(_POINTS * (share * ax.figure.get_figwidth() - _BESIDE_AXES))


def _legend_above(ax: Any, handles: Sequence[Any], labels: Sequence[str], wide: float) -> float:
    """In as few rows as are not wider than the panel; how high it is, in points."""
    labels = [_fitted_lines(label, wide - 4 * SMALL, SMALL) for label in labels]
    for rows in range(1, len(labels) + 1):
        legend = ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0,
                           ncols=-(-len(labels) // rows))  # fmt: skip
        for text in legend.get_texts():
            text.set_parse_math(False)  # names are no formulas
        if _points(legend, "width") <= wide:
            break
    return _points(legend, "height")


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """One legend of all panels, in as few rows as are not wider than the figure."""
    wide = _POINTS * figure.get_figwidth()
    for rows in range(1, len(labels) + 1):
        legend = figure.legend(handles, labels, loc="outside lower left", ncols=-(-len(labels) // rows))
        if rows == len(labels) or _points(legend, "width") <= wide:
            return
        legend.remove()


def _points(artist: Any, side: str) -> float:
    with no_warnings():
        return float(getattr(artist.get_window_extent(), side) / artist.figure.dpi * _POINTS)


def fitted(text: str, points: float, size: float, *, bold: bool = False) -> str:
    """`text` as it may be shown, in at most so many points; of a longer one both ends.

    Parameters
    ----------
    text : on one line
    points : how wide it may be
    size : of its letters, in points
    bold : whether they are
    """
    shown = told(text, _LONGEST)
    while (wide := _width(shown, size, bold)) > points and len(shown) > 8:
        shown = told(text, max(8, min(len(shown) - 1, int(len(shown) * points / wide))))
    return shown


def _fitted_lines(text: str, points: float, size: float) -> str:
    return "\n".join(fitted(line, points, size) for line in text.split("\n"))


def in_lines(text: str, points: float, size: float, most: int = 2) -> str:
    """`text` broken between words into at most so many lines, with both its ends if that is too few."""
    for longest in (_LONGEST, 150, 100, 60):
        lines = [""]
        for word in told(text, longest).split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if _width(longer, size, False) <= points or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(word)
        if len(lines) <= most:
            break
    return "\n".join(fitted(line, points, size) for line in lines[:most])


def _width(text: str, size: float, bold: bool) -> float:
    """In points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with no_warnings():  # a font that lacks a character draws a box, which says enough
        font = FontProperties(size=size, weight="bold" if bold else "normal")
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])
