"""Several raters: what each says, and how far they agree on the same lists (definitions 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from tokensphere.analysis.rating.judged import RatingResult, judge_ratings
from tokensphere.analysis.rating.plan import URNS, Ratings
from tokensphere.analysis.result import Column, Result
from tokensphere.arrays import Int8s
from tokensphere.errors import InputError
from tokensphere.records import Record, record
from tokensphere.statistics.agreement import Agreement, agreement
from tokensphere.statistics.raters import RatersAgree, raters_agree


@dataclass(frozen=True)
class RaterPair(Record):
    """Two raters' verdicts on the lists that both rated, and Cohen's kappa."""

    first: str
    second: str
    agreement: Agreement


@dataclass(frozen=True)
class SameLists(Record):
    """Raters of the same lists.

    Attributes
    ----------
    plan : which lists
    raters : who rated them
    pairs : every two of them who have rated a list in common
    together : all of them; None where no list has two verdicts
    """

    plan: str
    raters: tuple[str, ...]
    pairs: tuple[RaterPair, ...]
    together: RatersAgree | None


@dataclass(frozen=True, eq=False, repr=False)
class RatingsComparison(Result):
    """Several raters beside each other.

    Attributes
    ----------
    names : what the raters are called, all different
    results : what each one's verdicts come to
    same : for each plan that several of them rated, how far they agree
    """

    names: tuple[str, ...]
    results: tuple[RatingResult, ...]
    same: tuple[SameLists, ...]

    def __len__(self) -> int:
        """Number of raters."""
        return len(self.names)

    def __iter__(self) -> Iterator[RatingResult]:
        return iter(self.results)

    def __getitem__(self, which: int) -> RatingResult:
        """What one rater's verdicts come to."""
        return self.results[which]

    def _in_short(self) -> str:
        return f"{len(self):,} raters: {', '.join(self.names)}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        raters = []
        for name, result in zip(self.names, self.results, strict=True):
            raters.append({"name": name, **result.to_dict()})
        return {"raters": raters, **record(self, "same", same="same_lists")}

    def columns(self) -> dict[str, Column]:
        """A row for each rater and urn."""
        rows = [
            (name, result, urn, share)
            for name, result in zip(self.names, self.results, strict=True)
            for urn, share in result.rates.items()
            if share is not None
        ]
        return {
            "rater": [name for name, _, _, _ in rows],
            "plan": [result.ratings.plan for _, result, _, _ in rows],
            "urn": [urn for _, _, urn, _ in rows],
            **{what: np.array([getattr(share, what) for *_, share in rows])
               for what in ("n", "count", "share", "interval")},
        }  # fmt: skip


def compare_ratings(
    ratings: Ratings | Iterable[Ratings], names: Sequence[str] = ()
) -> RatingsComparison:
    """What several raters say, and how far they agree where they rated the same lists.

    Agreement is on lists of random directions and of chance: the planted ones are there to be found.

    Parameters
    ----------
    ratings : ended ones, of one rater each, see :func:`tokensphere.read_ratings`; or of one rater alone
    names : for raters who gave none, or the same as another, such as the names of their files

    Raises
    ------
    InputError
        none are given, some are not ended, or the same are given twice
    """
    every = [ratings] if isinstance(ratings, Ratings) else list(ratings)
    if not every:
        raise InputError("no ratings are given; name one file or more")
    called = _called(every, list(names) or [f"rater {number}" for number in range(1, len(every) + 1)])
    for (one, here), (other, there) in combinations(zip(every, called, strict=True), 2):
        if one == other:
            raise InputError(f"{here!r:.80} and {there!r:.80} are the same ratings; give each once")
    results = tuple(map(judge_ratings, every))
    plans = Counter(one.plan for one in every)
    same = [
        _same(plan, [(n, r) for n, r in zip(called, every, strict=True) if r.plan == plan])
        for plan, count in plans.items()
        if count > 1
    ]
    return RatingsComparison(tuple(called), results, tuple(same))


def _called(every: Sequence[Ratings], names: Sequence[str]) -> list[str]:
    """What raters are called: as they say, with the name that is given where that is not enough."""
    if len(names) != len(every):
        raise InputError(f"{len(names)} names for {len(every)} ratings; give one for each")
    said = Counter(one.rater for one in every)
    called = [
        one.rater
        if one.rater and said[one.rater] == 1
        else f"{one.rater} ({name})" * bool(one.rater) or name
        for one, name in zip(every, names, strict=True)
    ]
    twice = Counter(called)
    return [name if twice[name] == 1 else f"{name} #{at}" for at, name in enumerate(called, start=1)]


def _same(plan: str, raters: Sequence[tuple[str, Ratings]]) -> SameLists:
    table = np.stack([_verdicts(ratings) for _, ratings in raters])
    pairs = []
    for first, second in combinations(range(len(raters)), 2):
        both = (table[[first, second]] >= 0).all(axis=0)
        if both.any():
            found = agreement(table[first, both] == 1, table[second, both] == 1)
            pairs.append(RaterPair(raters[first][0], raters[second][0], found))
    names = tuple(name for name, _ in raters)
    return SameLists(plan, names, tuple(pairs), raters_agree(table) if pairs else None)


def _verdicts(ratings: Ratings) -> Int8s:
    """1, 0, or −1 for none, on lists of random directions and chance; shape (2 × lists,)."""
    found = [int(verdict.share) for verdict in ratings.verdicts]
    found += [-1] * (len(ratings.lists) - len(found))
    ours = [said for said, one in zip(found, ratings.lists, strict=True) if one.urn != URNS[-1]]
    return np.array(ours, dtype=np.int8)
