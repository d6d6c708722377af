"""A survey -> a picture: how coherent lists are, how often more than chance, and the hubs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.rating.judged import POST
from tokensphere.analysis.survey.bins import coherence_bins
from tokensphere.analysis.survey.hubs import listed_at_random, listed_by_rank
from tokensphere.analysis.survey.result import LEVELS, Survey
from tokensphere.analysis.survey.sharing import WORDS, SurveyNaming
from tokensphere.statistics.exceedance import Exceedance
from tokensphere.statistics.intervals import Share
from tokensphere.views.figures.canvas import (
    BLUE,
    CHANCE,
    GREEN,
    GUESS,
    RED,
    bars,
    describe,
    drawing,
    figure_of,
)
from tokensphere.views.terminal.survey import KINDS, RANKINGS
from tokensphere.views.text import FORMS, ROWS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Told apart by marker, line and filling as much as by colour, so that a photocopy shows the same.
_MARKS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "color": BLUE, "mfc": BLUE},
    {"marker": "o", "color": BLUE, "mfc": "white"},
    {"marker": "s", "color": RED, "mfc": RED},
    {"marker": "s", "color": RED, "mfc": "white"},
)
_BARS: dict[str, Any] = {"linestyle": "none", "capsize": 2.5, "markersize": 5.5, "elinewidth": 1}
_THEME: dict[str, Any] = {"marker": "D", "color": GREEN}
_HUB_LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-"},
    {"color": RED, "linestyle": "--"},
    {"color": GREEN, "linestyle": "-."},
)


def plot_survey(result: Survey, path: Path | None = None) -> Figure:
    """Draw the result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    """
    seed, first = result.settings.seed, result.settings.first
    which = "directions" if seed is None else f"random directions (seed {seed}, from {first:,} on)"
    title = f"{result.provenance.model}: {result.n_tokens:,} tokens, {len(result):,} {which}"
    with drawing(path, 13, 4.4, columns=3, title=title) as (left, middle, right):
        _coherence(left, result)
        _rates(middle, result)
        _hubs(right, result)
    return figure_of(left)


def _coherence(ax: Any, result: Survey) -> None:
    """``T`` of the lists shown beside the surrogate's."""
    bins = coherence_bins(result)
    edges = bins.edges
    for share, style in (
        (bins.by_chance, {"fill": True, "color": "#cccccc", "label": "vocabulary with no words"}),
        (bins.shares, {"color": BLUE, "linewidth": 1.5, "label": "real vocabulary"}),
    ):
        ax.stairs(100 * share, edges, **style)
    high = ax.get_ylim()[1]
    ax.set_ylim(0, 1.35 * high)  # room for the legend
    if not result.tells:
        _threshold(ax, result.main.at[0], 0.6 * high)
    kind = "centred rows" if result.settings.centered else ROWS[False]
    forms = f", {FORMS}" if result.settings.forms else ""
    describe(ax, f"How alike are {result.settings.k} neighbours?",
             f"T, mean cosine of their centred rows\n(neighbours on {kind}{forms})",
             f"lists in a bin of {edges[1] - edges[0]:.2g} (%)", loc="upper right")  # fmt: skip


def _threshold(ax: Any, found: Exceedance, height: float) -> None:
    """Where chance's percentile over all directions lies, and how many are above."""
    ax.axvline(found.threshold, 0, 0.7, color="black", linewidth=1.2, linestyle="--",
               label=f"{100 * found.level:.0f} % of those with no words are below")  # fmt: skip
    ax.text(found.threshold, height, f"  {100 * found.rate:.1f} % of the\n  real ones\n  are above",
            fontsize=8, va="center")  # fmt: skip


def _rates(ax: Any, result: Survey) -> None:
    """The rates of all kinds of lists and k, with their intervals, and chance."""
    ks = result.settings.ks
    for number, ((centered, forms, label), style) in enumerate(zip(KINDS, _MARKS, strict=True)):
        rates = [result.rate(centered=centered, forms=forms, k=k) for k in ks]
        found = [rate.own.at[0] if rate.own and result.tells else rate.at[0] for rate in rates]
        where = np.arange(len(ks)) + 0.17 * (number - 1.5)
        shares = [(each.rate, each.interval) for each in found]
        bars(ax, where, shares, label=label, **_BARS, **style)
    ticks = [str(k) for k in ks]
    if result.naming is not None:
        # One more place: the lists shown, by what their tokens are and not by where they lie.
        for number, (share, style) in enumerate(_themes(result.naming)):
            where = np.array([len(ks) + 0.25 * (number - 0.5)])
            bars(ax, where, [(share.share, share.interval)], **_BARS, **style)
        ax.axvline(len(ks) - 0.5, 0, 0.72, color="#777777", linewidth=0.6)
        ticks.append(f"{result.settings.k}\n(by labels)")
    own = result.main.own
    chance = 100 * (own.at[0].attained if own and result.tells else 1 - LEVELS[0])
    ax.axhline(chance, label=f"chance, {chance:.0f} %", **CHANCE)
    ax.axhline(100 * POST, label=f"the post's guess, {100 * POST:.0f} %", **GUESS)
    ax.set_xticks(np.arange(len(ticks)), ticks)
    ax.set_xlim(-0.5, len(ticks) - 0.5)
    ax.set_ylim(0, 1.35 * max(ax.get_ylim()[1], 2 * chance))  # room for the legend
    by_chance, guess, *marks = zip(*ax.get_legend_handles_labels(), strict=True)
    if result.naming is None:  # no column parts what belongs together
        shown = [by_chance, *marks[:2], guess, *marks[2:]]
    else:
        shown = [*marks[:4], by_chance, guess, *marks[4:]]
    handles, labels = zip(*shown, strict=True)
    describe(ax, "How often more than chance? (bars: 95 % intervals)", "k, neighbours in a list",
             "lists with p ≤ 0.05 (%)" if result.tells else "lists beyond chance's 95th percentile (%)",
             handles=handles, labels=labels,
             loc="upper center", ncols=2)  # fmt: skip


def _themes(naming: SurveyNaming) -> Iterator[tuple[Share, dict[str, Any]]]:
    """How many lists share a label, any and one of words, and how that is drawn."""
    for group in naming.groups:
        if group.name == WORDS:
            yield group.rate, _THEME | {"mfc": GREEN, "label": "share a label of words"}
        elif group is naming.groups[0]:
            yield group.rate, _THEME | {"mfc": "white", "label": "share any label"}


def _hubs(ax: Any, result: Survey) -> None:
    """In what share of the lists each token stands, most often first, beside what chance gives."""
    m, k, n = len(result), result.settings.k, result.n_tokens
    for number, (ranking, style) in enumerate(zip(RANKINGS.values(), _HUB_LINES, strict=True)):
        shares = listed_by_rank(result.records.ids[:, number])
        rank = np.arange(1, len(shares) + 1)
        ax.plot(rank, 100 * shares, linewidth=1.5, label=f"by {ranking}", **style)
    ranks, expected = listed_at_random(m, k, n)
    style = {"color": "black", "linestyle": ":", "drawstyle": "steps-pre"}
    ax.plot(ranks, 100 * expected, linewidth=1.2, label="tokens at random", **style)
    ax.set(xscale="log", yscale="log")
    ax.yaxis.get_major_locator().set_params(subs=(1, 2, 5))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
        axis.set_minor_formatter("")
    describe(ax, "Hubs: do some tokens stand in many lists?", "rank of the token",
             f"lists of {k} that it stands in (%)", loc="upper right")  # fmt: skip
