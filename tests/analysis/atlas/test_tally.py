"""Counts of blocks: they add up in any order, to what a survey of all directions says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.atlas.small import save_model
from tests.cases import every
from tokensphere.analysis.atlas.tally import Tally
from tokensphere.analysis.job import work
from tokensphere.analysis.survey.job import SurveyJob
from tokensphere.analysis.survey.result import Survey
from tokensphere.errors import FormatError, InputError


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> ts.EmbeddingSpace:
    return ts.load(save_model(tmp_path_factory.mktemp("tally") / "a.safetensors", (200, 7)))


def tally(space: ts.EmbeddingSpace, first: int, count: int, threads: int = 1) -> tuple[Tally, Survey]:
    directions = ts.RandomDirections(space.shape[1], count, first=first, seed=3)
    job = SurveyJob(space, directions, compute=ts.Compute(threads=threads))
    records = work(job, [])
    return Tally.of(records, job.settings, len(space)), job.result(records)


@pytest.fixture(scope="module")
def whole(space: ts.EmbeddingSpace) -> tuple[Tally, Survey]:
    return tally(space, 0, 400, threads=2)


def test_counts_of_all_kinds_of_lists_say_what_the_survey_says(whole: tuple[Tally, Survey]) -> None:
    counted, survey = whole
    assert len(counted) == 400
    for rate in survey.rates:
        kind: dict[str, Any] = {"centered": rate.centered, "forms": rate.forms, "k": rate.k}
        assert counted.own(**kind) == rate.own  # every rate and interval, to the bit
        assert counted.median(**kind) == pytest.approx(rate.median, abs=0.003)
    for hubs in survey.hubs:
        if hubs.k == counted.k and hubs.ranking != "dot":
            listed = counted.counts[f"listed {hubs.ranking}"]
            assert listed.sum() == 400 * hubs.k
            np.testing.assert_allclose(listed[hubs.ids] / 400, hubs.shares)
            assert np.mean(listed == 0) == hubs.never


def test_blocks_add_up_in_any_order(space: ts.EmbeddingSpace, whole: tuple[Tally, Survey]) -> None:
    parts = [tally(space, first, count)[0] for first, count in ((0, 130), (130, 170), (300, 100))]
    for order in ((0, 1, 2), (2, 0, 1)):
        total = parts[order[0]] + parts[order[1]] + parts[order[2]]
        assert list(total.counts) == list(whole[0].counts)
        for name, counts in whole[0].counts.items():
            np.testing.assert_array_equal(total.counts[name], counts, err_msg=name)


def test_what_is_written_is_read_again(whole: tuple[Tally, Survey]) -> None:
    counted = whole[0]
    back = Tally.from_columns(counted.columns(), counted.about)
    assert (back.k, back.ks, list(back.counts)) == (counted.k, counted.ks, list(counted.counts))
    assert all(np.array_equal(back.counts[name], counts) for name, counts in counted.counts.items())


@every("name", ["counter", "place", "count"])
def test_other_columns_are_refused(whole: tuple[Tally, Survey], name: str) -> None:
    columns, about = whole[0].columns(), whole[0].about
    wrong = {**columns, name: columns[name] - 1 if name != "counter" else columns[name] + 1}
    if name == "counter":
        wrong["place"] = wrong["place"] + 10**6
    with pytest.raises(FormatError, match="no counts"):
        Tally.from_columns({key: value for key, value in columns.items() if key != name}, about)
    with pytest.raises(FormatError):
        Tally.from_columns({**wrong, "count": wrong["count"] * -1}, about)
    fewer = dict(list(about["counters"].items())[1:])
    with pytest.raises(FormatError):
        Tally.from_columns(columns, {**about, "counters": fewer})


def test_only_like_adds_to_like(whole: tuple[Tally, Survey]) -> None:
    counted = whole[0]
    longer = {name: np.append(counts, 0) for name, counts in counted.counts.items()}
    for other in (Tally(9, counted.ks, counted.counts), Tally(counted.k, counted.ks, longer)):
        with pytest.raises(InputError, match="do not add up"):
            counted + other
