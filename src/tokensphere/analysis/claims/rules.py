"""The six claims of the post, and the rules by which they are judged; docs/claims.md has the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

from tokensphere.records import Record

Verdict = Literal[
    "holds", "holds for any vocabulary", "holds without words, too", "fails", "cannot tell"
]
Interval = tuple[float, float]

NEARLY_ORTHOGONAL = sqrt(0.1)  # a token shares less than a tenth of the direction's squared length
NEARLY_ALL = 0.95  # of the directions
ABOUT = (0.9, 1.1)  # "about as much": of what it is without words
A_CLUSTER = 0.01  # of the variance, beyond what the means hold without words
HALF = 0.5
DIFFERENT = 0.05  # of the number of different labels without words
OFTEN = (0.1, 0.4)  # "perhaps 20 %": half to twice as much
ORDINARY = (0.05, 0.95)  # where nine of ten pairs are

NOTHING = "no label of 10 tokens, or no surrogate"

CLAIMS = {  # by number: the claim, and when it holds
    1: (
        "A random vector is nearly orthogonal to every token.",
        "holds for any vocabulary if so many tokens, wherever they point, have a cosine of √0.1 ="
        f" {NEARLY_ORTHOGONAL:.3f} with at most 5 % of the directions: n · P(cos ≥ √0.1) ≤ 5 %; else"
        " holds if the nearest token's cosine is smaller for 95 % of the directions drawn; else fails",
    ),
    2: (
        "The cosine varies about as much within a cluster as over all tokens.",
        "holds without words, too, if Var_S / Var of the median label is 0.9 to 1.1 of what it is"
        " without words; else fails; labels of 10 tokens or more",
    ),
    3: (
        "That exceeds what the clusters' means contribute.",
        "holds if the labels' means hold at least 1 % of the variance beyond what they hold without"
        " words, so that there are clusters, and less than half of it; else fails",
    ),
    4: (
        "So the nearest tokens come from many clusters.",
        "holds if they come from at least 5 % fewer, or more, different labels than without words, so"
        " that labels matter, and from at least half as many; else fails",
    ),
    5: (
        "Mostly a hodgepodge, but perhaps 20 % of the time many of the nearest share something.",
        "holds if 10 to 40 % of the directions, half to twice the guess, are coherent beyond chance,"
        " (rate − chance)/(1 − chance); else fails",
    ),
    6: (
        "Spot check: ' female' and ' alt', two tokens of one list, have a cosine of 0.06.",
        "holds without words, too, if their cosine is among the middle 90 % of all pairs', where nine"
        " of ten pairs of random rows are; else fails",
    ),
}


@dataclass(frozen=True)
class Claim(Record):
    """A claim of the post beside what was measured.

    Attributes
    ----------
    number : 1 to 6
    claim : the post's claim
    measured : what was found, with its interval, in words
    chance : what chance, a closed form or a vocabulary with no words gives, in words
    verdict : ``"holds"``; ``"holds for any vocabulary"``, wherever its tokens point; ``"holds without
        words, too"``, as in random rows of this shape; ``"fails"``; or ``"cannot tell"``
    why : the reason, in words
    rule : when it holds, in words
    values : the numbers behind the words
    """

    number: int
    claim: str
    measured: str
    chance: str
    verdict: Verdict
    why: str
    rule: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Judgement(Record):
    """A verdict with its reason in a few words."""

    verdict: Verdict
    why: str


def make_claim(
    number: int, measured: str, chance: str, judgement: Judgement, values: dict[str, Any]
) -> Claim:
    """A claim with its own words and rule."""
    claim, rule = CLAIMS[number]
    return Claim(number, claim, measured, chance, judgement.verdict, judgement.why, rule, values)


def judge_interval(
    interval: Interval, limits: Interval, verdict: Verdict, *, inside: str, below: str, above: str
) -> Judgement:
    """`verdict` for an interval within the limits, "fails" for one outside, else "cannot tell".

    Parameters
    ----------
    interval : of what was measured
    limits : within which the claim holds, ends included
    verdict : for an interval within
    inside, below, above : the reasons
    """
    (low, high), (least, most) = interval, limits
    if least <= low and high <= most:
        return Judgement(verdict, inside)
    if high < least:
        return Judgement("fails", below)
    if low > most:
        return Judgement("fails", above)
    return Judgement("cannot tell", "the interval straddles a limit")


def judge_all(judgements: Sequence[tuple[str, Judgement]]) -> Judgement:
    """One judgement for several kinds of labels: one that fails refutes, and all must hold.

    A kind that has nothing to measure has no say.
    """
    if not judgements:
        return Judgement("cannot tell", "no labels are known of these tokens: give a labelling")
    able: list[Verdict] = [one.verdict for _, one in judgements if one.why != NOTHING]
    refuting: tuple[Verdict, ...] = ("fails", "cannot tell")
    verdict = next((one for one in refuting if one in able), able[0] if able else "cannot tell")
    reasons: dict[str, list[str]] = {}
    for name, one in sorted(judgements, key=lambda pair: pair[1].verdict != verdict):
        reasons.setdefault(one.why, []).append(name)
    why = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
    return Judgement(verdict, why)
