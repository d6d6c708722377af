"""What somebody types is read as it is meant, and an exact token always means itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.directions.drawn import DrawnByName, read_name
from tokensphere.directions.typed import read_typed, spaced
from tokensphere.errors import InputError, UnknownTokenError

WORDS = [" king", " man", " woman", "king", " - ", " king - man", "a", " New", " York", "1/2", "'", "␣"]
VOCABULARY = ts.Vocabulary(WORDS)


def read(text: str) -> tuple[list[int], list[int]]:
    found = read_typed(VOCABULARY, text)
    return [VOCABULARY.id(one) for one in found.positive], [VOCABULARY.id(one) for one in found.negative]


def test_an_exact_token_means_itself() -> None:
    for id, word in enumerate(WORDS):
        assert read(word) == ([id], []), word
    exact = ts.Vocabulary(["ĠParis", " Paris", "▁Paris", "id:1"])
    assert [exact.id(word) for word in ("ĠParis", "▁Paris", "id:1", " Paris")] == [0, 2, 3, 1]


def test_sums_of_words() -> None:
    assert read(" king - man + woman") == ([0, 2], [1])
    assert read("king + a") == ([3, 6], [])
    assert read(" - king + man") == ([1], [0])
    assert read('" king" - "king"') == read("␣king − king") == ([0], [3])
    assert read("id:2 - id:0") == ([2], [0])


def test_tokens_as_tokenizers_spell_them() -> None:
    for word in ("Ġking", "▁king", "␣king", "id:0"):
        assert read(word) == ([0], []), word
    assert read("Ġking - Ġman") == read("▁king - ▁man") == ([0], [1])
    words = ts.Vocabulary([" café", " New York", "é", b"\xe9".decode("latin-1")])
    assert words.id("ĠcafÃ©") == words.id("Ġcafé") == words.id("▁café") == 0
    assert words.id("ĠNewĠYork") == words.id("▁New▁York") == 1


def test_what_is_not_there() -> None:
    with pytest.raises(UnknownTokenError, match="did you mean '␣king'"):
        read(" kingg")
    with pytest.raises(UnknownTokenError, match=r"no token '␣kong'.*did you mean '␣king'"):
        read(" man - kong")
    for text in (" New York", "New York"):
        with pytest.raises(UnknownTokenError, match=r"for their sum type ' New \+ York'"):
            read(text)
    with pytest.raises(InputError, match="a token is missing"):
        read(" man - ")
    assert VOCABULARY.find(" kingg") is None and VOCABULARY.find("id:99") is None


def test_with_a_space_there_is_another() -> None:
    assert spaced(VOCABULARY, read_typed(VOCABULARY, "king")) == [{"id": 0, "token": " king"}]
    for text in (" king", "a", "king - ␣king", "id:3"):
        assert not spaced(VOCABULARY, read_typed(VOCABULARY, text)), text


def test_names_of_random_directions() -> None:
    assert read_name("0/867") == (0, 867) and read_name("12/0") == (12, 0)
    for text in ("0/", "/1", "-1/2", "0/1/2", "0.5/1", " 0/1", "٣/١"):
        assert read_name(text) is None, text


@pytest.fixture
def space() -> ts.EmbeddingSpace:
    rows = np.random.default_rng(0).standard_normal((len(WORDS), 4)).astype(np.float32)
    return ts.EmbeddingSpace.from_arrays(rows, WORDS)


def test_the_library_reads_the_same(space: ts.EmbeddingSpace) -> None:
    def ids(directions: Any) -> list[list[int]]:
        found: list[list[int]] = ts.nearest(space, directions, k=3).ids.tolist()
        return found

    sums = ts.TokenSum((" king", " woman"), (" man",))
    assert ids(" king - man + woman") == ids(sums)
    assert ids([" king - man + woman", "a", "Ġking"]) == ids(
        [sums, ts.TokenSum(("a",)), ts.TokenSum((0,))]
    )
    assert ids("0/867") == ids(ts.RandomDirections(4, 1, first=867))
    one, other = (ts.random_directions(4, index, seed=seed) for seed, index in ((3, 7), (0, 300)))
    assert ids(["3/7", "0/300"]) == ids(np.concatenate([one, other]))
    assert ids("1/2") == ids(9)  # a token


def test_a_record_says_what_exists_with_a_space(space: ts.EmbeddingSpace) -> None:
    found = ts.nearest(space, ["king", " king", "king - a"], k=3).to_dict()["results"]
    also = [one["direction"].get("also") for one in found]
    assert also == [[{"id": 0, "token": " king"}], None, [{"id": 0, "token": " king"}]]


def test_directions_by_name_are_known_by_it(space: ts.EmbeddingSpace) -> None:
    alone, ranged = (
        ts.make_directions(space, given) for given in ("0/5", ts.RandomDirections(4, 1, first=5))
    )
    assert alone.key == ranged.key and alone.names[0] == ranged.names[0]
    several = ts.make_directions(space, ["0/5", "2/9"])
    assert several.about == {"what": "random directions", "names": ["0/5", "2/9"]}
    assert [name.record for name in several.names] == [{"seed": 0, "index": 5}, {"seed": 2, "index": 9}]
    rows = DrawnByName(4, ((0, 5), (2, 9)))
    np.testing.assert_array_equal(rows[0:2], several.read(0, 2))
    assert rows[1:1].shape == (0, 4)


def test_names_and_tokens_are_looked_for_apart(space: ts.EmbeddingSpace) -> None:
    with pytest.raises(InputError, match="0/5 is a random direction, and others here are none"):
        ts.nearest(space, ["0/5", "a"], k=3)


def test_a_test_reads_the_same(space: ts.EmbeddingSpace) -> None:
    how = {"null": ts.NullSpec(draws=20), "search": ts.SearchSettings(k=3)}
    typed, meant = (
        ts.direction_test(space, given, **how)  # type: ignore[arg-type]
        for given in (" king - woman", ts.TokenSum((" king",), (" woman",)))
    )
    np.testing.assert_array_equal(typed.ids, meant.ids)
