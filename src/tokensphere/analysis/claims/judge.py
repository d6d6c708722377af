"""Each claim beside its rule: what was measured, what it is without words, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.analysis.claims.parts import Orthogonality
from tokensphere.analysis.claims.rules import (
    A_CLUSTER,
    ABOUT,
    DIFFERENT,
    HALF,
    NEARLY_ALL,
    NEARLY_ORTHOGONAL,
    NOTHING,
    OFTEN,
    ORDINARY,
    Claim,
    Interval,
    Judgement,
    judge_all,
    judge_interval,
    make_claim,
)
from tokensphere.analysis.claims.sharing import Sharing
from tokensphere.analysis.pair import Pair
from tokensphere.analysis.survey.result import CoherentShare
from tokensphere.statistics.beside import Beside
from tokensphere.statistics.intervals import wilson


def judge_orthogonality(result: Orthogonality) -> Claim:
    """Claim 1: the direction is nearly orthogonal to every token."""
    within = float((result.largest < NEARLY_ORTHOGONAL).mean())
    interval = wilson(within, len(result.largest))
    q25, median, q75 = result.largest_quartiles
    law = result.law_largest_quartiles
    if result.near_anywhere(NEARLY_ORTHOGONAL) <= 1 - NEARLY_ALL:
        judgement = Judgement("holds for any vocabulary", "a law of the sphere")
    else:
        judgement = judge_interval(
            interval, (NEARLY_ALL, 1), "holds",
            inside="it depends on where tokens point", below="some token is near too often", above="",
        )  # fmt: skip
    return make_claim(
        1,
        f"sd of the cosine {result.sd:.4f}; the nearest token's cosine is {median:.3f}"
        f" (half of them {q25:.3f} to {q75:.3f}), below {NEARLY_ORTHOGONAL:.2f} for {_pct(within)}"
        f" of the directions {_in(interval)}",
        f"law: sd {result.law_sd:.4f}; largest of as many independent cosines {law[1]:.3f}"
        f" (half of them {law[0]:.3f} to {law[2]:.3f}); for any tokens at all, one is nearer than"
        f" {NEARLY_ORTHOGONAL:.2f} in at most {result.near_anywhere(NEARLY_ORTHOGONAL):.1g} of the"
        " directions",
        judgement,
        {
            "share_below": within,
            "interval_95": list(interval),
            "at_most_above_for_any_vocabulary": result.near_anywhere(NEARLY_ORTHOGONAL),
            "largest_quartiles": [q25, median, q75],
        },
    )


def judge_variance(clusters: Sequence[Clusters]) -> Claim:
    """Claim 2: a cluster's variance is about that of all tokens."""

    def judge(one: Beside) -> Judgement:
        ends = (one.value - one.half) / one.mean, (one.value + one.half) / one.mean
        return judge_interval(
            ends, ABOUT, "holds without words, too", inside="about as much as without words",
            below="tokens of one label vary less", above="tokens of one label vary more",
        )  # fmt: skip

    return _of_labels(
        2, clusters, "ratio", judge, "Var_S/Var of the median label, exact", ("{:.2f}", "{:.3f}")
    )


def judge_means(clusters: Sequence[Clusters]) -> Claim:
    """Claim 3: more variance lies within the clusters than their means contribute."""

    def judge(one: Beside) -> Judgement:
        low, high = one.interval
        if high < A_CLUSTER:
            return Judgement("fails", "no clusters, the means hold no more than without words")
        if low < A_CLUSTER:
            return Judgement("cannot tell", "the interval straddles a limit")
        room = 1 - one.mean
        return judge_interval(
            (low / room, high / room), (-inf, HALF), "holds", below="",
            inside="the means hold more than without words, but less than half",
            above="the means hold more than half",
        )  # fmt: skip

    return _of_labels(
        3, clusters, "icc", judge, "the labels' means hold, of the variance, exact", ("{:.1%}", "{:.2%}")
    )


def judge_variety(clusters: Sequence[Clusters], k: int) -> Claim:
    """Claim 4: so the nearest tokens come from many clusters."""

    def judge(one: Beside) -> Judgement:
        low, high = (end / one.mean for end in one.interval)
        if low > -DIFFERENT and high < DIFFERENT:
            return Judgement("fails", "as many as without words, so labels play no part")
        if low <= DIFFERENT and high >= -DIFFERENT:
            return Judgement("cannot tell", "the interval straddles a limit")
        fewer = "fewer" if high < 0 else "more"
        return judge_interval(
            (1 + low, 1 + high), (HALF, inf), "holds", inside=f"{fewer} than without words, yet many",
            below="less than half as many as without words", above="",
        )  # fmt: skip

    return _of_labels(
        4, clusters, "different", judge, f"different labels among the {k} nearest", ("{:.2f}", "{:.2f}")
    )


