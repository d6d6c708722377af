from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.cases import every
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.scan import Scan, scan_directions
from tokensphere.geometry.variance import Partition, unit_offsets

F32 = npt.NDArray[np.float32]


def made(n: int, d: int, seed: int = 0) -> tuple[F32, list[npt.NDArray[np.int64]]]:
    rng = np.random.default_rng(seed)
    labels = [rng.integers(0, 5, n), rng.integers(-1, 30, n)]
    middles = rng.standard_normal((5, d)) + 0.4
    return (middles[labels[0]] + rng.standard_normal((n, d))).astype(np.float32), labels


def scan(
    rows: F32, labels: list[npt.NDArray[np.int64]], m: int, threads: int = 1, k: int = 5
) -> tuple[Scan, list[Partition]]:
    offsets = unit_offsets(Rows.of(rows, compute=Compute(threads)))
    partitions = [offsets.grouped(one) for one in labels]
    directions = RandomDirections(rows.shape[1], m, seed=2)
    return scan_directions(offsets, directions, partitions, k=k, seed=4), partitions


@every(("n", "d", "m"), [(40, 3, 5), (700, 20, 130), (5000, 9, 64), (30, 200, 65)])
def test_it_is_what_holding_all_cosines_gives(n: int, d: int, m: int) -> None:
    rows, labels = made(n, d)
    rows[3] = 0
    labels[0][3] = labels[1][3] = -1
    found, partitions = scan(rows, labels, m)
    usable = np.arange(n) != 3
    u = rows[usable] / np.linalg.norm(rows[usable].astype(np.float64), axis=1)[:, None]
    cosines = u @ RandomDirections(d, m, seed=2)[:].T.astype(np.float64)
    np.testing.assert_allclose(found.means, cosines.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.variances, cosines.var(axis=0), rtol=1e-4)
    np.testing.assert_allclose(found.smallest, cosines.min(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.largest, cosines.max(axis=0), atol=1e-6)
    assert found.counts.counts.sum() == cosines.size
    np.testing.assert_allclose(
        found.counts.quantiles([0.05, 0.5, 0.95]),
        np.quantile(cosines, [0.05, 0.5, 0.95], method="inverted_cdf"),
        atol=1e-4,
    )
    for partition, spread in zip(partitions, found.spreads, strict=True):
        own = partition.labels[usable]
        in_group = [cosines[own == group] for group in range(len(partition.sizes))]
        grouped = cosines[own >= 0]
        mean = grouped.mean(axis=0)
        means = np.stack([part.mean(axis=0) for part in in_group])
        variances = np.stack([part.var(axis=0) for part in in_group])
        np.testing.assert_allclose(spread.within, partition.shares @ variances, rtol=1e-4, atol=1e-8)
        np.testing.assert_allclose(
            spread.between, partition.shares @ (means - mean) ** 2, rtol=1e-4, atol=1e-8
        )
        np.testing.assert_allclose(spread.within + spread.between, grouped.var(axis=0), rtol=1e-4)
        sds, close = np.sqrt(variances), 3 / m  # a tie may fall either way
        for got, want in (
            (spread.exceeds, sds > abs(means - mean)),
            (spread.exceeds_raw, sds > abs(means)),
            (spread.exceeds_literal, variances > abs(means)),
        ):
            several = partition.sizes > 1
            np.testing.assert_allclose(got[several], want.mean(axis=1)[several], atol=close)


@every("threads", [2, 5])
def test_the_number_of_threads_is_not_seen(threads: int) -> None:
    rows, labels = made(5000, 12)
    (one, _), (other, _) = scan(rows, labels, 200), scan(rows, labels, 200, threads=threads)
    for name in ("means", "variances", "smallest", "largest"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.counts.counts, other.counts.counts)
    for a, b in zip(one.spreads, other.spreads, strict=True):
        for name in (
            "within",
            "between",
            "exceeds",
            "exceeds_raw",
            "exceeds_literal",
            "model_different",
        ):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_more_directions_do_not_change_the_first() -> None:
    rows, labels = made(300, 6)
    (few, _), (many, _) = scan(rows, labels, 128), scan(rows, labels, 300)
    np.testing.assert_array_equal(few.means, many.means[:128])
    np.testing.assert_array_equal(few.spreads[0].within, many.spreads[0].within[:128])
    np.testing.assert_array_equal(few.spreads[1].model_different, many.spreads[1].model_different[:128])


def test_groups_of_copies_have_no_variance_however_they_lie() -> None:
    rows = np.repeat(made(4, 10)[0], 50, axis=0)
    found, _ = scan(rows, [np.repeat(np.arange(4), 50)], 40)
    spread = found.spreads[0]
    assert (spread.within >= 0).all() and spread.within.max() < 1e-6 * spread.between.max()
    assert spread.model_different.max() <= 4
