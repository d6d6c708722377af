"""Models side by side: what must hold of the same one, of one that is turned, of unrelated ones."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.compare.models import TOKENS, D, N, model, rows, turned, two_models
from tokensphere.arrays import Float64s, Int64s
from tokensphere.views import to_json


@cache
def found(noise: float = 0.9, width: int = D) -> ts.Likeness:
    return ts.compare(model(rows()), model(turned(rows(), noise, width)), n_directions=0, k=5).pairs[0]


def all_one(pair: ts.Likeness, exact: bool = True) -> None:
    assert pair.nearest is not None and pair.rsa is not None and pair.cka is not None
    assert pair.rotation is not None and pair.cka_biased is not None
    assert pair.nearest.overlap.value == 1 and pair.nearest.none == 0
    near = 0 if exact else 1e-6
    for one in (pair.rsa, pair.cka):
        assert one.value == pytest.approx(1, abs=near, rel=0)
        assert one.interval == pytest.approx((1, 1), abs=near, rel=0)
    assert pair.cka_biased == pytest.approx(1, abs=1e-6)
    assert pair.rotation.mean_cosine == pytest.approx(1, abs=1e-6)
    assert pair.rotation.distance == pytest.approx(0, abs=1e-6)


def test_a_model_beside_itself_agrees_wholly_and_is_surveyed_once(few_pairs: None) -> None:
    space = model(rows())
    both = ts.compare(space, space, n_directions=100, k=5)
    assert both.names == ("a (1)", "a (2)") and both.models[0] is both.models[1]
    all_one(both.pairs[0])
    assert all(less is not None and less.difference == 0 for less in both.pairs[0].differences.values())
    alone = ts.survey(space, 100, search=ts.SearchSettings(5, centered=True), ks=(5,))
    rate, own = both.models[0].rate(centered=True), alone.rate(centered=True).own
    assert rate is not None and own is not None and rate.found == (own.at[0].rate, own.at[0].interval)


def test_turned_scaled_and_in_another_order_it_is_the_same() -> None:
    order = np.random.default_rng(1).permutation(N)
    for width in (D, D + 5):
        other = model(turned(rows(), 0, width)[order], [TOKENS[id] for id in order])
        for centered in (True, False):
            pair = ts.compare(model(rows()), other, n_directions=0, centered=centered).pairs[0]
            all_one(pair, exact=False)
            assert pair.shared.n == N
            assert [TOKENS[id] for id in pair.shared.first] == [
                other.vocabulary.token(id) for id in pair.shared.second
            ]


def naive_lists(vectors: Float64s, k: int, centered: bool) -> Int64s:
    vectors = vectors.astype(np.float32).astype(np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    if centered:
        unit = unit - unit.mean(axis=0)
        unit /= np.linalg.norm(unit, axis=1)[:, None]
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    return np.asarray(np.argsort(-cosines, axis=1, kind="stable")[:, :k])


@pytest.mark.parametrize("centered", [True, False])
def test_lists_are_those_of_all_cosines_among_the_shared(centered: bool) -> None:
    one, other = two_models()
    for n_lists in (400, 40):
        pair = ts.compare(one, other, n_directions=0, k=4, centered=centered, n_lists=n_lists).pairs[0]
        n = pair.shared.n
        assert n == 150 and len(pair.whose) == min(n_lists, n)
        a = naive_lists(one.vectors[pair.shared.first].astype(float), 4, centered)
        b = naive_lists(other.vectors[pair.shared.second].astype(float), 4, centered)
        np.testing.assert_array_equal(pair.lists[0], a[pair.whose])
        np.testing.assert_array_equal(pair.lists[1], b[pair.whose])
        same = [len({*a[i]} & {*b[i]}) for i in pair.whose]
        assert pair.overlaps.tolist() == same and pair.nearest is not None
        overlap = pair.nearest.overlap
        assert overlap.value == pytest.approx(np.mean(same) / 4)
        assert overlap.interval[0] < overlap.value < overlap.interval[1]
        assert overlap.chance == 4 / 149


def test_models_that_have_nothing_to_do_with_each_other_agree_by_chance() -> None:
    rng = np.random.default_rng(2)
    tokens = [f" w{j}".encode() for j in range(600)]
    one, other = (model(rng.standard_normal((600, d)) + 0.3, tokens) for d in (20, 30))
    pair = ts.compare(one, other, n_directions=0).pairs[0]
    assert pair.nearest is not None and pair.rsa is not None and pair.cka is not None
    assert pair.rotation is not None and pair.cka_biased is not None
    assert pair.nearest.overlap.value == pytest.approx(10 / 599, abs=0.004)
    for figure in (pair.rsa, pair.cka):
        assert figure.chance_sd is not None and abs(figure.value) < 4 * figure.chance_sd
        assert figure.interval[0] < 0 < figure.interval[1]
    assert (
        pair.cka_biased == pytest.approx(pair.cka_biased_by_chance, abs=0.01) and pair.cka_biased > 0.02
    )
    assert abs(pair.rotation.mean_cosine) < 0.03
    assert pair.rotation.distance == pytest.approx(pair.rotation.distance_by_chance, abs=0.01)


def test_the_more_noise_the_less_they_agree() -> None:
    pairs = [found(noise) for noise in (0.3, 0.9, 3.0)]
    for of in (
        lambda pair: pair.nearest.overlap.value,
        lambda pair: pair.rsa.value,
        lambda pair: pair.cka.value,
        lambda pair: pair.rotation.mean_cosine,
        lambda pair: -pair.rotation.distance,
    ):
        values = list(map(of, pairs))
        assert values == sorted(values, reverse=True) and values[0] - values[2] > 0.2


def test_a_token_that_was_moved_is_found() -> None:
    other = turned(rows(), 0.05)
    other[77] = 9 - other[5]
    pair = ts.compare(model(rows()), model(other), n_directions=0).pairs[0]
    assert pair.by_cosine()[-1] == 77 and pair.by_overlap()[-1] == 77
    assert pair.token(77)["shared_neighbors"] <= 1 and pair.token(77)["ids"] == [77, 77]
    words = pair.by_overlap(words=True)
    assert 0 < len(words) < N and all(pair.shared.tokens[id].startswith(b" ") for id in words)
    ranked = pair.by_overlap()
    counts = dict(zip(pair.whose.tolist(), pair.overlaps.tolist(), strict=True))
    order = [counts[id] for id in ranked.tolist()]
    assert order == sorted(order, reverse=True)


def test_of_few_shared_tokens_only_their_number_is_told() -> None:
    other = model(turned(rows(), 0)[:99], TOKENS[:99])
    result = ts.compare(model(rows()), other, n_directions=0)
    (pair,) = result.pairs
    assert pair.shared.n == 99 and pair.nearest is None and pair.rotation is None
    assert pair.rsa is None and pair.cka is None
    assert "share 99 tokens" in str(result) and "170" in str(result)
    assert json.loads(to_json(result))["pairs"][0]["nearest"] is None
    nothing = ts.compare(
        other, model(rows()[:60], [f" z{j}".encode() for j in range(60)]), n_directions=0
    )
    alike = model(np.ones((N, D)))
    flat = ts.compare(alike, other, n_directions=0)
    assert json.loads(to_json(flat))["models"][0]["effective_dimensions"] is None and "nan" not in str(
        flat
    )
    assert flat.pairs[0].shared.n == 0 and flat.pairs[0].shared.no_direction == 99
    assert nothing.pairs[0].shared.n == 0 and len(nothing.pairs[0].to_frame()) == 0


def test_too_few_for_a_rotation_have_all_but_that() -> None:
    rng = np.random.default_rng(6)
    wide = model(rng.standard_normal((N, 90)))
    (pair,) = ts.compare(wide, wide, n_directions=0).pairs
    assert pair.rotation is None and np.isnan(pair.cosines).all()
    assert pair.rsa is not None and pair.rsa.value == 1
    assert "Procrustes" not in str(pair).split("interval")[1].split("words")[0]
    assert pair.token(0)["cosine_after_rotation"] is None


def test_three_models_make_three_pairs_in_order(few_pairs: None) -> None:
    one, other = two_models()
    third = model(rows(9), name="third")
    result = ts.compare(one, other, third, n_directions=0, k=5)
    assert [result.pair(i, j).models for i, j, _ in result.each_pair()] == [
        (result.names[i], result.names[j]) for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    with pytest.raises(ts.InputError):
        result.pair(1, 1)
    columns = result.columns()
    assert list(columns["figure"]).count("rsa") == 3 and len(set(map(len, columns.values()))) == 1
    alone = ts.compare(other, third, n_directions=0, k=5).pairs[0]
    assert result.pair(1, 2) == alone


def test_what_cannot_be_compared_is_refused() -> None:
    space = model(rows())
    with pytest.raises(ts.InputError, match="two or more"):
        ts.compare(space)
    for wrong in ({"n_directions": 50}, {"k": 1}, {"n_lists": 0}, {"seed": -1}, {"n_directions": -1}):
        with pytest.raises(ts.InputError):
            ts.compare(space, space, **wrong)  # type: ignore[arg-type]


def test_each_part_of_the_work_is_told() -> None:
    told: list[str] = []
    one, other = two_models()
    ts.compare(one, other, one, n_directions=0, k=5, progress=told.append)
    from tokensphere.analysis.compare.measure import count_parts

    assert len(told) == count_parts(3) and told[0] == "first (1): geometry"
