"""3. Tests of directions: p beyond the draws, beside many more than they were extrapolated from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import tokensphere as ts
from benchmarks.report import Table
from tokensphere.analysis.direction_test.draws import null_values
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.arrays import Float64s
from tokensphere.statistics.tail import REACH, fit_tail

STATISTICS = ("nearness", "cosine")
_LEVELS = (1e-4, 3e-5, 1e-5)
_FITTED_TO = (2000, 10_000)
_FITS = 200
_MOST = 12  # times as many as the first level says are looked at
_FEWEST = 5  # draws that are expected to have so small a p
_SUM = '" dog" + " cat" + " horse" + " cow" + " pig"'  # its null: sums of any five


def run(*, quick: bool) -> Iterator[Table]:
    space = ts.load()
    rows: list[tuple[object, ...]] = []
    for law, blocks in (("isotropic", 976), ("covariance", 208), ("difference", 208)):
        rows += rows_of(law, drawn(space, law, (blocks // 16 if quick else blocks) * 1024))
    yield table(rows)


def drawn(space: ts.EmbeddingSpace, law: Any, count: int) -> dict[str, Float64s]:
    """The statistics of draws of a null."""
    given: Any = [_SUM] if law == "difference" else np.eye(1, space.shape[1])
    job = DirectionTestJob(space, given, null=ts.NullSpec(law, seed=7))
    return {name: found[0] for name, found in null_values(job.null, job.measurer, count).items()}


def rows_of(title: str, values: Mapping[str, Float64s]) -> Iterator[tuple[object, ...]]:
    for name in STATISTICS:
        for b in _FITTED_TO:
            yield (f"{title}: {len(values[name]):,}", name, f"{b:,}", *_cells(values[name], b))


def _cells(values: Float64s, b: int) -> Iterator[str]:
    """By level how many draws have so small a p, by that level; and the share of intervals that hold."""
    every = np.sort(values)
    n = len(every)
    top = every[-round(_MOST * _LEVELS[0] * n) :]
    at = np.array([every[-max(round(level * n), 1)] for level in _LEVELS])
    truth = np.array([np.mean(every >= value) for value in at])
    shares, held = [], []
    for i in range(min(n // b, _FITS)):
        tail = fit_tail(values[i * b : (i + 1) * b])
        if tail.refused:
            shares.append([0.0] * len(_LEVELS))
            continue
        p = tail.p_values(top[top > tail.threshold])
        shares.append([np.count_nonzero(p <= level) / n / level for level in _LEVELS])
        low, high = tail.interval(at)
        held.append((low <= truth) & (truth <= high))
    for level, share in zip(_LEVELS, np.mean(shares, axis=0), strict=True):
        told = n * level >= _FEWEST and level >= 1 / (REACH * (1 + b))
        yield f"{share:.2f}" if told else "—"
    yield f"{100 * np.mean(held):.0f} %"


def table(rows: list[tuple[object, ...]]) -> Table:
    return Table(
        "3. Tests of directions: p that are extrapolated",
        ("null: draws", "statistic", "fitted to",
         *(f"p ≤ {level:.0e}" for level in _LEVELS), "intervals that hold"),
        rows,
        ("Bundled model, k = 10, cosine on centred rows; difference: sums of five tokens. Fitted to some"
         f" of the draws, {_FITS} times at most, each time others.",
         "p ≤ a: how many of all draws have so small a p, by a: 1 if p is right, more if it is too"
         f" small; — where fewer than {_FEWEST} are expected.",
         "Intervals: of 95 %, at the values that a share a of all draws reaches."),
    )  # fmt: skip
