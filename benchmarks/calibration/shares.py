"""6. Intervals of shares, of their differences, and of p-values that are drawn on until settled."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from benchmarks.calibration.cells import percent
from benchmarks.report import Table
from tokensphere.statistics.difference import share_difference
from tokensphere.statistics.intervals import Share, clopper_pearson, wilson
from tokensphere.statistics.settle import ERROR

_SHARES = (0.01, 0.05, 0.2, 0.5)
_COUNTS = (20, 100, 1_000, 10_000)
_PAIRS = ((0.05, 0.05), (0.05, 0.02), (0.3, 0.2))
_FIRST, _LOOKS = 1_000, 5


def run(*, quick: bool) -> Iterator[Table]:
    repeats = 20_000 if quick else 100_000
    yield _wilson(repeats)
    yield _newcombe(repeats // 10)
    yield _settled(repeats)


def _wilson(repeats: int) -> Table:
    rng, rows = np.random.default_rng(61), []
    for n in _COUNTS:
        ends = np.array([wilson(x / n, n) for x in range(n + 1)])
        cells = []
        for p in _SHARES:
            low, high = ends[rng.binomial(n, p, repeats)].T
            cells.append(percent(float(np.mean((low <= p) & (p <= high)))))
        rows.append((f"{n:,}", *cells))
    return Table(
        "6. Wilson's interval of a share",
        ("cases", *(percent(p, 0) for p in _SHARES)),
        rows,
        (f"How often the nominal 95 % hold the share in the head; {repeats:,} samples each.",),
    )


def _newcombe(repeats: int) -> Table:
    rng, rows = np.random.default_rng(62), []
    for (one, other), n in product(_PAIRS, (50, 500)):
        counts = rng.binomial(n, one, repeats), rng.binomial(9_999, other, repeats)
        ends = np.array([
            share_difference(Share.of(int(x), n), Share.of(int(y), 9_999)).interval
            for x, y in zip(*counts, strict=True)
        ])  # fmt: skip
        held = np.mean((ends[:, 0] <= one - other) & (one - other <= ends[:, 1]))
        rows.append((percent(one, 0), percent(other, 0), n, percent(float(held))))
    return Table(
        "6. Newcombe's interval of a difference of shares",
        ("share", "by chance", "cases", "nominal 95 % hold the difference"),
        rows,
        (f"The share by chance is of 9,999 lists, as in surveys; {repeats:,} pairs of samples each.",),
    )


def _settled(repeats: int) -> Table:
    """Directions whose chance of a draw as extreme is known, at looks of B, 2 B, … 16 B draws."""
    rng, rows = np.random.default_rng(63), []
    for p in (0.03, 0.04, 0.045, 0.049, 0.051, 0.055, 0.06, 0.08):
        count, drawn = np.zeros(repeats, dtype=np.int64), 0
        side = np.zeros(repeats, dtype=np.int64)  # −1 below the level, 1 above it
        for look in range(_LOOKS):
            more = _FIRST * 2**look - drawn
            count, drawn = count + rng.binomial(more, p, repeats), drawn + more
            lower, upper = clopper_pearson(count, drawn, ERROR / _LOOKS)
            found = np.where(lower > 0.05, 1, np.where(upper < 0.05, -1, 0))
            side = np.where(side, side, found)
        wrong, settled = np.mean(side == (-1 if p > 0.05 else 1)), np.mean(side != 0)
        rows.append((percent(p), percent(float(settled)), percent(float(wrong), 3)))
    return Table(
        "6. p-values that are drawn on until settled",
        ("true p", "settled", "on the wrong side of 5 %"),
        rows,
        (f"{_FIRST:,} to {_FIRST * 2 ** (_LOOKS - 1):,} draws, {repeats:,} directions; wrong in at most"
         f" {percent(ERROR)} (Clopper & Pearson at {_LOOKS} looks, Bonferroni).",),
    )  # fmt: skip
