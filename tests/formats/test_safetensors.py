from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cases import case
from tests.formats.made import Tensors, bf16, file_of, safetensors
from tokensphere.errors import FormatError, SourceError, TokensphereError
from tokensphere.formats.safetensors import (
    SafetensorsFile,
    header_length,
    parse_header,
)

RNG = np.random.default_rng(7)
MATRIX = RNG.standard_normal((5, 4)).astype(np.float32)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def header(**changes: object) -> dict[str, Any]:
    return {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]} | changes}


@pytest.mark.parametrize("pad", range(4))
def test_every_type_reads_as_the_float32_that_it_means(tmp_path: Path, pad: int) -> None:
    halves = MATRIX.astype("<f2")
    counts = np.arange(-6, 6, dtype="<i2").reshape(3, 4)
    tensors: Tensors = {
        "f64": ("F64", (5, 4), MATRIX.astype("<f8").tobytes()),
        "f32": ("F32", (5, 4), MATRIX.tobytes()),
        "f16": ("F16", (5, 4), halves.tobytes()),
        "bf16": ("BF16", (5, 4), bf16(MATRIX)),
        "i8": ("I8", (3, 4), counts.astype("i1").tobytes()),
        "i16": ("I16", (3, 4), counts.tobytes()),
        "i64": ("I64", (3, 4), counts.astype("<i8").tobytes()),
        "empty": ("F32", (0, 4), b""),
        "u8": ("U8", (2, 2), bytes([0, 1, 254, 255])),
        "scalar": ("F32", (), b"\0\0\x80\x3f"),
    }
    with SafetensorsFile(write(tmp_path / "x.safetensors", safetensors(tensors, pad))) as file:
        assert set(file.tensors) == set(tensors)
        for name, (dtype, shape, raw) in tensors.items():
            entry = file.tensors[name]
            assert (entry.name, entry.dtype, entry.shape, entry.size) == (name, dtype, shape, len(raw))
            assert file.raw(name).tobytes() == raw
        assert np.array_equal(file.matrix("f64"), MATRIX)
        assert np.array_equal(file.matrix("f32"), MATRIX)
        assert np.array_equal(file.matrix("f16"), halves.astype(np.float32))
        assert np.all(np.abs(file.matrix("bf16") - MATRIX) <= np.abs(MATRIX) / 128)
        for name in ("i8", "i16", "i64"):
            assert np.array_equal(file.matrix(name), counts.astype(np.float32))
        assert file.matrix("u8").tolist() == [[0, 1], [254, 255]]
        assert np.array_equal(file.array("f16"), halves)
        assert file.array("scalar").item() == 1.0
        assert not file.array("f32").flags.writeable
        assert file.matrix("f32").flags.writeable


DAMAGED: list[tuple[bytes, str]] = [
    (b"", "0 bytes long"),
    (b"\x02\0\0\0\0\0\0\0{", "9 bytes long"),
    (struct.pack("<Q", 99) + b"{}", "cut short: its header has 99"),
    (struct.pack("<Q", 2**63) + b"{}", "claims a header of"),
    (file_of(b'["a"]'), "does not begin with '{'"),
    (file_of(b' {"a":1}'), "does not begin with '{'"),
    (file_of(b"{" * 50_000), "not valid JSON"),
    (file_of(b'{"a":' * 50_000), "not valid JSON"),
    (file_of(b'{"\xff": 1}'), "not valid JSON"),
    (file_of(b'{"a": NaN}'), "no number of JSON"),
    (file_of(b'{"a": 1, "a": 1}'), "a key comes twice"),
    (file_of(b'{"a": ' + b"9" * 5000 + b"}"), "not valid JSON"),
    (file_of(b'{"\\ud800": {}}'), "a name that is no text"),
    (file_of({"__metadata__": {"a": 1}}), "no object of texts"),
    (file_of({"__metadata__": []}), "no object of texts"),
    (file_of({"a": []}), "described by list"),
    (file_of(header(dtype=5), bytes(16)), "has no type"),
    (file_of(header(shape=None), bytes(16)), "no usable 'shape'"),
    (file_of(header(shape=[2, -2]), bytes(16)), "no usable 'shape'"),
    (file_of(header(shape=[2.0, 2]), bytes(16)), "no usable 'shape'"),
    (file_of(header(shape=[True, 4]), bytes(16)), "no usable 'shape'"),
    (file_of(header(shape=[1] * 100 + [4]), bytes(16)), "no usable 'shape'"),
    (file_of(header(shape=[2**64, 0]), bytes(16)), "no usable 'shape'"),
    (file_of(header(shape=[2**62, 2**62]), bytes(16)), "takes"),
    (file_of(header(shape=[2**62, 4]), bytes(16)), "takes"),
    (file_of(header(shape=[2, 3]), bytes(16)), "takes 24 bytes, but has 16"),
    (file_of(header(data_offsets=[16, 0]), bytes(16)), "no usable 'data_offsets'"),
    (file_of(header(data_offsets=[0]), bytes(16)), "no usable 'data_offsets'"),
    (file_of(header(data_offsets=[0, 2**70]), bytes(16)), "no usable 'data_offsets'"),
    (file_of(header(data_offsets=[8, 24]), bytes(24)), "follows a hole"),
    (file_of(header() | {"b": header()["a"]}, bytes(16)), "overlaps another"),
    (file_of(header(), bytes(15)), "cut short"),
    (file_of(header(), bytes(17)), "longer than it says"),
    (file_of({}, b"x"), "longer than it says"),
]


