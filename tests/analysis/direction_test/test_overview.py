"""What many directions are about, which tokens crowd their lists, and filters as they are typed."""

from __future__ import annotations

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.analysis.results import make_labels
from tests.cases import case
from tokensphere.analysis.direction_test.asked import read_filter, that_fit
from tokensphere.analysis.direction_test.listing import Filter
from tokensphere.analysis.direction_test.overview import crowding, themes_of
from tokensphere.analysis.direction_test.verdict import VERDICTS

SOME = slice(0, 9)  # the tokens of a label


@pytest.fixture(scope="module")
def test(small: ts.EmbeddingSpace) -> ts.DirectionTest:
    """Directions along the middle of nine tokens that share a label, and random ones."""
    draw = np.random.default_rng(3)
    rows = small.vectors[SOME].astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    planted = rows.mean(axis=0) + 0.02 * draw.standard_normal((30, small_model.D))
    given = np.concatenate([planted, draw.standard_normal((40, small_model.D))])
    groups = ["planted"] * 30 + ["random"] * 40
    directions = ts.make_directions(small, given).grouped(groups)
    return ts.direction_test(
        small, directions, null=ts.NullSpec("isotropic", 500), search=ts.SearchSettings(5),
        labels=make_labels(small),
    )  # fmt: skip


def test_themes_are_counted_once_for_each_direction(test: ts.DirectionTest) -> None:
    every = np.arange(len(test))
    found = themes_of(test.themes, every)
    assert sum(one.count for one in found) == sum(bool(test.themes[row]) for row in range(len(test)))
    assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)
    for one in found:
        firsts = [test.themes[i][0].label.words for i in range(len(test)) if test.themes[i]]
        assert one.count == firsts.count(one.words)
    assert test.overview == themes_of(test.themes, np.flatnonzero(test.verdict == 0))


def test_crowding_finds_what_was_planted(test: ts.DirectionTest) -> None:
    n, planted = len(test.vocabulary), test.ids[:30]
    found = crowding(planted, n)
    assert found is not None and found.worth_saying and found.of == 30
    assert found.lists == sum(bool(set(found.ids) & set(row.tolist())) for row in planted)
    few = crowding(planted[:10], n)
    assert few is not None and not few.worth_saying
    assert crowding(test.ids[:0], n) is None
    many = np.arange(5000, dtype=np.int32).reshape(1000, 5)
    spread = crowding(many, 5000)
    assert spread is not None and not spread.worth_saying


def test_what_was_asked_for_is_shown(small: ts.EmbeddingSpace, test: ts.DirectionTest) -> None:
    found = ts.find_directions(test, "q<0.05", "direction=vector[1", n=3, sort="name")
    kept = that_fit(test, ["q<0.05", "direction=vector[1"])
    assert found.fitting == kept.sum() > 3 and kept[found.rows].all() and len(found) == 3
    record = found.to_dict()
    assert record["order"]["filters"] == ["q<0.05", "direction=vector[1"]
    assert record["order"]["fitting"] == found.fitting
    assert f"{found.fitting} of 70 directions fit q<0.05, direction=vector[1" in str(found)
    assert "What is shared" in str(test.top()) or len(test.overview) < 2
    planted = ts.direction_test(
        small, test.directions.read(0, 30), null=ts.NullSpec("isotropic", 500), search=test.search
    )
    for one in (test, planted):
        found_crowded = one.crowding()
        assert found_crowded is not None
        assert ("Beware" in str(one.top())) == found_crowded.worth_saying == (one is planted)


def test_filters_keep_what_they_say(test: ts.DirectionTest) -> None:
    q, ids = test["nearness"].qvalue.tolist(), test.ids
    token = test.vocabulary.text(int(ids[0, 0]))
    first = test.themes.smallest.label[0]
    label = test.themes.counter.labels[int(first)].words
    expected = {
        "q<0.01": np.array(q) < 0.01,
        f"q<={q[3]!r}": np.array(q) <= q[3],
        f"q<{q[3]!r}": np.array(q) < q[3],
        f'token="{token}"': (ids == ids[0, 0]).any(axis=1),
        f"name={label.upper()}": [label in "".join(t.label.words for t in of) for of in test.themes],
        "verdict=neither": test.verdict == VERDICTS.index("neither"),
        "group=random": np.arange(len(test)) >= 30,
        "direction=vector[4": [name.startswith("vector[4") for name in test.names],
    }
    for typed, kept in expected.items():
        with case(typed):
            np.testing.assert_array_equal(that_fit(test, [typed]), kept)
            both = that_fit(test, [typed, "group=random"])
            np.testing.assert_array_equal(both, np.asarray(kept) & (np.arange(len(test)) >= 30))


def test_a_row_has_its_tokens_and_what_they_share_in_words(small: ts.EmbeddingSpace) -> None:
    given = np.concatenate(
        [np.zeros((1, small_model.D)), ts.random_directions(small_model.D, range(6), seed=1)]
    )
    test = ts.direction_test(small, given, null=ts.NullSpec(draws=99), labels=make_labels(small))
    columns = test.columns()
    assert columns["neighbor_tokens"][0] == columns["shared"][0] == ""
    words = {label.name: label.words for label in test.themes.counter.labels} | {"": ""}
    for row in range(1, 7):
        shown = [test.vocabulary.visible(id) for id in test.ids[row].tolist()]
        assert columns["neighbor_tokens"][row].split("  ") == shown
        assert columns["shared"][row] == words[columns["label_shared"][row]]


def test_what_is_no_filter_is_refused(test: ts.DirectionTest) -> None:
    for typed in (
        "q",
        "q=0.01",
        "q<x",
        "q<0",
        "q<2",
        "name<3",
        "nothing=x",
        "name=",
        "verdict=good",
        "",
    ):
        with case(typed), pytest.raises(ts.InputError):
            read_filter(typed)
    for typed in ("group=nowhere", "token=nowhere at all"):
        with case(typed), pytest.raises(ts.TokensphereError):
            that_fit(test, [typed])
    assert read_filter("token=' Paris'") == Filter(text=" Paris", within="token")
    assert read_filter("token= Paris").text == " Paris"
