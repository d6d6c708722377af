from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.spaces import grouped, noise, space_of, unit_rows
from tokensphere.analysis.random_sets import LARGEST_DRAWN, RandomSets
from tokensphere.errors import InputError
from tokensphere.statistics.draws import MemoryStore


def naive(rows: np.ndarray) -> float:
    cosines = rows @ rows.T
    m = len(rows)
    return float((cosines.sum() - np.trace(cosines)) / (m * (m - 1)))


def test_t_of_a_set_is_the_mean_cosine_of_its_pairs_in_any_order() -> None:
    space = space_of(noise(300, 12, seed=1, ratio=3, mean=1))
    rows, sets = unit_rows(space, centered=True), RandomSets(space, store=MemoryStore())
    ids = np.random.default_rng(0).permutation(300)
    for m in (2, 3, 40, 300):
        assert sets.of(ids[:m]) == pytest.approx(naive(rows[ids[:m]]), abs=1e-9)
        assert sets.of(ids[:m]) == sets.of(ids[:m][::-1])


def test_the_null_is_that_of_drawn_sets() -> None:
    space = space_of(noise(200, 8, seed=2, ratio=4))
    rows, rng = unit_rows(space, centered=True), np.random.default_rng(3)
    null = RandomSets(space, draws=2000, store=MemoryStore()).null(15)
    drawn = [naive(rows[rng.choice(200, 15, replace=False)]) for _ in range(2000)]
    assert np.mean(null) == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / 2000**0.5)
    for level in (0.5, 0.9, 0.99):
        beyond = np.mean(np.array(drawn) >= np.quantile(null, level))
        assert beyond == pytest.approx(1 - level, abs=4 * (2 * level * (1 - level) / 2000) ** 0.5)


@pytest.mark.slow
def test_large_sets_have_the_tails_of_drawn_ones() -> None:
    """Heavy groups and a far one, where sums of rows are slowest to become normal."""
    rows = grouped(30, 200, d=16, width=0.3)
    rows[:100] = 5 * rows[0] + 0.01 * rows[:100]
    space = space_of(rows)
    sets = RandomSets(space, draws=4000, store=MemoryStore())
    every, rng = sets.coherence.centered(sets.ids), np.random.default_rng(4)
    for m in (1000, 3000, 5500):
        assert not sets.is_drawn(m)
        sums = np.stack([every[rng.choice(6000, m, replace=False)].sum(axis=0) for _ in range(2000)])
        drawn = ((sums**2).sum(axis=1) - m) / (m * (m - 1))
        null = sets.null(m)
        assert null.mean() == pytest.approx(drawn.mean(), abs=5 * drawn.std() / 2000**0.5)
        for level in (0.5, 0.9, 0.99):
            beyond = np.mean(drawn >= np.quantile(null, level))
            assert beyond == pytest.approx(1 - level, abs=0.015 + 0.1 * (1 - level))


def test_where_sets_are_carried_over_they_meet_drawn_ones() -> None:
    space = space_of(noise(1100, 6, seed=5, ratio=2))
    sets = RandomSets(space, draws=300, store=MemoryStore())
    assert sets.is_drawn(LARGEST_DRAWN) and not sets.is_drawn(LARGEST_DRAWN + 1)
    drawn, carried = sets.null(LARGEST_DRAWN), sets.null(LARGEST_DRAWN + 1)
    np.testing.assert_allclose(carried, drawn, rtol=0.01, atol=0.01 * drawn.std())
    np.testing.assert_allclose(sets.null(1100), sets.of(sets.ids), atol=1e-7)  # there is but one


def test_more_draws_leave_the_first_ones() -> None:
    space, store = space_of(noise(100, 6, seed=6)), MemoryStore()
    few = RandomSets(space, draws=50, store=store).null(10)
    many = RandomSets(space, draws=1500, store=store).null(10)
    np.testing.assert_array_equal(few, many[:50])
    assert (RandomSets(space, draws=50, seed=1, store=store).null(10) != few).any()
    with pytest.raises(InputError, match="need 2 to 100"):
        RandomSets(space, store=store).null(101)
