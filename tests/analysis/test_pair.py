from __future__ import annotations

import itertools
import json

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests import small_model
from tests.analysis.spaces import space_of, unit_rows
from tokensphere.errors import InputError, UnknownTokenError


def gram(space: ts.EmbeddingSpace, *, centered: bool) -> npt.NDArray[np.float64]:
    rows = unit_rows(space, centered=centered)
    return np.asarray(rows @ rows.T)


def rank(cosines: npt.NDArray[np.float64], a: int, b: int) -> int:
    """Which neighbour of a token b is."""
    order = [i for i in np.argsort(-cosines[a], kind="stable").tolist() if i != a]
    return order.index(b) + 1


@pytest.mark.parametrize(("a", "b"), [(0, 1), (7, 40), (33, 2), (small_model.CONTROL_ID, 5)])
def test_cosines_and_ranks_are_those_of_all_pairs(small: ts.EmbeddingSpace, a: int, b: int) -> None:
    result = ts.pair(small, a, b, n_pairs=40_000)
    for found, centered in ((result.raw, False), (result.centered, True)):
        cosines = gram(small, centered=centered)
        assert found.cosine == pytest.approx(cosines[a, b], abs=1e-12)
        assert found.rank_of_second_from_first == rank(cosines, a, b)
        assert found.rank_of_first_from_second == rank(cosines, b, a)
        pairs = cosines[np.triu_indices(len(cosines), 1)]
        assert found.mean_of_pairs == pytest.approx(pairs.mean(), abs=5 * pairs.std() / 200)
        assert found.sd_of_pairs == pytest.approx(pairs.std(), rel=0.03)
    assert result.n_tokens == small.shape[0] and result.n_pairs == 40_000


def test_the_share_among_all_pairs_lies_in_its_interval_as_often_as_it_should() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for round_ in range(150):
        vectors = rng.standard_normal((12, 5)) + 0.3
        space = space_of(vectors)
        result = ts.pair(space, 0, 1, n_pairs=2000, seed=round_)
        for found, centered in ((result.raw, False), (result.centered, True)):
            cosines = gram(space, centered=centered)
            pairs = cosines[np.triu_indices(12, 1)]
            share = np.mean(pairs >= cosines[0, 1] - 1e-12)
            low, high = found.share_interval_95
            inside += bool(low <= share <= high)
            assert abs(found.share_of_pairs_at_least - share) < 5 * np.sqrt(0.25 / 2000)
    assert 300 * 0.95 - 4 * np.sqrt(300 * 0.05) < inside <= 300


def test_in_a_tiny_vocabulary_the_pair_itself_counts() -> None:
    """The pair is among all pairs, in either order: the least similar pair has a share of one."""
    for n, seed in itertools.product((2, 3, 5), range(12)):
        space = space_of(np.random.default_rng(seed).standard_normal((n, 4)) + 0.5)
        for centered in (False, True):
            cosines = gram(space, centered=centered)
            a, b = divmod(int(np.argmin(cosines)), n)
            found = ts.pair(space, a, b, n_pairs=500)
            side = found.centered if centered else found.raw
            assert side.share_of_pairs_at_least == 1, (n, seed, centered)


def test_equal_rows_rank_by_id() -> None:
    vectors = np.random.default_rng(1).integers(-4, 5, (40, 6)).astype(np.float32)
    vectors[[5, 12, 30]] = vectors[3]
    space = space_of(vectors)
    ranks = [ts.pair(space, 3, b, n_pairs=100).raw.rank_of_second_from_first for b in (5, 12, 30)]
    assert ranks == [1, 2, 3]
    assert ts.pair(space, 3, 12, n_pairs=100).raw.cosine == pytest.approx(1)


