from __future__ import annotations

import numpy as np
import pytest

from tokensphere.errors import InputError
from tokensphere.statistics.agreement import agreement


def verdicts(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    other = np.repeat([True, False, True, False], [both, first, second, neither])
    order = np.random.default_rng(0).permutation(len(one))
    return one[order], other[order]


def test_kappa_of_an_example_worked_by_hand() -> None:
    """20, 5, 10, 15: p_o = 0.7, p_e = 0.5 · 0.6 + 0.5 · 0.4 = 0.5, so κ = 0.4.

    Its variance by hand: p_11 (1 − 1.1 · 0.6)² + p_22 (1 − 0.9 · 0.6)² = 0.4 · 0.1156 + 0.3 · 0.2116
    = 0.10972; 0.36 (0.1 (0.6 + 0.5)² + 0.2 (0.4 + 0.5)²) = 0.10188; (0.4 − 0.5 · 0.6)² = 0.01;
    (0.10972 + 0.10188 − 0.01) / (50 · 0.25) = 0.016128.
    """
    found = agreement(*verdicts(20, 5, 10, 15))
    assert (found.both, found.first_only, found.second_only, found.neither) == (20, 5, 10, 15)
    assert found.kappa == pytest.approx(0.4) and found.interval is not None
    half = 1.959963984540054 * 0.016128**0.5
    assert found.interval == pytest.approx((0.4 - half, 0.4 + half))


def test_limits_of_kappa() -> None:
    same = agreement(*verdicts(30, 0, 0, 70))
    assert same.kappa == pytest.approx(1) and same.interval == pytest.approx((1, 1))
    against = agreement(*verdicts(0, 50, 50, 0))
    assert against.kappa == pytest.approx(-1) and against.interval == pytest.approx((-1, -1))
    independent = agreement(*verdicts(6, 24, 14, 56))
    assert independent.kappa == pytest.approx(0, abs=1e-12)
    low, high = independent.interval or (1, -1)
    assert low < 0 < high
    for cells in [(10, 0, 0, 0), (0, 0, 0, 10)]:
        assert agreement(*verdicts(*cells)).kappa is None
        assert agreement(*verdicts(*cells)).interval is None
    assert agreement(*verdicts(0, 10, 0, 0)).kappa == 0


def test_kappa_does_not_care_who_comes_first_or_what_yes_means() -> None:
    one, other = verdicts(13, 8, 3, 40)
    want = agreement(one, other)
    for swapped in (agreement(other, one), agreement(~one, ~other)):
        assert swapped.kappa == pytest.approx(want.kappa)
        assert swapped.interval == pytest.approx(want.interval)


def test_the_interval_of_kappa_holds_the_truth_in_19_of_20_samples() -> None:
    rng = np.random.default_rng(1)
    law = [0.15, 0.1, 0.05, 0.7]
    truth = agreement(*verdicts(*(int(1000 * share) for share in law))).kappa or 0.0
    assert truth > 0.5
    held, samples = 0, 600
    for _ in range(samples):
        low, high = agreement(*verdicts(*rng.multinomial(800, law).tolist())).interval or (2, 2)
        held += low <= truth <= high
    assert held / samples == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / samples) ** 0.5)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="1 or more"):
        agreement(np.zeros(0, dtype=bool), np.zeros(0, dtype=bool))
    for other in (np.zeros(3, dtype=bool), np.zeros(2)):
        with pytest.raises(InputError, match="bool arrays"):
            agreement(np.zeros(2, dtype=bool), other)
