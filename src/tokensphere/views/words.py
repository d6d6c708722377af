"""A test of directions in words: what was compared with what, and what that says."""

from __future__ import annotations

import numpy as np

from tokensphere.analysis.direction_test.compare import Beside, Limit
from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import (
    RANKED,
    STATISTICS,
    MostExtreme,
    Nearness,
    Statistic,
)
from tokensphere.statistics.tail import COUNTED, FEWEST, REACH
from tokensphere.views.text import (
    FORMS,
    SPACE,
    between,
    joined,
    p_text,
    percent,
    search_words,
    tokens_of,
)

LAWS = {
    "isotropic": "random directions, uniform on the sphere",
    "covariance": "random directions with the covariance of the tokens' unit rows",
    "own": "random directions with the mean and covariance of those tested",
    "difference": "sums of random tokens with its own signs and weights",
    "frequency": "sums of random tokens as frequent as its own, with its signs and weights",
    "sample": "directions of the sample, each taken once",
}
_DIFFERENCES = "differences of two random tokens"
_MOST_SIGNATURES = 6  # that are listed
ABOUT, BELOW = "≈", "≲"  # extrapolated; and the smallest p that is
_MOST_THEMES = 8  # that are listed
FEW = 20  # directions of which a count says more than a share


def in_words(test: DirectionTest, statistic: type[Statistic]) -> str:
    """What a statistic is called."""
    return statistic.words.format(similarity=test.search.similarity, k=test.search.k)


def law_of(test: DirectionTest) -> str:
    """What directions were compared with."""
    law = test.null.spec.law
    assert law is not None
    return _DIFFERENCES if law == "difference" and not test.own_left_out else LAWS[law]


def _of_which(test: DirectionTest) -> list[str]:
    """Which nulls there are, where one could mistake that."""
    law, nulls = test.null.spec.law, test.null.parts
    if test.own_left_out and law in ("isotropic", "covariance"):
        return [
            "These directions are made of tokens, and whatever is made of tokens is near to some and to"
            " their kin: the null difference asks whether they are more than as many unrelated tokens."
        ]
    if law == "difference" and not test.own_left_out:
        return [
            "Of vectors nobody knows which tokens they are made of: all are compared with one token less"
            " another."
        ]
    if law == "difference":
        shown = ", ".join(part.title for part in nulls[:_MOST_SIGNATURES])
        more = f" and {len(nulls) - _MOST_SIGNATURES:,} more" if len(nulls) > _MOST_SIGNATURES else ""
        return [f"Tokens added − subtracted: {shown}{more}; each has a null of its own."]
    if law == "frequency":
        count = f"{len(nulls):,} null{'s' if len(nulls) > 1 else ''}"
        of = {"ids": "ids", "norms": "lengths"}[test.null.spec.tenths]
        return [f"As frequent: of the same tenth of the {of} of all tokens; {count}."]
    if law == "own":
        whose = "each group's" if len(nulls) > 1 else "their"
        return [f"Those tested are in the fit of {whose} own mean and covariance."]
    return []


def about(result: RankedTest) -> list[str]:
    """What those with a meaning are about, which tokens crowd the first lists, what was asked for."""
    test, said = result.test, []
    if test.overall.n >= FEW and len(test.overview) > 1:
        counts = [f"{one.count:,} {one.words}" for one in test.overview[:_MOST_THEMES]]
        more = len(test.overview) - _MOST_THEMES
        rest = f" · and {more:,} other themes" if more > 0 else ""
        said.append(f"What is shared, by number of directions: {' · '.join(counts)}{rest}")
    found = test.crowding(result.statistic.name) if test.overall.n > 1 else None
    if found is not None and found.worth_saying:
        tokens = "  ".join(test.vocabulary.visible(id) for id in found.ids)
        said.append(
            f"Beware: of the {found.of} directions with the smallest p, {found.lists} have one of"
            f" {len(found.ids)} tokens in their lists: {tokens}. Tokens that are near to so much say"
            " little of what a direction means; compare with --null covariance or own."
        )
    if result.fitting is not None:
        asked = ", ".join(result.asked)
        said.append(f"{result.fitting:,} of {test.overall.n:,} directions fit {asked}.")
    return said


def sentences(result: RankedTest) -> list[str]:
    """What was compared with what, and what that says; for somebody who reads nothing else."""
    test = result.test
    said = [
        f"p is the share of {test.n_draws:,} {law_of(test)}, whose"
        f" {test.search.k} nearest tokens are at least as near (by the mean, by the nearest"
        " alone), as much alike (T), or share a label that is as unlikely (label p).",
        *_of_which(test),
        "Effect: distance from the null's median, in its half width from the 16 % to the 84 % quantile"
        " (of a label p: by its logarithm). Each p is for one look; p any is that of the most extreme of"
        " the four, corrected for looking at four.",
    ]
    if test.overall.n == 1:
        said.append(_alone(result))
    elif test.overall.n:
        said += [f"{_small_p(result)}. {_small_q(result)}.", *_floor(result)]
    said += _extrapolated(result)
    if test.settled is not None:
        said.append(_settled(test))
    if not test.complete:
        said.append(f"Stopped after {len(test):,} of {len(test.directions):,} directions.")
    return said


