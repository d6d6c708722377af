"""A Matplotlib figure -> a file, whole or not at all; Matplotlib is an extra."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.arrays import Floats, Ints
from tokensphere.display import printable
from tokensphere.errors import InputError, MissingExtraError, how_to_install
from tokensphere.formats.foreign import damage_told, no_warnings, one_line
from tokensphere.formats.whole import check_writable, whole_file
from tokensphere.views.figures.layout import in_lines
from tokensphere.views.figures.style import TITLE, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Found = tuple[float, tuple[float, float]]  # a share and its interval

SUFFIXES = (".png", ".svg", ".pdf")
_SETTINGS = "look at its settings: MPLBACKEND, MPLCONFIGDIR, matplotlibrc"
_POINTS = 72  # of an inch
# The day of making would be the only difference between two runs.
_METADATA = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def check_figure_path(path: Path) -> None:
    """Say before the work starts what would fail at its end.

    Raises
    ------
    InputError
        the suffix is not one of `SUFFIXES`, or the file cannot be written there
    MissingExtraError
        Matplotlib is not installed
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot draw {path}: the name must end in {', '.join(SUFFIXES)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise _missing()
    _figure_class()
    check_writable(path)


def _missing() -> MissingExtraError:
    return MissingExtraError(f"pictures need Matplotlib: {how_to_install('plot')}")


def _figure_class() -> type[Figure]:
    """Matplotlib's figure.

    Raises
    ------
    MissingExtraError
        it is not installed
    InputError
        it cannot be loaded, e.g. as its settings name a backend that there is not
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise _missing() from error
    except Exception as error:
        raise InputError(f"Matplotlib cannot be loaded ({one_line(error)}); {_SETTINGS}") from error
    return Figure


@contextmanager
def drawing(
    path: Path | None, width: float, height: float, places: str = "A", *, title: str = ""
) -> Iterator[list[Any]]:
    """The axes of a new figure, which is laid out at the end, and saved if there is a path.

    No global state of Matplotlib knows the figure or is changed by it.

    Parameters
    ----------
    path : see `save_figure`
    width, height : in inches
    places : of the panels, a letter each, which stands where the panel is: ``"AA;BC"`` is one above two
    title : above all of them; names in it are no formulas

    Yields
    ------
    list of axes, by their letters

    Raises
    ------
    MissingExtraError
        Matplotlib is not installed
    """
    new = _figure_class()
    with styled():
        figure = new(figsize=(width, height), layout="constrained")
        if title:
            said = in_lines(title, _POINTS * (width - 0.3), TITLE)
            figure.suptitle(said, x=0.01, ha="left", parse_math=False)
        axes = _panels(figure, places.split(";"))
        yield axes
        if path is not None:
            save_figure(figure, path)
            return
        _make_printable(figure)
        with no_warnings():
            figure.draw_without_rendering()  # makes its ticks, by this style


def _panels(figure: Figure, rows: list[str]) -> list[Any]:
    grid = figure.add_gridspec(len(rows), len(rows[0]))
    axes = []
    for letter in sorted(set("".join(rows))):
        down = [number for number, row in enumerate(rows) if letter in row]
        across = [number for number, one in enumerate(rows[down[0]]) if one == letter]
        place = grid[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
        axes.append(figure.add_subplot(place))
    return axes


def bars(ax: Any, where: Ints | Floats, found: Sequence[Found], **style: Any) -> None:
    """Shares with their intervals, in percent; NaN where there are none: not drawn."""
    height = 100 * np.array([share for share, _ in found])
    ends = 100 * np.array([interval for _, interval in found]).T
    ax.errorbar(where, height, np.abs(ends - height), **style)


def figure_of(ax: Any) -> Figure:
    """The figure that axes belong to."""
    figure: Figure = ax.figure
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, SVG or PDF, by the suffix of `path`.

    It goes to a temporary file beside it, which takes its name when it is complete: a file that was
    there survives a failure.

    Raises
    ------
    InputError
        the suffix is unknown, or the file cannot be written
    """
    check_figure_path(path)
    _make_printable(figure)
    suffix = path.suffix.lower()
    # A font that lacks a character draws a box, which says enough.
    with whole_file(path) as file, damage_told(f"cannot draw {path}", _SETTINGS), styled():
        figure.savefig(file, format=suffix[1:], metadata=_METADATA.get(suffix))


def _make_printable(figure: Figure) -> None:
    from matplotlib.text import Text

    for said in figure.findobj(Text):
        said.set_text(printable(said.get_text(), keep="\n"))
