from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.cases import every
from tokensphere.errors import InputError
from tokensphere.geometry.blockwise import Blockwise
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.rows import RowMoments, Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import (
    BLOCK,
    SURROGATE_LAWS,
    SurrogateLaw,
    Surrogates,
    covariance_error,
    gaussian_factor,
    surrogate_rows,
    unit_covariance,
)

F32 = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]
N, D = 2500, 24


def normal(n: int = N, d: int = D, seed: int = 0) -> Wide:
    return np.random.default_rng(seed).standard_normal((n, d))


def strong_axis() -> Wide:
    """Most of the variance along one axis, and a mean off it."""
    rows = normal() + 0.5
    rows[:, 0] *= 5
    return rows


def skewed_mean() -> Wide:
    """How far a row goes along the mean is exponential."""
    far = np.random.default_rng(1).exponential(size=(N, 1))
    return np.asarray(normal() + far * np.linspace(3, 0, D))


def lumps() -> Wide:
    """Two groups that no Gaussian law has."""
    rows = normal()
    rows[:800, 3] += 6
    rows[800:1200, 5] -= 8
    return rows


def heavy() -> Wide:
    """Spread that differs from row to row, on axes of very different size."""
    rows = normal() * np.geomspace(3, 0.05, D) * np.exp(0.8 * normal(d=1, seed=2))
    rows[:, 0] += 3
    return rows


SPACES: list[Callable[[], Wide]] = [strong_axis, skewed_mean, lumps, heavy]


def made(rows: npt.ArrayLike, law: SurrogateLaw = "matched", seed: int = 0) -> tuple[F32, RowMoments]:
    real = Rows.of(np.asarray(rows, dtype=np.float32))
    drawn = surrogate_rows(real, law=law, seed=seed).vectors
    assert drawn.dtype == np.float32 and drawn.shape == real.shape
    lengths = np.linalg.norm(drawn.astype(np.float64), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)
    return drawn, real.moments


def covariance_of(rows: F32) -> Wide:
    return unit_covariance(Rows.of(rows))


def off(drawn: F32, moments: RowMoments, matrix: npt.ArrayLike) -> float:
    """Distance of the covariances in units of the sampling error."""
    wanted = covariance_of(np.asarray(matrix, dtype=np.float32))
    error = covariance_error(wanted, len(drawn)) * np.linalg.norm(wanted)
    return float(np.linalg.norm(covariance_of(drawn) - wanted) / error)


def off_mean(drawn: F32, moments: RowMoments) -> float:
    """Distance of the means in units of the standard error ``√(tr Σ / n)``."""
    spread = float(np.mean(moments.center().distances ** 2))
    found = RowMoments(drawn).mean_unit_row() - moments.mean_unit_row()
    return float(np.linalg.norm(found) / np.sqrt(spread / len(drawn)))


def test_covariance_is_that_of_the_unit_rows() -> None:
    rows = (strong_axis()[:900]).astype(np.float32)
    rows[5], rows[17] = 0, np.nan
    keep = np.ones(900, dtype=bool)
    keep[100:120] = False
    given = Rows.of(rows, keep)
    good = rows[given.usable].astype(np.float64)
    assert len(good) == 878
    unit = good / np.linalg.norm(good, axis=1, keepdims=True)
    want = np.cov(unit, rowvar=False, bias=True)
    np.testing.assert_allclose(unit_covariance(given), want, atol=1e-9)
    assert np.trace(want) == pytest.approx(1 - np.sum(unit.mean(axis=0) ** 2))


def test_covariance_is_the_same_for_any_number_of_threads() -> None:
    rows = normal(n=20 * BLOCK + 7, d=6).astype(np.float32)
    given = Rows.of(rows)
    want = unit_covariance(given.using(Compute(1)))
    for threads in (2, 5):
        np.testing.assert_array_equal(unit_covariance(given.using(Compute(threads))), want)


def test_sampling_error_of_a_covariance_is_what_simulation_shows() -> None:
    covariance = np.diag([4.0, 1.0, 1.0, 0.1])
    factor = gaussian_factor(covariance)
    squares = []
    for seed in range(400):
        rows = normal(n=50, d=4, seed=seed) @ factor.T
        squares.append(np.sum((rows.T @ rows / 50 - covariance) ** 2) / np.sum(covariance**2))
    error = np.std(squares) / np.sqrt(400)
    assert np.mean(squares) == pytest.approx(covariance_error(covariance, 50) ** 2, abs=4 * error)
    assert covariance_error(np.zeros((3, 3)), 10) == 0


