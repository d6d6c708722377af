"""The same clusters in vocabularies with no words: what a claim about words must differ from.

A *surrogate* has as many random rows as there are tokens, with the shape of the real ones; row i carries
the labels of token i (docs/definitions.md 6). Several of them, so that their spread is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tokensphere.analysis.claims.clusters import LEAST_SIZE, Baseline, Wordless
from tokensphere.analysis.claims.nearest import nearest_each
from tokensphere.arrays import Int64s
from tokensphere.errors import check_choice, check_whole
from tokensphere.geometry.clusters import spherical_kmeans
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.scan import count_different, largest_group
from tokensphere.geometry.surrogate import (
    DEFAULT_LAW,
    SURROGATE_LAWS,
    KeptBlocks,
    SurrogateLaw,
    Surrogates,
)
from tokensphere.geometry.variance import Offsets, unit_offsets
from tokensphere.records import Record

_SEEDS = 1000  # how far the surrogates' seeds of one seed lie from those of the next


@dataclass(frozen=True)
class WordlessSpec(Record):
    """Which surrogate vocabularies the real one is compared with.

    Attributes
    ----------
    count : how many, at least 2: an interval needs their spread
    law : what they keep of the real rows
    """

    count: int = 5
    law: SurrogateLaw = DEFAULT_LAW

    def __post_init__(self) -> None:
        check_whole("the number of surrogates", self.count, 2)
        check_choice("surrogate", self.law, SURROGATE_LAWS)

    def seeds(self, seed: int) -> range:
        """Seeds of the surrogates, apart from those of directions and of other seeds' surrogates."""
        first = (seed + 1) * _SEEDS
        return range(first, first + self.count)


@dataclass(frozen=True)
class WordlessVocabularies:
    """What clusters are without words.

    Attributes
    ----------
    labelled : for each set of labels, what it is in the S surrogates; empty if there are none
    kmeans : for each number of clusters, what k-means finds in the first surrogate
    """

    labelled: tuple[Wordless, ...] = ()
    kmeans: tuple[Baseline, ...] = ()


@dataclass
class _Seen:
    """What one set of labels is, surrogate after surrogate."""

    icc: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    different: list[Int64s] = field(default_factory=list)
    largest: list[Int64s] = field(default_factory=list)

    def result(self) -> Wordless:
        return Wordless(**{name: np.array(values) for name, values in vars(self).items()})


def measure_wordless(
    rows: Rows,
    directions: RandomDirections,
    labelled: Sequence[Int64s],
    clusters: Sequence[int],
    *,
    k: int,
    seed: int,
    spec: WordlessSpec,
    progress: Callable[[str], None],
    kept: KeptBlocks | None = None,
) -> WordlessVocabularies:
    """Labels and k-means in surrogates of these rows, along the same directions.

    Parameters
    ----------
    rows : n rows
    directions : m directions
    labelled : int64 arrays of shape (n,), each a number for each row, negative for none
    clusters : numbers of clusters for k-means, which runs in the first surrogate only
    k : nearest rows
    seed : of k-means; `spec` says which are the surrogates' own
    spec : how many surrogates, by which law
    progress : called with the name of each part of the work as it begins
    kept : where the surrogates' blocks are kept, by default nowhere

    Returns
    -------
    WordlessVocabularies
        with nothing in it where all rows are one direction: then there is no surrogate
    """
    if not rows.moments.center().usable.any():
        return WordlessVocabularies()
    seen = [_Seen() for _ in labelled]
    kmeans: tuple[Baseline, ...] = ()
    surrogates = Surrogates(rows, spec.law, kept=kept)
    for number, own in enumerate(spec.seeds(seed)):
        if number and not labelled:
            break
        progress(f"without words, {number + 1} of {spec.count if labelled else 1}")
        drawn = surrogates.draw(own)
        offsets = unit_offsets(drawn)
        own_labels = [labels[rows.usable] for labels in labelled]
        with_kmeans = not number and len(clusters) > 0
        sets = [labels >= 0 for labels in own_labels] + [drawn.usable] * with_kmeans
        nearest = nearest_each(drawn, sets, directions[:], k)
        for labels, ids, found in zip(own_labels, nearest, seen, strict=False):
            _look(offsets, labels, ids, found)
        if with_kmeans:
            kmeans = tuple(_kmeans(offsets, nearest[-1], clusters, seed, progress))
    return WordlessVocabularies(tuple(one.result() for one in seen), kmeans)


def _look(offsets: Offsets, labels: Int64s, nearest: Int64s, seen: _Seen) -> None:
    """What one set of labels is in one surrogate; the nearest rows are of those with a label."""
    partition = offsets.grouped(labels)
    ratios = partition.variance_ratios[partition.sizes >= LEAST_SIZE]
    of_nearest = labels[nearest]
    seen.icc.append(partition.decomposition.icc)
    seen.ratio.append(float(np.median(ratios)) if len(ratios) else float("nan"))
    seen.different.append(count_different(of_nearest))
    seen.largest.append(largest_group(of_nearest))


def _kmeans(
    offsets: Offsets,
    nearest: Int64s,
    clusters: Sequence[int],
    seed: int,
    progress: Callable[[str], None],
) -> list[Baseline]:
    """The clusterings of one surrogate with the same numbers and seed, and those of its nearest rows."""
    usable = offsets.rows.moments.center().usable
    found = []
    for count in clusters:
        progress(f"without words, {count:,} clusters")
        partition = offsets.grouped(spherical_kmeans(offsets.centered(), count, seed=seed).labels)
        of_nearest = np.where(usable, partition.labels, len(partition.sizes))[nearest]
        found.append(Baseline(partition, count_different(of_nearest), largest_group(of_nearest)))
    return found