def _of_labels(
    number: int,
    clusters: Sequence[Clusters],
    what: str,
    judge: Callable[[Beside], Judgement],
    words: str,
    formats: tuple[str, str],
) -> Claim:
    """A claim about clusters, judged for each kind of labels; k-means has no say in it.

    `formats` are of a value and of half its interval.
    """
    found = {one.name: one.beside(what) for one in clusters if one.labelled}
    judged = [
        (name, judge(one) if one else Judgement("cannot tell", NOTHING)) for name, one in found.items()
    ]
    there = {name: one for name, one in found.items() if one is not None}
    coarse, fine = formats
    measured = ", ".join(f"{name} {_spaced(coarse, one.value)}" for name, one in there.items())
    without = ", ".join(
        f"{name} {_spaced(coarse, one.mean)} ± {_spaced(fine, one.half)}" for name, one in there.items()
    )
    return make_claim(
        number,
        f"{words}: {measured}" if there else "nothing: no labels to measure by",
        f"the same labels without words: {without}" if there else "–",
        judge_all(judged),
        {
            "of_labels": {
                name: {**judgement.to_dict(), **(there[name].to_dict() if name in there else {})}
                for name, judgement in judged
            }
        },
    )


def judge_coherence(survey: CoherentShare | None, sharing: Sharing | None) -> Claim:
    """Claim 5: mostly a hodgepodge, coherent perhaps one time in five.

    By a survey, if there is one; else by how often the nearest tokens share a label.
    """
    values: dict[str, Any] = {}
    said, chance, by = (
        [],
        ["the post guesses 20 %"],
        Judgement("cannot tell", "neither survey nor labels"),
    )
    if sharing is not None:
        said.append(
            f"a large group of one label: {_pct(sharing.rate)} of {sharing.n_directions:,} directions"
        )
        chance.append(f"a large group of one label without words: {_pct(sharing.chance)}")
        values["sharing"] = sharing.to_dict()
        by = _judge_rate(sharing.interval, "sharing a label")
    if survey is not None:
        low, high = (_beyond(end, survey.chance) for end in survey.interval)
        said.insert(
            0,
            f"coherent: {_pct(survey.rate)} of {survey.n_directions:,} directions"
            f" {_in(survey.interval)}; {survey.description}",
        )
        chance.append(f"coherent without words: {_pct(survey.chance)}")
        values |= {
            "rate": survey.rate, "interval_95": list(survey.interval),
            "beyond_chance": _beyond(survey.rate, survey.chance), "directions": survey.n_directions,
        }  # fmt: skip
        by = _judge_rate((low, high), "coherent")
    none = "nothing: `tokensphere survey` measures coherence"
    return make_claim(5, "; ".join(said) or none, "; ".join(chance), by, values)


def _beyond(rate: float, chance: float) -> float:
    return (rate - chance) / (1 - chance)


def _judge_rate(beyond: Interval, what: str) -> Judgement:
    """Judge by the share of directions beyond chance."""
    ends = f"{what} beyond chance: {100 * beyond[0]:.1f} to {_pct(beyond[1])}"
    if beyond[1] < OFTEN[0] and beyond[0] <= 0:
        return Judgement("fails", f"{ends}, no more than without words")
    return judge_interval(
        beyond, OFTEN, "holds", inside=ends, below=f"{ends}, too seldom", above=f"{ends}, too often"
    )


def judge_pair(pair: Pair | None) -> Claim:
    """Claim 6: two tokens of one list are no more alike than others."""
    if pair is None:
        lacking = Judgement("cannot tell", "this vocabulary has no such two tokens with a direction")
        return make_claim(6, "nothing: no such two tokens", "–", lacking, {})
    share, interval = pair.raw.share_of_pairs_at_least, pair.raw.share_interval_95
    names = " and ".join(f"'{pair.vocabulary.visible(id)}'" for id in (pair.first, pair.second))
    return make_claim(
        6,
        f"{names}: cosine {pair.raw.cosine:.3f}; {_pct(share)} of all pairs are at least as alike"
        f" {_in(interval)}",
        f"a typical pair: {pair.raw.mean_of_pairs:.3f}, sd {pair.raw.sd_of_pairs:.3f}",
        judge_interval(
            interval, ORDINARY, "holds without words, too", inside="an ordinary pair",
            below="unusually alike", above="unusually unlike",
        ),
        {
            "cosine": pair.raw.cosine,
            "centered_cosine": pair.centered.cosine,
            "share_of_pairs_at_least": share,
            "interval_95": list(interval),
        },
    )  # fmt: skip


def _spaced(form: str, value: float) -> str:
    """A formatted number, with a space before a percent sign."""
    return form.format(value).replace("%", " %")


def _pct(share: float) -> str:
    return f"{100 * share:.1f} %"


def _in(interval: Interval) -> str:
    return f"(95 % interval {_pct(interval[0])} to {_pct(interval[1])})"
