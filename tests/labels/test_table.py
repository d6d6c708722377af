from __future__ import annotations

import numpy as np
import pytest

from tokensphere.errors import InputError
from tokensphere.labels.table import Label, LabelTable


def label(name: str) -> Label:
    return Label(name, "user", name, "test")


def test_rows_and_columns_agree_with_sets() -> None:
    rng = np.random.default_rng(0)
    sets = [set(rng.integers(40, size=rng.integers(0, 20)).tolist()) for _ in range(12)]
    table = LabelTable.from_members(40, [(label(str(j)), [*s, *s]) for j, s in enumerate(sets)])
    assert len(table) == 12 and table.n_tokens == 40
    assert table.sizes.tolist() == [len(s) for s in sets]
    for j, s in enumerate(sets):
        assert set(table.members(j).tolist()) == s == set(table.members(str(j)).tolist())
    for token in range(40):
        assert [int(found.name) for found in table.of(token)] == [
            j for j in range(12) if token in sets[j]
        ]


def test_joined_has_the_labels_of_both() -> None:
    one = LabelTable.from_members(4, [(label("a"), [0, 2]), (label("b"), [])])
    two = LabelTable.from_members(4, [(label("c"), [2, 3])])
    both = one.joined(two)
    assert [found.name for found in both.labels] == ["a", "b", "c"]
    assert both.members("a").tolist() == [0, 2] and both.members("c").tolist() == [2, 3]
    assert [found.name for found in both.of(2)] == ["a", "c"]


def test_what_cannot_be_a_table_is_refused() -> None:
    with pytest.raises(InputError, match="beyond the 3 tokens"):
        LabelTable.from_members(3, [(label("a"), [3])])
    with pytest.raises(InputError, match="same name"):
        LabelTable.from_members(3, [(label("a"), [1]), (label("a"), [2])])
    one, other = LabelTable.from_members(3, []), LabelTable.from_members(4, [])
    with pytest.raises(InputError, match="3 and 4 tokens"):
        one.joined(other)
