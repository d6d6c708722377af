"""The fifth claim needs a survey, and whoever waits needs to know how many steps there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tokensphere.analysis.claims.clusterings import kinds_of
from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.analysis.survey.job import survey
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.geometry.surrogate import BlockStore
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace

SURVEYED = 500  # directions that are compared with vocabularies without words one by one


def with_survey(
    space: EmbeddingSpace,
    result: Geometry,
    *,
    compute: Compute | None = None,
    store: BlockStore | None = None,
) -> Geometry:
    """The same with what a survey of its first directions finds, at most 500.

    Without, where there are too few directions or tokens for a survey.

    Parameters
    ----------
    space : that was measured
    result : of :func:`.measure_geometry`
    compute : how many threads, for one; seen in no figure
    store : where the surrogates' blocks are kept, by default nowhere
    """
    settings = result.settings
    few = RandomDirections(result.d, min(settings.n_directions, SURVEYED), seed=settings.seed)
    search = SearchSettings(settings.k)
    try:
        found = survey(space, few, search=search, ks=(settings.k,), compute=compute, store=store)
        return replace(result, coherence=found.coherent_share())
    except InputError:
        return result


def count_parts(
    space: EmbeddingSpace,
    labels: LabelTable,
    clusters: Sequence[int],
    *,
    k: int,
    wordless: WordlessSpec,
    labelling: bool = False,
) -> int:
    """How often :func:`.measure_geometry` tells of its progress.

    Parameters
    ----------
    space, labels, clusters, k, wordless : what it is given
    labelling : whether it is given one, too
    """
    usable = space.moments.center().usable
    fitting = [count for count in dict.fromkeys(clusters) if 2 * count <= np.count_nonzero(usable)]
    several = wordless.count if labelling or kinds_of(labels, space.usable, k) else 1
    without = several + len(fitting) if usable.any() else 0
    return 2 + len(fitting) + without  # the first two: neighbours, cosines
