from __future__ import annotations

import itertools
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests import small_model
from tests.analysis.spaces import unit_rows
from tests.cases import case
from tokensphere.analysis.nearest import Search
from tokensphere.errors import InputError, UnknownTokenError
from tokensphere.geometry.similarity import SIMILARITIES, SearchSettings, Similarity
from tokensphere.vocabulary import Kind, Vocabulary

F64 = npt.NDArray[np.float64]


def ranked(values: F64, without: list[int] | None = None) -> list[int]:
    order = np.argsort(-values, kind="stable").tolist()
    return [id for id in order if id not in (without or [])]


def test_a_token_finds_the_tokens_of_largest_cosine_but_not_itself(small: ts.EmbeddingSpace) -> None:
    for centered in (False, True):
        rows = unit_rows(small, centered=centered)
        for id in (0, 7, 30):
            found = ts.nearest(small, id, k=12, centered=centered)
            cosines = rows @ rows[id]
            assert found.ids[0].tolist() == ranked(cosines, [id])[:12]
            np.testing.assert_allclose(found.similarity[0], cosines[found.ids[0]], rtol=1e-10)


def test_ways_to_name_the_same_token(small: ts.EmbeddingSpace) -> None:
    id = small.vocabulary.id(" Paris")
    want = ts.nearest(small, id)
    ways: list[Any] = [" Paris", "␣Paris", b" Paris", f"id:{id}", np.int64(id), [" Paris"]]
    for way in ways:
        found = ts.nearest(small, way)
        np.testing.assert_array_equal(found.ids, want.ids)
        assert found.names[0].title == "␣Paris"
        assert found.names[0].record == {"positive": [{"id": id, "token": " Paris"}], "negative": []}
    # "id:5" and "5" are tokens of this vocabulary: the text goes before the number
    assert small.vocabulary.token(small.vocabulary.id("id:5")) == b"id:5"
    assert small.vocabulary.token(small.vocabulary.id("5")) == b"5"
    assert small.vocabulary.token(small.vocabulary.id("id:6")) == small_model.TOKENS[6]


def test_positive_and_negative_are_gensims(small: ts.EmbeddingSpace) -> None:
    """The mean of unit rows, negative ones with their sign turned; own tokens left out."""
    rows = unit_rows(small)
    king, man, woman = (small.vocabulary.id(word) for word in (" king", " man", " woman"))
    found = ts.nearest(small, positive=[" king", " woman"], negative=" man", k=9)
    mean = (rows[king] + rows[woman] - rows[man]) / 3
    cosines = rows @ mean / np.linalg.norm(mean)
    assert found.ids[0].tolist() == ranked(cosines, [king, man, woman])[:9]
    np.testing.assert_allclose(found.similarity[0], cosines[found.ids[0]], rtol=1e-10)
    assert found.names[0].title == "␣king + ␣woman − ␣man"


def test_sums_for_dot_and_euclidean_are_of_the_rows(small: ts.EmbeddingSpace) -> None:
    rows = small.vectors.astype(np.float64)
    centered = rows - rows.mean(axis=0)
    a, b, c = 3, 4, 5
    dot = ts.nearest(small, positive=[a, b], negative=[c], similarity="dot", k=5)
    values = rows @ (rows[a] + rows[b] - rows[c]) / 3
    assert dot.ids[0].tolist() == ranked(values, [a, b, c])[:5]
    np.testing.assert_allclose(dot.similarity[0], values[dot.ids[0]], rtol=1e-10)
    for table, is_centered in ((rows, False), (centered, True)):
        far = ts.nearest(small, positive=[a, b], similarity="euclidean", centered=is_centered, k=5)
        distances = np.linalg.norm(table - (table[a] + table[b]) / 2, axis=1)
        assert far.ids[0].tolist() == ranked(-distances, [a, b])[:5]
        np.testing.assert_allclose(far.similarity[0], distances[far.ids[0]], rtol=1e-10)
        assert (np.diff(far.similarity[0]) >= 0).all()


