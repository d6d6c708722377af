"""How pictures look: colours, lines and marks, sizes; whatever the user's Matplotlib is set to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Okabe & Ito, "Color Universal Design" (2008): told apart with any kind of colour vision. Beside its
# colour each line has dashes, and each mark a shape, of its own, so that a photocopy shows the same.
BLACK, ORANGE, SKY, GREEN = "#000000", "#e69f00", "#56b4e9", "#009e73"
BLUE, VERMILLION, PURPLE = "#0072b2", "#d55e00", "#cc79a7"
WHITE, PALE, GREY, DARK = "#ffffff", "#d0d0d0", "#8c8c8c", "#555555"

CHANCE: dict[str, Any] = {"color": BLACK, "linewidth": 1, "linestyle": "--"}  # what is compared with
GUESS: dict[str, Any] = {"color": DARK, "linewidth": 1.2, "linestyle": ":"}  # what the post guessed
NULL: dict[str, Any] = {"fill": True, "facecolor": PALE, "edgecolor": GREY, "linewidth": 0.8}
BAND: dict[str, Any] = {"facecolor": PALE, "edgecolor": GREY, "hatch": "////", "linewidth": 0}
BOX: dict[str, Any] = {"facecolor": PALE, "edgecolor": DARK, "linewidth": 0.8}
FOUND: dict[str, Any] = {"color": BLUE, "linewidth": 1.6}
MARKED: dict[str, Any] = {"color": VERMILLION, "linewidth": 2, "marker": "D", "markersize": 5}
FULL: dict[str, Any] = {"color": VERMILLION, "marker": "D", "linestyle": "none"}
EMPTY: dict[str, Any] = {**FULL, "markerfacecolor": WHITE}
LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-"},
    {"color": VERMILLION, "linestyle": "--"},
    {"color": GREEN, "linestyle": "-."},
    {"color": BLACK, "linestyle": ":"},
    {"color": PURPLE, "linestyle": (0, (7, 2, 1, 2, 1, 2))},
)
SECOND: dict[str, Any] = {"linestyle": "--", "linewidth": 1.1, "markersize": 3.5}  # like the first, but
THIRD: dict[str, Any] = {"linestyle": ":", "linewidth": 1.1, "markersize": 2.5}
MARKS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "color": BLUE},
    {"marker": "s", "color": VERMILLION},
    {"marker": "D", "color": GREEN},
    {"marker": "^", "color": BLACK},
    {"marker": "v", "color": PURPLE},
    {"marker": "P", "color": ORANGE},
)
CLOUDS: tuple[dict[str, Any], ...] = (  # many small marks would hide few large ones
    {"marker": "s", "facecolors": BLUE, "edgecolors": WHITE, "s": 26, "linewidths": 0.5},
    {"marker": "o", "facecolors": "none", "edgecolors": VERMILLION, "s": 22, "linewidths": 0.9},
    {"marker": ".", "facecolors": GREY, "edgecolors": "none", "s": 16},
    {"marker": "^", "facecolors": "none", "edgecolors": GREEN, "s": 30, "linewidths": 0.9},
    {"marker": "x", "color": PURPLE, "s": 22, "linewidths": 0.9},
    {"marker": "D", "facecolors": "none", "edgecolors": BLACK, "s": 20, "linewidths": 0.8},
)

TITLE, TEXT, SMALL = 10, 9, 8.5  # points
# Of pages in docs/, some 830 pixels wide: a figure of 9 inches has letters of 11 pixels there.
SHEET: dict[str, Any] = {
    "axes.formatter.useoffset": False,
    "axes.labelsize": TEXT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": TITLE,
    "axes.titleweight": "bold",
    "errorbar.capsize": 2.5,
    "figure.titlesize": TITLE,
    "font.size": TEXT,
    "hatch.color": GREY,
    "hatch.linewidth": 0.5,
    "legend.borderaxespad": 0.2,
    "legend.borderpad": 0.2,
    "legend.columnspacing": 1.2,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "legend.labelspacing": 0.35,
    "lines.linewidth": 1.5,
    "lines.markersize": 5.5,
    "savefig.dpi": 150,
    "svg.hashsalt": "tokensphere",  # the same names of parts in each run
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
}
_OF_LOOKS = {
    "axes", "boxplot", "errorbar", "figure", "font", "hatch", "image", "legend", "lines", "markers",
    "mathtext", "patch", "path", "pdf", "savefig", "scatter", "svg", "text", "xaxis", "xtick", "yaxis",
    "ytick",
}  # fmt: skip
_FONT = "DejaVu Sans"  # which comes with Matplotlib
_FONTS_OF_MORE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "Droid Sans Fallback", "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Arial Unicode MS", "Noto Sans Devanagari",
    "Noto Sans Thai",
)  # fmt: skip


@contextmanager
def styled() -> Iterator[None]:
    """Draw by the style sheet; afterwards Matplotlib's settings are those that they were."""
    import matplotlib as mpl

    names = [name for name in mpl.rcParamsDefault if name.partition(".")[0] in _OF_LOOKS]
    default = {str(name): mpl.rcParamsDefault[name] for name in names}
    settings: Any = {**default, **SHEET, "font.family": _fonts()}
    with mpl.rc_context(settings):
        yield


def _fonts() -> list[str]:
    """The font, and those that are here of scripts that it lacks."""
    from matplotlib.font_manager import fontManager

    here = {font.name for font in fontManager.ttflist}
    return [_FONT, *(name for name in _FONTS_OF_MORE if name in here)]
