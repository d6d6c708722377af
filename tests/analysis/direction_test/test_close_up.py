"""A direction close up says what its test says, and what the whole set says of it."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tokensphere.analysis.direction_test.siblings import siblings
from tokensphere.directions.named import Directions

D = small_model.D
NULL = ts.NullSpec(draws=300)
VECTORS = np.random.default_rng(5).standard_normal((30, D)).astype(np.float32) * 3
VECTORS[7] = -2 * VECTORS[12] + 0.1 * VECTORS[3]


@pytest.fixture(scope="module")
def tested(small: ts.EmbeddingSpace) -> ts.DirectionTest:
    return ts.direction_test(small, VECTORS, null=NULL)


@pytest.mark.parametrize("row", [0, 7])
def test_its_numbers_are_those_of_the_test(
    row: int, small: ts.EmbeddingSpace, tested: ts.DirectionTest
) -> None:
    found = ts.close_up(small, VECTORS[row], among=VECTORS, null=NULL)
    for one in found.compared:
        of_test = tested[one.statistic]
        assert one.value == of_test.values[row]
        assert one.p == of_test.pvalue[row]
        np.testing.assert_allclose(np.float64(one.effect), of_test.effect[row])
        assert one.q == one.p  # it was looked at alone
        better = np.sort(one.null)
        np.testing.assert_array_equal(better if one.statistic != "label" else better[::-1], one.null)
        draws = of_test.nulls[0]
        beyond = draws >= one.null[1] if one.statistic != "label" else draws <= one.null[1]
        assert 0.045 < beyond.mean() < (0.06 if one.statistic != "label" else 0.2)  # labels tie
    assert found.length == pytest.approx(np.linalg.norm(VECTORS[row].astype(np.float64)), rel=1e-6)
    np.testing.assert_array_equal(found.card.neighbors.ids[0], tested.ids[row])


def test_both_ends_are_those_of_nearest(small: ts.EmbeddingSpace) -> None:
    lists = ts.nearest(small, np.stack([VECTORS[3], -VECTORS[3]]), centered=True)
    for given in (VECTORS[3], ts.make_directions(small, VECTORS[3]).both_ends()):
        found = ts.close_up(small, given, null=NULL)
        np.testing.assert_array_equal(found.ends.ids, lists.ids)
        np.testing.assert_allclose(found.ends.similarity, lists.similarity, rtol=1e-12)
        assert found.other is not None and found.other.title.endswith("(−)")
        assert [name.title for name in found.ends.names] == ["vector", "vector (−)"]


def test_siblings_are_those_of_the_whole_set(small: ts.EmbeddingSpace) -> None:
    found = ts.close_up(small, VECTORS[7], among=VECTORS, null=NULL)
    every: Directions = ts.make_directions(small, VECTORS)
    expected = [(every.titles[one.row], one.cosine) for one in siblings(every, 7)]
    assert [(one.name, one.cosine) for one in found.siblings] == expected
    assert found.siblings[0].name == "vector[12]" and found.siblings[0].cosine < -0.9
    assert not ts.close_up(small, VECTORS[7], null=NULL).siblings
    with pytest.raises(ts.InputError, match="none of those that it is to be looked at among"):
        ts.close_up(small, VECTORS[7] + 1, among=VECTORS, null=NULL)


def test_tenths_count_the_list(small: ts.EmbeddingSpace) -> None:
    found = ts.close_up(small, VECTORS[3], null=NULL)
    n, ids = len(small.vocabulary), found.ends.ids[0]
    for tenth, count in enumerate(found.tenths):
        assert count == sum(tenth <= 10 * id / n < tenth + 1 for id in ids.tolist())


def test_sums_of_tokens_and_what_is_not_one(small: ts.EmbeddingSpace) -> None:
    null = ts.NullSpec("difference", draws=300)
    found = ts.close_up(small, ts.TokenSum((5,), (9,)), null=null)
    assert found.test.own_left_out and not {5, 9} & set(found.ends.ids[0].tolist())
    with pytest.raises(ts.InputError, match="30 directions are given, but a close-up is of one"):
        ts.close_up(small, VECTORS, null=NULL)
    with pytest.raises(ts.InputError, match="zero"):
        ts.close_up(small, np.zeros(D), null=NULL)


def test_it_goes_on_as_every_result(small: ts.EmbeddingSpace, tmp_path: Path) -> None:
    found = ts.close_up(small, VECTORS[7], among=VECTORS, null=NULL)
    again = ts.close_up(small, VECTORS[7], among=VECTORS, null=NULL)
    assert found == again == pickle.loads(pickle.dumps(found))
    assert found != ts.close_up(small, VECTORS[3], among=VECTORS, null=NULL)
    record = found.to_dict()
    assert record["results"][0]["neighbors"] == record["close_up"]["neighbors"]
    assert record["close_up"]["siblings"][0]["name"] == "vector[12]"
    text, html = str(found), found._repr_html_()
    for one in found.siblings:
        assert one.name in text and one.name in html
    assert found.card.verdict is not None and found.card.verdict in text
    found.save(tmp_path / "close.json")
    found.plot(tmp_path / "close.svg")
