"""Each statistic, called on data, is what its words say."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from tests.analysis.direction_test.spaces import LABELS, SPACE, N
from tests.analysis.spaces import unit_rows
from tokensphere.analysis.direction_test.statistics import (
    BEST,
    KINDS,
    STATISTICS,
    CoherenceT,
    Largest,
    NearestTokens,
    Nearness,
    SmallestLabelP,
    Statistic,
    Values,
    check_statistic,
)
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence

K = 5


@pytest.fixture(scope="module")
def nearest() -> NearestTokens:
    """Of random lists, some of them groups of tokens that share a label."""
    rng = np.random.default_rng(0)
    ids = np.stack([rng.choice(N, K, replace=False) for _ in range(60)])
    ids[:5] = np.arange(5)[:, None] * 8 + np.arange(K)
    similarity = np.sort(rng.uniform(-1, 1, ids.shape), axis=1)[:, ::-1]
    return NearestTokens(np.sort(ids, axis=1), similarity)


def called(kind: type[Statistic], nearest: NearestTokens) -> Values:
    counter = LabelCounter(LABELS, SPACE.usable, K)
    values = kind(Coherence(SPACE.rows), counter)(nearest)
    assert values.shape == (len(nearest.ids),) and values.dtype == np.float64
    return values


def test_nearness_is_the_mean_similarity(nearest: NearestTokens) -> None:
    want = [sum(row) / K for row in nearest.similarity.tolist()]
    np.testing.assert_allclose(called(Nearness, nearest), want, rtol=1e-14, atol=1e-16)


def test_the_largest_is_that_of_the_first(nearest: NearestTokens) -> None:
    want = [max(row) for row in nearest.similarity.tolist()]
    np.testing.assert_array_equal(called(Largest, nearest), want)


def test_coherence_is_the_mean_cosine_of_the_pairs(nearest: NearestTokens) -> None:
    centred = unit_rows(SPACE, centered=True)
    want = [np.mean([centred[a] @ centred[b] for a, b in combinations(ids, 2)]) for ids in nearest.ids]
    found = called(CoherenceT, nearest)
    np.testing.assert_allclose(found, want, atol=1e-6)
    assert (found >= -1 / (K - 1) - 1e-6).all() and (found[:5] > 0.8).all()


def test_the_label_p_is_the_smallest_tail(nearest: NearestTokens) -> None:
    found = called(SmallestLabelP, nearest)
    for value, ids in zip(found.tolist(), nearest.ids.tolist(), strict=True):
        tails = [1.0]
        for label in range(len(LABELS)):
            members = set(LABELS.members(label).tolist())
            x = len(members & set(ids))
            if x >= 3 and len(members) >= 5:
                tails.append(float(stats.hypergeom.sf(x - 1, N, len(members), K)))
        assert value == pytest.approx(min(tails), rel=1e-9)
    assert (found[:5] < 1e-6).all() and (found == 1).any()


def test_each_list_counts_by_itself(nearest: NearestTokens) -> None:
    for kind in KINDS:
        together = called(kind, nearest)
        for some in ([7], [59, 3, 7], list(range(20))):
            alone = called(kind, NearestTokens(nearest.ids[some], nearest.similarity[some]))
            np.testing.assert_array_equal(alone, together[some], err_msg=kind.name)


def test_what_they_are_called() -> None:
    assert list(STATISTICS.values()) == list(KINDS) and BEST in STATISTICS
    assert [kind.name for kind in KINDS if not kind.larger] == ["label"]
    for name, kind in STATISTICS.items():
        assert check_statistic(name) is kind and kind.name == name
        assert kind.head and kind.words.format(similarity="cosine", k=K) and kind.__doc__
    for wrong in ("nope", "Nearness", "", "T" * 500):
        with pytest.raises(InputError, match="unknown statistic") as caught:
            check_statistic(wrong)
        assert str(caught.value).endswith("use one of nearness, cosine, coherence, label, any")
        assert len(str(caught.value)) < 200