@every("rank", [0, 1, 3, 8])
def test_a_factor_gives_its_covariance_of_any_rank(rank: int) -> None:
    root = normal(n=8, d=rank, seed=3)
    covariance = root @ root.T
    factor = gaussian_factor(covariance)
    assert factor.shape == (8, rank)
    np.testing.assert_allclose(factor @ factor.T, covariance, atol=1e-12 * max(1, np.trace(covariance)))


@every("law", SURROGATE_LAWS)
def test_threads_cannot_be_seen_and_a_seed_is_a_vocabulary(law: SurrogateLaw) -> None:
    rows = normal(n=3 * BLOCK + 5, d=7).astype(np.float32) + 0.5
    want = surrogate_rows(Rows.of(rows, compute=Compute(1)), law=law).vectors
    for threads in (2, 5):
        again = surrogate_rows(Rows.of(rows, compute=Compute(threads)), law=law)
        np.testing.assert_array_equal(again.vectors, want)
    other = surrogate_rows(Rows.of(rows), law=law, seed=1).vectors
    assert not np.any(np.all(other == want, axis=1))
    # rows of different blocks come from different streams
    assert len(np.unique(want, axis=0)) == len(want)


@every("space", SPACES)
def test_matched_has_mean_and_covariance_where_gaussian_has_not(space: Callable[[], Wide]) -> None:
    """Why ``matched`` draws again: bringing Gaussian rows to unit length undoes their covariance.

    `matched` has the covariance itself, far inside the sampling error that a draw would have; the
    mean within it. The Gaussian law misses it by more than twice that error.
    """
    drawn, moments = made(space())
    assert off(drawn, moments, space()) < 0.06
    assert off_mean(drawn, moments) < 2
    other, _ = made(space(), "gaussian")
    assert off(other, moments, space()) > 2


@every("space", SPACES)
def test_matched_keeps_every_row_s_component_along_the_mean(space: Callable[[], Wide]) -> None:
    drawn, moments = made(space())
    mean = moments.mean_unit_row()
    axis = mean / np.linalg.norm(mean)
    unit = space() / np.linalg.norm(space(), axis=1, keepdims=True)
    along = unit @ axis
    np.testing.assert_allclose(drawn @ axis, along, atol=2e-6)
    # Beyond the regression on it, a row says nothing about the real row: cosines of mean zero.
    design = np.column_stack([np.ones(N), along])
    rest, other = (u - design @ np.linalg.lstsq(design, u)[0] for u in (unit, drawn))
    products = np.vecdot(rest, other) / np.sqrt(np.vecdot(rest, rest) * np.vecdot(other, other))
    assert abs(products.mean()) < 4 * products.std() / np.sqrt(N)


def test_the_rest_is_gaussian() -> None:
    """Lumps are gone: orthogonal to the mean, a scaled component has the normal law's kurtosis."""
    rows = normal(n=4000, d=200)
    rows[:1300, 3] += 4
    rows[:, 0] += 6
    drawn, moments = made(rows)
    axis = moments.mean_unit_row() / np.linalg.norm(moments.mean_unit_row())
    across = np.eye(200)[3] - axis[3] * axis

    def kurtosis(some: npt.ArrayLike) -> float:
        unit = np.asarray(some) / np.linalg.norm(some, axis=1, keepdims=True)
        along = unit @ axis
        rest = unit - np.outer(along, axis)
        return float(stats.kurtosis(rest @ across / np.sqrt(1 - along**2)))

    assert kurtosis(rows) < -0.5
    assert kurtosis(drawn) == pytest.approx(0, abs=0.35)


WITHOUT_FULL_RANK = {
    "more dimensions than rows": normal(n=40, d=100) + 0.3,
    "copies of six rows": np.repeat(normal(n=6, d=30), 50, axis=0),
    "one-hot rows": np.eye(30),
    "a plane through zero": normal(n=500, d=2) @ np.eye(20)[:2],
    "a plane, off zero": (normal(n=500, d=2) + 2) @ np.eye(20)[:2],
    "a narrow cone": np.eye(20)[:1] + 1e-3 * normal(n=300, d=20),
    "two rows": normal(n=2, d=8),
    "two opposite rows": np.array([[1.0, 0, 0], [-2, 0, 0]]),
    "one dimension": np.sign(normal(n=100, d=1)),
}


