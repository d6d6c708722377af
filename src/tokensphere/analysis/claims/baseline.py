"""Spherical k-means in a vocabulary with no words: what the method finds in noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tokensphere.analysis.claims.clusters import Baseline
from tokensphere.geometry.clusters import spherical_kmeans
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.rows import RowMoments
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import surrogate_rows
from tokensphere.geometry.variance import make_partition, unit_offsets
from tokensphere.geometry.variety import count_different
from tokensphere.space import EmbeddingSpace


def surrogate_clusters(
    space: EmbeddingSpace,
    directions: RandomDirections,
    clusters: Sequence[int],
    *,
    k: int,
    seed: int,
    threads: int | None,
    progress: Callable[[str], None],
) -> list[Baseline]:
    """The clusterings of a surrogate of this space, with the same numbers, seed and directions.

    None at all where all rows are one direction: then there is no surrogate. A row of the surrogate
    is never its mean, so every one is in a cluster.
    """
    if not clusters or not space.moments.center().usable.any():
        return []
    progress("surrogate")
    rows = surrogate_rows(space.vectors, space.moments, seed=seed, threads=threads)
    moments = RowMoments(rows)
    ids, _ = top_k(make_scoring(rows, moments), directions[:], k, threads=threads)
    offsets = unit_offsets(rows, moments)
    mean, usable = moments.mean_unit_row(), moments.center().usable
    found = []
    for count in clusters:
        progress(f"surrogate, {count:,} clusters")
        kmeans = spherical_kmeans(offsets, count, seed=seed, keep=usable, threads=threads)
        partition = make_partition(offsets, mean, kmeans.labels)
        labels = np.where(usable, partition.labels, len(partition.sizes))
        found.append(Baseline(partition, count_different(labels[ids])))
    return found
