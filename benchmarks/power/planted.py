"""Means of tokens: of one label, of unrelated ones, and those that chance gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokensphere.geometry.coherence import Coherence
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace

SIZES = (5, 10, 20)  # tokens of a mean
_LEFT = 10  # tokens of a label that are not in the mean, at least
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Means:
    """Means of tokens' centred unit rows, of unit length.

    Attributes
    ----------
    vectors : shape (m, d)
    own : ids of the tokens, shape (m, 20), the places of fewer filled up with −1
    """

    vectors: Floats
    own: Ids

    @property
    def sizes(self) -> Ids:
        """Tokens of each, shape (m,)."""
        return np.asarray((self.own >= 0).sum(axis=1))

    def with_noise(self, strength: float, seed: int) -> npt.NDArray[np.float32]:
        """Directions whose cosine with the means is `strength`, otherwise random."""
        noise = np.random.default_rng(seed).standard_normal(self.vectors.shape)
        noise -= np.vecdot(noise, self.vectors)[:, None] * self.vectors
        noise /= np.linalg.norm(noise, axis=1)[:, None]
        mixed: Floats = strength * self.vectors + np.sqrt(1 - strength**2) * noise
        return mixed.astype(np.float32)


class Planter:
    """Chooses tokens and takes their means; every size as often as the others.

    Parameters
    ----------
    space : the embeddings
    table : which tokens have which labels
    """

    def __init__(self, space: EmbeddingSpace, table: LabelTable) -> None:
        self._coherence = Coherence(space.rows)
        usable = space.usable & self._coherence.usable & space.is_token
        labels = [
            table.members(number)
            for number, label in enumerate(table.labels)
            if label.kind in ("meaning", "grammar", "list") and table.sizes[number] <= 500
        ]
        self._groups = [some[usable[some]] for some in labels]
        self._words = np.unique(np.concatenate(self._groups))
        self._all = np.flatnonzero(usable)

    def of_labels(self, count: int, seed: int) -> Means:
        """Each of tokens of one label, which has 10 more."""
        rng = np.random.default_rng(seed)
        fit = {size: [group for group in self._groups if len(group) >= size + _LEFT] for size in SIZES}
        chosen = []
        for i in range(count):
            size = SIZES[i % len(SIZES)]
            group = fit[size][rng.integers(len(fit[size]))]
            chosen.append(rng.choice(group, size, replace=False))
        return self._means(chosen)

    def unrelated(self, count: int, seed: int, *, words: bool = False) -> Means:
        """Each of tokens at random; of `words`, of those that have one of the labels that plant."""
        rng, pool = np.random.default_rng(seed), self._words if words else self._all
        return self._means(
            [rng.choice(pool, SIZES[i % len(SIZES)], replace=False) for i in range(count)]
        )

    def _means(self, chosen: list[Ids]) -> Means:
        own = np.full((len(chosen), max(SIZES)), -1, dtype=np.int64)
        vectors = []
        for i, tokens in enumerate(chosen):
            own[i, : len(tokens)] = tokens
            mean = self._coherence.centered(tokens).mean(axis=0)
            vectors.append(mean / np.linalg.norm(mean))
        return Means(np.array(vectors), own)
