from __future__ import annotations

import numpy as np
import pytest

from tokensphere.errors import InputError
from tokensphere.statistics.difference import share_difference
from tokensphere.statistics.intervals import Share
from tokensphere.statistics.paired import paired_difference


def pairs(both: int, first: int, second: int, neither: int) -> tuple[list[int], list[int]]:
    return [1] * (both + first) + [0] * (second + neither), (
        [1] * both + [0] * first + [1] * second + [0] * neither
    )


def test_the_interval_of_complete_pairs_is_newcombes() -> None:
    """His correlation by hand for 20, 12, 3, 15: 20·15 − 12·3 − 50/2 = 239; 32·18·23·27 = 357,696."""
    found = paired_difference(*pairs(20, 12, 3, 15))
    assert found is not None and found.difference == pytest.approx(0.18)
    phi = 239 / 357_696**0.5
    p, q = Share.of(32, 50), Share.of(23, 50)
    below, above = p.share - p.interval[0], q.interval[1] - q.share
    assert found.interval[0] == pytest.approx(
        0.18 - (below**2 - 2 * phi * below * above + above**2) ** 0.5
    )


def test_without_a_complete_pair_it_is_that_of_two_samples() -> None:
    first, second = [1] * 7 + [0] * 13 + [-1] * 25, [-1] * 20 + [1] * 4 + [0] * 21
    assert paired_difference(first, second) == share_difference(Share.of(7, 20), Share.of(4, 25))
    assert paired_difference([1, 0], [-1, -1]) is None


def test_what_pairs_have_in_common_makes_it_shorter_and_turning_around_negates_it() -> None:
    alike, apart = pairs(30, 5, 5, 60), pairs(12, 23, 23, 42)
    lengths = []
    for table in (alike, apart):
        there, back = paired_difference(*table), paired_difference(*table[::-1])
        assert there is not None and back is not None and there.difference == 0 == back.difference
        assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))
        lengths.append(there.interval[1] - there.interval[0])
    assert lengths[0] < 0.7 * lengths[1]
    same = paired_difference([1] * 9 + [0] * 91, [1] * 9 + [0] * 91)
    assert same is not None and same.difference == 0 and same.interval[1] < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("rated", [1.0, 0.7, 0.3])
def test_the_interval_holds_the_true_difference_nineteen_times_in_twenty(rated: float) -> None:
    rng, draws = np.random.default_rng(3), 2000
    for common, p, q in ((0.2, 0.1, 0.1), (0.0, 0.35, 0.05), (0.1, 0.02, 0.02)):
        held = 0
        for _ in range(draws):
            both = rng.random(40) < common
            first = both | (rng.random(40) < p)
            second = both | (rng.random(40) < q)
            verdicts = [np.where(rng.random(40) < rated, v, -1) for v in (first, second)]
            found = paired_difference(*verdicts)
            true = (1 - common) * (p - q)
            held += found is None or found.interval[0] <= true <= found.interval[1]
        assert held / draws > 0.925, (rated, common, p, q)


def test_what_is_no_verdict_is_refused() -> None:
    for first, second in (([1, 0], [1]), ([2, 0], [1, 0]), ([[1]], [[0]])):
        with pytest.raises(InputError, match="verdicts"):
            paired_difference(first, second)
