"""A model and tokenizer of the `transformers` library, in memory -> EmbeddingSpace."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError
from tokensphere.sources.layout.search import Matrix
from tokensphere.sources.tokens.find import fit_to_rows
from tokensphere.sources.tokens.readers import read_tokenizer_json
from tokensphere.space import EmbeddingSpace, Provenance


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
    if matrix not in ("input", "output"):
        raise InputError(f"there is no matrix {matrix!r}; use 'input' or 'output'")
    layer = getattr(model, f"get_{matrix}_embeddings", lambda: None)()
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