def test_several_tokens_are_looked_up_each_by_itself(small: ts.EmbeddingSpace) -> None:
    tokens: list[str | bytes | int] = [" king", b" Paris", 9]
    together = ts.nearest(small, tokens, k=4)
    assert together.ids.shape == (3, 4)
    for row, token in enumerate(tokens):
        np.testing.assert_array_equal(together.ids[row], ts.nearest(small, token, k=4).ids[0])


def test_vectors_are_asked_as_they_are(small: ts.EmbeddingSpace) -> None:
    vectors = np.random.default_rng(0).standard_normal((3, small_model.D))
    rows = unit_rows(small)
    many = ts.nearest(small, vectors, k=5)
    for row in range(3):
        assert many.ids[row].tolist() == ranked(rows @ vectors[row])[:5]
    assert [name.title for name in many.names] == ["vector[0]", "vector[1]", "vector[2]"]
    one = ts.nearest(small, vectors[1], k=5)
    np.testing.assert_array_equal(one.ids[0], many.ids[1])
    assert one.names[0].record == {"vector": "vector", "row": None}
    listed = ts.nearest(small, vectors.tolist(), k=5)
    np.testing.assert_array_equal(listed.ids, many.ids)
    whole = np.rint(vectors * 100).astype(np.int64)
    np.testing.assert_array_equal(ts.nearest(small, whole).ids, ts.nearest(small, whole * 1.0).ids)
    half = vectors.astype(np.float16)
    np.testing.assert_array_equal(ts.nearest(small, half).ids, ts.nearest(small, half * 1.0).ids)
    own = ts.nearest(small, small.vectors[4], k=1)
    assert own.ids[0, 0] == 4 and own.similarity[0, 0] == pytest.approx(1)


def test_random_directions_keep_their_names(small: ts.EmbeddingSpace) -> None:
    directions = ts.RandomDirections(small_model.D, 4, first=1022, seed=9)
    found = ts.nearest(small, directions, k=3)
    drawn = ts.random_directions(small_model.D, range(1022, 1026), seed=9)
    np.testing.assert_array_equal(found.ids, ts.nearest(small, drawn, k=3).ids)
    assert [name.record for name in found.names] == [{"seed": 9, "index": 1022 + i} for i in range(4)]
    assert found.names[1:3][0].title == "seed 9, index 1023"


def test_progress_counts_every_direction(small: ts.EmbeddingSpace) -> None:
    done: list[int] = []
    ts.nearest(small, ts.RandomDirections(small_model.D, 5000), k=1, progress=done.append)
    assert sum(done) == 5000 and len(done) > 1


def test_of_each_form_only_the_nearest_stays(small: ts.EmbeddingSpace) -> None:
    forms = small.vocabulary.forms
    queries: list[Any] = [ts.RandomDirections(small_model.D, 20), [" king", "one", b"\xff"]]
    for similarity, asked in itertools.product(SIMILARITIES, queries):
        full = ts.nearest(small, asked, k=len(forms) - 1, similarity=similarity)
        for k in (1, 6, 25):
            found = ts.nearest(small, asked, k=k, similarity=similarity, forms=True)
            for row, everything in enumerate(full.ids.tolist()):
                own = {forms[small.vocabulary.id(asked[row])]} if isinstance(asked, list) else set()
                want: list[int] = []
                for id in everything:
                    if forms[id] not in own | {forms[other] for other in want}:
                        want.append(id)
                assert found.ids[row].tolist() == want[:k], (similarity, k, row)


def test_other_forms_of_the_own_tokens_are_left_out_even_if_nearer() -> None:
    vectors = np.eye(5, 4)
    vectors[1] = [7, 0, 0, 0]  # by the dot product nearer to the first than itself
    vectors[2:] += 0.1
    space = ts.EmbeddingSpace.from_arrays(vectors, [" king", "KING", "b", "c", "d"])
    assert ts.nearest(space, " king", k=2, similarity="dot").ids[0, 0] == 1
    found = ts.nearest(space, " king", k=3, similarity="dot", forms=True)
    assert sorted(found.ids[0].tolist()) == [2, 3, 4]
    shown = ts.nearest(space, " king", k=1, similarity="dot", forms=True, exclude=[])
    assert shown.ids[0].tolist() == [1]


