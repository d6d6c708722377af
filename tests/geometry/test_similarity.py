from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.cases import case, every
from tests.geometry.test_search import scoring_of
from tokensphere.errors import InputError
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.similarity import (
    SIMILARITIES,
    Rescaling,
    SearchSettings,
    Similarity,
    make_scoring,
    vector_lengths,
)


def test_the_three_similarities_and_nothing_else() -> None:
    assert [SearchSettings(similarity=name).similarity for name in SIMILARITIES] == list(SIMILARITIES)
    for name in ("Cosine", "l2", "", "cosine "):
        with pytest.raises(InputError, match="use one of cosine, dot, euclidean"):
            SearchSettings(similarity=name)  # type: ignore[arg-type]


@every("similarity", SIMILARITIES)
@every("centered", [False, True])
def test_prepared_products_have_the_order_of_the_similarity(
    similarity: Similarity, centered: bool
) -> None:
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((400, 12)) + 0.5).astype(np.float32)
    queries = rng.standard_normal((5, 12))
    scoring = make_scoring(Rows.of(rows), similarity=similarity, centered=centered)
    prepared, bound = scoring.prepare_queries(queries)
    products = scoring.prepare_rows(slice(0, 400)) @ prepared.T
    for j in range(5):
        exact = scoring.exact(queries, np.full(400, j), np.arange(400))
        order = np.argsort(-exact)
        falls = np.diff(products[order, j].astype(np.float64))
        assert (falls <= 2 * bound[j]).all()
        assert np.corrcoef(np.argsort(np.argsort(products[:, j])), np.argsort(order))[0, 1] < -0.999


@every("similarity", SIMILARITIES)
@every("centered", [False, True])
def test_prepared_rows_are_the_same_in_any_pieces(similarity: Similarity, centered: bool) -> None:
    rows = np.random.default_rng(1).standard_normal((600, 5)).astype(np.float32)
    rows[77] = 0
    scoring = make_scoring(Rows.of(rows), similarity=similarity, centered=centered)
    whole = scoring.prepare_rows(slice(0, 600))
    assert not whole[77].any()
    for part in (slice(0, 1), slice(70, 80), slice(3, 599), slice(300, 600)):
        np.testing.assert_array_equal(scoring.prepare_rows(part), whole[part])


def test_known_values() -> None:
    rows = Rows.of(np.array([[3, 4], [0, 2], [-1, 0]], dtype=np.float32))
    asked, who, all_rows = np.array([[0.0, 10.0]]), np.zeros(3, dtype=np.intp), np.arange(3)

    def values(similarity: Similarity, *, centered: bool = False) -> list[float]:
        scoring = make_scoring(rows, similarity=similarity, centered=centered)
        return [float(value) for value in scoring.exact(asked, who, all_rows)]

    assert values("cosine") == pytest.approx([0.8, 1, 0])
    assert values("dot") == pytest.approx([40, 20, 0])
    assert values("euclidean") == pytest.approx([-(45**0.5), -8, -(101**0.5)])
    # the mean row is (2/3, 2); the mean unit row (−2/15, 3/5)
    assert values("dot", centered=True) == pytest.approx([20, 0, -20])
    # E − mean = (7/3, 2), (−2/3, 0), (−5/3, −2)
    far = [-((49 / 9 + 64) ** 0.5), -((4 / 9 + 100) ** 0.5), -((25 / 9 + 144) ** 0.5)]
    assert values("euclidean", centered=True) == pytest.approx(far)
    # u − μ = (11/15, 1/5), (2/15, 2/5), (−13/15, −3/5)
    unit = [3 / 130**0.5, 6 / 40**0.5, -9 / 250**0.5]
    assert values("cosine", centered=True) == pytest.approx(unit)


def test_settings_of_a_search_are_checked_and_plain() -> None:
    assert SearchSettings().to_dict() == {
        "k": 10, "similarity": "cosine", "centered": False, "forms": False,
    }  # fmt: skip
    odd: dict[str, Any] = {"k": np.int64(3), "similarity": "dot", "centered": np.True_, "forms": 1}
    made = SearchSettings(**odd)
    assert made == SearchSettings(3, "dot", True, True) and type(made.k) is int
    assert json.loads(json.dumps(made.to_dict())) == made.to_dict()
    wrong: list[Any] = [0, -1, 2.0, "5", None]
    for k in wrong:
        with case(k=k), pytest.raises(InputError, match="but must be a whole number, 1 or more"):
            SearchSettings(k=k)
    with pytest.raises(InputError, match="unknown similarity 'cos'"):
        SearchSettings(similarity="cos")  # type: ignore[arg-type]


