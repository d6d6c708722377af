from __future__ import annotations

import numpy as np
import pytest

from tokensphere.errors import InputError
from tokensphere.statistics.agreement import agreement
from tokensphere.statistics.raters import raters_agree


def test_alpha_of_krippendorffs_example() -> None:
    """Ten things, two raters, binary: α = 0.095 (Krippendorff 2011, section A)."""
    first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    found = raters_agree([first, second])
    assert found.alpha == pytest.approx(0.095, abs=0.0005)


def test_kappa_of_fleiss_by_hand() -> None:
    """3 raters, yes of 3, 2, 0, 0: P = 5/6, P_e = (5/12)² + (7/12)², κ = (P − P_e)/(1 − P_e)."""
    found = raters_agree([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]])
    by_chance = (25 + 49) / 144
    assert found.kappa == pytest.approx((5 / 6 - by_chance) / (1 - by_chance))
    assert (found.raters, found.things, found.complete) == (3, 4, 4)


def test_of_two_raters_alpha_and_fleiss_are_nearly_cohens() -> None:
    rng = np.random.default_rng(0)
    first = rng.random(4000) < 0.4
    second = np.where(rng.random(4000) < 0.7, first, rng.random(4000) < 0.4)
    found = raters_agree(np.stack([first, second]).astype(int))
    cohen = agreement(first, second)
    assert found.alpha == pytest.approx(cohen.kappa, abs=0.001)
    assert found.kappa == pytest.approx(cohen.kappa, abs=0.001)
    assert found.interval == pytest.approx(cohen.interval, abs=0.01)


def test_who_agrees_in_all_has_one_and_who_deals_at_random_nothing() -> None:
    rng = np.random.default_rng(1)
    once = (rng.random(300) < 0.3).astype(int)
    same = raters_agree([once] * 4)
    assert same.alpha == 1 and same.kappa == 1 and same.interval == (1, 1)
    random = raters_agree((rng.random((4, 2000)) < 0.3).astype(int))
    assert random.alpha == pytest.approx(0, abs=0.03) and random.kappa == pytest.approx(0, abs=0.03)
    assert raters_agree([[1, 1], [1, 1]]).alpha is None


def test_what_one_alone_rated_says_nothing_and_raters_have_no_order() -> None:
    rng = np.random.default_rng(2)
    table = np.where(rng.random((3, 60)) < 0.7, rng.random((3, 60)) < 0.4, -1).astype(int)
    alone = np.full((3, 5), -1)
    alone[0] = 1
    want, found = raters_agree(table), raters_agree(np.concatenate([table, alone], axis=1))
    assert found.alpha == want.alpha and found.things == want.things
    assert raters_agree(table[::-1]).alpha == pytest.approx(want.alpha)
    assert raters_agree(np.where(table < 0, -1, 1 - table)).alpha == pytest.approx(want.alpha)


@pytest.mark.slow
def test_the_interval_of_alpha_holds_the_truth_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(3)

    def draw(m: int) -> np.ndarray:
        likely = np.where(rng.random(m) < 0.3, 0.8, 0.15)
        return (rng.random((3, m)) < likely).astype(int)

    truth = raters_agree(draw(200_000)).alpha
    held, draws = 0, 400
    for _ in range(draws):
        low, high = raters_agree(draw(80)).interval or (2.0, -2.0)
        held += low <= (truth or 0) <= high
    assert 0.91 < held / draws < 0.985


def test_what_is_no_table_of_verdicts_is_refused() -> None:
    for table in ([[1, 0]], [[1, -1], [-1, 0]], [[1, 2], [0, 1]], [1, 0]):
        with pytest.raises(InputError):
            raters_agree(table)
