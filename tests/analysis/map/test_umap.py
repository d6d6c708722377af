from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import grouped, noise, space_of
from tokensphere.analysis.map.umap import umap_steps
from tokensphere.errors import InputError, MissingExtraError
from tokensphere.statistics.draws import MemoryStore


def test_without_the_extra_the_message_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "umap":
            raise ImportError(name)
        return real(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'tokensphere\[umap\]'"):
        ts.umap_map(space_of(noise(40, 8, seed=0)))


def test_settings_out_of_range_are_refused_before_any_work() -> None:
    space = space_of(noise(40, 8, seed=0))
    for given, message in (
        ({"neighbors": 1}, "2 or more"),
        ({"neighbors": 41}, "41 neighbours of 40 tokens"),
        ({"min_dist": 1.5}, "between 0 and 1"),
        ({"seed": -1}, "0 or more"),
    ):
        with pytest.raises(InputError, match=message):
            ts.umap_map(space, **given)


def test_a_kept_map_needs_neither_the_extra_nor_work() -> None:
    space = space_of(noise(40, 8, seed=0))
    points = np.random.default_rng(0).random((40, 2)).astype(np.float32)

    class Kept(MemoryStore):
        def get(self, key: Any) -> Any:
            return {"points": points} if key["what"] == "map by UMAP" else None

    steps: list[int] = []
    found = ts.umap_map(space, store=Kept(), progress=steps.append)
    np.testing.assert_array_equal(found.points, points)
    assert sum(steps) == umap_steps(space)


@pytest.mark.slow
def test_groups_hang_together_and_the_work_can_be_stopped() -> None:
    pytest.importorskip("umap")
    rows = grouped(30, 15)
    rows[7] = 0
    space, store = space_of(rows), MemoryStore()
    done: list[int] = []

    def stop(count: int) -> None:
        done.append(count)
        if sum(done) > 500:  # in the layout
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ts.umap_map(space, neighbors=10, store=store, progress=stop)
    steps: list[int] = []
    found = ts.umap_map(space, neighbors=10, store=store, progress=steps.append)
    assert sum(steps) == umap_steps(space) and steps[0] == 449  # the neighbours were kept
    assert not found.there[7] and found.there.sum() == 449
    kept = ts.neighbors_kept(space, found, sample=449)
    assert kept.share > 0.5 > 10 * ts.neighbors_kept(space, ts.pca_map(space), sample=449).chance
    again = ts.umap_map(space, neighbors=10, seed=0)
    np.testing.assert_array_equal(found.points, again.points)
