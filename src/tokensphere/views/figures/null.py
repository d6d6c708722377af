"""What was found beside its null: of one direction, of a few a row each, of many their distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tokensphere.analysis.direction_test.compare import LEVEL, Beside, at_most
from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import KINDS, Largest, Statistic
from tokensphere.arrays import Float64s
from tokensphere.views.figures.canvas import figure_of
from tokensphere.views.figures.layout import describe, legend_below
from tokensphere.views.figures.style import (
    BLACK,
    BOX,
    CHANCE,
    DARK,
    EMPTY,
    FOUND,
    FULL,
    MARKED,
    NULL,
    SMALL,
)
from tokensphere.views.text import crop
from tokensphere.views.words import in_words, p_of

_BINS = 40
_WIDEST_NAME = 26


def found_beside(ax: Any, test: DirectionTest, kind: type[Statistic], row: int) -> None:
    """One direction: the null's distribution, and where it lies."""
    _scale(ax, kind)
    found = test[kind.name]
    null, value = found.nulls[found.null_of[row]], float(found.values[row])
    null = null[np.isfinite(null)]
    edges = _edges(kind, np.append(null, value))
    ax.stairs(100 * np.histogram(null, edges)[0] / len(null), edges, label="the null", **NULL)
    _percentile(ax, kind, null)
    p = p_of(found, row)
    p = f"p = {p}" if p[0].isdigit() else f"p {p}"
    ax.plot(
        [value, value],
        ax.get_ylim(),
        label=f"the direction, {p}",
        markevery=[1],
        clip_on=False,
        **MARKED,
    )
    ax.set_ylim(bottom=0)
    words = in_words(test, kind)
    describe(ax, words[0].upper() + words[1:], head(test, kind), "% of the draws in a bin")


def rows(axes: Sequence[Any], result: RankedTest) -> None:
    """A few directions, the most surprising first: by each statistic their nulls, and where they lie."""
    test, order = result.test, result.test.order(statistic=result.statistic.name)
    height = np.arange(len(order))[::-1]
    for ax, kind in zip(axes, KINDS, strict=True):
        _scale(ax, kind, ticks=4)
        ax.use_sticky_edges = False  # ends of boxes have room beside them
        found = test[kind.name]
        value, small = found.values[order], at_most(found.pvalue[order])
        ends = np.nanquantile(found.nulls[found.null_of[order]], (0.01, 0.05, 0.5, 0.95, 0.99), axis=1)
        ax.hlines(height, ends[0], ends[4], color=DARK, linewidth=1, label="98 % of its null")
        ax.barh(height, ends[3] - ends[1], 0.5, ends[1], label="90 % of its null", **BOX)
        ax.plot(ends[2], height, "|", color=BLACK, markersize=8, label="the null's median")
        for which, mark, said in ((small, FULL, "p ≤ 0.05"), (~small, EMPTY, "p > 0.05")):
            ax.plot(value[which], height[which], label=f"the direction, {said}", **mark)
        ax.set_ylim(-0.6, len(order) - 0.4)
        ax.set_yticks(height, [])
        ax.set_title(head(test, kind), loc="left")
    names = [crop(test.names[row], _WIDEST_NAME) for row in order.tolist()]
    axes[0].set_yticks(height, names, fontsize=SMALL, parse_math=False)
    legend_below(figure_of(axes[0]), *axes[0].get_legend_handles_labels())


def distribution(ax: Any, result: RankedTest) -> None:
    """How the statistic is distributed over the directions, and over the draws of their nulls."""
    test, kind, found = result.test, result.statistic, result.found
    _scale(ax, kind)
    values = found.values[test.testable]
    null, weights = _pooled(found, test)
    edges = _edges(kind, np.append(null, values))
    several = f"their {len(found.nulls):,} nulls, pooled" if len(found.nulls) > 1 else "the null"
    share = 100 * np.histogram(null, edges, weights=weights)[0]
    ax.stairs(share, edges, label=several, **NULL)
    ax.stairs(100 * np.histogram(values, edges)[0] / max(len(values), 1), edges, label="the directions",
              **FOUND)  # fmt: skip
    _percentile(ax, kind, null, weights)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    less = "" if kind.larger else " (logarithmic)"
    describe(
        ax, "The directions beside the null", in_words(test, kind) + less, "% in a bin (logarithmic)"
    )


def _pooled(found: Beside, test: DirectionTest) -> tuple[Float64s, Float64s]:
    """The draws of all nulls, each null with as much weight as it has directions."""
    sizes = np.bincount(found.null_of[test.testable], minlength=len(found.nulls))
    weights = np.repeat(np.maximum(sizes, not sizes.any()) / max(len(found.values), 1), found.n_draws)
    null = found.nulls.ravel()
    some = np.isfinite(null) & (weights > 0)
    return null[some], weights[some] / weights[some].sum()


def _percentile(ax: Any, kind: type[Statistic], null: Float64s, weights: Float64s | None = None) -> None:
    """Where 5 % of the null are more extreme."""
    level = 1 - LEVEL if kind.larger else LEVEL
    end = float(np.quantile(null, level, weights=weights, method="inverted_cdf"))
    ax.axvline(end, label=f"its {100 * level:.0f} % quantile", **CHANCE)


def _edges(kind: type[Statistic], values: Float64s) -> Float64s:
    """Of bins of equal width, of probabilities by their logarithm."""
    low, high = float(values.min()), float(values.max())
    if kind.larger:
        return np.linspace(low, high, _BINS + 1) if low < high else np.array([low - 0.5, low + 0.5])
    return np.geomspace(low, high, _BINS + 1) if low < high else np.array([low / 2, 2 * low])


def _scale(ax: Any, kind: type[Statistic], ticks: int = 7) -> None:
    """What is more extreme stands at the right."""
    if kind.larger:
        ax.locator_params(axis="x", nbins=ticks + 1)
    else:
        ax.set_xscale("log")
        ax.xaxis.get_major_locator().set_params(numticks=ticks)
        ax.xaxis.set_minor_formatter("")
        ax.invert_xaxis()


def head(test: DirectionTest, kind: type[Statistic]) -> str:
    """What a statistic is called, in short."""
    return (
        in_words(test, kind) if kind is Largest else kind.head.format(similarity=test.search.similarity)
    )
