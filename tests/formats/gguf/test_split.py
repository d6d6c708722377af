"""Models in several GGUF files; which are read and which are refused stands in ``tests/files``."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.damage import changed, read_or_refused
from tests.files.of_ties_and_shards import E, G, gguf, split_gguf
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.split import SplitGGUF, open_gguf, whole_name


def test_all_tensors_of_all_files(tmp_path: Path) -> None:
    paths = split_gguf(tmp_path)
    for path in paths:
        with open_gguf(path) as file:
            assert isinstance(file, SplitGGUF) and file.path == paths[0]
            assert set(file.tensors) == {
                "token_embd.weight", "blk.0.ffn_up.weight", "output.weight", "output_norm.weight",
            }  # fmt: skip
            assert file.metadata["split.no"] == 0 and "tokenizer.ggml.tokens" in file.metadata
            np.testing.assert_array_equal(file.matrix("token_embd.weight"), E)
            np.testing.assert_array_equal(file.array("output_norm.weight"), G)


def test_a_file_that_counts_to_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "m-00001-of-00001.gguf"
    path.write_bytes(gguf({"token_embd.weight": E}, split=(0, 1, 1)))
    with open_gguf(path) as file:
        assert isinstance(file, GGUFFile)
    assert whole_name(path) == "m" and whole_name(tmp_path / "a.b.gguf") == "a.b"


def test_the_same_tensor_twice(tmp_path: Path) -> None:
    for number in (1, 2):
        content = gguf({"token_embd.weight": E}, vocabulary=number == 1, split=(number - 1, 2, 2))
        (tmp_path / f"m-0000{number}-of-00002.gguf").write_bytes(content)
    with pytest.raises(FormatError, match=r"both have 'token_embd\.weight'"):
        open_gguf(tmp_path / "m-00001-of-00002.gguf")


def survive(folder: Path, trials: int) -> None:
    paths = split_gguf(folder)
    wholes = [path.read_bytes() for path in paths]
    rng = np.random.default_rng(4)

    def damaged() -> list[bytes]:
        return [changed(wholes[n % 3], rng, 0, 1, 2, 3, 255) for n in range(trials)]

    turn = iter(range(trials))

    def read(content: bytes) -> None:
        number = next(turn) % 3
        paths[number].write_bytes(content)
        try:
            with open_gguf(paths[0]) as file:
                for name, info in file.tensors.items():
                    if info.float_type is not None and all(info.shape):
                        file.stored(name).float32()
        finally:
            paths[number].write_bytes(wholes[number])

    read_or_refused(read, damaged())


def test_damage_is_told(tmp_path: Path) -> None:
    survive(tmp_path, 300)


@pytest.mark.fuzz
def test_many_mutations_never_escape(tmp_path: Path) -> None:
    survive(tmp_path, 20_000)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    paths = split_gguf(tmp_path)
    shutil.move(paths[0], tmp_path / "elsewhere")
    with pytest.raises(SourceError, match=r"m-Q8_0-00001-of-00003\.gguf is missing in"):
        open_gguf(paths[2])
