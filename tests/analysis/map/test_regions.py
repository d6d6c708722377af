from __future__ import annotations

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import grouped, noise, space_of
from tokensphere.analysis.map.kept import MapNeighbors
from tokensphere.analysis.map.points import make_map
from tokensphere.analysis.map.regions import Regions, map_regions
from tokensphere.analysis.random_sets import RandomSets
from tokensphere.errors import InputError
from tokensphere.statistics.draws import MemoryStore


def test_regions_of_a_map_that_keeps_groups_are_those_groups() -> None:
    space = space_of(grouped(20, 12, d=32))
    middles = np.random.default_rng(0).random((20, 2)) * 100
    points = np.repeat(middles, 12, axis=0) + np.random.default_rng(1).random((240, 2)) * 1e-3
    map = make_map(space, "umap", points.astype(np.float32), ("x", "y"), centered=False)
    sets = RandomSets(space, store=MemoryStore())
    found = map_regions(sets, MapNeighbors(map), 12, regions=30)
    groups = [sets.of(np.arange(12 * g, 12 * g + 12)) for g in range(20)]
    assert all(np.isclose(groups, one, atol=1e-9).any() for one in found.coherence)
    assert found.beyond(min(groups)) == 1 and found.beyond(1.0) == 1 / 31


def test_regions_of_a_map_at_random_are_random_sets() -> None:
    space = space_of(noise(900, 10, seed=1))
    points = np.random.default_rng(2).random((900, 2)).astype(np.float32)
    map = make_map(space, "umap", points, ("x", "y"), centered=False)
    sets = RandomSets(space, store=MemoryStore())
    found, null = map_regions(sets, MapNeighbors(map), 40, regions=200), sets.null(40)
    assert found.coherence.mean() == pytest.approx(null.mean(), abs=5 * null.std() / 40**0.5)


def test_large_regions_are_estimated_without_bias() -> None:
    space = space_of(noise(1200, 6, seed=3, ratio=3, mean=1))
    map = ts.pca_map(space)
    sets, near = RandomSets(space, store=MemoryStore()), MapNeighbors(map)
    found = map_regions(sets, near, 700, regions=60, seed=1)
    exact = [sets.of(near.around(x, y, 700)) for x, y in map.points[::20].tolist()]
    assert found.coherence.mean() == pytest.approx(np.mean(exact), rel=0.15)
    with pytest.raises(InputError, match="need 2 to 1,200"):
        map_regions(sets, near, 1201)


def test_its_dict() -> None:
    assert Regions(3, np.array([0.5])).to_dict() == {"size": 3, "coherence": [0.5]}
