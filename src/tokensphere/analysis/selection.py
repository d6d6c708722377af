"""A set of tokens that somebody chose: are they more alike than chance, and what do they share?

For sets of any size, such as those that one draws a line around on a map. Two questions, two nulls:
T of the set beside T of random sets of as many tokens (:mod:`.random_sets`), and the labels that its
tokens share (:mod:`.naming.tokens`). Both nulls know nothing of *how* the set was chosen. Tokens that
were taken because they lie together, on a map of these very vectors or in a list of neighbours, are
alike by that choice alone: their p says that the map is of these vectors, not that the set has a
meaning. What they share is another matter, since labels took no part in the map.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.analysis.job import Progress
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.lists import NamingSpec
from tokensphere.analysis.naming.tokens import Naming, list_of_tokens, name_tokens
from tokensphere.analysis.random_sets import RandomSets
from tokensphere.analysis.result import Column, Result
from tokensphere.arrays import Float64s, Int64s
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore
from tokensphere.statistics.effects import effects
from tokensphere.statistics.pvalues import p_values
from tokensphere.vocabulary import Token, token_ids

_SURE = 2.0**-20  # of a sum of float32 rows, beside its number of rows


@dataclass(frozen=True, eq=False, repr=False)
class Selection(Result):
    """How alike the tokens of a set are, and what they share.

    Attributes
    ----------
    coherence : T, the mean cosine of all pairs of its tokens, centred; in [−1/(m − 1), 1]
    null : T of random sets of as many tokens, float64 array of shape (B,)
    p : ``(1 + #{b : T_b ≥ T}) / (1 + B)``
    effect : how far T lies above the null's median, in its spread (half of q84 − q16); NaN without one
    is_drawn : whether the random sets were drawn, or carried over from those of 512 tokens
    naming : the labels they share
    ids : int64 array of shape (m,), the tokens, in the order in which they were given
    typical : int64 array of shape (m,), the same tokens, those nearest to the middle of the set first
    middle : float64 array of shape (m,), their centred cosine with it
    """

    coherence: float
    null: Float64s = field(repr=False)
    p: float
    effect: float
    is_drawn: bool
    naming: Naming = field(repr=False)
    ids: Int64s = field(repr=False)
    typical: Int64s = field(repr=False)
    middle: Float64s = field(repr=False)

    def __len__(self) -> int:
        """Number of tokens, m."""
        return len(self.ids)

    @property
    def percentile(self) -> float:
        """Share of the random sets that are less alike, in [0, 1]."""
        return float(np.mean(self.null < self.coherence))

    @property
    def text(self) -> str:
        """Both answers in a line."""
        alike = f"{len(self):,} tokens, T {self.coherence:.4f}, p {self.p:.2g}"
        return f"{alike} beside random sets; {self.naming.text}"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """A record of each token, as :meth:`to_dict` has them: those nearest to the middle first."""
        return (self[number] for number in range(len(self)))

    def __getitem__(self, which: int) -> dict[str, Any]:
        """The record of one token."""
        record = self.naming.vocabulary.record(int(self.typical[which]))
        return {**record, "cosine_with_the_middle": float(self.middle[which])}

    def _in_short(self) -> str:
        return f"{self.text}, {self.naming.provenance.model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; of the null its quantiles."""
        levels = [1, 5, 25, 50, 75, 95, 99]  # per cent
        values = np.quantile(self.null, np.array(levels) / 100).tolist()
        return {
            "size": len(self),
            "coherence": self.coherence,
            "p": self.p,
            "effect": None if np.isnan(self.effect) else self.effect,
            "percentile": self.percentile,
            "random_sets": {
                "draws": len(self.null),
                "drawn": self.is_drawn,
                "quantiles": dict(zip((f"q{level:02}" for level in levels), values, strict=True)),
            },
            "typical": list(self),
            "shared": self.naming.to_dict(),
        }

    def columns(self) -> dict[str, Column]:
        """A row for each token, those nearest to the middle of the set first."""
        vocabulary = self.naming.vocabulary
        return {
            "id": self.typical,
            "token": [vocabulary.text(id) for id in self.typical.tolist()],
            "cosine_with_the_middle": self.middle,
        }


def selection(
    space: EmbeddingSpace,
    tokens: Iterable[Token],
    *,
    draws: int = 999,
    seed: int = 0,
    naming: NamingSpec | None = None,
    labels: LabelTable | LabelCounter | None = None,
    sets: RandomSets | None = None,
    store: DrawStore | None = None,
    progress: Progress | None = None,
) -> Selection:
    """Whether the tokens of a set are more alike than random sets, and what they share.

    Neither p accounts for how the set was chosen: tokens that were chosen because they lie together on
    a map of the same vectors are alike by that choice.

    Parameters
    ----------
    space : the embeddings
    tokens : 3 or more different tokens or ids, up to all of them
    draws : random sets to compare with, and random lists for the labels
    seed : of both
    naming : when a label names the set, instead of `draws` and `seed`
    labels : by default those that come with tokensphere; or a counter of labels, see :func:`name_tokens`
    sets : random sets of this space that were made before, instead of `draws` and `seed`
    store : where draws are kept, by default the memory of this process
    progress : called with the number of draws of lists done since the last call

    Raises
    ------
    InputError
        fewer than 3 tokens that take part, a token given twice
    UnknownTokenError
        a token that the vocabulary does not have

    Examples
    --------
    >>> import tokensphere as ts
    >>> found = ts.selection(ts.load(), [" Monday", " Tuesday", " Friday", " Sunday"])
    >>> found.p, found.naming.text
    (0.001, '4 of 4 are days of the week (0.05 % of the vocabulary are)')
    """
    if isinstance(tokens, (str, bytes, int)):
        raise InputError("a set of tokens is needed, 3 or more; one was given")
    given = token_ids(space.vocabulary, tokens)
    ids, _ = list_of_tokens(space, given)
    sets = RandomSets(space, draws=draws, seed=seed, store=store) if sets is None else sets
    differ = ids[sets.coherence.usable[ids]]
    if len(differ) < 2:
        raise InputError("fewer than 2 of these tokens differ from the mean of all; give others")
    null = _rounded(sets.null(len(differ)), len(differ))
    total = sets.sum(differ)
    value = float(_rounded(np.array(sets.of(differ, total)), len(differ)))
    spec = NamingSpec(draws=draws, seed=seed) if naming is None else naming
    order, cosines = _from_the_middle(sets, ids, total)
    return Selection(
        coherence=value,
        null=null,
        p=float(p_values(value, null)),
        effect=float(effects(np.array([value]), null)[0]),
        is_drawn=sets.is_drawn(len(differ)),
        naming=name_tokens(space, given, naming=spec, labels=labels, store=store, progress=progress),
        ids=ids,
        typical=ids[order],
        middle=cosines[order],
    )


def _rounded(values: Float64s, m: int) -> Float64s:
    """T to what float32 sums of m rows are sure of."""
    step = _SURE / m
    return np.asarray(np.round(values / step) * step)


def _from_the_middle(sets: RandomSets, ids: Int64s, total: Float64s) -> tuple[Int64s, Float64s]:
    """Which tokens lie nearest to the sum of the centred rows, and each token's cosine with it."""
    length = float(np.linalg.norm(total))
    cosines = sets.along(ids, total / length) if length > 0 else np.zeros(len(ids))
    return np.lexsort((ids, -cosines)), cosines
