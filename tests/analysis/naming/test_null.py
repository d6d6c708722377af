from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import tokensphere as ts
from tests.analysis.tables import N, label, overlapping
from tokensphere.analysis.naming import null as naming_null
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.null import (
    FIRST_DIRECTION,
    direction_lists,
    direction_null,
    familywise,
    lists_with_as_many,
    shuffled_null,
)
from tokensphere.analysis.nearest import SearchSettings
from tokensphere.analysis.pair import wilson
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable
from tokensphere.sources.cache.arrays import NullFiles
from tokensphere.statistics.draws import BLOCK, Draws, MemoryStore, first_draws, space_key

ALL = np.ones(N, dtype=bool)


class Counted(MemoryStore):
    """A store that remembers how often it was filled."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[int] = []

    def put(self, key: Mapping[str, Any], draws: Draws) -> None:
        self.puts.append(min(map(len, draws.values())))
        super().put(key, draws)


def random_lists(m: int, k: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.choice(N, k, replace=False) for _ in range(m)])


def interval_holds(share: float, m: int, low: float, high: float) -> bool:
    """Whether the Wilson interval of a share, widened to 99.9 %, meets [low, high]."""
    a, b = wilson(share, m)
    middle, half = (a + b) / 2, (b - a) / 2 * 3.29 / 1.96
    return middle - half <= high and middle + half >= low


def test_random_lists_have_a_theme_five_times_in_a_hundred() -> None:
    """With overlapping labels; p-values are discrete, so the share is at most 5 %, and near it."""
    counter = LabelCounter(overlapping(), ALL, 10)
    null = shuffled_null(counter, 9_999, store=MemoryStore())
    m = 4000
    p = familywise(counter.smallest(random_lists(m, 10, seed=99)).p, null)
    exact_level = np.max(familywise(null, null), where=familywise(null, null) <= 0.05, initial=0)
    assert 0.03 < exact_level <= 0.05
    assert interval_holds(float(np.mean(p <= 0.05)), m, exact_level, 0.05)
    for level in (0.2, 0.5):
        assert np.mean(p <= level) <= level + 4 * np.sqrt(level * (1 - level) / m)


def test_the_shuffled_null_is_that_of_shuffled_rows() -> None:
    """One list, the table's rows shuffled: the same law of the smallest p."""
    table = overlapping()
    counter = LabelCounter(table, ALL, 10)
    null = shuffled_null(counter, 8 * BLOCK, store=MemoryStore())
    rng = np.random.default_rng(5)
    members = [table.members(j) for j in range(len(table))]
    shuffled = []
    for _ in range(400):
        new = rng.permutation(N)
        moved = LabelTable.from_members(
            N, [(table.labels[j], new[ids]) for j, ids in enumerate(members)]
        )
        shuffled.append(LabelCounter(moved, ALL, 10).smallest([list(range(10))]).p[0])
    assert stats.ks_2samp(shuffled, null).pvalue > 0.001


def test_one_label_has_a_closed_form() -> None:
    """The smallest p is the tail at x, with the probability of x; below 3 shared it is 1."""
    size, k = 200, 6
    table = LabelTable.from_members(N, [(label("one"), range(size))])
    null = shuffled_null(LabelCounter(table, ALL, k), 20 * BLOCK, store=MemoryStore())
    law = stats.hypergeom(N, size, k)
    for p, chance in [(1.0, law.cdf(2)), *((law.sf(x - 1), law.pmf(x)) for x in range(3, k + 1))]:
        seen = np.mean(np.isclose(null, p, rtol=1e-9, atol=0))
        assert seen == pytest.approx(chance, abs=4 * np.sqrt(chance / len(null)))


def test_draws_only_take_usable_tokens_and_any_list_length() -> None:
    table = LabelTable.from_members(N, [(label("few"), range(5))])
    mask = np.zeros(N, dtype=bool)
    mask[:5] = True
    everything = shuffled_null(LabelCounter(table, mask, 5), 100, store=MemoryStore())
    assert everything.tolist() == [1.0] * 100  # all five tokens have it: no surprise
    mask[:10] = True
    null = shuffled_null(LabelCounter(table, mask, 10), 100, store=MemoryStore())
    assert len(null) == 100


def test_more_draws_are_those_there_were_and_new_ones(tmp_path: Path) -> None:
    counter = LabelCounter(overlapping(), ALL, 10)
    for store in (MemoryStore(), NullFiles(tmp_path / "nulls")):
        few = shuffled_null(counter, 1500, store=store)
        more = shuffled_null(counter, 5000, store=store)
        at_once = shuffled_null(counter, 5000, store=MemoryStore())
        np.testing.assert_array_equal(more, at_once)
        np.testing.assert_array_equal(few, shuffled_null(counter, 1500, store=store))
        assert len(few) == 1500 and (np.diff(more) >= 0).all()
    assert not np.array_equal(at_once, shuffled_null(counter, 5000, seed=1, store=MemoryStore()))


