"""The six claims of the post, and when each holds; docs/claims.md says the rules in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

from tokensphere.analysis.claims.clusters import EXCEEDING, Baseline, Clusters
from tokensphere.analysis.claims.parts import Orthogonality
from tokensphere.analysis.pair import Pair
from tokensphere.analysis.survey.result import CoherentShare
from tokensphere.records import Record
from tokensphere.statistics.intervals import Z, wilson

Verdict = Literal["holds", "holds in part", "fails", "open"]

NEARLY_ORTHOGONAL = sqrt(0.1)  # a token shares less than a tenth of the direction's squared length
_ALL = 0.95
_ABOUT = (0.9, 1.1)
_ROUGHLY = (0.5, 2.0)
_MANY, _SOME = 0.5, 0.25
_OFTEN = (0.1, 0.4)
_ORDINARY, _UNUSUAL = 0.05, 0.01


@dataclass(frozen=True)
class Claim(Record):
    """A claim of the post beside what was measured.

    Attributes
    ----------
    number : 1 to 6
    claim : the post's claim
    measured : what was found, with its interval, in words
    chance : what chance or a closed form gives, in words
    verdict : ``"holds"``, ``"holds in part"``, ``"fails"``, or ``"open"`` where it cannot be said
    rule : when it holds, in words
    values : the numbers behind the words
    """

    number: int
    claim: str
    measured: str
    chance: str
    verdict: Verdict
    rule: str
    values: dict[str, Any]


_CLAIMS = {  # by number: the claim, and when it holds
    1: (
        "A random vector is nearly orthogonal to every token.",
        f"holds if the nearest token's cosine is below √0.1 = {NEARLY_ORTHOGONAL:.3f} for 95 % of"
        " the directions; in part if 98 % of all cosines are that small; else fails",
    ),
    2: (
        "The cosine varies about as much within a cluster as over all tokens.",
        "holds if the median cluster's variance is 0.9 to 1.1 of the variance over all tokens; in"
        " part if it is 0.5 to 2; else fails; clusters of 10 tokens or more",
    ),
    3: (
        "That exceeds what the clusters' means contribute.",
        "holds if the means hold less than half of the variance and sd_S > |mean_S − mean| for more"
        " than half of the pairs of a cluster and a direction; in part if one of the two; else fails",
    ),
    4: (
        "So the nearest tokens come from many clusters.",
        "holds if the neighbours come from at least half as many different clusters as tokens drawn"
        " at random; in part from a quarter on; else fails",
    ),
    5: (
        "Mostly a hodgepodge, but perhaps 20 % of the time many of the nearest share something.",
        "holds if the rate of coherent neighbourhoods is 10 to 40 %, half to twice the guess; in"
        " part if it is outside but below one half; else fails",
    ),
    6: (
        "Spot check: ' female' and ' alt', two tokens of one list, have a cosine of 0.06.",
        "the two are no special pair: holds if their cosine is among the middle 90 % of all"
        " pairs'; in part among the middle 98 %; else fails",
    ),
}


def _claim(number: int, measured: str, chance: str, verdict: Verdict, values: dict[str, Any]) -> Claim:
    claim, rule = _CLAIMS[number]
    return Claim(number, claim, measured, chance, verdict, rule, values)


def judge_orthogonality(result: Orthogonality) -> Claim:
    """Claim 1: the direction is nearly orthogonal to every token."""
    within = float((result.largest < NEARLY_ORTHOGONAL).mean())
    interval = wilson(within, len(result.largest))
    bulk = max(-result.quantiles[1], result.quantiles[-2])  # 98 % of the cosines lie below this size
    q25, median, q75 = result.largest_quartiles
    law = result.law_largest_quartiles
    return _claim(
        1,
        f"sd of the cosine {result.sd:.4f}; the nearest token's cosine is {median:.3f}"
        f" (half of them {q25:.3f} to {q75:.3f}), below {NEARLY_ORTHOGONAL:.2f} for {_pct(within)}"
        f" of the directions {_in(interval)}",
        f"law: sd {result.law_sd:.4f}; largest of as many independent cosines {law[1]:.3f}"
        f" (half of them {law[0]:.3f} to {law[2]:.3f})",
        _grade(within >= _ALL, bulk < NEARLY_ORTHOGONAL),
        {
            "share_below": within,
            "interval_95": list(interval),
            "largest_quartiles": [q25, median, q75],
        },
    )


def judge_variance(clusters: Sequence[Clusters]) -> Claim:
    """Claim 2: a cluster's variance is about that of all tokens."""

    def verdict(one: Clusters) -> Verdict:
        if not one.ratio_quartiles:
            return "open"
        median = one.ratio_quartiles[1]
        return _grade(_ABOUT[0] <= median <= _ABOUT[1], _ROUGHLY[0] <= median <= _ROUGHLY[1])

    def found(one: Clusters) -> str:
        if not one.ratio_quartiles:
            return "no cluster of 10 tokens"
        q25, median, q75 = one.ratio_quartiles
        return f"{median:.2f} (half {q25:.2f} to {q75:.2f})"

    def median_of(baseline: Baseline) -> str:
        return f"{baseline.ratio_quartiles[1]:.2f}" if baseline.ratio_quartiles else "–"

    return _claim(
        2,
        f"Var_S/Var of the median cluster, exact: {_each(clusters, found)}",
        "clusters filled at random:"
        f" {_each(clusters, lambda one: f'{1 - one.partition.random.icc:.2f}')};"
        f" k-means without words: {_wordless(clusters, median_of)}",
        _together(clusters, verdict),
        {"ratio_quartiles": {one.name: list(one.ratio_quartiles) for one in clusters}},
    )


