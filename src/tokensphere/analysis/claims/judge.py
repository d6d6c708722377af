"""The six claims of the post, and when each holds; docs/claims.md says the rules in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.analysis.claims.parts import Orthogonality
from tokensphere.analysis.pair import Pair
from tokensphere.analysis.survey.result import CoherentShare
from tokensphere.records import Record
from tokensphere.statistics.intervals import Z, wilson

Verdict = Literal["holds", "holds in part", "fails", "open"]

NEARLY_ORTHOGONAL = sqrt(0.1)  # a token shares less than a tenth of the direction's squared length
_ALL = 0.95
_MOST = 0.99
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


def judge_orthogonality(result: Orthogonality) -> Claim:
    """Claim 1: the direction is nearly orthogonal to every token."""
    within = float((result.largest < NEARLY_ORTHOGONAL).mean())
    low, high = wilson(within, len(result.largest))
    bulk = max(-result.quantiles[1], result.quantiles[-2])  # 98 % of the cosines lie below this size
    verdict: Verdict = "fails"
    if within >= _ALL:
        verdict = "holds"
    elif bulk < NEARLY_ORTHOGONAL:
        verdict = "holds in part"
    q25, median, q75 = result.largest_quartiles
    law = result.law_largest_quartiles
    return Claim(
        number=1,
        claim="A random vector is nearly orthogonal to every token.",
        measured=(
            f"sd of the cosine {result.sd:.4f}; the nearest token's cosine is {median:.3f}"
            f" (half of them {q25:.3f} to {q75:.3f}), below {NEARLY_ORTHOGONAL:.2f} for {_pct(within)}"
            f" of the directions (95 % interval {_pct(low)} to {_pct(high)})"
        ),
        chance=(
            f"law: sd {result.law_sd:.4f}; largest of as many independent cosines {law[1]:.3f}"
            f" (half of them {law[0]:.3f} to {law[2]:.3f})"
        ),
        verdict=verdict,
        rule=(
            f"holds if the nearest token's cosine is below √0.1 = {NEARLY_ORTHOGONAL:.3f} for 95 % of"
            " the directions; in part if 98 % of all cosines are that small; else fails"
        ),
        values={
            "share_below": within,
            "interval_95": [low, high],
            "largest_quartiles": [q25, median, q75],
        },
    )


def judge_variance(clusters: Sequence[Clusters]) -> Claim:
    """Claim 2: a cluster's variance is about that of all tokens."""

    def verdict(one: Clusters) -> Verdict:
        if not one.ratio_quartiles:
            return "open"
        median = one.ratio_quartiles[1]
        if _ABOUT[0] <= median <= _ABOUT[1]:
            return "holds"
        return "holds in part" if _ROUGHLY[0] <= median <= _ROUGHLY[1] else "fails"

    def found(one: Clusters) -> str:
        if not one.ratio_quartiles:
            return "no cluster of 10 tokens"
        q25, median, q75 = one.ratio_quartiles
        return f"{median:.2f} (half {q25:.2f} to {q75:.2f})"

    def chance(one: Clusters) -> str:
        return f"{1 - one.partition.random.icc:.2f}"

    def wordless(one: Clusters) -> str:
        median = one.baseline.ratio_quartiles[1:2] if one.baseline else ()
        return f"{median[0]:.2f}" if median else "–"

    return Claim(
        number=2,
        claim="The cosine varies about as much within a cluster as over all tokens.",
        measured=f"Var_S/Var of the median cluster, exact: {_each(clusters, found)}",
        chance=(
            f"clusters filled at random: {_each(clusters, chance)};"
            f" k-means without words: {_each(clusters, wordless)}"
        ),
        verdict=_together(clusters, verdict),
        rule=(
            "holds if the median cluster's variance is 0.9 to 1.1 of the variance over all tokens; in"
            " part if it is 0.5 to 2; else fails; clusters of 10 tokens or more"
        ),
        values={"ratio_quartiles": {one.name: list(one.ratio_quartiles) for one in clusters}},
    )


def judge_means(clusters: Sequence[Clusters]) -> Claim:
    """Claim 3: more variance lies within the clusters than their means contribute."""

    def verdict(one: Clusters) -> Verdict:
        share = one.exceeding("exceeds")
        if share is None:
            return "open"
        signs = int(one.partition.decomposition.icc < 0.5) + int(share > 0.5)
        return ("fails", "holds in part", "holds")[signs]

    def percent_of(what: str, shuffled: bool = False) -> Callable[[Clusters], str]:
        def text(one: Clusters) -> str:
            share = one.exceeding(what, shuffled=shuffled)
            return "none" if share is None else _pct(share)

        return text

    def icc(one: Clusters) -> str:
        return _pct(one.partition.decomposition.icc)

    def drawn(one: Clusters) -> str:
        return f"{100 * one.measured.values.icc:.1f} ± {_pct(Z * one.measured.icc_error)}"

    def wordless(one: Clusters) -> str:
        return _pct(one.baseline.partition.decomposition.icc) if one.baseline else "–"

    kinds = ("exceeds", "exceeds_raw", "exceeds_literal")
    return Claim(
        number=3,
        claim="That exceeds what the clusters' means contribute.",
        measured=(
            f"the means hold {_each(clusters, icc)} of the variance, exact (along the directions drawn"
            f" {_each(clusters, drawn)}). In how many pairs of a cluster and a direction is"
            f" sd_S > |mean_S − mean|: {_each(clusters, percent_of('exceeds'))};"
            f" sd_S > |mean_S|: {_each(clusters, percent_of('exceeds_raw'))}; literally, in unlike"
            f" units, Var_S > |mean_S|: {_each(clusters, percent_of('exceeds_literal'))}"
        ),
        chance=(
            "clusters filled at random: the means hold"
            f" {_each(clusters, lambda one: _pct(one.partition.random.icc))}; pairs, in the same order,"
            f" {_each(clusters, percent_of('exceeds', True))};"
            f" {_each(clusters, percent_of('exceeds_raw', True))};"
            f" {_each(clusters, percent_of('exceeds_literal', True))}; k-means without words: the means"
            f" hold {_each(clusters, wordless)}"
        ),
        verdict=_together(clusters, verdict),
        rule=(
            "holds if the means hold less than half of the variance and sd_S > |mean_S − mean| for more"
            " than half of the pairs of a cluster and a direction; in part if one of the two; else fails"
        ),
        values={
            "icc": {one.name: one.partition.decomposition.icc for one in clusters},
            **{kind: {one.name: one.exceeding(kind) for one in clusters} for kind in kinds},
        },
    )


