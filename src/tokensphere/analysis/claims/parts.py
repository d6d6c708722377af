"""The parts of the result of :func:`.measure.measure_geometry`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.arrays import Float64s
from tokensphere.geometry.orthogonality import CosineCounts, cosine_tail
from tokensphere.records import record
from tokensphere.statistics.intervals import quartiles

LEVELS = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)


@dataclass(frozen=True)
class GeometrySettings:
    """What was asked for."""

    n_directions: int
    seed: int
    clusters: tuple[int, ...]
    labelling: str | None
    k: int
    wordless: WordlessSpec

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return record(self, wordless="surrogates") | {"similarity": "cosine"}


@dataclass(frozen=True)
class Orthogonality:
    """Cosines of m random directions with n tokens, beside the law of one cosine.

    Attributes
    ----------
    n, d : tokens with a direction, and dimensions
    mean, sd : of all n × m cosines; ``mean_error`` and ``sd_error``, their Monte Carlo errors, are
        large where the space is anisotropic, for then all tokens move together
    law_sd : ``1/√d``
    quantiles, law_quantiles : at `LEVELS`
    resolution : width of the bins that the quantiles come from
    largest : float64 array of shape (m,), cosine of the nearest token, exact
    smallest : float64 array of shape (m,), cosine of the farthest token, to float32 rounding
    law_largest : what one of n independent cosines exceeds on average, the law's 1 − 1/n quantile
    law_largest_quartiles : quartiles of the largest of n independent cosines
    counts : all cosines in fine bins
    """

    n: int
    d: int
    mean: float
    mean_error: float
    sd: float
    sd_error: float
    law_sd: float
    quantiles: tuple[float, ...]
    law_quantiles: tuple[float, ...]
    resolution: float
    largest: Float64s
    smallest: Float64s
    law_largest: float
    law_largest_quartiles: tuple[float, ...]
    counts: CosineCounts = field(repr=False)

    @cached_property
    def largest_quartiles(self) -> tuple[float, ...]:
        """Quartiles over directions of the cosine of the nearest token."""
        return quartiles(self.largest)

    def near_anywhere(self, cosine: float) -> float:
        """At most in which share of the directions a token is so near, wherever the n tokens point.

        ``n P(⟨u, v⟩ ≥ cosine)``, the sum of the chances of all tokens (Boole's inequality).
        """
        return min(1.0, self.n * cosine_tail(self.d, cosine))

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON; the histogram in about 256 bins."""
        edges, counts = self.counts.coarse()
        return {
            **record(self, "mean", "mean_error", "sd", "sd_error", "law_sd"),
            "levels": list(LEVELS),
            **record(self, "quantiles", "law_quantiles", "resolution"),
            **record(self, "largest_quartiles", "law_largest", "law_largest_quartiles"),
            "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        }
