from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.cases import case
from tokensphere.errors import InputError, UnknownTokenError
from tokensphere.vocabulary import Kind, Vocabulary


def test_arrays_become_a_space() -> None:
    vectors = np.arange(6).reshape(3, 2)
    space = ts.EmbeddingSpace.from_arrays(vectors, ["a", " b", "c"], name="mine")
    assert space.shape == (3, 2) and space.vectors.dtype == np.float32
    assert space.vectors.flags.c_contiguous
    np.testing.assert_array_equal(space.vectors, vectors)
    assert space.vocabulary.tokens == [b"a", b" b", b"c"]
    assert space.provenance.model == "mine" and space.provenance.dtype == str(vectors.dtype)
    assert repr(space) == "EmbeddingSpace('mine', 3 tokens × 2 dimensions)"


def test_provenance_is_complete_and_becomes_json() -> None:
    vectors = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    space = ts.EmbeddingSpace.from_arrays(vectors, list("abcde"))
    record = json.loads(json.dumps(space.provenance.to_dict(), allow_nan=False))
    assert record["sha256"] == hashlib.sha256(vectors.tobytes()).hexdigest()
    assert record["notes"] == [] and record["matrix"] == "input"
    given = ts.Provenance("m", "s", sha256="00", notes=("x", "y"))
    known = ts.EmbeddingSpace(vectors, Vocabulary(list("abcde")), given)
    assert known.provenance == given and known.provenance.to_dict()["notes"] == ["x", "y"]


def test_what_is_left_out() -> None:
    vectors = np.eye(6, dtype=np.float32)
    vectors[1], vectors[2, 0], vectors[3, 1] = 0, np.nan, np.inf
    kinds = np.zeros(6, dtype=np.uint8)
    kinds[5] = Kind.PADDING
    space = ts.EmbeddingSpace(vectors, Vocabulary(list("abcdef"), kinds=kinds), ts.Provenance("m", "s"))
    assert space.usable.tolist() == [True, False, False, False, True, False]
    assert space.is_token.tolist() == [True] * 5 + [False]
    assert space.left_out == 4


def test_arrays_that_are_no_space() -> None:
    wrong: list[tuple[Any, Any, str]] = [
        (np.zeros(3), list("abc"), "have the shape"),
        (np.zeros((0, 3)), [], "have the shape"),
        (np.zeros((3, 0)), list("abc"), "have the shape"),
        (np.zeros((3, 2)), list("ab"), "3 rows of embeddings, but 2 tokens"),
        (np.zeros((3, 2), dtype=complex), list("abc"), "must be real numbers"),
        (np.full((3, 2), "x"), list("abc"), "must be real numbers"),
        (np.zeros((3, 2), dtype=bool), list("abc"), "must be real numbers"),
        (np.ma.masked_less(np.eye(3), 1), list("abc"), "are masked; fill them"),
        (np.zeros((3, 2)), np.array([["a"], ["b"], ["c"]]), "of 2 dimensions; give one"),
    ]
    for vectors, tokens, message in wrong:
        with case((vectors, message)), pytest.raises(InputError, match=message):
            ts.EmbeddingSpace.from_arrays(vectors, tokens)


def test_rows_and_their_moments_are_worked_out_once() -> None:
    space = ts.EmbeddingSpace.from_arrays(np.eye(3), list("abc"))
    assert space.rows is space.rows and space.moments is space.rows.moments
    assert space.rows.shape == space.shape and len(space.rows) == len(space) == 3
    assert space.rows.vectors is space.vectors


def test_tokens_give_their_rows() -> None:
    space = ts.EmbeddingSpace.from_arrays(np.arange(6).reshape(3, 2), ["a", " b", "c"])
    for token in (" b", b" b", "␣b", 1, "id:1"):
        assert space[token].tolist() == [2, 3], token
    assert space["c"].base is space.vectors  # a view
    assert " b" in space and "b" not in space and b"c" in space
    np.testing.assert_array_equal(list(space), space.vectors)
    with pytest.raises(UnknownTokenError, match="no token"):
        space["d"]


def test_the_key_changes_with_the_values_and_the_tokens() -> None:
    rows = np.random.default_rng(0).standard_normal((4, 3))
    keys = [
        ts.EmbeddingSpace.from_arrays(matrix, tokens).key()
        for matrix, tokens in [
            (rows, ["a", "b", "c", "d"]),
            (rows, ["a", "b", "c", "e"]),
            (rows, ["a", "bc", "", "d"]),
            (2 * rows, ["a", "b", "c", "d"]),
        ]
    ]
    assert all(keys[i] != keys[j] for i in range(4) for j in range(i))
    assert keys[0] == ts.EmbeddingSpace.from_arrays(rows, list("abcd"), name="other").key()


class Half:
    """A parameter in bfloat16 on an accelerator, which becomes an array only by way of float."""

    dtype = "torch.bfloat16"

    def detach(self) -> Half:
        return self

    def cpu(self) -> Half:
        return self

    def float(self) -> SimpleNamespace:
        return SimpleNamespace(numpy=lambda: np.eye(2, dtype=np.float32))

    def numpy(self) -> None:
        raise TypeError("Got unsupported ScalarType BFloat16")


def test_tokens_in_memory_are_ordered_by_their_ids() -> None:
    ids: Any = {"c": 2, b"\xff": 0, " b": np.int64(1)}
    space = ts.EmbeddingSpace.from_arrays(np.eye(3), ids)
    assert space.vocabulary.tokens == [b"\xff", b" b", b"c"]
    assert ts.EmbeddingSpace.from_arrays(np.eye(2), np.array(["a", "b"])).vocabulary.text(1) == "b"
    half = ts.EmbeddingSpace.from_arrays(Half(), ["a", "b"])
    np.testing.assert_array_equal(half.vectors, np.eye(2))
    assert half.provenance.dtype == "bfloat16"


def test_tokens_in_memory_that_are_none() -> None:
    wrong: list[tuple[Any, str]] = [
        ({"a", "b"}, "a set of tokens has no order"),
        ("ab", "the tokens are one str"),
        (7, "int is no list of tokens"),
        (["a", None], "token 1 is None of type NoneType"),
        ([3, "a"], "token 0 is 3 of type int"),
        (["a", float("nan")], "token 1 is nan of type float"),
        ({"a": 0, "b": 2}, "'b' has the id 2, but 2 tokens have the ids 0 to 1"),
        ({"a": 0, "b": 0}, "'a' and 'b' have the same id 0"),
        ({"a": 0, "b": "1"}, "'b' has the id '1', which is no whole number"),
    ]
    for tokens, message in wrong:
        with case(message), pytest.raises(InputError, match=message):
            ts.EmbeddingSpace.from_arrays(np.eye(2), tokens)
