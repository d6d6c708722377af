from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import TEN, taken, with_ten
from tests.analysis.tables import label, overlapping
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import direction_lists
from tokensphere.analysis.naming.lists import NamingSpec, shuffled_null
from tokensphere.analysis.naming.neighbors import NamedNeighbors, name_neighbors
from tokensphere.analysis.naming.themes import NOTHING
from tokensphere.analysis.naming.tokens import name_tokens
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable
from tokensphere.statistics.draws import MemoryStore

N, D = 600, 16
FIRST_AXIS = np.eye(D)[:1]


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return with_ten(12)


def named(space: ts.EmbeddingSpace, directions: Any, k: int = 6, **options: Any) -> NamedNeighbors:
    spec = NamingSpec(**{"draws": 999, **taken(NamingSpec, options)})
    usual: dict[str, Any] = {"labels": overlapping(), "store": MemoryStore(), "naming": spec}
    return name_neighbors(space, ts.nearest(space, directions, k=k), **usual | options)


def test_each_list_is_named_as_if_alone(space: ts.EmbeddingSpace) -> None:
    result = named(space, np.vstack([FIRST_AXIS, np.random.default_rng(1).standard_normal((30, D))]))
    assert len(result) == 31
    assert [theme.label.name for theme in result.themes(0)] == ["ten"]  # the axis points at these
    assert result.themes(0)[0].shared == 6 and result.p_list(0) == 1 / 1000
    some_have_none, store = False, MemoryStore()
    for j, ids in enumerate(result.neighbors.ids.tolist()):
        alone = name_tokens(
            space,
            ids,
            labels=overlapping(),
            naming=NamingSpec(999),
            n_random_directions=999,
            store=store,
        )
        assert result.themes(j) == alone.themes and result.p_list(j) == alone.p_list
        assert alone.directions is not None
        assert result.p_directions(j) == alone.directions.p_familywise
        assert result.beyond_directions(j) == alone.beyond_directions
        some_have_none |= result.text(j) == alone.text == NOTHING
    assert some_have_none


def test_words_come_before_what_is_outward(space: ts.EmbeddingSpace) -> None:
    outward, words = [*TEN, *range(200, 210)], [*TEN[2:], *range(300, 340)]
    members = [(label("outward", "form"), outward), (label("words"), words)]
    result = named(space, FIRST_AXIS, k=10, labels=LabelTable.from_members(N, members))
    assert set(result.neighbors.ids[0].tolist()) == set(TEN)
    first, second = result.themes(0)
    assert (first.label.name, first.shared) == ("words", 8)
    assert (second.label.name, second.shared) == ("outward", 10) and second.p < first.p
    assert result.text(0).startswith("8 of 10 are words (")


def test_only_labels_of_the_kinds_that_were_asked_for_count(space: ts.EmbeddingSpace) -> None:
    result = named(space, FIRST_AXIS, kinds=("form", "id"))
    assert {theme.label.kind for theme in result.themes(0)} <= {"form", "id"}
    assert result.to_dict()["naming"]["kinds"] == ["form", "id"]
    assert {found.kind for found in result.names.counter.labels} == {"form", "id"}


def test_level_and_draws_are_those_given(space: ts.EmbeddingSpace) -> None:
    directions = np.random.default_rng(2).standard_normal((50, D))
    loose, strict = (named(space, directions, level=level) for level in (0.5, 0.01))
    for j in range(50):
        assert loose.p_list(j) == strict.p_list(j)
        assert bool(loose.themes(j)) == (loose.p_list(j) <= 0.5)
        assert bool(strict.themes(j)) == (strict.p_list(j) <= 0.01)
    store = MemoryStore()
    other = named(space, directions, seed=3, store=store)
    counter = LabelCounter(overlapping(), space.usable, 6)
    null = shuffled_null(counter, 999, seed=3, store=store)
    smallest = counter.smallest(other.neighbors.ids).p
    for j, p in enumerate(smallest.tolist()):
        assert other.p_list(j) == (1 + np.count_nonzero(null <= p)) / 1000


