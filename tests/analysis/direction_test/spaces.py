"""A small space with planted groups and labels, quick enough for thousands of directions, tested."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from tests.analysis.spaces import space_of, taken, unit_rows
from tests.analysis.tables import label
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import Label, LabelTable
from tokensphere.statistics.draws import MemoryStore

N, D, GROUP = 400, 12, 8


def planted_space(n: int = N, d: int = D) -> ts.EmbeddingSpace:
    """Anisotropic rows; the first 5 × 8 tokens are five groups of tokens that are alike."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((n, d))
    for group in range(5):
        members = slice(group * GROUP, (group + 1) * GROUP)
        rows[members] = 3 * rng.standard_normal(d) + 0.3 * rng.standard_normal((GROUP, d))
    rows += 0.8
    rows *= rng.uniform(0.5, 2, n)[:, None]
    tokens = [f"{' ' * (i % 2)}t{i // 2}" for i in range(n)]  # every form twice
    return space_of(rows, tokens, name="planted")


def labels(n: int = N) -> LabelTable:
    """The five groups, and others at random."""
    rng = np.random.default_rng(1)
    members: list[tuple[Label, npt.ArrayLike]] = [
        (label(f"group {g}", "list"), range(g * GROUP, (g + 1) * GROUP)) for g in range(5)
    ]
    members += [
        (label(f"random {j}", "list"), rng.choice(n, 6 + 3 * j, replace=False)) for j in range(25)
    ]
    return LabelTable.from_members(n, members)


def group_means(space: ts.EmbeddingSpace) -> npt.NDArray[np.float64]:
    """The means of the centred unit rows of the five groups."""
    unit = unit_rows(space, centered=True)
    return np.stack([unit[g * GROUP : (g + 1) * GROUP].mean(axis=0) for g in range(5)])


SPACE, LABELS, STORE = planted_space(), labels(), MemoryStore()


def options(**given: Any) -> dict[str, Any]:
    """Of a test of directions; those of its search and its null by their names."""
    search: dict[str, Any] = {"k": 5, "centered": True} | taken(SearchSettings, given)
    null: dict[str, Any] = {"draws": 999} | taken(NullSpec, given)
    how = {"null": NullSpec(**null), "search": SearchSettings(**search)}
    return {**how, "labels": LABELS, "store": STORE, **given}


def run(directions: Any, **given: Any) -> DirectionTest:
    """A test of directions in the planted space."""
    return ts.direction_test(SPACE, directions, **options(**given))


def job_of(directions: Any, **given: Any) -> DirectionTestJob:
    """The same in its steps."""
    return DirectionTestJob(SPACE, directions, **options(**given))


def made(directions: Any) -> ts.Directions:
    """Directions for names, groups, both ends."""
    return ts.make_directions(SPACE, directions, options()["search"])