@pytest.mark.usefixtures("one_blas_thread")
@every("law", SURROGATE_LAWS)
@every("name", WITHOUT_FULL_RANK)
def test_covariances_without_full_rank(name: str, law: SurrogateLaw) -> None:
    """Unit rows in the real rows' span, with their mean and covariance within three errors."""
    rows = WITHOUT_FULL_RANK[name]
    drawn, moments = made(rows, law)
    assert off(drawn, moments, rows) < (3 if law == "matched" else 4)
    assert off_mean(drawn, moments) < 4
    span = np.linalg.svd(rows)[2][: np.linalg.matrix_rank(rows)]
    np.testing.assert_allclose(drawn @ span.T @ span, drawn, atol=1e-5)


def test_a_mean_of_zero_has_no_axis() -> None:
    axes = np.concatenate([np.eye(10), -np.eye(10)] * 60)
    drawn, moments = made(axes)
    assert np.linalg.norm(moments.mean_unit_row()) < 1e-12
    assert off(drawn, moments, axes) < 0.06 and off_mean(drawn, moments) < 2


def test_rows_without_direction_and_padding_are_not_drawn() -> None:
    rows = (normal(n=300, d=8) + 1).astype(np.float32)
    rows[3], rows[4] = 0, np.inf
    keep = np.arange(300) < 280
    given = Rows.of(rows, keep)
    drawn = surrogate_rows(given).vectors
    assert drawn.shape == (278, 8) and np.isfinite(drawn).all()
    alone = surrogate_rows(Rows.of(rows[given.usable]))
    np.testing.assert_allclose(drawn, alone.vectors, atol=1e-5)


@every("law", SURROGATE_LAWS)
def test_what_cannot_be_drawn(law: SurrogateLaw) -> None:
    rows = np.abs(normal(n=30, d=4)).astype(np.float32)
    one_way = rows[:, :1] * np.ones(4, dtype=np.float32)
    with pytest.raises(InputError, match="all rows have the same direction"):
        surrogate_rows(Rows.of(one_way), law=law)
    one = rows * (np.arange(30) == 3)[:, None]
    with pytest.raises(InputError, match="only 1 rows have a direction"):
        surrogate_rows(Rows.of(one), law=law)
    with pytest.raises(InputError, match="the seed is -1"):
        surrogate_rows(Rows.of(rows), law=law, seed=-1)


def test_names_of_the_laws() -> None:
    with pytest.raises(
        InputError, match="unknown surrogate 'shuffled': use one of blockwise, matched, gaussian"
    ):
        surrogate_rows(Rows.of(np.eye(4, dtype=np.float32)), law="shuffled")  # type: ignore[arg-type]
    assert SURROGATE_LAWS == ("blockwise", "matched", "gaussian")


# The law blockwise


def in_blocks(name: str, d: int) -> Wide:
    """1,500 rows that fall into blocks: a falling spectrum, a group, or rows of different spread."""
    rows, first = normal(n=1500, d=d), np.eye(1, d)
    if name == "falling":
        return np.asarray(rows / np.sqrt(np.arange(1, d + 1)) + 0.5 * first)
    if name == "group":
        rows[:500, 3] += 6
        return np.asarray(rows + 0.2)
    spread = np.exp(0.3 * normal(n=1500, d=1, seed=2))
    return np.asarray(rows * np.geomspace(3, 0.3, d) * spread + 3 * first)


def parts_of(unit: Wide, axis: Wide) -> tuple[Wide, Wide, Wide, Wide, float]:
    """Components along the mean; of the rest mean, slope on them, and the residuals' covariance."""
    along = unit @ axis
    rest, step = unit - np.outer(along, axis), along - along.mean()
    mean, slope = rest.mean(axis=0), step @ rest / (step @ step)
    noise = rest - mean - np.outer(step, slope)
    return along, mean, slope, noise.T @ noise / len(unit), float(step @ step)


