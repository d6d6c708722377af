"""Rows of directions: what is kept, and in which order, beside a plain loop over all of them."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import SPACE, D, group_means, made, run
from tests.cases import case
from tokensphere.analysis.direction_test.listing import COLUMNS, UNTESTABLE, Filter, Listing
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.directions.named import natural
from tokensphere.errors import InputError, UnknownTokenError

rng = np.random.default_rng(5)
V = np.concatenate(
    [group_means(SPACE), rng.standard_normal((25, D)), np.zeros((2, D)), group_means(SPACE)]
)
NAMES = [f"W[{i}] of {'ab'[i % 2]}" for i in range(len(V))]
GIVEN = made(V).called(NAMES).grouped([f"layer {i % 3}" for i in range(len(V))])


@pytest.fixture(scope="module")
def test() -> ts.DirectionTest:
    return run(GIVEN)


def row_of(test: ts.DirectionTest, i: int) -> dict[str, Any]:
    """What a reader sees of a row."""
    columns = {name: column[i] for name, column in test.columns().items()}
    columns["shown"] = [SPACE.vocabulary.visible(id) for id in test.ids[i] if id >= 0]
    return columns


def test_a_filter_keeps_what_a_loop_over_the_rows_keeps(test: ts.DirectionTest) -> None:
    words = {label.name: label.words for label in test.themes.counter.labels}
    rows = [row_of(test, i) for i in range(len(test))]
    ways: list[tuple[Filter, Callable[[dict[str, Any]], bool]]] = [
        (Filter(), lambda row: True),
        (Filter("OF B", "name"), lambda row: "of b" in row["direction"]),
        (Filter("␣T1", "tokens"), lambda row: any("␣t1" in shown for shown in row["shown"])),
        (Filter(" t1", "tokens"), lambda row: any("␣t1" in shown for shown in row["shown"])),
        (Filter("t7", "token"), lambda row: "t7" in row["shown"]),
        (Filter("group 3", "label"), lambda row: "group 3" in words.get(row["label_shared"], "")),
        (Filter(most_q=0.05), lambda row: row["q_nearness"] <= 0.05),
        (Filter(most_q=0.3, statistic="label"), lambda row: row["q_label"] <= 0.3),
        (Filter(verdict="meaning"), lambda row: row["verdict"] == "meaning"),
        (Filter(verdict=UNTESTABLE), lambda row: row["untestable"] != ""),
        (Filter(group="layer 2"), lambda row: row["group"] == "layer 2"),
        (
            Filter("of a", "name", 0.05, "nearness", "meaning", "layer 0"),
            lambda row: (
                (row["verdict"], row["group"]) == ("meaning", "layer 0") and "of a" in row["direction"]
            ),
        ),
    ]
    listing = Listing(GIVEN, test)
    for filter, wanted in ways:
        with case(filter):
            found = listing.rows(filter).tolist()
            assert found == [i for i, row in enumerate(rows) if wanted(row)]
            assert found or filter.within == "token"


def test_anything_is_name_or_tokens_or_label(test: ts.DirectionTest) -> None:
    listing = Listing(GIVEN, test)
    for text in ("W[1", "t1", "group 1", "nowhere"):
        parts = [listing.where(Filter(text, within)) for within in ("name", "tokens", "label")]
        np.testing.assert_array_equal(listing.where(Filter(text)), np.any(parts, axis=0))


@pytest.mark.parametrize("by", COLUMNS)
def test_rows_are_sorted_both_ways_and_what_has_no_value_comes_last(
    test: ts.DirectionTest, by: str
) -> None:
    columns, labels = test.columns(), test.themes.counter.labels
    words = {label.name: label.words for label in labels}

    def value(i: int) -> Any:
        none = columns["untestable"][i] != ""
        return {
            "given": i,
            "name": natural(NAMES[i]),
            "group": i % 3,
            "tokens": None if none else SPACE.vocabulary.visible(int(test.ids[i, 0])),
            "label": words.get(columns["label_shared"][i]),
            "verdict": None if none else VERDICTS.index(columns["verdict"][i]),
            "value": columns["label"][i],
            **{name: columns[f"{name}_label"][i] for name in ("p", "q", "effect")},
        }[by]

    def missing(one: Any) -> bool:
        return one is None or (isinstance(one, float) and isnan(one))

    listing = Listing(GIVEN, test)
    for descending in (False, True):
        found = listing.rows(Filter(statistic="label"), by, descending=descending).tolist()
        assert sorted(found) == list(range(len(test)))
        values = [value(i) for i in found]
        there = [one for one in values if not missing(one)]
        assert values[: len(there)] == there  # what has none is last
        assert there == sorted(there, reverse=descending)


def test_names_are_sorted_as_a_person_would() -> None:
    odd = ["a10", "a9", "a", "a!", "ab", "a1b2", "a1b10", "10", "9", "W[2]", "W[10]", "b٣", "a010"]
    listing = Listing(made(rng.standard_normal((len(odd), D))).called(odd))
    found = [odd[i] for i in listing.rows(Filter(), "name").tolist()]
    assert found == sorted(odd, key=natural)


def test_of_equal_p_the_more_extreme_comes_first(test: ts.DirectionTest) -> None:
    """As in the terminal."""
    listing = Listing(GIVEN, test)
    for statistic in ("nearness", "label"):
        order = test.order("p", statistic).tolist()
        assert listing.rows(Filter(statistic=statistic), "p").tolist()[: len(order)] == order


def test_before_a_test_there_are_names_and_groups() -> None:
    listing = Listing(GIVEN)
    assert len(listing) == len(V)
    found = listing.rows(Filter("w[1", group="layer 1"), "name", descending=True).tolist()
    assert found == [19, 16, 13, 10, 1]
    assert len(listing.rows(Filter("of a"))) == (len(V) + 1) // 2
    for filter in (Filter("t7", "token"), Filter(most_q=inf), Filter(verdict="meaning")):
        with pytest.raises(InputError, match="known once the test has run"):
            listing.where(filter)
    with pytest.raises(InputError, match="'q' is known once the test has run"):
        listing.rows(Filter(), "q")


def test_what_is_unknown_is_said(test: ts.DirectionTest) -> None:
    listing = Listing(GIVEN, test)
    with pytest.raises(InputError, match="unknown group 'layer 9': use one of layer 0, layer 1"):
        listing.where(Filter(group="layer 9"))
    with pytest.raises(InputError, match="no groups; leave the group out"):
        Listing(made(V)).where(Filter(group="layer 9"))
    with pytest.raises(InputError, match="unknown order 'colour': use one of given, name"):
        listing.rows(Filter(), "colour")
    with pytest.raises(UnknownTokenError, match="no token 'blue'"):
        listing.where(Filter("blue", "token"))
    wrong: list[dict[str, Any]] = [{"within": "x"}, {"verdict": "x"}, {"statistic": "x"}]
    for options in wrong:
        with case(options), pytest.raises(InputError, match=r"unknown .* 'x': use one of"):
            Filter("a", **options)
