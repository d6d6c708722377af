"""A survey -> a picture: how coherent lists are, how often more than chance, and the hubs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.rating.judged import POST
from tokensphere.analysis.survey.bins import coherence_bins
from tokensphere.analysis.survey.hubs import listed_at_random, listed_by_rank
from tokensphere.analysis.survey.records import LEVELS
from tokensphere.analysis.survey.result import Survey
from tokensphere.analysis.survey.sharing import WORDS, SurveyNaming
from tokensphere.statistics.exceedance import Exceedance
from tokensphere.statistics.intervals import Share
from tokensphere.views.figures.canvas import bars, drawing, figure_of
from tokensphere.views.figures.layout import describe
from tokensphere.views.figures.style import CHANCE, FOUND, GREY, GUESS, LINES, MARKS, NULL, WHITE
from tokensphere.views.terminal.survey import KINDS, RANKINGS
from tokensphere.views.text import FORMS, ROWS, model_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BARS: dict[str, Any] = {"linestyle": "none", "elinewidth": 1}
_MARKS: tuple[dict[str, Any], ...] = (
    MARKS[0],
    {**MARKS[0], "mfc": WHITE},
    MARKS[1],
    {**MARKS[1], "mfc": WHITE},
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
    title = f"{model_name(result.provenance.model)}: {result.n_tokens:,} tokens, {len(result):,} {which}"
    with drawing(path, 9, 7.2, "BB;AC", title=title) as (coherence, rates, hubs):
        _coherence(coherence, result)
        _rates(rates, result)
        _hubs(hubs, result)
    return figure_of(rates)


def _coherence(ax: Any, result: Survey) -> None:
    """``T`` of the lists shown beside the surrogate's."""
    bins = coherence_bins(result)
    edges = bins.edges
    ax.stairs(100 * bins.by_chance, edges, label="vocabulary with no words", **NULL)
    ax.stairs(100 * bins.shares, edges, label="real vocabulary", **FOUND)
    ax.margins(x=0)
    if result.main.beside_own is None:
        _threshold(ax, result.main.at[0])
    kind = "centred rows" if result.settings.centered else ROWS[False]
    forms = f", {FORMS}" if result.settings.forms else ""
    describe(ax, f"How alike are {result.settings.k} neighbours?",
             f"T, mean cosine of their centred rows\n(neighbours on {kind}{forms})",
             f"% of the lists in a bin of {edges[1] - edges[0]:.2g}")  # fmt: skip


def _threshold(ax: Any, found: Exceedance) -> None:
    """Where chance's percentile over all directions lies, and how many are above."""
    ax.axvline(found.threshold, label=f"{100 * found.level:.0f} % of those with no words are below,\n"
               f"{100 * found.rate:.1f} % of the real ones are above", **CHANCE)  # fmt: skip


def _rates(ax: Any, result: Survey) -> None:
    """The rates of all kinds of lists and k, with their intervals, and chance."""
    ks = result.settings.ks
    for number, ((centered, forms, _), style) in enumerate(zip(KINDS, _MARKS, strict=True)):
        rates = [result.rate(centered=centered, forms=forms, k=k) for k in ks]
        found = [rate.beside_own or rate.at[0] for rate in rates]
        where = np.arange(len(ks)) + 0.17 * (number - 1.5)
        shares = [(each.rate, each.interval) for each in found]
        label = f"{ROWS[centered]}{f', {FORMS}' if forms else ''}"
        bars(ax, where, shares, label=label, **_BARS, **style)
    main = result.main.beside_own
    chance = 100 * (main.attained if main is not None else 1 - LEVELS[0])
    ax.axhline(chance, label=f"chance, {chance:.0f} %", **CHANCE)
    ax.axhline(100 * POST, label=f"the post's guess, {100 * POST:.0f} %", **GUESS)
    ticks = [str(k) for k in ks]
    if result.naming is not None:
        # One more place: the lists shown, by what their tokens are and not by where they lie.
        for number, (share, style) in enumerate(_themes(result.naming)):
            where = np.array([len(ks) + 0.25 * (number - 0.5)])
            bars(ax, where, [(share.share, share.interval)], **_BARS, **style)
        ax.axvline(len(ks) - 0.5, color=GREY, linewidth=0.8)
        ticks.append(f"{result.settings.k}\n(by labels)")
    ax.set_xticks(np.arange(len(ticks)), ticks)
    ax.set_xlim(-0.5, len(ticks) - 0.5)
    ax.set_ylim(bottom=0)
    lines: list[tuple[Any, str]] = []
    marks: list[tuple[Any, str]] = []
    for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
        (marks if isinstance(handle, tuple) else lines).append((handle, label))
    handles, labels = zip(*marks[:4], *lines, *marks[4:], strict=True)
    describe(ax, "How often more than chance? (bars: 95 % intervals)", "k, neighbours in a list",
             _rate_label(result),
             handles=handles, labels=labels)  # fmt: skip


def _rate_label(result: Survey) -> str:
    """What the rates are of."""
    if result.main.beside_own is None:
        return "% beyond chance's 95 %"
    if (foreseen := result.main.foreseen) is None:
        return "% of the lists, p ≤ 0.05"
    done = f"stopped: {foreseen.done} of {foreseen.wanted} vocabularies done"
    return f"% of the lists, p ≤ 0.05, estimated\n({done})"


def _themes(naming: SurveyNaming) -> Iterator[tuple[Share, dict[str, Any]]]:
    """How many lists share a label, any and one of words, and how that is drawn."""
    for group in naming.groups:
        if group.name == WORDS:
            yield group.rate, {**MARKS[2], "label": "share a label of words"}
        elif group is naming.groups[0]:
            yield group.rate, {**MARKS[2], "mfc": WHITE, "label": "share any label"}


def _hubs(ax: Any, result: Survey) -> None:
    """In what share of the lists each token stands, most often first, beside what chance gives."""
    m, k, n = len(result), result.settings.k, result.n_tokens
    for number, (ranking, style) in enumerate(zip(RANKINGS.values(), LINES, strict=False)):
        shares = listed_by_rank(result.records.ids[:, number])
        rank = np.arange(1, len(shares) + 1)
        ax.plot(rank, 100 * shares, label=f"by {ranking}", **style)
    ranks, expected = listed_at_random(m, k, n)
    ax.plot(ranks, 100 * expected, label="tokens at random", drawstyle="steps-pre", **LINES[3])
    ax.set(xscale="log", yscale="log")
    ax.yaxis.get_major_locator().set_params(subs=(1, 2, 5))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
        axis.set_minor_formatter("")
    describe(ax, "Hubs: do some tokens stand in many lists?", "rank of the token",
             f"% of the lists of {k} with it")  # fmt: skip
