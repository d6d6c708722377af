"""What a space is: shape, norms, how far from isotropic, kinds of tokens, where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.result import Column, Result
from tokensphere.records import record
from tokensphere.space import EmbeddingSpace, Provenance


@dataclass(frozen=True, eq=False, repr=False)
class Info(Result):
    """The facts of a space.

    Attributes
    ----------
    n, d : tokens (rows) and dimensions
    norms : minimum, quartiles and maximum of the usable rows' Euclidean norms
    mean_cosine : ``‖μ‖²``, the mean cosine of two tokens drawn independently, self-pairs included
    mean_cosine_different : of two different tokens, ``(n‖μ‖² − 1)/(n − 1)``
    kinds : rows of each kind
    zero, not_finite, padding : rows left out of every result, by reason
    """

    n: int
    d: int
    norms: tuple[float, float, float, float, float]
    mean_cosine: float
    mean_cosine_different: float
    kinds: dict[str, int]
    zero: int
    not_finite: int
    padding: int
    provenance: Provenance

    def _in_short(self) -> str:
        return f"{self.n:,} tokens × {self.d:,} dimensions, {self.provenance.model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            "model": self.provenance.to_dict(),
            "shape": [self.n, self.d],
            "norms": dict(zip(("min", "q25", "median", "q75", "max"), self.norms, strict=True)),
            **record(self, "mean_cosine", "mean_cosine_different", "kinds"),
            "left_out": record(self, "zero", "not_finite", "padding"),
        }

    def columns(self) -> dict[str, Column]:
        """One row."""
        whole = self.to_dict()
        row = {
            "model": self.provenance.model,
            "tokens": self.n,
            "dimensions": self.d,
            **{f"norm_{name}": norm for name, norm in whole["norms"].items()},
            **record(self, "mean_cosine", "mean_cosine_different"),
            **{f"kind_{name}": count for name, count in self.kinds.items()},
            **{f"left_out_{reason}": count for reason, count in whole["left_out"].items()},
        }
        return {name: [value] for name, value in row.items()}


def info(space: EmbeddingSpace) -> Info:
    """The facts of a space.

    Raises
    ------
    InputError
        fewer than two rows have a direction
    """
    norms, usable, is_token = space.moments.norms, space.usable, space.is_token
    mean_cosine, of_different = space.moments.mean_cosines()
    left_out, short = is_token & ~usable, norms < 1
    quartiles = [float(q) for q in np.quantile(norms[usable], [0, 0.25, 0.5, 0.75, 1])]
    return Info(
        n=space.shape[0],
        d=space.shape[1],
        norms=(quartiles[0], quartiles[1], quartiles[2], quartiles[3], quartiles[4]),
        mean_cosine=mean_cosine,
        mean_cosine_different=of_different,
        kinds=space.vocabulary.kind_counts(),
        zero=int(np.sum(left_out & short)),
        not_finite=int(np.sum(left_out & ~short)),
        padding=int(np.sum(~is_token)),
        provenance=space.provenance,
    )
