"""5. The verdicts on the claims, where there are no words and where there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from benchmarks.calibration.vocabularies import KINDS, space_of
from benchmarks.report import Table

_SHAPE = (3_000, 40)
_CASES = (("Gaussian", 0.0), ("three big groups", 0.0), ("Gaussian", 0.33))
_CLAIMS = ("2", "3", "4", "5 by labels", "5 by a survey")


def run(*, quick: bool) -> Iterator[Table]:
    repeats = 1 if quick else 4
    rows: list[tuple[object, ...]] = []
    for kind, planted in _CASES:
        found = [_verdicts(kind, planted, seed) for seed in range(repeats)]
        for place, claim in enumerate(_CLAIMS):
            count = Counter(one[place] for one in found)
            holds = count["holds"] + count["holds without words, too"]
            title = f"{kind}, {'planted' if planted else 'no words'}"
            rows.append((title, claim, holds, count["fails"], count["cannot tell"]))
    yield Table(
        "5. Verdicts on the claims",
        ("vocabulary", "claim", "holds", "fails", "cannot tell"),
        rows,
        (f"{repeats} vocabularies of {_SHAPE[0]:,} × {_SHAPE[1]} each, 300 directions; labels of 10 to"
         " 40 tokens for half of them, dealt at random; planted: their middles hold a third of"
         " their sum of squares.",
         "Without words claim 2 should hold (without words, too) and 3 to 5 fail; planted, 3 to 5"
         " should hold."),
    )  # fmt: skip


def _vocabulary(kind: str, planted: float, seed: int) -> tuple[ts.EmbeddingSpace, npt.NDArray[np.int64]]:
    rng = np.random.default_rng([5, list(KINDS).index(kind), seed])
    rows, n = KINDS[kind](rng, *_SHAPE), _SHAPE[0]
    sizes = rng.integers(10, 41, 200)
    sizes = sizes[np.cumsum(sizes) <= n // 2]
    labels = np.full(n, -1)
    labels[rng.permutation(n)[: sizes.sum()]] = np.repeat(np.arange(len(sizes)), sizes)
    if planted:
        mean, own = rows.mean(axis=0), labels >= 0
        middles = (KINDS[kind](rng, *_SHAPE) - mean)[labels[own]]
        rows[own] = mean + np.sqrt(planted) * middles + np.sqrt(1 - planted) * (rows[own] - mean)
    return space_of(rows), labels


def _verdicts(kind: str, planted: float, seed: int) -> list[str]:
    space, labels = _vocabulary(kind, planted, seed)
    found = ts.measure_geometry(space, n_directions=300, clusters=(), seed=seed, labelling=labels)
    directions = ts.RandomDirections(space.shape[1], 300, seed=seed)
    survey = ts.survey(space, directions, ks=(10,), surrogate=ts.SurrogateSpec(seed=100 * seed))
    later = found.with_coherence(survey.coherent_share())
    return [*(claim.verdict for claim in found.claims[1:5]), later.claims[4].verdict]
