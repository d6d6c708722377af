"""All of a survey -> tables for a terminal: rates, lists, hubs; the first screen is :mod:`.answer`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.console import RenderableType

from tokensphere.analysis.naming.themes import AS_CHANCE
from tokensphere.analysis.survey.records import LEVELS
from tokensphere.analysis.survey.result import Survey
from tokensphere.analysis.survey.sharing import WORDS, SurveyNaming
from tokensphere.analysis.survey.so_far import SoFar
from tokensphere.arrays import Int64s
from tokensphere.statistics.exceedance import Exceedance
from tokensphere.statistics.intervals import Share
from tokensphere.statistics.own_null import Beyond
from tokensphere.views.terminal.render import Row, Text, cell, cells, spaced, table, title, token_caption
from tokensphere.views.text import (
    FORMS,
    ROWS,
    between,
    cosine,
    percent,
    short,
    tenths,
    that_fit,
    tokens_of,
)

# The kinds of lists: on centred rows, with one token a form, and what they are called.
KINDS = tuple((centered, forms, f"  {FORMS}" if forms else ROWS[centered])
              for centered in (False, True) for forms in (False, True))  # fmt: skip
RANKINGS = {"cosine": "cosine", "centered": "cosine, centred", "dot": "dot"}
_WIDEST_TOKEN = 18
_HUBS_SHOWN = 5
_TITLES = {"most": "most coherent", "typical": "typical", "least": "least coherent"}
_WHAT = {WORDS: "meaning or grammar"}


def survey(result: Survey, width: int) -> RenderableType:
    """Rates, their sentence, lists, what these share if that was asked for, and hubs."""
    what = "neighbourhood" if result.settings.seed is None else "random neighbourhood"
    shared = []
    if (naming := result.naming) is not None:
        said = Text(themes_sentence(result, naming))
        shared = [title("What do the neighbours share?"), _themes(naming), said]
    return spaced(
        [title(f"How often is a {what} coherent?")],
        *_all_rates(result),
        [Text(sentence(result))],
        [Text(alike_sentence(result))],
        [lists(result, width, result.examples())],
        shared,
        [title("Hubs: tokens that stand in many lists"), _hubs(result, width)],
        [_caption(result)],
    )


def _all_rates(result: Survey) -> list[list[RenderableType]]:
    """A table for each level that the surrogates can tell; without any, beside all directions' lists."""
    own, foreseen = result.main.own, result.main.foreseen
    if foreseen is not None:
        return [_own_rates(result, None, foreseen.share)]
    if own is None or not own.at:
        return [_rates(result, number) for number in range(len(LEVELS))]
    return [_own_rates(result, number, found) for number, found in enumerate(own.at)]


def _own_rates(result: Survey, number: int | None, level: Beyond) -> list[RenderableType]:
    """How many lists are beyond the same direction's with no words: rate and interval for each k.

    Of a level that can be told, by its number; None of what is foreseen.
    """
    rows: list[list[Text | str]] = [[name] for name in ("", *(name for _, _, name in KINDS), "chance")]
    for k in result.settings.ks:
        rows[0] += [cell(f"k = {k}", "bold"), cell("interval", "dim")]
        for row, (centered, forms, _) in zip(rows[1:], KINDS, strict=False):
            rate = result.rate(centered=centered, forms=forms, k=k)
            found = rate.own.at[number] if rate.own and number is not None else rate.beside_own
            assert found is not None, "one kind of lists was compared, so all were"
            row += [tenths(found.rate), between(found.interval)]
        rows[-1] += [tenths(level.attained), ""]
    head = f"Lists more coherent than the same direction's {in_worlds(result, level)} (95 % intervals)"
    return [Text(head), table(rows)]


def in_worlds(result: Survey, level: Beyond) -> str:
    """In how many vocabularies with no words, for a p of at most the level; which are not done."""
    foreseen = result.main.foreseen
    draws = result.records.surrogates_done if foreseen is None else foreseen.wanted
    but = round(level.attained * (draws + 1)) - 1
    where = f"in all {f'but {but} of ' if but else ''}{draws} vocabularies with no words"
    if foreseen is None:
        return where
    verb = "is" if foreseen.done == 1 else "are"
    return f"{where}, of which {foreseen.done} {verb} done, and the rest is estimated"


def _rates(result: Survey, number: int) -> list[RenderableType]:
    """The rates above one percentile, two columns for each k: the rate and its interval."""
    level, ks = 100 * LEVELS[number], result.settings.ks
    rows: list[list[Text | str]] = [[name] for name in ("", *(name for _, _, name in KINDS), "chance")]
    for k in ks:
        rows[0] += [cell(f"k = {k}", "bold"), cell("interval", "dim")]
        for row, (centered, forms, _) in zip(rows[1:], KINDS, strict=False):
            found = result.rate(centered=centered, forms=forms, k=k).at[number]
            row += [tenths(found.rate), between(found.interval)]
        rows[-1] += [f"{100 * (1 - LEVELS[number]):.0f} %", ""]
    head = f"Lists more coherent than {level:.0f} % of lists with no words (95 % intervals)"
    return [Text(head), table(rows)]


