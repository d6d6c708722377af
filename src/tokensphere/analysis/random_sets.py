"""How alike the tokens of a random set are: the chance beside a set that somebody chose.

A set of m tokens has the mean cosine of its pairs, T (docs/definitions.md 5), and is compared with
sets of m different tokens, every one of them equally likely. Up to `LARGEST_DRAWN` tokens such sets
are drawn as they are. Of larger ones their law is carried over from sets of `LARGEST_DRAWN`: with
``c̄`` the mean centred row, the sum of m rows is ``m c̄ + √v_m y``, where ``v_m = m (N − m)/(N − 1)``,
and y has for every m the same mean and covariance and, the larger m is, the more nearly one law, the
normal one (Hájek 1960). So

    ‖Σ c_i‖² = m²‖c̄‖² + 2 m √v_m ⟨c̄, y⟩ + v_m ‖y‖²

needs two numbers of each y, and a set of any size takes no time. Its mean and all that comes from the
covariance are right for every m; tails differ from those of drawn sets by a few per cent of themselves.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tokensphere.arrays import Float64s, Int64s
from tokensphere.columns import Numbers
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.directions import stream
from tokensphere.geometry.rows import blocks, dots
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import BLOCK, Draws, DrawStore, first_draws
from tokensphere.statistics.subsets import random_subsets

LARGEST_DRAWN = 512
_VERSION = 1  # of how sets are drawn; raised whenever the same key would mean other draws
_ROWS = 1024


class RandomSets:
    """T of random sets of the tokens of one space.

    Parameters
    ----------
    space : the embeddings
    draws : how many sets, at least 1
    seed : 0 or more; block b of 1,024 sets of m comes from ``SeedSequence(seed, spawn_key=(m, b))``
    store : where the draws are kept, by default the memory of this process

    Attributes
    ----------
    ids : int64 array of shape (N,), the tokens that sets are drawn from: those that differ from the mean
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        *,
        draws: int = 999,
        seed: int = 0,
        store: DrawStore | None = None,
    ) -> None:
        self.space, self.draws, self.seed, self.store = space, draws, seed, store
        self.coherence = Coherence(space.rows)
        self.ids = np.flatnonzero(self.coherence.usable).astype(np.int64)

    @cached_property
    def mean(self) -> Float64s:
        """The mean of the centred rows, ``c̄``, shape (d,)."""
        return self.sum(self.ids) / max(len(self.ids), 1)

    def sum(self, ids: Int64s) -> Float64s:
        """The sum of centred rows in double precision, whatever their order; (m,) -> (d,)."""
        total = np.zeros(self.space.shape[1])
        ordered = np.sort(ids)
        for part in blocks(len(ordered), _ROWS):
            total += self.coherence.centered(ordered[part]).sum(axis=0)
        return total

    def along(self, ids: Int64s, vector: Float64s) -> Float64s:
        """``⟨vector, c_i⟩`` of some rows, shape (m,), for a vector of shape (d,)."""
        products = np.empty(len(ids))
        for part in blocks(len(ids), _ROWS):
            products[part] = dots(self.coherence.centered(ids[part]), vector)
        return products

    def of(self, ids: Int64s, total: Float64s | None = None) -> float:
        """T of one set of 2 or more of the tokens in `ids`, in [−1/(m − 1), 1]; `total` is their sum."""
        m, total = len(ids), self.sum(ids) if total is None else total
        return float((total @ total - m) / (m * (m - 1)))

    def is_drawn(self, m: int) -> bool:
        """Whether sets of m tokens are drawn, and not carried over from smaller ones."""
        return m <= LARGEST_DRAWN or len(self.ids) <= 2 * LARGEST_DRAWN

    def null(self, m: int) -> Float64s:
        """T of the random sets of m tokens, shape (draws,).

        Raises
        ------
        InputError
            m is not between 2 and the number of tokens
        """
        if not 2 <= m <= len(self.ids):
            raise InputError(f"sets of {m} tokens of {len(self.ids):,}: need 2 to {len(self.ids):,}")
        if self.is_drawn(m):
            squares = self._draws(m)["square"]
        else:
            drawn, size, mean = self._draws(LARGEST_DRAWN), LARGEST_DRAWN, float(self.mean @ self.mean)
            along = drawn["along"] - size * mean  # ⟨c̄, Y⟩ and ‖Y‖² of Y = Σ c_i − size c̄
            square = drawn["square"] - 2 * size * drawn["along"] + size**2 * mean
            ratio = self._variance(m) / self._variance(size)
            squares = m * m * mean + 2 * m * np.sqrt(ratio) * along + ratio * square
        return np.asarray((squares - m) / (m * (m - 1)))

    def _variance(self, m: int) -> float:
        n = len(self.ids)
        return m * (n - m) / (n - 1)

    def _draws(self, m: int) -> Draws:
        """``‖Σ c_i‖²`` and ``⟨c̄, Σ c_i⟩`` of random sets of m tokens."""

        def make(block: int) -> Draws:
            rng, n = stream(self.seed, m, block), len(self.ids)
            lists = self.ids[np.sort(random_subsets(rng, n, m, BLOCK), axis=1)]
            coherence = self.coherence.coherence(lists, [m])[:, 0]
            return {"square": coherence * (m * (m - 1)) + m, "along": self._along[lists].sum(axis=1)}

        key = {
            "what": "coherence of random sets",
            "version": _VERSION,
            "seed": int(self.seed),
            "size": m,
            **self.space.key(),
        }
        schema = {"square": Numbers(np.float64), "along": Numbers(np.float64)}
        return first_draws(self.draws, make, key=key, schema=schema, store=self.store)

    @cached_property
    def _along(self) -> Float64s:
        """``⟨c̄, c_i⟩`` of all rows, shape (n,)."""
        products = np.zeros(len(self.space))
        products[self.ids] = self.along(self.ids, self.mean)
        return products