def test_ranks_agree_with_the_neighbours(bundled: ts.EmbeddingSpace) -> None:
    raw = ts.nearest(bundled, " Monday", k=30).ids[0].tolist()
    centered = ts.nearest(bundled, " Monday", k=49_151, centered=True).ids[0].tolist()
    result = ts.pair(bundled, " Monday", raw[29], n_pairs=100)
    assert result.raw.rank_of_second_from_first == 30
    assert result.centered.rank_of_second_from_first == centered.index(raw[29]) + 1


@pytest.mark.slow
def test_a_pair_is_as_similar_as_itself_in_the_other_order() -> None:
    shares = []
    for seed in range(400):
        n = 2 + seed % 4
        vectors = np.random.default_rng(seed).standard_normal((n, 33)).astype(np.float32)
        space = space_of(vectors + np.float32(0.3))
        cosines = gram(space, centered=True)
        a, b = divmod(int(np.argmin(cosines)), n)
        shares += [
            ts.pair(space, x, y, n_pairs=300).centered.share_of_pairs_at_least
            for x, y in ((a, b), (b, a))
        ]
    assert set(shares) == {1.0}


def test_the_seed_decides_the_sample_and_nothing_else(small: ts.EmbeddingSpace) -> None:
    one, same, other = (ts.pair(small, 0, 1, n_pairs=1000, seed=seed) for seed in (1, 1, 2))
    assert one.raw == same.raw and one.centered == same.centered
    assert (
        one.raw.share_of_pairs_at_least != other.raw.share_of_pairs_at_least
        or one.raw.mean_of_pairs != other.raw.mean_of_pairs
    )
    assert (
        one.raw.cosine == other.raw.cosine
        and one.raw.rank_of_second_from_first == other.raw.rank_of_second_from_first
    )


def test_wrong_arguments(small: ts.EmbeddingSpace) -> None:
    with pytest.raises(InputError, match="both tokens are '␣king'"):
        ts.pair(small, " king", 0)
    with pytest.raises(InputError, match="99 pairs are too few"):
        ts.pair(small, 0, 1, n_pairs=99)
    with pytest.raises(InputError, match="the seed is -1"):
        ts.pair(small, 0, 1, seed=-1)
    with pytest.raises(UnknownTokenError):
        ts.pair(small, 0, "no such token")


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_rows_without_direction_take_part_in_nothing(small: ts.EmbeddingSpace, value: float) -> None:
    broken = small.vectors.copy()
    broken[1] = value
    space = ts.EmbeddingSpace(broken, small.vocabulary, small.provenance)
    with pytest.raises(InputError, match="has no direction"):
        ts.pair(space, 0, 1)
    result = ts.pair(space, 0, 2, n_pairs=4000)
    assert result.n_tokens == small.shape[0] - 1
    cosines = gram(space, centered=True)
    assert result.centered.cosine == pytest.approx(cosines[0, 1], abs=1e-12)
    assert result.centered.rank_of_second_from_first == rank(cosines, 0, 1)
    assert np.isfinite(
        [result.raw.mean_of_pairs, result.centered.mean_of_pairs, result.centered.sd_of_pairs]
    ).all()


def test_a_result_becomes_json_and_shows_itself(small: ts.EmbeddingSpace) -> None:
    script = small.vocabulary.id(small_model.SCRIPT)
    incomplete = small.vocabulary.id(b"\xe2\x80")
    result = ts.pair(small, script, incomplete, n_pairs=1000, seed=3)
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert [bytes.fromhex(token["bytes"]) for token in record["tokens"]] == [
        small_model.SCRIPT,
        b"\xe2\x80",
    ]
    assert record["tokens"][1]["token"] is None
    assert record["settings"] == {"n_pairs": 1000, "seed": 3}
    assert record["model"]["sha256"] == small.provenance.sha256
    assert record["raw"]["cosine"] == result.raw.cosine
    assert record["centered"]["share_interval_95"] == list(result.centered.share_interval_95)
    text = str(result)
    assert "<script>" in text and r"\xe2\x80" in text and f"{result.raw.cosine:.3f}" in text
    html = result._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html
