"""Every type against a slow loop over its blocks, written from the format's description."""

from __future__ import annotations

import builtins
import itertools
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import case
from tests.damage import changed, read_or_refused
from tokensphere.errors import FormatError, MissingExtraError, SourceError
from tokensphere.formats.gguf import strings as gguf_strings
from tokensphere.formats.gguf.quants import TENSOR_TYPES
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.strings import read_strings
from tokensphere.formats.gguf.writer import write_gguf

TYPES = {type_.name: type_ for type_ in TENSOR_TYPES.values()}
Block = Callable[[bytes], list[float]]


def half(raw: bytes) -> np.float32:
    return np.float32(np.frombuffer(raw, "<f2")[0])


def four_bits(raw: bytes) -> list[int]:
    return [byte & 15 for byte in raw] + [byte >> 4 for byte in raw]


def five_bits(high: bytes, raw: bytes) -> list[int]:
    bits = int.from_bytes(high, "little")
    return [low + 16 * (bits >> i & 1) for i, low in enumerate(four_bits(raw))]


def affine(numbers: list[int], scale: np.float32, least: np.float32) -> list[float]:
    return [float(np.float32(number) * scale + least) for number in numbers]


def linear(numbers: list[int], scale: np.float32) -> list[float]:
    return [float(np.float32(number) * scale) for number in numbers]


def q4_0(raw: bytes) -> list[float]:
    return linear([q - 8 for q in four_bits(raw[2:])], half(raw[:2]))


def q4_1(raw: bytes) -> list[float]:
    return affine(four_bits(raw[4:]), half(raw[:2]), half(raw[2:4]))


def q5_0(raw: bytes) -> list[float]:
    return linear([q - 16 for q in five_bits(raw[2:6], raw[6:])], half(raw[:2]))


def q5_1(raw: bytes) -> list[float]:
    return affine(five_bits(raw[4:8], raw[8:]), half(raw[:2]), half(raw[2:4]))


def q8_0(raw: bytes) -> list[float]:
    return linear(list(struct.unpack("<32b", raw[2:])), half(raw[:2]))


def q8_k(raw: bytes) -> list[float]:
    scale = np.float32(struct.unpack("<f", raw[:4])[0])
    return linear(list(struct.unpack("<256b", raw[4:260])), scale)


def bf16(raw: bytes) -> list[float]:
    return [float(struct.unpack("<f", b"\0\0" + raw)[0])]


def unpacked(form: str) -> Block:
    return lambda raw: [float(np.float32(struct.unpack(form, raw)[0]))]


BLOCKS: dict[str, Block] = {
    "Q4_0": q4_0, "Q4_1": q4_1, "Q5_0": q5_0, "Q5_1": q5_1, "Q8_0": q8_0, "Q8_K": q8_k,
    "BF16": bf16, "F64": unpacked("<d"), "F32": unpacked("<f"), "F16": unpacked("<e"),
    "I8": unpacked("<b"), "I16": unpacked("<h"), "I32": unpacked("<i"), "I64": unpacked("<q"),
}  # fmt: skip
FLOATS = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}


