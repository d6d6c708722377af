from __future__ import annotations

import numpy as np
import pytest

from tokensphere.errors import InputError
from tokensphere.statistics.auc import auc


def test_it_is_the_share_of_pairs_in_order() -> None:
    rng = np.random.default_rng(0)
    values, yes = rng.integers(0, 6, 60) / 3, rng.random(60) < 0.4
    found = auc(values, yes)
    pairs = [(a > b) + (a == b) / 2 for a in values[yes] for b in values[~yes]]
    assert found is not None and found.auc == pytest.approx(np.mean(pairs))
    assert (found.yes, found.no) == (yes.sum(), (~yes).sum())
    turned = auc(-values, yes)
    assert turned is not None and turned.auc == pytest.approx(1 - found.auc)
    assert turned.interval == pytest.approx((1 - found.interval[1], 1 - found.interval[0]))


def test_newcombes_interval_of_a_perfect_test_by_hand() -> None:
    """Of 5 and 5: θ with (1 − θ)² = z² θ (1 − θ) (1 + 4 ((1 − θ)/(2 − θ) + θ/(1 + θ))) / 25."""
    found = auc(range(10), [False] * 5 + [True] * 5)
    assert found is not None and found.auc == 1 and found.interval[1] == 1
    low = found.interval[0]
    right = 1.959963984540054**2 * low * (1 - low)
    right *= (1 + 4 * ((1 - low) / (2 - low) + low / (1 + low))) / 25
    assert 0.5 < low < 0.7 and (1 - low) ** 2 == pytest.approx(right)


def test_where_all_say_the_same_there_is_none() -> None:
    assert auc([1.0, 2.0], [True, True]) is None and auc([1.0], [False]) is None


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0.0, 0.7, 1.8])
def test_the_interval_holds_the_true_area_nineteen_times_in_twenty(apart: float) -> None:
    from scipy.special import ndtr

    rng, draws, truth = np.random.default_rng(1), 1500, float(ndtr(apart / 2**0.5))
    for m, n in ((6, 30), (15, 45)):
        held = 0
        for _ in range(draws):
            values = np.concatenate([rng.standard_normal(m) + apart, rng.standard_normal(n)])
            found = auc(values, np.arange(m + n) < m)
            assert found is not None
            held += found.interval[0] <= truth <= found.interval[1]
        assert held / draws > 0.92, (apart, m, n)


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(InputError, match="one length"):
        auc([1.0], [True, False])
    with pytest.raises(InputError, match="one length"):
        auc([1.0, 2.0], [1, 0])
    with pytest.raises(InputError, match="NaN"):
        auc([1.0, np.nan], [True, False])
