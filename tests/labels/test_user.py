from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tokensphere.errors import (
    FormatError,
    InputError,
    MissingExtraError,
    SourceError,
    UnknownTokenError,
)
from tokensphere.labels.user import labels_from_mapping, read_labels
from tokensphere.vocabulary import Vocabulary

VOCABULARY = Vocabulary(["cat", " dog", "oak", "\n", " Paris", "\t", "id:1"])


def sets(table: Any) -> dict[str, list[int]]:
    return {label.name: table.members(label.name).tolist() for label in table.labels}


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "labels.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_mapping() -> None:
    table = labels_from_mapping(VOCABULARY, {"cat": ["pet", "animal"], " dog": "pet", "oak": ("tree",)})
    assert sets(table) == {"user:pet": [0, 1], "user:animal": [0], "user:tree": [2]}
    assert {label.kind for label in table.labels} == {"user"}
    assert [label.words for label in table.labels] == ["pet", "animal", "tree"]


@pytest.mark.parametrize("labels", ["", "  ", ["pet", ""], [7]])
def test_labels_that_are_none(labels: Any) -> None:
    with pytest.raises(InputError, match="token 'cat': its label is"):
        labels_from_mapping(VOCABULARY, {"cat": labels})


def test_no_labels_and_unknown_tokens() -> None:
    empty: list[dict[str, list[str]]] = [{}, {"cat": []}]
    for nothing in empty:
        with pytest.raises(InputError, match="there are no labels"):
            labels_from_mapping(VOCABULARY, nothing)
    with pytest.raises(UnknownTokenError, match="no token 'cow'"):
        labels_from_mapping(VOCABULARY, {"cow": "pet"})


def test_a_file_and_the_same_mapping_agree(tmp_path: Path) -> None:
    path = written(tmp_path, "cat\tpet\n dog\tpet\n\ncat\tanimal\n␣Paris\tcity of light\n\\n\tsign\n")
    table = read_labels(path, VOCABULARY)
    mapping = {"cat": ["pet", "animal"], " dog": "pet", " Paris": "city of light", "\n": "sign"}
    assert sets(table) == sets(labels_from_mapping(VOCABULARY, mapping))
    assert table.labels[0].source == "labels.tsv"


@pytest.mark.parametrize(
    "content", ["\ufeffcat\tpet\r\noak\ttree\r\n", "cat\tpet\roak\ttree", "cat\tpet\noak\ttree"]
)
def test_line_ends_and_byte_order_marks(tmp_path: Path, content: str) -> None:
    assert sets(read_labels(written(tmp_path, content), VOCABULARY)) == {
        "user:pet": [0],
        "user:tree": [2],
    }


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        ("cat\tpet\ncow\tpet\n", UnknownTokenError, r"^labels.tsv, line 2: .*no token 'cow'"),
        ("cat pet\n", FormatError, r"^labels.tsv, line 1: 1 columns, but expected 2"),
        ("cat\tpet\n\ncat\ta\tb\n", FormatError, r"^labels.tsv, line 3: 3 columns"),
        ("cat\t \n", InputError, r"^labels.tsv, line 1: its label is ''"),
        ("", FormatError, r"^labels.tsv has no labels"),
        ("\n \n", FormatError, r"^labels.tsv has no labels"),
        (b"cat\tpet\noak\t\xff\n", FormatError, r"^labels.tsv, line 2: not UTF-8"),
        (b"PAR1 nothing more", FormatError, r"^labels.tsv cannot be read as Parquet"),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, content: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message) as raised:
        read_labels(written(tmp_path, content), VOCABULARY)
    assert "\n" not in str(raised.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.tsv", tmp_path, "a\0b"):
        with pytest.raises(SourceError, match="cannot be read"):
            read_labels(path, VOCABULARY)


def parquet(tmp_path: Path, columns: dict[str, list[Any]]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as writer

    path = tmp_path / "labels.parquet"
    writer.write_table(pyarrow.table(columns), path)
    return path


def test_parquet(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"more": [1, 2], "token": ["cat", " dog"], "label": ["pet", "pet"]})
    assert sets(read_labels(path, VOCABULARY)) == {"user:pet": [0, 1]}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"token": ["cat"], "name": ["pet"]}, "has no column 'label'; it has: token, name"),
        (
            {"token": ["cat", "oak"], "label": ["pet", None]},
            "row 2: the token and the label must be texts",
        ),
        ({"token": ["cow"], "label": ["pet"]}, "row 1: .*no token 'cow'"),
        ({"token": [], "label": []}, "has no labels"),
    ],
)
def test_parquet_that_is_wrong(tmp_path: Path, columns: dict[str, list[Any]], message: str) -> None:
    with pytest.raises((FormatError, InputError), match=message):
        read_labels(parquet(tmp_path, columns), VOCABULARY)


def test_parquet_without_pyarrow(tmp_path: Path) -> None:
    missing = patch.dict(sys.modules, {"pyarrow": None})
    with missing, pytest.raises(MissingExtraError, match=r"pip install 'tokensphere\[parquet\]'"):
        read_labels(written(tmp_path, b"PAR1"), VOCABULARY)
