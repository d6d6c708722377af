from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

import tokensphere as ts
from tokensphere.analysis.survey.hubs import count_hubs, listed_at_random, listed_by_rank

Ids = npt.NDArray[np.int64]


def random_lists(m: int, n: int, k: int, seed: int = 0) -> Ids:
    """Lists of k different tokens, all equally likely."""
    rng = np.random.default_rng(seed)
    return np.argpartition(rng.random((m, n)), k, axis=1)[:, :k]


def test_counts_are_those_of_a_naive_loop() -> None:
    ids = random_lists(80, 50, 4) // 2  # tokens from 25 on are never listed
    usable = np.arange(50) % 7 != 6
    ids = np.array([row for row in ids if len(set(row)) == 4 and usable[row].all()])
    assert len(ids) > 15
    found = count_hubs(ids, usable, "dot")
    counts = [sum(token in row for row in ids.tolist()) for token in range(50)]
    listed = [count for count, use in zip(counts, usable.tolist(), strict=True) if use]
    assert (found.ranking, found.k, found.n_lists, found.n_tokens) == ("dot", 4, len(ids), sum(usable))
    assert found.skewness == pytest.approx(float(stats.skew(listed)))
    assert found.never == pytest.approx(sum(count == 0 for count in listed) / len(listed))
    order = sorted(range(50), key=lambda token: (-counts[token], token))
    want = [token for token in order if counts[token]][:20]
    assert found.ids.tolist() == want
    assert found.shares.tolist() == [counts[token] / len(ids) for token in want]


def test_lists_of_random_tokens_are_what_chance_gives() -> None:
    """``N_k`` of a token is Binomial(m, k/n): its skewness, and its share of zeros.

    The standard error of both is taken over ten draws of the lists.
    """
    m, n, k = 300, 1000, 5
    skewness, never = [], []
    for seed in range(10):
        found = count_hubs(random_lists(m, n, k, seed), np.ones(n, dtype=bool), "cosine")
        skewness.append(found.skewness)
        never.append(found.never)
        assert found.never_by_chance == pytest.approx(float(stats.binom(m, k / n).pmf(0)))
    for values, want in (
        (skewness, float(stats.binom(m, k / n).stats("s"))),
        (never, float(stats.binom(m, k / n).pmf(0))),
    ):
        error = np.std(values, ddof=1) / np.sqrt(10)
        assert error < 0.05 * abs(want)
        assert np.mean(values) == pytest.approx(want, abs=4 * error)


def test_a_planted_hub_is_found() -> None:
    ids = random_lists(200, 500, 10)
    ids[:120, 3] = 777
    found = count_hubs(ids, np.ones(800, dtype=bool), "cosine")
    assert found.ids[0] == 777 and found.shares[0] == 0.6
    assert found.shares[1] < 0.1
    plain = count_hubs(random_lists(200, 500, 10), np.ones(800, dtype=bool), "cosine")
    assert found.skewness > 5 * abs(plain.skewness)


def test_equally_listed_tokens_have_no_skewness() -> None:
    found = count_hubs(np.arange(30).reshape(10, 3), np.ones(30, dtype=bool), "cosine")
    assert found.skewness == 0 and found.never == 0
    assert found.ids.tolist() == list(range(20)) and set(found.shares.tolist()) == {0.1}


def test_a_hub_becomes_json(small: ts.EmbeddingSpace) -> None:
    ids = random_lists(40, 20, 3)
    found = count_hubs(ids, small.usable, "centered")
    record = json.loads(json.dumps(found.to_dict(small.vocabulary), allow_nan=False))
    assert record["ranking"] == "centered" and record["k"] == 3
    assert record["share_never_listed"] == found.never
    first = record["most_listed"][0]
    assert first["id"] == found.ids[0] and first["share_of_lists"] == found.shares[0]
    assert first["token"] == small.vocabulary.text(int(found.ids[0]))
    assert len(record["most_listed"]) == len(found.ids)


def test_tokens_by_rank_are_those_of_a_naive_loop() -> None:
    ids = random_lists(60, 40, 4) // 2
    ids = np.array([row for row in ids if len(set(row)) == 4])
    counts = sorted((sum(token in row for row in ids.tolist()) for token in range(40)), reverse=True)
    want = [count / len(ids) for count in counts if count]
    assert listed_by_rank(ids).tolist() == want


def test_ranks_at_random_are_those_of_random_lists() -> None:
    """The mean of the sorted counts over 40 drawings, between the curve's steps."""
    m, k, n = 300, 5, 800
    above = np.zeros(12)
    for seed in range(40):
        counts = np.bincount(random_lists(m, n, k, seed).ravel(), minlength=n)
        above += [(counts >= c).sum() / 40 for c in range(12)]
    ranks, shares = listed_at_random(m, k, n)
    steps = np.rint(m * shares).astype(int)
    assert ranks[0] == 1 and steps[0] == steps[1] == steps.max() and (np.diff(ranks) >= 0).all()
    for rank, count in zip(ranks[1:].tolist(), steps[1:].tolist(), strict=True):
        assert rank == pytest.approx(max(above[count], 1), abs=4 * np.sqrt(rank / 40) + 0.1)
    assert steps[-1] == 1 and steps[1:].tolist() == sorted(steps[1:].tolist(), reverse=True)
