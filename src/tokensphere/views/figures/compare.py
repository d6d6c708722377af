"""Models beside each other -> a picture: rates, how many neighbours are the same, what correlates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.compare.likeness import Likeness
from tokensphere.analysis.compare.result import Comparison
from tokensphere.display import told
from tokensphere.views.figures.canvas import Found, bars, drawing, figure_of
from tokensphere.views.figures.layout import describe
from tokensphere.views.figures.style import BLACK, CHANCE, GUESS, LINES, MARKS, WHITE
from tokensphere.views.text import ROWS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BARS: dict[str, Any] = {"linestyle": "none", "elinewidth": 1}
_NONE: Found = (np.nan, (np.nan, np.nan))
_LONGEST = 24  # characters of a model's name
_MOST_NAMED = 4  # models whose names stand below the axis in one line each


def plot_comparison(result: Comparison, path: Path | None = None) -> Figure:
    """Draw the result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    """
    named = ", ".join(told(name, _LONGEST) for name in result.names)
    title = f"{named}: cosine, {ROWS[result.how.centered]}"
    pairs = [pair for _, _, pair in result.each_pair()]
    agree = [pair for pair in pairs if pair.nearest is not None]
    rated = any(side.rate(centered=True) for side in result.models)
    places = ("A" if rated else "") + ("B" if agree else "")
    rows = f"{places};{'C' * len(places)}" if rated and agree else "BC" if agree else "A"
    with drawing(path, 9, 7.2 if rated and agree else 3.9, rows, title=title) as axes:
        left = list(axes)
        if rated or not agree:
            _rates(left.pop(0), result)
        if agree:
            _overlaps(left.pop(0), agree)
            _figures(left.pop(0), agree)
    return figure_of(axes[0])


def _rates(ax: Any, result: Comparison) -> None:
    """How often random neighbourhoods are clearly alike, of each model."""
    m, chances = len(result.models), set()
    for number, (centered, style) in enumerate(zip((False, True), MARKS, strict=False)):
        found: list[Found] = []
        for side in result.models:
            rate = side.rate(centered=centered)
            found.append(_NONE if rate is None else rate.found)
            chances |= set() if rate is None else {rate.chance}
        where = np.arange(m) + 0.16 * (number - 0.5)
        more = {} if number else {"mfc": WHITE}
        bars(ax, where, found, label=ROWS[centered], **_BARS, **style, **more)
    for chance in sorted(chances):
        ax.axhline(100 * chance, label=f"chance, {100 * chance:.0f} %", **CHANCE)
    ax.set_xticks(range(m), [_tick(name, m) for name in result.names])
    ax.set_xlim(-0.6, m - 0.4)
    ax.set_ylim(bottom=0)
    text = f"% of {result.n_directions:,} random directions"
    describe(ax, "How often are neighbours clearly alike?", "(bars: 95 % intervals)", text)


def _tick(name: str, models: int) -> str:
    """A name that fits below an axis."""
    return told(name, 22 if models < 3 else 14 if models <= _MOST_NAMED else 9)


def _overlaps(ax: Any, pairs: list[Likeness]) -> None:
    """Of how many tokens 0, 1, …, k nearest are the same, beside lists at random."""
    for number, pair in enumerate(pairs):
        assert pair.nearest is not None, "only such pairs are drawn"
        k = pair.nearest.k
        counts = np.bincount(pair.overlaps, minlength=k + 1)
        style = {**LINES[number % len(LINES)], "marker": MARKS[number % len(MARKS)]["marker"]}
        ax.plot(range(k + 1), 100 * counts / counts.sum(), label=_both(pair), markersize=4, **style)
    top = 1.25 * ax.get_ylim()[1]
    random = 100 * _at_random(pairs[-1].shared.n, k)
    ax.plot(range(k + 1), random, label=f"lists at random ({random[0]:.4g} % at 0)", **GUESS)
    ax.set_ylim(0, min(top, 104))  # lists at random may go beyond, as their label says
    ax.locator_params(axis="x", nbins=min(k, 10), integer=True)
    describe(ax, f"Are the {k} nearest of a token the same?", "tokens that are in both of its lists",
             "% of the tokens")  # fmt: skip


def _at_random(n: int, k: int) -> Any:
    """The law of how many of k are in both of two lists of k of the n − 1 others."""
    from scipy import stats  # late: it takes long to load

    return stats.hypergeom(n - 1, k, k).pmf(np.arange(k + 1))


def _both(pair: Likeness) -> str:
    return " – ".join(told(name, _LONGEST) for name in pair.models)


def _figures(ax: Any, pairs: list[Likeness]) -> None:
    """Each figure of agreement of every two models, with its interval; what random order gives."""
    names = ("same\nnearest", "RSA", "CKA,\ndebiased", "cosine after\nrotation")
    for number, pair in enumerate(pairs):
        where = np.arange(len(names)) + 0.5 * ((number + 0.5) / len(pairs) - 0.5)
        found, chances = zip(*_agreed(pair), strict=True)
        values, ends = np.array([value for value, _ in found]), np.array([end for _, end in found]).T
        style = {**_BARS, **MARKS[number % len(MARKS)]}
        ax.errorbar(where, values, np.abs(ends - values), label=_both(pair), **style)
        random = {} if number else {"label": "tokens in random order"}
        ax.plot(where, chances, color=BLACK, marker="_", markersize=14, linestyle="none", **random)
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylim(min(ax.get_ylim()[0], 0.0), min(ax.get_ylim()[1], 1.03))
    describe(ax, "How far do they agree?", "(bars: 95 % intervals over tokens)", "1: the same")


def _agreed(pair: Likeness) -> Iterator[tuple[Found, float]]:
    """Each figure with its interval, and what random order gives; NaN where there is none."""
    for one in (None if pair.nearest is None else pair.nearest.overlap, pair.rsa, pair.cka):
        yield (_NONE, np.nan) if one is None else ((one.value, one.interval), one.chance)
    if (turned := pair.rotation) is None:
        yield _NONE, np.nan
    else:
        yield (turned.mean_cosine, turned.mean_interval), turned.mean_cosine_by_chance