def test_damaged_files_are_told_in_one_line(tmp_path: Path) -> None:
    for content, says in DAMAGED:
        with case((says, content[:80])):
            with pytest.raises(FormatError) as caught:
                SafetensorsFile(write(tmp_path / "x.safetensors", content))
            message = str(caught.value)
            assert says in message
            assert "x.safetensors" in message
            assert "\n" not in message
            assert len(message) < 700


def test_the_order_in_the_header_is_free_and_a_file_may_be_empty(tmp_path: Path) -> None:
    both = {
        "later": {"dtype": "F32", "shape": [1], "data_offsets": [2, 6]},
        "nothing": {"dtype": "F32", "shape": [0], "data_offsets": [2, 2]},
        "first": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]},
    }
    with SafetensorsFile(write(tmp_path / "a", file_of(both, bytes(6)))) as file:
        assert list(file.tensors) == ["first", "nothing", "later"]
    with SafetensorsFile(write(tmp_path / "b", file_of({}))) as file:
        assert file.tensors == {}


def test_header_functions_need_no_file() -> None:
    content = safetensors({"a": ("F16", (1, 2), bytes(4)), "b": ("F4", (2, 3), bytes(3))})
    length = header_length(content[:8], len(content), "somewhere")
    tensors = parse_header(content[8 : 8 + length], len(content) - 8 - length, "somewhere")
    assert tensors["b"].offset + tensors["b"].size == len(content)
    assert tensors["a"].offset == 8 + length
    with pytest.raises(FormatError, match="somewhere is cut short"):
        parse_header(content[8 : 8 + length], 6, "somewhere")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    tensors: Tensors = {
        "vector": ("F32", (3,), bytes(12)),
        "later type": ("F3_E1M1", (2, 2), bytes(2)),
        "four bits": ("F4", (2, 2), bytes(2)),
        "brain": ("BF16", (1, 1), bytes(2)),
        "none": ("F32", (0, 3), b""),
    }
    path = write(tmp_path / "x.safetensors", safetensors(tensors))
    with SafetensorsFile(path) as file:
        for name, says in {
            "vector": "not a matrix", "none": "not a matrix", "later type": "stored as F3_E1M1",
            "four bits": "stored as F4",
            "absent": "no tensor 'absent'; it has vector",
        }.items():  # fmt: skip
            with pytest.raises(SourceError, match=says):
                file.matrix(name)
        with pytest.raises(SourceError, match="NumPy lacks"):
            file.array("brain")
        view = file.raw("vector")
    assert view.sum() == 0  # a view outlives the file
    with pytest.raises(SourceError, match="is closed"):
        file.raw("vector")
    with pytest.raises(SourceError, match="cannot open"):
        SafetensorsFile(tmp_path / "absent")
    with pytest.raises(SourceError, match="cannot open"):
        SafetensorsFile(tmp_path)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes changed, cut out or doubled, more often in the header than behind it."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, len(data) if rng.random() < 0.2 else min(len(data), 260)))
        kind = rng.integers(0, 5)
        if kind == 0:
            data[at] = rng.integers(0, 256)
        elif kind == 1:
            data[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 2:
            del data[at : at + int(rng.integers(1, 20))]
        elif kind == 3:
            data[at:at] = data[at : at + int(rng.integers(1, 20))]
        else:
            choices = [b"0", b"9" * 20, b"-", b"[", b"{", b'"', b"1e9", b"null", b"\xff", b"]"]
            data[at : at + 1] = choices[int(rng.integers(0, len(choices)))]
        if not data:
            break
    return bytes(data)


def survive(tmp_path: Path, rounds: int) -> None:
    rng = np.random.default_rng(11)
    whole = safetensors(
        {
            "a": ("F32", (5, 4), MATRIX.tobytes()),
            "b": ("BF16", (5, 4), bf16(MATRIX)),
            "c": ("F8_E4M3", (2, 3), bytes(6)),
        }
    )
    path, opened = tmp_path / "x.safetensors", 0
    for _ in range(rounds):
        path.write_bytes(mutated(whole, rng))
        try:
            with SafetensorsFile(path) as file:
                opened += 1
                for name in file.tensors:
                    assert file.raw(name).size < len(whole) + 100
                    assert file.matrix(name).size < len(whole) + 100
        except TokensphereError as error:
            assert "\n" not in str(error)
    assert 0 < opened < rounds


def test_mutations_never_escape(tmp_path: Path) -> None:
    survive(tmp_path, 400)


@pytest.mark.fuzz
def test_many_mutations_never_escape(tmp_path: Path) -> None:
    survive(tmp_path, 20_000)
