from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cases import case
from tests.damage import changed, read_or_refused
from tests.formats.made import safetensors_bytes
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.parts import Part, part_of, parts_in
from tokensphere.formats.sharded import ShardedFile, open_safetensors

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


def test_what_names_count() -> None:
    assert part_of("model-00001-of-00003.safetensors") == Part("model-", 1, 3, ".safetensors")
    assert part_of("model_00-of-02.fp16.bin") == Part("model_", 0, 2, ".fp16.bin")
    for name in ("model.safetensors", "a-4-of-3.bin", "-1-of-2.bin", "one-of-two.bin", "out-of-3.gguf"):
        assert part_of(name) is None
    names = [f"m-{number}-of-3.bin" for number in (3, 1, 2)] + ["m-1-of-2.bin", "n-1-of-3.bin"]
    assert parts_in(names, "m-2-of-3.bin", "here") == ["m-1-of-3.bin", "m-2-of-3.bin", "m-3-of-3.bin"]
    assert parts_in(names, "other.bin", "here") == ["other.bin"]
    with pytest.raises(SourceError, match=r"m-2-of-2\.bin is missing in here; download it"):
        parts_in(names, "m-1-of-2.bin", "here")


def test_the_same_tensor_in_two_files(tmp_path: Path) -> None:
    paths = [tmp_path / f"m-{number}-of-2.safetensors" for number in (1, 2)]
    for path in paths:
        write(path, safetensors_bytes({"a": MATRIX}))
    with pytest.raises(FormatError, match="both have 'a'"):
        open_safetensors(paths[1])


def survive(folder: Path, trials: int) -> None:
    """A file of a model whose index is damaged."""
    path = write(folder / "1.safetensors", safetensors_bytes({"a": MATRIX}))
    write(folder / "2.safetensors", safetensors_bytes({"b": MATRIX}))
    whole = index(folder, {"a": "1.safetensors", "b": "2.safetensors"}).read_bytes()
    rng = np.random.default_rng(6)

    def read(content: bytes) -> None:
        where = write(folder / "model.safetensors.index.json", content)
        for file in (open_safetensors(path), ShardedFile(where)):
            with file:
                for name in list(file.tensors):
                    file.matrix(name)

    read_or_refused(read, (changed(whole, rng, *b'"{}:,12./\\') for _ in range(trials)))


def test_a_damaged_index_beside_a_file(tmp_path: Path) -> None:
    survive(tmp_path, 300)


@pytest.mark.fuzz
def test_many_damaged_indices(tmp_path: Path) -> None:
    survive(tmp_path, 20_000)
