"""Objects in memory -> EmbeddingSpace: gensim's ``KeyedVectors`` (and back), transformers' models."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError
from tokensphere.formats.foreign import optional
from tokensphere.sources.layout.assemble import Choice
from tokensphere.sources.layout.search import Matrix
from tokensphere.sources.tokens.find import fit_to_rows
from tokensphere.sources.tokens.pieces import decode_plain
from tokensphere.sources.tokens.readers import read_tokenizer_json
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary


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
        "KeyedVectors are made by gensim, which is not installed; pip install 'tokensphere[gensim]'",
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
    tokenizer : its fast tokenizer (one that has a ``backend_tokenizer``)
    matrix : ``"input"`` or ``"output"``

    Raises
    ------
    InputError
        the model has no such matrix, or the tokenizer is not a fast one
    FormatError
        more tokens than rows
    """
    layer = getattr(model, f"get_{Choice(matrix).matrix}_embeddings", lambda: None)()
    weight = getattr(layer, "weight", None)
    if weight is None:
        raise InputError(f"{type(model).__name__} has no {matrix} embeddings; use the other matrix")
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise InputError(
            f"{type(tokenizer).__name__} is not a fast tokenizer; load it with use_fast=True"
        )
    vectors: npt.NDArray[np.float32] = np.array(weight.detach().to("cpu").float().numpy())
    vocabulary = read_tokenizer_json(backend.to_str().encode(), len(vectors))
    config = getattr(model, "config", None)
    provenance = Provenance(
        model=getattr(config, "_name_or_path", "") or type(model).__name__,
        source="memory (transformers)",
        revision=getattr(config, "_commit_hash", None),
        matrix=matrix,
        dtype=str(weight.dtype).removeprefix("torch."),
    )
    return EmbeddingSpace(vectors, fit_to_rows(vocabulary, len(vectors)), provenance)
