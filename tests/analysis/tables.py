"""Made-up labels that overlap as real ones do, and a naive count of them."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import stats

from tokensphere.labels.table import Label, LabelTable

N = 600


def label(name: str, kind: str = "meaning", words: str | None = None) -> Label:
    return Label(name, kind, words or name, "test")


@cache
def overlapping(n: int = N, seed: int = 0) -> LabelTable:
    """40 labels: nested ones, a copy, half of all tokens, very small ones, and random ones."""
    rng = np.random.default_rng(seed)
    members: list[tuple[Label, npt.ArrayLike]] = [
        (label(f"random {j}"), rng.choice(n, 5 + 3 * j, replace=False)) for j in range(30)
    ]
    members += [
        (label("half", "form"), np.arange(0, n, 2)),
        (label("copy of half", "form"), np.arange(0, n, 2)),
        (label("quarter", "form"), np.arange(0, n, 4)),
        (label("all", "form"), np.arange(n)),
        (label("none"), []),
        (label("four"), [1, 2, 3, 5]),
        (label("five", "list"), [10, 20, 30, 40, 50]),
        (label("ten", "list"), np.arange(10, 110, 10)),
        (label("first tenth", "id"), np.arange(n // 10)),
        (label("last tenth", "id"), np.arange(n - n // 10, n)),
    ]
    return LabelTable.from_members(n, members)


def sets_of(table: LabelTable, usable: npt.NDArray[np.bool_]) -> dict[str, set[int]]:
    """The usable tokens of every label."""
    there = set(np.flatnonzero(usable).tolist())
    return {found.name: set(table.members(j).tolist()) & there for j, found in enumerate(table.labels)}


def naive_smallest(
    sets: dict[str, set[int]], words: dict[str, str], n: int, ids: list[int]
) -> tuple[float, str | None]:
    """The smallest p of one list and its label, by loops, with SciPy's tail."""
    best: tuple[float, int, int, str] | None = None
    for name, members in sets.items():
        x = len(members & set(ids))
        if len(members) < 5 or x < 3:
            continue
        p = float(stats.hypergeom.sf(x - 1, n, len(members), len(ids)))
        found = (round(p, 12), len(members), len(words[name]), name)
        best = found if best is None else min(best, found)
    return (1.0, None) if best is None else (best[0], best[3])
