"""The vocabularies of GGUF files; their matrices are tested beside the reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.sources.gguf import EMBEDDING, load_gguf
from tokensphere.vocabulary import Kind, Vocabulary


def _gguf(path: Path, model: str, pieces: list[str], types: list[int] | None) -> Vocabulary:
    metadata: dict[str, str | list[str] | np.ndarray[tuple[int], np.dtype[np.int32]]] = {
        "tokenizer.ggml.model": model,
        "tokenizer.ggml.tokens": pieces,
    }
    if types is not None:
        metadata["tokenizer.ggml.token_type"] = np.array(types, dtype=np.int32)
    rows = np.arange(2 * len(pieces), dtype="<f4").reshape(-1, 2)
    write_gguf(path, metadata, {EMBEDDING: ("F32", rows.shape, rows.tobytes())})
    return load_gguf(path).vocabulary


def test_gguf_byte_level(tmp_path: Path) -> None:
    vocabulary = _gguf(tmp_path / "a.gguf", "gpt2", ["<|end|>", "Ġa", "é", "café"], [3, 1, 1, 4])
    assert vocabulary.tokens == [b"<|end|>", b" a", b"\xe9", "café".encode()]
    assert vocabulary.kinds.tolist() == [Kind.CONTROL, Kind.NORMAL, Kind.NORMAL, Kind.ADDED]


@pytest.mark.parametrize("model", ["llama", "gemma4", "t5", "replit"])
def test_gguf_sentencepiece(tmp_path: Path, model: str) -> None:
    pieces = ["<unk>", "<s>", "<0x0A>", "▁▁Paris", "Ġ", "<unused7>"]
    vocabulary = _gguf(tmp_path / "a.gguf", model, pieces, [2, 3, 6, 1, 1, 4])
    assert vocabulary.tokens == [b"<unk>", b"<s>", b"\n", b"  Paris", "Ġ".encode(), b"<unused7>"]
    kinds = [Kind.UNKNOWN, Kind.CONTROL, Kind.BYTE, Kind.NORMAL, Kind.NORMAL, Kind.UNUSED]
    assert vocabulary.kinds.tolist() == kinds
    untyped = _gguf(tmp_path / "b.gguf", model, pieces, None)
    assert untyped.kinds.tolist() == [0, 0, Kind.BYTE, 0, 0, Kind.UNUSED]


def test_gguf_wordpiece_reads_like_vocab_txt(tmp_path: Path) -> None:
    pieces = ["[PAD]", "▁[unused0]", "▁paris", "ing", "▁#"]
    vocabulary = _gguf(tmp_path / "a.gguf", "bert", pieces, [3, 1, 1, 1, 1])
    assert vocabulary.tokens == [b"[PAD]", b"[unused0]", b"paris", b"##ing", b"#"]
    assert vocabulary.kinds.tolist() == [Kind.CONTROL, Kind.UNUSED, 0, 0, 0]


@pytest.mark.parametrize("model", ["rwkv", "none", "plamo2", ""])
def test_gguf_of_another_kind_is_refused_by_name(tmp_path: Path, model: str) -> None:
    with pytest.raises(SourceError, match=f"kind '{model}'; only 'gpt2', 'llama'"):
        _gguf(tmp_path / "a.gguf", model, ["a"], None)


def test_gguf_types_must_be_as_many_as_tokens(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="each of its 2 tokens one type"):
        _gguf(tmp_path / "a.gguf", "llama", ["a", "b"], [1])
