"""What one rater's verdicts come to: rates, and how they agree with T and labels (definitions 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.analysis.rating.plan import URNS, RatedList, Ratings, Urn
from tokensphere.analysis.result import Column, Result
from tokensphere.arrays import Bools
from tokensphere.errors import InputError
from tokensphere.records import Record, record
from tokensphere.statistics.agreement import Agreement, agreement
from tokensphere.statistics.auc import Auc, auc
from tokensphere.statistics.difference import Difference, share_difference
from tokensphere.statistics.intervals import Share
from tokensphere.statistics.paired import UNKNOWN, paired_difference

POST = 0.2  # "perhaps 20 % of the time", the post says
ATTENTIVE = 0.8  # of planted lists; who finds fewer does not look, or means something else by "share"


@dataclass(frozen=True)
class WithMeasures(Record):
    """How verdicts agree with what can be computed of the same lists.

    Attributes
    ----------
    lists : ``"random"``, or ``"random and chance"``
    n : how many are rated
    coherence : T as a test for the verdict; None where all verdicts are the same, as in the next three
        if kappa is
    coherent : verdict and "T beyond 95 % of chance"
    theme : verdict and "has a theme", a label of any kind
    words : verdict and "has a theme of meaning or grammar"
    """

    lists: str
    n: int
    coherence: Auc | None
    coherent: Agreement
    theme: Agreement
    words: Agreement


@dataclass(frozen=True, eq=False, repr=False)
class RatingResult(Result):
    """What one rater's verdicts come to.

    Attributes
    ----------
    ratings : lists and verdicts
    rates : of each urn the lists that share something, to the rater; None for an urn with none rated
    difference : rate of random directions less that of chance, in pairs where both are of the same
        directions; None where one of the two has no verdict
    post : whether the post's 20 % lies within the interval of the rate of random directions; None where
        there is none
    measures : agreement with T and labels: on lists of random directions, and with those of chance
    """

    ratings: Ratings
    rates: dict[Urn, Share | None]
    difference: Difference | None
    post: bool | None
    measures: tuple[WithMeasures, ...] = field(repr=False)

    @property
    def complete(self) -> bool:
        """Whether all lists are rated."""
        return len(self.ratings.verdicts) == len(self.ratings.lists)

    @property
    def paired(self) -> bool:
        """Whether chance is of the same directions."""
        return self.ratings.spec.chance == "wordless"

    @property
    def attentive(self) -> bool | None:
        """Whether 80 % or more of the planted lists were found; None if none was rated."""
        planted = self.rates["planted"]
        return None if planted is None else planted.share >= ATTENTIVE

    def _in_short(self) -> str:
        rated, lists = len(self.ratings.verdicts), len(self.ratings.lists)
        return f"{self.ratings.rater or 'a rater'}, {rated:,} of {lists:,} lists rated"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        ratings = self.ratings
        about = record(
            ratings, "model", "plan", "rater", "started", "ended", "spec", "seed", spec="settings"
        )
        done = {"lists": len(ratings.lists), "rated": len(ratings.verdicts), "complete": self.complete}
        found = record(
            self, "rates", "difference", "paired", "post", "attentive", "measures",
            post="post_within_interval",
        )  # fmt: skip
        rows = zip(ratings.lists, ratings.verdicts, strict=False)
        rated = [{**one.to_dict(), **verdict.to_dict()} for one, verdict in rows]
        return {**about, **done, **found, "post_rate": POST, "ratings": rated}

    def columns(self) -> dict[str, Column]:
        """A row for each list that is rated, in the order of rating."""
        lists, verdicts = self.ratings.lists[: len(self.ratings.verdicts)], self.ratings.verdicts
        return {
            "list": np.arange(1, len(lists) + 1),
            "rater": [self.ratings.rater] * len(lists),
            "plan": [self.ratings.plan] * len(lists),
            "urn": [one.urn for one in lists],
            "share": np.array([verdict.share for verdict in verdicts], dtype=bool),
            "seconds": np.array([verdict.seconds for verdict in verdicts]),
            "index": [one.index for one in lists],
            "label": [one.label for one in lists],
            "coherence": np.array([one.coherence for one in lists]),
            "coherent": np.array([one.coherent for one in lists], dtype=bool),
            "theme": [one.theme for one in lists],
            "words": np.array([one.words for one in lists], dtype=bool),
            "ids": [" ".join(map(str, one.ids)) for one in lists],
            "tokens": [" ".join(one.shown) for one in lists],
        }


def judge_ratings(ratings: Ratings) -> RatingResult:
    """What one rater's verdicts come to, as far as there are any.

    Parameters
    ----------
    ratings : ended ones: what is told here a rater must not know before

    Raises
    ------
    InputError
        they are not ended
    """
    if ratings.ended is None:
        done, total = len(ratings.verdicts), len(ratings.lists)
        raise InputError(
            f"{done:,} of {total:,} lists are rated, and the ratings not ended: their urns stay hidden;"
            " rate on, or end them in the page"
        )
    rated, said = ratings.lists[: len(ratings.verdicts)], _said(ratings)
    urn = np.array([one.urn for one in rated])
    rates = {name: Share.where(said[urn == name]) if name in urn else None for name in URNS}
    random = rates["random"]
    scopes = {"random": urn == "random", "random and chance": urn != "planted"}
    return RatingResult(
        ratings=ratings,
        rates=rates,
        difference=_difference(ratings, rates),
        post=None if random is None else random.interval[0] <= POST <= random.interval[1],
        measures=tuple(_with(name, rated, said, where) for name, where in scopes.items() if where.any()),
    )


def _said(ratings: Ratings) -> Bools:
    return np.array([verdict.share for verdict in ratings.verdicts], dtype=bool)


def _difference(ratings: Ratings, rates: dict[Urn, Share | None]) -> Difference | None:
    if ratings.spec.chance != "wordless":
        one, other = rates["random"], rates["chance"]
        return None if one is None or other is None else share_difference(one, other)
    verdicts = {name: np.full(ratings.spec.lists, UNKNOWN) for name in URNS}
    for one_list, verdict in zip(ratings.lists, ratings.verdicts, strict=False):
        if one_list.index is not None:
            verdicts[one_list.urn][one_list.index] = verdict.share
    return paired_difference(verdicts["random"], verdicts["chance"])


def _with(name: str, rated: Sequence[RatedList], said: Bools, where: Bools) -> WithMeasures:
    some, said = [rated[place] for place in np.flatnonzero(where).tolist()], said[where]
    coherent, theme, words = (
        np.array([bool(getattr(one, what)) for one in some]) for what in ("coherent", "theme", "words")
    )
    return WithMeasures(
        lists=name,
        n=len(some),
        coherence=auc([one.coherence for one in some], said),
        coherent=agreement(said, coherent),
        theme=agreement(said, theme),
        words=agreement(said, words),
    )