def judge_means(clusters: Sequence[Clusters]) -> Claim:
    """Claim 3: more variance lies within the clusters than their means contribute."""

    def verdict(one: Clusters) -> Verdict:
        share = one.exceeding("exceeds")
        if share is None:
            return "open"
        signs = (one.partition.decomposition.icc < 0.5, share > 0.5)
        return _grade(all(signs), any(signs))

    def pairs(what: str, shuffled: bool = False) -> str:
        shares = (one.exceeding(what, shuffled=shuffled) for one in clusters)
        return " | ".join("none" if share is None else _pct(share) for share in shares)

    def drawn(one: Clusters) -> str:
        return f"{100 * one.measured.values.icc:.1f} ± {_pct(Z * one.measured.icc_error)}"

    return _claim(
        3,
        f"the means hold {_each(clusters, _icc)} of the variance, exact (along the directions drawn"
        f" {_each(clusters, drawn)}). In how many pairs of a cluster and a direction is"
        f" sd_S > |mean_S − mean|: {pairs('exceeds')}; sd_S > |mean_S|: {pairs('exceeds_raw')};"
        f" literally, in unlike units, Var_S > |mean_S|: {pairs('exceeds_literal')}",
        "clusters filled at random: the means hold"
        f" {_each(clusters, lambda one: _pct(one.partition.random.icc))}; pairs, in the same order,"
        f" {'; '.join(pairs(kind, True) for kind in EXCEEDING)}; k-means without words: the means"
        f" hold {_wordless(clusters, _icc)}",
        _together(clusters, verdict),
        {
            "icc": {one.name: one.partition.decomposition.icc for one in clusters},
            **{kind: {one.name: one.exceeding(kind) for one in clusters} for kind in EXCEEDING},
        },
    )


def judge_variety(clusters: Sequence[Clusters], k: int) -> Claim:
    """Claim 4: so the nearest tokens come from many clusters."""

    def verdict(one: Clusters) -> Verdict:
        share = one.variety.mean / one.expected_different
        return _grade(share >= _MANY, share >= _SOME)

    def found(one: Clusters) -> str:
        return f"{one.variety.mean:.2f} ± {Z * one.variety.error:.2f}"

    return _claim(
        4,
        f"different clusters among the {k} nearest: {_each(clusters, found)}",
        f"{k} tokens at random: {_each(clusters, lambda one: f'{one.expected_different:.2f}')};"
        " by the clusters' means and sds alone:"
        f" {_each(clusters, lambda one: f'{one.model_variety.mean:.2f}')};"
        f" k-means without words: {_wordless(clusters, lambda one: f'{one.variety.mean:.2f}')}",
        _together(clusters, verdict),
        {"different": {one.name: one.variety.to_dict() for one in clusters}},
    )


def judge_coherence(survey: CoherentShare | None) -> Claim:
    """Claim 5: mostly a hodgepodge, coherent perhaps one time in five."""
    if survey is None:
        return _claim(
            5, "not measured here: run `tokensphere survey`", "the post guesses 20 %", "open", {}
        )
    return _claim(
        5,
        f"coherent: {_pct(survey.rate)} of {survey.n_directions:,} directions"
        f" {_in(survey.interval)}; {survey.description}",
        "the post guesses 20 %; with no words, 5 % by definition",
        _grade(_OFTEN[0] <= survey.rate <= _OFTEN[1], survey.rate < _MANY),
        {
            "rate": survey.rate,
            "interval_95": list(survey.interval),
            "directions": survey.n_directions,
        },
    )


def judge_pair(pair: Pair | None) -> Claim:
    """Claim 6: two tokens of one list are no more alike than others."""
    if pair is None:
        return _claim(6, "this vocabulary has no such two tokens with a direction", "–", "open", {})
    share, interval = pair.raw.share_above, pair.raw.interval
    rare = min(share, 1 - share)
    names = " and ".join(f"'{pair.vocabulary.visible(id)}'" for id in (pair.a, pair.b))
    return _claim(
        6,
        f"{names}: cosine {pair.raw.cosine:.3f}; {_pct(share)} of all pairs are at least as alike"
        f" {_in(interval)}",
        f"a typical pair: {pair.raw.typical:.3f}, sd {pair.raw.spread:.3f}",
        _grade(rare >= _ORDINARY, rare >= _UNUSUAL),
        {
            "cosine": pair.raw.cosine,
            "centered_cosine": pair.centered.cosine,
            "share_of_pairs_at_least": share,
            "interval_95": list(interval),
        },
    )


def _grade(holds: bool, in_part: bool) -> Verdict:
    return "holds" if holds else "holds in part" if in_part else "fails"


def _together(clusters: Sequence[Clusters], judge: Callable[[Clusters], Verdict]) -> Verdict:
    """One verdict for all clusterings that did not fail: theirs if they agree, else in part."""
    verdicts = {judge(one) for one in clusters if not one.problems} - {"open"}
    if not verdicts:
        return "open"
    return verdicts.pop() if len(verdicts) == 1 else "holds in part"


def _each(clusters: Sequence[Clusters], show: Callable[[Clusters], str]) -> str:
    """The same figure for every clustering, in their order."""
    return " | ".join(show(one) for one in clusters)


def _wordless(clusters: Sequence[Clusters], show: Callable[[Baseline], str]) -> str:
    """The same figure for what each is in a vocabulary with no words."""
    return " | ".join(show(one.baseline) if one.baseline else "–" for one in clusters)


def _icc(one: Clusters | Baseline) -> str:
    return _pct(one.partition.decomposition.icc)


def _pct(share: float) -> str:
    return f"{100 * share:.1f} %"


def _in(interval: tuple[float, float]) -> str:
    return f"(95 % interval {_pct(interval[0])} to {_pct(interval[1])})"
