"""1. Surveys: how many directions have p ≤ 0.05 where there are no words, and where there are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import tokensphere as ts
from benchmarks.calibration.cells import mean_share, percent
from benchmarks.calibration.vocabularies import KINDS, space_of, wordless
from benchmarks.report import Table
from tokensphere.geometry.surrogate import SURROGATE_LAWS, SurrogateLaw, Surrogates

_SURROGATES = 19
_STRENGTHS = (0.25, 0.5)
Rates = list[tuple[bool, float, bool]]  # centred, rate at p ≤ 0.05, whether its interval holds 5 %


def run(*, quick: bool) -> Iterator[Table]:
    small, large = (3_000, 40), (12_000, 160)
    yield _sizes(small, 2 if quick else 4, 200 if quick else 400)
    yield _sizes(large, 1 if quick else 2, 100 if quick else 200)
    yield _power(small, 1 if quick else 2, 200 if quick else 400)
    if not quick:
        yield _real_size(4, 300)


def measure(space: ts.EmbeddingSpace, law: SurrogateLaw, m: int, seed: int) -> Rates:
    """A survey's two rates at k = 10, as the program would print them."""
    directions = ts.RandomDirections(space.shape[1], m, seed=seed)
    spec = ts.SurrogateSpec(law, 100 * seed, _SURROGATES)
    found = ts.survey(space, directions, ks=(10,), surrogate=spec)
    rates = []
    for centered in (False, True):
        own = found.rate(centered=centered, k=10).own
        assert own is not None
        low, high = own.at[0].interval
        rates.append((centered, own.at[0].rate, low <= own.at[0].attained <= high))
    return rates


def _sizes(shape: tuple[int, int], repeats: int, m: int) -> Table:
    rows: list[tuple[object, ...]] = []
    held: dict[str, list[bool]] = {law: [] for law in SURROGATE_LAWS}
    for kind in KINDS:
        spaces = [wordless(kind, shape, seed) for seed in range(repeats)]
        cells: dict[bool, list[str]] = {False: [], True: []}
        for law in SURROGATE_LAWS:
            found = [measure(space, law, m, seed) for seed, space in enumerate(spaces)]
            held[law] += [one[2] for rates in found for one in rates]
            for centered in cells:
                cells[centered].append(mean_share([rates[centered][1] for rates in found]))
        rows += [(kind, "centred" if c else "as they are", *cells[c]) for c in (False, True)]
    shares = (percent(float(np.mean(found))) for found in held.values())
    rows.append(("intervals that hold 5 %", "both", *shares))
    return Table(
        f"1. Survey without words, {shape[0]:,} × {shape[1]}",
        ("vocabulary", "rows", *SURROGATE_LAWS),
        rows,
        (f"Share of directions with p ≤ 0.05 beside {_SURROGATES} surrogates, k = 10; it should be 5 %.",
         f"{repeats} vocabularies each of {m} directions; ± standard error over vocabularies."),
    )  # fmt: skip


def _power(shape: tuple[int, int], repeats: int, m: int) -> Table:
    rows: list[tuple[object, ...]] = []
    for kind in KINDS:
        cells = []
        for strength in _STRENGTHS:
            spaces = [wordless(kind, shape, seed, strength) for seed in range(repeats)]
            found = [measure(space, "blockwise", m, seed) for seed, space in enumerate(spaces)]
            cells += [mean_share([rates[c][1] for rates in found]) for c in (False, True)]
        rows.append((kind, *cells))
    heads = [f"{percent(s, 0)}, {c}" for s in _STRENGTHS for c in ("as they are", "centred")]
    return Table(
        f"1. Survey with planted words, {shape[0]:,} × {shape[1]}",
        ("vocabulary", *heads),
        rows,
        ("Share of directions with p ≤ 0.05, law blockwise: all tokens in groups of 12 whose middles"
         " hold the stated share of the sum of squares around the mean.",
         f"{repeats} vocabularies each of {m} directions; ± standard error over vocabularies."),
    )  # fmt: skip


def _real_size(repeats: int, m: int) -> Table:
    """The bundled model's surrogates as if they were models."""
    model = Surrogates(ts.load().rows, "blockwise")
    found: list[Rates] = []
    for seed in range(1, repeats + 1):
        space = space_of(model.draw(10_000 * seed).vectors)
        found.append(measure(space, "blockwise", m, seed))
    rows: list[tuple[object, ...]] = [
        ("centred" if c else "as they are", *(percent(rates[c][1]) for rates in found),
         mean_share([rates[c][1] for rates in found]),
         f"{sum(rates[c][2] for rates in found)} of {repeats}")
        for c in (False, True)
    ]  # fmt: skip
    return Table(
        "1. Survey of the bundled model's own surrogates",
        ("rows", *(f"vocabulary {i + 1}" for i in range(repeats)), "mean", "intervals that hold 5 %"),
        rows,
        (f"{space.shape[0]:,} × {space.shape[1]}, law blockwise, each beside {_SURROGATES}"
         f" surrogates of its own, {m} directions; it should be 5 %.",),
    )  # fmt: skip
