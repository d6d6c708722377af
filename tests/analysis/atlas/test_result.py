from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.atlas.made import SETTINGS, atlas, facts, model, some
from tests.analysis.atlas.test_tally import tally
from tests.atlas.small import save_model
from tokensphere.analysis.atlas.result import Atlas, AtlasModel, Rates
from tokensphere.statistics.pvalues import q_values


def test_models_in_any_order_are_one_atlas() -> None:
    whole = some()
    rates = [one.rates.centered.rate for one in whole.finished if one.rates]
    assert rates == sorted(rates, reverse=True) and len(whole.finished) == 7
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(whole))
        assert Atlas.of(SETTINGS, [whole.models[place] for place in order]) == whole
    assert Atlas.of(SETTINGS, whole.models[1:]) != whole


def test_controls_and_failures_change_nothing_of_what_models_say() -> None:
    alone, beside = atlas(8), atlas(8, 5)
    gone = Atlas.of(SETTINGS, [*beside.models, model("gone", None, failed="no such model")])
    for one in (beside, gone):
        assert (one.differ, one.goes_with, one.holds_post) == (
            alone.differ, alone.goes_with, alone.holds_post
        )  # fmt: skip
        assert one.controls_differ is not None and one.controls_differ.between < 0.01
    assert [one.title for one in gone.failures] == ["gone"] and not beside.failures
    assert alone.controls_differ is None and atlas(1).differ is None


def test_what_rates_go_with_is_found_first_and_q_is_of_all() -> None:
    """Rates grow with the width and all measured numbers but one; a tag is noise."""
    rng = np.random.default_rng(0)
    made = [replace(one, tags={**one.tags, "noise": f"{rng.uniform()}"}) for one in atlas(12).models]
    found = Atlas.of(SETTINGS, made)
    by_name = {one.name: one for one in found.goes_with}
    for name in ("width", "tokens", "effective dimensions", "mean cosine"):
        assert by_name[name].strength == pytest.approx(1) and by_name[name].p == 1e-4
    assert "spread of norms" not in by_name  # the same of all
    assert by_name["family"].kind == "word" and by_name["noise"].kind == "number"
    p = np.array([one.p for one in found.goes_with])
    assert p.tolist() == sorted(p)
    np.testing.assert_allclose([one.q for one in found.goes_with], q_values(p))


def test_a_tag_called_as_what_is_measured_is_another_thing() -> None:
    """Such as tokens=300e9, those that a model was trained on."""
    made = [
        replace(one, tags={"tokens": f"{10 - place}e9"}) for place, one in enumerate(atlas(6).finished)
    ]
    found = {one.name: one.strength for one in Atlas.of(SETTINGS, made).goes_with}
    assert found["tokens"] == pytest.approx(1) and found["tokens (listed)"] == pytest.approx(1)
    assert Atlas.of(SETTINGS, made[:1]).known("tokens") == {made[0].id: 50_000}


def test_little_is_said_of_few_models() -> None:
    assert not atlas(3).goes_with and atlas(4).goes_with
    each_its_own = [replace(one, tags={"maker": one.title}) for one in atlas(5).models]
    assert "maker" not in {one.name for one in Atlas.of(SETTINGS, each_its_own).goes_with}


def test_whose_interval_has_the_post_s_rate() -> None:
    assert Atlas.of(SETTINGS, [model("a", 0.2), model("b", 0.19, 1), model("c", 0.1, 2)]).holds_post == 2


def test_the_work_is_that_of_all_units() -> None:
    work = some().work
    assert (work["units"], work["seconds"], work["cpu_seconds"], work["hosts"]) == (9, 270, 450, ["a"])
    assert [one["kernel"] for one in work["versions"]] == ["avx2", "numpy"]
    assert len(atlas(3).work["versions"]) == 1


def test_rates_are_those_of_a_survey(tmp_path: Path) -> None:
    space = ts.load(save_model(tmp_path / "a.safetensors", (200, 7)))
    counted, survey = tally(space, 0, 110)
    found = Rates.of(counted, int(space.usable.sum()))
    for name, kind in (("raw", (False, False)), ("centered", (True, False)), ("forms", (True, True))):
        own = survey.rate(centered=kind[0], forms=kind[1], k=10).own
        assert own is not None and getattr(found, name) == own.at[0]
    hubs = next(one for one in survey.hubs if (one.ranking, one.k) == ("centered", 10))
    assert found.never == pytest.approx(hubs.never)
    assert found.skewness == pytest.approx(hubs.skewness) and found.directions == 110


def test_a_model_is_done_when_all_is_there_that_was_asked_for() -> None:
    assert model("a", 0.2, done=2000).done and not model("a", 0.2, done=1000).done
    assert not AtlasModel("a", "a", None, {}, 100, facts("a", 9, 9, 9.0, 0.1)).done
