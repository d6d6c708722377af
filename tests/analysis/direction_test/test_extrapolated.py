"""p beyond the draws in a whole test: where, how it is marked, and that nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import LABELS, SPACE, STORE, D, group_means, run
from tests.cases import case
from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.analysis.direction_test.extrapolated import Extrapolation
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import RANKED
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.laws import Isotropic
from tokensphere.statistics.pvalues import q_values, reached
from tokensphere.statistics.tail import COUNTED, REACH, fit_tail
from tokensphere.views.words import q_of, sentences

GIVEN = np.concatenate([group_means(SPACE), np.array(RandomDirections(D, 400, seed=9)[:])])


def both(given: object = GIVEN, **how: object) -> tuple[DirectionTest, DirectionTest]:
    how = {"draws": 2000, **how}
    return run(given, **how), run(given, extrapolate=True, **how)


def test_only_p_that_few_draws_count_are_extrapolated_and_all_are_in_order() -> None:
    counted, result = both()
    for name, kind in RANKED.items():
        before, found = counted[name], result[name]
        with case(name):
            assert found.floor == before.floor == 1 / 2001
            assert found.extrapolation is not None
            if kind.unfit:
                assert name not in ("nearness", "cosine") and found.extrapolation.reasons == [kind.unfit]
                assert not found.extrapolated.any() and not found.by_extrapolation
                np.testing.assert_array_equal(found.pvalue, before.pvalue)
                continue
            rare = reached(found.values, found.null_distribution) < COUNTED
            np.testing.assert_array_equal(found.extrapolated, rare)
            np.testing.assert_array_equal(found.pvalue[~rare], before.pvalue[~rare])
            order = np.argsort(found.values)
            assert (np.diff(found.pvalue[order]) <= 0).all() and (
                np.diff(found.qvalue[order]) <= 0
            ).all()
            assert found.pvalue.min() >= found.floor / REACH
            assert (found.pvalue[:5] < before.floor).all()  # those that were planted
            low, high = found.extrapolation.interval[rare].T
            assert (low <= found.pvalue[rare]).all() and (found.pvalue[rare] <= high).all()
            assert (found.q_extrapolated == (found.qvalue != before.qvalue)).all()


def test_it_is_said_wherever_such_a_p_is() -> None:
    counted, result = both()
    record = json.loads(json.dumps(result.to_dict()))
    assert record["settings"]["extrapolate"] is True
    columns = result.columns()
    for row, one in enumerate(record["results"]):
        for name in RANKED:
            mine = bool(result[name].extrapolated[row])
            assert one[name]["extrapolated"] is mine is bool(columns[f"p_{name}_extrapolated"][row])
            assert (one[name]["p_interval_95"] is None) is not mine
            assert np.isnan(columns[f"p_{name}_high"][row]) == (not mine)
    tail = record["extrapolation"]["nearness"]["tails"][0]
    assert tail["refused"] is None and tail["excesses"] <= 100
    assert record["extrapolation"]["label"] == {"refused": "few values", "tails": []}
    text = str(result.top(8))
    p = result["nearness"].pvalue[result.order()[0]]
    assert f"≈ {p:.2g} " in text and "≈ extrapolated" in text and f"≤ {p:.2g}" not in text
    said = " ".join(sentences(result.top()))
    assert "T (large in few kinds of lists), label p (few values), p any (made of ranks)." in said
    assert "fits the 100 most extreme" in said and "≲ is 5e-06 or less" in said
    assert "extrapolated" in result.top(8)._repr_html_()
    # nothing of it where it is not asked for
    assert "extrapol" not in str(counted) and not any("extrapol" in name for name in counted.columns())
    assert "extrapolation" not in counted.to_dict()
    alone = " ".join(sentences(run(GIVEN[0], draws=2000, extrapolate=True).top()))
    assert f"has p ≈ {result['nearness'].pvalue[0]:.2g} (extrapolated; 95 % interval 0 to" in alone


def test_a_q_that_rests_on_the_smallest_p_is_that_or_less() -> None:
    """Marked are those that would be smaller if the capped p were: by a loop over what these may be."""
    p, ends = np.array([1e-6, 1e-6, 3e-5, 0.2, np.nan]), np.full((5, 2), np.nan)
    ends[:3] = 0, 1e-4
    more = Extrapolation(np.maximum(p, 1e-4), p, ends, np.full(5, 1e-6), ())
    found = Beside(p, p, q_values(p), p, np.zeros((1, 9999)), np.zeros(5, dtype=int), more)
    assert found.q_at_most.tolist() == [True, True, False, False, False]
    for factor in (0.9, 0.1, 0):
        smaller = q_values(np.where(p == 1e-6, factor * p, p))
        np.testing.assert_array_equal(found.q_at_most, smaller < found.qvalue)
    assert [q_of(found, row) for row in range(4)] == ["≲ 2e-06", "≲ 2e-06", "≈ 4e-05", "0.2"]


def test_each_null_has_a_tail_of_its_own_and_few_draws_have_none() -> None:
    given = group_means(SPACE)
    grouped = ts.make_directions(
        SPACE, np.concatenate([given, -given]), ts.SearchSettings(5, centered=True)
    )
    result = run(grouped.grouped(["a"] * 5 + ["b"] * 5), null=ts.NullSpec("own", 2000, extrapolate=True))
    more = result["nearness"].extrapolation
    assert more is not None and len(more.tails) == len(result.null.parts) == 2
    few = run(GIVEN, draws=999, extrapolate=True)
    assert not few["nearness"].extrapolated.any()
    said = " ".join(sentences(few.top()))
    assert "Nothing is extrapolated." in said and "mean cosine (too few draws)" in said


def test_a_saved_test_opens_with_it(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    _, result = both()
    path = tmp_path / "test.parquet"
    result.save(path)
    again = ts.open_test(SPACE, path, labels=LABELS, store=STORE)
    assert again == result and again["nearness"].extrapolated.any()


def test_a_close_up_says_it() -> None:
    null = ts.NullSpec(draws=2000, extrapolate=True)
    search = ts.SearchSettings(5, centered=True)
    result = ts.close_up(SPACE, GIVEN[0], null=null, search=search, labels=LABELS, store=STORE)
    near, _, alike, _ = result.compared
    assert near.extrapolated and near.p_interval is not None and not near.at_floor
    assert near.p_interval[0] <= near.p <= near.p_interval[1] < 0.01
    assert not alike.extrapolated and alike.p_interval is None
    assert f"≈ {near.p:.2g} " in str(result) and "≈ extrapolated" in str(result)


@pytest.mark.slow
def test_it_is_calibrated_in_the_bundled_model() -> None:
    """Draws of the null beside 1,000 others, of which these have a p that cannot be counted."""
    space, draws = ts.load(), 1000
    law = Isotropic(space.shape[1], 11)
    measurer = DirectionTestJob(space, law.block(0).vectors[:1]).measurer
    blocks = [measurer.measure(law.block(block).vectors).values for block in range(32)]
    for name in ("nearness", "cosine"):
        values = np.concatenate([block[name] for block in blocks])
        others, size, held = np.sort(values), [], []
        for first in range(0, len(values) - draws, draws):
            tail = fit_tail(values[first : first + draws])
            if tail.refused:
                size.append(0.0)
                continue
            rare = others[others > np.sort(values[first : first + draws])[-COUNTED]]
            size.append(float(np.sum(tail.p_values(rare) <= 3e-4)) / len(values) / 3e-4)
            low, high = tail.interval(np.array([np.quantile(others, 1 - 3e-4)]))
            held.append(low[0] <= 3e-4 <= high[0])
        with case(name, np.mean(size), np.mean(held)):
            assert 0.6 < np.mean(size) < 1.5 and np.mean(held) > 0.8
