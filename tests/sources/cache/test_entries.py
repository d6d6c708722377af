"""Entries whole or not at all, found again without the network, checked on request."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cases import case
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.formats.tensors import TensorInfo
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.cache.writer import Write
from tokensphere.sources.layout.search import Found

REPO, COMMIT, OTHER = "owner/name", "a" * 40, "b" * 40
MATRIX = np.arange(24, dtype="<f2").reshape(6, 4)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fill(write: Write) -> None:
    raw = MATRIX.tobytes()
    write(20, raw[20:])  # in any order
    write(0, raw[:20])


def store(repo: str = REPO, commit: str = COMMIT, tensor: str = "wte.weight", **options: Any) -> Any:
    facts: dict[str, Any] = {
        "dtype": "F16", "shape": MATRIX.shape, "size": MATRIX.nbytes, "fill": fill,
        "files": {"tokenizer.json": b"{}"},
    }  # fmt: skip
    revision = options.pop("revision", None)
    entry = cache_writer.store(repo, revision, commit, tensor=tensor, **facts | options)
    found = Found(tensor, "ln_f.weight", "GPT-2", True, ("a note",))
    cache_writer.record(repo, revision, commit, found, matrix="input", tensor=None)
    return entry


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_is_stored_is_found(root: Path) -> None:
    entry = store(license="mit", revision="v1")
    found = cache.find(REPO, "v1")
    assert found is not None and found.path == entry.path and found.sha256 == entry.sha256
    assert found.found == Found("wte.weight", "ln_f.weight", "GPT-2", True, ("a note",))
    assert (found.revision, found.license, found.shape) == ("v1", "mit", (6, 4))
    assert cache.find(REPO, COMMIT) == found
    assert cache.entries() == [entry]
    assert found.size == sum(path.stat().st_size for path in entry.path.iterdir())
    assert cache.find(REPO) is None and cache.find(REPO, "v1", matrix="output") is None
    assert cache.find("owner/other", "v1") is None
    with SafetensorsFile(found.tensor_file) as file:
        np.testing.assert_array_equal(file.array("wte.weight"), MATRIX)
    cache.verify(found)
    assert not list((root / "tmp").iterdir())


@pytest.mark.parametrize("repo", ["", "a/b/c", "../x", "a/..", "a--b", "/a", "a/", "a b", "a@"])
def test_names_that_are_no_repository(repo: str) -> None:
    with pytest.raises(InputError, match="owner/name"):
        cache.split_model(repo)


@pytest.mark.parametrize(
    "tensor",
    [
        "..",
        ".",
        "a/../../b",
        "@input",
        "CON:",
        "a\\b",
        "x" * 500,
        "é",
        "~",
        "a.",
        "\n",
        "%2E",
        "@=x",
        "*",
    ],
)
def test_names_of_tensors_stay_in_their_folder(root: Path, tensor: str) -> None:
    entry = store(tensor=tensor)
    assert entry.path.parent == root / "hub" / "owner--name" / COMMIT
    assert entry.path.name.strip(".") and len(entry.path.name) < 128 and entry.path.name.isascii()
    found = cache.find(REPO)
    assert found is not None and found.tensor == tensor
    cache.verify(found)


def test_revisions_stay_in_their_folder(root: Path) -> None:
    store(revision="refs/pr/1")
    assert [path.name for path in (root / "hub/owner--name/refs").iterdir()] == ["refs%2Fpr%2F1"]
    assert cache.resolve(REPO, "refs/pr/1") == COMMIT
    for commit in ("../../x", "main", "A" * 40, ""):
        with pytest.raises(SourceError, match="no commit"):
            store(commit=commit)


def stop(write: Write) -> None:
    write(0, b"12")
    raise KeyboardInterrupt


def short(write: Write) -> None:
    write(0, bytes(MATRIX.nbytes - 1))


def long(write: Write) -> None:
    write(0, bytes(MATRIX.nbytes + 1))


@pytest.mark.parametrize(
    ("bad", "error"), [(stop, KeyboardInterrupt), (short, SourceError), (long, SourceError)]
)
def test_a_failure_leaves_nothing(root: Path, bad: Any, error: type[BaseException]) -> None:
    with pytest.raises(error):
        store(fill=bad)
    assert files(root) == [] and not list((root / "tmp").iterdir())


def test_tensors_beside_the_matrix_are_kept_with_it() -> None:
    scales = np.arange(6, dtype="<f4").tobytes()

    def both(write: Write) -> None:
        write(MATRIX.nbytes, scales)
        fill(write)

    beside = [TensorInfo("wte.scales", (6, 1), "F32", 0, len(scales))]
    entry = store(fill=both, beside=beside)
    found = cache.find(REPO)
    assert found is not None and found.sha256 == entry.sha256 and found.beside == entry.beside
    with SafetensorsFile(found.tensor_file) as file:
        np.testing.assert_array_equal(file.array("wte.weight"), MATRIX)
        assert file.raw("wte.scales").tobytes() == scales
    cache.verify(found)
    with pytest.raises(SourceError, match="incomplete"):
        store(commit=OTHER, beside=beside)
    raw = bytearray(entry.tensor_file.read_bytes())
    raw[-1] ^= 1
    entry.tensor_file.write_bytes(raw)
    with pytest.raises(FormatError, match="SHA-256"):
        cache.verify(found)


@pytest.mark.parametrize("name", ["tensor.safetensors", "tokenizer.json"])
def test_changes_are_noticed(name: str) -> None:
    entry = store()
    raw = bytearray((entry.path / name).read_bytes())
    raw[-1] ^= 1
    (entry.path / name).write_bytes(raw)
    with pytest.raises(FormatError, match=rf"{name} .*SHA-256.*fetch it again"):
        cache.verify(entry)


def test_damage_is_no_entry_and_is_replaced(root: Path) -> None:
    entry = store()
    about = json.loads((entry.path / "entry.json").read_text())
    tensor = (entry.path / "tensor.safetensors").read_bytes()
    changes: list[dict[str, Any]] = [
        {"version": 99}, {"shape": None}, {"shape": ["x"]}, {"bytes": "many"}, {"files": 3},
        {"extra": 1}, {"beside": 3}, {"beside": {"a": ["F32"]}},
        {"files": {"gone.json": ""}}, {"bytes": 1},
        {"tensor": None}, {"license": 0}, {"found": {}},
        {"repo": 3}, {"repo": "owner/other"}, {"repo": "a--b"}, {"commit": OTHER}, {"revision": []},
        {"sha256": "x"}, {"sha256": 3}, {"date": None}, {"bytes": float(MATRIX.nbytes)},
        {"files": {"tokenizer.json": "0"}}, {"files": {"../@input": "0" * 64}},
    ]  # fmt: skip
    texts = [json.dumps(about | change).encode() for change in changes]
    for text in [*texts, b"", b"[]", b"\xff", b"{" * 10_000, b"3"]:
        (entry.path / "entry.json").write_bytes(text)
        assert cache.find(REPO) is None and cache.entries() == []
        store()
        assert cache.find(REPO) is not None
    (entry.path / "tensor.safetensors").write_bytes(tensor[:-1])
    assert cache.find(REPO) is None
    store()
    good = json.loads((entry.path.parent / "@input").read_text())
    wrong: list[dict[str, Any]] = [
        {"name": 3}, {"norm": 0}, {"layout": None}, {"tied": 1}, {"notes": [3]}, {"notes": 3}, {"x": 1},
    ]  # fmt: skip
    pointers = [json.dumps(good | change).encode() for change in wrong]
    for pointer in (*pointers, b"", b"{}", b"\xff", b"[1]", b"[" * 10**5):
        store()
        (entry.path.parent / "@input").write_bytes(pointer)
        assert cache.find(REPO) is None
    assert not list((root / "tmp").iterdir())


def test_a_small_file_that_was_changed_is_told_and_fetched_again() -> None:
    """And a header; whoever loads a model never gets another vocabulary or type than was fetched."""
    entry = store()
    norm = TensorInfo("ln_f.weight", (4,), "F16")
    for name, old, new in (
        ("tokenizer.json", b"{}", b"[]"), ("tensor.safetensors", b"F16", b"I16"),
        ("tensor.safetensors", b"[6,4]", b"[4,6]"), ("norm.safetensors", b"normnorm", b"norm****"),
    ):  # fmt: skip
        cache_writer.store_norm(entry, norm, b"normnorm")
        assert cache.find(REPO) is not None
        path = entry.path / name
        path.write_bytes(path.read_bytes().replace(old, new))
        with case(name, old):
            assert cache.find(REPO) is None and cache.kept(REPO, COMMIT, "wte.weight") is None
            assert cache.entries() == [entry]  # of which `cache verify` says
            with pytest.raises(FormatError, match=rf"{name} .*SHA-256"):
                cache.verify(entry)
            entry = store()
            assert cache.find(REPO) is not None
            cache.verify(entry)


def test_the_first_of_two_wins() -> None:
    barrier = threading.Barrier(4)
    found: list[Any] = []

    def slow(write: Write) -> None:
        fill(write)
        barrier.wait(10)

    threads = [threading.Thread(target=lambda: found.append(store(fill=slow))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 4 and cache.entries() == [found[0]]


def test_removing() -> None:
    first, second = store(revision="v1"), store(commit=OTHER)
    third = store(repo="owner/other")
    assert cache_writer.remove("owner/none") == [] and cache_writer.remove(f"{REPO}@v7") == []
    assert cache_writer.remove(f"{REPO}@v1") == [first]
    assert cache.resolve(REPO, "v1") is None and cache.entries() == [second, third]
    assert cache_writer.remove(REPO) == [second]
    assert cache.entries() == [third] and cache.find(REPO) is None


def test_what_killed_processes_left_goes_after_a_day(root: Path) -> None:
    old, new = root / "tmp" / "1-old", root / "tmp" / "2-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "tensor.safetensors").write_bytes(b"x")
    past = time.time() - 2 * 24 * 3600
    for path in (old / "tensor.safetensors", old):
        os.utime(path, (past, past))
    os.utime(new, (past, past))  # the folder is old, but what is in it still grows
    store()
    assert [path.name for path in (root / "tmp").iterdir()] == ["2-new"]


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache.cache_root() == tmp_path / "cache"
    monkeypatch.delenv("TOKENSPHERE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_root() == tmp_path / "xdg" / "tokensphere"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    if sys.platform != "win32":
        assert cache.cache_root() == tmp_path / ".cache" / "tokensphere"


def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(SourceError, match="set TOKENSPHERE_CACHE"):
        store()
    assert cache.entries() == [] and cache.find(REPO) is None