def _alone(result: RankedTest) -> str:
    test = result.test
    p = float(result.found.pvalue[test.testable][0])
    by = in_words(test, result.statistic)
    found, row = result.found, int(np.flatnonzero(test.testable)[0])
    low = found.lowest[row]
    text = f"By the {by}, the direction has p {p_of(found, row)}"
    if found.extrapolation is not None and found.extrapolated[row]:
        ends = " to ".join(f"{end:.2g}" for end in found.extrapolation.interval[row])
        text += f" (extrapolated; 95 % interval {ends})"
    if p > 0.05:
        return f"{text}: it does not stand out from chance."
    return f"{text}: one in {1 / p:,.0f} {'or fewer ' if low else ''}by chance."


def _small_p(result: RankedTest) -> str:
    """The ranked statistic's p ≤ 0.05 beside chance."""
    group = result.test.overall
    found = group[result.statistic.name].p
    by = f"By the {in_words(result.test, result.statistic)}"
    if group.n < FEW:
        count = found.count
        return (
            f"{by}, {count} of {group.n} directions {'has' if count == 1 else 'have'} p ≤ 0.05, where"
            " chance gives 5 in 100"
        )
    return (
        f"{by}, {percent(found.share)} of {group.n:,} directions have p ≤ 0.05"
        f" (95 % interval {between(found.interval, ' to ')} %), where chance gives 5 %"
    )


def _small_q(result: RankedTest) -> str:
    """Whether any direction is left by q, which corrects p for looking at many."""
    test, limit = result.test, result.found.limit
    found = result.found
    certain = test.overall[result.statistic.name].q.count
    by = " (by extrapolation)" if found.by_extrapolation else ""
    looked = f"Corrected for looking at {test.overall.n:,} (q)"
    if certain:
        return (
            f"{looked}, {certain:,} {'has' if certain == 1 else 'have'} q ≤ 0.05{by}; of such directions"
            " at most one in twenty is expected to be chance"
        )
    if limit.cannot_tell:
        return f"{looked}, one cannot tell"
    return f"{looked}, none stands out from chance"


def _floor(result: RankedTest) -> list[str]:
    """What so many draws cannot tell, and how many would; nothing where they are enough."""
    test, found, limit = result.test, result.found, result.found.limit
    if test.overall.n == 1 or not limit.cannot_tell:
        return []
    which = found.undecided
    count, q = int(np.count_nonzero(which)), float(found.qvalue[which].min())
    them = "it" if count == 1 else "them"
    if found.extrapolated[which].any():
        told = f"the p of {count:,} is {_at_floor(limit)}, further than which nothing is extrapolated"
    else:
        told = (
            f"none of {test.n_draws:,} is as extreme as {count:,} of them, whose p is {_at_floor(limit)}"
        )
    said = (
        f"Too few draws for {test.overall.n:,} directions: {told}, and with so many looked at, q no"
        f" smaller than {q:.2g}; {_more(test, limit.draws_enough)} would do, if none is as extreme as"
        f" {them} either"
    )
    if test.null.end is not None:
        return [f"{said}."]
    said += f": --draws {limit.draws_enough}, {limit.draws_enough / test.n_draws:,.2g} times the work."
    if found.extrapolation is None and test.n_draws >= FEWEST and not result.statistic.unfit:
        said += " Or see what the tail of those drawn says: --extrapolate."
    return [said]


def _at_floor(limit: Limit) -> str:
    return f"{limit.p_floor:.2g} or less"


def legend(result: RankedTest) -> list[str]:
    """What the marks in the columns mean, if there are any."""
    shown = [
        found.extrapolated[result.rows] | found.q_extrapolated[result.rows]
        for found in result.test.tested.values()
    ]
    return [f"{ABOUT} extrapolated; {BELOW} extrapolated: that or less"] if np.any(shown) else []