def uneven_rows() -> Rows:
    """Of very different lengths; one is zero, one not finite, one may not be found."""
    rng = np.random.default_rng(2)
    rows = (rng.standard_normal((200, 7)) + 0.6) * np.exp(2 * rng.standard_normal((200, 1)))
    rows[4], rows[150] = 0, np.inf
    return Rows.of(rows.astype(np.float32), np.arange(200) != 9)


@every(("name", "centered"), [("cosine", True), ("cosine", False), ("dot", False)])
def test_products_of_one_similarity_become_those_of_another(name: Similarity, centered: bool) -> None:
    """``factor_i (p_ij − ⟨shift, v_j⟩)`` is the other similarity, up to one number for all rows."""
    rows = uneven_rows()
    base, other = make_scoring(rows), make_scoring(rows, similarity=name, centered=centered)
    rescaling = Rescaling.between(base, other)
    queries = np.random.default_rng(3).standard_normal((4, 7))
    usable = np.flatnonzero(other.usable)
    pairs = np.repeat(np.arange(4), len(usable)), np.tile(usable, 4)
    products, want = (one.exact(queries, *pairs).reshape(4, -1) for one in (base, other))
    if name == "dot":
        want /= vector_lengths(queries)[:, None]
    offsets = rescaling.offsets(queries)
    assert (offsets is None) == (not centered)
    factor = rescaling.factor[usable].astype(np.float64)
    found = factor * (products - (0 if offsets is None else offsets[:, None].astype(np.float64)))
    unit = (want * found).sum() / (found**2).sum()
    np.testing.assert_allclose(found * unit, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())
    assert factor.max() == 1 and np.isnan(np.delete(rescaling.factor, usable)).all()
    error = np.array([0, 1e-6, 0.3], dtype=np.float32)
    assert (rescaling.bound(error) > error).all()  # roundings come on top
    np.testing.assert_allclose(rescaling.bound(error), error, atol=1e-5)


@every("size", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_lengths_neither_over_nor_underflow(size: float) -> None:
    vectors = np.random.default_rng(4).standard_normal((130, 9))
    want = np.sqrt((vectors**2).sum(axis=1)) * size
    np.testing.assert_allclose(vector_lengths(vectors * size), want, rtol=1e-14)
    assert vector_lengths(np.zeros((2, 3))).tolist() == [0, 0]


@every("similarity", SIMILARITIES)
@every("centered", [False, True])
@every("d", [1, 3, 64, 4096])
@every("kind", ["positive", "cancelling", "mixed", "near"])
def test_the_bound_holds_for_the_float32_product(
    similarity: Similarity, centered: bool, d: int, kind: str
) -> None:
    rng = np.random.default_rng(18)
    rows = rng.uniform(0.9, 1.1, (60, d))
    queries = rng.uniform(0.9, 1.1, (10, d))
    if kind == "cancelling":
        queries *= (-1.0) ** np.arange(d)
    if kind == "mixed":
        rows *= 10.0 ** rng.uniform(-6, 6, rows.shape)
        queries *= 10.0 ** rng.uniform(-6, 6, (10, 1))
    if kind == "near":
        rows = 5 + rng.standard_normal(d) + 1e-4 * rng.standard_normal((60, d))
    single = rows.astype(np.float32)
    scoring = scoring_of(single, similarity, centered=centered)
    if not scoring.usable.any():
        assert d == 1 and centered and similarity == "cosine"
        return
    q, bound = scoring.prepare_queries(queries)
    r = scoring.prepare_rows(slice(0, 60))
    products = (r @ q.T).astype(np.longdouble)

    long, v = single.astype(np.longdouble), queries.astype(np.longdouble)
    lengths = np.sqrt((v * v).sum(axis=1))
    shift = np.zeros(d) if scoring.shift is None else scoring.shift
    if similarity == "euclidean":
        moved = (long - shift) / scoring.unit
        point = v / scoring.unit
        ideal = moved @ point.T - (moved * moved).sum(axis=1)[:, None] / 2
        ideal /= np.maximum(lengths / scoring.unit, 1)
    else:
        scale = np.ones(60) if scoring.scale is None else scoring.scale
        weight = np.ones(60) if scoring.weight is None else scoring.weight
        prepared = long * scale[:, None] - np.multiply.outer(weight, shift.astype(np.longdouble))
        ideal = prepared @ (v / lengths[:, None]).T
    errors = np.abs(products - ideal)[scoring.usable]
    assert (errors <= bound).all()
    assert (
        bound < 0.01 * max(1, float(np.abs(ideal[scoring.usable]).max())) * max(1, d / 64)
    ).all() or (kind == "near" and centered)
