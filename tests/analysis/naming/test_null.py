from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import tokensphere as ts
from tests.analysis.tables import N, label, overlapping
from tokensphere.analysis.lists import Finder
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import direction_lists, lists_with_as_many
from tokensphere.analysis.naming.lists import shuffled_null
from tokensphere.errors import InputError
from tokensphere.geometry.laws import FIRST_DIRECTION
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable
from tokensphere.sources.cache.arrays import NullFiles
from tokensphere.statistics.draws import BLOCK, MemoryStore
from tokensphere.statistics.intervals import wilson
from tokensphere.statistics.pvalues import p_values

ALL = np.ones(N, dtype=bool)


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
    p = p_values(counter.smallest(random_lists(m, 10, seed=99)).p, null, larger=False)
    steps = p_values(null, null, larger=False)
    exact_level = np.max(steps, where=steps <= 0.05, initial=0)
    assert 0.03 < exact_level <= 0.05
    assert interval_holds(float(np.mean(p <= 0.05)), m, exact_level, 0.05)
    for level in (0.2, 0.5):
        assert np.mean(p <= level) <= level + 4 * np.sqrt(level * (1 - level) / m)


@pytest.mark.slow
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


def test_random_directions_are_those_of_the_index_and_their_lists_are_kept(
    small: ts.EmbeddingSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, store = SearchSettings(5), MemoryStore()
    lists = direction_lists(small, settings, 2000, seed=3, store=store)
    directions = ts.RandomDirections(small.shape[1], 2000, first=FIRST_DIRECTION, seed=3)
    np.testing.assert_array_equal(lists, ts.nearest(small, directions, k=5).ids)
    monkeypatch.setattr(Finder, "find", None)  # no search any more
    np.testing.assert_array_equal(direction_lists(small, settings, 2000, seed=3, store=store), lists)
    for other in (
        SearchSettings(5, centered=True), SearchSettings(5, "dot"),
        SearchSettings(4), SearchSettings(5, forms=True),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            direction_lists(small, other, 2000, seed=3, store=store)


def test_how_many_lists_reach_each_label() -> None:
    counter = LabelCounter(overlapping(), ALL, 10)
    lists = random_lists(300, 10, seed=2)
    dense = counter.counts(lists).dense()
    for row in range(5):
        want = (dense >= dense[row]).sum(axis=0)
        np.testing.assert_array_equal(lists_with_as_many(counter, lists, dense[row]), want)


def test_wrong_numbers_are_refused() -> None:
    counter = LabelCounter(overlapping(), ALL, 10)
    with pytest.raises(InputError, match="seed is -1"):
        shuffled_null(counter, 10, seed=-1)
    with pytest.raises(InputError, match="0 draws"):
        shuffled_null(counter, 0)
