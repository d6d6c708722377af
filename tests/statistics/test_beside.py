from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from tests.cases import every
from tokensphere.statistics.beside import Beside


def test_it_is_the_textbook_prediction_interval() -> None:
    without = np.array([1.0, 2.0, 4.0, 4.5])
    one = Beside(6.0, without)
    wide = stats.t.ppf(0.995, 3) * np.std(without, ddof=1) * np.sqrt(5 / 4)
    assert one.excess == pytest.approx(6 - without.mean())
    assert one.interval == pytest.approx((one.excess - wide, one.excess + wide))
    assert json.loads(json.dumps(one.to_dict()))["without"] == without.tolist()


@every("s", [2, 5, 9])
def test_one_more_draw_is_told_apart_one_time_in_a_hundred(s: int) -> None:
    rng = np.random.default_rng(s)
    m = 2000
    draws = rng.normal(3, 2, (m, s + 1))
    ends = [Beside(float(row[0]), row[1:]).interval for row in draws]
    apart = np.mean([low > 0 or high < 0 for low, high in ends])
    assert apart == pytest.approx(0.01, abs=5 * np.sqrt(0.01 / m))