def sentence(result: Survey) -> str:
    """What the rate of the lists shown says, for somebody who reads nothing else."""
    own = result.main.own
    if (foreseen := result.main.foreseen) is not None:
        return _foreseen_sentence(result, foreseen.share)
    if own is None or not own.at:
        return _pooled_sentence(result)
    found = own.at[0]
    ends, not_null = (between(each, " to ") for each in (found.interval, own.not_null_interval))
    said = (
        f"Of {directions_of(result)}, {tenths(found.rate)} (95 % interval {ends} %) have"
        f" {result.settings.k} nearest tokens{on_which(result)} that are more alike than the same"
        f" direction's {in_worlds(result, found)}. Chance gives {tenths(found.attained)}, so"
        f" {100 * found.excess:.1f} points are more than chance; the post guessed 20 %. From all"
        f" p-values, {percent(own.not_null)} ({not_null} %) of the directions are estimated to be other"
        " than by chance."
    )
    more = f" To tell chances of 1 %, ask for 99 vocabularies: {99 / own.draws:.0f} times the work."
    return said if len(own.at) == len(LEVELS) else said + more


def so_far(found: SoFar | None) -> str:
    """The sentence of the first screen, as far as it is known."""
    if found is None:
        return "lists are made; now the same in vocabularies with no words"
    share, last = found.share, found.pooled or found.done >= found.wanted
    said = "" if last else "estimated "
    beside = "1 vocabulary" if found.pooled else f"{found.done} of {found.wanted} vocabularies"
    return (
        f"so far: of {found.n_directions:,} directions {'' if last else 'about '}{tenths(share.rate)}"
        f" ({between(share.interval)}) have {found.k} nearest tokens that are clearly more alike than"
        f" chance ({tenths(share.attained)}); {said}beside {beside} with no words"
    )


def directions_of(result: Survey) -> str:
    """How many, and whether they are random."""
    return f"{len(result):,} {'directions' if result.settings.seed is None else 'random directions'}"


def _foreseen_sentence(result: Survey, share: Beyond) -> str:
    ends = between(share.interval, " to ")
    return (
        f"Of {directions_of(result)}, about {tenths(share.rate)} (95 % interval {ends} %) have"
        f" {result.settings.k} nearest tokens{on_which(result)} that are more alike than the same"
        f" direction's {in_worlds(result, share)}. Chance gives {tenths(share.attained)}; the post"
        " guessed 20 %."
    )


def _pooled_sentence(result: Survey) -> str:
    found = result.main.at[0]
    ends = between(found.interval, " to ")
    compared = _beside_chance(found)
    return (
        f"Of {directions_of(result)}, {tenths(found.rate)} (95 % interval {ends} %) have"
        f" {result.settings.k} nearest tokens{on_which(result)} that are more alike than 95 % of"
        f" such lists in a vocabulary with the same anisotropy but no words; that is {compared} (5 %)."
    )


def on_which(result: Survey) -> str:
    """Which lists are meant, where they are not those of the post."""
    settings = result.settings
    which = ["on centred rows"] * settings.centered + [FORMS] * settings.forms
    return f" ({', '.join(which)})" if which else ""


def _beside_chance(found: Exceedance) -> str:
    chance = round(1 - found.level, 9)  # 1 − 0.95 is a little more than 0.05
    if found.interval[0] > chance:
        return f"{found.rate / (1 - found.level):.1f} times what chance gives"
    return f"{'less' if found.interval[1] < chance else 'no more'} than chance gives"


