"""Sums of tokens beside sums of as many random tokens: the size of the test, for each signature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import SPACE, D, N, made, run
from tests.cases import case
from tokensphere.analysis.direction_test.signatures import Signature, signature, tenths
from tokensphere.analysis.direction_test.statistics import STATISTICS
from tokensphere.directions.tokens import TokenSum
from tokensphere.errors import InputError
from tokensphere.statistics.draws import MemoryStore

SIGNATURES = [(1,), (1, 1), (1, -1), (1, 1, 1, -1, -1, -1), (1, 1, 1, 1, 1), (3, 1, -2), (-1,)]


def random_sums(weights: tuple[int, ...], count: int, seed: int) -> list[TokenSum]:
    """Of random tokens; one of weight 3 stands there three times."""
    rng, sums = np.random.default_rng(seed), []
    for number in range(count):
        plus, minus = list[int](), list[int]()
        for id, weight in zip(rng.choice(N, len(weights), replace=False).tolist(), weights, strict=True):
            (plus if weight > 0 else minus).extend([id] * abs(weight))
        sums.append(TokenSum(tuple(plus), tuple(minus), f"{weights} {number}"))
    return sums


def sizes(weights: tuple[int, ...], count: int, **how: Any) -> dict[str, float]:
    """The share with p of 0.05 or less, of sums of random tokens."""
    given = made(random_sums(weights, count, 7))
    result = run(given, **{"law": "difference", "seed": 1, "store": MemoryStore(), **how})
    assert len(result["nearness"].nulls) == 1
    return {name: float(np.mean(found.pvalue <= 0.05)) for name, found in result.tested.items()}


def test_the_size_of_the_test_fast() -> None:
    for weights in ((1,), (3, 1, -2)):
        found = sizes(weights, 300, draws=1024)
        error = 4 * np.sqrt(0.05 * 0.95 * (1 / 300 + 1 / 1024))
        for name, size in found.items():
            with case(weights, name):
                assert size < 0.05 + error and (name == "label" or size > 0.05 - error)


@pytest.mark.slow
@pytest.mark.parametrize("weights", SIGNATURES)
def test_the_size_of_the_test_is_5_percent(weights: tuple[int, ...]) -> None:
    for name, size in sizes(weights, 6000, draws=20_480).items():
        assert size < 0.06 and (name == "label" or size > 0.04), (name, size)


@pytest.mark.slow
def test_one_token_less_another_would_be_no_null_for_others() -> None:
    """What was done before: of one token alone far too much is found, of 3 − 3 far too little."""
    pair = run([TokenSum((1,), (2,))], law="difference", draws=8192)["nearness"].null_distribution
    found = {}
    for weights in ((1,), (1, 1, 1, -1, -1, -1)):
        values = run(random_sums(weights, 2000, 7))["nearness"].values
        found[len(weights)] = np.mean(values >= np.quantile(pair, 0.95))
    assert found[1] > 0.08 and found[6] < 0.04


def test_a_frequent_token_is_compared_with_frequent_ones() -> None:
    """The size is right where tokens are drawn from the tenths of a direction's own, and only there."""
    rng = np.random.default_rng(2)
    first, last = rng.integers(0, 40, 300), rng.integers(360, 400, 300)  # groups are among the first
    sums = [
        TokenSum((a,), (b,), f"{i}")
        for i, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True))
    ]
    result = run(sums, law="frequency", draws=1024)
    (part,) = result.null.parts
    assert part.title == "1 − 1 of tenths 1, 10" and part.about["tenths_of"] == "ids"
    for name, found in result.tested.items():
        assert np.mean(found.pvalue <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * (1 / 300 + 1 / 1024)), name
    assert np.mean(run(sums, law="difference", draws=1024)["cosine"].pvalue <= 0.05) > 0.09
    drawn = part.law().block(0).made_of
    assert (drawn[:, 0] < 40).all() and (drawn[:, 1] >= 360).all()
    by_norm = run(sums[:4], law="frequency", draws=50, tenths="norms").null
    norms = SPACE.moments.norms
    drawn = by_norm.parts[0].law().block(0).made_of
    order = np.argsort(np.argsort(norms)) // 40
    assert (order[drawn[:, 0]] == order[first[0]]).all() and (order[drawn[:, 1]] == order[last[0]]).all()