def test_the_result_for_machines(space: ts.EmbeddingSpace) -> None:
    result = named(space, ts.RandomDirections(D, 5, seed=3, first=7))
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    plain = json.loads(json.dumps(result.neighbors.to_dict()))
    assert record["naming"] == {
        "draws": 999, "seed": 0, "level": 0.05, "kinds": ["form", "id", "list", "meaning"],
        "eligible_labels": len(result.names.counter), "random_directions": {
            "count": 999, "seed": 0, "k": 6, "similarity": "cosine", "centered": False, "forms": False,
        },
    }  # fmt: skip
    for j, (found, without) in enumerate(zip(record["results"], plain["results"], strict=True)):
        assert found["direction"] == {"seed": 3, "index": 7 + j}
        assert {key: found[key] for key in without} == without
        assert found["p_familywise"] == result.p_list(j) and found["name"] == result.text(j)
        assert found["p_familywise_random_directions"] == result.p_directions(j)
        assert found["beyond_random_directions"] is result.beyond_directions(j)
        assert [theme["label"] for theme in found["themes"]] == [
            theme.label.name for theme in result.themes(j)
        ]
        assert all(theme["p_familywise"] >= found["p_familywise"] for theme in found["themes"])
    assert {key: record[key] for key in ("model", "settings", "left_out")} == {
        key: plain[key] for key in ("model", "settings", "left_out")
    }


def test_random_directions_are_seldom_beyond_random_directions() -> None:
    """One list in twenty, in a space where a named list means nothing: many have a theme."""
    space = with_ten(12)
    for settings in ({}, {"centered": True}, {"similarity": "dot"}):
        lists = ts.nearest(space, ts.RandomDirections(D, 2000, seed=5), k=6, **settings)
        names = name_neighbors(
            space, lists, labels=overlapping(), naming=NamingSpec(999), store=MemoryStore()
        ).names
        assert names.beyond_directions is not None
        spread = (0.05 * 0.95 * (1 / 2000 + 1 / 999)) ** 0.5
        assert names.beyond_directions.mean() <= 0.05 + 3.3 * spread
        assert names.has_theme.mean() > 1.2 * names.beyond_directions.mean()


def test_a_name_that_random_directions_have_as_well_is_marked(space: ts.EmbeddingSpace) -> None:
    """By a loop: the smallest p of the lists of 999 directions, beside that of each theme."""
    directions = ts.RandomDirections(D, 60, seed=9)
    result = named(space, directions)
    counter = result.names.counter
    lists = direction_lists(space, result.neighbors.settings, 999, store=MemoryStore())
    smallest = counter.smallest(lists).p
    marked = 0
    for j in range(60):
        own = np.count_nonzero(smallest <= result.names.smallest.p[j])
        assert result.p_directions(j) == (1 + own) / 1000
        for theme in result.themes(j):
            p = (1 + np.count_nonzero(smallest <= theme.p * (1 + 1e-12))) / 1000
            assert theme.p_directions == p and theme.beyond_directions == (p <= 0.05)
            marked += theme.beyond_directions is False
        assert result.beyond_directions(j) == any(t.beyond_directions for t in result.themes(j))
        assert result.text(j).startswith("≈ chance") == (
            bool(result.themes(j)) and not result.beyond_directions(j)
        )
    assert marked > 0
    column = np.asarray(result.columns()["beyond_random_directions"])[::6]
    assert column.tolist() == [result.beyond_directions(j) for j in range(60)]
    without = named(space, directions, n_random_directions=0)
    assert without.p_directions(0) is None and without.beyond_directions(0) is None
    assert without.to_dict()["naming"]["random_directions"] is None
    assert "beyond_random_directions" not in without.columns()
    for j in range(60):
        labels = {theme.label for theme in without.themes(j)}
        assert labels == {theme.label for theme in result.themes(j)} and "≈" not in without.text(j)


def test_lists_that_are_too_short_are_refused(space: ts.EmbeddingSpace) -> None:
    with pytest.raises(InputError, match=r"lists of 2 tokens are too short .* k must be 3 or more"):
        named(space, FIRST_AXIS, k=2)
    assert named(space, FIRST_AXIS, k=3).themes(0)[0].shared == 3
    with pytest.raises(InputError, match="no label is of kind 'colour'"):
        named(space, FIRST_AXIS, kinds=("colour",))