def stored(name: str, n: int, d: int, seed: int = 1) -> npt.NDArray[np.uint8]:
    """Random bytes, but with scales (or values) that are finite; shape (n, bytes per row)."""
    rng = np.random.default_rng(seed)
    type_ = TYPES[name]
    if name in FLOATS:
        return rng.standard_normal((n, d)).astype(FLOATS[name]).view(np.uint8)
    raw = rng.integers(0, 256, (n, d // type_.values, type_.bytes), dtype=np.uint8)
    for at in {"I8": (0,), "Q8_K": (2, 3), "Q4_1": (1, 3), "Q5_1": (1, 3)}.get(name, (1,)):
        raw[:, :, at] &= 0xBF  # clears the highest bit of the exponent
    return raw.reshape(n, -1)


def read(path: Path, name: str, raw: npt.NDArray[np.uint8], d: int) -> npt.NDArray[np.float32]:
    write_gguf(path, {}, {"m": (name, (len(raw), d), raw.tobytes())})
    with GGUFFile(path) as file:
        return file.matrix("m")


@pytest.mark.parametrize("name", BLOCKS)
def test_values_are_those_of_a_slow_loop(tmp_path: Path, name: str) -> None:
    d = max(64, TYPES[name].values * 2)
    raw = stored(name, 5, d)
    size = TYPES[name].bytes
    slow = [
        [value for at in range(0, len(row), size) for value in BLOCKS[name](row[at : at + size])]
        for row in map(bytes, raw)
    ]
    expected = np.array(slow, dtype=np.float64).astype(np.float32)
    found = read(tmp_path / "m.gguf", name, raw, d)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["Q4_0", "Q5_1", "Q8_0", "BF16", "F32"])
def test_pieces_do_not_matter(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = stored(name, 37, 64)
    whole = read(tmp_path / "m.gguf", name, raw, 64)
    for piece in (1, 64 * 5, 64 * 37):
        monkeypatch.setattr("tokensphere.formats.gguf.quants.PIECE", piece)
        np.testing.assert_array_equal(read(tmp_path / "m.gguf", name, raw, 64), whole)


@pytest.mark.parametrize("name", ["Q4_0", "Q5_1", "Q8_0", "Q8_K", "F16", "F64"])
def test_scales_that_are_no_numbers_give_rows_that_are_none(tmp_path: Path, name: str) -> None:
    raw = np.full_like(stored(name, 1, 256), 0xFF)
    raw[0, 0] = 0
    assert not np.isfinite(read(tmp_path / "m.gguf", name, raw, 256)).any()


OURS = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "BF16"]
THEIRS = ["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "TQ2_0", "MXFP4"]


@pytest.mark.parametrize("name", OURS)
def test_values_quantised_by_the_package_gguf(tmp_path: Path, name: str) -> None:
    gguf = pytest.importorskip("gguf")
    vectors = np.random.default_rng(2).standard_normal((300, 256)).astype(np.float32)
    kind = gguf.GGMLQuantizationType[name]
    raw = gguf.quants.quantize(vectors, kind).view(np.uint8)
    found = read(tmp_path / "m.gguf", name, raw, 256)
    np.testing.assert_array_equal(found, gguf.quants.dequantize(raw, kind))
    assert np.abs(found - vectors).max() < 0.5


@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_values_that_the_package_gguf_reads(tmp_path: Path, name: str) -> None:
    gguf = pytest.importorskip("gguf")
    raw = stored(name, 40, 512)
    with np.errstate(all="ignore"):
        expected = gguf.quants.dequantize(raw, gguf.GGMLQuantizationType[name])
    found = read(tmp_path / "m.gguf", name, raw, 512)
    np.testing.assert_array_equal(found, expected)


def test_without_gguf_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [m for m in sys.modules if m.split(".")[0] == "gguf"]:
        monkeypatch.delitem(sys.modules, module)
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.split(".")[0] == "gguf":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'tokensphere\[gguf\]'"):
        read(tmp_path / "m.gguf", "Q6_K", stored("Q6_K", 2, 256), 256)


def test_what_gguf_cannot_read_either(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    with pytest.raises(SourceError, match="Q8_1 cannot be read"):
        read(tmp_path / "m.gguf", "Q8_1", stored("Q8_1", 2, 64), 64)


def test_a_type_that_an_old_gguf_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytest.importorskip("gguf"), "GGMLQuantizationType", {})
    with pytest.raises(SourceError, match=r"MXFP4 cannot be read.*upgrade it"):
        read(tmp_path / "m.gguf", "MXFP4", stored("MXFP4", 2, 64), 64)


def table(*entries: tuple[str, int], keys: tuple[str, ...] = ()) -> bytes:
    """A file of F32 matrices of shape (1, 8) at given offsets, and metadata keys."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    head = struct.pack("<4sIQQ", b"GGUF", 3, len(entries), len(keys))
    head += b"".join(text(key) + struct.pack("<IB", 0, 7) for key in keys)
    for name, offset in entries:
        head += text(name) + struct.pack("<IQQIQ", 2, 8, 1, 0, offset)
    return head + bytes(-len(head) % 32) + bytes(256)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (table(("a", 0), ("a", 32)), "two tensors 'a'"),
        (table(("a", 0), ("b", 0)), "overlap, 'a' and 'b'"),
        (table(("a", 8), ("b", 64)), "no multiple of 32"),
        (table(("a", 0), keys=("k", "k")), "'k' twice"),
    ],
)
def test_contradictions_in_the_table(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        GGUFFile(path)
    path.write_bytes(table(("a", 0), ("b", 32), keys=("k", "l")))
    with GGUFFile(path) as file:
        assert list(file.tensors) == ["a", "b"] and file.metadata == {"k": 7, "l": 7}


def packed(texts: list[bytes]) -> bytes:
    return b"".join(struct.pack("<Q", len(text)) + text for text in texts)


def test_strings_of_any_length_and_content(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    alphabets = [b"abc", b"\0a", b"\0", b"\xff\xc3\xa9\x01", "日本".encode()]
    for round_ in range(30):
        texts = []
        for _ in range(200):
            alphabet = alphabets[int(rng.integers(0, 1 + round_ % 5))]
            size = int(
                rng.choice([0, 1, 3, 9, 40, 255, 256, 700], p=[0.05, 0.3, 0.3, 0.2, *[0.0375] * 4])
            )
            texts.append(bytes(rng.choice(list(alphabet), size=size).astype(np.uint8)))
        raw = b"before" + packed(texts) + packed([b"next"])
        want = [text.decode("utf-8", "surrogateescape") for text in texts]
        for piece, steps in itertools.product((40, 1000, 2**18), (0, 3, 64)):
            monkeypatch.setattr(gguf_strings, "_PIECE", piece)
            monkeypatch.setattr(gguf_strings, "_MOST_STEPS", steps)
            with case(round=round_, piece=piece, steps=steps):
                found, at = read_strings(raw, 6, len(texts), len(raw))
                assert found == want
                assert raw[at:] == packed([b"next"])


def test_many_arrays_of_few_strings_are_read_once() -> None:
    """What is looked at is a few times what is there, however many small arrays share the bytes."""

    class Counting(bytes):
        seen = 0

        def __getitem__(self, where: Any) -> Any:
            Counting.seen += len(range(*where.indices(len(self))))
            return super().__getitem__(where)

    for count, size in itertools.product((1, 15, 16, 200, 4000), (0, 1, 300)):
        Counting.seen, rounds = 0, 4000 // count
        raw = Counting(packed([b"a" * size] * count * rounds))
        at = 0
        for _ in range(rounds):
            found, at = read_strings(raw, at, count, len(raw))
            assert found == ["a" * size] * count
        with case(count=count, size=size):
            assert at == len(raw) and Counting.seen < 40 * len(raw)


def test_strings_that_run_past_the_end_are_left_out() -> None:
    raw = packed([b"abc"] * 50)
    for size in (len(raw) - 1, len(raw) - 5, len(raw) - 11):
        found, _ = read_strings(raw[:size], 0, 50, size)
        assert found == ["abc"] * (size // 11)


def damaged_files(tmp_path: Path, count: int) -> None:
    """Bytes of a whole file changed; then every tensor is read."""
    path = tmp_path / "m.gguf"
    tensors = {
        name: (name, (3, 256), stored(name, 3, 256).tobytes())
        for name in ("Q4_0", "Q5_1", "BF16", "F64")
    }
    write_gguf(
        path,
        {"general.name": "x", "tokens": ["a", "bc", ""], "kinds": np.arange(3, dtype=np.int32)},
        tensors,
    )
    whole = path.read_bytes()
    head = whole.index(struct.pack("<Q", 3) + b"F64") + 60
    rng = np.random.default_rng(6)

    def files() -> Iterator[bytes]:
        for _ in range(count):
            content = changed(whole, rng, 0, 1, 2, 8, 9, 255, low=4, high=head)
            yield content[: int(rng.integers(head, len(content) + 1))]

    def read(content: bytes) -> None:
        path.write_bytes(content)
        with GGUFFile(path) as file:
            for name in file.tensors:
                file.matrix(name)

    read_or_refused(read, files())


def test_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 400)


@pytest.mark.fuzz
def test_much_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 20_000)
