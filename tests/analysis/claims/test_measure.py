from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.analysis.spaces import space_of
from tests.cases import case
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.scan import count_different, expected_different

Labels = npt.NDArray[np.int64]


def planted(
    n: int = 600, d: int = 24, groups: int = 12, width: float = 0.1, common: float = 0.0, seed: int = 0
) -> tuple[ts.EmbeddingSpace, Labels]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % groups)
    middles = rng.standard_normal((groups, d)) / np.sqrt(d) + common
    return space_of(middles[labels] + width * rng.standard_normal((n, d)) / np.sqrt(d)), labels


def measure(space: ts.EmbeddingSpace, **options: Any) -> Geometry:
    return measure_geometry(space, **{"n_directions": 300, "clusters": (12,), **options})


def test_planted_groups_hold_the_variance() -> None:
    space, labels = planted()
    # `blockwise` keeps groups as big as these, words or not.
    result = measure(space, labelling=labels, wordless=WordlessSpec(law="matched"))
    found, own = result.clusters
    assert found.partition.decomposition.icc == pytest.approx(own.partition.decomposition.icc, rel=1e-6)
    assert found.partition.decomposition.icc > 0.95
    assert found.ratio_quartiles[2] < 0.05
    assert found.variety.mean < 2 < found.expected_different
    assert found.variety.mean == pytest.approx(own.variety.mean)
    # a group is 50 tokens, and the ten nearest are of the nearest group or two
    assert found.model_variety.mean == pytest.approx(found.variety.mean, abs=0.3)
    assert found.baseline is not None and found.baseline.partition.decomposition.icc < 0.6


def test_in_noise_nothing_holds_more_than_chance() -> None:
    rng = np.random.default_rng(1)
    space = space_of(rng.standard_normal((3000, 50)))
    labels = np.arange(3000) % 60
    found = measure(space, clusters=(), labelling=labels).clusters[0]
    assert found.baseline is None and found.search == {}
    assert found.partition.decomposition.icc == pytest.approx(found.partition.random.icc, rel=0.15)
    assert found.shuffled.decomposition.icc == pytest.approx(found.partition.random.icc, rel=0.15)
    assert found.ratio_quartiles[1] == pytest.approx(1, abs=0.05)
    assert found.variety.mean == pytest.approx(found.expected_different, abs=0.15)
    assert found.model_variety.mean == pytest.approx(found.expected_different, abs=0.15)
    assert found.exceeding("exceeds") == pytest.approx(
        found.exceeding("exceeds", shuffled=True) or 0, abs=0.02
    )


def test_kmeans_finds_in_noise_what_it_finds_in_noise_of_the_same_shape() -> None:
    rng = np.random.default_rng(2)
    space = space_of(rng.standard_normal((2000, 30)) * np.linspace(0.5, 2, 30) + 0.5)
    found = measure(space, clusters=(40,)).clusters[0]
    assert found.baseline is not None
    icc, without = found.partition.decomposition.icc, found.baseline.partition.decomposition.icc
    assert icc == pytest.approx(without, rel=0.1)
    assert icc > 4 * found.partition.random.icc  # which is why filling at random is no fair null
    assert found.baseline.variety.mean == pytest.approx(found.variety.mean, rel=0.1)


def test_along_the_directions_is_the_closed_form_within_its_error() -> None:
    space, labels = planted(width=1.0, common=0.05)
    found = measure(space, labelling=labels, n_directions=3000).clusters[1]
    for name in ("total", "within", "between"):
        closed, seen = getattr(found.partition.decomposition, name), getattr(found.measured.values, name)
        assert seen == pytest.approx(closed, abs=5 * getattr(found.measured.errors, name))
    assert found.measured.values.icc == pytest.approx(
        found.partition.decomposition.icc, abs=5 * found.measured.icc_error
    )
    assert 0 < found.measured.icc_error < 0.02


@pytest.mark.slow
def test_the_error_of_the_icc_is_how_much_it_varies() -> None:
    space, labels = planted(width=1.0, common=0.1, n=200)
    seen = [
        measure(space, clusters=(), labelling=labels, n_directions=100, seed=seed).clusters[0].measured
        for seed in range(40)
    ]
    spread = np.std([one.values.icc for one in seen], ddof=1)
    assert np.mean([one.icc_error for one in seen]) == pytest.approx(spread, rel=0.4)


def test_cosines_follow_the_law_and_the_nearest_is_that_of_nearest() -> None:
    space, _ = planted(n=900, d=16, width=1.0, common=0.2)
    found = measure(space, n_directions=4000).orthogonality
    assert found.law_sd == 0.25
    assert found.mean == pytest.approx(0, abs=5 * found.mean_error)
    assert found.sd == pytest.approx(found.law_sd, abs=5 * found.sd_error)
    np.testing.assert_allclose(found.quantiles, found.law_quantiles, atol=0.06)
    near = ts.nearest(space, ts.RandomDirections(16, 4000), k=1)
    np.testing.assert_array_equal(found.largest, near.similarity[:, 0])
    assert found.smallest.mean() == pytest.approx(-found.largest.mean(), abs=0.02)


