from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.damage import changed, read_or_refused
from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.arrays import load_arrays

VECTORS = np.arange(6.0).reshape(3, 2)
WORDS = ["a", " b", "日本"]


def save(tmp_path: Path, **arrays: Any) -> Path:
    np.savez(tmp_path / "a.npz", **arrays)
    return tmp_path / "a.npz"


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_archive_with_tokens(tmp_path: Path, dtype: str, order: Any) -> None:
    path = save(tmp_path, vectors=VECTORS.astype(dtype, order=order), tokens=np.array(WORDS))
    space = load_arrays(path)
    assert space.vectors.dtype == np.float32 and space.vectors.flags.c_contiguous
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.vocabulary.tokens == [word.encode() for word in WORDS]
    assert space.provenance.model == "a" and space.provenance.dtype == str(np.dtype(dtype))


def test_tokens_as_bytes_and_compressed(tmp_path: Path) -> None:
    tokens = np.array([b"\xff", b"b", b"\xc3\xa9"])
    np.savez_compressed(tmp_path / "c.npz", vectors=VECTORS, tokens=tokens)
    assert load_arrays(tmp_path / "c.npz").vocabulary.tokens == tokens.tolist()


def test_tokens_of_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VECTORS)
    (tmp_path / "t.json").write_text(json.dumps(WORDS))
    space = load_arrays(tmp_path / "v.npy", tmp_path / "t.json", name="mine")
    assert space.vocabulary.tokens == [word.encode() for word in WORDS]
    assert space.provenance.model == "mine"
    with pytest.raises(SourceError, match="no tokens"):
        load_arrays(tmp_path / "v.npy")


def test_values_beyond_float32_become_infinite(tmp_path: Path) -> None:
    path = save(tmp_path, vectors=np.array([[1e300, 1.0]]), tokens=np.array(["a"]))
    assert np.isinf(load_arrays(path).vectors[0, 0])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": VECTORS}, "no array 'vectors'; it has 'x'"),
        ({"vectors": VECTORS[0], "tokens": np.array(["a"])}, "shape"),
        ({"vectors": VECTORS[:0], "tokens": np.array([], dtype="U1")}, "shape"),
        ({"vectors": VECTORS > 1, "tokens": np.array(WORDS)}, "type bool"),
        ({"vectors": VECTORS, "tokens": np.arange(3)}, "texts or bytes"),
        ({"vectors": VECTORS, "tokens": np.array(["a"])}, "3 vectors, but there are 1 tokens"),
        ({"vectors": VECTORS, "tokens": np.array(WORDS, dtype=object)}, "Python objects"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        load_arrays(save(tmp_path, **arrays))


def test_claims_of_size_are_not_believed(tmp_path: Path) -> None:
    header = io.BytesIO()
    claim = {"descr": "<f4", "fortran_order": False, "shape": (2**40, 2**10)}
    np.lib.format.write_array_header_1_0(header, claim)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("vectors.npy", header.getvalue())
    with pytest.raises(FormatError, match="too few"):
        load_arrays(tmp_path / "a.npz")


def test_missing_files(tmp_path: Path) -> None:
    for name in ("none.npz", "."):
        with pytest.raises(SourceError, match="cannot open"):
            load_arrays(tmp_path / name)


def damaged_files(tmp_path: Path, count: int) -> None:
    path = save(tmp_path, vectors=VECTORS, tokens=np.array(WORDS))
    whole = path.read_bytes()
    np.savez_compressed(path, vectors=VECTORS, tokens=np.array(WORDS))
    samples = [whole, path.read_bytes()]
    rng = np.random.default_rng(2)

    def read(content: bytes) -> None:
        path.write_bytes(content)
        load_arrays(path)

    read_or_refused(read, (changed(samples[i % 2], rng, low=2) for i in range(count)))


def test_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 400)


@pytest.mark.fuzz
def test_much_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 20_000)
