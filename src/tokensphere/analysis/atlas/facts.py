"""What a model is, in a few numbers that others can be compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from tokensphere.analysis.info import info
from tokensphere.errors import FormatError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.effective import effective_dimensions
from tokensphere.records import Record
from tokensphere.space import EmbeddingSpace

# What of the facts a rate is compared with, and how people call it.
NUMBERS = {
    "tokens": "tokens",
    "dimensions": "width",
    "effective_dimension": "effective dimensions",
    "mean_cosine": "mean cosine",
    "norm_spread": "spread of norms",
}


@dataclass(frozen=True)
class ModelFacts(Record):
    """The facts of a space.

    Attributes
    ----------
    model, revision, matrix, dtype : where it comes from
    tokens : rows that have a direction
    rows, dimensions : shape of the matrix
    mean_cosine : of two different tokens, in [−1, 1]
    effective_dimension : the participation ratio ``(tr Σ)²/‖Σ‖²`` of the unit rows' covariance, from 1
        to the dimensions
    norm_median, norm_spread : of the rows' norms; the spread is the distance of the quartiles over the
        median
    key : what the counts of this space depend on, as a digest
    """

    model: str
    revision: str | None
    matrix: str
    dtype: str
    tokens: int
    rows: int
    dimensions: int
    mean_cosine: float
    effective_dimension: float
    norm_median: float
    norm_spread: float
    key: str

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> ModelFacts:
        """The way back from :meth:`to_dict`.

        Raises
        ------
        FormatError
            these are no facts
        """
        kinds: dict[str, tuple[type, ...]] = {
            "str": (str,), "int": (int,), "float": (float, int), "str | None": (str, type(None)),
        }  # fmt: skip
        wanted = {name: kinds[str(kind)] for name, kind in cls.__annotations__.items()}
        if not isinstance(found, Mapping) or set(found) != set(wanted):
            raise FormatError("these are no facts of a model")
        if not all(isinstance(found[name], kind) for name, kind in wanted.items()):
            raise FormatError("the facts of a model are of other types than they were")
        return cls(**found)


def model_facts(space: EmbeddingSpace, compute: Compute | None = None) -> ModelFacts:
    """The facts of a space.

    Raises
    ------
    InputError
        fewer than two rows have a direction
    """
    found, source = info(space), space.provenance
    effective = effective_dimensions(space.rows.using(compute))
    low, middle, high = found.norms[1:4]
    return ModelFacts(
        model=source.model,
        revision=source.revision,
        matrix=source.matrix,
        dtype=source.dtype,
        tokens=int(np.count_nonzero(space.usable)),
        rows=space.shape[0],
        dimensions=space.shape[1],
        mean_cosine=found.mean_cosine_different,
        effective_dimension=effective if effective > 0 else 1.0,
        norm_median=middle,
        norm_spread=(high - low) / middle,
        key=space_digest(space),
    )


def space_digest(space: EmbeddingSpace) -> str:
    """What is computed from a space depends on this, in hexadecimal: its values and its vocabulary."""
    return sha256(json.dumps(space.key(), sort_keys=True).encode()).hexdigest()[:32]
