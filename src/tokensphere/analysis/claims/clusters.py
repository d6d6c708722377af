"""A clustering in the result of :func:`.measure.measure_geometry`, and what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from typing import Any

import numpy as np

from tokensphere.arrays import Bools, Float64s, Int64s
from tokensphere.geometry.scan import GroupSpread, largest_at_random
from tokensphere.geometry.variance import Decomposition, Partition
from tokensphere.records import record
from tokensphere.statistics.beside import Beside
from tokensphere.statistics.intervals import Estimate, quartiles

LEAST_SIZE = 10  # tokens from which a cluster's own variance means something
EXCEEDING = ("exceeds", "exceeds_raw", "exceeds_literal")  # what :meth:`Clusters.exceeding` can say
_RENAMED = {  # in JSON
    "ratio_quartiles": "variance_ratio_quartiles",
    "variety": "different",
    "model_variety": "different_model",
    "model_different": "different_model",
    "expected_different": "different_random",
    "baseline": "surrogate",
    "wordless": "surrogates",
    "largest_mean": "largest_group",
    "largest_random": "largest_group_random_probabilities",
    "sizes": "size",
    "variance_ratios": "variance_ratio",
    "mean_size": "mean",
}


@dataclass(frozen=True)
class Measured:
    """A variance decomposition seen along directions, with its Monte Carlo errors."""

    values: Decomposition
    errors: Decomposition
    icc_error: float

    @classmethod
    def of(cls, spread: GroupSpread) -> Measured:
        """Means over the directions; the error of the icc is that of a ratio of two means."""
        total = spread.within + spread.between
        parts = [Estimate.of(part) for part in (total, spread.within, spread.between)]
        values = Decomposition(*(part.mean for part in parts))
        errors = Decomposition(*(part.error for part in parts))
        rest = Estimate.of(spread.between - values.icc * total).error
        return cls(values, errors, rest / values.total if values.total > 0 else 0.0)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {**self.values.to_dict(), "errors": {**self.errors.to_dict(), "icc": self.icc_error}}


class _Grouped:
    """Rows in clusters, and what follows from that for the clusters and for the nearest rows."""

    partition: Partition
    different: Int64s
    largest: Int64s

    @cached_property
    def large(self) -> Bools:
        """True for clusters of 10 tokens or more, shape (C,): those whose own variance counts."""
        return self.partition.sizes >= LEAST_SIZE

    @cached_property
    def ratio_quartiles(self) -> tuple[float, ...]:
        """Quartiles over large clusters of ``Var_S / Var``; empty if there are none."""
        return quartiles(self.partition.variance_ratios[self.large])

    @cached_property
    def variety(self) -> Estimate:
        """Different clusters among the k nearest, mean over directions."""
        return Estimate.of(self.different)

    @cached_property
    def largest_mean(self) -> Estimate:
        """Size of the largest group of one cluster among the k nearest, mean over directions."""
        return Estimate.of(self.largest)


@dataclass(frozen=True)
class Wordless:
    """What a set of labels is in S surrogate vocabularies, where row i has the labels of token i.

    Attributes
    ----------
    icc : float64 array of shape (S,), the part of the variance that the labels' means hold
    ratio : float64 array of shape (S,), ``Var_S / Var`` of the median label; NaN without large ones
    different : int64 array of shape (S, m), different labels among the k nearest rows
    largest : int64 array of shape (S, m), size of the largest group of one label among them
    """

    icc: Float64s
    ratio: Float64s
    different: Int64s = field(repr=False)
    largest: Int64s = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON: a value for each surrogate."""
        with_ratio = None if np.isnan(self.ratio).any() else self.ratio.tolist()
        return {
            "icc": self.icc.tolist(),
            "variance_ratio_median": with_ratio,
            "different": self.different.mean(axis=1).tolist(),
            "largest_group": self.largest.mean(axis=1).tolist(),
        }


@dataclass(frozen=True)
class Baseline(_Grouped):
    """The same k-means in a vocabulary with no words: how much of a clustering is the method's own.

    k-means looks for groups of small variance, and finds some in pure noise. What it finds in the
    surrogate vocabulary (as many random rows, that keep what is coarse of the real ones) is
    what there is to find without words.

    Attributes
    ----------
    partition : the surrogate's clusters
    different : int64 array of shape (m,), different clusters among the k nearest surrogate rows
    largest : int64 array of shape (m,), size of the largest group of one cluster among them
    """

    partition: Partition = field(repr=False)
    different: Int64s = field(repr=False)
    largest: Int64s = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            "closed_form": self.partition.decomposition.to_dict(),
            **record(self, "ratio_quartiles", "variety", "largest_mean", **_RENAMED),
            "size": self.partition.sizes.tolist(),
        }


