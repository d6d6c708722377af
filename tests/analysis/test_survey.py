from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from survey_spaces import grouped, noise, space_of, written

import tokensphere as ts
from tokensphere.analysis.survey import survey
from tokensphere.analysis.survey_result import LEVELS, Survey

SMALL: dict[str, Any] = {"n_directions": 300, "k": 6, "ks": (3, 10)}


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return space_of(*written())


@pytest.fixture(scope="module")
def result(space: ts.EmbeddingSpace) -> Survey:
    return survey(space, **SMALL, seed=2, first=40)


def test_planted_groups_are_coherent_and_found() -> None:
    """80 groups of 12: whatever a direction meets is one of them, and its list of 10 all of one."""
    found = survey(space_of(grouped()), 300, ks=(5, 10))
    for rate in found.rates:
        assert rate.k in (5, 10) and rate.at[0].rate > 0.97 and rate.at[0].interval[0] > 0.95
        assert rate.median > 0.9 > 0.5 > rate.surrogate_median
    most, least = (found.examples()[name] for name in ("most", "least"))
    assert all(len(set(found.ids(place) // 12)) == 1 for place in most.tolist())
    assert all(len(set(found.ids(place) // 12)) > 1 for place in least.tolist())
    assert (found.percentile(most) == 1).all() and (found.coherence[most] > 0.95).all()
    assert found.records.alike[most].tolist() == [10] * 5
    assert found.coherent.mean() == found.main.at[0].rate


@pytest.mark.parametrize(
    ("ratio", "mean"),
    [pytest.param(1, 2, id="N(μ, 1)"), pytest.param(2, 2, id="N(μ, Σ)"), pytest.param(3, 0, id="N(0, Σ)")],
)
def test_where_there_are_no_words_the_rate_is_five_percent(
    ratio: float, mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vocabularies of Gaussian rows: on average 5 % and 1 % of the lists are above the percentiles.

    The rate of one vocabulary varies with its m directions, on the real and on the surrogate's side
    (variance ``2 p (1 − p)/m``), and with the two vocabularies that were drawn; the sd of the second,
    taken over 40 seeds for each of these spaces, was at most 0.009 at 95 % and 0.006 at 99 %. The mean
    over 16 vocabularies may be off by 3.5 standard errors of this sum: by 1.2 points at 95 %, 0.6 at 99 %.
    """
    m, vocabularies, between = 600, 16, (0.009, 0.006)
    monkeypatch.setattr("tokensphere.geometry.rates.np.quantile", _no_quantile)
    rates = []
    for seed in range(vocabularies):
        space = space_of(noise(1000, 24, seed=seed, ratio=ratio, mean=mean))
        found = survey(space, m, ks=(5, 10, 20), seed=seed, surrogate_seed=100 + seed)
        rates.append([[at.rate for at in rate.at] for rate in found.rates if not rate.forms])
    for level, level_rates, extra in zip(LEVELS, np.moveaxis(rates, 2, 0), between, strict=True):
        chance = 1 - level
        error = np.sqrt((2 * chance * level / m + extra**2) / vocabularies)
        np.testing.assert_allclose(level_rates.mean(axis=0), chance, atol=3.5 * error)
