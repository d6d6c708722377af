"""The cosine of two tokens, and where it ranks (docs/definitions.md 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.analysis.result import Column, Result
from tokensphere.arrays import Float64s, Intps
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry.directions import random_pairs
from tokensphere.geometry.lens import check_cosine
from tokensphere.geometry.rows import blocks, dots
from tokensphere.records import Record, record
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.statistics.intervals import wilson
from tokensphere.vocabulary import Token, Vocabulary


@dataclass(frozen=True)
class PairCosine(Record):
    """A cosine among those of random pairs of different tokens.

    Attributes
    ----------
    cosine : in [−1, 1]
    mean_of_pairs : mean of the sampled pairs' cosines
    sd_of_pairs : their standard deviation
    share_of_pairs_at_least : share of all pairs whose cosine is at least this one, estimated, in [0, 1]
    share_interval_95 : 95 % Wilson interval of that share (Wilson 1927)
    rank_of_second_from_first, rank_of_first_from_second : the second token's place among the first
        one's neighbours (1 is the nearest), and the other way round; exact
    """

    cosine: float
    mean_of_pairs: float
    sd_of_pairs: float
    share_of_pairs_at_least: float
    share_interval_95: tuple[float, float]
    rank_of_second_from_first: int
    rank_of_first_from_second: int


@dataclass(frozen=True, eq=False, repr=False)
class Pair(Result):
    """Two tokens, their cosine raw and centred, and where it ranks."""

    first: int
    second: int
    raw: PairCosine
    centered: PairCosine
    n_tokens: int
    n_pairs: int
    seed: int
    provenance: Provenance
    vocabulary: Vocabulary = field(repr=False)

    def _in_short(self) -> str:
        a, b = (self.vocabulary.visible(id) for id in (self.first, self.second))
        cosines = f"cosine {self.raw.cosine:.3f}, centred {self.centered.cosine:.3f}"
        return f"{a} and {b}, {cosines}, {self.provenance.model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            "model": self.provenance.to_dict(),
            "settings": record(self, "n_pairs", "seed"),
            "tokens": [self.vocabulary.record(id) for id in (self.first, self.second)],
            **record(self, "n_tokens", "raw", "centered"),
        }

    def columns(self) -> dict[str, Column]:
        """Two rows, of the rows as they are and centred."""
        both = [self.raw.to_dict(), self.centered.to_dict()]
        low, high = zip(*(found.pop("share_interval_95") for found in both), strict=True)
        return {
            "rows": ["raw", "centered"],
            **{name: [found[name] for found in both] for name in both[0]},
            "share_low_95": list(low),
            "share_high_95": list(high),
        }


def pair(
    space: EmbeddingSpace, first: Token, second: Token, *, n_pairs: int = 200_000, seed: int = 0
) -> Pair:
    """The cosine of two tokens, raw and centred, beside the cosines of random pairs.

    Parameters
    ----------
    space : the embeddings
    first, second : tokens or ids, different from each other
    n_pairs : pairs of different tokens to sample, uniformly, at least 100
    seed : of that sample

    Raises
    ------
    InputError
        the tokens are the same, or a row has no direction, or too few pairs are asked for; or the
        space was loaded through a lens, which ranks by dot
    UnknownTokenError
        a token that the vocabulary does not have
    """
    check_cosine(space.lens, "a pair")
    a, b = space.vocabulary.id(first), space.vocabulary.id(second)
    if a == b:
        raise InputError(f"both tokens are '{space.vocabulary.visible(a)}'; give two different ones")
    if n_pairs < 100:
        raise InputError(f"{n_pairs} pairs are too few to rank among: ask for 100 or more")
    check_whole("the seed", seed)
    usable = space.moments.center().usable
    for id in (a, b):
        if not usable[id]:
            shown = space.vocabulary.visible(id)
            raise InputError(
                f"the row of token '{shown}' (id {id}) has no direction: zero, NaN or padding"
            )
    ids = np.flatnonzero(usable)
    sampled = random_pairs(np.random.default_rng(seed), len(ids), n_pairs)
    left, right = (ids[end] for end in sampled)

    def rank(centered: bool) -> PairCosine:
        cosine = float(_cosines(space, np.array([a]), np.array([b]), centered)[0])
        sample = _cosines(space, left, right, centered)
        share = float(np.mean(sample >= cosine))
        return PairCosine(
            cosine=cosine,
            mean_of_pairs=float(sample.mean()),
            sd_of_pairs=float(sample.std()),
            share_of_pairs_at_least=share,
            share_interval_95=wilson(share, len(sample)),
            rank_of_second_from_first=_place(space, a, b, ids, centered),
            rank_of_first_from_second=_place(space, b, a, ids, centered),
        )

    return Pair(
        first=a,
        second=b,
        raw=rank(centered=False),
        centered=rank(centered=True),
        n_tokens=len(ids),
        n_pairs=n_pairs,
        seed=seed,
        provenance=space.provenance,
        vocabulary=space.vocabulary,
    )


def _place(space: EmbeddingSpace, a: int, b: int, ids: Intps, centered: bool) -> int:
    """Which neighbour of `a` token `b` is: 1 for the nearest; ties by lower id."""
    others = ids[ids != a]
    values = _cosines(space, np.full(len(others), a), others, centered)
    own = values[others == b][0]
    return int(np.sum(values > own) + np.sum((values == own) & (others < b))) + 1


def _cosines(space: EmbeddingSpace, left: Intps, right: Intps, centered: bool) -> Float64s:
    """Cosines of the pairs of rows, raw or centred, float64 of shape (P,)."""
    moments = space.moments
    lengths = moments.center().distances if centered else np.ones(len(moments.norms))
    cosines = np.empty(len(left))
    for part in blocks(len(left)):
        ends = left[part], right[part]
        one, other = (space.vectors[ids] / moments.norms[ids, None] for ids in ends)
        if centered:
            one -= moments.mean_unit_row()
            other -= moments.mean_unit_row()
        cosines[part] = dots(one, other) / (lengths[ends[0]] * lengths[ends[1]])
    return cosines