@dataclass(frozen=True)
class Clusters(_Grouped):
    """One way to put the tokens in clusters, and where the variance of the cosine lies in it.

    Attributes
    ----------
    name : of the clustering, in plain words
    labelled : True if labels made it, not the vectors themselves
    problems : why it is a failed clustering, not a finding; mostly empty
    search : of k-means, how it ended: iterations, converged, objective; empty for a labelling
    names : of the clusters, for a labelling
    partition : labels, sizes, and what follows from them in closed form
    spread : what the clusters do along the directions
    shuffled, shuffled_spread : the same for the same sizes filled at random, one draw
    different : int64 array of shape (m,), different clusters among the k nearest tokens
    expected_different : the same for k tokens at random
    largest : int64 array of shape (m,), size of the largest group of one cluster among the k nearest
    k : how many are the nearest
    baseline : the same k-means in a vocabulary with no words; None for labels
    wordless : the same labels in several such vocabularies; None for k-means
    """

    name: str
    labelled: bool
    problems: tuple[str, ...]
    search: dict[str, Any]
    names: tuple[str, ...]
    partition: Partition = field(repr=False)
    spread: GroupSpread = field(repr=False)
    shuffled: Partition = field(repr=False)
    shuffled_spread: GroupSpread = field(repr=False)
    different: Int64s = field(repr=False)
    expected_different: float
    largest: Int64s = field(repr=False)
    k: int
    baseline: Baseline | None = None
    wordless: Wordless | None = None

    @cached_property
    def measured(self) -> Measured:
        """The decomposition along the drawn directions."""
        return Measured.of(self.spread)

    @cached_property
    def middle_variety(self) -> tuple[int, int]:
        """5th and 95th percentile over directions of the number of different clusters."""
        low, high = np.quantile(self.different, [0.05, 0.95], method="inverted_cdf")
        return int(low), int(high)

    @cached_property
    def model_variety(self) -> Estimate:
        """The same as `variety`, of cosines drawn from the clusters' means and sds (512 directions)."""
        return Estimate.of(self.spread.model_different)

    @cached_property
    def largest_random(self) -> Float64s:
        """The law of `largest` for k tokens at random: probabilities of 1, 2, …, k."""
        return largest_at_random(self.partition.sizes, self.k)

    def beside(self, what: str) -> Beside | None:
        """One number of these labels beside the same in the surrogates; None where there is none.

        `what` is ``"icc"``, ``"ratio"``, ``"different"`` or ``"largest"`` (means over directions).
        """
        if self.wordless is None:
            return None
        if what == "icc":
            return Beside(self.partition.decomposition.icc, self.wordless.icc)
        if what == "ratio":
            return Beside(self.ratio_quartiles[1], self.wordless.ratio) if self.large.any() else None
        without = getattr(self.wordless, what).mean(axis=1)
        return Beside(float(getattr(self, what).mean()), without)

    def without_words(self, what: str) -> float:
        """A number as for :meth:`beside` of the same clusters without words, NaN where there is none.

        For labels the mean over surrogates, for k-means what it finds in one of them.
        """
        if (found := self.beside(what)) is not None:
            return found.mean
        if (one := self.baseline) is None or (what == "ratio" and not one.large.any()):
            return nan
        if what == "icc":
            return one.partition.decomposition.icc
        return one.ratio_quartiles[1] if what == "ratio" else float(getattr(one, what).mean())

    @property
    def largest_without_words(self) -> Int64s | None:
        """As `largest`, along the directions in the surrogates, any shape; None without these."""
        there = self.wordless or self.baseline
        return None if there is None else there.largest

    def exceeding(self, what: str, *, shuffled: bool = False) -> float | None:
        """Share of the pairs of a large cluster and a direction, see :class:`.scan.GroupSpread`.

        `what` is ``"exceeds"``, ``"exceeds_raw"`` or ``"exceeds_literal"``; None without large clusters.
        """
        shares = getattr(self.shuffled_spread if shuffled else self.spread, what)[self.large]
        return float(shares.mean()) if len(shares) else None

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        part = self.partition
        return {
            **record(self, "name", "labelled", "problems", "search"),
            "tokens": part.n,
            "clusters": len(part.sizes),
            "closed_form": part.decomposition.to_dict(),
            "measured": self.measured.to_dict(),
            "random_expected": part.random.to_dict(),
            "random_drawn": self.shuffled.decomposition.to_dict(),
            "large_clusters": int(self.large.sum()),
            "variance_ratio_quartiles": list(self.ratio_quartiles),
            **{kind: self.exceeding(kind) for kind in EXCEEDING},
            **{f"{kind}_random": self.exceeding(kind, shuffled=True) for kind in EXCEEDING},
            **record(self, "variety", "model_variety", "expected_different", **_RENAMED),
            **record(self, "largest_mean", "largest_random", "baseline", "wordless", **_RENAMED),
            "of_clusters": {
                "names": list(self.names) or None,
                **record(part, "sizes", "variance_ratios", "sd", "mean_size", "shift", **_RENAMED),
                **record(self.spread, *EXCEEDING),
            },
            "of_directions": {
                "different": self.different.tolist(),
                "largest_group": self.largest.tolist(),
                **record(self.spread, "model_different", "within", "between", **_RENAMED),
            },
        }
