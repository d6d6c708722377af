"""Spherical k-means in a vocabulary with no words: what the method finds in noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tokensphere.analysis.claims.clusters import Baseline
from tokensphere.geometry.clusters import spherical_kmeans
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import surrogate_rows
from tokensphere.geometry.variance import unit_offsets
from tokensphere.geometry.variety import count_different


def surrogate_clusters(
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