def test_each_direction_has_the_null_of_its_signature() -> None:
    """In any order and company, to the bit."""
    kinds = [random_sums(weights, 3, 4) for weights in SIGNATURES]
    mixed = [sums[i] for i in range(3) for sums in kinds]
    result = run(mixed, law="difference", draws=300)
    assert [part.title for part in result.null.parts] == [
        "1 − 0", "2 − 0", "1 − 1", "3 − 3", "5 − 0", "weights 3, 1, −2", "0 − 1",
    ]  # fmt: skip
    np.testing.assert_array_equal(result.null.of, [0, 1, 2, 3, 4, 5, 6] * 3)
    for number, sums in enumerate(kinds):
        alone = run(sums, law="difference", draws=300)
        for name in STATISTICS:
            one, all_ = alone[name], result[name]
            np.testing.assert_array_equal(one.null_distribution, all_.nulls[number])
            np.testing.assert_array_equal(one.pvalue, all_.pvalue[number::7])
    with pytest.raises(InputError, match="7 nulls; that of direction i is nulls"):
        _ = result["label"].null_distribution
    record = result.to_dict()
    assert [null["given"] for null in record["settings"]["nulls"]] == [3] * 7
    assert {row["direction"]: row["null"] for row in record["results"]}[mixed[3].name] == "3 − 3"
    assert list(result.columns()["null"][:3]) == ["1 − 0", "2 − 0", "1 − 1"]


def test_settling_looks_at_each_direction_beside_its_own_null() -> None:
    sums = [*random_sums((1,), 6, 1), *random_sums((1, 1, -1), 6, 1)]
    goal = ts.SettleSpec(0.3, most=2048)
    result = run(sums, law="difference", draws=128, settle=goal)
    assert result.settled is not None and result.settled.n_draws == result.n_draws > 128
    plain = run(sums, law="difference", draws=result.n_draws)
    np.testing.assert_array_equal(plain["nearness"].pvalue, result["nearness"].pvalue)


def test_both_ends_have_their_own_signatures() -> None:
    both = made(random_sums((1, 1, -1), 2, 0)).both_ends()
    result = run(both, law="difference", draws=100)
    assert [result.null_title(i) for i in range(4)] == ["2 − 1", "1 − 2"] * 2


def test_vectors_are_compared_with_one_token_less_another() -> None:
    result = run(np.eye(D), law="difference", draws=100)
    (part,) = result.null.parts
    assert part.title == "1 − 1" and part.about == {"rows": "as they are", "weights": [1, -1]}
    assert not part.own


def test_what_a_signature_is() -> None:
    found = [
        (((5, 7), (1, 1)), (1, 1)),
        (((7, 5), (-1, 1)), (1, -1)),
        (((5, 5), (1, 1)), (1,)),  # twice the same: the same direction
        (((5, 5, 7), (1, -1, 1)), (1, 0)),  # found by neither the direction nor its draws
        (((5, 5, 5, 7, 7, 7, 7, 7, 7), (1,) * 3 + (-1,) * 6), (1, -2)),
    ]
    for (tokens, weights), want in found:
        with case(tokens, weights):
            assert signature(tokens, weights, None) == Signature(want)


def test_tenths() -> None:
    usable = np.ones(45, dtype=bool)
    usable[[0, 20, 21, 22, 44]] = False
    tenth, pools = tenths(usable)
    assert [len(pool) for pool in pools] == [4] * 10 and (np.diff(tenth[usable]) >= 0).all()
    assert (tenth[~usable] == -1).all()
    for number, pool in enumerate(pools):
        assert (tenth[pool] == number).all()
    norms = np.arange(45.0)[::-1].copy()
    by_norm, _ = tenths(usable, norms)
    np.testing.assert_array_equal(by_norm[usable], 9 - tenth[usable])
    assert SPACE.usable.all()
