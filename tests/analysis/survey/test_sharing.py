from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import with_ten
from tests.analysis.tables import N, overlapping
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.lists import NamingSpec, name_lists, shuffled_null
from tokensphere.analysis.survey.sharing import ANY, GROUPS, WORDS, SurveyNaming, share_labels
from tokensphere.labels.build import make_labels
from tokensphere.labels.table import LabelTable
from tokensphere.statistics.draws import MemoryStore

STORE = MemoryStore()
ALL = np.ones(N, dtype=bool)


def random_lists(tokens: Any, m: int, k: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return np.asarray(tokens)[np.stack([rng.choice(len(tokens), k, replace=False) for _ in range(m)])]


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return with_ten(3)


def shared(space: ts.EmbeddingSpace, lists: Any, **options: Any) -> SurveyNaming:
    usual: dict[str, Any] = {"labels": overlapping(), "store": STORE}
    return share_labels(space, lists, np.arange(len(lists)) % 3 == 0, **usual | options)


def agrees(fresh: float, m: int, found: Any, level: float) -> bool:
    """Whether a share of `m` new lists is that of the null, both with their spread."""
    p = max(found.share, fresh, 1 / m)
    spread = (p * (1 - p) * (1 / m + 1 / found.n)) ** 0.5
    return bool(abs(fresh - found.share) <= 3.5 * spread and found.interval[0] <= level)


def test_random_lists_have_themes_as_often_as_the_attained_size_says(space: ts.EmbeddingSpace) -> None:
    m = 4000
    lists = random_lists(np.flatnonzero(space.usable), m, 10, seed=5)
    found = shared(space, lists)
    sizes = {group.name: group.by_chance for group in found.groups}
    assert list(sizes) == [ANY, WORDS, "spelling", "place in vocabulary"]
    for group in found.groups:
        assert group.by_chance.n == 9_999 and group.by_chance.share <= found.level
        assert agrees(group.rate.share, m, group.by_chance, found.level), group.name
        low, high = group.excess.interval
        assert group.excess.difference == group.rate.share - group.by_chance.share
        assert low - 0.004 <= 0 <= high + 0.004
    # Two tenths of ids have few different p-values: 3 of 10 is too often, 4 of 10 rare.
    assert sizes["place in vocabulary"].share < 0.04


def test_the_attained_size_counts_the_lists_of_the_null_by_the_rule() -> None:
    """By a loop: each list of the null, looked at as if it were a list of neighbours."""
    for table, level in ((overlapping(), 0.05), (overlapping(seed=4), 0.2), (coarse(), 0.05)):
        counter = LabelCounter(table, ALL, 10)
        spec = NamingSpec(999, level=level)
        null = shuffled_null(counter, 999, store=STORE)
        names = name_lists(counter, [list(range(10))], spec, store=STORE)
        want = sum((1 + np.sum(null <= p)) / 1000 <= level and p < 1 for p in null)
        assert names.by_chance.count == want <= level * 999


def coarse() -> LabelTable:
    """Labels of which a random list never has three: all p-values are 1, and no list has a theme."""
    table = overlapping()
    small = [j for j, size in enumerate(np.bincount(table.indices)) if 5 <= size < 8]
    return LabelTable.from_members(N, [(table.labels[j], table.members(j)) for j in small[:1]])


def test_without_a_p_below_one_nothing_is_a_theme() -> None:
    counter = LabelCounter(coarse(), ALL, 3)
    names = name_lists(counter, [[0, 1, 2]], NamingSpec(99), store=STORE)
    assert names.by_chance.count == 0 and not names.has_theme.any()


def test_every_group_is_that_of_its_own_kinds(space: ts.EmbeddingSpace) -> None:
    lists = random_lists(np.flatnonzero(space.usable), 200, 10, seed=6)
    for group in shared(space, lists).groups:
        kinds = GROUPS.get(group.name, group.kinds)
        counter = LabelCounter(overlapping(), space.usable, 10, kinds=set(kinds) & set(group.kinds))
        names = name_lists(counter, lists, store=STORE)
        assert (group.by_chance, group.rate.count) == (names.by_chance, int(names.has_theme.sum()))


@pytest.mark.slow
def test_attained_sizes_of_the_bundled_vocabulary_by_simulation(bundled: ts.EmbeddingSpace) -> None:
    """Each group's own size, from 0 to 5 %, is what fresh lists of random tokens attain."""
    m = 20_000
    lists = random_lists(np.flatnonzero(bundled.usable), m, 10, seed=7)
    found = shared(bundled, lists, labels=make_labels(bundled.vocabulary))
    for group in found.groups:
        assert group.by_chance.share <= found.level
        assert agrees(group.rate.share, m, group.by_chance, found.level), group.name
