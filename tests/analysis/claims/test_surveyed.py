from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import space_of, written
from tests.analysis.tables import overlapping
from tests.cases import case
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.claims.surveyed import count_parts, with_survey
from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.analysis.survey.job import survey
from tokensphere.labels.table import LabelTable

pytestmark = pytest.mark.usefixtures("few_pairs")
NONE = LabelTable.from_members(600, [])
HALVES = np.arange(600) % 2


def test_as_many_parts_are_told_as_are_counted() -> None:
    """With labels and without, with k-means and without, and where numbers do not fit or come twice."""
    space = space_of(*written())
    for labels in (overlapping(), NONE):
        for clusters in ((), (3,), (4, 8, 4, 500)):
            if labels is NONE and not clusters:
                continue  # nothing to measure
            for count, own in ((2, None), (3, None), (3, HALVES)):
                told: list[str] = []
                spec = WordlessSpec(count)
                how: dict[str, Any] = {"clusters": clusters, "k": 5, "wordless": spec, "labels": labels}
                measure_geometry(space, n_directions=20, labelling=own, progress=told.append, **how)
                with case(labels is NONE, clusters, count, own is None):
                    assert len(told) == count_parts(
                        space, labels, clusters, k=5, wordless=spec, labelling=own is not None
                    )


@pytest.mark.slow
def test_the_fifth_claim_has_a_survey_of_the_first_directions() -> None:
    space = space_of(*written())
    how: dict[str, Any] = {"clusters": (), "labels": overlapping(), "k": 5, "seed": 3}
    few = measure_geometry(space, n_directions=99, **how)
    assert with_survey(space, few).coherence is None and "survey" not in few.claims[4].measured
    found = with_survey(space, measure_geometry(space, n_directions=120, **how))
    directions = ts.RandomDirections(16, 120, seed=3)
    want = survey(space, directions, search=ts.SearchSettings(5), ks=(5,)).coherent_share()
    assert found.coherence == want and "of 120 directions" in found.claims[4].measured
    many = with_survey(space, measure_geometry(space, n_directions=600, **how))
    assert many.coherence is not None and many.coherence.n_directions == 500


def test_where_no_survey_can_be_the_claim_has_none() -> None:
    space = space_of(np.random.default_rng(0).standard_normal((30, 8)))
    how: dict[str, Any] = {"clusters": (3,), "labels": LabelTable.from_members(30, []), "k": 10}
    found = measure_geometry(space, n_directions=100, **how)
    alone = with_survey(space, found)
    assert alone.coherence is not None and alone.coherence.n_directions == 100
    short = space_of(np.random.default_rng(0).standard_normal((30, 8)), ["a", "A"] * 1)
    found = measure_geometry(short, n_directions=100, **how | {"k": 30})
    assert with_survey(short, found).coherence is None  # a survey takes one token a form, of which 29