def test_more_forms_than_there_are(small: ts.EmbeddingSpace) -> None:
    different = len(set(small.vocabulary.forms.tolist()))
    direction = ts.RandomDirections(small_model.D, 1)
    assert ts.nearest(small, direction, k=different, forms=True).ids.shape == (1, different)
    with pytest.raises(InputError, match=f"only {different} different tokens can be found"):
        ts.nearest(small, direction, k=different + 1, forms=True)


def test_exclude(small: ts.EmbeddingSpace) -> None:
    rows = unit_rows(small)
    direction = np.random.default_rng(2).standard_normal(small_model.D)
    order = ranked(rows @ direction)
    found = ts.nearest(small, direction, k=5, exclude=[order[0], small.vocabulary.token(order[2])])
    assert found.ids[0].tolist() == [order[1], *order[3:7]]
    itself = ts.nearest(small, " king", k=3, exclude=[])
    assert itself.ids[0, 0] == small.vocabulary.id(" king")
    other = ts.nearest(small, " king", k=60 - 11, exclude=[" queen"])
    assert small.vocabulary.id(" king") in other.ids and small.vocabulary.id(" queen") not in other.ids
    n = small.shape[0]
    assert ts.nearest(small, " king", k=n - 1).ids.shape == (1, n - 1)
    with pytest.raises(InputError, match=f"k is {n}"):
        ts.nearest(small, " king", k=n)


def test_exclude_one_token(small: ts.EmbeddingSpace) -> None:
    found = ts.nearest(small, 0, k=10, exclude=" queen")
    assert small.vocabulary.id(" queen") not in found.ids


def test_rows_without_direction_and_padding_are_left_out() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.standard_normal((30, 5)).astype(np.float32)
    vectors[3], vectors[4, 1] = 0, np.nan
    kinds = np.zeros(30, dtype=np.uint8)
    kinds[-2:] = Kind.PADDING
    vocabulary = Vocabulary([f"t{i}" for i in range(30)], kinds=kinds)
    space = ts.EmbeddingSpace(vectors, vocabulary, ts.Provenance("m", "memory"))
    for centered in (False, True):
        found = ts.nearest(space, ts.RandomDirections(5, 6), k=26, centered=centered)
        assert found.left_out == 4
        for row in found.ids.tolist():
            assert sorted(row) == [id for id in range(28) if id not in (3, 4)]
    for token in ("t3", "t4", "t29"):
        with pytest.raises(InputError, match="has no direction"):
            ts.nearest(space, token)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "nothing to look for"),
    ({"directions": "one", "positive": "two"}, "not both"),
    ({"positive": [], "negative": []}, "both empty"),
    ({"directions": np.zeros(small_model.D)}, "direction 0 is the zero vector"),
    ({"directions": np.eye(2, small_model.D, 1) * [[1], [0]]}, "direction 1 is the zero vector"),
    ({"directions": np.ones(7)}, "7 dimensions, but .* has 32"),
    ({"directions": ts.RandomDirections(7, 1)}, "7 dimensions, but .* has 32"),
    ({"directions": np.full(small_model.D, np.nan)}, "NaN or infinite"),
    ({"directions": np.full(small_model.D, np.inf)}, "NaN or infinite"),
    ({"directions": np.ones(small_model.D, dtype=complex)}, "must be real numbers"),
    ({"directions": np.full(small_model.D, "x")}, "must be real numbers"),
    ({"directions": np.ones((1, 1, small_model.D))}, "but need"),
    ({"directions": np.ones((0, small_model.D))}, "there are no directions"),
    ({"directions": [[1.0, 2.0], [3.0]]}, "are no array"),
    ({"directions": ["one", 1.5]}, "mix tokens, sums of tokens and numbers"),
    ({"directions": 1.5}, "but need"),
    ({"directions": "one", "k": 0}, "k is 0"),
    ({"directions": "one", "k": 2.0}, "k is 2.0"),
    ({"directions": "one", "k": 10**6}, "k is 1000000"),
    ({"directions": "one", "k": 10**30}, "k is 10{30}"),
    ({"directions": np.ones(small_model.D), "k": 10**30}, "k is 10{30}"),
    ({"directions": "one", "k": 10**30, "forms": True}, "k is 10{30}"),
    ({"directions": "one", "similarity": "l2"}, "use one of"),
    ({"positive": "one", "negative": "one"}, "cancel out"),
    ({"positive": "one", "negative": ["two"], "similarity": "euclidean"}, "a distance needs a point"),
]


