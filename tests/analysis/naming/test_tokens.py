from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

import tokensphere as ts
from tests.analysis.spaces import TEN, taken, with_ten
from tests.analysis.tables import N, label, overlapping
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import direction_lists
from tokensphere.analysis.naming.lists import NamingSpec, name_lists, shuffled_null
from tokensphere.analysis.naming.themes import NOTHING
from tokensphere.analysis.naming.tokens import Naming, name_tokens
from tokensphere.errors import InputError, UnknownTokenError
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.pvalues import p_values


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return with_ten(3)


def named(space: ts.EmbeddingSpace, tokens: Any, **options: Any) -> Naming:
    spec = NamingSpec(**{"draws": 999, **taken(NamingSpec, options)})
    usual: dict[str, Any] = {"labels": overlapping(), "store": MemoryStore(), "naming": spec}
    return name_tokens(space, tokens, **usual | options)


def test_a_planted_list_is_named(space: ts.EmbeddingSpace) -> None:
    result = named(space, [*TEN[4:], 201, 303, 455, 571])
    assert [theme.label.name for theme in result.themes] == ["ten"]
    assert result.text == "6 of 10 are ten (1.7 % of the vocabulary are)"
    assert result.p_list == 1 / 1000  # the smallest that 999 draws can give
    best = result.ranked()[0]
    assert result.labels[best].name == "ten" and result.shared[best] == 6
    assert result.p[best] == pytest.approx(stats.hypergeom.sf(5, N - 1, 10, 10), rel=1e-10)
    assert result.q[best] == pytest.approx(result.p[best] * len(result.labels), rel=1e-9)


