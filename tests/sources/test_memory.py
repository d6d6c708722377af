"""gensim's vectors, and transformers' models, played by the few attributes that are read of them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tokensphere.errors import FormatError, InputError, TokensphereError
from tokensphere.sources.arrays import load_word_vectors
from tokensphere.sources.memory import from_gensim, to_gensim
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary

Array = npt.NDArray[np.float32]
VECTORS = np.random.default_rng(2).standard_normal((5, 3)).astype(np.float32)


def random_vectors(n: int, d: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(3).standard_normal((n, d)).astype(np.float32)


def test_there_and_back_through_gensim() -> None:
    pytest.importorskip("gensim")
    pieces = [" the", "the", "\udcff", "the", "id:3", "id:5", "pad"]
    kinds = np.array([0, 0, 0, Kind.CONTROL, 0, 0, Kind.PADDING], dtype=np.uint8)
    kinds = kinds.astype(np.uint8)
    vocabulary = Vocabulary(
        pieces, decode=lambda piece: piece.encode("utf-8", "surrogateescape"), kinds=kinds
    )
    space = EmbeddingSpace(random_vectors(7, 4), vocabulary, Provenance("m", "memory"))
    vectors = to_gensim(space)
    assert len(set(vectors.index_to_key)) == 7
    assert vectors.index_to_key[:3] == [" the", "the", "\udcff"]
    assert vectors.index_to_key[4:6] == ["id:3", "id:5"]
    np.testing.assert_array_equal(vectors["the"], space.vectors[1])
    np.testing.assert_array_equal(vectors.vectors, space.vectors)
    assert not np.shares_memory(vectors.vectors, space.vectors)
    cosines = space.vectors[1:] @ space.vectors[0] / np.linalg.norm(space.vectors[1:], axis=1)
    assert vectors.most_similar(" the", topn=1)[0][0] == vectors.index_to_key[1 + int(cosines.argmax())]
    back = from_gensim(vectors)
    np.testing.assert_array_equal(back.vectors, space.vectors)
    assert back.vocabulary.tokens[:3] == [b" the", b"the", b"\xff"]


def test_files_of_gensim_are_read(tmp_path: Path) -> None:
    pytest.importorskip("gensim")
    words = ["a", "Köln", "New_York"]
    vectors = random_vectors(3, 9)
    space = EmbeddingSpace.from_arrays(vectors, words)
    for binary in (True, False):
        path = tmp_path / "words"
        to_gensim(space).save_word2vec_format(str(path), binary=binary)
        loaded = load_word_vectors(path)
        np.testing.assert_allclose(loaded.vectors, vectors, rtol=1e-6)
        assert loaded.vocabulary.tokens == [word.encode() for word in words]


def test_from_gensim_takes_nothing_else() -> None:
    for thing in (None, 3, {"a": [1.0]}):
        with pytest.raises(InputError):
            from_gensim(thing)


class Weight:
    """A parameter on an accelerator that wants gradients: only this way does it become an array."""

    def __init__(self, values: Array, steps: tuple[str, ...] = ()) -> None:
        self.values, self.steps, self.dtype = values, steps, "torch.bfloat16"

    def detach(self) -> Weight:
        return Weight(self.values, (*self.steps, "detach"))

    def to(self, device: str) -> Weight:
        assert device == "cpu"
        return Weight(self.values, (*self.steps, "to"))

    def float(self) -> Weight:
        return Weight(self.values, (*self.steps, "float"))

    def numpy(self) -> Array:
        assert self.steps[0] == "detach" and set(self.steps) == {"detach", "to", "float"}
        return self.values


class Model:
    """A model with an input of `VECTORS` and an output of twice that."""

    def __init__(self, name: str = "", commit: str | None = None) -> None:
        self.config = SimpleNamespace(_name_or_path=name, _commit_hash=commit)

    def get_input_embeddings(self) -> Any:
        return SimpleNamespace(weight=Weight(VECTORS))

    def get_output_embeddings(self) -> Any:
        return SimpleNamespace(weight=Weight(VECTORS * 2))


class Encoder(Model):
    """A model without an output."""

    def get_output_embeddings(self) -> Any:
        return None


def tokenizer(n: int = 5) -> Any:
    model = {"type": "BPE", "vocab": {f"Ġt{id}": id for id in range(n)}, "merges": []}
    text = json.dumps({"model": model, "decoder": {"type": "ByteLevel"}})
    return SimpleNamespace(backend_tokenizer=SimpleNamespace(to_str=lambda: text))


def test_both_matrices() -> None:
    space = ts.from_transformers(Model("owner/name", "abc"), tokenizer())
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.vectors.dtype == np.float32
    assert space.vocabulary.tokens == [b" t%d" % id for id in range(5)]
    about = space.provenance
    assert (about.model, about.revision, about.dtype) == ("owner/name", "abc", "bfloat16")
    assert (about.matrix, about.source) == ("input", "memory (transformers)")
    assert len(about.sha256 or "") == 64
    output = ts.from_transformers(Model(), tokenizer(), matrix="output")
    np.testing.assert_array_equal(output.vectors, VECTORS * 2)
    assert output.provenance.model == "Model" and output.provenance.matrix == "output"


def test_the_space_is_a_copy() -> None:
    """Training goes on in the model's own memory."""
    values = VECTORS.copy()
    model = SimpleNamespace(get_input_embeddings=lambda: SimpleNamespace(weight=Weight(values)))
    space = ts.from_transformers(model, tokenizer())
    values[:] = 0
    np.testing.assert_array_equal(space.vectors, VECTORS)


