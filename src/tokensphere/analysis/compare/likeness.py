"""How far two models agree on the tokens that they share: a few figures, and lists of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tokensphere.analysis.compare.shared import SharedTokens
from tokensphere.analysis.result import Column, Result
from tokensphere.arrays import Bools, Float64s, Int32s, Int64s
from tokensphere.records import Record, record
from tokensphere.statistics.difference import Difference
from tokensphere.vocabulary import as_text

LISTED = 20  # tokens of each end in JSON


@dataclass(frozen=True)
class Agreed(Record, interval="interval_95"):
    """A figure of agreement.

    Attributes
    ----------
    value : the figure
    interval : its 95 % interval over tokens, by the jackknife
    chance : what tokens in random order give on average
    chance_sd : its standard deviation over these orders; None where it is not known
    """

    value: float
    interval: tuple[float, float]
    chance: float
    chance_sd: float | None = None


@dataclass(frozen=True)
class NearestShared(Record):
    """How far the k nearest tokens of the same token agree.

    Attributes
    ----------
    k : length of the lists, of shared tokens only
    n_lists : tokens whose lists were compared
    overlap : the share of a list that is in the other model's, in [0, 1]; chance ``k/(n − 1)``
    by_hubs : the mean share of a token's list with the other model's list of *another* token
    none : share of the tokens whose lists have nothing in common
    """

    k: int
    n_lists: int
    overlap: Agreed
    by_hubs: float
    none: float


@dataclass(frozen=True)
class Rotation(Record, mean_interval="mean_interval_95"):
    """One model turned onto the other.

    Attributes
    ----------
    distance : the Procrustes distance, 0 to 1
    distance_by_chance : the same of tokens in random order
    mean_cosine : of a token after the rotation that is best for others with its place in the other model
    mean_interval : its 95 % interval over tokens
    mean_cosine_by_chance : the same of tokens in random order, about 0 for rows less their mean
    """

    distance: float
    distance_by_chance: float
    mean_cosine: float
    mean_interval: tuple[float, float]
    mean_cosine_by_chance: float


@dataclass(frozen=True, eq=False, repr=False)
class Likeness(Result):
    """Two models on the tokens that they share.

    Attributes
    ----------
    models : names of the two
    shared : the tokens
    centered : whether cosines are of rows less their mean over the shared tokens
    rsa : correlation of the two models' cosines over all pairs of tokens
    cka : linear CKA of the rows as they are, debiased
    cka_biased : the same with its bias; its chance is not 0
    cka_biased_by_chance : what it is of tokens in random order
    nearest : how far the nearest tokens agree
    rotation : one model turned onto the other; None if too few tokens are shared for that
    differences : of the rates of coherent neighbourhoods, the first model's less the second's, by rows;
        None without a survey
    lists : int32 array of shape (2, m, k), the k nearest of m of the shared tokens in each model, as
        places among the shared tokens, nearest first
    whose : int64 array of shape (m,), which of the shared tokens these are of, ascending
    cosines : float64 array of shape (n,), of each token after the rotation; NaN without one
    is_word : bool array of shape (n,), tokens that are English words, as they stand within a text, in
        both vocabularies

    All but `shared` and `differences` are None, or empty, if too few tokens are shared.
    """

    models: tuple[str, str]
    shared: SharedTokens
    centered: bool
    rsa: Agreed | None
    cka: Agreed | None
    cka_biased: float | None
    cka_biased_by_chance: float | None
    nearest: NearestShared | None
    rotation: Rotation | None
    differences: Mapping[str, Difference | None]
    lists: Int32s = field(repr=False)
    whose: Int64s = field(repr=False)
    cosines: Float64s = field(repr=False)
    is_word: Bools = field(repr=False)

    def __len__(self) -> int:
        """Number of tokens that are shared."""
        return self.shared.n

    @cached_property
    def overlaps(self) -> Int64s:
        """How many of each token's k nearest are in both of its lists, shape (m,)."""
        first, second = self.lists
        return np.asarray(
            (first[:, :, None] == second[:, None, :]).any(axis=2).sum(axis=1), dtype=np.int64
        )

    def neighbors(self, place: int) -> tuple[list[int], list[int]] | None:
        """The k nearest of one of the shared tokens in each model, as places; None if nobody looked."""
        at = int(np.searchsorted(self.whose, place))
        if at == len(self.whose) or self.whose[at] != place:
            return None
        return self.lists[0, at].tolist(), self.lists[1, at].tolist()

    def by_overlap(self, *, words: bool = False) -> Int64s:
        """Places of the tokens whose neighbours agree, most first; of equal ones by cosine.

        Parameters
        ----------
        words : only English words
        """
        return self._ordered(self.whose, (-self.cosines[self.whose], -self.overlaps), words)

    def by_cosine(self, *, words: bool = False) -> Int64s:
        """Places of the tokens by their cosine after the rotation, least last: who moved most."""
        there = np.flatnonzero(~np.isnan(self.cosines))
        return self._ordered(there, (-self.cosines[there],), words)

    def _ordered(self, places: Int64s, keys: tuple[Any, ...], words: bool) -> Int64s:
        found = places[np.lexsort(keys)]
        return np.asarray(found[self.is_word[found]] if words else found)

    def token(self, place: int) -> dict[str, Any]:
        """One of the shared tokens, ready for JSON."""
        token, cosine, near = (
            self.shared.tokens[place],
            float(self.cosines[place]),
            self.neighbors(place),
        )
        return {
            "token": as_text(token),
            "bytes": token.hex(),
            "ids": [int(self.shared.first[place]), int(self.shared.second[place])],
            "word": bool(self.is_word[place]),
            "shared_neighbors": None if near is None else len({*near[0]} & {*near[1]}),
            "neighbors": near and [[as_text(self.shared.tokens[id]) for id in ids] for ids in near],
            "cosine_after_rotation": None if cosine != cosine else cosine,
        }

    def _in_short(self) -> str:
        return f"{self.shared.n:,} tokens shared by {self.models[0]} and {self.models[1]}"

    def _beside(self) -> dict[str, Any]:
        return {**self.to_dict(), "tokens": None}

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers for JSON; 20 tokens of each end."""
        return {
            **record(self, "models", "shared", "centered", "rsa", "cka", "cka_biased",
                     "cka_biased_by_chance", "nearest", "rotation", "differences"),
            "tokens": {name: list(map(self.token, ids.tolist())) for name, ids in self.ends().items()},
        }  # fmt: skip

    def ends(self, count: int = LISTED) -> dict[str, Int64s]:
        """Places of tokens that agree most and least, of all and of words."""
        found: dict[str, Int64s] = {}
        for words, name in ((False, ""), (True, "_words")):
            by_overlap, by_cosine = self.by_overlap(words=words), self.by_cosine(words=words)
            found |= {
                f"most_stable{name}": by_overlap[:count],
                f"least_stable{name}": by_overlap[::-1][:count],
                f"moved_least{name}": by_cosine[:count],
                f"moved_most{name}": by_cosine[::-1][:count],
            }
        return found

    def columns(self) -> dict[str, Column]:
        """A row for each shared token; −1 neighbours where they were not looked for."""
        neighbors = np.full(self.shared.n, -1, dtype=np.int64)
        neighbors[self.whose] = self.overlaps
        return {
            "token": [as_text(token) for token in self.shared.tokens],
            "bytes": [token.hex() for token in self.shared.tokens],
            "first_id": self.shared.first,
            "second_id": self.shared.second,
            "word": self.is_word,
            "shared_neighbors": neighbors,
            "cosine_after_rotation": self.cosines,
        }
