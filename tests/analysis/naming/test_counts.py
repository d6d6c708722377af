from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.tables import N, label, naive_smallest, overlapping, sets_of
from tokensphere.analysis.naming.counts import NO_LABEL, LabelCounter
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable


def usable() -> np.ndarray:
    mask = np.ones(N, dtype=bool)
    mask[[3, 40, 50, *range(100, 130)]] = False
    return mask


def lists(m: int, k: int, seed: int = 1) -> np.ndarray:
    """Random lists, and some planted ones."""
    rng = np.random.default_rng(seed)
    pool = np.flatnonzero(usable())
    drawn = np.stack([rng.choice(pool, k, replace=False) for _ in range(m)])
    ten = np.array([10, 20, 30, 60, 70, 80, 90])  # the usable tokens of "ten"
    for row in range(0, m, 5):
        rest = np.setdiff1d(drawn[row], ten)
        drawn[row] = np.concatenate([ten[: min(k, 4)], rest])[:k]
    return drawn


@pytest.mark.parametrize("k", [3, 8, 20])
def test_counts_and_smallest_p_are_those_of_a_naive_loop(k: int) -> None:
    table, mask = overlapping(), usable()
    counter = LabelCounter(table, mask, k)
    sets = sets_of(table, mask)
    words = {found.name: found.words for found in table.labels}
    assert {found.name for found in counter.labels} == {s for s, ids in sets.items() if len(ids) >= 5}
    assert counter.sizes.tolist() == [len(sets[found.name]) for found in counter.labels]
    assert counter.n == np.count_nonzero(mask)
    ids = lists(60, k)
    counts = counter.counts(ids).dense()
    smallest = counter.smallest(ids)
    seen = set()
    for row, drawn in enumerate(ids.tolist()):
        assert counts[row].tolist() == [len(sets[s.name] & set(drawn)) for s in counter.labels]
        p, name = naive_smallest(sets, words, counter.n, drawn)
        assert smallest.p[row] == pytest.approx(p, rel=1e-9)
        found = None if smallest.label[row] == NO_LABEL else counter.labels[smallest.label[row]].name
        assert found == name
        shared = 0 if name is None else len(sets[name] & set(drawn))
        assert smallest.shared[row] == shared
        seen.add(name)
    assert {"ten"} < seen or k == 3


def test_equal_p_goes_to_the_shorter_words_then_to_the_name() -> None:
    n = 100
    twins = [
        (label("a", words="the longer words"), range(10)),
        (label("z", words="short"), range(10)),
        (label("y", words="short"), range(10)),
    ]
    table = LabelTable.from_members(n, twins)
    smallest = LabelCounter(table, np.ones(n, dtype=bool), 4).smallest([[0, 1, 2, 50]])
    counter = LabelCounter(table, np.ones(n, dtype=bool), 4)
    assert counter.labels[smallest.label[0]].name == "y"


def test_a_list_does_not_depend_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = LabelCounter(overlapping(), usable(), 8)
    ids = lists(50, 8)
    together = counter.smallest(ids)
    alone = [counter.smallest(ids[row : row + 1]) for row in range(len(ids))]
    monkeypatch.setattr("tokensphere.analysis.naming.counts._AT_ONCE", 7)
    blocks = counter.smallest(ids)
    for field in ("p", "label", "shared"):
        np.testing.assert_array_equal(getattr(together, field), getattr(blocks, field))
        np.testing.assert_array_equal(
            getattr(together, field), np.concatenate([getattr(one, field) for one in alone])
        )


def test_the_order_of_tokens_and_labels_does_not_matter() -> None:
    table, mask, ids = overlapping(), usable(), lists(50, 8)
    rng = np.random.default_rng(3)
    new = rng.permutation(N)  # token i is called new[i]
    order = rng.permutation(len(table))
    moved = LabelTable.from_members(N, [(table.labels[j], new[table.members(int(j))]) for j in order])
    moved_mask = np.empty_like(mask)
    moved_mask[new] = mask
    one, other = LabelCounter(table, mask, 8), LabelCounter(moved, moved_mask, 8)
    assert one.labels == other.labels
    want, got = one.smallest(ids), other.smallest(rng.permuted(new[ids], axis=1))
    for field in ("p", "label", "shared"):
        np.testing.assert_array_equal(getattr(want, field), getattr(got, field))
    assert (want.label != NO_LABEL).any()


def test_the_rules_of_eligibility_and_kinds() -> None:
    table, mask = overlapping(), np.ones(N, dtype=bool)
    names = {found.name for found in LabelCounter(table, mask, 10).labels}
    assert "five" in names and not {"four", "none"} & names
    assert "four" in {found.name for found in LabelCounter(table, mask, 10, min_size=4).labels}
    only = LabelCounter(table, mask, 5, kinds=["list", "id"])
    assert {found.kind for found in only.labels} == {"list", "id"}
    two = [[10, 20, 3, 601 - 2, 599 - 8]]
    assert LabelCounter(table, mask, 5, kinds="list").smallest(two).p.tolist() == [1.0]
    assert LabelCounter(table, mask, 5, kinds="list", min_shared=2).smallest(two).p[0] < 0.01
    without_kinds = LabelCounter(LabelTable.from_members(N, []), mask, 5)
    assert without_kinds.smallest(two).label.tolist() == [NO_LABEL]


def test_labels_of_tokens_that_are_not_usable_do_not_count() -> None:
    mask = usable()
    counter = LabelCounter(overlapping(), mask, 4)
    place = {found.name: j for j, found in enumerate(counter.labels)}
    counts = counter.counts([[10, 20, 40, 50]]).dense()[0]
    assert counts[place["ten"]] == 2 and counter.members(place["ten"]).tolist() == [
        10, 20, 30, 60, 70, 80, 90,
    ]  # fmt: skip
    assert counter.marks([10, 40, 11], [place["ten"], place["all"]]).tolist() == [
        [True, True],
        [False, False],
        [False, True],
    ]


def test_the_digest_changes_with_whatever_p_depends_on() -> None:
    table, mask = overlapping(), usable()
    digests = [
        LabelCounter(table, mask, 8).digest,
        LabelCounter(table, mask, 9).digest,
        LabelCounter(table, mask, 8, min_shared=4).digest,
        LabelCounter(table, mask, 8, kinds=["form"]).digest,
        LabelCounter(table, np.ones(N, dtype=bool), 8).digest,
        LabelCounter(overlapping(seed=5), mask, 8).digest,
    ]
    assert len(set(digests)) == len(digests)
    assert LabelCounter(overlapping(), usable(), 8).digest == digests[0]


def test_what_cannot_be_counted_is_refused() -> None:
    table, mask = overlapping(), usable()
    with pytest.raises(InputError, match="need 1 to"):
        LabelCounter(table, mask, N)
    with pytest.raises(InputError, match="make them anew"):
        LabelCounter(table, mask[:-1], 3)
    with pytest.raises(InputError, match="kind 'lemma'; there are form, id, list, meaning"):
        LabelCounter(table, mask, 3, kinds=["form", "lemma"])
    counter = LabelCounter(table, mask, 3)
    for wrong in ([[1, 2]], [1, 2, 3], [[1.0, 2.0, 3.0]]):
        with pytest.raises(InputError, match="need"):
            counter.smallest(wrong)
    with pytest.raises(InputError, match="beyond"):
        counter.counts([[1, 2, N]])
