from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cases import case
from tests.formats.made import safetensors_bytes
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.sharded import ShardedFile

MATRIX = np.random.default_rng(7).standard_normal((5, 4)).astype(np.float32)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def index(tmp_path: Path, weight_map: object) -> Path:
    content = json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}).encode()
    return write(tmp_path / "model.safetensors.index.json", content)


def test_shards_are_opened_only_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "1.safetensors", safetensors_bytes({"a": MATRIX}))
    path = index(tmp_path, {"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"})
    with ShardedFile(path) as file:
        assert list(file.tensors) == ["a", "b", "c"]
        assert "b" in file.tensors
        assert len(file.tensors) == 3
        assert file.tensors["a"].shape == (5, 4)
        assert np.array_equal(file.matrix("a"), MATRIX)
        assert np.array_equal(file.array("a"), MATRIX)
        assert file.raw("a").tobytes() == MATRIX.tobytes()
        with pytest.raises(SourceError, match=r"2\.safetensors is missing.*download it"):
            file.raw("b")
        with pytest.raises(FormatError, match="lacks tensor 'c'"):
            file.raw("c")
        with pytest.raises(SourceError, match="no tensor 'd'"):
            file.raw("d")
        with pytest.raises(KeyError):
            file.tensors["d"]


NAMES = [
    "../x", "a/b", "/etc/passwd", "..", ".", "", "a\\b", "C:x", "C:\\x", "a\0b", "a\nb", 5, None, ["x"],
]  # fmt: skip


def test_an_index_names_files_of_its_own_folder_only(tmp_path: Path) -> None:
    for name in NAMES:
        with case(name), pytest.raises(FormatError, match="no file of its own folder"):
            ShardedFile(index(tmp_path, {"a": "fine.safetensors", "b": name}))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"weight_map": []}', b'{"weight_map": {}}', b"\xff"]
)
def test_a_damaged_index(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FormatError):
        ShardedFile(write(tmp_path / "i.json", content))


def test_an_absent_index(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot open"):
        ShardedFile(tmp_path / "i.json")
