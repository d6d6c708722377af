"""A map of a vocabulary: a point for every token, and what its axes are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.analysis.result import Column, Result
from tokensphere.arrays import Bools, Float32s, Int64s
from tokensphere.errors import InputError
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False, repr=False)
class TokenMap(Result):
    """Every token of a vocabulary as a point in the plane.

    Attributes
    ----------
    kind : ``"plane"``, ``"pca"`` or ``"umap"``
    points : float32 array of shape (n, 2); NaN for tokens without a direction
    axes : what the two axes are, in words
    centered : whether rows less their mean were looked at
    settings : what else it takes to get the same map again
    facts : what is known of it: the share of the variance along each axis, the cosine of two directions
    """

    kind: str
    points: Float32s = field(repr=False)
    axes: tuple[str, str]
    centered: bool
    settings: dict[str, Any]
    facts: dict[str, Any]
    provenance: Provenance
    vocabulary: Vocabulary = field(repr=False)

    @property
    def there(self) -> Bools:
        """True for tokens that are on the map, shape (n,)."""
        return np.asarray(np.isfinite(self.points[:, 0]))

    def _beside(self) -> dict[str, Any]:
        return self.head()

    def _in_short(self) -> str:
        return f"{self.kind}, {np.count_nonzero(self.there):,} tokens of {self.provenance.model}"

    def head(self) -> dict[str, Any]:
        """All but the points, ready for JSON."""
        return {
            "model": self.provenance.to_dict(),
            "kind": self.kind,
            "axes": list(self.axes),
            "settings": {"centered": self.centered, **self.settings},
            "n_tokens": int(np.count_nonzero(self.there)),
            **self.facts,
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        ids = np.flatnonzero(self.there).tolist()
        return {
            **self.head(),
            "tokens": [{**self.vocabulary.record(id), "at": self.points[id].tolist()} for id in ids],
        }

    def columns(self) -> dict[str, Column]:
        """A row for each token that is on the map."""
        ids: Int64s = np.flatnonzero(self.there).astype(np.int64)
        return {
            "id": ids,
            "token": [self.vocabulary.text(id) for id in ids.tolist()],
            "x": self.points[ids, 0],
            "y": self.points[ids, 1],
        }


def make_map(
    space: EmbeddingSpace,
    kind: str,
    points: Float32s,
    axes: tuple[str, str],
    *,
    centered: bool,
    facts: dict[str, Any] | None = None,
    **settings: Any,
) -> TokenMap:
    """A map of a space; `points` of shape (n, 2)."""
    if points.shape != (len(space), 2):
        raise InputError(f"the points have the shape {points.shape}, but need ({len(space)}, 2)")
    return TokenMap(
        kind, points, axes, centered, settings, facts or {}, space.provenance, space.vocabulary
    )
