"""What a file is, by its content; each format of the table opens, and none takes another's files."""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cases import case
from tests.directions import direction_files
from tests.formats.made import ctranslate2, safetensors_bytes
from tokensphere.errors import SourceError
from tokensphere.formats.recognise import FORMATS, recognise
from tokensphere.formats.tensors import TensorFile

MATRIX = np.arange(64, dtype=np.float32).reshape(2, 32)
ARRAYS = {"w": MATRIX}
MAKERS: dict[str, Callable[[Path], Path]] = {
    "GGUF": lambda folder: direction_files.gguf(folder / "x", ARRAYS),
    "safetensors": lambda folder: direction_files.FORMATS["safetensors-F32"](folder, ARRAYS),
    "an index of safetensors": lambda folder: direction_files.sharded(folder, ARRAYS),
    "CTranslate2 (model.bin)": lambda folder: direction_files.FORMATS["ctranslate2-float32"](
        folder, ARRAYS
    ),
    "PyTorch (.bin, .pt)": lambda folder: direction_files.FORMATS["torch-float32"](folder, ARRAYS),
    "NumPy (.npy, .npz)": lambda folder: direction_files.FORMATS["npz"](folder, ARRAYS),
}


def name_of(tmp_path: Path, content: bytes, name: str = "blob") -> str:
    (tmp_path / name).write_bytes(content)
    return recognise(tmp_path / name)[1].name


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_every_reader_opens_its_format_under_any_name(tmp_path: Path, known: object) -> None:
    name = getattr(known, "name", "")
    if name not in MAKERS:
        assert getattr(known, "reader", "") is None  # words are no names of tensors
        return
    path = MAKERS[name](tmp_path)
    for other in ("blob", "x.gguf", "x.safetensors", "x.txt", "x.index.json", "x.npy", "x.bin"):
        copy = tmp_path / other
        copy.write_bytes(path.read_bytes())
        file, found = recognise(copy)
        assert (file, found.name) == (copy, name)
        with found.open(file) as tensors:
            assert isinstance(tensors, TensorFile)
            np.testing.assert_array_equal(tensors.matrix("w"), MATRIX)
            np.testing.assert_array_equal(tensors.stored("w").along(1, 0, 2), MATRIX)
            np.testing.assert_array_equal(tensors.stored("w").along(0, 3, 5), MATRIX.T[3:5])


def test_archives_are_told_apart_by_their_members(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", w=MATRIX)
    whole = (tmp_path / "x.npz").read_bytes()
    torch = whole.replace(b"w.npy", b"/data.pkl"[:5])  # not a member of either kind
    assert name_of(tmp_path, whole, "a.pt") == "NumPy (.npy, .npz)"
    assert name_of(tmp_path, whole[:-40], "b.pt") == "NumPy (.npy, .npz)"  # cut short
    for name in ("c.pt", "d.dat"):
        with pytest.raises(SourceError, match=r"compressed \(zip\); inside is NumPy"):
            name_of(tmp_path, torch, name)


def test_pickles_are_pytorchs_only_with_its_number(tmp_path: Path) -> None:
    number = 0x1950A86A20F9469CFC6C
    for protocol in (2, 3, 4, 5):
        with case(protocol):
            assert name_of(tmp_path, pickle.dumps(number, protocol)) == "PyTorch (.bin, .pt)"
            with pytest.raises(SourceError, match="a pickle of Python"):
                name_of(tmp_path, pickle.dumps({"a": 1}, protocol))


def test_word_vectors_by_their_first_line(tmp_path: Path) -> None:
    words = "word vectors (.txt, .vec, .bin)"
    for content in (
        b"2 3\na 1 2 3\n", b" 2\t3 \r\na \0\0", b"the 0.1 -2e-3 .5\n", b"New York 1 2"[4:],
        gzip.compress(b"the 1 2\n"),
    ):  # fmt: skip
        with case(content):
            assert name_of(tmp_path, content) == words
    for content in (b"1,2,3\n", b"1 2 3\n", b"hello\n", b"two words\n", b"a 1\n", b"\0\1\2", b"{}"):
        with case(content):
            with pytest.raises(SourceError, match="no known format"):
                name_of(tmp_path, content)
            assert name_of(tmp_path, content, "x.VEC") == words


def test_an_ending_settles_what_no_content_does(tmp_path: Path) -> None:
    for name, expected in {
        "x.gguf": "GGUF", "x.SAFETENSORS": "safetensors", "m.index.json": "an index of safetensors",
        "x.pth": "PyTorch (.bin, .pt)", "x.npy": "NumPy (.npy, .npz)",
        "x.bin": "word vectors (.txt, .vec, .bin)",
    }.items():  # fmt: skip
        with case(name):
            assert name_of(tmp_path, b"damaged", name) == expected
            assert name_of(tmp_path, safetensors_bytes(ARRAYS), name) == "safetensors"
            assert name_of(tmp_path, ctranslate2({}), name) == "CTranslate2 (model.bin)"
