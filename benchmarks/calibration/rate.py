"""2. The interval of a survey's rate, and the share that is not null, in a two-way simulation."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from benchmarks.calibration.cells import percent
from benchmarks.report import Table
from tokensphere.statistics.own_null import OwnNull, own_null

Floats = npt.NDArray[np.float64]
_M = 500  # directions
_WORLDS = {"not at all": 0.0, "a little": 0.15, "much": 0.5}


def run(*, quick: bool) -> Iterator[Table]:
    repeats = 100 if quick else 300
    cases = product((19, 99), _WORLDS.items(), (0.0, 0.3))
    rows = [
        (str(draws), name, percent(planted, 0), *_case(draws, worlds, planted, repeats))
        for draws, (name, worlds), planted in cases
    ]
    yield Table(
        "2. Interval of the survey's rate",
        ("surrogates", "vocabularies differ", "planted", "mean rate", "interval holds the mean",
         "holds that of its vocabularies", "not null, mean", "interval holds the planted"),
        rows,
        (f"{repeats:,} times {_M} directions and nominal 95 % intervals. T of a direction in a"
         " vocabulary: what it adds to all (sd 0, 0.15 or 0.5) and to this one alone (sd 1);"
         " planted directions have a T larger by 2 in the real one.",
         "The mean: of the rates of all repetitions. That of its vocabularies: the rate that 4,000 other"
         " directions have beside the same ones."),
    )  # fmt: skip


def _one(rng: np.random.Generator, draws: int, worlds: float, planted: float) -> tuple[OwnNull, float]:
    """A survey's rates, and the rate of unlimited directions beside the same worlds."""
    level = worlds * rng.standard_normal(draws + 1)

    def table(m: int) -> tuple[Floats, Floats]:
        """Values and null: what belongs to a direction alone cancels out."""
        values = level + rng.standard_normal((m, draws + 1))
        values[:, 0] += 2 * (rng.random(m) < planted)
        return values[:, 0], values[:, 1:]

    found, (many, null) = own_null(*table(_M)), table(4_000)
    allowed = round(found.at[0].attained * (draws + 1)) - 1
    return found, float(np.mean(np.count_nonzero(null >= many[:, None], axis=1) <= allowed))


def _case(draws: int, worlds: float, planted: float, repeats: int) -> tuple[str, ...]:
    rng = np.random.default_rng([draws, int(100 * worlds), int(100 * planted)])
    found = [_one(rng, draws, worlds, planted) for _ in range(repeats)]
    ends = np.array([one.at[0].interval for one, _ in found])
    rates = np.array([one.at[0].rate for one, _ in found])
    own = np.array([truth for _, truth in found])
    mean = rates.mean()
    of_null = np.array([one.not_null_interval for one, _ in found])
    shares = (
        rates.mean(),
        np.mean((ends[:, 0] <= mean) & (mean <= ends[:, 1])),
        np.mean((ends[:, 0] <= own) & (own <= ends[:, 1])),
        np.mean([one.not_null for one, _ in found]),
        np.mean((of_null[:, 0] <= planted) & (planted <= of_null[:, 1])),
    )
    return tuple(percent(float(share)) for share in shares)
