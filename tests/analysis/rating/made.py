"""A small space whose random directions' lists share a label, its lists to rate, and made-up raters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

import tokensphere as ts
from tests.analysis.spaces import grouped, space_of
from tokensphere.analysis.rating.plan import RatedList

GROUPS, SIZE, D = 80, 12, 64  # a surrogate keeps blocks of 20 groups
DATE = "2025-01-02T03:04:05+00:00"


@cache
def space() -> ts.EmbeddingSpace:
    return space_of(grouped(GROUPS, SIZE, D))


@cache
def labels() -> ts.LabelTable:
    """A label for each group, of a user's kind."""
    members = [
        (ts.Label(f"user:g{g}", "user", f"group {g}", "made up"), range(g * SIZE, (g + 1) * SIZE))
        for g in range(GROUPS)
    ]
    return ts.LabelTable.from_members(GROUPS * SIZE, members)


USUAL = ts.RatingSpec(lists=20, planted=8)


@cache
def ratings(spec: ts.RatingSpec = USUAL, seed: int = 3) -> ts.Ratings:
    return ts.draw_ratings(space(), spec, seed=seed, labels=labels())


def rated(
    lists: ts.Ratings, says: Callable[[RatedList], bool], count: int | None = None, rater: str = ""
) -> ts.Ratings:
    """Ended ratings of a rater who says so of the first lists, by default of all."""
    done = lists.unrated(DATE, rater)
    for at, one in enumerate(lists.lists[:count]):
        done = done.said(at, says(one), 1.5)
    return done.finished(DATE)


def at_random(share: float, seed: int) -> Callable[[RatedList], bool]:
    rng = np.random.default_rng(seed)
    return lambda _: bool(rng.random() < share)
