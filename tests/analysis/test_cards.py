"""Cards: where one list lies beside chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import tokensphere as ts
from tests.web.serving import WORDS, small_space
from tokensphere.analysis.card.chance import Chance, Curve
from tokensphere.analysis.card.nulls import alike_by_chance
from tokensphere.statistics.draws import MemoryStore


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return small_space()


def test_p_and_place_are_what_counting_says() -> None:
    draws = np.sort(np.random.default_rng(0).normal(size=999))
    for value in (-5.0, float(draws[10]), 0.1, 9.0):
        upper = Chance("coherence", "random", "lists", value, draws)
        assert upper.p == (1 + np.count_nonzero(draws >= value)) / 1000
        lower = Chance("label", "random", "lists", value, draws, larger=False)
        assert lower.p == (1 + np.count_nonzero(draws <= value)) / 1000
        assert upper.less + lower.less == pytest.approx(1)


def test_p_of_a_draw_among_others_is_uniform() -> None:
    rng = np.random.default_rng(1)
    p = [
        Chance("coherence", "random", "lists", rng.normal(), np.sort(rng.normal(size=99))).p
        for _ in range(2000)
    ]
    assert stats.kstest(p, stats.uniform(0.005, 1).cdf).pvalue > 0.001
    assert 0.035 < np.mean(np.array(p) <= 0.05) < 0.065


def test_the_curve_is_the_density() -> None:
    draws = np.sort(np.random.default_rng(2).normal(3, 2, size=5000))
    curve = Curve.of(draws, 3.0)
    want = stats.norm(3, 2).pdf(curve.at) / stats.norm(3, 2).pdf(3)
    assert np.abs(curve.density - want).max() < 0.1
    moved = Curve.of(10 * draws - 4, 26.0)
    np.testing.assert_allclose(moved.density, curve.density, atol=1e-6)
    assert curve.at[0] < draws[0] and curve.at[-1] > draws[-1]


@pytest.mark.parametrize("draws", [np.zeros(9), np.array([1.0]), np.array([0.0, 0, 0, 1])])
def test_a_curve_of_few_or_equal_draws_is_finite(draws: np.ndarray) -> None:
    curve = Curve.of(draws, 0.5)
    assert np.isfinite(curve.at).all() and np.isfinite(curve.density).all()
    assert (np.diff(curve.at) > 0).all()


def test_a_random_direction_beside_others_is_nothing_special(space: ts.EmbeddingSpace) -> None:
    """Its p beside random directions' lists is uniform over directions."""
    search = ts.SearchSettings(k=5, centered=True)
    found = ts.cards(space, ts.RandomDirections(16, 400), search=search)
    p = np.array([next(c for c in card.chance if c.of == "random").p for card in found])
    assert 0.02 < np.mean(p <= 0.05) < 0.09 and stats.kstest(p, "uniform").pvalue > 0.001


def test_words_of_one_kind_are_more_alike_than_with_no_words(space: ts.EmbeddingSpace) -> None:
    """The planted groups show beside a vocabulary with no words, and not in one that has none."""
    search = ts.SearchSettings(k=5, centered=True)
    chance = alike_by_chance(space, search, store=MemoryStore())
    top = [float(np.quantile(lists, 0.98)) for lists in (chance.random, chance.wordless)]
    assert top[0] > top[1] + 0.05
    rows = np.random.default_rng(3).normal(size=(400, 16)).astype(np.float32)
    noise = ts.EmbeddingSpace.from_arrays(rows, [f"t{i}" for i in range(400)])
    none = alike_by_chance(noise, search, store=MemoryStore())
    top = [float(np.quantile(lists, 0.98)) for lists in (none.random, none.wordless)]
    assert abs(top[0] - top[1]) < 0.05


def test_a_planted_direction_has_a_meaning_and_a_random_one_none(space: ts.EmbeddingSpace) -> None:
    search = ts.SearchSettings(k=5)
    towards = space.vectors[6:12].mean(axis=0)  # the cities
    (card,) = ts.cards(space, towards, search=search)
    nearness = next(c for c in card.chance if c.statistic == "nearness")
    assert nearness.p < 0.01 and nearness.of == "isotropic"
    tokens = [space.vocabulary.text(id) for id in card.neighbors.ids[0].tolist()]
    assert (
        set(tokens) == {f" {word}" for word in WORDS[6:12]} - {f" {WORDS[11]}"}
        or len(set(tokens) & {f" {word}" for word in WORDS[6:12]}) >= 4
    )


def test_a_card_of_a_test_is_that_of_the_direction(space: ts.EmbeddingSpace) -> None:
    from tokensphere.analysis.card.make import card_of_test

    vectors = np.random.default_rng(4).normal(size=(3, 16))
    test = ts.direction_test(space, vectors, null=ts.NullSpec(draws=300), search=ts.SearchSettings(k=5))
    for row in range(3):
        card = card_of_test(test, row)
        for chance in card.chance:
            assert chance.p == test[chance.statistic].pvalue[row]
            assert chance.value == test[chance.statistic].values[row]
        assert card.coherence == test["coherence"].values[row]


def test_distances_and_single_tokens_have_no_chance_level(space: ts.EmbeddingSpace) -> None:
    far = ts.cards(space, [" king"], search=ts.SearchSettings(k=5, similarity="euclidean"))
    assert far[0].chance == () and far[0].coherence is not None
    one = ts.cards(space, ts.RandomDirections(16, 2), search=ts.SearchSettings(k=1))
    assert one[0].chance == () and one[0].coherence is None and one[0].shared is None


def test_a_card_is_shown_whole_and_safe(space: ts.EmbeddingSpace) -> None:
    """HTML in a token stays text, and a dict, a text and a frame have the same tokens."""
    search = ts.SearchSettings(k=40)
    found = ts.cards(space, ts.TokenSum(("<b>bold</b>",)), search=search)
    html = found._repr_html_()
    assert "<b>bold" not in html and html.count("<svg") == 4
    record = found.to_dict()["cards"][0]
    assert [n["id"] for n in record["neighbors"]] == found[0].neighbors.ids[0].tolist()
    assert len(found.to_frame()) == 40
    text = str(found)
    assert "\x1b" not in text and "random tokens" in text and "sums of" not in text
