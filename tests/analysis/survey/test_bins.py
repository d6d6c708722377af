from __future__ import annotations

import json

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import space_of, written
from tests.cases import case
from tokensphere.analysis.survey.bins import coherence_bins
from tokensphere.analysis.survey.job import SurrogateSpec, survey
from tokensphere.analysis.survey.result import Survey

pytestmark = pytest.mark.usefixtures("few_pairs")


@pytest.fixture(scope="module", params=[2, 0])
def result(request: pytest.FixtureRequest, few_pairs: None) -> Survey:
    surrogate = SurrogateSpec(count=request.param)
    return survey(space_of(*written()), 200, search=ts.SearchSettings(6), ks=(6,), surrogate=surrogate)


def test_every_list_is_in_the_bin_that_its_T_is_in(result: Survey) -> None:
    """By a loop; the real ones and those with no words, each once, ends included."""
    for count in (None, 1, 7):
        bins = coherence_bins(result, count)
        assert len(bins) == (count or len(bins)) and len(bins.edges) == len(bins) + 1
        places: list[list[int]] = [[] for _ in range(len(bins))]
        for place, value in enumerate(result.coherence.tolist()):
            inside = [b for b in range(len(bins)) if bins.edges[b] <= value < bins.edges[b + 1]]
            places[inside[0] if inside else len(bins) - 1].append(place)
        with case(count):
            for b, want in enumerate(places):
                assert np.flatnonzero(bins.which == b).tolist() == want
                assert bins.counts[b] == len(want) and bins.shares[b] == len(want) / 200
            assert bins.counts.sum() == 200 and bins.by_chance.sum() == pytest.approx(1)
            null = result.null_coherence
            low = float(np.mean(null < bins.edges[1])) if len(bins) > 1 else 1
            assert bins.by_chance[0] == pytest.approx(low)
    json.dumps(bins.to_dict(), allow_nan=False)
