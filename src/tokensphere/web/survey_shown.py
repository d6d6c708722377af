"""A survey as the page shows it: plain dicts, all numbers made in the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.survey.bins import coherence_bins
from tokensphere.analysis.survey.hubs import listed_at_random, listed_by_rank
from tokensphere.analysis.survey.records import LEVELS
from tokensphere.analysis.survey.result import CoherenceRate, Survey
from tokensphere.analysis.survey.sharing import SurveyNaming
from tokensphere.arrays import Float64s, Int64s
from tokensphere.statistics.exceedance import Exceedance
from tokensphere.statistics.intervals import Share
from tokensphere.statistics.own_null import Beyond
from tokensphere.views import to_text
from tokensphere.views.terminal.survey import (
    KINDS,
    RANKINGS,
    alike_sentence,
    sentence,
    themes_sentence,
)
from tokensphere.views.text import p_text
from tokensphere.web.lists import shown_token

if TYPE_CHECKING:
    from tokensphere.analysis.claims.result import Geometry

GUESS = 0.2  # the post's, of how often the nearest tokens share something
_POINTS = 120  # of a curve over ranks
_LABELS = 12  # that are named as shared most often


def shown(survey: Survey) -> dict[str, Any]:
    """All of a survey but its single lists."""
    settings, bins = survey.settings, coherence_bins(survey)
    return {
        "settings": settings.to_dict(),
        "directions": len(survey),
        "asked": survey.asked,
        "surrogates": survey.records.surrogates_done,
        "tokens": survey.n_tokens,
        "left_out": survey.left_out,
        "guess": GUESS,
        "sentence": sentence(survey),
        "alike": alike_sentence(survey),
        "main": _main(survey),
        "levels": _levels(survey),
        "bins": {
            "edges": bins.edges.tolist(),
            "counts": bins.counts.tolist(),
            "shares": bins.shares.tolist(),
            "by_chance": bins.by_chance.tolist(),
        },
        "examples": {name: lists(survey, places) for name, places in survey.examples().items()},
        "hubs": _hubs(survey),
        "naming": survey.naming and _naming(survey, survey.naming),
        "text": text_of(survey),
    }


def text_of(result: Survey | Geometry) -> str:
    """What the command line prints, without the folder that a model was read from."""
    source = result.provenance
    short = replace(source, model=PurePath(source.model).name)
    whole = PurePath(source.model).is_absolute()
    return to_text(replace(result, provenance=short) if whole else result)


def lists(survey: Survey, places: Int64s) -> list[dict[str, Any]]:
    """Some directions' lists with their tokens as they are shown, and what they share in a few words."""
    found, floor = survey.lists(places), 1 / (1 + survey.records.surrogates_done)
    for one, place in zip(found, places.tolist(), strict=True):
        one["tokens"] = [shown_token(survey.vocabulary, id) for id in survey.ids(place).tolist()]
        one["p_text"] = None if one["p"] is None else p_text(one["p"], floor)
        one["shares"] = survey.naming and survey.naming.short(place)
        del one["themes"]
    return found


def in_bin(survey: Survey, number: int) -> Int64s:
    """The directions whose list is in a bin of the histogram, the most coherent first."""
    places = np.flatnonzero(coherence_bins(survey).which == number)
    return np.asarray(places[np.argsort(-survey.coherence[places], kind="stable")])


def _main(survey: Survey) -> dict[str, Any]:
    """The rate of the lists shown, with its interval and what chance gives."""
    own, pooled, beyond = survey.main.own, survey.main.at[0], survey.main.beside_own
    if own is None or beyond is None:
        return {
            "rate": pooled.rate,
            "interval": list(pooled.interval),
            "chance": 1 - LEVELS[0],
            "tells": False,
            "foreseen": None,
        }
    return {
        "rate": beyond.rate,
        "interval": list(beyond.interval),
        "chance": beyond.attained,
        "tells": survey.tells,
        "foreseen": survey.main.foreseen and survey.main.foreseen.to_dict(),
        "excess": beyond.excess,
        "not_null": own.not_null,
        "not_null_interval": list(own.not_null_interval),
    }


