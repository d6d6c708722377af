"""Matrices of a size, or with values, that can or cannot be; on their side; padded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.files.case import Case, Want
from tests.files.of_packed import GGUF, HF, LLAMA, D, E, N, X, f32, folder, gguf

WORDS = "embeddings.word_embeddings.weight"


def plain(
    array: npt.ArrayLike, n: int = N, options: Mapping[str, Any] | None = None, **config: Any
) -> Callable[[Path], Want]:
    def make(path: Path) -> Want:
        rows = np.asarray(array, dtype=np.float32)
        model = folder(path, {f"{X}.weight": f32(rows)}, n, **config)
        return Want(model, rows, options=options or {})

    return make


def turned(n: int, **config: Any) -> Callable[[Path], Want]:
    def make(path: Path) -> Want:
        model = folder(path, {f"{X}.weight": f32(E[:, :24].T)}, n, **config)
        return Want(model, E[:, :24], note="stored as 24 × 40, one column a token; turned")

    return make


def factorised(model_type: str, name: str, width: str) -> Callable[[Path], Want]:
    """Embeddings with fewer dimensions than hidden states have."""

    def make(path: Path) -> Want:
        config: dict[str, Any] = {
            "model_type": model_type,
            "hidden_size": 4 * D,
            width: D,
            "vocab_size": N,
        }
        return Want(folder(path, {name: f32(E)}, **config), E)

    return make


def chosen(path: Path) -> Want:
    """A tensor that the user names may have another width, which is noted."""
    tensors = {f"{X}.weight": f32(E), "model.embed_tokens_per_layer.weight": f32(E[:, :48])}
    model = folder(path, tensors, **LLAMA)
    options = {"tensor": "model.embed_tokens_per_layer.weight"}
    return Want(
        model, E[:, :48], options=options, note="width 48, but in config.json hidden_size is 128"
    )


CASES = [
    Case("GGUF with its size", GGUF, gguf(0, E.tobytes(), embedding_length=D, vocab_size=N)),
    Case(
        "GGUF of another width", GGUF, gguf(0, E.tobytes(), embedding_length=576),
        r"40 rows of width 128, but in its metadata llama\.embedding_length is 576",
    ),
    Case(
        "another width", HF, plain(E[:, :72], hidden_size=576, vocab_size=N),
        r"40 rows of width 72, but in config\.json hidden_size is 576, vocab_size is 40",
    ),
    Case(
        "another number of rows", HF, plain(E, hidden_size=D, vocab_size=32000),
        r"40 rows of width 128.*vocab_size is 32,000",
    ),
    Case(
        "far more rows than tokens", HF, plain(np.tile(E, (20, 1)), 9, hidden_size=D),
        r"800 rows, but the vocabulary 9 tokens",
    ),
    Case(
        "a padded vocabulary", HF, plain(E, 33, hidden_size=D, vocab_size=N),
    ),
    Case(
        "width in text_config", HF,
        plain(E, text_config={"hidden_size": D, "vocab_size": N}, vision_config={"hidden_size": 64}),
    ),
    Case(
        "only the vision part has that width", HF,
        plain(E, text_config={"hidden_size": 96}, vision_config={"hidden_size": D}),
        r"text_config\.hidden_size is 96",
    ),
    Case("ALBERT's factors", HF, factorised("albert", f"albert.{WORDS}", "embedding_size")),
    Case("ELECTRA's factors", HF, factorised("electra", f"electra.{WORDS}", "embedding_size")),
    Case(
        "OPT-350m's factors", HF,
        factorised("opt", "model.decoder.embed_tokens.weight", "word_embed_proj_dim"),
    ),
    Case("another width by the user's will", HF, chosen),
    Case("on its side, by config.json", HF, turned(N, hidden_size=24, vocab_size=N)),
    Case("on its side, by width and tokens", HF, turned(N, hidden_size=24)),
    Case("on its side, by tokens alone", HF, turned(N)),
    Case("on its side or not, who knows", HF, plain(E[:, :24].T, 30), r"30 tokens|24 rows"),
    Case("one column", HF, plain(E[:, :1]), "one column and 40 rows"),
    Case("all rows the same", HF, plain(np.tile(E[:1], (N, 1))), "all rows the same"),
    Case("each row one number", HF, plain(np.tile(E[:, :1], (1, D))), "one number over and over"),
    Case("rows of norm 1e11", HF, plain(E * 1e10), r"rows of norm 1\.1e\+11"),
]  # fmt: skip
