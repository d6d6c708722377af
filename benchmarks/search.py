"""Top 10 of many random directions: what share of the bare matrix product's speed is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.contestants import COSINE, DOT, FAISS, Found, Ids, assemble, kernels_of_faiss
from benchmarks.product import Matrix, fastest_product
from benchmarks.report import Table, verdict
from benchmarks.rounds import Contestant, Spread, Times, race, ratio
from tokensphere.geometry.kernel import survey

K = 10
DIRECTIONS = 2048
SLOW = 8.0  # times the bare product: such contestants run in two rounds
BUDGET = 75.0  # seconds of one case after which no further round starts
_CHECKED = 24
_PRODUCT = "bare product"
_COLUMNS = (
    "contestant", "seconds", "× product", "target", "by CPU seconds", "× faiss", "target", "same ids"
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A matrix to search: the bundled model's, or random unit rows."""

    n: int
    d: int
    bundled: bool = False
    products: tuple[float, float] = (4.0, 0.95)  # of the product's throughput: on the tile unit, else

    def rows(self) -> Matrix:
        if self.bundled:
            import tokensphere as ts

            return ts.load().vectors
        random = np.random.default_rng(1).standard_normal((self.n, self.d), dtype=np.float32)
        return unit_rows(random)

    def __str__(self) -> str:
        what = "the bundled model" if self.bundled else "random Gaussian unit rows"
        return f"{self.n:,} × {self.d:,}, {what}"


CASES = (
    Case(49_152, 576, bundled=True),
    Case(50_257, 1_280),
    Case(262_144, 640),
    Case(400_000, 50, products=(3.5, 0.8)),
)


def on_tiles() -> bool:
    """Whether the tile unit searches here, and is measured by that."""
    return in_use() == "amx"


def in_use() -> str:
    """The kernel that searches here."""
    return next(choice.name for choice in survey() if choice.chosen)


def unit_rows(rows: Matrix) -> Matrix:
    """Rows of length 1, float32."""
    unit = np.empty_like(rows)
    for low in range(0, len(rows), 4096):
        part = rows[low : low + 4096].astype(np.float64)
        unit[low : low + 4096] = part / np.sqrt(np.vecdot(part, part))[:, None]
    return unit


def run(rounds: int, *, quick: bool) -> Iterator[Table]:
    """One table for every case."""
    for case in CASES:
        if not (quick and case.n == 262_144):
            yield measure(case, rounds, DIRECTIONS // 8 if quick else DIRECTIONS)


def measure(case: Case, rounds: int, m: int) -> Table:
    """Time all contestants on one matrix and check what they found."""
    matrix = case.rows()
    assert matrix.shape == (case.n, case.d), matrix.shape
    unit = unit_rows(matrix) if case.bundled else matrix
    queries = unit_rows(np.random.default_rng(2).standard_normal((m, case.d), dtype=np.float32))
    product = fastest_product(unit, queries)
    contestants = [Contestant(_PRODUCT, product), *assemble(matrix, unit, queries, K)]
    times, answers = race(contestants, rounds, slow=SLOW, budget=BUDGET)
    done = len(times[_PRODUCT])
    check(answers[COSINE], matrix, queries, cosine=True)
    check(answers[DOT], unit, queries, cosine=False)
    rows = [_row(name, case, times, answers) for name in times]
    seconds = Spread.of(times[_PRODUCT].values()).median
    work = 2 * m * case.n * case.d / 1e9
    notes = (
        f"Seconds for {m:,} directions: median, least and largest of {done} rounds "
        f"({min(done, 2)} for who needs over {SLOW:.0f} times the product's); × is the median of "
        "the rounds' ratios.",
        f"Kernel: {in_use()}.",
        f"Bare product: {work / seconds:.0f} Gflop/s, {product}.",
        f"Kernels of faiss: {kernels_of_faiss()}.",
        "Same ids: share of the ids that equal tokensphere cosine's, place by place. All but it are "
        "given unit rows rounded to float32 and rank by float32 values, so near ties may differ.",
        f"tokensphere's answers were checked against float64 for {min(_CHECKED, m)} directions. "
        "gensim answers one at a time: 32 directions, scaled.",
    )
    return Table(f"search: {case}", _COLUMNS, rows, notes)


def _row(
    name: str, case: Case, times: Times, answers: dict[str, Ids | Found | None]
) -> tuple[object, ...]:
    seconds = Spread.of(times[name].values())
    of_product = ratio(times[_PRODUCT], times[name])
    by_cpu = ratio(times.cpu[_PRODUCT], times.cpu[name])
    of_faiss = ratio(times[FAISS], times[name]) if FAISS in times else None
    of_products, of_peer = case.products[not on_tiles()], 4 if on_tiles() else 1
    ours = name in (COSINE, DOT)
    answer, reference = answers[name], answers[COSINE]
    found = answer[0] if isinstance(answer, tuple) else answer
    assert isinstance(reference, tuple)
    return (
        name,
        seconds,
        of_product,
        verdict(of_product.median, of_products, at_least=True) if ours else "",
        by_cpu,
        of_faiss or "—",
        verdict(of_faiss.median, of_peer, at_least=True) if ours and of_faiss else "",
        "—" if found is None else _same(found, reference[0]),
    )


def _same(ids: Ids, reference: Ids) -> str:
    share = float(np.mean(ids == reference[: len(ids)]))
    return "all" if share == 1 else f"{100 * share:.3f} %"


def check(found: Found, rows: Matrix, queries: Matrix, *, cosine: bool) -> None:
    """Compare with double precision for some directions; equal within rounding counts as equal.

    Raises
    ------
    AssertionError
        a row that belongs to the k best is missing, or a value is wrong
    """
    chosen = np.linspace(0, len(queries) - 1, min(_CHECKED, len(queries))).astype(int)
    values = _exact(rows, queries[chosen], cosine=cosine)
    ids, given = found[0][chosen], found[1][chosen]
    best = np.sort(values, axis=1)[:, : -K - 1 : -1]
    at_ids = np.take_along_axis(values, ids, axis=1)
    tolerance = 1e-12 * max(1.0, float(np.abs(best).max()))
    assert all(len(set(row)) == K for row in ids.tolist()), "an id was found twice"
    assert np.abs(at_ids - best).max() <= tolerance, "tokensphere's ids are not the nearest rows"
    assert np.abs(given - best).max() <= tolerance, "tokensphere's values are not those of float64"


def _exact(rows: Matrix, queries: Matrix, *, cosine: bool) -> npt.NDArray[np.float64]:
    wide = queries.astype(np.float64)
    if cosine:
        wide = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    values = np.empty((len(queries), len(rows)))
    for low in range(0, len(rows), 8192):
        part = rows[low : low + 8192].astype(np.float64)
        if cosine:
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        values[:, low : low + 8192] = wide @ part.T
    return values