def test_rows_beyond_the_tokens_are_padding() -> None:
    space = ts.from_transformers(Model(), tokenizer(3))
    assert space.left_out == 2 and space.vocabulary.kinds.tolist() == [0, 0, 0, *[Kind.PADDING] * 2]
    with pytest.raises(FormatError, match=r"7 tokens.* 5 rows"):
        ts.from_transformers(Model(), tokenizer(7))


@pytest.mark.parametrize("model", [Encoder(), SimpleNamespace()])
def test_a_model_without_that_matrix(model: Any) -> None:
    with pytest.raises(InputError, match="has no output embeddings"):
        ts.from_transformers(model, tokenizer(), matrix="output")


def test_what_else_can_be_wrong() -> None:
    with pytest.raises(InputError, match=r"does not tell its vocabulary; .*use_fast=True"):
        ts.from_transformers(Model(), SimpleNamespace())
    with pytest.raises(InputError, match="no matrix 'both'"):
        ts.from_transformers(Model(), tokenizer(), matrix="both")  # type: ignore[arg-type]


def test_it_is_saved_like_any_other(tmp_path: Any) -> None:
    space = ts.from_transformers(Model("o/n"), tokenizer(3))
    space.save(tmp_path / "s.safetensors")
    again = ts.load(tmp_path / "s.safetensors")
    np.testing.assert_array_equal(again.vectors, space.vectors)
    assert again.provenance == space.provenance
    assert again.vocabulary.tokens == space.vocabulary.tokens


def test_a_slow_tokenizer_tells_its_table() -> None:
    slow = SimpleNamespace(
        get_vocab=lambda: {"Ġb": 1, "Ġa": 0, "Ġc": 2},
        added_tokens_decoder={3: SimpleNamespace(content="<x>", special=True)},
    )
    space = ts.from_transformers(Model(), slow)
    assert space.vocabulary.tokens[:4] == [b" a", b" b", b" c", b"<x>"]
    assert "1 added by the tokenizer, 1 row without a token" in space.provenance.notes[0]
    bytewise = SimpleNamespace(get_vocab=lambda: {b" a": 0, b"\xff": 1, b" b": 2, b" c": 3})
    assert ts.from_transformers(Model(), bytewise).vocabulary.tokens[:2] == [b" a", b"\xff"]
    for table in ({}, {1: 0}, {"a": "0"}, None):
        with pytest.raises(TokensphereError):
            ts.from_transformers(Model(), SimpleNamespace(get_vocab=lambda table=table: table))
