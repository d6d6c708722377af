from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tokensphere.errors import InputError
from tokensphere.sources.gensim import from_gensim, to_gensim
from tokensphere.sources.wordvectors import load_word_vectors
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary


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