def judge_variety(clusters: Sequence[Clusters], k: int) -> Claim:
    """Claim 4: so the nearest tokens come from many clusters."""

    def verdict(one: Clusters) -> Verdict:
        share = one.variety.mean / one.expected_different
        return "holds" if share >= _MANY else "holds in part" if share >= _SOME else "fails"

    def found(one: Clusters) -> str:
        return f"{one.variety.mean:.2f} ± {Z * one.variety.error:.2f}"

    def wordless(one: Clusters) -> str:
        return f"{one.baseline.variety.mean:.2f}" if one.baseline else "–"

    return Claim(
        number=4,
        claim="So the nearest tokens come from many clusters.",
        measured=f"different clusters among the {k} nearest: {_each(clusters, found)}",
        chance=(
            f"{k} tokens at random: {_each(clusters, lambda one: f'{one.expected_different:.2f}')};"
            " by the clusters' means and sds alone:"
            f" {_each(clusters, lambda one: f'{one.model_variety.mean:.2f}')};"
            f" k-means without words: {_each(clusters, wordless)}"
        ),
        verdict=_together(clusters, verdict),
        rule=(
            "holds if the neighbours come from at least half as many different clusters as tokens drawn"
            " at random; in part from a quarter on; else fails"
        ),
        values={"different": {one.name: one.variety.to_dict() for one in clusters}},
    )


def judge_coherence(survey: CoherentShare | None) -> Claim:
    """Claim 5: mostly a hodgepodge, coherent perhaps one time in five."""
    verdict: Verdict = "open"
    measured, chance = "not measured here: run `tokensphere survey`", "the post guesses 20 %"
    values: dict[str, Any] = {}
    if survey is not None:
        low, high = survey.interval
        verdict = "fails" if survey.rate >= 0.5 else "holds in part"
        if _OFTEN[0] <= survey.rate <= _OFTEN[1]:
            verdict = "holds"
        measured = (
            f"coherent: {_pct(survey.rate)} of {survey.n_directions:,} directions"
            f" (95 % interval {_pct(low)} to {_pct(high)}); {survey.description}"
        )
        chance = "the post guesses 20 %; with no words, 5 % by definition"
        values = {"rate": survey.rate, "interval_95": [low, high], "directions": survey.n_directions}
    return Claim(
        number=5,
        claim="Mostly a hodgepodge, but perhaps 20 % of the time many of the nearest share something.",
        measured=measured,
        chance=chance,
        verdict=verdict,
        rule=(
            "holds if the rate of coherent neighbourhoods is 10 to 40 %, half to twice the guess; in"
            " part if it is outside but below one half; else fails"
        ),
        values=values,
    )


def judge_pair(pair: Pair | None) -> Claim:
    """Claim 6: two tokens of one list are no more alike than others."""
    verdict: Verdict = "open"
    measured, chance = "this vocabulary has no such two tokens with a direction", "–"
    values: dict[str, Any] = {}
    if pair is not None:
        share = pair.raw.share_above
        rare = min(share, 1 - share)
        verdict = "holds" if rare >= _ORDINARY else "holds in part" if rare >= _UNUSUAL else "fails"
        low, high = pair.raw.interval
        names = " and ".join(f"'{pair.vocabulary.visible(id)}'" for id in (pair.a, pair.b))
        measured = (
            f"{names}: cosine {pair.raw.cosine:.3f}; {_pct(share)} of all pairs are at least as alike"
            f" (95 % interval {_pct(low)} to {_pct(high)})"
        )
        chance = f"a typical pair: {pair.raw.typical:.3f}, sd {pair.raw.spread:.3f}"
        values = {
            "cosine": pair.raw.cosine,
            "centered_cosine": pair.centered.cosine,
            "share_of_pairs_at_least": share,
            "interval_95": [low, high],
        }
    return Claim(
        number=6,
        claim="Spot check: ' female' and ' alt', two tokens of one list, have a cosine of 0.06.",
        measured=measured,
        chance=chance,
        verdict=verdict,
        rule=(
            "the two are no special pair: holds if their cosine is among the middle 90 % of all"
            " pairs'; in part among the middle 98 %; else fails"
        ),
        values=values,
    )


def _together(clusters: Sequence[Clusters], judge: Callable[[Clusters], Verdict]) -> Verdict:
    """One verdict for all clusterings that did not fail: theirs if they agree, else in part."""
    verdicts = {judge(one) for one in clusters if not one.problems} - {"open"}
    if not verdicts:
        return "open"
    return verdicts.pop() if len(verdicts) == 1 else "holds in part"


def _each(clusters: Sequence[Clusters], show: Callable[[Clusters], str]) -> str:
    """The same figure for every clustering, in their order."""
    return " | ".join(show(one) for one in clusters)


def _pct(share: float) -> str:
    return f"{100 * share:.1f} %"
