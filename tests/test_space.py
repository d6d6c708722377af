from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.errors import InputError
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


@pytest.mark.parametrize(
    ("vectors", "tokens", "message"),
    [
        (np.zeros(3), list("abc"), "have the shape"),
        (np.zeros((0, 3)), [], "have the shape"),
        (np.zeros((3, 0)), list("abc"), "have the shape"),
        (np.zeros((3, 2)), list("ab"), "3 rows of embeddings, but 2 tokens"),
        (np.zeros((3, 2), dtype=complex), list("abc"), "must be numbers"),
        (np.full((3, 2), "x"), list("abc"), "must be numbers"),
        (np.zeros((3, 2), dtype=bool), list("abc"), "must be numbers"),
    ],
)
def test_arrays_that_are_no_space(vectors: Any, tokens: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ts.EmbeddingSpace.from_arrays(vectors, tokens)
