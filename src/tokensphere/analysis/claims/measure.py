"""Is a random vector near anything? Where does the cosine's variance lie? (docs/definitions.md 3, 4)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np

from tokensphere.analysis.claims.clusters import Baseline, Clusters
from tokensphere.analysis.claims.parts import LEVELS, GeometrySettings, Orthogonality
from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.pair import Pair, pair
from tokensphere.analysis.survey.result import CoherentShare
from tokensphere.arrays import Float64s, Int64s, Ints
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry import orthogonality as law
from tokensphere.geometry.clusters import clustering_problems, spherical_kmeans
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections, stream
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.scan import Scan, count_different, expected_different, scan_directions
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import surrogate_rows
from tokensphere.geometry.variance import (
    Offsets,
    Partition,
    number_labels,
    random_partition,
    unit_offsets,
)
from tokensphere.records import record
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.intervals import Estimate

SPOT_CHECK = ((" female", " alt"), ("female", "alt"))
Labelling = Ints | Sequence[str | None] | Sequence[int]


def measure_geometry(
    space: EmbeddingSpace,
    *,
    n_directions: int = 2000,
    seed: int = 0,
    clusters: Sequence[int] = (100, 300, 1000),
    labelling: Labelling | None = None,
    labelling_name: str = "labelling",
    k: int = 10,
    coherence: CoherentShare | None = None,
    compute: Compute | None = None,
    progress: Callable[[str], None] | None = None,
) -> Geometry:
    """How random directions lie to the tokens, and where the variance of their cosines lies.

    Parameters
    ----------
    space : the embeddings, n tokens × d dimensions
    n_directions : random directions, those of `seed` from index 0 on, at least 2
    seed : of directions, clusterings and random partitions
    clusters : numbers of clusters for spherical k-means of the centred rows; a number of more than
        half the tokens is left out; may be empty if there is a labelling
    labelling : further clusters: for each of the n tokens a name (None or "" for none) or a number
        (negative for none); what is said of it is about the tokens that have a label
    labelling_name : what the labelling is called in the result
    k : neighbours of each direction
    coherence : how often a neighbourhood is coherent, from a survey
    compute : how many threads, for one; seen in no figure
    progress : called with the name of each part of the work as it begins

    Returns
    -------
    Geometry

    Raises
    ------
    InputError
        fewer than two tokens have a direction; no number of clusters fits; a labelling of another
        length; `k` larger than the number of tokens or of labelled tokens
    """
    say = progress or (lambda _: None)
    if n_directions < 2:
        raise InputError(f"{n_directions} directions are too few: ask for 2 or more")
    check_whole("the seed", seed)
    if not len(clusters) and labelling is None:
        raise InputError("no clusters to look at: give numbers of clusters or a labelling")
    if any(count < 2 for count in clusters):
        raise InputError(f"{min(clusters)} clusters: ask for 2 or more, or the variance has one place")
    rows = space.rows.using(compute)
    usable, center = rows.usable, rows.moments.center()
    mean_cosine, of_different = rows.moments.mean_cosines()
    n, n_centered = int(usable.sum()), int(center.usable.sum())
    offsets = unit_offsets(rows)
    directions = RandomDirections(space.shape[1], n_directions, seed=seed)
    fitting = [count for count in dict.fromkeys(clusters) if 2 * count <= n_centered]
    if not fitting and labelling is None:
        raise InputError(
            f"{min(clusters)} clusters are too many for {n} tokens: ask for {n // 2} or fewer"
        )
    say("neighbours")
    ids, cosines = top_k(make_scoring(rows), directions[:], k)
    made: list[_Made] = []
    for count in fitting:
        say(f"k-means, {count:,} clusters")
        made.append(_by_kmeans(offsets, count, seed))
    if labelling is not None:
        made.append(_by_labels(offsets, labelling, labelling_name))
    found = [_neighbors_among(rows, one, directions, k, ids) for one in made]
    say("cosines")
    shuffled = [_shuffled(offsets, one.partition, seed, number) for number, one in enumerate(made)]
    partitions = [*(one.partition for one in made), *shuffled]
    scan = scan_directions(offsets, directions, partitions, k=k, seed=seed)
    del offsets  # the surrogate needs as much
    baselines = _surrogate_clusters(rows, directions, fitting, k=k, seed=seed, progress=say)
    return Geometry(
        n_tokens=n,
        d=space.shape[1],
        left_out=space.left_out,
        at_mean=n - n_centered,
        mean_cosine=mean_cosine,
        mean_cosine_different=of_different,
        orthogonality=_orthogonality(scan, cosines[:, 0], space.shape[1], n),
        clusters=tuple(
            Clusters(
                **vars(one),
                spread=scan.spreads[number],
                shuffled=shuffled[number],
                shuffled_spread=scan.spreads[number + len(made)],
                different=count_different(one.partition.labels[found[number]]),
                expected_different=expected_different(one.partition.sizes, k),
                baseline=baselines[number] if number < len(baselines) else None,
            )
            for number, one in enumerate(made)
        ),
        too_many=tuple(count for count in dict.fromkeys(clusters) if count not in fitting),
        pair=_spot_check(space, seed),
        coherence=coherence,
        settings=GeometrySettings(
            n_directions, seed, tuple(clusters), None if labelling is None else labelling_name, k
        ),
        provenance=space.provenance,
        indices=directions.indices,
    )


@dataclass(frozen=True)
class _Made:
    """A clustering before it is looked at along directions."""

    name: str
    partition: Partition
    problems: tuple[str, ...] = ()
    search: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def _by_kmeans(offsets: Offsets, count: int, seed: int) -> _Made:
    found = spherical_kmeans(offsets.centered(), count, seed=seed)
    how = record(found, "iterations", "converged", "objective", objective="mean_cosine_to_center")
    problems = clustering_problems(found.sizes)
    return _Made(f"k-means {count:,}", offsets.grouped(found.labels), problems, {"asked": count, **how})


def _by_labels(offsets: Offsets, labelling: Labelling, name: str) -> _Made:
    usable = offsets.rows.usable
    if len(labelling) != len(usable):
        raise InputError(f"{len(labelling)} labels for {len(usable)} tokens: need one a token, or None")
    names: tuple[str, ...] = ()
    if any(isinstance(label, str) or label is None for label in labelling):
        labels, names = number_labels([None if label is None else str(label) for label in labelling])
    else:
        labels = np.asarray(labelling)
        if labels.dtype.kind not in "iu":
            raise InputError(f"labels of type {labels.dtype}: give names or whole numbers")
        labels = labels.astype(np.int64)
    labels = np.where(usable, labels, -1)
    kept = np.unique(labels[labels >= 0]).tolist()
    if len(kept) < 2:
        raise InputError(f"the labelling has {len(kept)} different labels; at least 2 are needed")
    return _Made(
        name,
        offsets.grouped(labels),
        names=tuple(names[number] for number in kept) if names else tuple(map(str, kept)),
    )


def _shuffled(offsets: Offsets, own: Partition, seed: int, number: int) -> Partition:
    # Keys of one number belong to blocks of directions, of two to the scan's model.
    return offsets.grouped(random_partition(own.labels, stream(seed, number, 0, 0)))


def _neighbors_among(
    rows: Rows, one: _Made, directions: RandomDirections, k: int, ids: Int64s
) -> Int64s:
    """The k nearest of the tokens that are in a cluster, ids of shape (m, k)."""
    grouped = one.partition.labels >= 0
    if (one.partition.labels[ids] >= 0).all():
        return ids
    if one.partition.n < k:
        raise InputError(f"k is {k}, but {one.name} has only {one.partition.n} tokens in clusters")
    return top_k(make_scoring(rows, keep=grouped), directions[:], k)[0]


def _surrogate_clusters(
    rows: Rows,
    directions: RandomDirections,
    clusters: Sequence[int],
    *,
    k: int,
    seed: int,
    progress: Callable[[str], None],
) -> list[Baseline]:
    """The clusterings of a surrogate of this space, with the same numbers, seed and directions.

    None at all where all rows are one direction: then there is no surrogate. A row of the surrogate
    is never its mean, so every one is in a cluster.
    """
    if not clusters or not rows.moments.center().usable.any():
        return []
    progress("surrogate")
    drawn = surrogate_rows(rows, seed=seed)
    ids, _ = top_k(make_scoring(drawn), directions[:], k)
    offsets = unit_offsets(drawn)
    usable = drawn.moments.center().usable
    found = []
    for count in clusters:
        progress(f"surrogate, {count:,} clusters")
        partition = offsets.grouped(spherical_kmeans(offsets.centered(), count, seed=seed).labels)
        labels = np.where(usable, partition.labels, len(partition.sizes))
        found.append(Baseline(partition, count_different(labels[ids])))
    return found


def _orthogonality(scan: Scan, largest: Float64s, d: int, n: int) -> Orthogonality:
    cosine, square = Estimate.of(scan.means), Estimate.of(scan.variances + scan.means**2)
    sd = sqrt(max(square.mean - cosine.mean**2, 0.0))
    return Orthogonality(
        mean=cosine.mean,
        mean_error=cosine.error,
        sd=sd,
        sd_error=square.error / (2 * sd) if sd > 0 else 0.0,
        law_sd=1 / sqrt(d),
        quantiles=tuple(scan.counts.quantiles(LEVELS).tolist()),
        law_quantiles=tuple(law.cosine_quantiles(d, LEVELS).tolist()),
        resolution=scan.counts.width,
        largest=largest,
        smallest=scan.smallest,
        law_largest=law.expected_largest(d, n),
        law_largest_quartiles=tuple(law.largest_quantiles(d, n, [0.25, 0.5, 0.75]).tolist()),
        counts=scan.counts,
    )


def _spot_check(space: EmbeddingSpace, seed: int) -> Pair | None:
    """The post's two tokens, with a leading space or, if there are none such, without."""
    for first, second in SPOT_CHECK:
        if first in space.vocabulary and second in space.vocabulary:
            try:
                return pair(space, first, second, seed=seed)
            except InputError:  # a row without direction
                continue
    return None