def test_tokens_that_are_independent_are_as_near_as_independent_ones() -> None:
    space = space_of(np.random.default_rng(3).standard_normal((2000, 20)))
    found = measure(space, n_directions=2000).orthogonality
    np.testing.assert_allclose(found.largest_quartiles, found.law_largest_quartiles, atol=0.01)
    one_direction = space_of(
        np.ones((2000, 20)) + 0.01 * np.random.default_rng(4).standard_normal((2000, 20))
    )
    narrow = measure(one_direction).orthogonality
    assert narrow.largest_quartiles[1] < 0.3 < narrow.law_largest_quartiles[1]


def test_anisotropy_is_that_of_the_summary(small: ts.EmbeddingSpace) -> None:
    result, summary = measure(small, clusters=(4,)), ts.info(small)
    assert result.mean_cosine == pytest.approx(summary.mean_cosine)
    assert result.mean_cosine_different == pytest.approx(summary.mean_cosine_different)


def test_clusters_among_the_neighbours_are_counted_from_nearest() -> None:
    space, labels = planted(width=2.0)
    result = measure(space, clusters=(), labelling=labels, k=7)
    ids = ts.nearest(space, ts.RandomDirections(24, 300), k=7).ids
    np.testing.assert_array_equal(result.clusters[0].different, count_different(labels[ids]))
    assert result.clusters[0].expected_different == expected_different(np.bincount(labels), 7)


def test_with_a_partial_labelling_only_labelled_tokens_count() -> None:
    space, labels = planted(width=2.0)
    names = [None if i % 3 == 0 else f"group {label}" for i, label in enumerate(labels.tolist())]
    found = measure(space, clusters=(), labelling=names).clusters[0]
    kept = np.array([name is not None for name in names])
    alone = measure(
        space_of(space.vectors[kept]), clusters=(), labelling=[name for name in names if name]
    ).clusters[0]
    assert found.partition.n == kept.sum() and found.names == alone.names
    assert found.partition.decomposition.icc == pytest.approx(
        alone.partition.decomposition.icc, rel=1e-5
    )
    np.testing.assert_array_equal(found.different, alone.different)
    np.testing.assert_allclose(found.spread.within, alone.spread.within, rtol=1e-4)


def test_names_and_numbers_say_the_same() -> None:
    space, labels = planted(width=1.0)
    by_number = measure(space, clusters=(), labelling=labels).clusters[0]
    by_name = measure(space, clusters=(), labelling=[f"g{label}" for label in labels]).clusters[0]
    np.testing.assert_array_equal(by_number.different, by_name.different)
    assert by_name.partition.decomposition.icc == pytest.approx(by_number.partition.decomposition.icc)
    assert dict(zip(by_name.names, by_name.partition.sizes, strict=True)) == {
        f"g{name}": size for name, size in zip(by_number.names, by_number.partition.sizes, strict=True)
    }


def test_threads_are_seen_in_nothing() -> None:
    space, labels = planted(width=1.0)
    options: dict[str, Any] = {"clusters": (5, 12), "labelling": labels}
    one, two, three = (
        measure(space, compute=Compute(threads), **options).to_dict() for threads in (1, 2, 3)
    )
    assert one == two == three


def test_what_does_not_fit_is_left_out_and_said() -> None:
    space, _ = planted(n=60, groups=5)
    result = measure(space, clusters=(5, 30, 31, 5, 1000))
    assert [len(one.partition.sizes) for one in result.clusters] == [5, 30]
    assert result.too_many == (31, 1000)


def test_more_dimensions_than_tokens() -> None:
    rng = np.random.default_rng(5)
    result = measure(space_of(rng.standard_normal((30, 200))), clusters=(3,), k=4)
    closed = result.clusters[0].partition.decomposition
    assert 0 < closed.icc < 1 and closed.total == pytest.approx(1 / 200, rel=0.2)
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize("value", [0, np.nan])
def test_rows_without_direction_and_rows_at_the_mean(value: float) -> None:
    rng = np.random.default_rng(6)
    half = rng.standard_normal((100, 8))
    half -= half @ np.ones((8, 8)) / 8  # the mean of all unit rows points along (1, …, 1)
    rows = np.concatenate([half + 1, 1 - half, np.ones((2, 8))])
    rows[[0, 100]] = value
    usable = np.delete(rows, [0, 100], axis=0)
    mean = (usable / np.linalg.norm(usable, axis=1)[:, None]).mean(axis=0)
    assert np.ptp(mean) < 1e-6
    result = measure(space_of(rows), clusters=(6,), k=8)
    assert result.n_tokens == 200 and result.left_out == 2
    assert result.clusters[0].partition.n == 200 - result.at_mean
    assert np.isfinite(result.clusters[0].spread.within).all()
    json.dumps(result.to_dict(), allow_nan=False)


