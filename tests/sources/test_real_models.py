"""Real models, in the subfolders that ``make models`` makes of ``TOKENSPHERE_MODELS`` or ``.models``."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.geometry.similarity import Similarity
from tokensphere.vocabulary import Kind

pytestmark = pytest.mark.models

FOLDER = Path(os.environ.get("TOKENSPHERE_MODELS") or ".models")
DAYS = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
NAMES = ("smollm2", "whisper-tiny.en", "minilm")
_spaces: dict[str, ts.EmbeddingSpace] = {}


def model(name: str) -> ts.EmbeddingSpace:
    """The space of a model, loaded once."""
    if not (FOLDER / name).is_dir():
        pytest.skip(f"there is no {FOLDER / name}: run make models, or set TOKENSPHERE_MODELS")
    if name not in _spaces:
        _spaces[name] = ts.load(FOLDER / name)
    return _spaces[name]


def test_the_bundled_models_lenses_are_those_of_the_file_that_it_was_cut_from() -> None:
    model("smollm2")
    for lens in ("logit", "transformerlens"):
        whole, bundled = ts.load(FOLDER / "smollm2", lens=lens), ts.load(lens=lens)
        np.testing.assert_array_equal(whole.vectors, bundled.vectors)


def words_near(space: ts.EmbeddingSpace, token: str, k: int) -> list[str]:
    """The nearest tokens as bare words in lower case, of the forms of one word the nearest."""
    result = ts.nearest(space, [token], k=k, forms=True)
    return [(space.vocabulary.text(int(id)) or "").strip().lower() for id in result.ids[0]]


@pytest.mark.parametrize(
    ("name", "shape"),
    [("smollm2", (49152, 576)), ("whisper-tiny.en", (51864, 384)), ("minilm", (30522, 384))],
)
def test_shape_and_sanity(name: str, shape: tuple[int, int]) -> None:
    space = model(name)
    assert space.shape == shape and space.left_out == 0
    assert np.isfinite(space.vectors).all() and space.vectors.any(axis=1).all()
    assert len(set(space.vocabulary.tokens)) > 0.99 * shape[0]
    summary = ts.info(space)
    assert -1 <= summary.mean_cosine_different <= summary.mean_cosine <= 1
    assert 0 < summary.norms[0] <= summary.norms[2] <= summary.norms[4] < 1e3
    assert len(space.provenance.sha256 or "") == 64


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("similarity", ["cosine", "euclidean", "dot"])
def test_random_directions_find_tokens(name: str, similarity: Similarity) -> None:
    space = model(name)
    result = ts.nearest(space, ts.RandomDirections(space.shape[1], 20), similarity=similarity)
    assert np.isfinite(result.similarity).all()
    assert all(len(set(row)) == len(row) for row in result.ids.tolist())


def test_smollm2_is_the_bundled_model_bit_for_bit(bundled: ts.EmbeddingSpace) -> None:
    space = model("smollm2")
    assert space.vectors.tobytes() == bundled.vectors.tobytes()
    assert space.vocabulary.tokens == bundled.vocabulary.tokens
    assert space.vocabulary.kinds.tolist() == bundled.vocabulary.kinds.tolist()
    assert space.provenance.sha256 == bundled.provenance.sha256
    output = ts.load(FOLDER / "smollm2", matrix="output")
    assert output.provenance.sha256 == bundled.provenance.sha256


def test_whisper_has_gpt2s_tokens_first() -> None:
    """50,257 of them: 256 bytes, 50,000 merges and the end of text; then its own special tokens."""
    space = model("whisper-tiny.en")
    vocabulary = space.vocabulary
    first = vocabulary.tokens[:50257]
    assert set(first[:256]) == {bytes([byte]) for byte in range(256)}
    assert first[:4] == [b"!", b'"', b"#", b"$"]
    assert first[256:260] == [b" t", b" a", b"he", b"in"]
    assert first[-1] == b"<|endoftext|>" == first[50256]
    known = {b" the": 262, b" Paris": 6342, b"Hello": 15496, b" world": 995, b"<|endoftext|>": 50256}
    assert {token: vocabulary.id(token) for token in known} == known
    assert vocabulary.id(" SolidGoldMagikarp") == 43453
    assert all(token.startswith(b"<|") for token in vocabulary.tokens[50257:])
    assert not (vocabulary.kinds[50257:] == Kind.NORMAL).any()
    assert vocabulary.tokens[-1] == b"<|30.00|>"


@pytest.mark.parametrize("name", NAMES)
def test_weekdays_are_near_weekdays(name: str) -> None:
    space = model(name)
    for day in DAYS:
        token = day if name == "minilm" else f" {day.capitalize()}"  # which has no case and no spaces
        near = words_near(space, token, 8)
        assert DAYS - {day} <= set(near), (day, near)


def test_minilm_is_a_bert() -> None:
    space = model("minilm")
    vocabulary = space.vocabulary
    assert [vocabulary.id(piece) for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")] == [
        0, 100, 101, 102, 103,
    ]  # fmt: skip
    assert vocabulary.kinds[0] == Kind.CONTROL and vocabulary.kinds[1] == Kind.UNUSED
    assert space.provenance.tensor == "embeddings.word_embeddings.weight"


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_again(name: str, tmp_path: Path) -> None:
    space = model(name)
    space.save(tmp_path / "kept.safetensors")
    again = ts.load(tmp_path / "kept.safetensors")
    assert again.vectors.tobytes() == space.vectors.tobytes()
    assert again.vocabulary.tokens == space.vocabulary.tokens
    assert again.provenance == space.provenance