def test_wrong_arguments(small: ts.EmbeddingSpace) -> None:
    for arguments, message in REFUSED:
        with case(arguments):
            with pytest.raises(InputError, match=message) as caught:
                ts.nearest(small, **arguments)
            assert "\n" not in str(caught.value)


def test_a_value_that_is_no_number_is_told_with_its_direction(small: ts.EmbeddingSpace) -> None:
    vectors = np.ones((9000, small_model.D))
    vectors[8001, 3] = np.nan  # beyond the first block
    with pytest.raises(InputError, match="direction 8001 has a value that is NaN or infinite"):
        ts.nearest(small, vectors)


def test_unknown_tokens(small: ts.EmbeddingSpace) -> None:
    for wrong in ("kingdoom", ["king", "kingdoom"]):
        with pytest.raises(UnknownTokenError):
            ts.nearest(small, wrong)
    with pytest.raises(UnknownTokenError):
        ts.nearest(small, positive="king", negative="kingdoom")
    with pytest.raises(UnknownTokenError):
        ts.nearest(small, "king", exclude=["kingdoom"])


@pytest.mark.parametrize("similarity", ["dot", "euclidean"])
def test_tokens_of_very_short_rows_do_not_cancel_out(similarity: Similarity) -> None:
    vectors = np.random.default_rng(5).standard_normal((20, 6)).astype(np.float32)
    names = [f"t{i}" for i in range(20)]
    short = ts.EmbeddingSpace.from_arrays(vectors * np.float32(1e-20), names)
    long = ts.EmbeddingSpace.from_arrays(vectors, names)
    found = ts.nearest(short, "t3", k=5, similarity=similarity)
    np.testing.assert_array_equal(found.ids, ts.nearest(long, "t3", k=5, similarity=similarity).ids)


def test_a_result_becomes_json_and_keeps_every_byte(small: ts.EmbeddingSpace) -> None:
    n = small.shape[0]
    found = ts.nearest(small, ts.RandomDirections(small_model.D, 2, first=5), k=n, centered=True)
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["model"] == small.provenance.to_dict()
    assert record["settings"] == {"k": n, "similarity": "cosine", "centered": True, "forms": False}
    assert record["left_out"] == 0
    assert [result["direction"] for result in record["results"]] == [
        {"seed": 0, "index": 5}, {"seed": 0, "index": 6},
    ]  # fmt: skip
    for row, result in enumerate(record["results"]):
        assert [entry["rank"] for entry in result["neighbors"]] == list(range(1, n + 1))
        for rank, entry in enumerate(result["neighbors"]):
            assert entry["id"] == found.ids[row, rank]
            token = bytes.fromhex(entry["bytes"])
            assert token == small.vocabulary.token(entry["id"])
            assert entry["token"] is None or entry["token"].encode() == token
            assert entry["similarity"] == found.similarity[row, rank]
    assert {entry["token"] for entry in record["results"][0]["neighbors"]} > {None, " king"}


