"""A test of directions -> a picture: which groups stand out, and the p-values beside chance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import KINDS
from tokensphere.statistics.intervals import Share
from tokensphere.views.figures.canvas import BLUE, CHANCE, GREY, RED, bars, describe, drawing, figure_of
from tokensphere.views.text import crop
from tokensphere.views.words import in_words, law_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 20
_MOST_TICKS = 16
_WIDEST_NAME, _WIDEST_COMMON = 24, 60
# Told apart by their dashes as much as by their colour, so that a photocopy shows the same.
_STYLES = (
    {"color": "black", "linestyle": "-"},
    {"color": BLUE, "linestyle": "-."},
    {"color": RED, "linestyle": "--"},
    {"color": GREY, "linestyle": ":"},
)


def plot_direction_test(result: RankedTest, path: Path | None = None) -> Figure:
    """Draw the result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Parameters
    ----------
    result : its statistic is the one whose shares are drawn by group
    path : where to

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    """
    test = result.test
    grouped = len(test.groups) > 1
    title = f"{test.provenance.model}: {len(test):,} directions beside {test.n_draws:,} {law_of(test)}"
    columns = 2 if grouped else 1
    with drawing(path, 11 if grouped else 6, 4.4, columns=columns, title=title) as axes:
        if grouped:
            _shares(axes[0], result)
        _histogram(axes[-1], result)
    return figure_of(axes[0])


def plot_top(result: DirectionTest, path: Path | None = None) -> Figure:
    """The same of all directions, by the statistic that finds most."""
    return plot_direction_test(result.top(), path)


def _shares(ax: Any, result: RankedTest) -> None:
    groups, name = result.test.groups, result.statistic.name
    places = np.arange(len(groups))
    for what, marker, face in (("q", "o", "black"), ("p", "s", "white")):
        shares: list[Share] = [getattr(group[name], what) for group in groups]
        bars(ax, places, [(share.share, share.interval) for share in shares], fmt=marker, color="black",
             markerfacecolor=face, markersize=4.5, linewidth=0.9, label=f"{what} ≤ 0.05")  # fmt: skip
    ax.axhline(5, label="p ≤ 0.05 by chance: 5 %", **CHANCE)
    short, common = short_names([group.name for group in groups])
    short = [crop(name, _WIDEST_NAME) for name in short]
    step = -(-len(groups) // _MOST_TICKS)
    rotation = 45 if max(map(len, short)) > 4 else 0
    ax.set_xticks(places[::step], short[::step], rotation=rotation, ha="right" if rotation else "center",
                  fontsize=8, parse_math=False)  # fmt: skip
    ax.set_ylim(bottom=0)
    below = crop(common, _WIDEST_COMMON) or "group"
    describe(ax, f"By the {in_words(result.test, result.statistic)}", below,
             "share of directions (%), 95 % interval")  # fmt: skip


def short_names(names: Sequence[str]) -> tuple[list[str], str]:
    """Names without what they all begin and end with, and the whole with a star in their place.

    Examples
    --------
    >>> short_names(["blk.0.up", "blk.10.up"])
    (['0', '10'], 'blk.*.up')
    >>> short_names(["a", "b"])
    (['a', 'b'], '')
    """
    begin = _beginning(names).rstrip("0123456789")
    rest = [name[len(begin) :] for name in names]
    end = _beginning([name[::-1] for name in rest])[::-1].lstrip("0123456789")
    short = [name[: len(name) - len(end)] for name in rest]
    if not all(short):
        return list(names), ""
    return short, f"{begin}*{end}" if begin or end else ""


def _beginning(names: Sequence[str]) -> str:
    """The characters that all names begin with."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)


def _histogram(ax: Any, result: RankedTest) -> None:
    test = result.test
    for kind, style in zip(KINDS, cycle(_STYLES), strict=False):
        p = test[kind.name].pvalue[test.testable]
        counts, edges = np.histogram(p, bins=_BINS, range=(0, 1))
        heights = counts / max(len(p), 1) * _BINS
        label = in_words(test, kind)
        if not kind.larger:
            label += " (takes few values)"  # so its heights jump also when all is chance
        ax.stairs(heights, edges, baseline=None, label=label, **style)
    ax.axhline(1, color="black", linewidth=1, label="chance", alpha=0.4)
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    describe(ax, "All p-values", "p", "density (1 if all were chance)")
