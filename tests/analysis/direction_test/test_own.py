"""Directions beside a normal law with their own mean and covariance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import LABELS, D, made, planted_space, run
from tests.cases import case
from tokensphere.analysis.direction_test import own
from tokensphere.analysis.direction_test.measure import Measurer
from tokensphere.analysis.direction_test.own import Cloud
from tokensphere.analysis.direction_test.statistics import STATISTICS
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.pvalues import p_values


def cloud(m: int, d: int, seed: int) -> np.ndarray:
    """Normal vectors in a stretched cloud beside the origin, the same for all seeds."""
    shape = np.random.default_rng(99)
    stretch, mean = np.exp(shape.standard_normal(d)), shape.standard_normal(d)
    return np.random.default_rng(1000 + seed).standard_normal((m, d)) * stretch + mean


def test_a_cloud_beside_itself_has_uniform_p() -> None:
    result = run(cloud(1000, D, 0), law="own", draws=4096, store=MemoryStore())
    for name, found in result.tested.items():
        for level in (0.05, 0.2, 0.5):
            share = np.mean(found.pvalue <= level)
            error = 4 * np.sqrt(level * (1 - level) / 1000) + 0.01
            assert share < level + error and (name == "label" or share > level - error), (name, level)
    assert result.null.parts[0].about["fitted"] == 1000


@pytest.mark.slow
@pytest.mark.parametrize("m", [10, 30, 100, 500])
def test_so_it_has_of_few_directions_too(m: int) -> None:
    """Fewer than dimensions, which are 64, and most of their own fit: 5 ± 2 % with p of 0.05 or less."""
    measurer = Measurer(planted_space(400, 64), SearchSettings(5, centered=True), LABELS)
    p = []
    for seed in range(max(2, 1000 // m)):
        given = ts.make_directions(measurer.space, cloud(m, 64, seed))
        null = Cloud(given, np.arange(m), "").law(seed).block(0).vectors
        near, chance = (measurer.finder.find(v)[1].mean(axis=1) for v in (given.read(0, m), null))
        p.append(p_values(near, chance))
    assert 0.03 < np.mean(np.concatenate(p) <= 0.05) < 0.07


def test_each_group_has_its_own() -> None:
    v = np.concatenate([cloud(30, D, 1), np.random.default_rng(0).standard_normal((40, D))])
    names = ["a"] * 15 + ["b"] * 40 + ["a"] * 15  # not in one piece
    result = run(made(v).grouped(names), law="own", draws=300)
    assert [part.title for part in result.null.parts] == ["own of a", "own of b"]
    for group in "ab":
        mine = np.array(names) == group
        alone = run(v[mine], law="own", draws=300)
        for name in STATISTICS:
            np.testing.assert_array_equal(alone[name].pvalue, result[name].pvalue[mine])
            np.testing.assert_array_equal(
                alone[name].null_distribution, result[name].nulls["ab".index(group)]
            )


def test_lengths_and_batches_mean_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    v = cloud(40, D, 2)
    lengths = 2.0 ** np.random.default_rng(0).integers(-60, 60, 40)
    bad = np.concatenate([v * lengths[:, None], np.zeros((2, D))])
    want = run(v, law="own", draws=300)
    monkeypatch.setattr(own, "QUERIES_AT_ONCE", 7)
    found = run(bad, law="own", draws=300, store=MemoryStore())
    assert found.null.parts[0].about["fitted"] == 40
    for name in STATISTICS:
        np.testing.assert_allclose(
            found[name].null_distribution, want[name].null_distribution, atol=1e-5
        )


def test_draws_have_the_mean_and_covariance_of_the_unit_rows() -> None:
    v = cloud(3000, D, 3)
    unit = v / np.linalg.norm(v, axis=1)[:, None]
    law = Cloud(made(v), np.arange(3000), "").law(0)
    drawn = np.concatenate([law.block(b).vectors for b in range(20)]).astype(np.float64)
    drawn /= np.linalg.norm(drawn, axis=1)[:, None]
    np.testing.assert_allclose(drawn.mean(axis=0), unit.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(unit.T), atol=0.01)


def test_too_few_are_refused() -> None:
    alike = np.tile(np.arange(1.0, D + 1), (4, 1))
    wrong: list[tuple[Any, str]] = [
        (np.arange(1.0, D + 1), "the set that is tested has 1; use another null"),
        (made(cloud(3, D, 0)).grouped(["a", "a", "b"]), "the group 'b' has 1; use"),
        (alike, "all directions of the set that is tested are the same"),
    ]
    for directions, match in wrong:
        with case(match), pytest.raises(InputError, match=match) as caught:
            run(directions, law="own", draws=50)
        assert "\n" not in str(caught.value)