def test_tokens_as_text(small: ts.EmbeddingSpace) -> None:
    found = ts.nearest(small, 0, k=small.shape[0] - 1)
    texts = dict(zip(found.ids[0].tolist(), found.tokens(), strict=True))
    assert texts[small_model.TOKENS.index(b" Paris")] == " Paris"
    assert texts[small_model.TOKENS.index(b"\xe2\x80")] == r"\xe2\x80"


def test_a_result_shows_itself(small: ts.EmbeddingSpace) -> None:
    found = ts.nearest(small, small_model.SCRIPT, k=small.shape[0] - 1)
    text = str(found)
    assert "␣king" in text and "<script>" in text and small_model.NAME in text
    html = found._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "<b>model</b>" not in html
    assert repr(found).startswith("<Neighbors: 1 × 50") and "Vocabulary" not in repr(found)
    with pytest.raises(AttributeError):
        found.left_out = 3  # type: ignore[misc]


def test_parts_are_the_lists_in_turn(small: ts.EmbeddingSpace) -> None:
    vectors = np.random.default_rng(0).standard_normal((600, small_model.D))
    asked: list[Any] = [vectors, ts.RandomDirections(small_model.D, 3000), list(range(40))]
    for given, similarity in itertools.product(asked, SIMILARITIES):
        settings = SearchSettings(3, similarity, centered=True)
        whole = ts.nearest(small, given, k=3, similarity=similarity, centered=True)
        parts = list(Search(small, given, settings).parts())
        assert (len(parts) > 1) == (len(whole) > 256) and sum(map(len, parts)) == len(whole)
        np.testing.assert_array_equal(np.concatenate([part.ids for part in parts]), whole.ids)
        np.testing.assert_array_equal(
            np.concatenate([part.similarity for part in parts]), whole.similarity
        )
        assert [one for part in parts for one in part] == whole.to_dict()["results"]


class Tensor:
    """As PyTorch's: what NumPy does not know becomes float32 only where it is asked for."""

    def __init__(self, array: Any) -> None:
        self.array, self.shape = array, array.shape

    def __getitem__(self, which: Any) -> Tensor:
        return Tensor(self.array[which])

    def detach(self) -> Tensor:
        return self

    cpu = detach

    def numpy(self) -> Any:
        raise TypeError("Got unsupported ScalarType BFloat16")

    def float(self) -> Tensor:
        return Single(self.array.astype(np.float32))


class Single(Tensor):
    """One of a type that NumPy knows."""

    def numpy(self) -> Any:
        return self.array


GIVEN: dict[str, Callable[[Any], Any]] = {
    "float32": lambda a: a.astype(np.float32),
    "float16": lambda a: a.astype(np.float16),
    "big-endian": lambda a: a.astype(">f4"),
    "int8": lambda a: (a * 20).astype(np.int8),
    "columns": lambda a: np.asfortranarray(a),
    "tensor": lambda a: Tensor(a.astype(np.float16)),
}


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("similarity", ["cosine", "euclidean"])
def test_beyond_its_result_a_search_takes_no_more_memory_for_more(
    kind: str, similarity: Similarity
) -> None:
    rng = np.random.default_rng(0)
    space = ts.EmbeddingSpace.from_arrays(rng.standard_normal((20, 16)), list("abcdefghijklmnopqrst"))
    vectors = GIVEN[kind](rng.standard_normal((40_000, 16)))

    def beyond(m: int) -> float:
        tracemalloc.start()
        found = ts.nearest(space, vectors[:m], k=1, similarity=similarity, compute=ts.Compute(threads=1))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - found.ids.nbytes - found.similarity.nbytes

    beyond(5000)  # what is made when first needed
    assert beyond(40_000) - beyond(10_000) < 30_000 * 16  # less than one more number a direction
    whole = vectors.array if kind == "tensor" else vectors
    want = ts.nearest(space, whole.astype(np.float64), k=1, similarity=similarity)
    found = ts.nearest(space, vectors, k=1, similarity=similarity)
    np.testing.assert_array_equal(found.ids, want.ids)
    np.testing.assert_array_equal(found.similarity, want.similarity)