def test_tokens_can_be_ids_or_texts_in_any_order(space: ts.EmbeddingSpace) -> None:
    one = named(space, [10, 20, 30, 1, 2])
    other = named(space, [" token 2", "id:1", b" token 30", "␣token 20", 10])
    assert other.ids.tolist() == [2, 1, 30, 20, 10]
    for field in ("shared", "sizes", "p", "p_familywise", "q"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    assert one.themes == other.themes and one.p_list == other.p_list


def test_every_eligible_label_counts_in_the_correction(space: ts.EmbeddingSpace) -> None:
    result = named(space, [*TEN[:4], 1, 2, 3, 5])
    counter = LabelCounter(overlapping(), space.usable, 8)
    assert result.labels == counter.labels and result.n == N - 1
    few = result.shared < 3
    assert few.any() and (result.q[few & (result.q < 1)].size == 0)
    tested = np.where(few, 1.0, result.p)
    want = stats.false_discovery_control(tested)
    np.testing.assert_allclose(result.q, want)
    # Adjusted p: the share of null lists with a label that is as unlikely.
    null = shuffled_null(counter, 999, store=MemoryStore())
    np.testing.assert_array_equal(result.p_familywise, p_values(tested, null, larger=False))
    assert (result.p_familywise >= result.p - 0.02).all()


def test_random_lists_are_named_once_in_twenty_times_at_most(space: ts.EmbeddingSpace) -> None:
    rng, store, m = np.random.default_rng(8), MemoryStore(), 300
    pool = np.flatnonzero(space.usable)
    found = [named(space, rng.choice(pool, 10, replace=False).tolist(), store=store) for _ in range(m)]
    assert sum(result.text != NOTHING for result in found) / m <= 0.05 + 3.3 * (0.05 * 0.95 / m) ** 0.5
    assert all(bool(result.themes) == (result.p_list <= 0.05) for result in found)


def test_beside_random_directions(space: ts.EmbeddingSpace) -> None:
    """By naive loops over the lists of the null."""
    result = named(
        space,
        [*TEN[4:], 201, 303, 455, 571],
        n_random_directions=200,
        search=SearchSettings(centered=True),
    )
    beside = result.directions
    assert beside is not None and beside.n_draws == 200
    assert beside.settings.to_dict() == {
        "k": 10, "similarity": "cosine", "centered": True, "forms": False,
    }  # fmt: skip
    lists = direction_lists(space, beside.settings, 200)
    table = overlapping()
    smallest = LabelCounter(table, space.usable, 10).smallest(lists).p
    own = result.p[result.shared >= 3].min()
    assert beside.p_familywise == (1 + sum(p <= own for p in smallest.tolist())) / 201
    for place, found in enumerate(result.labels):
        members = set(table.members(found.name).tolist()) - {7}
        reached = sum(len(members & set(ids)) >= result.shared[place] for ids in lists.tolist())
        assert beside.p[place] == (1 + reached) / 201
    # The tokens of "ten" are near each other: directions find them together, random draws do not.
    ten = [found.name for found in result.labels].index("ten")
    assert beside.p_familywise > result.p_list and beside.p[ten] > result.p[ten]


def test_tokens_without_a_direction_take_no_part(space: ts.EmbeddingSpace) -> None:
    with_it, without = named(space, [7, 10, 20, 30, 2]), named(space, [10, 20, 30, 2])
    assert with_it.left_out == (7,) and with_it.ids.tolist() == without.ids.tolist()
    assert with_it.p_list == without.p_list
    assert [found["id"] for found in with_it.to_dict()["left_out"]] == [7]


def test_kinds_and_nothing_in_common(space: ts.EmbeddingSpace) -> None:
    only = named(space, TEN, kinds=("form", "id"))
    assert {found.kind for found in only.labels} == {"form", "id"}
    assert only.text.startswith("only outwardly alike: 10 of 10 are ")
    nothing = named(space, [1, 2, 300, 599])
    assert nothing.text == NOTHING and nothing.themes == () and nothing.p_list > 0.05
    no_labels = named(space, [1, 2, 3], labels=LabelTable.from_members(N, []), n_random_directions=10)
    assert no_labels.text == NOTHING and no_labels.p_list == 1 and len(no_labels.q) == 0
    assert no_labels.directions is not None and no_labels.directions.p_familywise == 1


def test_the_result_for_machines(space: ts.EmbeddingSpace) -> None:
    result = named(space, [*TEN[:4], 1, 2], n_random_directions=20)
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert record["name"] == result.text and record["p_familywise"] == result.p_list
    assert record["settings"]["draws"] == 999 and record["settings"]["random_directions"]["k"] == 6
    assert record["eligible_labels"] == len(result.labels) and record["n_tokens"] == N - 1
    assert all(found["shared"] >= 1 for found in record["labels"])
    assert [found["p"] for found in record["labels"]] == sorted(found["p"] for found in record["labels"])
    assert record["model"]["sha256"]
    alone = named(space, [*TEN[:4], 1, 2]).to_dict()
    assert alone["settings"]["random_directions"] is None
    assert alone["p_familywise_random_directions"] is alone["beyond_random_directions"] is None
    assert record["beyond_random_directions"] is result.beyond_directions


def test_what_is_no_list_is_refused(space: ts.EmbeddingSpace) -> None:
    for tokens in ([1, 2], [], [1, 2, 7]):
        with pytest.raises(InputError, match="too few to have a name: give 3 or more"):
            named(space, tokens)
    with pytest.raises(InputError, match=r"'␣token␣2' \(id 2\) is given twice"):
        named(space, [1, 2, 3, " token 2"])
    with pytest.raises(InputError, match="one was given"):
        named(space, " token 1")
    with pytest.raises(UnknownTokenError):
        named(space, [1, 2, " tokne 3"])
    with pytest.raises(InputError, match="there are form"):
        named(space, [1, 2, 3], kinds=("colour",))
    with pytest.raises(InputError, match="labels for 3 tokens"):
        named(space, [1, 2, 3], labels=LabelTable.from_members(3, []))


def test_many_lists_at_once_are_named_like_one(space: ts.EmbeddingSpace) -> None:
    rng = np.random.default_rng(2)
    pool = np.flatnonzero(space.usable)
    lists = np.stack([rng.choice(pool, 6, replace=False) for _ in range(40)])
    lists[3, :5] = TEN[5:]
    lists[9] = [0, 4, 8, 12, 16, 24]
    counter = LabelCounter(overlapping(), space.usable, 6)
    names = name_lists(counter, lists, NamingSpec(999))
    assert len(names) == 40 and names.has_theme[3] and not names.has_theme.all()
    for i, ids in enumerate(lists.tolist()):
        alone = named(space, ids)
        assert names[i] == alone.themes and names.text(i) == alone.text
        assert names.p_familywise[i] == alone.p_list
        strongest = min(alone.themes, key=lambda theme: theme.p, default=None)
        assert names.kinds[i] == (strongest and strongest.label.kind)
        assert (names.short(i) is None) == (not alone.themes)
    assert names.short(3) == "5/6 ten"
    assert names[2:4] == [names[2], names[3]]


def test_a_theme_of_meaning_is_shown_before_one_of_form() -> None:
    n = 1000
    table = LabelTable.from_members(
        n,
        [
            (label("form", "form"), [0, 1, 2, 3, 4, 5, 6, 7]),
            (label("meaning"), [5, 6, 7, 8, 9, *range(100, 130)]),
        ],
    )
    counter = LabelCounter(table, np.ones(n, dtype=bool), 10)
    names = name_lists(counter, [list(range(10))], NamingSpec(999))
    assert [theme.label.name for theme in names[0]] == ["meaning", "form"]
    assert names.short(0) == "5/10 meaning" and names.kinds == ["form"]
    assert names.text(0).startswith("5 of 10 are meaning")
