"""Is a random vector near anything? Where does the cosine's variance lie? (docs/definitions.md 3, 4)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from tokensphere.analysis.blocks import kept_blocks
from tokensphere.analysis.claims.clusterings import (
    Clustering,
    Labelling,
    by_kmeans,
    by_labelling,
    by_table,
)
from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.analysis.claims.nearest import nearest_each
from tokensphere.analysis.claims.parts import LEVELS, GeometrySettings, Orthogonality
from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.claims.surveyed import count_parts
from tokensphere.analysis.claims.wordless import WordlessSpec, WordlessVocabularies, measure_wordless
from tokensphere.analysis.job import Watcher
from tokensphere.analysis.pair import Pair, pair
from tokensphere.analysis.survey.result import CoherentShare
from tokensphere.analysis.watched import showing, watched_steps
from tokensphere.arrays import Float64s, Int64s
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry import orthogonality as law
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections, stream
from tokensphere.geometry.lens import check_cosine
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.scan import (
    Scan,
    count_different,
    expected_different,
    largest_group,
    scan_directions,
)
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import BlockStore
from tokensphere.geometry.variance import (
    Offsets,
    Partition,
    random_partition,
    unit_offsets,
)
from tokensphere.labels.build import make_labels
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.intervals import Estimate

SPOT_CHECK = ((" female", " alt"), ("female", "alt"))
_WORDLESS = WordlessSpec()


@showing(lambda progress: watched_steps(progress, "geometry"))
def measure_geometry(
    space: EmbeddingSpace,
    *,
    n_directions: int = 2000,
    seed: int = 0,
    clusters: Sequence[int] = (100, 300, 1000),
    labelling: Labelling | None = None,
    labelling_name: str = "labelling",
    labels: LabelTable | None = None,
    k: int = 10,
    wordless: WordlessSpec = _WORDLESS,
    coherence: CoherentShare | None = None,
    compute: Compute | None = None,
    store: BlockStore | None = None,
    progress: Callable[[str], None] | bool | None = None,
) -> Geometry:
    """How random directions lie to the tokens, and where the variance of their cosines lies.

    Parameters
    ----------
    space : the embeddings, n tokens × d dimensions
    n_directions : random directions, those of `seed` from index 0 on, at least 2
    seed : of directions, clusterings and random partitions
    clusters : numbers of clusters for spherical k-means of the centred rows; a number of more than
        half the tokens is left out; may be empty if there are labels
    labelling : further clusters: for each of the n tokens a name (None or "" for none) or a number
        (negative for none); what is said of it is about the tokens that have a label
    labelling_name : what the labelling is called in the result
    labels : of the tokens, by default those that come with the package; the most specific label of a
        kind (meaning, grammar, lemma) is a token's cluster
    k : neighbours of each direction
    wordless : the surrogate vocabularies that labels and k-means are compared with
    coherence : how often a neighbourhood is coherent, from a survey
    compute : how many threads, for one; seen in no figure
    store : where the surrogates' blocks of rows are kept, by default nowhere
    progress : called with the name of each part of the work as it begins; True shows it

    Returns
    -------
    Geometry

    Raises
    ------
    InputError
        fewer than two tokens have a direction; no number of clusters fits; a labelling of another
        length; `k` larger than the number of tokens or of labelled tokens; or the space was loaded
        through a lens, which ranks by dot
    """
    say = progress if callable(progress) else lambda _: None
    check_cosine(space.lens, "a geometry")
    _check(n_directions, seed, clusters)
    rows = space.rows.using(compute)
    mean_cosine, of_different = rows.moments.mean_cosines()
    n, n_centered = int(rows.usable.sum()), int(rows.moments.center().usable.sum())
    offsets = unit_offsets(rows)
    directions = RandomDirections(space.shape[1], n_directions, seed=seed)
    fitting = [count for count in dict.fromkeys(clusters) if 2 * count <= n_centered]
    if clusters and not fitting and labelling is None:
        raise InputError(
            f"{min(clusters)} clusters are too many for {n} tokens: ask for {n // 2} or fewer"
        )
    table = make_labels(space.vocabulary) if labels is None else labels
    labelled = by_table(offsets, table, k)
    if labelling is not None:
        labelled.append(by_labelling(offsets, labelling, labelling_name))
    if not clusters and not labelled:
        raise InputError("no clusters to look at: give numbers of clusters or a labelling")
    own = labelling is not None
    Watcher(progress).expect(
        lambda: count_parts(space, table, clusters, k=k, wordless=wordless, labelling=own)
    )
    say("neighbours")
    nearest, *of_labelled = _nearest(rows, labelled, directions, k)
    cosines = make_scoring(rows).exact(directions[:], np.arange(n_directions), nearest[:, 0])
    made: list[Clustering] = []
    for count in fitting:
        say(f"k-means, {count:,} clusters")
        made.append(by_kmeans(offsets, count, seed))
    found = [_labels_of_nearest(rows, one, directions, nearest) for one in made]
    found += [one.partition.labels[ids] for one, ids in zip(labelled, of_labelled, strict=True)]
    made += labelled
    say("cosines")
    shuffled = [_shuffled(offsets, one.partition, seed, number) for number, one in enumerate(made)]
    partitions = [one.partition for one in made]
    scan = scan_directions(offsets, directions, partitions, plain=shuffled, k=k, seed=seed)
    del offsets  # the surrogates need as much
    without = measure_wordless(
        rows, directions, [one.partition.labels for one in labelled], fitting,
        k=k, seed=seed, spec=wordless, kept=kept_blocks(space, store), progress=say,
    )  # fmt: skip
    asked = None if labelling is None else labelling_name
    return Geometry(
        n_tokens=n,
        d=space.shape[1],
        left_out=space.left_out,
        at_mean=n - n_centered,
        mean_cosine=mean_cosine,
        mean_cosine_different=of_different,
        orthogonality=_orthogonality(scan, cosines, space.shape[1], n),
        clusters=_put_together(made, found, shuffled, scan, without),
        too_many=tuple(count for count in dict.fromkeys(clusters) if count not in fitting),
        pair=_spot_check(space, seed),
        coherence=coherence,
        settings=GeometrySettings(n_directions, seed, tuple(clusters), asked, k, wordless),
        provenance=space.provenance,
        indices=directions.indices,
    )


def _check(n_directions: int, seed: int, clusters: Sequence[int]) -> None:
    """Raise `InputError` for numbers that no vocabulary fits."""
    if n_directions < 2:
        raise InputError(f"{n_directions} directions are too few: ask for 2 or more")
    check_whole("the seed", seed)
    if any(count < 2 for count in clusters):
        raise InputError(f"{min(clusters)} clusters: ask for 2 or more, or the variance has one place")


def _put_together(
    made: Sequence[Clustering],
    found: Sequence[Int64s],
    shuffled: Sequence[Partition],
    scan: Scan,
    without: WordlessVocabularies,
) -> tuple[Clusters, ...]:
    """Each clustering with `found`, the clusters of the nearest tokens, and what it is without words."""
    baselines, surrogates = iter(without.kmeans), iter(without.labelled)
    return tuple(
        Clusters(
            **vars(one),
            spread=scan.spreads[number],
            shuffled=shuffled[number],
            shuffled_spread=scan.spreads[number + len(made)],
            different=count_different(found[number]),
            expected_different=expected_different(one.partition.sizes, found[number].shape[1]),
            largest=largest_group(found[number]),
            k=found[number].shape[1],
            baseline=None if one.labelled else next(baselines, None),
            wordless=next(surrogates, None) if one.labelled else None,
        )
        for number, one in enumerate(made)
    )


def _shuffled(offsets: Offsets, own: Partition, seed: int, number: int) -> Partition:
    # Keys of one number belong to blocks of directions, of two to the scan's model.
    return offsets.grouped(random_partition(own.labels, stream(seed, number, 0, 0)))


def _nearest(
    rows: Rows, labelled: Sequence[Clustering], directions: RandomDirections, k: int
) -> list[Int64s]:
    """The k nearest of all tokens, and of those with a label of each set, each of shape (m, k)."""
    having = [one.partition.labels >= 0 for one in labelled]
    for one, own in zip(labelled, having, strict=True):
        if (count := np.count_nonzero(own)) < k:
            raise InputError(f"k is {k}, but {one.name} has only {count} tokens in clusters")
    return nearest_each(rows, [rows.usable, *having], directions[:], k)


def _labels_of_nearest(
    rows: Rows, one: Clustering, directions: RandomDirections, nearest: Int64s
) -> Int64s:
    """The clusters of the k nearest of the tokens that k-means puts in one, shape (m, k)."""
    labels = one.partition.labels
    if (labels[nearest] < 0).any():  # tokens at the mean
        k = nearest.shape[1]
        if (count := np.count_nonzero(labels >= 0)) < k:
            raise InputError(f"k is {k}, but {one.name} has only {count} tokens in clusters")
        (nearest,) = nearest_each(rows, [labels >= 0], directions[:], k)
    return np.asarray(labels[nearest])


def _orthogonality(scan: Scan, largest: Float64s, d: int, n: int) -> Orthogonality:
    cosine, square = Estimate.of(scan.means), Estimate.of(scan.variances + scan.means**2)
    sd = sqrt(max(square.mean - cosine.mean**2, 0.0))
    return Orthogonality(
        n=n,
        d=d,
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
