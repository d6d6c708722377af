"""A test of directions -> a picture: what was found beside the null, by group, and the p-values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.cells import cell_len

from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import KINDS, SmallestLabelP
from tokensphere.display import printable
from tokensphere.statistics.histogram import p_histogram
from tokensphere.statistics.intervals import Share
from tokensphere.views.figures.canvas import bars, drawing, figure_of
from tokensphere.views.figures.layout import describe
from tokensphere.views.figures.null import distribution, found_beside, head, rows
from tokensphere.views.figures.style import BAND, CHANCE, LINES, MARKS, SMALL, WHITE
from tokensphere.views.groups import group_names
from tokensphere.views.text import crop, model_name
from tokensphere.views.words import FEW, in_words, law_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_TICKS = 16
_WIDEST_NAME, _WIDEST_TITLE = 20, 60
_ON_ONE_LINE = 90  # letters
_BESIDE = 0.14  # of the place of a group


def plot_direction_test(result: RankedTest, path: Path | None = None) -> Figure:
    """Draw the result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Of one direction its four statistics beside their nulls; of fewer than 20 a row each; of more how
    they are distributed, all p-values and, where there are groups, the share of each that stands out.

    Parameters
    ----------
    result : its statistic is the one whose shares and values are drawn
    path : where to

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    """
    test = result.test
    count = int(np.count_nonzero(test.testable))
    if count == 1:
        return plot_one(test, int(np.flatnonzero(test.testable)[0]), path)
    title = _title(test, f"{len(test):,} directions")
    if 1 < count < FEW:
        with drawing(path, 9, 1.9 + 0.26 * count, "ABCD", title=title) as axes:
            rows(axes, result)
    elif len(test.groups) > 1:
        with drawing(path, 9, 7.2, "AA;BC", title=title) as axes:
            _shares(axes[0], result)
            distribution(axes[1], result)
            _p_values(axes[2], result)
    else:
        with drawing(path, 9, 3.9, "AB", title=title) as axes:
            distribution(axes[0], result)
            _p_values(axes[1], result)
    return figure_of(axes[0])


def plot_one(test: DirectionTest, row: int, path: Path | None = None) -> Figure:
    """Draw one direction of a test, each statistic beside its null: see `plot_direction_test`."""
    title = _title(test, crop(test.names[row], _WIDEST_TITLE))
    with drawing(path, 9, 5.8, "AB;CD", title=title) as axes:
        for ax, kind in zip(axes, KINDS, strict=True):
            found_beside(ax, test, kind, row)
    return figure_of(axes[0])


def _title(test: DirectionTest, what: str) -> str:
    return f"{model_name(test.provenance.model)}: {what} beside {test.n_draws:,} {law_of(test)}"


def plot_top(result: DirectionTest, path: Path | None = None) -> Figure:
    """The same of all directions, by the statistic that finds most."""
    return plot_direction_test(result.top(), path)


def _shares(ax: Any, result: RankedTest) -> None:
    """How many of each group stand out; layers at their numbers."""
    groups, name = result.test.groups, result.statistic.name
    names = group_names([group.name for group in groups])
    places = np.arange(len(groups)) if names.layers is None else np.array(names.layers)
    for what, style, side in (("p", {"mfc": WHITE, **MARKS[1]}, -_BESIDE), ("q", MARKS[0], _BESIDE)):
        shares: list[Share] = [getattr(group[name], what) for group in groups]
        bars(ax, places + side, [(share.share, share.interval) for share in shares], linestyle="none",
             elinewidth=1, capsize=0, label=f"{what} ≤ 0.05", **style)  # fmt: skip
    ax.axhline(5, label="p ≤ 0.05 by chance, 5 %", **CHANCE)
    ax.set_ylim(bottom=0)
    ax.set_xlim(places.min() - 0.6, places.max() + 0.6)
    if names.layers is None:
        _name_places(ax, names.short)
        below = printable(names.common) or "group"
    else:
        ax.xaxis.get_major_locator().set_params(integer=True, nbins=_MOST_TICKS)
        below = "layer" if names.common == "layer *" else f"layer ({printable(names.common)})"
    by = in_words(result.test, result.statistic)
    describe(ax, f"Which stand out by the {by}? (bars: 95 % intervals)", below, "% of the directions")


def _name_places(ax: Any, names: tuple[str, ...]) -> None:
    step = -(-len(names) // _MOST_TICKS)
    shown = [crop(name, _WIDEST_NAME) for name in names[::step]]
    slanted = max(map(cell_len, shown)) > _ON_ONE_LINE // len(shown)
    ax.set_xticks(np.arange(len(names))[::step], shown, rotation=45 if slanted else 0,
                  rotation_mode="anchor", ha="right" if slanted else "center",
                  va="top", fontsize=SMALL, parse_math=False)  # fmt: skip


def _p_values(ax: Any, result: RankedTest) -> None:
    """All p-values by each statistic, and where chance would put them."""
    test, edges = result.test, np.linspace(0, 1, 21)
    kinds = (result.statistic, *(kind for kind in KINDS if kind is not result.statistic))
    some = test.testable
    sizes = np.bincount(result.found.null_of[some]).tolist()
    for kind, style in zip(kinds, LINES, strict=False):
        found = p_histogram(test[kind.name].pvalue[some], test.n_draws, sizes)
        percent = 100 / max(int(some.sum()), 1)
        if kind is result.statistic:
            ax.stairs(percent * found.high, edges, baseline=percent * found.low, fill=True,
                      label="95 % of what chance gives", **BAND)  # fmt: skip
        label = head(test, kind) + (" (few values)" if kind is SmallestLabelP else "")
        ax.stairs(percent * found.counts, edges, baseline=None, label=label, **style,
                  linewidth=2 if kind is result.statistic else 1.1)  # fmt: skip
    ax.axhline(5, label="chance, 5 %", **CHANCE)
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    describe(ax, "All p-values", "p, in bins of 0.05", "% of the directions")
