from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.damage import changed, read_or_refused
from tests.formats.made import Tensors, ct2_quantised, ctranslate2
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.ctranslate2 import CTranslate2File
from tokensphere.formats.tensors import digest

WEIGHT = "decoder/embeddings/weight"


def opened(tmp_path: Path, content: bytes) -> CTranslate2File:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    return CTranslate2File(path)


def random_matrix(n: int = 40, d: int = 16) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((n, d)).astype(np.float32)


@pytest.mark.parametrize(("dtype", "numpy_dtype"), [("float32", "<f4"), ("float16", "<f2")])
def test_floats_are_exact(tmp_path: Path, dtype: str, numpy_dtype: str) -> None:
    matrix = random_matrix().astype(numpy_dtype)
    with opened(tmp_path, ctranslate2({WEIGHT: (dtype, matrix.shape, matrix.tobytes())})) as file:
        assert file.spec == "TestSpec"
        assert (file.tensors[WEIGHT].dtype, file.tensors[WEIGHT].shape) == (dtype, (40, 16))
        np.testing.assert_array_equal(file.matrix(WEIGHT), matrix.astype(np.float32))
        assert file.raw(WEIGHT).tobytes() == matrix.tobytes()
        assert len(digest(file, WEIGHT)) == 64


def test_bfloat16_is_the_upper_half_of_float32(tmp_path: Path) -> None:
    matrix = random_matrix()
    halves = (matrix.view("<u4") >> 16).astype("<u2")
    expected = (halves.astype("<u4") << 16).view("<f4")
    with opened(tmp_path, ctranslate2({WEIGHT: ("bfloat16", matrix.shape, halves.tobytes())})) as file:
        np.testing.assert_array_equal(file.matrix(WEIGHT), expected)


def test_int8_is_divided_by_the_scale_of_its_row(tmp_path: Path) -> None:
    matrix = random_matrix(3000, 64) * np.float32(0.02)
    with opened(tmp_path, ctranslate2(ct2_quantised(WEIGHT, matrix))) as file:
        found = file.matrix(WEIGHT)
    step = np.abs(matrix).max(axis=1, keepdims=True) / 127
    assert (np.abs(found - matrix) <= step * 0.501).all()


def test_int16_has_one_scale_for_all(tmp_path: Path) -> None:
    values = np.arange(-6, 6, dtype="<i2").reshape(4, 3)
    variables: Tensors = {"w": ("int16", (4, 3), values.tobytes())}
    scaled: Tensors = {**variables, "w_scale": ("float32", (), struct.pack("<f", 8))}
    with opened(tmp_path, ctranslate2(scaled)) as file:
        np.testing.assert_array_equal(file.matrix("w"), values / np.float32(8))
    with opened(tmp_path, ctranslate2(variables)) as file:  # as old versions wrote it
        np.testing.assert_array_equal(file.matrix("w"), values / np.float32(1000))


def test_another_name_is_the_same_matrix(tmp_path: Path) -> None:
    content = ctranslate2(ct2_quantised(WEIGHT, random_matrix()), {"decoder/projection/weight": WEIGHT})
    with opened(tmp_path, content) as file:
        np.testing.assert_array_equal(file.matrix("decoder/projection/weight"), file.matrix(WEIGHT))
        assert file.tensors["decoder/projection/weight"].offset == file.tensors[WEIGHT].offset


@pytest.mark.parametrize("version", [2, 3, 4, 5, 6])
def test_versions(tmp_path: Path, version: int) -> None:
    matrix = random_matrix()
    with opened(
        tmp_path, ctranslate2({WEIGHT: ("float32", (40, 16), matrix.tobytes())}, None, version)
    ) as file:
        np.testing.assert_array_equal(file.matrix(WEIGHT), matrix)


@pytest.mark.parametrize("version", [0, 1, 7, 255])
def test_other_versions_are_refused(tmp_path: Path, version: int) -> None:
    with pytest.raises(SourceError, match=f"version {version},"):
        opened(tmp_path, ctranslate2({}, None, version))


GOOD: Tensors = {"w": ("float32", (1, 2), bytes(8))}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "too short"),
        (b"GGUF" + bytes(40), "version 1179993927"),
        (ctranslate2(GOOD)[:-1], "missing"),
        (ctranslate2(GOOD) + b"x", "1 bytes after its end"),
        (ctranslate2({"w": ("float32", (2, 2), bytes(8))}), "takes 16"),
        (ctranslate2({"w": ("float32", (2**31, 2**31), bytes(8))}), "takes 18,446,744,073,709,551,616"),
        (
            ctranslate2(GOOD).replace(struct.pack("<BI", 0, 8), struct.pack("<BI", 9, 8)),
            "unknown type 9",
        ),
        (ctranslate2(GOOD).replace(b"w\0\x02", b"wx\x02"), "one zero byte"),
        (ctranslate2(GOOD, {"v": "u"}), "not there"),
        (ctranslate2(GOOD, {"w": "w"}), "taken"),
        (ctranslate2({**GOOD, "v": GOOD["w"]}).replace(b"v\0", b"w\0"), "two variables 'w'"),
        (ctranslate2(GOOD)[:17] + b"\xff\xff\xff\xff" + ctranslate2(GOOD)[21:], "more than it can hold"),
    ],
)
def test_damage_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        opened(tmp_path, content)


def test_what_is_no_matrix(tmp_path: Path) -> None:
    variables: Tensors = {
        "scalar": ("int8", (), b"\1"),
        "row": ("float32", (2,), bytes(8)),
        "empty": ("float32", (0, 2), b""),
        "ints": ("int32", (1, 2), bytes(8)),
        "bare": ("int8", (1, 2), bytes(2)),
        "odd": ("int8", (2, 1), bytes(2)),
        "odd_scale": ("float32", (3,), bytes(12)),
    }
    with opened(tmp_path, ctranslate2(variables)) as file:
        for name in ("scalar", "row", "empty", "ints"):
            with pytest.raises(SourceError, match="not a matrix"):
                file.matrix(name)
        with pytest.raises(FormatError, match="lacks 'bare_scale'"):
            file.matrix("bare")
        with pytest.raises(FormatError, match="for 2 rows"):
            file.matrix("odd")
        with pytest.raises(SourceError, match="no variable 'x'"):
            file.raw("x")
    with pytest.raises(SourceError, match="cannot open"):
        CTranslate2File(tmp_path / "none")


def damaged_files(tmp_path: Path, count: int) -> None:
    rng = np.random.default_rng(8)
    whole = ctranslate2(
        {**ct2_quantised(WEIGHT, random_matrix(6, 4)), "b": ("float16", (2, 2), bytes(8))},
        {"decoder/projection/weight": WEIGHT},
    )

    def files() -> Iterator[bytes]:
        for _ in range(count):
            content = changed(whole, rng, 0, 1, 2, 255)
            yield content[: int(rng.integers(0, len(content)))] if rng.random() < 0.2 else content

    def read(content: bytes) -> None:
        with opened(tmp_path, content) as file:
            for name in file.tensors:
                file.matrix(name)

    read_or_refused(read, files())


def test_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 400)


@pytest.mark.fuzz
def test_much_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 20_000)
