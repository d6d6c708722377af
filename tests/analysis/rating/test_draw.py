from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.rating.made import GROUPS, SIZE, D, labels, ratings, space
from tests.cases import case
from tokensphere.analysis.rating.draw import CHANCE_LISTS, draw_ratings
from tokensphere.analysis.rating.plan import RatedList
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import Surrogates


def of(lists: ts.Ratings, urn: str) -> list[RatedList]:
    found = [one for one in lists.lists if one.urn == urn]
    return sorted(found, key=lambda one: -1 if one.index is None else one.index)


def test_lists_of_random_directions_are_those_of_the_seed() -> None:
    found = ratings()
    want = ts.nearest(space(), ts.RandomDirections(D, 20, seed=found.seed))
    random = of(found, "random")
    assert [one.ids for one in random] == [tuple(ids) for ids in want.ids.tolist()]
    assert [one.shown[0] for one in random] == [
        space().vocabulary.visible(id) for id in want.ids[:, 0].tolist()
    ]
    assert [one.index for one in random] == list(range(20))


def test_chance_is_the_same_directions_where_there_are_no_words() -> None:
    found = ratings()
    surrogate = Surrogates(space().rows).draw(found.seed)
    v = ts.RandomDirections(D, 20 + CHANCE_LISTS, seed=found.seed)
    want, _ = top_k(make_scoring(surrogate), v[:], 10)
    assert [one.ids for one in of(found, "chance")] == [tuple(ids) for ids in want[:20].tolist()]
    t = Coherence(surrogate).coherence(want[20:], [10])[:, 0]
    for one in found.lists:
        assert one.coherent == (np.mean(t < one.coherence) >= 0.95)


def test_rows_that_take_no_part_have_no_place_in_any_list() -> None:
    vectors = space().vectors.copy()
    vectors[::7] = 0
    holed = ts.EmbeddingSpace.from_arrays(vectors, space().vocabulary.tokens)
    for chance in ("wordless", "tokens"):
        spec = ts.RatingSpec(lists=10, planted=3, chance=chance, strays=0.5, k=6)
        for one in draw_ratings(holed, spec, seed=1, labels=labels()).lists:
            assert all(id % 7 for id in one.ids) and len(set(one.ids)) == 6


def test_planted_lists_share_their_label_but_for_the_strays() -> None:
    planted = of(ratings(), "planted")
    assert len({one.label for one in planted}) == 8  # labels in turn
    for one in planted:
        groups = Counter(f"group {id // SIZE}" for id in one.ids)
        assert groups[str(one.label)] == 8 and one.theme is not None
    pure = ts.draw_ratings(space(), ts.RatingSpec(5, 100, strays=0), seed=2, labels=labels())
    for one in of(pure, "planted"):
        assert len({id // SIZE for id in one.ids}) == 1
    assert len({one.label for one in of(pure, "planted")}) == GROUPS


def test_what_is_known_of_a_list_is_what_others_say_of_it() -> None:
    found = ratings()
    ids = np.array([one.ids for one in found.lists])
    t = Coherence(space().rows).coherence(ids, [10])[:, 0]
    assert [one.coherence for one in found.lists] == t.tolist()
    for one in found.lists[:10]:
        naming = ts.name_tokens(space(), list(one.ids), labels=labels())
        assert (one.theme is not None) == bool(naming.themes)
        assert not one.words  # these are labels of one's own, not of meaning or grammar


def test_the_order_is_of_the_seed_and_mixes_the_urns() -> None:
    first, again = ratings(), ts.draw_ratings(space(), ratings().spec, seed=3, labels=labels())
    assert first == again and first.plan == again.plan
    other = ratings(seed=4)
    assert other.plan != first.plan
    assert [one.urn for one in other.lists] != [one.urn for one in first.lists]
    # Each urn's mean place is what a random order gives, within four standard errors.
    places = {
        urn: np.flatnonzero([one.urn == urn for one in first.lists]) for urn in ("random", "chance")
    }
    for urn, where in places.items():
        assert abs(where.mean() - 23.5) < 4 * 14 / 20**0.5, urn


def test_one_token_a_form_holds_in_every_urn() -> None:
    rows = np.random.default_rng(0).standard_normal((400, 12))
    tokens = [f"t{i}" for i in range(200)] + [f" T{i}" for i in range(200)]
    twice = ts.EmbeddingSpace.from_arrays(rows, tokens)
    table = ts.LabelTable.from_members(
        400, [(ts.Label("user:a", "user", "some", "me"), [*range(20), *range(200, 220)])]
    )
    for chance in ("wordless", "tokens"):
        spec = ts.RatingSpec(15, 5, chance=chance, forms=True)
        for one in draw_ratings(twice, spec, seed=0, labels=table).lists:
            assert len({id % 200 for id in one.ids}) == 10


def test_random_tokens_know_nothing_of_directions() -> None:
    lists = ts.draw_ratings(space(), ts.RatingSpec(40, 0, chance="tokens"), seed=9, labels=labels())
    chance = of(lists, "chance")
    assert all(one.index is None for one in chance)
    ids = np.array([one.ids for one in chance]).ravel()
    assert abs(ids.mean() - 479.5) < 4 * 277 / 400**0.5


def test_progress_comes_in_steps_and_what_cannot_be_is_refused() -> None:
    steps: list[int] = []
    ts.draw_ratings(space(), ts.RatingSpec(2, 1), seed=0, labels=labels(), progress=steps.append)
    assert steps == [1, 1, 1, 1]
    with pytest.raises(ts.InputError, match="no list can be planted"):
        ts.draw_ratings(space(), ts.RatingSpec(2, 1, k=20), seed=0, labels=labels())
    assert ts.draw_ratings(space(), ts.RatingSpec(2, 0, k=20), seed=0, labels=labels()).lists
    with pytest.raises(ts.InputError, match="seed"):
        ts.draw_ratings(space(), seed=-1, labels=labels())
    for wrong in (
        {"lists": 0},
        {"k": 2},
        {"planted": 501},
        {"strays": 0.6},
        {"chance": "x"},
        {"forms": 1},
    ):
        with case(wrong), pytest.raises(ts.InputError):
            ts.RatingSpec(**wrong)


def test_a_rater_goes_forward_back_and_no_further() -> None:
    lists = ratings().unrated("2025-01-02T03:04:05+00:00", "Ann")
    done = lists.said(0, True, 2.0).said(1, False, 1e12)
    assert [verdict.share for verdict in done.verdicts] == [True, False]
    assert done.verdicts[1].seconds == 1e6
    assert [verdict.share for verdict in done.said(0, False, 1).verdicts] == [False, False]
    assert done.undone().verdicts == done.verdicts[:1]
    with pytest.raises(ts.InputError, match="list 3's turn, not list 5's"):
        done.said(4, True, 1)
    with pytest.raises(ts.InputError, match="no verdict"):
        lists.undone()
    with pytest.raises(ts.InputError, match="nothing is rated"):
        lists.finished("2025-01-02T03:04:05+00:00")
    ended = done.finished("2025-01-02T03:04:05+00:00")
    for change in (ended.undone, lambda: ended.said(2, True, 1)):
        with pytest.raises(ts.InputError, match="ended"):
            change()
    assert ended.plan == lists.plan and ended.finished("later") is ended
    with pytest.raises(ts.InputError, match="81 characters"):
        replace(lists, rater="x" * 81)
