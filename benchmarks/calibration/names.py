"""4. Names: how often lists of random tokens, and of random directions, are said to share something."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import tokensphere as ts
from benchmarks.calibration.cells import percent, share
from benchmarks.report import Table
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import direction_null
from tokensphere.analysis.naming.lists import name_lists
from tokensphere.analysis.survey.sharing import share_labels

_K = 10


def run(*, quick: bool) -> Iterator[Table]:
    space, m = ts.load(), 4_000 if quick else 20_000
    yield _random_tokens(space, m)
    yield _random_directions(space, m // 10)


def _random_tokens(space: ts.EmbeddingSpace, m: int) -> Table:
    rng = np.random.default_rng(41)
    usable = np.flatnonzero(space.moments.center().usable)
    lists = np.stack([rng.choice(usable, _K, replace=False) for _ in range(m)])
    found = share_labels(space, lists, np.arange(m) % 2 == 0)
    rows = []
    for group in found.groups:
        rate = group.rate.share
        error = np.sqrt(rate * (1 - rate) / m)
        low, high = group.excess.interval
        printed, held = percent(group.by_chance.share, 2), "yes" if low <= 0 <= high else "no"
        rows.append(
            (group.name, group.n_labels, printed, f"{100 * rate:.2f} ± {100 * error:.2f} %", held)
        )
    return Table(
        "4. Themes of lists of random tokens",
        ("labels", "how many", "by chance, as printed", "measured", "interval of the excess holds 0"),
        rows,
        (f"Bundled model; {m:,} new lists of {_K} different random tokens. 5 % at most; the survey"
         " prints what its 9,999 lists have.",),
    )  # fmt: skip


def _random_directions(space: ts.EmbeddingSpace, m: int) -> Table:
    counter = LabelCounter(ts.make_labels(space.vocabulary), space.moments.center().usable, _K)
    rows = []
    for centered in (False, True):
        search = ts.SearchSettings(_K, centered=centered)
        beside = direction_null(space, counter, search)
        directions = ts.RandomDirections(space.shape[1], m, seed=4)
        ids = ts.nearest(space, directions, k=_K, centered=centered).ids
        names = name_lists(counter, ids, beside=beside)
        assert names.p_directions is not None and names.beyond_directions is not None
        cells = (names.has_theme, names.p_directions <= 0.05, names.beyond_directions)
        rows.append(("centred" if centered else "as they are", *map(share, cells)))
    return Table(
        "4. Names of random directions",
        ("rows", "with a theme", "p beside directions ≤ 0.05", "a theme without ≈ chance"),
        rows,
        (f"Bundled model; {m:,} directions beside 999 others, whose own error is about 0.7 points. The"
         " two columns on the right: 5 % at most.",),
    )  # fmt: skip