def _extrapolated(result: RankedTest) -> list[str]:
    """That p are extrapolated, from what, and which are not."""
    test = result.test
    if not test.null.spec.extrapolate:
        return []
    counts, missing = [], []
    for name, found in test.tested.items():
        words = RANKED[name].head.format(similarity=test.search.similarity)
        assert found.extrapolation is not None
        if found.extrapolated.any():
            tails = found.extrapolation.tails
            counts += [tail.count for tail in tails if tail is not None and not tail.refused]
        if reasons := found.extrapolation.reasons:
            missing.append(f"{'p any' if name == MostExtreme.name else words} ({', '.join(reasons)})")
    said = [f"Not extrapolated: {', '.join(missing)}."] if missing else []
    if not counts:
        return ["Nothing is extrapolated.", *said]
    low, high = min(counts), max(counts)
    largest = f"{high:,}" if low == high else f"{low:,} to {high:,}"
    return [
        f"{ABOUT} p, and q that depend on it, are extrapolated, since fewer than {COUNTED} of"
        f" {test.n_draws:,} draws are as extreme: by a generalised Pareto law that fits the {largest}"
        " most extreme. That it holds further out is an assumption;"
        f" {BELOW} is {test.floor / REACH:.2g} or less, and no smaller p is told. Intervals: --json.",
        *said,
    ]


def _more(test: DirectionTest, draws: int) -> str:
    """What it takes for so many draws."""
    return f"a sample of {draws:,} rows" if test.null.end is not None else f"{draws:,} draws"


_AS_WORDS = {  # of verdicts, after a count
    "meaning": "meaning (near to tokens that share a label)",
    "near, no shared label": "near to tokens that share no label",
    "shared label only": "with a shared label only",
    "neither": "neither",
    "cannot tell": "cannot tell",
}


def verdict(test: DirectionTest) -> str:
    """Is there a meaning? One sentence for somebody who reads nothing else."""
    n, counts = test.overall.n, test.overall.verdicts
    by = "p ≤ 0.05" if n == 1 else "q ≤ 0.05"
    if not n:
        return ""
    if n == 1:
        (name,) = (name for name, count in counts.items() if count)
        text = f"Verdict: {_AS_WORDS[name]}, by {by} of the {_OF_VERDICT}"
    else:
        found = "; ".join(
            f"{counts[name]:,} {words}" for name, words in _AS_WORDS.items() if counts[name]
        )
        text = f"Of {n:,} directions: {found}. By {by} of the {_OF_VERDICT}"
    text = f"{text.format(similarity=test.search.similarity, mark=_mark(test))}."
    if counts["cannot tell"]:
        limits = [test[name].limit for name in ("nearness", "label")]
        most = max(limit.draws_enough for limit in limits if limit.cannot_tell or n == 1)
        text += f" Cannot tell: too few draws for a q of 0.05 or less; {_more(test, most)} would tell."
    return text


_OF_VERDICT = "mean {similarity}{mark} and of the label p"


def _mark(test: DirectionTest) -> str:
    """Whether a verdict is by what is extrapolated."""
    return " (by extrapolation)" if test[Nearness.name].by_extrapolation else ""


def p_of(found: Beside, row: int) -> str:
    """The p of a direction, with a mark where it is extrapolated or the least there can be."""
    p, low = float(found.pvalue[row]), bool(found.lowest[row])
    if found.extrapolated[row]:
        return f"{BELOW if low else ABOUT} {p:.2g}"
    return p_text(p, p if low else 0)


def q_of(found: Beside, row: int) -> str:
    """The q of a direction, with a mark where it is extrapolated, or that or less."""
    q = f"{found.qvalue[row]:.2g}"
    if not found.q_extrapolated[row]:
        return q
    return f"{BELOW if found.q_at_most[row] else ABOUT} {q}"


def _settled(test: DirectionTest) -> str:
    settled = test.settled
    assert settled is not None
    undecided = f"{settled.unsettled:,} directions are still undecided"
    rest = undecided if settled.unsettled else "for all directions it is settled"
    if settled.unsettled and settled.exhausted:
        rest = f"the sample has no more rows to draw, and {rest}"
    return (
        f"After {settled.n_draws:,} draws {rest} on which side of {settled.level:g} the p of the"
        f" {in_words(test, STATISTICS[settled.statistic])} lies (for each direction wrong"
        f" with a probability of at most {100 * settled.error:g} %)."
    )


def caption(test: DirectionTest) -> str:
    """What it takes to do the test again, and what was left out."""
    search, spec, sample = test.search, test.null.spec, test.null.left_out
    # The other default, isotropic, is what one expects.
    because = f" ({test.null.because})" if spec.law == "difference" and test.null.because else ""
    return joined(
        tokens_of(len(test.vocabulary), test.provenance.model),
        f"{search_words(search, test.provenance.lens)}, k = {search.k}",
        FORMS if search.forms else "",
        "tokens that directions are made of are left out" if test.own_left_out else "",
        _untestable(test),
        f"rows of the sample that are no directions: {sample:,}" if sample else "",
        f"null: {spec.law}{because}, {test.n_draws:,} draws, seed {spec.seed}",
        "input and output matrix are the same (tied)" if test.tied else "",
        SPACE,
    )


def _untestable(test: DirectionTest) -> str:
    if not test.untestable:
        return ""
    count = sum(test.untestable.values())
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in test.untestable.items())
    return f"{count:,} direction{'s' if count > 1 else ''} cannot be tested ({reasons})"
