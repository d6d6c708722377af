from __future__ import annotations

import gc
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.formats.numpy import read_npy, write_rows


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("count", [1, 7, 4096, 5000])
def test_what_is_saved_is_what_is_drawn(tmp_path: Path, count: int) -> None:
    path = tmp_path / "d.npy"
    write_rows(ts.RandomDirections(9, count, first=300, seed=4), path)
    saved = np.load(path)
    assert saved.dtype == np.float32 and saved.flags.c_contiguous
    np.testing.assert_array_equal(saved, ts.random_directions(9, range(300, 300 + count), seed=4))
    assert names_in(tmp_path) == ["d.npy"]


def test_the_file_is_as_numpy_would_write_it(tmp_path: Path) -> None:
    write_rows(ts.RandomDirections(5, 3), tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", ts.random_directions(5, range(3)))
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert (tmp_path / "a.npy").stat().st_mode == (tmp_path / "b.npy").stat().st_mode


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "d.npy"
    path.write_bytes(b"precious")
    directions = ts.RandomDirections(4, 10)

    class Stopped(BaseException):
        pass

    failures: list[tuple[BaseException, type[BaseException]]] = [
        (OSError(28, "No space left on device"), InputError),
        (Stopped(), Stopped),
    ]
    for failure, seen in failures:
        with patch("os.replace", side_effect=failure), pytest.raises(seen):
            write_rows(directions, path)
        with patch.object(ts.RandomDirections, "__getitem__", side_effect=failure), pytest.raises(seen):
            write_rows(directions, path)
        assert path.read_bytes() == b"precious" and names_in(tmp_path) == ["d.npy"]
    write_rows(directions, path)
    assert np.load(path).shape == (10, 4)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for path in (tmp_path / "no" / "d.npy", tmp_path / "file" / "d.npy", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match="cannot write") as caught:
            write_rows(ts.RandomDirections(3, 1), path)
        assert "\n" not in str(caught.value)
    assert names_in(tmp_path) == ["file"]


def head(text: str, version: int = 1) -> bytes:
    raw = text.encode("latin-1")
    return (
        b"\x93NUMPY" + bytes([version, 0]) + len(raw).to_bytes(2 if version == 1 else 4, "little") + raw
    )


def assert_refused(path: Path, kind: type[SourceError] = FormatError) -> None:
    with pytest.raises(kind) as caught:
        read_npy(path)
    assert str(caught.value).splitlines() == [str(caught.value)]
    assert path.name in str(caught.value)


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "<i8", "u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_reads_what_numpy_saved(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.asarray(np.arange(24).reshape(4, 6), dtype=dtype, order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(read_npy(tmp_path / "a.npy"), array)


def test_pickles_are_refused_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    np.save(path, np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    assert_refused(path)
    path.write_bytes(np.array([1, 2], dtype=object).dumps())
    assert_refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93",
        b"\x93NUMPY",
        b"garbage",
        b"\x93NUMPY\x09\x00" + bytes(99),
        b"\x80\x04K\x01.",
        bytes(99),
    ],
)
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "g.npy"
    path.write_bytes(content)
    assert_refused(path)


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    np.save(path, np.arange(12.0).reshape(3, 4))
    whole = path.read_bytes()
    for length in range(0, len(whole), 3):
        path.write_bytes(whole[:length])
        assert_refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 is how archives begin",
        head("{'a': (((((         "),
        head("{'a': '''           "),
        head("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000, 576)}\n"),
        head(" " * 20_000, version=2),
    ],
    ids=["zip", "brackets", "quotes", "huge", "long"],
)
def test_more_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "g.npy"
    path.write_bytes(content)
    assert_refused(path)


def test_archives_are_refused_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.eye(2))
    with pytest.raises(FormatError, match="archive of several arrays"):
        read_npy(path)
    gc.collect()


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    assert_refused(tmp_path / "missing.npy", SourceError)
    assert_refused(tmp_path, SourceError)
