"""A small model with difficult tokens, as a space and as a GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.formats.gguf.writer import write_gguf

D = 32
NAME = "small <b>model</b>"
SCRIPT = b"<script>alert(1)</script>"
NASTY = [
    SCRIPT,
    "שלום".encode(),
    " שלום עולם".encode(),
    "مرحبا".encode(),
    "日本語".encode(),
    "カタカナ漢字".encode(),
    "👍".encode(),
    "👩‍👩‍👧".encode(),
    "🇩🇪".encode(),
    "e\u0301".encode(),
    "\u0301".encode(),
    "a\u200bb".encode(),
    "\ufeff".encode(),
    "\u202eevil".encode(),
    b"\x1b[31m",
    b"\n\n",
    b"\t",
    b"\\n",
    b"\xe2\x80",
    b"\xff",
    "␣".encode(),
    "◌".encode(),
    b"   ",
    b"x" * 60,
    "漢".encode() * 30,
    b"&amp;",
    b'"',
]
PLAIN = [
    b" king", b"king", b" King", b"KING", b" queen", b" man", b" woman", b"Paris", b" Paris", b" paris",
    b" London", b" Tokyo", b" Monday", b" Tuesday", b" one", b" two", b" three", b"one", b"two", b" red",
    b"id:5", b"5", b" green",
]  # fmt: skip
TOKENS = PLAIN + NASTY
CONTROL_ID = len(TOKENS)
PIECES_OF_CONTROLS = ["<|end|>"]


def spell(token: bytes) -> str:
    """The piece by which GPT-2's ``bytes_to_unicode`` writes a token."""
    own = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    table = {byte: chr(byte) for byte in own}
    for byte in range(256):
        if byte not in table:
            table[byte] = chr(256 + len(table) - len(own))
    return "".join(table[byte] for byte in token)


def rows() -> npt.NDArray[np.float32]:
    """Anisotropic rows, shape (tokens, D)."""
    noise = np.random.default_rng(7).standard_normal((len(TOKENS) + 1, D))
    return (noise + 0.4).astype(np.float32)


def write(path: Path) -> Path:
    """Write the model as GGUF."""
    vectors = rows()
    metadata: dict[str, Any] = {
        "general.name": NAME,
        "general.license": "mit",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": [*map(spell, TOKENS), *PIECES_OF_CONTROLS],
        "tokenizer.ggml.token_type": np.array([1] * len(TOKENS) + [3], dtype=np.int32),
    }
    write_gguf(path, metadata, {"token_embd.weight": ("F32", vectors.shape, vectors.tobytes())})
    return path
