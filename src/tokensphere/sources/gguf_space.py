"""A GGUF file -> EmbeddingSpace: which tensor, which tokens, of which kinds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.gguf import GGUFFile
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level

EMBEDDING = "token_embd.weight"
SHA256_KEY = "tokensphere.tensor.sha256"

# llama.cpp's llama_token_type
_KINDS = {
    1: Kind.NORMAL, 2: Kind.UNKNOWN, 3: Kind.CONTROL, 4: Kind.ADDED, 5: Kind.UNUSED, 6: Kind.BYTE,
}  # fmt: skip


def load_gguf(
    path: str | Path,
    *,
    model: str | None = None,
    source: str | None = None,
    trusted: bool = False,
) -> EmbeddingSpace:
    """The token embedding of a GGUF file.

    Parameters
    ----------
    path : the file
    model, source : how results name them; by default from the file's metadata and path
    trusted : take the tensor's SHA-256 from the file's metadata instead of computing it

    Raises
    ------
    SourceError
        the file cannot be read, or lacks a token embedding or a vocabulary
    """
    with GGUFFile(path) as file:
        if EMBEDDING not in file.tensors:
            raise SourceError(f"{path} has no tensor {EMBEDDING!r}, so no token embedding to read")
        vocabulary = _vocabulary(file)
        vectors = file.matrix(EMBEDDING)
        if len(vectors) != len(vocabulary):
            raise FormatError(
                f"{path} has {len(vectors)} rows of embeddings but {len(vocabulary)} tokens"
            )
        text = {key: value for key, value in file.metadata.items() if isinstance(value, str)}
        digest = text.get(SHA256_KEY) if trusted else None
        digest = digest or hashlib.sha256(file.raw(EMBEDDING).data).hexdigest()
        provenance = Provenance(
            model=model or text.get("general.name") or Path(path).stem,
            source=source or str(path),
            revision=text.get("tokensphere.source.revision"),
            tensor=EMBEDDING,
            dtype=file.tensors[EMBEDDING].type.name,
            sha256=digest,
            license=text.get("general.license"),
            notes=tuple(text[key] for key in sorted(text) if key.startswith("tokensphere.note.")),
        )
    return EmbeddingSpace(vectors, vocabulary, provenance)


def _vocabulary(file: GGUFFile) -> Vocabulary:
    pieces = file.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
        raise SourceError(f"{file.path} has no vocabulary (no 'tokenizer.ggml.tokens')")
    model = file.metadata.get("tokenizer.ggml.model")
    if model != "gpt2":
        raise SourceError(
            f"{file.path} has a tokenizer of the kind {model!r}; only 'gpt2' (byte-level) can be read"
        )
    return Vocabulary(pieces, decode=decode_byte_level, kinds=_kinds(file, len(pieces)))


def _kinds(file: GGUFFile, n: int) -> npt.NDArray[np.uint8]:
    types = file.metadata.get("tokenizer.ggml.token_type")
    if types is None:
        return np.zeros(n, dtype=np.uint8)
    if not isinstance(types, np.ndarray) or len(types) != n:
        raise FormatError(f"{file.path} does not give each of its {n} tokens one type")
    table = np.zeros(256, dtype=np.uint8)
    for number, kind in _KINDS.items():
        table[number] = kind
    return table[np.clip(types, 0, 255).astype(np.intp)]
