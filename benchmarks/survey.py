"""A survey against the bare products that it needs, its memory, and what the geometry takes.

A survey looks for every direction's nearest tokens in two vocabularies, the model's and the surrogate,
so it needs two float32 products of all directions with all rows; the surrogate, ``T``, groups, rates and
intervals come on top. (A p of each direction takes 19 surrogates more, and as many products.) Every
round begins with a space that knows nothing yet, not even its norms.

Memory is measured in a fresh process, as in :mod:`benchmarks.memory`: peak resident size less what is
resident once the model is loaded, less the surrogate's matrix.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks.memory import _peak, _resident
from benchmarks.processes import by_small_parent
from benchmarks.product import Product, fastest_product
from benchmarks.report import Table, verdict
from benchmarks.rounds import Contestant, Spread, race, ratio
from benchmarks.search import in_use, on_tiles

DIRECTIONS = 20_000
_TRIED = 2048  # directions on which block shapes are compared
_COARSE, _RATIO = 0.7, 1.4  # targets: times the products, on the tile unit, or else
_MEMORY, _GEOMETRY = 400.0, 60.0  # targets: MB, seconds
_BUDGET = 600.0  # seconds after which no further round starts
_PRODUCTS, _SURVEY = "two bare products", "survey"
_MB = 1_000_000


def run(rounds: int, *, quick: bool) -> Iterator[Table]:
    """Time against the products, memory, and the parts of the geometry."""
    m = DIRECTIONS // 10 if quick else DIRECTIONS
    yield _speed(m, rounds)
    yield _memory(m)
    yield _geometry(quick=quick)


def _speed(m: int, rounds: int) -> Table:
    import tokensphere as ts
    from tokensphere.analysis.survey.job import SurrogateSpec, survey

    loaded, pooled = ts.load(), SurrogateSpec(count=0)
    product = _product(loaded, m)

    def products() -> None:
        product()  # the model's rows; the surrogate's matrix is as large
        product()

    contestants = [
        Contestant(_PRODUCTS, products),
        Contestant(_SURVEY, lambda: survey(_unknown(loaded), m, surrogate=pooled)),
    ]
    times, answers = race(contestants, rounds, slow=float("inf"), budget=_BUDGET)
    found = ratio(times[_SURVEY], times[_PRODUCTS])
    by_cpu = ratio(times.cpu[_SURVEY], times.cpu[_PRODUCTS])
    target = _COARSE if on_tiles() else _RATIO
    seconds = {name: Spread.of(taken.values()) for name, taken in times.items()}
    n, d = loaded.shape
    work = 4 * m * n * d / 1e9
    rows = [
        (_PRODUCTS, seconds[_PRODUCTS], 1, "", 1),
        (_SURVEY, seconds[_SURVEY], found, verdict(found.median, target, at_least=False), by_cpu),
        *_parts(loaded, answers[_SURVEY], m),
    ]
    return Table(
        f"survey: {m:,} directions, bundled model ({n:,} × {d}) and its surrogate",
        ("contestant", "seconds", "× products", "target", "by CPU seconds"),
        rows,
        (
            f"Seconds: median, least and largest of {len(times[_SURVEY])} alternating rounds; × is the"
            " median of the rounds' ratios. Parts were timed once, apart from the rounds.",
            f"Kernel: {in_use()}.",
            f"Bare products: {work / seconds[_PRODUCTS].median:.0f} Gflop/s, {product}.",
        ),
    )


def _product(space: Any, m: int) -> Product:
    """The product of all rows with m directions, its block shape chosen on fewer."""
    from tokensphere.geometry.directions import RandomDirections

    queries = RandomDirections(space.shape[1], m)[:]
    return replace(fastest_product(space.vectors, queries[:_TRIED]), queries=queries)


def _unknown(space: Any) -> Any:
    """The same space, of which nothing has been computed yet."""
    return type(space)(space.vectors, space.vocabulary, space.provenance)


def _parts(loaded: Any, result: Any, m: int) -> Iterator[tuple[object, ...]]:
    """What of a survey is no search, each part once."""
    from tokensphere.analysis.survey.job import SurveyJob
    from tokensphere.geometry.surrogate import Surrogates

    assert len(result) == m and result.records.ids.max() < len(loaded.vectors)
    space, job, made = _unknown(loaded), SurveyJob(loaded, m), list[Surrogates]()
    parts: list[tuple[str, Callable[[], Any]]] = [
        ("norms, the limit of alike", lambda: SurveyJob(space, m)),
        ("the surrogate's blocks", lambda: made.append(Surrogates(space.rows))),
        ("the surrogate's rows", lambda: made[0].draw(0).moments.center()),
        ("rates, intervals, hubs", lambda: job.result(result.records)),
    ]
    for name, work in parts:
        start, processors = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - start, time.process_time() - processors
        yield f"  of it {name}", f"{wall:.2f} (CPU {cpu:.2f})", "", "", ""


def _memory(m: int) -> Table:
    command = [sys.executable, "-m", "benchmarks.survey", str(m)]
    done = subprocess.run(by_small_parent(command), stdout=subprocess.PIPE, text=True, check=True)
    base, matrix, loading, peak = (size / _MB for size in json.loads(done.stdout))
    beyond = peak - base - matrix
    sizes = ("base MB", "surrogate MB", "peak of loading MB", "peak MB", "beyond MB")
    shown = (f"{size:.0f}" for size in (base, matrix, loading, peak, beyond))
    return Table(
        "memory: survey(space, m), bundled model",
        ("directions", *sizes, "target"),
        [(f"{m:,}", *shown, verdict(beyond, _MEMORY, at_least=False, unit=" MB"))],
        (
            "Base: resident size once the model is loaded, its matrix included. Beyond: ru_maxrss less"
            " the base and the surrogate's matrix, so imports, threads, buffers and the result count."
            " MB = 10⁶ bytes.",
        ),
    )


def _geometry(*, quick: bool) -> Table:
    import tokensphere as ts
    from tokensphere.analysis.claims.measure import measure_geometry

    options: dict[str, Any] = {"n_directions": 200, "clusters": (20,)} if quick else {}
    begun: list[tuple[str, float]] = [("norms and offsets", time.perf_counter())]
    space = _unknown(ts.load())
    result = measure_geometry(
        space, progress=lambda part: begun.append((part, time.perf_counter())), **options
    )
    ends = [start for _, start in begun[1:]] + [time.perf_counter()]
    taken = [(name, end - start) for (name, start), end in zip(begun, ends, strict=True)]
    total = sum(seconds for _, seconds in taken)
    assert len(result.clusters) >= 1
    target = "" if quick else verdict(total, _GEOMETRY, at_least=False, unit=" s")
    rows: list[tuple[object, ...]] = [(name, f"{seconds:.2f}", "") for name, seconds in taken]
    return Table(
        f"geometry: measure_geometry(space), bundled model, {result.settings.n_directions:,} directions,"
        f" {', '.join(f'{count:,}' for count in result.settings.clusters)} clusters",
        ("part", "seconds", "target"),
        [*rows, ("all", f"{total:.2f}", target)],
        ("One run, with the surrogate's clusters and without the survey that the command adds.",),
    )


def _measure(m: int) -> None:
    """Load, survey, and print base, size of the surrogate, peak of loading and peak as JSON."""
    import tokensphere as ts
    from tokensphere.analysis.survey.job import survey

    space = ts.load()
    base, loading = _resident(), _peak()
    assert len(survey(space, m)) == m
    print(json.dumps([base, space.vectors.nbytes, loading, _peak()]))


if __name__ == "__main__":
    _measure(int(sys.argv[1]))
