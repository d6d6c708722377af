"""Every statistic of the lists of directions, with every similarity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.power.planted import Floats, Ids
from tokensphere.analysis.lists import first_k
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.geometry.coherence import Coherence, largest_group, random_pair_limit
from tokensphere.geometry.compute import available_threads, workers
from tokensphere.geometry.search import top_k_each
from tokensphere.geometry.similarity import make_scoring
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace

NEARNESS, LARGEST = "mean similarity, k = 10", "largest similarity"
T, LABEL = "T, k = 10", "smallest label p, k = 10"
_K = 20
_LISTS_AT_ONCE = 64
Statistics = dict[str, Floats]


class Measure:
    """All statistics of the neighbours of directions, by similarity."""

    def __init__(self, space: EmbeddingSpace, table: LabelTable) -> None:
        self.coherence = Coherence(space.rows)
        self.limit = random_pair_limit(self.coherence, space.usable & self.coherence.usable)
        self.counter = LabelCounter(table, space.usable, 10)
        self.forms = space.vocabulary.forms
        self.scorings = {
            "cosine": make_scoring(space.rows, keep=space.is_token),
            "centred cosine": make_scoring(space.rows, centered=True, keep=space.is_token),
            "dot": make_scoring(space.rows, similarity="dot", keep=space.is_token),
        }

    def __call__(
        self, directions: npt.NDArray[np.float32], own: Ids | None = None
    ) -> dict[str, Statistics]:
        """By similarity, without the directions' own tokens; larger is always more extreme."""
        lengths = np.linalg.norm(directions.astype(np.float64), axis=1)
        units = (directions / lengths[:, None]).astype(np.float32)
        depth = _K if own is None else _K + own.shape[1]
        found = top_k_each(list(self.scorings.values()), units, [depth] * len(self.scorings))
        return {
            name: self._of_lists(*(lists if own is None else _without(own, *lists)))
            for name, lists in zip(self.scorings, found, strict=True)
        }

    def _of_lists(self, ids: Ids, values: Floats) -> Statistics:
        with workers(available_threads()) as in_parallel:
            parts = in_parallel(
                lambda low: self._of_pairs(
                    ids[low : low + _LISTS_AT_ONCE], values[low : low + _LISTS_AT_ONCE]
                ),
                range(0, len(ids), _LISTS_AT_ONCE),
            )
        result = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        result[LARGEST] = values[:, 0]
        result["mean similarity, k = 5"] = values[:, :5].mean(axis=1)
        result[NEARNESS] = values[:, :10].mean(axis=1)
        result[LABEL] = -self.counter.smallest(ids[:, :10]).p
        return result

    def _of_pairs(self, ids: Ids, values: Floats) -> Statistics:
        """What follows from the cosines of all pairs of a list."""
        rows = self.coherence.centered(ids).astype(np.float32)
        gram = (rows @ rows.transpose(0, 2, 1)).astype(np.float64)
        # Sums over the pairs of the first j, for all j.
        sums = np.cumsum([2 * gram[:, j, :j].sum(axis=1) for j in range(_K)], axis=0).T
        pairs = np.arange(_K) * np.arange(1, _K + 1.0)
        weights = 1 / np.log2(np.arange(_K) + 2.0)  # as in the discounted gain of rankings
        products = np.outer(weights, weights) * (1 - np.eye(_K))
        joined = gram > self.limit
        near = values[:, :, None] * values[:, None, :] * (1 - np.eye(_K))
        return {
            "T, k = 10, one token a form": self._one_a_form(ids, gram),
            "T, weighted by similarity, k = 10": (gram * near)[:, :10, :10].sum(axis=(1, 2)),
            "T, weighted by similarity, k = 20": (gram * near).sum(axis=(1, 2)),
            "T, k = 5": sums[:, 4] / pairs[4],
            T: sums[:, 9] / pairs[9],
            "T, k = 20": sums[:, 19] / pairs[19],
            "T, weighted by rank, k = 20": (gram * products).sum(axis=(1, 2)),
            "T of the best first j ≤ 20": (sums[:, 1:] / np.sqrt(pairs[1:])).max(axis=1),
            "largest eigenvalue, k = 10": np.linalg.eigvalsh(gram[:, :10, :10])[:, -1],
            "largest eigenvalue, k = 20": np.linalg.eigvalsh(gram)[:, -1],
            "alike, k = 10": largest_group(joined[:, :10, :10]).astype(np.float64),
            "alike, k = 20": largest_group(joined).astype(np.float64),
        }

    def _one_a_form(self, ids: Ids, gram: Floats) -> Floats:
        """T of the first ten different forms among the twenty nearest, of fewer if there are not."""
        forms = self.forms[ids]
        before = np.tril(np.ones((_K, _K), dtype=bool), -1)
        new = ~((forms[:, :, None] == forms[:, None, :]) & before).any(axis=2)
        new &= np.cumsum(new, axis=1) <= 10
        count = new.sum(axis=1)
        pairs = new[:, :, None] & new[:, None, :] & ~np.eye(_K, dtype=bool)
        total: Floats = (gram * pairs).sum(axis=(1, 2)) / np.maximum(count * (count - 1), 1)
        return total


def _without(own: Ids, ids: Ids, values: Floats) -> tuple[Ids, Floats]:
    """The first 20 of lists that are not their directions' own tokens."""
    kept = ~(ids[:, :, None] == own[:, None, :]).any(axis=2)
    chosen, _ = first_k(kept, _K)
    return ids[chosen].reshape(-1, _K), values[chosen].reshape(-1, _K)
