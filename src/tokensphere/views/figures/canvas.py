"""A Matplotlib figure -> a file, whole or not at all; Matplotlib is an extra."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.arrays import Floats, Ints
from tokensphere.display import printable, told
from tokensphere.errors import InputError, MissingExtraError, how_to_install
from tokensphere.formats.foreign import damage_told, one_line
from tokensphere.formats.whole import check_writable, whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Found = tuple[float, tuple[float, float]]  # a share and its interval

BLUE, RED, GREEN, GREY = "#1b6ca8", "#b2452f", "#2f7d4f", "#555555"
CHANCE = {"color": "black", "linewidth": 1, "linestyle": "--"}  # the line of what is compared with
GUESS = {"color": "#777777", "linewidth": 1, "linestyle": ":"}  # the line of what the post guessed
SUFFIXES = (".png", ".svg", ".pdf")
_SETTINGS = "look at its settings: MPLBACKEND, MPLCONFIGDIR, matplotlibrc"
_LONGEST_TITLE, _LONGEST_LABEL = 200, 100  # characters
_DOTS_PER_INCH = 150
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


def new_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, title: str = ""
) -> tuple[Figure, list[Any]]:
    """A figure that no global state of Matplotlib knows.

    Parameters
    ----------
    width, height : in inches
    rows, columns : of axes
    title : above all of them; names in it are no formulas

    Returns
    -------
    figure : Figure
    axes : list of ``rows * columns`` axes, row by row

    Raises
    ------
    MissingExtraError
        Matplotlib is not installed
    """
    figure = _figure_class()(figsize=(width, height), layout="constrained")
    if title:
        figure.suptitle(told(title, _LONGEST_TITLE), fontsize=11 if width > 8 else 8, parse_math=False)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def describe(ax: Any, title: str, x: str, y: str, **legend: Any) -> None:
    """Title, axes and legend of one picture of a figure."""
    ax.set_title(title, fontsize=10, loc="left", parse_math=False)
    ax.set_xlabel(x, parse_math=False)
    ax.set_ylabel(y)
    for label in ax.legend(frameon=False, fontsize=8, **legend).get_texts():
        label.set_text(told(label.get_text(), _LONGEST_LABEL))
        label.set_parse_math(False)  # names are no formulas


def bars(ax: Any, where: Ints | Floats, found: Sequence[Found], **style: Any) -> None:
    """Shares with their intervals, in percent; NaN where there are none: not drawn."""
    height = 100 * np.array([share for share, _ in found])
    ends = 100 * np.array([interval for _, interval in found]).T
    ax.errorbar(where, height, np.abs(ends - height), **style)


@contextmanager
def drawing(path: Path | None, width: float, height: float, **more: Any) -> Iterator[list[Any]]:
    """The axes of a new figure, which is saved at the end, if there is a path.

    See `new_figure` and `save_figure`.
    """
    figure, axes = new_figure(width, height, **more)
    yield axes
    if path is not None:
        save_figure(figure, path)


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
    from matplotlib.text import Text

    for said in figure.findobj(Text):
        said.set_text(printable(said.get_text(), keep="\n"))
    suffix = path.suffix.lower()
    # A font that lacks a character draws a box, which says enough.
    with whole_file(path) as file, damage_told(f"cannot draw {path}", _SETTINGS):
        figure.savefig(file, format=suffix[1:], dpi=_DOTS_PER_INCH, metadata=_METADATA.get(suffix))
