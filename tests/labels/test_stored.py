from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tokensphere.labels import build, stored
from tokensphere.labels.build import make_labels
from tokensphere.labels.stored import from_arrays, rules_digest, table_key, to_arrays
from tokensphere.labels.table import Label, LabelTable
from tokensphere.vocabulary import Kind, Vocabulary

TOKENS = [" Monday", " determines", "ly", "名", " cat", " cats", " Cat", "cat", " 3"]


class Store:
    """Keeps arrays in memory and counts."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.got = self.put_ = 0

    def get(self, key: Mapping[str, Any]) -> Any:
        self.got += 1
        return self.kept.get(repr(sorted(key.items())))

    def put(self, key: Mapping[str, Any], draws: Any) -> None:
        self.put_ += 1
        self.kept[repr(sorted(key.items()))] = draws


def same(one: LabelTable, other: LabelTable) -> bool:
    return (
        one.labels == other.labels
        and np.array_equal(one.indptr, other.indptr)
        and np.array_equal(one.indices, other.indices)
    )


def test_there_and_back() -> None:
    table = make_labels(Vocabulary(TOKENS))
    back = from_arrays(to_arrays(table), len(TOKENS))
    assert back is not None and same(back, table)
    assert [back.of(i) for i in range(len(TOKENS))] == [table.of(i) for i in range(len(TOKENS))]
    none = LabelTable.from_members(2, [])
    back = from_arrays(to_arrays(none), 2)
    assert back is not None and same(back, none)


def test_a_table_is_made_once_and_read_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    first = make_labels(Vocabulary(TOKENS), store=store)
    assert (store.got, store.put_) == (1, 1)
    assert same(first, make_labels(Vocabulary(TOKENS)))

    def never(vocabulary: Vocabulary) -> LabelTable:
        raise AssertionError("made anew")

    monkeypatch.setattr(build, "_build", never)
    vocabulary = Vocabulary(TOKENS)
    again = make_labels(vocabulary, store=store)
    assert same(first, again) and (store.got, store.put_) == (2, 1)
    assert make_labels(vocabulary, store=store) is again and store.got == 2  # this process has it
    with pytest.raises(AssertionError, match="made anew"):
        make_labels(Vocabulary([*TOKENS, " dog"]), store=store)


def test_what_was_kept_and_is_no_table_is_made_anew() -> None:
    store = Store()
    table = make_labels(Vocabulary(TOKENS), store=store)
    (key,) = store.kept
    store.kept[key] = store.kept[key] | {"indices": table.indices[:-1]}
    assert same(make_labels(Vocabulary(TOKENS), store=store), table)
    assert store.put_ == 2 and same(make_labels(Vocabulary(TOKENS), store=store), table)
    assert store.put_ == 2


def test_arrays_of_no_table() -> None:
    labels = [Label("a", "form", "a", "s"), Label("b", "form", "b", "s")]
    table = LabelTable.from_members(3, [(labels[0], [0, 2]), (labels[1], [1])])
    arrays = to_arrays(table)
    assert from_arrays(arrays, 3) is not None and from_arrays(arrays, 4) is None
    changes: list[dict[str, Any]] = [
        {"indptr": np.array([0, 1], dtype=np.int64)},
        {"indptr": np.array([0, 2, 1, 3], dtype=np.int64)},
        {"indptr": np.array([1, 1, 2, 3], dtype=np.int64)},
        {"indptr": np.array([0, 1, 2, 3], dtype=np.int32)},
        {"indices": np.array([0, 1, 2], dtype=np.int32)},
        {"indices": np.array([0, -1, 0], dtype=np.int32)},
        {"indices": np.array([0, 1, 0], dtype=np.int64)},
        {"labels": np.frombuffer(b"[", dtype=np.uint8)},
        {"labels": np.frombuffer(b'[["a", "b"]]', dtype=np.uint8)},
        {"labels": np.frombuffer(b"3", dtype=np.uint8)},
        {"labels": np.frombuffer(b"[" * 10**5, dtype=np.uint8)},
        {"labels": np.frombuffer(b'[["a",3,"c","d"],["b","b","c","d"]]', dtype=np.uint8)},
        {"indptr": np.array([0, 1, 3, 3], dtype=np.int64)},  # the second would have label 1, then 0
        {"indices": np.array([[0, 1, 0]], dtype=np.int32)},
        {"labels": np.frombuffer(b'[["a","b","c","d"],["a","b","c","d"]]', dtype=np.uint8)},
    ]
    for change in changes:
        assert from_arrays(arrays | change, 3) is None, change
    for name in arrays:
        assert from_arrays({other: arrays[other] for other in arrays if other != name}, 3) is None, name


def test_the_key_depends_on_all_that_labels_depend_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = table_key(Vocabulary(["ab", "c"]))
    assert key == table_key(Vocabulary(["ab", "c"]))
    others = [
        table_key(Vocabulary(["a", "bc"])),
        table_key(Vocabulary(["c", "ab"])),
        table_key(Vocabulary(["ab", "c"], kinds=np.array([Kind.NORMAL, Kind.CONTROL], dtype=np.uint8))),
    ]
    monkeypatch.setattr(stored, "PATH", tmp_path / "lexicon.bin")
    (tmp_path / "lexicon.bin").write_bytes(b"another")
    rules_digest.cache_clear()
    try:
        others.append(table_key(Vocabulary(["ab", "c"])))
    finally:
        rules_digest.cache_clear()
    assert len({repr(one) for one in [key, *others]}) == 5
