from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import case
from tokensphere.errors import SourceError
from tokensphere.sources.cache.arrays import FOLDERS, Kept, NullFiles, kept_arrays, remove_arrays
from tokensphere.sources.cache.entries import cache_root

KEY = {"what": "test", "seed": 0, "centered": True, "tensor": None, "level": 0.05}
DRAWS: dict[str, npt.NDArray[Any]] = {
    "p": np.linspace(0, 1, 50),
    "ids": np.arange(150, dtype=np.int32).reshape(50, 3),
}


def same(found: dict[str, np.ndarray] | None) -> bool:
    return found is not None and all(
        found[name].dtype == want.dtype and np.array_equal(found[name], want)
        for name, want in DRAWS.items()
    )


def test_what_is_put_is_there_for_the_same_key_only(tmp_path: Path) -> None:
    store = NullFiles(tmp_path / "a" / "nulls")
    assert store.get(KEY) is None
    store.put(KEY, DRAWS)
    assert same(store.get(KEY)) and same(NullFiles(store.folder).get(dict(reversed(KEY.items()))))
    for other in (KEY | {"seed": 1}, KEY | {"more": 1}, {}, KEY | {"tensor": "x"}):
        assert store.get(other) is None
    store.put(KEY, {"p": np.zeros(2)})
    found = store.get(KEY)
    assert found is not None and set(found) == {"p"} and found["p"].tolist() == [0, 0]
    assert [path.name for path in store.folder.iterdir()] == [store.path(KEY).name]


def test_the_key_inside_is_compared(tmp_path: Path) -> None:
    store = NullFiles(tmp_path)
    store.put(KEY, DRAWS)
    with zipfile.ZipFile(store.path(KEY)) as members:
        about = json.loads(members.read("key.json"))
        assert about["key"] == KEY and about["sha256"].keys() == {"ids", "p"}
    store.path(KEY).rename(store.path({"other": 1}))
    assert store.get({"other": 1}) is None


def test_numpy_can_read_the_file(tmp_path: Path) -> None:
    store = NullFiles(tmp_path)
    store.put(KEY, DRAWS)
    with np.load(store.path(KEY)) as arrays:
        assert np.array_equal(arrays["ids"], DRAWS["ids"])


def test_damage_is_as_good_as_no_file(tmp_path: Path) -> None:
    """Every byte changed, every length cut: the draws as they were, or none, and no error."""
    store = NullFiles(tmp_path)
    store.put(KEY, {"p": np.linspace(0, 1, 7)})
    path = store.path(KEY)
    raw = path.read_bytes()
    none = 0
    for place in range(len(raw)):
        for damaged in (
            raw[:place],
            raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :],
        ):
            path.write_bytes(damaged)
            found = store.get(KEY)
            none += found is None
            assert found is None or found.keys() == {"p"}
            assert found is None or np.array_equal(found["p"], np.linspace(0, 1, 7))
    assert none > len(raw)  # all that are cut, and most others
    path.unlink()
    path.mkdir()
    assert store.get(KEY) is None


def test_arrays_that_somebody_changed_are_none(tmp_path: Path) -> None:
    """Each has its SHA-256 beside the key, whatever the archive says of itself."""
    store = NullFiles(tmp_path)
    store.put(KEY, DRAWS)
    with zipfile.ZipFile(store.path(KEY)) as members:
        about = json.loads(members.read("key.json"))
    ids, p = DRAWS["ids"], DRAWS["p"]
    wrong = ids.copy()
    wrong[3, 1] = 7
    changes: list[dict[str, npt.NDArray[Any]]] = [
        {"ids": wrong}, {"ids": ids.astype(np.int64)}, {"ids": ids[:-1]}, {"ids": ids.reshape(75, 2)},
        {"p": p[::-1]}, {"p": ids, "ids": p}, {"p": p.astype(object)},
    ]  # fmt: skip
    deep = b"[" * 10**5
    for change in ({}, *changes):
        for said in (json.dumps(about).encode(), b"", b"[]", deep) if not change else (None,):
            with zipfile.ZipFile(store.path(KEY), "w") as members:
                members.writestr("key.json", json.dumps(about).encode() if said is None else said)
                for name, array in {**DRAWS, **change}.items():
                    with members.open(f"{name}.npy", "w") as member:
                        np.lib.format.write_array(member, array)
            with case(change, said):
                found = store.get(KEY)
                assert same(found) if said and said.startswith(b"{") else found is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    store = NullFiles(blocked / "nulls")
    store.put(KEY, DRAWS)
    assert store.get(KEY) is None and blocked.read_text() == "no folder"


@pytest.mark.skipif(sys.platform == "win32", reason="a folder of that name cannot be replaced there")
def test_what_cannot_be_renamed_leaves_nothing_behind(tmp_path: Path) -> None:
    store = NullFiles(tmp_path)
    store.path(KEY).mkdir()
    (store.path(KEY) / "x").touch()
    store.put(KEY, DRAWS)
    assert [path.name for path in tmp_path.iterdir()] == [store.path(KEY).name]


def test_the_default_is_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    NullFiles().put(KEY, DRAWS)
    assert (cache_root() / "nulls").parent == tmp_path and same(NullFiles().get(KEY))


def test_folders_are_told_and_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    assert kept_arrays() == [] and remove_arrays("nulls") == Kept("nulls", 0, 0)
    store, labels = NullFiles(), NullFiles(tmp_path / "labels")
    store.put(KEY, DRAWS)
    store.put({}, DRAWS)
    labels.put(KEY, DRAWS)
    (store.folder / "0.npz.f00d").write_bytes(b"left by a process that was killed")
    (store.folder / "notes.txt").write_text("not ours")
    sizes = [sum(path.stat().st_size for path in tmp_path.glob(f"{name}/*.npz*")) for name in FOLDERS]
    assert kept_arrays() == [Kept("nulls", 3, sizes[0]), Kept("labels", 1, sizes[1])]
    assert remove_arrays("nulls") == Kept("nulls", 3, sizes[0])
    assert store.get(KEY) is None and same(labels.get(KEY))
    assert kept_arrays() == [Kept("labels", 1, sizes[1])]
    assert [path.name for path in store.folder.iterdir()] == ["notes.txt"]
    surveys = tmp_path / "surveys"
    surveys.mkdir()
    for name in ("0.parquet", ".0.parquet.lock"):
        (surveys / name).write_bytes(b"12345")
    assert kept_arrays()[1] == remove_arrays("surveys") == Kept("surveys", 2, 10)
    assert not list(surveys.iterdir())


def test_a_file_that_cannot_be_removed_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    (tmp_path / "nulls" / "0.npz" / "in the way").mkdir(parents=True)
    with pytest.raises(SourceError, match=r"cannot remove .*0\.npz.*by hand"):
        remove_arrays("nulls")
