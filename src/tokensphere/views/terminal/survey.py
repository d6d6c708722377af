"""A survey -> tables for a terminal: rates, lists, hubs, and what they say in one sentence."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from tokensphere.analysis.survey.hubs import Hubs
from tokensphere.analysis.survey.records import SurveySettings
from tokensphere.analysis.survey.result import LEVELS, Survey
from tokensphere.analysis.survey.sharing import WORDS, SurveyNaming
from tokensphere.statistics.exceedance import Exceedance
from tokensphere.statistics.intervals import Share
from tokensphere.views.terminal.render import WIDTH_WITHOUT_TERMINAL, cell, render, table
from tokensphere.views.text import anchor, cosine, crop, percent

_WIDEST_TOKEN = 18
_HUBS_SHOWN = 5
_KINDS = ("rows as they are", "  one token a form", "rows centred", "  one token a form")
_RANKINGS = {"cosine": "cosine", "centered": "cosine, centred", "dot": "dot"}


@render.register
def _survey(result: Survey, width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    parts: list[RenderableType] = [_title("How often is a random neighbourhood coherent?"), Text()]
    for number in range(len(LEVELS)):
        parts += [*_rates(result, number), Text()]
    parts += [Text(sentence(result)), Text(), Text(_alike(result)), Text()]
    parts += [_lists(result, width), Text()]
    if result.naming is not None:
        parts += [_title("What do the neighbours share?"), _themes(result.naming)]
        parts += [Text(_themes_sentence(result, result.naming)), Text()]
    parts += [_title("Hubs: tokens that stand in many lists"), _hubs(result, width), Text()]
    parts.append(Text(_caption(result), style="dim"))
    return Group(*parts)


def _title(text: str) -> Text:
    return Text(text, style="bold")


def _rates(result: Survey, number: int) -> list[RenderableType]:
    """The rates above one percentile, two columns for each k: the rate and its interval."""
    level = f"{100 * LEVELS[number]:.0f}"
    columns = [[cell(name) for name in ("", *_KINDS, "chance")]]
    for k in result.settings.ks:
        found = [
            result.rate(centered=centered, forms=forms, k=k).at[number]
            for centered in (False, True)
            for forms in (False, True)
        ]
        chance = f"{100 * (1 - LEVELS[number]):.0f} %"
        rates = [*(f"{100 * each.rate:.1f} %" for each in found), chance]
        columns.append([cell(f"k = {k}", "bold"), *map(cell, rates)])
        columns.append([cell("interval", "dim"), *map(cell, [*map(_interval, found), ""])])
    head = f"Lists more coherent than {level} % of lists with no words (95 % intervals)"
    return [Text(head), table(columns, left={0})]


def _interval(found: Exceedance) -> str:
    low, high = (f"{100 * end:.1f}" for end in found.interval)
    return f"{low}–{high}"


def sentence(result: Survey) -> str:
    """What the rate of the lists shown says, for somebody who reads nothing else."""
    found, k = result.main.at[0], result.settings.k
    low, high = (f"{100 * end:.1f}" for end in found.interval)
    compared = {
        "more": f"that is {found.rate / (1 - found.level):.1f} times what chance gives",
        "no more": "that is no more than chance gives",
        "fewer": "that is less than chance gives",
    }[_against_chance(found)]
    return (
        f"Of {len(result):,} random directions, {100 * found.rate:.1f} % (95 % interval {low} to"
        f" {high} %) have {k} nearest tokens{_on_which(result)} that are more alike than 95 % of such"
        f" lists in a vocabulary with the same anisotropy but no words; {compared} (5 %)."
    )


def _on_which(result: Survey) -> str:
    """Which lists are meant, where they are not those of the post."""
    settings = result.settings
    which = ["on centred rows"] if settings.centered else []
    which += ["one token a form"] if settings.forms else []
    return f" ({', '.join(which)})" if which else ""


def _against_chance(found: Exceedance) -> str:
    chance = round(1 - found.level, 9)  # 1 − 0.95 is a little more than 0.05
    return "fewer" if found.interval[1] < chance else "more" if found.interval[0] > chance else "no more"


def _alike(result: Survey) -> str:
    half = -(-result.settings.k // 2)
    real, surrogate = (
        float(np.mean(alike >= half)) for alike in (result.records.alike, result.records.alike_surrogate)
    )
    return (
        f"{percent(real)} of the lists hold a group of {half} or more tokens joined by pairs that are"
        f" closer than 99.9 % of all pairs (centred cosine above {result.settings.limit:.2f});"
        f" {percent(surrogate)} do where there are no words."
    )


def _lists(result: Survey, width: int) -> RenderableType:
    """The most coherent, typical and least coherent lists; under each what it shares, if asked for."""
    titles = {"most": "most coherent", "typical": "typical", "least": "least coherent"}
    columns = [[cell(head, "bold")] for head in ("index", "T", "percentile", "tokens")]
    used = max(5, len(str(result.settings.first + len(result)))) + 6 + 10 + 3 * 2  # T may be negative

    def add(*texts: str, styles: tuple[str, ...] = ("", "cyan", "dim", "")) -> None:
        for column, text, style in zip(columns, texts, styles, strict=True):
            column.append(cell(text, style))

    for name, places in result.examples().items():
        add("", "", "", titles[name], styles=("", "", "", "italic"))
        for place, share in zip(places.tolist(), result.percentile(places).tolist(), strict=True):
            add(
                str(result.settings.first + place),
                cosine(float(result.coherence[place])),
                f"{100 * share:.1f}",
                _tokens(result, place, width - used),
            )
            shared = "" if result.naming is None else result.naming.short(place)
            if shared:
                add(
                    "",
                    "",
                    "",
                    anchor(crop(f"  {shared}", max(width - used, 20))),
                    styles=("", "", "", "dim"),
                )
    return table(columns, left={3})


def _themes(naming: SurveyNaming) -> RenderableType:
    """How often lists share a label, by group of labels; among coherent lists and the others."""
    heads = (
        "share a label",
        "labels",
        "all lists",
        "interval",
        "coherent",
        "others",
        "kappa",
        "interval",
    )
    columns = [[cell(head, "bold")] for head in heads]
    for group in naming.groups:
        kappa, between = group.agreement.kappa, group.agreement.interval
        low, high = (f"{100 * end:.1f}" for end in group.rate.interval)
        values = (
            group.name,
            f"{group.n_labels:,}",
            _share(group.rate),
            f"{low}–{high}",
            _share(group.rate_coherent),
            _share(group.rate_others),
            "—" if kappa is None else f"{kappa:.2f}",
            "" if between is None else f"{between[0]:.2f} to {between[1]:.2f}",
        )
        for column, text in zip(columns, values, strict=True):
            column.append(cell(text))
    chance = f"{100 * naming.level:.0f} %"
    for column, text in zip(columns, ("chance", "", chance, "", chance, chance, "0", ""), strict=True):
        column.append(cell(text))
    return table(columns, left={0})


def _share(rate: Share | None) -> str:
    return "—" if rate is None else f"{100 * rate.share:.1f} %"


def _themes_sentence(result: Survey, naming: SurveyNaming) -> str:
    group = next((group for group in naming.groups if group.name == WORDS), naming.groups[0])
    both = group.agreement.both
    return (
        f"{100 * group.rate.share:.1f} % of the lists have a theme in words, which"
        f" {100 * naming.level:.0f} % of lists of random tokens have;"
        f" {100 * both / len(result):.1f} % have a theme and are coherent."
    )


def _tokens(result: Survey, place: int, width: int) -> str:
    """As many of a list's tokens as fit into `width` columns."""
    shown = ""
    for number, id in enumerate(result.ids(place).tolist()):
        token = anchor(crop(result.vocabulary.visible(id), _WIDEST_TOKEN))
        longer = f"{shown}  {token}" if number else token
        if cell_len(longer) > max(width - 2, 20):
            return f"{shown} …"
        shown = longer
    return shown