@pytest.mark.usefixtures("one_blas_thread")
@every(("name", "d", "most"), [
    *((name, d, 0.05) for name in ("falling", "group", "spread") for d in (60, 120)),
    ("falling", 16, 0.5),
])  # fmt: skip
def test_each_block_has_the_mean_slope_and_covariance_of_the_real_one(
    name: str, d: int, most: float
) -> None:
    """To 5 % of the sampling errors; in few dimensions the unit length of rows leaves more of them."""
    matrix = in_blocks(name, d)
    drawn, moments = made(matrix, "blockwise")
    axis = moments.mean_unit_row() / np.linalg.norm(moments.mean_unit_row())
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    found = Blockwise(Rows.of(matrix.astype(np.float32))).blocks
    assert len(found) > 1 and min(len(block.places) for block in found) >= 2 * d
    places = np.concatenate([block.places for block in found])
    np.testing.assert_array_equal(np.sort(places), np.arange(1500))
    for block in found:
        n = len(block.places)
        along, mean, slope, covariance, square = parts_of(unit[block.places], axis)
        other = parts_of(drawn[block.places].astype(np.float64), axis)
        np.testing.assert_allclose(other[0], along, atol=2e-6)
        spread = float(np.trace(covariance))
        assert np.linalg.norm(other[1] - mean) < most * np.sqrt(spread / n)
        assert np.linalg.norm(other[2] - slope) < most * np.sqrt(spread / square)
        error = covariance_error(covariance, n) * np.linalg.norm(covariance)
        assert np.linalg.norm(other[3] - covariance) < most * error


@every("space", SPACES)
def test_blocks_are_the_same_rows_in_any_order(space: Callable[[], Wide]) -> None:
    rows, order = space().astype(np.float32), np.random.default_rng(5).permutation(N)
    want = {frozenset(block.places.tolist()) for block in Blockwise(Rows.of(rows)).blocks}
    again = Blockwise(Rows.of(rows[order])).blocks
    assert len(want) == 32
    assert {frozenset(order[block.places].tolist()) for block in again} == want


def wordless(name: str, rng: np.random.Generator, n: int = 3000, d: int = 40) -> Wide:
    """Vocabularies with no words, on axes that fall like ``1/j`` in variance, off zero."""
    j, first = np.arange(1, d + 1), np.eye(1, d)
    rows = rng.standard_normal((n, d)) * j**-0.5
    if name == "trend":  # means and scales change along t
        t = rng.uniform(-1, 1, (n, 1))
        bent = 0.8 * np.sin(2 * t * (1 + j % 3)) * j**-0.5
        return np.asarray(rows * np.exp(0.5 * t * np.cos(j)) + bent + (1.5 + t) * first)
    if name == "three groups":
        middles, scales = rng.standard_normal((3, d)) * j**-0.5, rng.standard_normal((3, d))
        group = rng.integers(3, size=n)
        return np.asarray(middles[group] + rows * np.exp(0.4 * scales[group]) + 0.5 * first)
    if name == "heavy":
        rows *= np.sqrt(3 / rng.chisquare(3, (n, 1)))
    return np.asarray(rows + 0.6 * np.eye(1, d, d // 2))


def coherence_in(rows: Rows, directions: F32) -> Wide:
    """``T`` of the 10 nearest on centred rows."""
    lists = top_k(make_scoring(rows, centered=True), directions, 10)[0]
    return np.asarray(Coherence(rows).coherence(lists, (10,))[:, 0], dtype=np.float64)


def share_beyond(name: str, law: SurrogateLaw, vocabularies: int) -> float:
    """Share of the directions whose list is more coherent than in all of 19 surrogates."""
    shares = []
    for seed in range(vocabularies):
        rows = Rows.of(wordless(name, np.random.default_rng(seed)).astype(np.float32))
        directions = RandomDirections(40, 400, seed=seed)[:]
        drawn = Surrogates(rows, law)
        most = np.max([coherence_in(drawn.draw(s), directions) for s in range(19)], axis=0)
        shares.append(np.mean(coherence_in(rows, directions) > most))
    return float(np.mean(shares))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gaussian", "heavy", "trend", "three groups"])
def test_without_words_one_direction_in_twenty_is_beyond_19_surrogates(name: str) -> None:
    """Of `blockwise`, whatever is coarse; of `matched`, with no groups, 14 % and 30 % were."""
    assert 0.03 < share_beyond(name, "blockwise", 4) < 0.07
    if name in ("trend", "three groups"):
        assert share_beyond(name, "matched", 2) > 0.09


def test_rows_with_no_room_for_noise_are_counted() -> None:
    """Two opposite rows fill their length by themselves; a round cloud leaves room beside its mean."""
    opposite = Rows.of(np.asarray(WITHOUT_FULL_RANK["two opposite rows"], dtype=np.float32))
    assert Surrogates(opposite, "blockwise").clipped == len(opposite) == 2
    cloud = Rows.of(normal(n=400, d=20).astype(np.float32))
    for law in SURROGATE_LAWS:
        assert Surrogates(cloud, law).clipped == 0