def test_what_is_kept_is_not_made_again() -> None:
    made: list[int] = []

    def make(block: int) -> Draws:
        made.append(block)
        return {"a": np.full(BLOCK, block), "b": np.full((BLOCK, 2), block)}

    store, told = Counted(), list[int]()
    first_draws(BLOCK + 1, make, key={"x": 1}, store=store)
    assert made == [0, 1] and store.puts == [2 * BLOCK]
    found = first_draws(2 * BLOCK, make, key={"x": 1}, store=store, progress=told.append)
    assert made == [0, 1] and store.puts == [2 * BLOCK] and sum(told) == 2 * BLOCK
    assert found["a"].tolist() == [0] * BLOCK + [1] * BLOCK and found["b"].shape == (2 * BLOCK, 2)
    told.clear()
    first_draws(3 * BLOCK + 5, make, key={"x": 1}, store=store, progress=told.append)
    assert made == [0, 1, 2, 3] and sum(told) == 3 * BLOCK + 5
    first_draws(5, make, key={"x": 2}, store=store)
    assert made == [0, 1, 2, 3, 0]
    with pytest.raises(ValueError, match="read-only"):
        first_draws(5, make, key={"x": 2}, store=store)["a"][0] = 7


def test_an_interruption_keeps_whole_blocks() -> None:
    def make(block: int) -> Draws:
        if block == 2:
            raise KeyboardInterrupt
        return {"a": np.full(BLOCK, block)}

    store = Counted()
    with pytest.raises(KeyboardInterrupt):
        first_draws(4 * BLOCK, make, key={}, store=store)
    assert store.puts == [2 * BLOCK]
    with pytest.raises(KeyboardInterrupt):
        first_draws(4 * BLOCK, make, key={}, store=store)
    assert store.puts == [2 * BLOCK]  # nothing new, nothing to keep


def test_the_memory_is_bounded() -> None:
    store = MemoryStore()
    for x in range(100):
        store.put({"x": x}, {"a": np.zeros(1)})
    assert store.get({"x": 99}) is not None and store.get({"x": 0}) is None


def test_random_directions_are_those_of_the_index_and_their_lists_are_kept(
    small: ts.EmbeddingSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SearchSettings(5, "cosine", False, False)
    store = Counted()
    lists = direction_lists(small, settings, 2000, seed=3, store=store)
    directions = ts.RandomDirections(small.shape[1], 2000, first=FIRST_DIRECTION, seed=3)
    np.testing.assert_array_equal(lists, ts.nearest(small, directions, k=5).ids)
    monkeypatch.setattr(naming_null, "nearest", None)  # no search any more
    table = LabelTable.from_members(small.shape[0], [(label("a"), range(12)), (label("b"), range(30))])
    for kinds in (None, ["meaning"]):
        counter = LabelCounter(table, small.usable, 5, kinds=kinds)
        null = direction_null(small, counter, settings, 2000, seed=3, store=store)
        np.testing.assert_array_equal(null, np.sort(counter.smallest(lists).p))
    for other in (
        SearchSettings(5, "cosine", True, False), SearchSettings(5, "dot", False, False),
        SearchSettings(4, "cosine", False, False), SearchSettings(5, "cosine", False, True),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            direction_lists(small, other, 2000, seed=3, store=store)
    with pytest.raises(InputError, match="lists of 5, but 4"):
        direction_null(small, counter, SearchSettings(4, "cosine", False, False), 10)


def test_the_key_of_a_space_changes_with_its_values_and_its_tokens() -> None:
    rows = np.random.default_rng(0).standard_normal((4, 3))
    keys = [
        space_key(ts.EmbeddingSpace.from_arrays(matrix, tokens))
        for matrix, tokens in [
            (rows, ["a", "b", "c", "d"]),
            (rows, ["a", "b", "c", "e"]),
            (rows, ["a", "bc", "", "d"]),
            (2 * rows, ["a", "b", "c", "d"]),
        ]
    ]
    assert all(keys[i] != keys[j] for i in range(4) for j in range(i))


def test_familywise_is_a_count_with_one_added() -> None:
    rng = np.random.default_rng(0)
    null = np.sort(rng.integers(1, 30, 99) / 30)
    p = rng.integers(0, 31, (3, 4)) / 30
    want = [[(1 + sum(b <= value for b in null)) / 100 for value in row] for row in p]
    assert familywise(p, null).tolist() == want


def test_how_many_lists_reach_each_label() -> None:
    counter = LabelCounter(overlapping(), ALL, 10)
    lists = random_lists(300, 10, seed=2)
    dense = counter.counts(lists).toarray()
    for row in range(5):
        want = (dense >= dense[row]).sum(axis=0)
        np.testing.assert_array_equal(lists_with_as_many(counter, lists, dense[row]), want)


def test_wrong_numbers_are_refused() -> None:
    counter = LabelCounter(overlapping(), ALL, 10)
    with pytest.raises(InputError, match="seed is -1"):
        shuffled_null(counter, 10, seed=-1)
    with pytest.raises(InputError, match="0 draws"):
        shuffled_null(counter, 0)
