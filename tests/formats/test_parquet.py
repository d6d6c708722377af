from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from tests.cases import case
from tokensphere.errors import FormatError, InputError, MissingExtraError, SourceError
from tokensphere.formats.parquet import check_parquet_path, read_columns, write_columns

COLUMNS = {
    "index": np.arange(100_000),
    "T": np.random.default_rng(0).standard_normal((100_000, 3)).astype(np.float32),
    "ids": np.random.default_rng(1).integers(50_000, size=(100_000, 10)).astype(np.int32),
    "ok": np.arange(100_000) % 3 == 0,
    "names": [f"a[{i}] ü" for i in range(100_000)],
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_columns(path, COLUMNS, {"seed": 0, "model": {"name": "größe"}})
    columns, metadata = read_columns(path)
    assert metadata == {"seed": 0, "model": {"name": "größe"}}
    assert list(columns) == list(COLUMNS)
    for name, want in COLUMNS.items():
        got = columns[name]
        if isinstance(want, np.ndarray):
            assert isinstance(got, np.ndarray) and got.dtype == want.dtype
            np.testing.assert_array_equal(got, want)
        else:
            assert got == want
    assert list(tmp_path.iterdir()) == [path]


def test_columns_that_grow_come_back_from_their_differences(tmp_path: Path) -> None:
    rng, limits = np.random.default_rng(0), np.iinfo(np.int64)
    columns: dict[str, Any] = {
        "place": np.sort(rng.integers(2**31 - 1, size=50_000)).astype(np.int32),
        "which": np.repeat(np.arange(-50, 50), 500).astype(np.int16),
        "any": rng.choice([limits.min, -1, 0, limits.max], size=50_000),
        "count": rng.integers(9, size=50_000),
        "names": [f"{i}" for i in range(50_000)],
    }
    sizes = []
    for ascending in ((), ("place", "which", "any")):
        path = tmp_path / f"{len(ascending)}.parquet"
        write_columns(path, columns, {}, ascending=ascending)
        found, _ = read_columns(path)
        for name, want in columns.items():
            np.testing.assert_array_equal(found[name], want)
            assert np.asarray(found[name]).dtype == np.asarray(want).dtype
        few = tmp_path / "few.parquet"
        some = {name: columns[name] for name in ("place", "which")}
        write_columns(few, some, {}, ascending=tuple(some) if ascending else ())
        sizes.append(few.stat().st_size)
    assert sizes[1] < 0.6 * sizes[0]


def test_texts_that_are_not_utf_8_are_kept_as_they_can_be(tmp_path: Path) -> None:
    """Of a file's name with a byte that is none; in what the table says of itself they come back."""
    path, name = tmp_path / "x.parquet", "a\udcff\ud800\x1b\u202e\0漢"
    write_columns(path, {"names": [name, "b"]}, {name: name})
    columns, metadata = read_columns(path)
    assert columns["names"] == ["a\\udcff\\ud800\x1b\u202e\0漢", "b"] and metadata == {name: name}


def test_no_rows_keep_their_shape(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_columns(path, {"T": np.empty((0, 3), dtype=np.float32), "names": []}, {})
    columns, _ = read_columns(path)
    assert isinstance(columns["T"], np.ndarray) and columns["T"].shape == (0, 3)
    assert list(columns["names"]) == []


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_columns(path, {"a": np.arange(3)}, {})
    with (
        patch("os.fsync", side_effect=OSError(28, "No space left on device")),
        pytest.raises(InputError, match="No space left"),
    ):
        write_columns(path, {"a": np.arange(4)}, {})
    assert list(tmp_path.iterdir()) == [path]
    assert len(read_columns(path)[0]["a"]) == 3


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    check_parquet_path(tmp_path / "new.parquet")
    with pytest.raises(InputError, match="must end in"):
        check_parquet_path(tmp_path / "x.csv")
    with pytest.raises(InputError, match="No such file"):
        check_parquet_path(tmp_path / "no" / "x.parquet")
    (tmp_path / "d.parquet").mkdir()
    with pytest.raises(InputError, match="no regular file"):
        check_parquet_path(tmp_path / "d.parquet")
    with patch.dict("sys.modules", {"pyarrow": None}), pytest.raises(MissingExtraError, match="pip"):
        check_parquet_path(tmp_path / "x.parquet")


def test_what_another_program_could_store_is_no_traceback(tmp_path: Path) -> None:
    """Texts that are none, columns that come twice, no SHA-256."""
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "x.parquet"
    write_columns(path, {"a": ["one", "two"], "b": np.arange(2)}, {})
    table = parquet.read_table(path)
    raw = pa.Array.from_buffers(pa.string(), 2, pa.array([b"ok", b"\xff\xfe"]).buffers())
    said, digests = table.schema.metadata[b"tokensphere"], b"tokensphere_sha256"
    changes = [
        (table.set_column(0, "a", raw), "cannot be read as Parquet"),
        (table.append_column("a", table["b"]), "column 'a' is missing, or there twice"),
        (table.drop_columns(["b"]), "column 'b' is missing, or there twice"),
        (table.set_column(1, "b", pa.array([0, 1], pa.int32())), "'b' is not what was saved"),
        (table.replace_schema_metadata({b"tokensphere": said}), "not saved by this version"),
    ]
    for text, message in ((b"[]", "not saved by this version"), (b'{"a": 3}', "'a' is not what was")):
        metadata = {b"tokensphere": said, digests: text}
        changes.append((table.replace_schema_metadata(metadata), message))
    for changed, message in changes:
        parquet.write_table(changed, path)
        with case(message), pytest.raises(FormatError, match=message):
            read_columns(path)
    parquet.write_table(table.append_column("c", pa.array([{"x": 1}, None])), path)
    with pytest.raises(FormatError, match="has a column 'c' that tokensphere did not write"):
        read_columns(path)  # what goes on from it would be saved without
    parquet.write_table(table.select(["b", "a"]), path, compression="gzip", row_group_size=1)
    assert {name: list(column) for name, column in read_columns(path)[0].items()} == {
        "a": ["one", "two"], "b": [0, 1],
    }  # fmt: skip


def test_who_objects_at_the_end_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_columns(path, {"a": np.arange(3)}, {})

    def object_to() -> None:
        assert len(list(tmp_path.iterdir())) == 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_columns(path, {"a": np.arange(4)}, {}, ready=object_to)
    assert list(tmp_path.iterdir()) == [path] and len(read_columns(path)[0]["a"]) == 3


def test_files_that_are_not_ours(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_columns(tmp_path / "none.parquet")
    path = tmp_path / "x.parquet"
    path.write_bytes(b"")
    with pytest.raises(FormatError, match="damaged"):
        read_columns(path)
    write_columns(path, {"a": np.arange(3)}, {})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FormatError, match="damaged"):
        read_columns(path)
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(FormatError, match="not saved by tokensphere"):
        read_columns(path)
