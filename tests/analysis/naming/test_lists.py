"""Themes of many lists at once are those of each list alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.tables import N, label, overlapping
from tokensphere.analysis.naming import lists as many
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import direction_null
from tokensphere.analysis.naming.lists import NamingSpec, name_lists
from tokensphere.analysis.naming.themes import Theme
from tokensphere.analysis.naming.tokens import name_tokens
from tokensphere.arrays import Ints
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable

K = 10
SPEC = NamingSpec(draws=199, seed=3, level=0.2)
KINDS = ("meaning", "grammar", "lemma", "form", "id", "user")


def table_of(rng: np.random.Generator) -> LabelTable:
    """Nested labels, a copy, half of all tokens, and thirty sets of all kinds."""
    plain = overlapping()
    known = [(one, plain.members(one.name)) for one in plain.labels]
    sets = [
        (label(f"set {j}", KINDS[j % len(KINDS)]), rng.choice(N, 6 + j, replace=False))
        for j in range(30)
    ]
    return LabelTable.from_members(N, [*known, *sets])


def lists_of(counter: LabelCounter, rng: np.random.Generator) -> Ints:
    """Random lists, and such that have two to five tokens of each of up to four labels."""
    usable = np.flatnonzero(counter.usable)
    found = []
    for number in range(120):
        ids: list[int] = []
        for one in rng.choice(len(counter), number % 5, replace=False).tolist():
            ids += rng.choice(counter.members(one), rng.integers(2, 6), replace=False).tolist()
        ids = list(dict.fromkeys(ids))[:K]
        others = np.setdiff1d(usable, ids)
        ids += rng.choice(others, K - len(ids), replace=False).tolist()
        found.append(rng.permutation(ids))
    return np.stack(found)


@pytest.mark.parametrize("directions", [0, 64])
def test_lists_have_the_themes_that_each_has_alone(
    directions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever are asked for together, in whatever order, however often and how many at once."""
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((N, 8)).astype(np.float32)
    rows[[7, 300, 599]] = 0  # take no part
    space = ts.EmbeddingSpace.from_arrays(rows, [f"t{i}" for i in range(N)])
    counter = LabelCounter(table_of(rng), space.usable, K)
    ids = lists_of(counter, rng)
    search = SearchSettings(K)
    beside = direction_null(space, counter, search, directions, seed=SPEC.seed) if directions else None
    names = name_lists(counter, ids, SPEC, beside=beside)

    alone: list[tuple[Theme, ...]] = []
    for row in ids.tolist():
        one = name_tokens(
            space, row, naming=SPEC, labels=counter, n_random_directions=directions, search=search
        )
        alone.append(one.themes)
    assert set(map(len, alone)) == {0, 1, 2, 3} and min(Counter(map(len, alone)).values()) >= 5
    if directions:
        marks = {theme.beyond_directions for themes in alone for theme in themes}
        assert marks == {True, False}

    assert list(names) == alone and names[-1] == alone[-1] and names[3:40:9] == alone[3:40:9]
    assert names.has_theme.tolist() == [bool(themes) for themes in alone]
    for at_once in (1, 7, 120, 1024):
        monkeypatch.setattr(many, "_AT_ONCE", at_once)
        for wanted in (np.arange(120), rng.permutation(120), rng.integers(120, size=150), np.array([8])):
            assert list(names.of(wanted)) == [alone[i] for i in wanted.tolist()]
    assert list(names.of(np.array([], dtype=np.intp))) == []