def test_tokens_that_are_the_mean_are_in_no_cluster() -> None:
    # opposite rows: the mean is the one row that all have in common, up to its length
    axis = np.eye(9)[1:]
    rows = np.concatenate([axis, -axis, np.repeat(axis, 3, axis=0), np.repeat(-axis, 3, axis=0)])
    space = space_of(rows)
    assert space.moments.mean_unit_row() == pytest.approx(0, abs=1e-12)
    assert measure(space, clusters=(4,), k=3).at_mean == 0


def test_copies_make_fewer_clusters_and_no_trouble() -> None:
    few = np.random.default_rng(7).standard_normal((6, 10))
    result = measure(space_of(np.repeat(few, 20, axis=0)), clusters=(30,))
    found = result.clusters[0]
    assert len(found.partition.sizes) == 6 and found.search["asked"] == 30
    assert found.partition.decomposition.icc == pytest.approx(1)
    json.dumps(result.to_dict(), allow_nan=False)


def test_tokens_that_all_point_one_way() -> None:
    result = measure(space_of(np.ones((40, 5))), clusters=(), labelling=np.arange(40) % 4)
    assert result.at_mean == 40
    assert result.clusters[0].partition.decomposition.icc <= 1
    json.dumps(result.to_dict(), allow_nan=False)


def test_a_giant_cluster_is_called_a_failure() -> None:
    rng = np.random.default_rng(8)
    rows = rng.standard_normal((1000, 10))
    rows[:900] = rows[0] + 1e-3 * rng.standard_normal((900, 10))
    result = measure(space_of(rows), clusters=(30,), n_directions=50)
    assert "largest cluster holds 9" in result.clusters[0].problems[0]
    assert [claim.verdict for claim in result.claims[1:4]] == ["cannot tell"] * 3


def test_a_result_becomes_json() -> None:
    space, labels = planted(width=1.0)
    result = measure(space, labelling=labels)
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert record["model"]["sha256"] == space.provenance.sha256
    assert record["settings"]["n_directions"] == 300 and record["settings"]["labelling"] == "labelling"
    assert len(record["claims"]) == 6
    assert record["directions"]["index"] == list(range(300))
    assert len(record["directions"]["largest"]) == 300
    for one in record["clusters"]:
        assert sum(one["of_clusters"]["size"]) == one["tokens"] == 600
        assert np.mean(one["of_directions"]["different"]) == pytest.approx(one["different"]["mean"])
        assert np.mean(one["of_directions"]["largest_group"]) == one["largest_group"]["mean"]
        assert sum(one["largest_group_random_probabilities"]) == pytest.approx(1)
        assert (one["surrogate"] is None) == (one["surrogates"] is not None) == one["labelled"]
    assert record["sharing"]["n_directions"] == 300
    histogram = record["orthogonality"]["histogram"]
    assert sum(histogram["counts"]) == 600 * 300


def test_the_parts_of_the_work_are_told() -> None:
    told: list[str] = []
    measure(planted()[0], clusters=(5, 12), progress=told.append)
    assert [part for part in told if part.startswith("k-means")] == [
        "k-means, 5 clusters",
        "k-means, 12 clusters",
    ]


def test_wrong_arguments() -> None:
    space, _ = planted(n=60, groups=5)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"n_directions": 1}, "1 directions are too few"),
        ({"seed": -1}, "the seed is -1"),
        ({"clusters": ()}, "no clusters to look at"),
        ({"clusters": (1,)}, "1 clusters: ask for 2 or more"),
        ({"clusters": (100, 300)}, "100 clusters are too many for 60 tokens: ask for 30 or fewer"),
        ({"k": 61}, "k is 61"),
        ({"labelling": [0] * 59}, "59 labels for 60 tokens"),
        ({"labelling": [0] * 60}, "1 different labels; at least 2"),
        ({"labelling": [0.5] * 60}, "labels of type float64"),
        ({"labelling": [0, 1, *[-1] * 58]}, "only 2 tokens in clusters"),
    ]
    for options, message in wrong:
        with case(options), pytest.raises(InputError, match=message):
            measure(space, **{"clusters": (5,), **options})
    with pytest.raises(InputError, match="threads is 0"):
        measure(space, compute=Compute(0))


def test_too_few_tokens() -> None:
    rows = np.zeros((4, 3))
    rows[0] = 1
    with pytest.raises(InputError, match="only 1 of 4 rows have a direction"):
        measure(space_of(rows), clusters=(2,))