def alike_sentence(result: Survey) -> str:
    """In how many lists half of the tokens or more are alike, beside the surrogate's."""
    half = -(-result.settings.k // 2)
    real, surrogate = (
        float(np.mean(alike >= half)) for alike in (result.records.alike, result.records.alike_surrogate)
    )
    return (
        f"{percent(real)} of the lists hold a group of {half} or more tokens joined by pairs that are"
        f" closer than 99.9 % of all pairs (centred cosine above {result.settings.limit:.2f});"
        f" {percent(surrogate)} do where there are no words."
    )


def lists(
    result: Survey,
    width: int,
    places: Mapping[str, Int64s],
    titles: Mapping[str, str] = _TITLES,
    heads: tuple[str, str] = ("T", "percentile"),
    unit: str = "",
) -> RenderableType:
    """Groups of lists under their titles; under each list what it shares, if asked for.

    Parameters
    ----------
    result : whose lists
    width : columns to keep to
    places : those of each group
    titles : what the groups are called
    heads : of the columns of T, and of the share of lists with no words that are less coherent
    unit : behind each such share, in percent
    """
    rows = [cells(("index", *heads, "tokens"), "bold")]
    widest = max(len(heads[1]), len("100.0") + len(unit))
    used = (
        max(5, len(str(result.settings.first + len(result)))) + 6 + widest + 3 * 2
    )  # T may be negative
    blank = [cell("")] * 3
    for name, some in places.items():
        rows.append([*blank, cell(titles[name], "italic")])
        for place, share in zip(some.tolist(), result.percentile(some).tolist(), strict=True):
            index, coherence = result.settings.first + place, float(result.coherence[place])
            tokens = (_token(result, id) for id in result.ids(place).tolist())
            numbers = [cell(cosine(coherence), "cyan"), cell(f"{100 * share:.1f}{unit}", "dim")]
            fitting = that_fit(tokens, max(width - used - 2, 20), " …")
            rows.append([cell(str(index)), *numbers, cell(fitting)])
            if result.naming is not None and (shared := result.naming.short(place)):
                rows.append([*blank, cell(short(f"  {shared}", max(width - used, 20)), "dim")])
    return table(rows, left={3})


def _token(result: Survey, id: int) -> str:
    return short(result.vocabulary.visible(id), _WIDEST_TOKEN)


def _themes(naming: SurveyNaming) -> RenderableType:
    """How often lists share a label, by group of labels; among coherent lists and the others."""
    heads = ("share a label", "labels", "all lists", "interval", "by chance", "coherent", "others")
    rows: list[Row] = [cells((*heads, "kappa", "interval"), "bold")]
    for group in naming.groups:
        kappa, ends = group.agreement.kappa, group.agreement.interval
        rates = (group.by_chance, group.rate_coherent, group.rate_others)
        every = [tenths(group.rate.share), between(group.rate.interval)]
        agreement = "—" if kappa is None else f"{kappa:.2f}"
        interval = "" if ends is None else f"{ends[0]:.2f} to {ends[1]:.2f}"
        row = [group.name, f"{group.n_labels:,}", *every, *map(_share, rates)]
        rows.append([*row, agreement, interval])
    return table(rows)


def _share(rate: Share | None) -> str:
    return "—" if rate is None else tenths(rate.share)


def themes_sentence(result: Survey, naming: SurveyNaming) -> str:
    """How many lists share what a word means or how it is used, beside chance."""
    group = next((group for group in naming.groups if group.name == WORDS), naming.groups[0])
    chance, excess = group.by_chance, group.excess
    return (
        f"{tenths(group.rate.share)} of the lists share {_WHAT.get(group.name, group.name)}, which"
        f" {tenths(chance.share)} of lists of random tokens do (95 % interval"
        f" {between(chance.interval, ' to ')} %): {100 * excess.difference:+.1f} points"
        f" ({between(excess.interval, ' to ')}). {tenths(group.agreement.both / len(result))} do and are"
        f" coherent.{_mark(naming)}"
    )


def _mark(naming: SurveyNaming) -> str:
    """What the mark before names means, if there can be one."""
    if not naming.n_directions:
        return ""
    return (
        f" {AS_CHANCE}, before what a list shares: more than {100 * naming.level:.0f} % of the lists of"
        f" {naming.n_directions:,} other random directions share something as unlikely."
    )


def _hubs(result: Survey, width: int) -> RenderableType:
    heads = ("ranked by", "k", "skewness", "never listed", "by chance", "listed most often")
    rows = [cells(heads, "bold")]
    for hubs in result.hubs:
        never = map(percent, (hubs.never, hubs.never_by_chance))
        rows.append(cells((RANKINGS[hubs.ranking], str(hubs.k), f"{hubs.skewness:.1f}", *never), ""))
        used = sum(max(row[place].cell_len for row in rows) + 2 for place in range(len(heads) - 1))
        listed = zip(hubs.ids[:_HUBS_SHOWN].tolist(), hubs.shares.tolist(), strict=False)
        tokens = (f"{_token(result, id)} {percent(share)}" for id, share in listed)
        rows[-1].append(cell(that_fit(tokens, max(width - used, 30))))
    return table(rows, left={0, 5})


def _caption(result: Survey) -> Text:
    settings = result.settings
    last = settings.first + len(result) - 1
    random = settings.seed is not None
    return token_caption(
        stopped(result),
        tokens_of(result.n_tokens, result.provenance.model),
        f"seed {settings.seed}, directions {settings.first:,} to {last:,}" if random else "",
        "T: mean cosine of the neighbours' centred rows; percentile: among lists with no words"
        f" (surrogate {settings.surrogate}, seed {settings.surrogate_seed})",
        f"a list again: {again(result)}" if random else "",
        without=result.left_out,
    )


def stopped(result: Survey) -> str:
    """How far a survey came that was stopped; else nothing."""
    if len(result) < result.asked:
        return f"stopped: {len(result):,} of {result.asked:,} directions done"
    done, wanted = result.records.surrogates_done, result.settings.surrogates
    return f"stopped: {done} of {wanted} vocabularies with no words done" if done < wanted else ""


def again(result: Survey) -> str:
    """The command that gives a list of the survey again."""
    settings = result.settings
    words = [f"tokensphere random {settings.seed}/INDEX"]
    words += [f"-k {settings.k}"] if settings.k != 10 else []
    words += ["--centered"] * settings.centered + ["--forms"] * settings.forms
    return " ".join(words)
