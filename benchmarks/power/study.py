"""What is found beside which null, of planted directions and of unrelated ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.power.measure import LABEL, NEARNESS, Measure, Statistics
from benchmarks.power.planted import SIZES, Floats, Ids, Means, Planter
from tokensphere.geometry.surrogate import gaussian_factor, unit_covariance
from tokensphere.labels.build import make_labels
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.pvalues import p_values

STRENGTHS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18)  # cosine of a direction with its tokens' mean
LEVEL = 0.001
MEANING = "“meaning”: mean similarity and label p, both p ≤ 0.05"
_RULES = {  # the two together: the largest p of both
    "mean similarity and label p": LEVEL,
    "mean similarity and label p, both p ≤ 0.01": 0.01,
    MEANING: 0.05,
}
SUMS = "difference"
PLANTED, UNRELATED, WORDS = "planted", "unrelated tokens", "unrelated words"
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """The shares that one statistic finds beside one null, in the null's columns.

    Attributes
    ----------
    columns : strengths of the signal; beside ``difference``, which has no noise, numbers of tokens
    shares : by the kind of directions, for each column
    """

    null: str
    similarity: str
    statistic: str
    columns: tuple[float, ...]
    shares: dict[str, tuple[float, ...]]

    def mean(self, kind: str = PLANTED) -> float:
        return float(np.mean(self.shares[kind]))


@dataclass(frozen=True)
class Null:
    """What chance gives: by similarity and statistic; for each number of tokens, or 0 for all."""

    title: str
    drawn: dict[int, dict[str, Statistics]]

    def p(self, similarity: str, statistic: str, values: Floats, sizes: Ids) -> Floats:
        """The p of m directions of so many tokens."""
        p = np.empty(len(values))
        for size, drawn in self.drawn.items():
            mine = sizes == size if size else np.ones(len(values), dtype=bool)
            p[mine] = p_values(values[mine], drawn[similarity][statistic])
        return p


class Study:
    """Directions of every kind, measured; beside any null.

    Parameters
    ----------
    space : the embeddings
    count : directions of each kind at each strength
    n_null : directions of each null
    seed : of everything
    """

    def __init__(self, space: EmbeddingSpace, *, count: int, n_null: int, seed: int) -> None:
        self._space, self._n_null, self._seed = space, n_null, seed
        table = make_labels(space.vocabulary)
        self._planter, self._measure = Planter(space, table), Measure(space, table)
        self._means = {
            PLANTED: self._planter.of_labels(count, seed),
            UNRELATED: self._planter.unrelated(count, seed + 3),
            WORDS: self._planter.unrelated(count, seed + 4, words=True),
        }
        self._values = {kind: self._at_strengths(means) for kind, means in self._means.items()}

    def run(self) -> list[Found]:
        """The statistics beside each null, the one that finds most first."""
        return [
            found
            for null in self._nulls()
            for found in sorted(self._beside(null), key=lambda one: -one.mean())
        ]

    def _at_strengths(self, means: Means) -> list[dict[str, Statistics]]:
        return [
            self._measure(means.with_noise(strength, self._seed + 1), means.own)
            for strength in STRENGTHS
        ]

    def _nulls(self) -> Iterator[Null]:
        shape = (2, self._n_null, self._space.shape[1])
        normal = np.random.default_rng(self._seed + 2).standard_normal(shape, dtype=np.float32)
        yield Null("isotropic", {0: self._measure(normal[0])})
        factor = gaussian_factor(unit_covariance(self._space.rows)).astype(np.float32)
        clouded = normal[1, :, : factor.shape[1]] @ factor.T
        yield Null("covariance", {0: self._measure(clouded)})
        sums = self._planter.unrelated(self._n_null * len(SIZES), self._seed + 5)
        found = self._measure(sums.with_noise(1.0, 0), sums.own)
        yield Null(SUMS, {size: _some(found, sums.sizes == size) for size in SIZES})

    def _beside(self, null: Null) -> Iterator[Found]:
        columns = SIZES if null.title == SUMS else STRENGTHS
        for similarity in next(iter(null.drawn.values())):
            p = {kind: self._p(null, similarity, kind) for kind in self._means}
            for name in (*p[PLANTED][0], *_RULES):
                shares = {
                    kind: self._columns(null, [_is_found(one, name) for one in p[kind]], means.sizes)
                    for kind, means in self._means.items()
                }
                yield Found(null.title, similarity, name, columns, shares)

    def _p(self, null: Null, similarity: str, kind: str) -> list[Statistics]:
        """The p-values of directions of a kind at each strength, by statistic."""
        sizes = self._means[kind].sizes
        return [
            {name: null.p(similarity, name, values, sizes) for name, values in one[similarity].items()}
            for one in self._values[kind]
        ]

    def _columns(self, null: Null, found: list[Bools], sizes: Ids) -> tuple[float, ...]:
        if null.title == SUMS:
            return tuple(float(found[0][sizes == size].mean()) for size in SIZES)
        return tuple(float(one.mean()) for one in found)


def _is_found(p: Statistics, name: str) -> Bools:
    """Which directions are found by a statistic, or by two at once."""
    if name not in _RULES:
        return np.asarray(p[name] < LEVEL)
    return np.asarray(np.maximum(p[NEARNESS], p[LABEL]) <= _RULES[name])


def _some(found: dict[str, Statistics], mine: Bools) -> dict[str, Statistics]:
    return {
        similarity: {name: values[mine] for name, values in of.items()}
        for similarity, of in found.items()
    }
