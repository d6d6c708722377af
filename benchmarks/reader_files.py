"""Files for the benchmark of readers that are as large as real models, but made here."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.layout.search import Found

GEMMA_SHAPE = (262_144, 640)
GPT2_SHAPE = (50_257, 1_280)
CACHED = "benchmark/cached"
_COMMIT = "0" * 40
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS = (
    _LATIN,
    _LATIN + "áéíóúñçß",
    "абвгдежзийклмнопрстуфхцчшщыэюя",
    "".join(map(chr, range(0x4E00, 0x5200))),
)
_NORMAL, _CONTROL, _BYTE = 1, 3, 6  # token types of GGUF


def write_gemma_like(path: Path) -> None:
    """A GGUF file with random Q8_0 rows and as many SentencePiece tokens as Gemma 3 has."""
    n, d = GEMMA_SHAPE
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    single = [f"<0x{byte:02X}>" for byte in range(256)]
    tokens = special + single
    tokens += _words(n - len(tokens), "▁", _ALPHABETS)
    types = np.full(n, _NORMAL, dtype=np.int32)
    types[: len(special)] = _CONTROL
    types[len(special) : len(special) + len(single)] = _BYTE
    generator = np.random.default_rng(3)
    blocks = generator.integers(0, 256, (n * d // 32, 34), dtype=np.uint8)
    scales = generator.uniform(0.0005, 0.002, len(blocks)).astype("<f2")
    blocks[:, :2] = scales.view(np.uint8).reshape(-1, 2)
    write_gguf(
        path,
        {
            "general.architecture": "gemma3",
            "tokenizer.ggml.model": "llama",
            "tokenizer.ggml.tokens": tokens,
            "tokenizer.ggml.token_type": types,
        },
        {"token_embd.weight": ("Q8_0", (n, d), blocks.tobytes())},
    )


def store_gpt2_like() -> None:
    """An entry of the cache with random float32 rows and a tokenizer.json like GPT-2's."""
    n, d = GPT2_SHAPE
    matrix = np.random.default_rng(4).standard_normal((n, d), dtype=np.float32)
    cache_writer.store(
        CACHED,
        None,
        _COMMIT,
        tensor="wte.weight",
        dtype="F32",
        shape=matrix.shape,
        size=matrix.nbytes,
        fill=lambda write: write(0, matrix.tobytes()),
        files={"tokenizer.json": _tokenizer_json(n)},
    )
    found = Found("wte.weight", "ln_f.weight", "GPT-2", True, ())
    cache_writer.record(CACHED, None, _COMMIT, found, matrix="input", tensor=None)


def _tokenizer_json(n: int) -> bytes:
    end = "<|endoftext|>"
    words = _words(n - 1, "Ġ", _ALPHABETS[:1])
    tokenizer = {
        "version": "1.0",
        "added_tokens": [{"id": n - 1, "content": end, "special": True}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "decoder": {"type": "ByteLevel"},
        "model": {
            "type": "BPE",
            "vocab": {word: id for id, word in enumerate([*words, end])},
            "merges": [f"{word[:-1]} {word[-1]}" for word in words],
        },
    }
    return json.dumps(tokenizer, ensure_ascii=False).encode()


def _words(count: int, space: str, alphabets: Sequence[str]) -> list[str]:
    """Different words, about half of them after a `space`."""
    chance = random.Random(5)
    words: dict[str, None] = {}
    while len(words) < count:
        letters = chance.choices(chance.choice(alphabets), k=chance.randint(2, 9))
        words[space * chance.randint(0, 1) + "".join(letters)] = None
    return list(words)
