from __future__ import annotations

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import grouped, noise, space_of, unit_rows
from tokensphere.analysis.map.kept import MapNeighbors, neighbors_kept, shared_neighbors
from tokensphere.analysis.map.neighbors import TokenNeighbors
from tokensphere.analysis.map.points import make_map
from tokensphere.errors import InputError
from tokensphere.statistics.draws import MemoryStore


def placed(space: ts.EmbeddingSpace, points: np.ndarray) -> ts.TokenMap:
    return make_map(space, "plane", points.astype(np.float32), ("x", "y"), centered=False)


def test_a_map_of_a_plane_keeps_all() -> None:
    """Rows on a circle: the map of their angles' points is the circle itself."""
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False) + 1e-3 * np.random.default_rng(0).random(300)
    rows = np.column_stack([np.cos(angle), np.sin(angle)])
    space = space_of(rows)
    kept = neighbors_kept(space, placed(space, rows), sample=300)
    assert kept.share == 1 and kept.interval[1] == pytest.approx(1) and kept.some == 1
    assert "keeps 100 % of a token's 10 true neighbours" in kept.text


def test_points_at_random_keep_what_chance_keeps() -> None:
    space = space_of(noise(400, 20, seed=1))
    rng = np.random.default_rng(2)
    found = [neighbors_kept(space, placed(space, rng.random((400, 2))), sample=400) for _ in range(10)]
    assert found[0].chance == 10 / 399
    assert np.mean([one.share for one in found]) == pytest.approx(10 / 399, rel=0.1)
    assert sum(one.interval[0] <= one.chance <= one.interval[1] for one in found) >= 8


@pytest.mark.parametrize("centered", [False, True])
def test_it_is_what_a_naive_count_says(centered: bool) -> None:
    space = space_of(noise(150, 12, seed=4, ratio=4, mean=2))
    map = ts.pca_map(space)
    rows = unit_rows(space, centered=centered)
    cosine = rows @ rows.T
    np.fill_diagonal(cosine, -np.inf)
    apart = np.linalg.norm(map.points[:, None] - map.points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    naive = np.mean([
        len(set(np.argsort(-cosine[i])[:7]) & set(np.argsort(apart[i])[:7])) / 7 for i in range(150)
    ])  # fmt: skip
    found = neighbors_kept(space, map, k=7, sample=1000, centered=centered)
    assert found.share == pytest.approx(naive) and found.sample == 150
    assert found.interval[0] < naive < found.interval[1]


def test_the_interval_holds_the_share_of_all_tokens() -> None:
    space = space_of(grouped(60, 12))
    map = ts.pca_map(space)
    whole = neighbors_kept(space, map, sample=10_000).share
    some = [neighbors_kept(space, map, sample=60, seed=seed) for seed in range(60)]
    assert sum(one.interval[0] <= whole <= one.interval[1] for one in some) >= 53


def test_many_at_one_place_are_near_to_each_other_not_to_themselves() -> None:
    space = space_of(noise(50, 8, seed=5))
    points = np.zeros((50, 2))
    points[40:] = np.random.default_rng(0).random((10, 2)) + 5
    near = MapNeighbors(placed(space, points)).of(np.arange(50), 5)
    assert not (near == np.arange(50)[:, None]).any() and (near[:40] < 40).all()
    assert all(len(set(row)) == 5 for row in near.tolist())


def test_shared_neighbors_in_any_order() -> None:
    assert shared_neighbors(np.array([[1, 2, 3]]), np.array([[3, 9, 1]])).tolist() == [
        [True, False, True]
    ]


def test_neighbours_of_all_tokens_are_continued_where_they_were_stopped() -> None:
    rows = noise(2500, 8, seed=6)
    rows[17] = 0
    space, store = space_of(rows), MemoryStore()
    whole = TokenNeighbors(space).all(6)

    class Stopped(Exception): ...

    done: list[int] = []

    def progress(count: int) -> None:
        done.append(count)
        if sum(done) >= 1024:
            raise Stopped

    with pytest.raises(Stopped):
        TokenNeighbors(space).all(6, store=store, progress=progress)
    again: list[int] = []
    found = TokenNeighbors(space).all(6, store=store, progress=again.append)
    assert again[0] == 1024 and sum(again) == 2499
    for one, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(one, other)
    naive = ts.nearest(space, [20, 3], k=6).ids  # own tokens left out
    np.testing.assert_array_equal(whole[0][[19, 3]], naive)  # token 17 has no row


def test_a_map_of_another_space_is_refused() -> None:
    space = space_of(noise(50, 8, seed=5))
    with pytest.raises(InputError, match="a map of 40 tokens, but the model has 50"):
        neighbors_kept(space, ts.pca_map(space_of(noise(40, 8, seed=5))))
    with pytest.raises(InputError, match="need 1 to 49"):
        neighbors_kept(space, ts.pca_map(space), k=50)
