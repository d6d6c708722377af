"""Hubs: tokens that stand in many lists (docs/definitions.md 9; Radovanović et al. 2010)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.arrays import Bools, Float64s, Int64s, Ints
from tokensphere.records import record
from tokensphere.vocabulary import Vocabulary

_MOST = 20


@dataclass(frozen=True)
class Hubs:
    """How unevenly tokens are listed.

    Attributes
    ----------
    ranking : ``"cosine"``, ``"centered"`` or ``"dot"``
    k : length of the lists
    n_lists, n_tokens : lists counted, and tokens that could stand in them
    skewness : of ``N_k``, the number of lists that a token stands in, over all tokens
    never : share of the tokens that no list contains, in [0, 1]
    never_by_chance : the same if every list were `k` tokens drawn at random, ``(1 − k/n)^m``
    ids, shares : the tokens most often listed, descending, and the share of lists with each
    """

    ranking: str
    k: int
    n_lists: int
    n_tokens: int
    skewness: float
    never: float
    never_by_chance: float
    ids: Int64s
    shares: Float64s

    def to_dict(self, vocabulary: Vocabulary) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            **record(self, "ranking", "k", "skewness"),
            "share_never_listed": self.never,
            "share_never_listed_by_chance": self.never_by_chance,
            "most_listed": [
                {**vocabulary.record(id), "share_of_lists": share}
                for id, share in zip(self.ids.tolist(), self.shares.tolist(), strict=True)
            ],
        }


def count_hubs(ids: Ints, usable: Bools, ranking: str) -> Hubs:
    """Count in how many lists each token stands.

    Parameters
    ----------
    ids : int array of shape (m, k), different tokens in each list
    usable : bool array of shape (n,), tokens that could be listed
    ranking : what the lists were ranked by
    """
    m, k = ids.shape
    counts = np.bincount(ids.ravel(), minlength=len(usable))
    listed = counts[usable].astype(np.float64)
    n = len(listed)
    deviation = listed - listed.mean()
    spread = float(np.sqrt(np.mean(deviation**2)))
    order = np.argsort(-counts, kind="stable")[:_MOST]
    order = order[counts[order] > 0]
    return Hubs(
        ranking=ranking,
        k=k,
        n_lists=m,
        n_tokens=n,
        skewness=float(np.mean(deviation**3)) / spread**3 if spread else 0.0,
        never=float(np.mean(listed == 0)),
        never_by_chance=float((1 - k / n) ** m),
        ids=order,
        shares=counts[order] / m,
    )


def listed_by_rank(ids: Ints) -> Float64s:
    """In what share of the lists the token of each rank stands, most often first, all that stand in any.

    Parameters
    ----------
    ids : int array of shape (m, k), different tokens in each list
    """
    counts = np.sort(np.bincount(ids.ravel()))[::-1]
    return np.asarray(counts[counts > 0] / len(ids))


def listed_at_random(m: int, k: int, n: int) -> tuple[Float64s, Float64s]:
    """The same if all `n` tokens were equally near: of Binomial(m, k/n) lists each.

    Returns
    -------
    ranks, shares : ranks ascending, and the share of the `m` lists up to each; a falling staircase
    """
    from scipy import stats  # late: it takes long to load

    law = stats.binom(m, k / n)
    counts = np.arange(1, max(int(law.isf(0.5 / n)), 1) + 1)[::-1]
    rank = n * law.sf(counts - 1)  # so many tokens stand in this many lists or more
    ranks = np.maximum(np.concatenate([[1.0], rank]), 1)
    return ranks, counts[[0, *range(len(counts))]].astype(np.float64) / m
