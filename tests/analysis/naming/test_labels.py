from __future__ import annotations

import json

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import space_of
from tests.analysis.tables import N, label, overlapping, sets_of
from tokensphere.analysis.naming.labels import label_members, list_labels
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    rows = np.random.default_rng(0).standard_normal((N, 4))
    rows[[20, 40]] = 0
    return space_of(rows, [f"token {i}" for i in range(N)])


def test_sizes_count_usable_tokens_and_order_is_by_kind_and_size(space: ts.EmbeddingSpace) -> None:
    table = overlapping()
    found = list_labels(space, table)
    sets = sets_of(table, space.usable)
    assert len(found.labels) == len(table) and found.n_tokens == N - 2
    assert {found.labels[j].name: int(size) for j, size in enumerate(found.sizes)} == {
        name: len(ids) for name, ids in sets.items()
    }
    assert found.kinds == ["meaning", "form", "list", "id"]
    kinds = [label.kind for label in found.labels]
    assert kinds == sorted(kinds, key=found.kinds.index)
    for kind in ("meaning", "form", "list"):
        sizes = found.sizes[[k == kind for k in kinds]]
        assert (np.diff(sizes) <= 0).all()
    assert [found.labels[j].name for j in (-2, -1)] == ["first tenth", "last tenth"]  # by id
    only = list_labels(space, table, kinds="form")
    assert only.kinds == ["form"] and json.loads(json.dumps(only.to_dict()))["labels"][0] == {
        "label": "all", "kind": "form", "words": "all", "source": "test", "size": N - 2,
    }  # fmt: skip


def test_members_are_the_usable_ones_by_id(space: ts.EmbeddingSpace) -> None:
    found = label_members(space, overlapping(), "ten")
    assert found.ids.tolist() == [10, 30, 50, 60, 70, 80, 90, 100] and found.size == 8
    some = label_members(space, overlapping(), "ten", most=2)
    assert some.ids.tolist() == [10, 30] and some.size == 8
    record = json.loads(json.dumps(some.to_dict()))
    assert record["label"] == "ten" and [token["token"] for token in record["tokens"]] == [
        "token 10",
        "token 30",
    ]


def test_a_label_is_found_by_its_words_and_a_wrong_name_gets_a_hint(space: ts.EmbeddingSpace) -> None:
    table = LabelTable.from_members(
        N, [(label("list:weekday", "list", "days of the week"), [1]), (label("x"), [2])]
    )
    assert label_members(space, table, "days of the week").ids.tolist() == [1]
    hints = {"list:weekdays": "list:weekday", "day": "list:weekday", "days of week": "days of"}
    for wrong, hint in hints.items():
        with pytest.raises(InputError, match=f"no label is called '{wrong}'; near it: {hint}"):
            label_members(space, table, wrong)
    with pytest.raises(InputError, match="no label is called 'qqqqqq'; list_labels gives all"):
        label_members(space, table, "qqqqqq")
    with pytest.raises(InputError, match="kind 'colour'; there are list, meaning"):
        list_labels(space, table, kinds="colour")