def _hubs(result: Survey, width: int) -> RenderableType:
    heads = ("ranked by", "k", "skewness", "never listed", "by chance", "listed most often")
    columns = [[cell(head, "bold")] for head in heads]
    for hubs in result.hubs:
        values = (
            _RANKINGS[hubs.ranking],
            str(hubs.k),
            f"{hubs.skewness:.1f}",
            percent(hubs.never),
            percent(hubs.never_by_chance),
        )
        for column, text in zip(columns, values, strict=False):
            column.append(cell(text))
        used = sum(max(entry.cell_len for entry in column) + 2 for column in columns[:-1])
        columns[-1].append(cell(_most_listed(result, hubs, width - used)))
    return table(columns, left={0, 5})


def _most_listed(result: Survey, hubs: Hubs, width: int) -> str:
    shown = ""
    for id, share in list(zip(hubs.ids.tolist(), hubs.shares.tolist(), strict=True))[:_HUBS_SHOWN]:
        token = anchor(crop(result.vocabulary.visible(id), _WIDEST_TOKEN))
        longer = f"{shown}  {token} {percent(share)}".strip()
        if shown and cell_len(longer) > max(width, 30):
            break
        shown = longer
    return shown


def _caption(result: Survey) -> str:
    settings = result.settings
    last = settings.first + len(result) - 1
    parts = [
        f"{result.n_tokens:,} tokens of {result.provenance.model}",
        f"{_which(settings)} {settings.first:,} to {last:,}",
        "T: mean cosine of the neighbours' centred rows; percentile: among lists with no words"
        f" (surrogate {settings.surrogate}, seed {settings.surrogate_seed})",
    ]
    if settings.seed is not None:
        parts.append(f"a list again: {_again(result)}")
    if len(result) < result.asked:
        parts.insert(0, f"stopped: {len(result):,} of {result.asked:,} directions done")
    if result.left_out:
        parts.append(f"{result.left_out:,} rows left out (zero, NaN or padding)")
    parts.append("␣ is a space")
    return " · ".join(parts)


def _which(settings: SurveySettings) -> str:
    return "directions" if settings.seed is None else f"seed {settings.seed}, directions"


def _again(result: Survey) -> str:
    settings = result.settings
    words = ["tokensphere random -n 1 --first INDEX"]
    words += [f"--seed {settings.seed}"] if settings.seed else []
    words += [f"-k {settings.k}"] if settings.k != 10 else []
    words += ["--centered"] if settings.centered else []
    words += ["--forms"] if settings.forms else []
    return " ".join(words)
