from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.analysis.spaces import noise, space_of
from tokensphere.analysis.claims.clusters import Wordless
from tokensphere.analysis.claims.sharing import measure_sharing
from tokensphere.analysis.claims.wordless import WordlessSpec, measure_wordless
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.scan import count_different, largest_group
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import surrogate_rows
from tokensphere.geometry.variance import unit_offsets

DIRECTIONS = RandomDirections(12, 70)


def looked_at(labels: Sequence[int] | np.ndarray, rows: np.ndarray, count: int = 3) -> Wordless:
    (found,) = measure_wordless(
        space_of(rows).rows, DIRECTIONS, [np.asarray(labels)], (), k=6, seed=5,
        spec=WordlessSpec(count), progress=lambda _: None,
    ).labelled  # fmt: skip
    return found


def test_each_surrogate_is_looked_at_as_the_real_rows_are() -> None:
    rows = noise(400, 12, seed=1, ratio=3, mean=1)
    labels = np.arange(400) % 23 - 1
    found = looked_at(labels, rows)
    for number, seed in enumerate(WordlessSpec(3).seeds(5)):
        drawn = surrogate_rows(space_of(rows).rows, law=WordlessSpec().law, seed=seed)
        partition = unit_offsets(drawn).grouped(labels)
        ids, _ = top_k(make_scoring(drawn, keep=labels >= 0), DIRECTIONS[:], 6)
        assert found.icc[number] == partition.decomposition.icc
        assert found.ratio[number] == np.median(partition.variance_ratios)
        np.testing.assert_array_equal(found.different[number], count_different(labels[ids]))
        np.testing.assert_array_equal(found.largest[number], largest_group(labels[ids]))


def test_rows_without_direction_have_no_row_in_the_surrogate() -> None:
    rows = noise(400, 12, seed=1, ratio=3, mean=1)
    labels = np.arange(400) % 23 - 1
    with_none = np.insert(rows, [0, 100, 400], 0, axis=0)
    wide = np.insert(labels, [0, 100, 400], 7)
    one, other = looked_at(labels, rows), looked_at(wide, with_none)
    np.testing.assert_allclose(one.icc, other.icc, rtol=1e-6)
    np.testing.assert_array_equal(one.different, other.different)


def test_seeds_of_surrogates_are_those_of_nobody_else() -> None:
    seeds = [seed for base in range(20) for seed in WordlessSpec(9).seeds(base)]
    assert len(set(seeds)) == 180 and min(seeds) > 20
    for spec, message in (((1,), "number of surrogates is 1"), ((5, "words"), "unknown surrogate")):
        with pytest.raises(InputError, match=message):
            WordlessSpec(*spec)


def test_rows_of_one_direction_have_no_surrogate() -> None:
    rows = space_of(np.ones((40, 12))).rows
    found = measure_wordless(
        rows, DIRECTIONS, [np.arange(40) % 4], (3,), k=6, seed=0,
        spec=WordlessSpec(2), progress=lambda _: None,
    )  # fmt: skip
    assert not found.labelled and not found.kmeans


class Seen:
    """As much of a clustering as sharing looks at."""

    def __init__(self, largest: np.ndarray, without: np.ndarray, k: int = 10) -> None:
        self.largest, self.k = largest, k
        nothing = np.zeros(len(without))
        self.wordless = Wordless(nothing, nothing, without, without)


def test_sharing_is_the_share_beyond_what_one_in_twenty_has_without_words() -> None:
    without = np.repeat([[1, 2, 3, 4]], 3, axis=0).repeat([50, 30, 17, 3], axis=1)
    real = np.repeat([2, 3, 4, 5], [40, 20, 30, 10])
    found = measure_sharing([Seen(real, without)])  # type: ignore[list-item]
    assert found is not None
    assert (found.rate, found.chance) == (0.4, 0.03)  # 4 or more; 3 or more has one in five
    assert found.excess == pytest.approx(0.37 / 0.97)
    low, high = found.interval
    assert low < found.excess < high and high - low == pytest.approx(0.19, abs=0.03)
    assert measure_sharing([]) is None


def test_looking_at_many_sets_of_labels_is_paid_for() -> None:
    rng = np.random.default_rng(0)
    sets = [Seen(rng.binomial(10, 0.3, 1500), rng.binomial(10, 0.3, (5, 1500))) for _ in range(8)]
    for several in (sets[:1], sets):
        found = measure_sharing(several)  # type: ignore[arg-type]
        assert found is not None and found.chance <= 0.05
        assert found.interval[0] < 0 < found.interval[1]
