"""Objects in memory -> EmbeddingSpace: gensim's ``KeyedVectors`` (and back), transformers' models."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError, how_to_install
from tokensphere.formats.foreign import optional
from tokensphere.sources.layout.assemble import Choice
from tokensphere.sources.layout.search import Matrix
from tokensphere.sources.tokens.beside import NOTHING, Added, Beside
from tokensphere.sources.tokens.fit import fit_to_rows
from tokensphere.sources.tokens.pieces import decode_plain
from tokensphere.sources.tokens.readers import read_vocabulary
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary, encode_byte_level


def to_gensim(space: EmbeddingSpace) -> Any:
    """The space as gensim's ``KeyedVectors``: row i is token i, and a copy.

    The keys are the tokens as text (bytes that are not UTF-8 as surrogates, PEP 383). A row whose
    token another row has already, and a row beyond the vocabulary, has the key ``id:1234``.

    Raises
    ------
    MissingExtraError
        gensim is not installed
    """
    models = optional(
        "gensim.models",
        f"KeyedVectors are made by gensim, which is not installed; {how_to_install('gensim')}",
    )
    vocabulary = space.vocabulary
    n, d = space.shape
    owners = {
        token.decode("utf-8", "surrogateescape"): vocabulary.id(token)
        for id, token in enumerate(vocabulary.tokens)
        if vocabulary.kinds[id] != Kind.PADDING
    }
    keys = [f"id:{id}" for id in range(n)]
    for key, id in owners.items():
        keys[id] = key
    for id in range(n):
        while owners.get(keys[id], id) != id:  # some token reads like "id:1234" itself
            keys[id] += "'"
    vectors = models.KeyedVectors(d, dtype=np.float32)
    vectors.index_to_key = keys
    vectors.key_to_index = {key: id for id, key in enumerate(keys)}
    vectors.vectors = np.array(space.vectors, dtype=np.float32)
    return vectors


def from_gensim(vectors: Any, *, name: str = "gensim") -> EmbeddingSpace:
    """The space of gensim's ``KeyedVectors``, or of a model that has them as ``wv``.

    Raises
    ------
    InputError
        it is no such object, has no vectors, or has keys that are no texts
    """
    vectors = getattr(vectors, "wv", vectors)
    keys, matrix = getattr(vectors, "index_to_key", None), getattr(vectors, "vectors", None)
    if not isinstance(keys, list) or not isinstance(matrix, np.ndarray):
        raise InputError(f"{type(vectors).__name__} has no keys and vectors; give gensim's KeyedVectors")
    if not all(isinstance(key, str) for key in keys):
        raise InputError("some keys of these vectors are no texts, so they are no words")
    if matrix.dtype.kind != "f":
        raise InputError(f"the vectors are of type {matrix.dtype}, but must be floats")
    rows = np.array(matrix, dtype=np.float32)
    provenance = Provenance(name, "memory (gensim)", dtype=str(matrix.dtype))
    return EmbeddingSpace(rows, Vocabulary(list(keys), decode=decode_plain), provenance)


def from_transformers(model: Any, tokenizer: Any, *, matrix: Matrix = "input") -> EmbeddingSpace:
    """The embedding of a model that is already in memory.

    Parameters
    ----------
    model : a ``PreTrainedModel``; its ``get_input_embeddings`` or ``get_output_embeddings`` is read
    tokenizer : its tokenizer; of a slow one (without ``backend_tokenizer``), what `get_vocab` gives
    matrix : ``"input"`` or ``"output"``

    Raises
    ------
    InputError
        the model has no such matrix, or the tokenizer does not tell its vocabulary
    FormatError
        more tokens than rows
    """
    layer = getattr(model, f"get_{Choice(matrix).matrix}_embeddings", lambda: None)()
    weight = getattr(layer, "weight", None)
    if weight is None:
        raise InputError(f"{type(model).__name__} has no {matrix} embeddings; use the other matrix")
    backend = getattr(tokenizer, "backend_tokenizer", None)
    vectors: npt.NDArray[np.float32] = np.array(weight.detach().to("cpu").float().numpy())
    raw = _vocab_of(tokenizer) if backend is None else backend.to_str().encode()
    vocabulary = read_vocabulary(raw, len(vectors), name="the tokenizer", beside=_added_of(tokenizer))
    config = getattr(model, "config", None)
    provenance = Provenance(
        model=getattr(config, "_name_or_path", "") or type(model).__name__,
        source="memory (transformers)",
        revision=getattr(config, "_commit_hash", None),
        matrix=matrix,
        dtype=str(weight.dtype).removeprefix("torch."),
        notes=(tokens := fit_to_rows(vocabulary, len(vectors))).notes,
    )
    return EmbeddingSpace(vectors, tokens, provenance)


def _vocab_of(tokenizer: Any) -> bytes:
    """A slow tokenizer's table of tokens and ids, as a ``vocab.json``."""
    table = getattr(tokenizer, "get_vocab", lambda: None)()
    if not isinstance(table, dict) or not table:
        raise InputError(
            f"{type(tokenizer).__name__} does not tell its vocabulary; load it with use_fast=True"
        )
    pieces = {encode_byte_level(key) if isinstance(key, bytes) else key: id for key, id in table.items()}
    if len(pieces) < len(table) or not all(isinstance(piece, str) for piece in pieces):
        raise InputError(
            f"the vocabulary of {type(tokenizer).__name__} has tokens that are no texts or come twice;"
            " load it with use_fast=True"
        )
    return json.dumps(pieces).encode()


def _added_of(tokenizer: Any) -> Beside:
    decoder = getattr(tokenizer, "added_tokens_decoder", None)
    if not isinstance(decoder, dict):
        return NOTHING
    entries = [
        Added("the tokenizer", id, getattr(token, "content", token), getattr(token, "special", False))
        for id, token in decoder.items()
    ]
    return Beside(added=tuple(entries))
