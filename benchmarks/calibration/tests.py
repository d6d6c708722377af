"""3. Tests of directions: p, q and verdicts where the null is true, and where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from benchmarks.calibration import draws
from benchmarks.calibration.cells import percent
from benchmarks.report import Table
from tokensphere.analysis.direction_test.compare import at_most
from tokensphere.statistics.pvalues import q_values

_STATISTICS = ("nearness", "cosine", "coherence", "label", "any")
_TOGETHER = 20  # directions that have their q-values together
Bools = npt.NDArray[np.bool_]


def run(*, quick: bool) -> Iterator[Table]:
    space = ts.load()
    yield from _sizes(space, 300 if quick else 1500, 499 if quick else 1999)
    yield _verdicts(space, 100 if quick else 400, 499 if quick else 1999)


def _tests(space: ts.EmbeddingSpace, m: int, b: int) -> Iterator[tuple[str, list[ts.DirectionTest]]]:
    """Every null with directions drawn from it; several tests where each has a null of its own."""
    d = space.shape[1]

    def test(given: Any, law: Any, seed: int = 0, **more: Any) -> ts.DirectionTest:
        return ts.direction_test(space, given, null=ts.NullSpec(law, draws=b, seed=seed, **more))

    yield "isotropic", [test(ts.RandomDirections(d, m, seed=5), "isotropic")]
    yield "covariance", [test(draws.cloud(space, m, 6, 0), "covariance")]
    for plus, minus in ((1, 0), (1, 1), (3, 3)):
        tokens = draws.tokens_at_random(space, plus + minus, m, 7 + plus)
        yield f"difference, {plus} − {minus}", [test(draws.sums(tokens, minus), "difference")]
    yield "frequency, 1 − 1", [test(draws.of_tenths(space, m, 11), "frequency")]
    yield from _samples(space, m, test)


def _samples(
    space: ts.EmbeddingSpace, m: int, test: Any
) -> Iterator[tuple[str, list[ts.DirectionTest]]]:
    """Nulls of clouds of directions, several clouds each."""
    few = [draws.cloud(space, 100, 100 + i, 0.5) for i in range(m // 75)]
    yield "sample, N = 50", [test(v[:50], "sample", sample=v[50:]) for v in few]
    for size in (100, 500, 2000):
        repeats = max(min(m // size, 5), 1)
        clouds = [draws.cloud(space, size, 200 + i, 0.5) for i in range(repeats)]
        yield f"own, m = {size:,}", [test(v, "own", seed=i) for i, v in enumerate(clouds)]
    around = [ts.RandomDirections(space.shape[1], 500, seed=20 + i) for i in range(max(m // 750, 1))]
    yield "own, m = 500, isotropic", [test(v, "own", seed=i) for i, v in enumerate(around)]


def _sizes(space: ts.EmbeddingSpace, m: int, b: int) -> Iterator[Table]:
    rows: list[tuple[object, ...]] = []
    false: dict[tuple[bool, str], list[Bools]] = {}
    for title, tests in _tests(space, m, b):
        count, drawn = sum(map(len, tests)), tests[0].n_draws
        attained = np.floor(0.05 * (drawn + 1) + 1e-9) / (drawn + 1)
        shares = [np.mean([at_most(test[s].pvalue).mean() for test in tests]) for s in _STATISTICS]
        error = np.sqrt(0.05 * 0.95 * (1 / count + 1 / (drawn * len(tests))))
        cells = [percent(float(one)) for one in (attained, *shares)]
        rows.append((title, f"{count:,}", f"{drawn:,}", *cells, f"± {percent(float(error))}"))
        for name in _STATISTICS:
            certain = [_certain(test[name].pvalue) for test in tests]
            false.setdefault((title.startswith("own"), name), []).extend(certain)
    yield Table(
        "3. Tests of directions: p ≤ 0.05 under the null",
        ("null", "directions", "draws", "should be", *_STATISTICS, "error"),
        rows,
        ("Bundled model, k = 10, cosine on centred rows; directions drawn from the null itself; own:"
         " from N(½ μ, Σ), mean and covariance of the unit rows, or from all directions alike.",
         "should be: the largest p up to 0.05 that so many draws can give; error: standard error of a"
         " share, over directions and over the null's draws, which all of a test share."),
    )  # fmt: skip
    yield _false_q(false)


def _certain(p: npt.NDArray[np.float64]) -> Bools:
    """Which q are 0.05 or less, of 20 directions together: shape (tests, 20)."""
    several = p[: len(p) // _TOGETHER * _TOGETHER].reshape(-1, _TOGETHER)
    return np.array([at_most(q_values(some)) for some in several])


def _false_q(false: dict[tuple[bool, str], list[Bools]]) -> Table:
    rows: list[tuple[object, ...]] = []
    for (own, name), found in sorted(false.items(), key=lambda one: one[0][0]):
        certain = np.concatenate(found)
        shares = percent(float(certain.mean()), 2), percent(float(certain.any(axis=1).mean()))
        rows.append(("own" if own else "all others", name, f"{len(certain):,}", *shares))
    return Table(
        "3. Tests of directions: q ≤ 0.05 under the null",
        ("nulls", "statistic", "tests of 20", "directions with q ≤ 0.05", "tests with one or more"),
        rows,
        ("All nulls of the table before, directions in tests of 20. With one or more: 5 % at most.",),
    )


def _verdicts(space: ts.EmbeddingSpace, m: int, b: int) -> Table:
    unrelated = {n: draws.sums(draws.tokens_at_random(space, n, m, 30 + n)) for n in (5, 20)}
    related = {n: draws.sums(draws.tokens_of_labels(space, n, m, 60 + n)) for n in (5, 20)}
    cases: list[tuple[str, str, Any]] = [
        ("random directions", "isotropic", ts.RandomDirections(space.shape[1], m, seed=9)),
        *((f"sums of {n} unrelated tokens", law, unrelated[n])
          for law in ("isotropic", "difference") for n in (5, 20)),
        *((f"means of {n} tokens of a label", law, related[n])
          for law in ("isotropic", "difference") for n in (5, 20)),
    ]  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for title, law, given in cases:
        found = ts.direction_test(space, given, null=ts.NullSpec(law, draws=b))  # type: ignore[arg-type]
        near, label = (at_most(found[name].pvalue) for name in ("nearness", "label"))
        together = found.verdict == 0
        shares = (near.mean(), label.mean(), (near & label).mean(), together.mean())
        rows.append((title, law, *(percent(float(share)) for share in shares)))
    return Table(
        "3. Tests of directions: the verdict “meaning”",
        ("directions", "null", "nearness p ≤ 0.05", "label p ≤ 0.05", "meaning, alone",
         "meaning, together"),
        rows,
        (f"{m} directions of each kind, {b:,} draws; own tokens left out, labels have 10 tokens more.",
         "alone: both p ≤ 0.05, as for one direction; together: both q ≤ 0.05, all tested at once."),
    )  # fmt: skip
