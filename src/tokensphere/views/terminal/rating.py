"""Ratings -> tables for a terminal: rates beside chance, agreement with T and labels, of raters."""

from __future__ import annotations

from rich.console import RenderableType

from tokensphere.analysis.rating.compare import RatingsComparison, SameLists
from tokensphere.analysis.rating.judged import RatingResult
from tokensphere.analysis.rating.plan import URNS
from tokensphere.statistics.intervals import Share
from tokensphere.views.terminal.render import Row, Table, Text, cell, cells, note, spaced, table, title
from tokensphere.views.text import between, short, tenths
from tokensphere.views.verdicts import (
    auc_in_words,
    caption,
    kappa_in_words,
    rater_in_words,
    sentences,
    together_in_words,
    urn_in_words,
)

_WIDEST_NAME = 30


def rating_result(result: RatingResult, _width: int) -> RenderableType:
    """The rate of each urn, what that says, and how far it agrees with what is computed."""
    return spaced(
        [title(f"Do they share something? {rater_in_words(result)}")],
        [_rates(result)],
        [Text(one) for one in sentences(result)],
        [title("Agreement with what is computed of the same lists"), _measures(result)],
        [note("κ, Cohen's kappa, and interval: 1 is agreement, 0 what chance gives; AUC: ½ is chance")],
        [note(caption(result))],
    )


def _rates(result: RatingResult) -> Table:
    rows: list[Row] = [cells(("lists of", "rated", "share something", "rate", "95 % interval"), "bold")]
    for urn in URNS:
        share = result.rates[urn]
        rows.append([urn_in_words(result, urn), *_rate(share)])
    return table(rows)


def _rate(share: Share | None) -> list[str]:
    if share is None:
        return ["0", "", "", ""]
    return [str(share.n), str(share.count), tenths(share.share), between(share.interval)]


def _measures(result: RatingResult) -> Table:
    heads = (
        "lists",
        "rated",
        "T, as AUC",
        "T beyond chance, κ",
        "any theme, κ",
        "meaning or grammar, κ",
    )
    rows: list[Row] = [cells(heads, "bold")]
    for found in result.measures:
        kappas = map(kappa_in_words, (found.coherent, found.theme, found.words))
        rows.append([found.lists, str(found.n), auc_in_words(found), *kappas])
    return table(rows)


def raters_comparison(result: RatingsComparison, width: int) -> RenderableType:
    """Each rater's rates, and how far they agree on the same lists; of one rater alone all there is."""
    if len(result) == 1:
        return rating_result(result.results[0], width)
    apart = [] if result.same else [Text(_APART)]
    return spaced(
        [title("Do they share something? Several raters"), _raters(result)],
        *[_same(one) for one in result.same],
        apart,
        [note("rates with 95 % intervals, in per cent; κ and α: 1 is agreement, 0 what chance gives")],
    )


_APART = (
    "No two of them rated the same lists, so it cannot be said how far they agree: save the plan in the"
    " page, and give it to others."
)


def _raters(result: RatingsComparison) -> Table:
    heads = ("rater", "rated", "random", "", "chance", "", "difference", "", "planted", "")
    rows: list[Row] = [cells(heads, "bold")]
    for name, one in zip(result.names, result.results, strict=True):
        row: list[Text | str] = [_name(name), str(len(one.ratings.verdicts))]
        row += [*_rate(one.rates["random"])[2:], *_rate(one.rates["chance"])[2:]]
        if (found := one.difference) is None:
            row += ["", ""]
        else:
            row += [f"{100 * found.difference:+.1f}", between(found.interval, " to ")]
        rows.append([*row, *_rate(one.rates["planted"])[2:]])
    return table(rows)


def _same(same: SameLists) -> list[RenderableType]:
    """Pairs of raters of one plan, and all of them together."""
    rows: list[Row] = [cells(("", "", "both", "neither", "one alone", "κ"), "bold")]
    for pair in same.pairs:
        found = pair.agreement
        counts = (found.both, found.neither, found.first_only + found.second_only)
        rows.append([_name(pair.first), _name(pair.second), *map(str, counts), kappa_in_words(found)])
    head = title(f"{len(same.raters)} raters of the same lists (plan {same.plan[:12]})")
    if same.together is None:
        return [head, Text("They have rated no list in common yet.")]
    return [head, table(rows, left={0, 1}), Text(together_in_words(same.together))]


def _name(name: str) -> Text:
    return cell(short(name, _WIDEST_NAME))
