from __future__ import annotations

import numpy as np
import pytest

from tokensphere.statistics.difference import share_difference
from tokensphere.statistics.intervals import Share


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
