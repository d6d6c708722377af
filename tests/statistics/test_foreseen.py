"""A share that is foreseen from a few draws is that of all of them, more exactly with each."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cases import case
from tokensphere.arrays import Float64s
from tokensphere.errors import InputError
from tokensphere.statistics.foreseen import foresee
from tokensphere.statistics.own_null import own_null

DRAWS, M = 19, 1000


def drawn(moved: float, by: float, seed: int, *, world: float = 0.1) -> tuple[Float64s, Float64s]:
    """Values of which a share `moved` is beyond the null, of worlds that each move all alike."""
    rng = np.random.default_rng(seed)
    place, scale = 3 * rng.standard_normal(M), rng.uniform(0.5, 2, M)
    noise = rng.standard_normal((M, DRAWS + 1)) + world * rng.standard_normal(DRAWS + 1)
    noise[:, 0] += np.where(rng.random(M) < moved, by, 0)
    every = place[:, None] + scale[:, None] * noise
    return every[:, 0], every[:, 1:]


FEW, MORE = ((0.0, 0.0), (0.9, 5.0)), ((0.2, 4.0), (0.5, 1.5), (1.0, 1.0))


@pytest.mark.parametrize("laws", [FEW, pytest.param(MORE, marks=pytest.mark.slow)])
def test_it_moves_around_the_last_and_its_interval_holds_it(
    laws: tuple[tuple[float, float], ...],
) -> None:
    for moved, by in laws:
        off = {j: list[float]() for j in (1, 2, 4, 9, 18)}
        wide = {j: list[float]() for j in off}
        held = 0
        for seed in range(3):
            values, null = drawn(moved, by, seed)
            last = own_null(values, null).at[0]
            for j in off:
                found = foresee(values, null[:, :j], DRAWS)
                assert found.attained == last.attained == 0.05
                low, high = found.interval
                assert low <= found.rate <= high
                held += low <= last.rate <= high
                off[j].append(found.rate - last.rate)
                wide[j].append(high - low)
        with case((moved, by)):
            assert held >= 14  # of 15
            widths = {j: float(np.mean(every)) for j, every in wide.items()}
            for j, differences in off.items():  # off on average by less than the interval's half
                assert abs(float(np.mean(differences))) < (0.4 if j == 1 else 0.35) * widths[j], j
            assert widths[18] < widths[4] < widths[1]


def test_with_all_draws_it_is_what_they_say() -> None:
    values, null = drawn(0.3, 3, 1)
    assert foresee(values, null, DRAWS) == own_null(values, null).at[0]
    few = foresee(values[:2], null[:2], DRAWS)
    assert few == own_null(values[:2], null[:2]).at[0]


def test_levels_below_the_least_p_and_odd_counts() -> None:
    """Of 99 draws four may be beyond; nothing beyond, all beyond, and few values are no error."""
    values, null = drawn(0.3, 3, 2)
    for draws in (19, 39, 99):
        found = foresee(values, null[:, :6], draws)
        assert found.attained == 0.05 and 0.05 < found.rate < 0.6
    for value in (-100.0, 100.0):
        found = foresee(np.full(5, value), null[:5, :3], DRAWS)
        assert 0 <= found.interval[0] <= found.rate <= found.interval[1] <= 1
        assert (found.rate > 0.5) == (value > 0)
    with pytest.raises(InputError, match="shape"):
        foresee(values, null[:, :0], DRAWS)