def _levels(survey: Survey) -> list[dict[str, Any]]:
    """For each level that can be told: the rates of all kinds of lists, and chance."""
    own, foreseen = survey.main.own, survey.main.foreseen
    if foreseen is not None:
        rates = [_rate(survey, rate, rate.beside_own or rate.at[0]) for rate in survey.rates]
        words = f"with p ≤ 0.05, estimated from {foreseen.done} of {foreseen.wanted} vocabularies"
        return [{"chance": foreseen.share.attained, "words": words, "rates": rates}]
    told = len(own.at) if own is not None and own.at else 0
    found = []
    for number in range(told or len(LEVELS)):
        rates = [
            _rate(survey, rate, rate.own.at[number] if told and rate.own else rate.at[number])
            for rate in survey.rates
        ]
        chance = own.at[number].attained if told and own else 1 - LEVELS[number]
        words = (
            f"with p ≤ {chance:.2g}"
            if told
            else f"beyond chance's {100 * LEVELS[number]:.0f}th percentile"
        )
        found.append({"chance": chance, "words": words, "rates": rates})
    return found


def _rate(survey: Survey, rate: CoherenceRate, at: Beyond | Exceedance) -> dict[str, Any]:
    """The rate of one kind of lists, at one level."""
    return {
        "centered": rate.centered, "forms": rate.forms, "k": rate.k,
        "kind": _kind(rate.centered, rate.forms),
        "rate": at.rate, "interval": list(at.interval),
        "median": rate.median, "median_by_chance": rate.surrogate_median,
        "shown": rate is survey.main,
    }  # fmt: skip


def _kind(centered: bool, forms: bool) -> str:
    name = next(name for one, other, name in KINDS if (one, other) == (centered, forms))
    return f"{'rows centred' if centered else 'rows as they are'}, {name.strip()}" if forms else name


def _hubs(survey: Survey) -> dict[str, Any]:
    """Which tokens stand in most lists, for each ranking; and by rank, beside tokens at random."""
    k, m, n = survey.settings.k, len(survey), survey.n_tokens
    rankings = []
    for number, (ranking, words) in enumerate(RANKINGS.items()):
        hubs = next(one for one in survey.hubs if (one.ranking, one.k) == (ranking, k))
        most = [
            {**shown_token(survey.vocabulary, id), "share": share}
            for id, share in zip(hubs.ids.tolist(), hubs.shares.tolist(), strict=True)
        ]
        shares = listed_by_rank(survey.records.ids[:, number])
        rankings.append(
            {
                "name": ranking, "words": words, "skewness": hubs.skewness, "never": hubs.never,
                "never_by_chance": hubs.never_by_chance, "most": most,
                "curve": _thinned(np.arange(1.0, len(shares) + 1), shares),
            }
        )  # fmt: skip
    ranks, by_chance = listed_at_random(m, k, n)
    return {
        "k": k,
        "rankings": rankings,
        "mean_by_chance": k / n,
        "most_by_chance": float(by_chance[0]),
        "by_chance": {"ranks": ranks.tolist(), "shares": by_chance.tolist()},
    }


def _thinned(ranks: Float64s, shares: Float64s) -> dict[str, list[float]]:
    """A curve at ranks whose logarithms are about evenly spaced, first and last included."""
    places = np.unique(np.rint(np.geomspace(1, len(ranks), _POINTS)).astype(int)) - 1
    return {"ranks": ranks[places].tolist(), "shares": shares[places].tolist()}


def _naming(survey: Survey, naming: SurveyNaming) -> dict[str, Any]:
    """How often lists share a label, by group of labels, and which labels most often."""
    groups = [
        {
            "name": group.name, "labels": group.n_labels, "rate": group.rate.share,
            "interval": list(group.rate.interval), "chance": group.by_chance.share,
            "coherent": _share(group.rate_coherent), "others": _share(group.rate_others),
            "kappa": group.agreement.kappa,
            "kappa_interval": group.agreement.interval and list(group.agreement.interval),
        }
        for group in naming.groups
    ]  # fmt: skip
    return {"sentence": themes_sentence(survey, naming), "groups": groups, "labels": _labels(naming)}


def _share(rate: Share | None) -> float | None:
    return None if rate is None else rate.share


def _labels(naming: SurveyNaming) -> list[dict[str, Any]]:
    """The labels that are the strongest of most lists, and of how many."""
    names = naming.names
    found, counts = np.unique(names.smallest.label[names.has_theme], return_counts=True)
    order: Sequence[int] = np.argsort(-counts, kind="stable")[:_LABELS].tolist()
    labels = names.counter.labels
    return [
        {
            "words": labels[int(found[i])].words, "kind": labels[int(found[i])].kind,
            "lists": int(counts[i]), "share": int(counts[i]) / len(names),
        }
        for i in order
    ]  # fmt: skip
