from __future__ import annotations

import numpy as np
import pytest

from tests.geometry.cases import every
from tokensphere.errors import InputError
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.similarity import SIMILARITIES, Similarity, check_similarity, make_scoring


def test_the_three_similarities_and_nothing_else() -> None:
    assert [check_similarity(name) for name in SIMILARITIES] == ["cosine", "dot", "euclidean"]
    for name in ("Cosine", "l2", "", "cosine "):
        with pytest.raises(InputError, match="use one of cosine, dot, euclidean"):
            check_similarity(name)


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
    out = np.empty((400, scoring.width), dtype=np.float32)
    products = scoring.prepare_rows(0, 400, out) @ prepared.T
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
    whole = scoring.prepare_rows(0, 600, np.empty((600, scoring.width), dtype=np.float32)).copy()
    assert not whole[77].any()
    out = np.empty((600, scoring.width), dtype=np.float32)
    for start, stop in [(0, 1), (70, 80), (3, 599), (300, 600)]:
        np.testing.assert_array_equal(scoring.prepare_rows(start, stop, out), whole[start:stop])


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
