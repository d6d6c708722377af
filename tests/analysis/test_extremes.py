"""Rows and directions of sizes that no model has: right, or left out and counted; never a warning.

What is right is told by plain sums in NumPy's longest float; pytest makes errors of warnings.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import space_of
from tests.cases import case
from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import SIMILARITIES

N, D, K = 64, 8, 5
PLAIN = np.random.default_rng(0).standard_normal((N, D))
SIGNS = np.random.default_rng(1).choice([-1, 0, 1], N)[:, None]
LARGEST = float(np.finfo(np.float32).max)


def changed(**rows: float) -> Any:
    found = PLAIN * 1e30
    for row, value in rows.items():
        found[int(row[1:])] = value
    return found


SIZES = {
    "large": PLAIN * 1e30,
    "small": PLAIN * 1e-30,
    "mixed": PLAIN * 10.0 ** (30 * SIGNS),
    "all of float32": np.clip(PLAIN * 10.0 ** (38 * SIGNS), -LARGEST, LARGEST),
    "negative zeros": np.where(PLAIN > 0.5, -0.0, PLAIN),
    "odd ones": changed(_3=np.inf, _4=np.nan, _5=-0.0, _6=1e-40, _7=3e38, _8=-np.inf, _9=LARGEST),
}


def known(space: ts.EmbeddingSpace) -> tuple[Any, Any]:
    """Ids of the rows that have a direction by the definition, and these rows."""
    rows = space.vectors.astype(np.longdouble)
    with np.errstate(invalid="ignore"):
        norms = np.sqrt((rows * rows).sum(axis=1))
        ids = np.flatnonzero((norms > 2.0**-120) & (norms <= 2.0**120))
    return ids, rows[ids]


def unit(rows: Any) -> Any:
    return rows / np.sqrt((rows * rows).sum(axis=-1))[..., None]


@pytest.mark.parametrize("size", SIZES)
def test_neighbours_are_those_of_plain_sums(size: str) -> None:
    space = space_of(SIZES[size])
    ids, rows = known(space)
    assert np.array_equal(np.flatnonzero(space.usable), ids) and len(ids) > 16
    queries = np.vstack([PLAIN[:3], rows[:3], np.full((1, D), 1e240), np.full((1, D), 1e-240)])
    queries = queries.astype(np.float64)
    for similarity, centered in product(SIMILARITIES, (False, True)):
        with case(similarity=similarity, centered=centered):
            found = ts.nearest(space, queries, similarity=similarity, centered=centered, k=K)
            q = queries.astype(np.longdouble)
            own, q = (unit(rows), unit(q)) if similarity == "cosine" else (rows, q)
            own = own - own.mean(axis=0) if centered else own
            if similarity == "euclidean":
                values = np.sqrt(((own[None] - q[:, None]) ** 2).sum(axis=2))
                best = np.sort(values, axis=1)[:, :K]
            else:
                values = q @ (unit(own) if similarity == "cosine" else own).T
                best = -np.sort(-values, axis=1)[:, :K]
            seen = np.take_along_axis(values, np.searchsorted(ids, found.ids), axis=1)
            error = 1e-12 * abs(values).max(axis=1)[:, None]
            assert (abs(seen - best) <= error).all() and (abs(found.similarity - best) <= error).all()
            assert found.left_out == N - len(ids)


@pytest.mark.parametrize(
    "size",
    [
        size if size in ("mixed", "odd ones") else pytest.param(size, marks=pytest.mark.slow)
        for size in SIZES
    ],
)
def test_nothing_warns(size: str) -> None:
    space = space_of(SIZES[size])
    norms = np.where(space.usable, space.moments.norms, 0)
    some = np.argsort(-norms)[:6].tolist()
    labels = ts.labels_from_mapping(space.vocabulary, {f"t{i}": str(i % 4) for i in range(N)})
    found = ts.pair(space, some[0], some[1], n_pairs=200)
    assert abs(found.raw.cosine) <= 1 + 1e-12 and np.isfinite(found.centered.sd_of_pairs)
    summary = ts.info(space)
    assert summary.zero + summary.not_finite == N - int(space.usable.sum())
    survey = ts.survey(space, 100, ks=(K,), surrogate=ts.SurrogateSpec(count=2))
    assert np.isfinite(survey.p_values).all()
    ts.measure_geometry(space, clusters=(6,), n_directions=60, wordless=WordlessSpec(count=2))
    ts.name_tokens(space, some[:5], labels=labels, n_random_directions=20)
    sums = [ts.TokenSum((some[0],), (some[1],)), ts.TokenSum((some[2],), (some[3],))]
    for law, similarity in product(("isotropic", "covariance", "own", "difference"), ("cosine", "dot")):
        given: Any = sums if law == "difference" else ts.random_directions(D, range(2))
        search = ts.SearchSettings(K, similarity, centered=True)  # type: ignore[arg-type]
        ts.direction_test(space, given, search=search, labels=labels, null=ts.NullSpec(law, draws=30))  # type: ignore[arg-type]


def test_sizes_do_not_matter_to_what_is_alike() -> None:
    """Cosines of centred rows are the same for rows of any length, and so is what is counted of them."""
    found = [
        ts.survey(
            space_of(PLAIN * scale), 100, ks=(K,), surrogate=ts.SurrogateSpec(count=2)
        ).records.alike
        for scale in (1.0, 2.0**100, 2.0**-100)
    ]
    for other in found[1:]:
        assert np.array_equal(other, found[0]) and found[0].max() > 1


def test_directions_of_impossible_sizes_are_refused() -> None:
    space = space_of(PLAIN)
    for value in (1e260, -1e308, 1e-260, 5e-324):
        vectors = np.vstack([PLAIN[0], np.full(D, value)])
        with case(value), pytest.raises(InputError, match="direction 1 has a largest value of"):
            ts.nearest(space, vectors)
    points = ts.nearest(space, np.full((1, D), 1e-260), similarity="euclidean", k=K)
    assert np.array_equal(
        points.ids, ts.nearest(space, np.zeros((1, D)), similarity="euclidean", k=K).ids
    )
