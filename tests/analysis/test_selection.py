from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import TEN, noise, space_of, with_ten
from tests.analysis.tables import N, label, overlapping
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.lists import NamingSpec
from tokensphere.analysis.naming.tokens import name_tokens
from tokensphere.analysis.random_sets import RandomSets
from tokensphere.errors import InputError, UnknownTokenError
from tokensphere.labels.table import LabelTable
from tokensphere.statistics.draws import MemoryStore


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return with_ten(3)


def chosen(space: ts.EmbeddingSpace, tokens: Any, **more: Any) -> ts.Selection:
    return ts.selection(space, tokens, **{"labels": overlapping(), "store": MemoryStore(), **more})


def test_a_planted_set_is_found_and_named(space: ts.EmbeddingSpace) -> None:
    found = chosen(space, [*TEN, 300, 411])
    assert found.p == 1 / 1000 and found.percentile == 1 and found.effect > 5
    assert [theme.label.name for theme in found.naming.themes] == ["ten"]
    assert set(found.typical[:10].tolist()) == set(TEN)  # the two others lie farther from the middle
    assert "p 0.001 beside random sets; 10 of 12 are ten" in found.text


def test_nothing_depends_on_the_order(space: ts.EmbeddingSpace) -> None:
    rng, store = np.random.default_rng(0), MemoryStore()
    ids = rng.choice(np.flatnonzero(space.usable), 40, replace=False).tolist()
    one, other = chosen(space, ids, store=store), chosen(space, ids[::-1], store=store)
    assert (one.coherence, one.p, one.effect) == (other.coherence, other.p, other.effect)
    assert one.typical.tolist() == other.typical.tolist()
    assert one.naming.p_list == other.naming.p_list


@pytest.mark.parametrize("m", [4, 60])
def test_p_is_uniform_for_sets_that_mean_nothing(space: ts.EmbeddingSpace, m: int) -> None:
    rng, sets = np.random.default_rng(m), RandomSets(space, store=MemoryStore())
    pool, counter = np.flatnonzero(space.usable), LabelCounter(overlapping(), space.usable, 10)
    more: dict[str, Any] = {"sets": sets, "labels": counter, "store": MemoryStore()}
    p = np.array([
        chosen(space, rng.choice(pool, m, replace=False).tolist(), **more).p for _ in range(200)
    ])  # fmt: skip
    for level in (0.1, 0.5, 0.9):
        sd = (level * (1 - level) * (1 / 200 + 1 / 999)) ** 0.5
        assert np.mean(p <= level) == pytest.approx(level, abs=4 * sd)


def test_all_tokens_are_no_more_alike_than_all_tokens(space: ts.EmbeddingSpace) -> None:
    found = chosen(space, range(N))
    assert found.p == 1 and len(found) == N - 1 and np.isnan(found.effect)
    assert found.naming.text == "nothing in common beyond chance"
    assert found.to_dict()["effect"] is None


def test_a_large_set_shares_what_many_of_it_share() -> None:
    n = 3000
    every = {"many": range(700), "even": range(0, n, 2), "few": range(1, 6)}
    table = LabelTable.from_members(n, [(label(name), ids) for name, ids in every.items()])
    space = space_of(noise(n, 8, seed=7))
    found = chosen(space, [*range(500), *range(2000, 2400)], labels=table)
    assert not found.is_drawn and not found.naming.drawn
    assert [theme.label.name for theme in found.naming.themes] == ["many"]
    assert found.naming.p_list < 1e-100


def test_the_correction_of_large_sets_is_no_smaller_than_that_of_drawn_lists(
    space: ts.EmbeddingSpace,
) -> None:
    """The same list both ways: Bonferroni's p bounds that of the draws from above."""
    rng, pool = np.random.default_rng(5), np.flatnonzero(space.usable)
    counter = LabelCounter(overlapping(), space.usable, 10)
    for _ in range(5):
        ids = rng.choice(pool, 257, replace=False).tolist()
        large = name_tokens(space, ids, labels=overlapping())
        drawn = name_tokens(
            space,
            ids,
            labels=counter,
            n_random_directions=2,
            naming=NamingSpec(999),
            store=MemoryStore(),
        )
        assert not large.drawn and drawn.drawn
        np.testing.assert_allclose(large.p, drawn.p, rtol=1e-9)
        assert large.p_list >= drawn.p_list - 4 * (drawn.p_list / 999) ** 0.5


def test_the_result_for_machines_and_people(space: ts.EmbeddingSpace) -> None:
    found = chosen(space, [*TEN, 7])
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["size"] == 10 and record["shared"]["left_out"][0]["id"] == 7
    assert [one["id"] for one in record["typical"]] == found.typical.tolist()
    assert found.columns()["id"].tolist() == found.typical.tolist()  # type: ignore[union-attr]
    assert "How the set was chosen is not accounted for" in " ".join(str(found).split())


def test_what_is_no_set_is_refused(space: ts.EmbeddingSpace) -> None:
    with pytest.raises(InputError, match="3 or more"):
        chosen(space, [1, 2])
    with pytest.raises(InputError, match="one was given"):
        chosen(space, " token 1")
    with pytest.raises(InputError, match="given twice"):
        chosen(space, [1, 2, 3, 1])
    with pytest.raises(UnknownTokenError):
        chosen(space, [1, 2, "nothing"])
