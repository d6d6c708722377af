"""A test of many directions against the bare products that it needs; and again, with its null kept.

A test looks for the nearest tokens of the directions that it is given and of those that it draws from
the null: one float32 product of each with all rows. Statistics, p- and q-values and names come on top.
In the first contestant's rounds nothing is known beforehand, not even the rows' norms; in the second's
the null's draws are there, as the command keeps them, and only the directions' own product is needed.

The directions are the MLP neurons of the model whose embedding is bundled, if ``make models`` has
fetched them, else random ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.product import Product, fastest_product
from benchmarks.readers import models_folder
from benchmarks.report import Table, verdict
from benchmarks.rounds import Contestant, Spread, race, ratio
from benchmarks.search import in_use, on_tiles

DIRECTIONS, NULLS = 46_080, 20_000
FEATURES, FEATURE_NULLS = 100_000, 10_000
_TRIED = 2048  # directions on which block shapes are compared
_COARSE, _RATIO = 0.5, 1.3  # targets: times the products, on the tile unit, or else
_BUDGET = 600.0  # seconds after which no further round starts
_NEURONS = "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_OF_BOTH, _OF_DIRECTIONS = "products: directions and null", "products: directions"
_FIRST, _SECOND = "test", "test, null kept"


def run(rounds: int, *, quick: bool) -> Iterator[Table]:
    """Time against the products, first and second run; and of a dictionary, all that is told of it."""
    with ExitStack() as files:
        yield _speed(files, rounds, quick=quick)
    yield _features(min(rounds, 2), quick=quick)


def _features(rounds: int, *, quick: bool) -> Table:
    """A dictionary's features, named, with the rows of the saved table and the overview of themes.

    They are planted: each is the mean of three tokens that lie near one another, and noise of the same
    length, so that thousands of them have a meaning, as learnt ones have.
    """
    import tokensphere as ts
    from tokensphere.statistics.draws import MemoryStore

    loaded = ts.load()
    count, n_null = (n // 10 if quick else n for n in (FEATURES, FEATURE_NULLS))
    features = _planted(loaded, count)
    product = _product(loaded, features, n_null)

    def told() -> Any:
        test = _test(loaded, features, n_null, MemoryStore())
        return test, test.columns(), test.overview

    both, tested = "products: features and null", "test, its table and overview"
    times, answers = race(
        [Contestant(both, product(count + n_null)), Contestant(tested, told)], rounds,
        slow=float("inf"), budget=_BUDGET,
    )  # fmt: skip
    test, columns, overview = answers[tested]
    assert len(columns["shared"]) == count == len(test)
    meaning = sum(one.count for one in overview)
    found, by_cpu = ratio(times[tested], times[both]), ratio(times.cpu[tested], times.cpu[both])
    n, d = loaded.shape
    return Table(
        f"test: {count:,} planted features of width {d}, {n_null:,} nulls, bundled model ({n:,} × {d})",
        ("contestant", "seconds", "× its products", "target", "by CPU seconds"),
        [
            (both, Spread.of(times[both].values()), 1, "", 1),
            (tested, Spread.of(times[tested].values()), found, _verdict(found, quick=quick), by_cpu),
        ],
        (
            "Names, p, q and effects of all, a row for each with its tokens and what they share in"
            f" words, and the themes of the {meaning:,} with a meaning ({len(overview):,} themes).",
            f"Kernel: {in_use()}.",
        ),
    )


def _planted(loaded: Any, count: int) -> Any:
    """Means of a token and its two nearest, and noise as long, float32 array of shape (count, d)."""
    import tokensphere as ts

    draw = np.random.default_rng(0)
    tokens = np.flatnonzero(loaded.rows.usable)
    some = tokens[draw.integers(len(tokens), size=count)]
    units = loaded.vectors / np.maximum(np.linalg.norm(loaded.vectors, axis=1, keepdims=True), 1e-9)
    different, place = np.unique(some, return_inverse=True)
    near = ts.nearest(loaded, units[different], k=3).ids[place]
    means = units[near].mean(axis=1)
    noise = draw.standard_normal(means.shape, dtype=np.float32)
    noise *= np.linalg.norm(means, axis=1, keepdims=True) / np.linalg.norm(noise, axis=1, keepdims=True)
    return means + noise


def _speed(files: ExitStack, rounds: int, *, quick: bool) -> Table:
    import tokensphere as ts
    from tokensphere.analysis.direction_test.statistics import STATISTICS
    from tokensphere.statistics.draws import MemoryStore

    loaded = ts.load()
    n_null = NULLS // 10 if quick else NULLS
    directions, what = _directions(files, loaded.shape[1], quick=quick)
    kept = MemoryStore()
    product = _product(loaded, directions, n_null)
    contestants = [
        Contestant(_OF_BOTH, product(len(directions) + n_null)),
        Contestant(_OF_DIRECTIONS, product(len(directions))),
        Contestant(_FIRST, lambda: _test(loaded, directions, n_null, MemoryStore())),
        Contestant(_SECOND, lambda: _test(loaded, directions, n_null, kept)),
    ]
    times, answers = race(
        contestants, rounds, slow=float("inf"), budget=_BUDGET
    )  # the warm-up fills `kept`
    one, other = answers[_FIRST], answers[_SECOND]
    assert len(one) == len(directions) and one.n_draws == n_null
    for name in STATISTICS:
        assert np.array_equal(one[name].pvalue, other[name].pvalue, equal_nan=True)
    seconds = {name: Spread.of(taken.values()) for name, taken in times.items()}
    first, second = ratio(times[_FIRST], times[_OF_BOTH]), ratio(times[_SECOND], times[_OF_DIRECTIONS])
    first_cpu = ratio(times.cpu[_FIRST], times.cpu[_OF_BOTH])
    second_cpu = ratio(times.cpu[_SECOND], times.cpu[_OF_DIRECTIONS])
    n, d = loaded.shape
    work = 2 * (len(directions) + n_null) * n * d / 1e9
    return Table(
        f"test: {len(directions):,} directions ({what}), {n_null:,} nulls, bundled model ({n:,} × {d})",
        ("contestant", "seconds", "× its products", "target", "by CPU seconds"),
        [
            (_OF_BOTH, seconds[_OF_BOTH], 1, "", 1),
            (_FIRST, seconds[_FIRST], first, _verdict(first, quick=quick), first_cpu),
            (_OF_DIRECTIONS, seconds[_OF_DIRECTIONS], 1, "", 1),
            (_SECOND, seconds[_SECOND], second, _verdict(second, quick=quick), second_cpu),
        ],
        (
            f"Seconds: median, least and largest of {len(times[_FIRST])} alternating rounds; × is the"
            " median of the rounds' ratios. Norms, labels, names and q-values count as the test's."
            " The second has the null's draws and those that names need in memory.",
            f"Kernel: {in_use()}.",
            f"Bare products: {work / seconds[_OF_BOTH].median:.0f} Gflop/s, {product(_TRIED)}.",
        ),
    )


def _verdict(found: Spread, *, quick: bool) -> str:
    """A trial has too few directions for what is done once to be small beside the products."""
    return "" if quick else verdict(found.median, _COARSE if on_tiles() else _RATIO, at_least=False)


def _directions(files: ExitStack, d: int, *, quick: bool) -> tuple[Any, str]:
    """Neurons of a real model, or random directions."""
    from tokensphere.directions.file import open_directions
    from tokensphere.geometry.directions import RandomDirections

    folder = models_folder()
    path = None if folder is None else folder / _NEURONS
    if path is None or not path.exists():
        count = DIRECTIONS // 10 if quick else DIRECTIONS
        return RandomDirections(d, count, first=2**20), "random"
    layers = "blk.[0-2].ffn_down.weight" if quick else "blk.*.ffn_down.weight"
    return files.enter_context(open_directions(f"{path}:{layers}", d)), "MLP neurons"


def _product(space: Any, directions: Any, n_null: int) -> Callable[[int], Product]:
    """The product of all rows with the first m directions; its block shape is chosen on fewer."""
    from tokensphere.geometry.directions import RandomDirections

    queries = RandomDirections(space.shape[1], len(directions) + n_null)[:]
    best = fastest_product(space.vectors, queries[:_TRIED])
    return lambda m: replace(best, queries=queries[:m])


def _test(loaded: Any, directions: Any, n_null: int, store: Any) -> Any:
    """A test on the same rows, of which nothing has been computed yet."""
    import tokensphere as ts
    from tokensphere.analysis.direction_test.null import NullSpec

    space = type(loaded)(loaded.vectors, loaded.vocabulary, loaded.provenance)
    return ts.direction_test(space, directions, null=NullSpec(draws=n_null), store=store)
