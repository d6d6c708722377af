"""Model2Vec's static models, in which several tokens may share a row and each has a weight.

The row of token i is ``weights[i] * embeddings[mapping[i]]`` (model2vec's ``StaticModel``). `mapping`
comes with a vocabulary that was quantised to fewer rows, `weights` with either.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tokensphere.arrays import Float32s
from tokensphere.formats.files import damaged
from tokensphere.formats.tensors import TensorFile, TensorInfo

_MATRICES = ("embeddings", "embedding.weight")  # its own, and sentence-transformers' name
_MAPPING, _WEIGHTS = "mapping", "weights"


def of_rows(tensors: Mapping[str, TensorInfo], name: str) -> list[str]:
    """The tensors that make the rows of tensor `name` those of the tokens; none if they are already."""
    beside = [other for other in (_MAPPING, _WEIGHTS) if name in _MATRICES and other in tensors]
    return beside if any(len(tensors[other].shape) == 1 for other in beside) else []


def rows_of_tokens(file: TensorFile, name: str, rows: Float32s) -> tuple[Float32s, tuple[str, ...]]:
    """The rows of the tokens, shape (n, d), and what was done for them.

    Parameters
    ----------
    file, name, rows : an open file, a tensor of it, and its rows, shape (m, d)

    Raises
    ------
    FormatError
        mapping or weights do not fit
    """
    if not of_rows(file.tensors, name):
        return rows, ()
    notes: list[str] = []
    if _MAPPING in file.tensors:
        mapping = file.array(_MAPPING)
        whole = mapping.dtype.kind in "iu" and mapping.ndim == 1 and mapping.size
        if not whole or mapping.min() < 0 or mapping.max() >= len(rows):
            raise damaged(file.path, f"has a {_MAPPING!r} that does not lead into its {len(rows)} rows")
        rows = rows[mapping]
        notes.append(f"Model2Vec: {len(mapping):,} tokens share {int(mapping.max()) + 1:,} rows")
    if _WEIGHTS in file.tensors:
        info = file.tensors[_WEIGHTS]
        if info.shape != (len(rows),) or info.float_type is None or info.float_type.kind != "f":
            raise damaged(
                file.path, f"has {_WEIGHTS!r} of shape {info.shape} for {len(rows)} tokens, not one each"
            )
        rows = np.multiply(rows, file.stored(_WEIGHTS).float32()[:, None], dtype=np.float32)
        notes.append(f"Model2Vec: rows times the tokens' {_WEIGHTS!r}")
    return rows, tuple(notes)
