"""The result of :func:`.measure.measure_geometry`, the post's claims at its end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tokensphere.analysis.claims import judge as judges
from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.analysis.claims.parts import GeometrySettings, Orthogonality
from tokensphere.analysis.claims.rules import Claim
from tokensphere.analysis.claims.sharing import Sharing, measure_sharing
from tokensphere.analysis.pair import Pair
from tokensphere.analysis.result import Column, Pictured
from tokensphere.analysis.survey.result import CoherentShare
from tokensphere.records import record
from tokensphere.space import Provenance


@dataclass(frozen=True, eq=False, repr=False)
class Geometry(Pictured):
    """Orthogonality, anisotropy, variance in and between clusters, and the post's claims.

    Attributes
    ----------
    n_tokens, d : tokens with a direction, and dimensions
    left_out : rows with none (padding, zero length, or not finite)
    at_mean : tokens whose unit row is the mean itself: they point nowhere from it, and are in no
        cluster that k-means finds
    mean_cosine : ``‖μ‖²``, of two tokens, self-pairs included
    mean_cosine_different : of two different tokens
    orthogonality : cosines of the random directions with all tokens
    clusters : one for each clustering: k-means, the built-in labels, and last the labelling if there
        is one
    too_many : numbers of clusters that were left out: more than half the tokens
    pair : the spot check, None if the vocabulary lacks the tokens
    coherence : what a survey found, if one was given
    """

    n_tokens: int
    d: int
    left_out: int
    at_mean: int
    mean_cosine: float
    mean_cosine_different: float
    orthogonality: Orthogonality
    clusters: tuple[Clusters, ...]
    too_many: tuple[int, ...]
    pair: Pair | None
    coherence: CoherentShare | None
    settings: GeometrySettings
    provenance: Provenance
    indices: range = field(repr=False)

    @cached_property
    def sharing(self) -> Sharing | None:
        """How often the nearest tokens share a label; None without labels."""
        return measure_sharing(self.clusters)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The six claims of the post, in its order."""
        return (
            judges.judge_orthogonality(self.orthogonality),
            judges.judge_variance(self.clusters),
            judges.judge_means(self.clusters),
            judges.judge_variety(self.clusters, self.settings.k),
            judges.judge_coherence(self.coherence, self.sharing),
            judges.judge_pair(self.pair),
        )

    def with_coherence(self, coherence: CoherentShare) -> Geometry:
        """The same, with a survey's rate for the fifth claim."""
        return replace(self, coherence=coherence)

    def _in_short(self) -> str:
        m, count = self.settings.n_directions, len(self.clusters)
        return f"{m:,} directions and {count:,} clusterings of {self.provenance.model}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            "model": self.provenance.to_dict(),
            **record(self, "settings", "n_tokens", "d", "left_out", "at_mean"),
            "too_many_clusters": list(self.too_many),
            "anisotropy": record(self, "mean_cosine", "mean_cosine_different"),
            **record(self, "orthogonality", "clusters", "sharing", "pair", "claims"),
            "directions": {
                "index": list(self.indices),
                **record(self.orthogonality, "largest", "smallest"),
            },
        }

    def columns(self) -> dict[str, Column]:
        """A row for each clustering; NaN where there is none without words to compare with."""
        every = self.clusters
        return {
            "clustering": [one.name for one in every],
            "clusters": [len(one.partition.sizes) for one in every],
            "tokens": [one.partition.n for one in every],
            "icc": [one.partition.decomposition.icc for one in every],
            "icc_random": [one.partition.random.icc for one in every],
            "icc_wordless": [one.without_words("icc") for one in every],
            "different": [one.variety.mean for one in every],
            "different_at_random": [one.expected_different for one in every],
            "different_wordless": [one.without_words("different") for one in every],
            "largest_group": [one.largest_mean.mean for one in every],
            "largest_group_wordless": [one.without_words("largest") for one in every],
        }
