from __future__ import annotations

import numpy as np
import pytest

from tokensphere.statistics.difference import difference_of, share_difference
from tokensphere.statistics.intervals import Share
from tokensphere.statistics.own_null import own_null


def test_the_interval_holds_the_true_difference_nineteen_times_in_twenty() -> None:
    rng, draws = np.random.default_rng(0), 2000
    for p, q, m, n in ((0.35, 0.04, 200, 999), (0.05, 0.05, 300, 300), (0.01, 0.0, 500, 9999)):
        held = 0
        for x, y in zip(rng.binomial(m, p, draws), rng.binomial(n, q, draws), strict=True):
            low, high = share_difference(Share.of(int(x), m), Share.of(int(y), n)).interval
            held += low <= p - q <= high
        assert 0.935 < held / draws <= 1


def test_turned_around_it_is_the_negative_and_against_itself_nothing() -> None:
    one, other = Share.of(30, 100), Share.of(8, 90)
    there, back = share_difference(one, other), share_difference(other, one)
    assert there.difference == -back.difference
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))
    assert share_difference(one, one).difference == 0
    assert share_difference(Share.of(5, 5), Share.of(0, 5)).interval[1] == 1


@pytest.mark.slow
def test_it_holds_the_difference_of_two_surveys_rates() -> None:
    """Of values beside draws from worlds that they share; some world stands in for the real one, too."""
    rng = np.random.default_rng(0)

    def rate(m: int, shift: float, world: float) -> tuple[float, tuple[float, float]]:
        values = rng.standard_normal(m) + world * rng.standard_normal() + shift
        null = rng.standard_normal((m, 19)) + world * rng.standard_normal(19)
        found = own_null(values, null).at[0]
        return found.rate, found.interval

    for one, other, world in ((0, 0, 0.0), (1, 0.3, 0.1), (1, 1, 0.1), (1, 0, 0.2)):
        found = [difference_of(rate(500, one, world), rate(300, other, world)) for _ in range(400)]
        truth = np.mean([each.difference for each in found])
        held = np.mean([each.interval[0] <= truth <= each.interval[1] for each in found])
        assert held >= 0.94, (one, other, world, held)
