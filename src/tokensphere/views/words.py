"""A test of directions in words: what was compared with what, and what that says."""

from __future__ import annotations

from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import STATISTICS, Statistic
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
        said.append(f"{_small_p(result)}. {_small_q(result)}.")
    if test.settled is not None:
        said.append(_settled(test))
    if not test.complete:
        said.append(f"Stopped after {len(test):,} of {len(test.directions):,} directions.")
    return said


def _alone(result: RankedTest) -> str:
    test = result.test
    p = float(result.found.pvalue[test.testable][0])
    by = in_words(test, result.statistic)
    text = f"By the {by}, the direction has p {p_text(p, test.floor)}"
    if p > 0.05:
        return f"{text}: it does not stand out from chance."
    return f"{text}: one in {1 / p:,.0f} {'or fewer ' if p <= test.floor else ''}by chance."


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
    certain = test.overall[result.statistic.name].q.count
    looked = f"Corrected for looking at {test.overall.n:,} (q)"
    if certain:
        return (
            f"{looked}, {certain:,} {'has' if certain == 1 else 'have'} q ≤ 0.05; of such directions at"
            " most one in twenty is expected to be chance"
        )
    if not limit.cannot_tell:
        return f"{looked}, none stands out from chance"
    return (
        f"{looked}, one cannot tell: {limit.at_floor:,} {'is' if limit.at_floor == 1 else 'are'} at the"
        f" least p that {test.n_draws:,} draws can give, and it takes {limit.needed_at_floor:,} there;"
        f" {_more(test, limit.draws_for_one)} would tell of a single one"
    )


def _more(test: DirectionTest, draws: int) -> str:
    """What it takes for so many draws."""
    return f"a sample of {draws:,} rows or more" if test.null.end is not None else f"B ≥ {draws:,}"


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
    text = f"{text.format(similarity=test.search.similarity)}."
    if counts["cannot tell"]:
        most = max(test[name].limit.draws_for_one for name in ("nearness", "label"))
        text += (
            f" Cannot tell: p is the least there can be, and q above 0.05; {_more(test, most)} would."
        )
    return text


_OF_VERDICT = "mean {similarity} and of the label p"


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
