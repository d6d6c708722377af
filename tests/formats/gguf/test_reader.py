from __future__ import annotations

import hashlib
import mmap
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests import small_model
from tests.cases import case
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.gguf import strings
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.sources.gguf import load_gguf

NO_TENSORS: dict[str, tuple[str, tuple[int, ...], bytes]] = {}


def string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def key(name: bytes, kind: int, value: bytes) -> bytes:
    return string(name) + struct.pack("<I", kind) + value


def tensor_entry(
    name: bytes = b"t", shape: tuple[int, ...] = (4, 2), kind: int = 0, offset: int = 0
) -> bytes:
    head = string(name) + struct.pack("<I", len(shape))
    return head + struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", kind, offset)


def header(
    keys: int = 0, tensors: int = 0, body: bytes = b"", magic: bytes = b"GGUF", version: int = 3
) -> bytes:
    return struct.pack("<4sIQQ", magic, version, tensors, keys) + body


def assert_refused(path: Path, read: Callable[[Path], Any], match: str | None = None) -> None:
    """An error of the right kind, in one line."""
    with pytest.raises(SourceError, match=match) as caught:
        read(path)
    assert str(caught.value).splitlines() == [str(caught.value)]


def open_and_close(path: Path) -> None:
    with GGUFFile(path):
        pass


def q8_0_by_hand(stored: bytes, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Blocks of a float16 scale and 32 signed bytes, one value at a time."""
    values = []
    for block in range(0, len(stored), 34):
        (scale,) = struct.unpack_from("<e", stored, block)
        for i in range(32):
            (quantum,) = struct.unpack_from("<b", stored, block + 2 + i)
            values.append(np.float32(np.float32(scale) * np.float32(quantum)))
    return np.array(values, dtype=np.float32).reshape(shape)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    a = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    b = a.astype(np.float16)
    metadata: dict[str, Any] = {
        "text": "häßlich\n日本",
        "list": ["a", "", "ĠParis", "\udcff"],
        "numbers": np.array([1, -2, 2**31 - 1], dtype=np.int32),
    }
    write_gguf(path, metadata, {"a": ("F32", a.shape, a.tobytes()), "b": ("F16", b.shape, b.tobytes())})
    with GGUFFile(path) as file:
        assert file.metadata["text"] == metadata["text"]
        assert file.metadata["list"] == metadata["list"]
        np.testing.assert_array_equal(file.metadata["numbers"], metadata["numbers"])
        assert list(file.tensors) == ["a", "b"]
        assert file.tensors["b"].shape == (5, 7) and file.tensors["b"].size == 70
        got_a, got_b, raw = file.matrix("a"), file.matrix("b"), file.raw("b")
    np.testing.assert_array_equal(got_a, a)
    np.testing.assert_array_equal(got_b, b.astype(np.float32))
    assert got_a.dtype == got_b.dtype == np.float32
    assert raw.tobytes() == b.tobytes()


def test_the_writer_is_deterministic(tmp_path: Path) -> None:
    first, second = small_model.write(tmp_path / "1.gguf"), small_model.write(tmp_path / "2.gguf")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("shape", [(1, 32), (3, 64), (700, 256), (5, 576)])
def test_q8_0_agrees_with_a_slow_loop(tmp_path: Path, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    blocks = shape[0] * shape[1] // 32
    scales = (10.0 ** rng.uniform(-8, 3, blocks) * rng.choice([-1, 0, 1], blocks)).astype("<f2")
    quanta = rng.integers(-128, 128, (blocks, 32), dtype=np.int8)
    stored = b"".join(s.tobytes() + q.tobytes() for s, q in zip(scales, quanta, strict=True))
    write_gguf(tmp_path / "q.gguf", {}, {"t": ("Q8_0", shape, stored)})
    with GGUFFile(tmp_path / "q.gguf") as file:
        matrix = file.matrix("t")
    np.testing.assert_array_equal(matrix, q8_0_by_hand(stored, shape))


def test_every_type_of_number(tmp_path: Path) -> None:
    cases: list[tuple[int, str, Any]] = [
        (0, "<B", 200), (1, "<b", -5), (2, "<H", 60_000), (3, "<h", -30_000), (4, "<I", 2**32 - 1),
        (5, "<i", -(2**31)), (6, "<f", 0.5), (7, "<?", True), (10, "<Q", 2**64 - 1),
        (11, "<q", -(2**63)), (12, "<d", 1e300),
    ]  # fmt: skip
    body = b""
    for kind, form, value in cases:
        body += key(b"one%d" % kind, kind, struct.pack(form, value))
        body += key(b"two%d" % kind, 9, struct.pack("<IQ", kind, 2) + 2 * struct.pack(form, value))
    nested = struct.pack("<IQ", 9, 2) + 2 * (struct.pack("<IQ", 8, 1) + string(b"deep"))
    body += key(b"nested", 9, nested)
    for version in (2, 3):
        path = tmp_path / "n.gguf"
        path.write_bytes(header(2 * len(cases) + 1, 0, body, version=version))
        with GGUFFile(path) as file:
            for kind, _, value in cases:
                assert file.metadata[f"one{kind}"] == value
                assert type(file.metadata[f"one{kind}"]) is type(value)
                assert file.metadata[f"two{kind}"].tolist() == [value, value]
            assert file.metadata["nested"] == [["deep"], ["deep"]]


def test_alignment_moves_the_data(tmp_path: Path) -> None:
    for alignment in (1, 8, 256):
        body = key(b"general.alignment", 4, struct.pack("<I", alignment)) + tensor_entry(offset=256)
        head = header(1, 1, body)
        data = bytes(256) + np.arange(1, 9, dtype="<f4").tobytes()
        path = tmp_path / "al.gguf"
        path.write_bytes(head + bytes(-len(head) % alignment) + data)
        with GGUFFile(path) as file:
            np.testing.assert_array_equal(file.matrix("t"), np.arange(1, 9).reshape(2, 4))


HUGE = [2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


def absurd_files() -> list[tuple[str, bytes]]:
    files = [
        ("empty", b""),
        ("magic alone", b"GGUF"),
        ("other magic", header(magic=b"GGML") + bytes(64)),
        ("zip", b"PK\x03\x04" + bytes(64)),
        ("text", b"hello world, this is no model at all"),
        ("version 0", header(version=0)),
        ("version 1", header(version=1)),
        ("version 4", header(version=4)),
        ("big-endian", header(version=3 << 24)),
        ("version max", header(version=2**32 - 1)),
        ("zero dimensions", header(0, 1, tensor_entry(shape=()) + bytes(96))),
        ("five dimensions", header(0, 1, tensor_entry(shape=(1,) * 5) + bytes(96))),
        ("name past the end", header(0, 1, struct.pack("<Q", 99) + bytes(64))),
        ("odd blocks", header(0, 1, tensor_entry(shape=(33, 1), kind=8) + bytes(96))),
        ("data cut", header(0, 1, tensor_entry(shape=(100, 100)) + bytes(96))),
        ("no data", header(0, 1, tensor_entry())),
        ("key missing", header(1, 0, bytes(4))),
    ]
    for kind in (13, 99, 2**32 - 1):
        files.append((f"value type {kind}", header(1, 0, key(b"k", kind, bytes(16)))))
        files.append((f"array type {kind}", header(1, 0, key(b"k", 9, struct.pack("<IQ", kind, 1)))))
    deep = struct.pack("<IQ", 8, 1) + string(b"x")
    for _ in range(2000):
        deep = struct.pack("<IQ", 9, 1) + deep
    files.append(("nested arrays", header(1, 0, key(b"k", 9, deep))))
    for n in HUGE:
        files += [
            (f"keys {n}", header(n, 0, bytes(64))),
            (f"tensors {n}", header(0, n, bytes(64))),
            (f"both {n}", header(n, n, bytes(64))),
            (f"key length {n}", header(1, 0, struct.pack("<Q", n) + bytes(64))),
            (f"string length {n}", header(1, 0, key(b"k", 8, struct.pack("<Q", n) + bytes(64)))),
            (f"tensor name {n}", header(0, 1, struct.pack("<Q", n) + bytes(64))),
            (f"width {n}", header(0, 1, tensor_entry(shape=(n, 1)) + bytes(96))),
            (f"height {n}", header(0, 1, tensor_entry(shape=(1, n)) + bytes(96))),
            (f"product {n}", header(0, 1, tensor_entry(shape=(n, n, n, n)) + bytes(96))),
            (f"offset {n}", header(0, 1, tensor_entry(offset=n) + bytes(96))),
        ]
        for kind in (0, 5, 8, 9, 12):
            array = struct.pack("<IQ", kind, n) + bytes(64)
            files.append((f"array of {n} of type {kind}", header(1, 0, key(b"k", 9, array))))
        inside = struct.pack("<IQ", 8, 2) + string(b"a") + struct.pack("<Q", n) + bytes(64)
        files.append((f"string in a list {n}", header(1, 0, key(b"k", 9, inside))))
    alignments = [(4, struct.pack("<I", n)) for n in (0, 3, 48, 2**32 - 1)]
    alignments += [(5, struct.pack("<i", -32)), (6, struct.pack("<f", 32)), (8, string(b"32"))]
    alignments += [(10, struct.pack("<Q", 2**63))]
    for kind, value in alignments:
        body = key(b"general.alignment", kind, value) + tensor_entry() + bytes(96)
        files.append((f"alignment {kind} {value.hex()}", header(1, 1, body)))
    return files


def test_absurd_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "absurd.gguf"
    for what, content in absurd_files():
        path.write_bytes(content)
        with case(what):
            assert_refused(path, open_and_close, match="absurd.gguf")
            assert_refused(path, load_gguf)


def test_an_alignment_that_is_an_array_is_refused_in_one_line(tmp_path: Path) -> None:
    array = struct.pack("<IQ", 4, 200) + bytes(800)
    path = tmp_path / "a.gguf"
    path.write_bytes(header(1, 1, key(b"general.alignment", 9, array) + tensor_entry() + bytes(96)))
    assert_refused(path, open_and_close, match="alignment")


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, small_path: Path) -> None:
    whole = small_path.read_bytes()
    path = tmp_path / "cut.gguf"
    with GGUFFile(small_path) as file:
        tensor = file.tensors["token_embd.weight"]
    end = tensor.offset + tensor.size
    for length in [
        *range(200),
        *range(200, tensor.offset, 13),
        *range(tensor.offset, end, 501),
        end - 1,
    ]:
        path.write_bytes(whole[:length])
        assert_refused(path, open_and_close)
    path.write_bytes(whole[:end])
    open_and_close(path)


def test_random_damage_never_raises_anything_else(tmp_path: Path, small_path: Path) -> None:
    whole = small_path.read_bytes()
    with GGUFFile(small_path) as file:
        end = file.tensors["token_embd.weight"].offset
    rng = np.random.default_rng(3)
    path = tmp_path / "damaged.gguf"
    edges = np.frombuffer(b"\x00\x01\x08\x09\x7f\x80\xff", dtype=np.uint8)
    refused = 0
    for round_ in range(300):
        damaged = bytearray(whole)
        for at in rng.integers(end if round_ % 2 else 400, size=int(rng.integers(1, 5))):
            damaged[at] = rng.choice(edges) if rng.random() < 0.5 else rng.integers(256)
        path.write_bytes(damaged)
        try:
            space = load_gguf(path)
            assert space.shape[0] == len(space.vocabulary.tokens)
        except SourceError as error:
            refused += 1
            assert str(error).splitlines() == [str(error)]
    assert 40 < refused < 300


def test_the_file_is_closed_whatever_happens(tmp_path: Path, small_path: Path) -> None:
    maps: list[mmap.mmap] = []
    real = mmap.mmap

    def recorded(*args: Any, **options: Any) -> mmap.mmap:
        maps.append(real(*args, **options))
        return maps[-1]

    bad = tmp_path / "bad.gguf"
    bad.write_bytes(header(0, 1, tensor_entry(shape=(2**40, 2)) + bytes(96)))
    kept: list[npt.NDArray[Any]] = []
    with patch.object(mmap, "mmap", recorded):
        for path in (bad, small_path):
            with suppress(FormatError):
                kept.append(load_gguf(path).vectors)
        with GGUFFile(small_path) as file:
            kept += [file.raw("token_embd.weight").copy(), file.metadata["tokenizer.ggml.token_type"]]
        with pytest.raises(SourceError), GGUFFile(small_path) as file:
            file.matrix("nothing")
        with pytest.raises(ZeroDivisionError), GGUFFile(small_path):
            raise ZeroDivisionError
    assert len(maps) == 5 and all(map_.closed for map_ in maps)
    assert all(array.size and array.ravel()[0] == array.ravel()[0] for array in kept)


def test_a_view_of_a_tensor_outlives_the_file_and_reading_it_again(small_path: Path) -> None:
    with GGUFFile(small_path) as file:
        view, matrix = file.raw("token_embd.weight"), file.matrix("token_embd.weight")
        file.release("token_embd.weight")
        again = file.matrix("token_embd.weight")
    assert matrix.tobytes() == again.tobytes() == view.tobytes()
    assert not view.flags.writeable


def test_tensors_that_are_no_matrix_to_read(tmp_path: Path) -> None:
    path = tmp_path / "t.gguf"
    tensors = {
        "vector": ("F32", (8,), bytes(32)),
        "cube": ("F32", (2, 2, 2), bytes(32)),
        "nothing": ("F32", (0, 4), b""),
    }
    write_gguf(path, {}, tensors)
    with GGUFFile(path) as file:
        for name in ("vector", "cube", "nothing"):
            with pytest.raises(SourceError, match="not a matrix"):
                file.matrix(name)
        with pytest.raises(SourceError, match=r"has no tensor 'gone'; it has '?vector"):
            file.matrix("gone")


def test_a_type_of_tensor_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "new.gguf"
    path.write_bytes(header(0, 1, tensor_entry(kind=99)) + bytes(96))
    with GGUFFile(path) as file, pytest.raises(SourceError, match="stored as type 99") as caught:
        file.matrix("t")  # the rest of such a file can be read
    assert str(caught.value).splitlines() == [str(caught.value)]


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    assert_refused(tmp_path / "missing.gguf", open_and_close, "cannot open")
    assert_refused(tmp_path, open_and_close, "cannot open")
    assert_refused(tmp_path / "missing.gguf", ts.load, "missing.gguf")
    assert_refused(tmp_path, ts.load, tmp_path.name)


@pytest.mark.parametrize("name", ["a" * 300, "~no-such-user-here/model.gguf"])
def test_names_that_no_path_can_have(name: str) -> None:
    with pytest.raises(SourceError):
        ts.load(name)


def test_a_model_becomes_a_space(small: ts.EmbeddingSpace, small_path: Path) -> None:
    np.testing.assert_array_equal(small.vectors, small_model.rows())
    assert small.vocabulary.tokens[: small_model.CONTROL_ID] == small_model.TOKENS
    assert small.vocabulary.tokens[small_model.CONTROL_ID] == b"<|end|>"
    assert small.vocabulary.kinds[small_model.CONTROL_ID] == ts.Kind.CONTROL
    provenance = small.provenance
    assert provenance.model == small_model.NAME and provenance.source == str(small_path)
    assert provenance.license == "mit" and provenance.dtype == "F32"
    assert provenance.sha256 == hashlib.sha256(small_model.rows().tobytes()).hexdigest()


EMBEDDING = {"token_embd.weight": ("F32", (2, 2), np.arange(4, dtype="<f4").tobytes())}
TOKENS: dict[str, Any] = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": ["a", "b"]}


@pytest.mark.parametrize(
    ("metadata", "tensors", "message"),
    [
        (TOKENS, NO_TENSORS, "no"),
        ({}, EMBEDDING, "has no vocabulary"),
        (TOKENS | {"tokenizer.ggml.tokens": "ab"}, EMBEDDING, "has no vocabulary"),
        (TOKENS | {"tokenizer.ggml.tokens": np.array([1, 2])}, EMBEDDING, "has no vocabulary"),
        (
            TOKENS | {"tokenizer.ggml.tokens": ["a", "b", "c"]},
            EMBEDDING,
            "3 tokens.* 2 rows|2 rows.* 3 tokens",
        ),
        (TOKENS | {"tokenizer.ggml.model": "?"}, EMBEDDING, "tokenizer of the kind '.'"),
        (TOKENS | {"tokenizer.ggml.token_type": np.array([1])}, EMBEDDING, "each of its 2 tokens one"),
        (TOKENS | {"tokenizer.ggml.token_type": "x"}, EMBEDDING, "each of its 2 tokens one"),
    ],
)
def test_models_that_lack_something(
    tmp_path: Path, metadata: dict[str, Any], tensors: Any, message: str
) -> None:
    path = tmp_path / "lacks.gguf"
    write_gguf(path, metadata, tensors)
    assert_refused(path, load_gguf, message)


def test_kinds_of_tokens(tmp_path: Path) -> None:
    path = tmp_path / "kinds.gguf"
    types = np.array([1, 2, 3, 4, 5, 6, 0, 77, -1, 2**31 - 1], dtype=np.int32)
    metadata = TOKENS | {
        "tokenizer.ggml.tokens": [f"t{i}" for i in range(10)],
        "tokenizer.ggml.token_type": types,
    }
    write_gguf(path, metadata, {"token_embd.weight": ("F32", (10, 2), bytes(76) + b"\0\0\x80?")})
    kinds = [ts.Kind(int(kind)).name for kind in load_gguf(path).vocabulary.kinds]
    assert kinds[:6] == ["NORMAL", "UNKNOWN", "CONTROL", "ADDED", "UNUSED", "BYTE"]
    assert kinds[6:] == ["NORMAL"] * 4


def test_token_types_that_are_no_whole_numbers(tmp_path: Path) -> None:
    body = key(b"tokenizer.ggml.model", 8, string(b"gpt2"))
    body += key(b"tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 1) + string(b"a"))
    body += key(b"tokenizer.ggml.token_type", 9, struct.pack("<IQf", 6, 1, float("nan")))
    head = header(3, 1, body + tensor_entry(b"token_embd.weight", (1, 1)))
    path = tmp_path / "nan.gguf"
    path.write_bytes(head + bytes(-len(head) % 32) + bytes(4))
    assert_refused(path, load_gguf)


def test_a_piece_that_is_not_utf8_stands_for_its_own_bytes(tmp_path: Path) -> None:
    path = tmp_path / "raw.gguf"
    write_gguf(path, TOKENS | {"tokenizer.ggml.tokens": ["a", "\udcff\udcfe"]}, EMBEDDING)
    assert load_gguf(path).vocabulary.token(1) == b"\xff\xfe"


def test_a_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / "name.gguf"
    write_gguf(path, TOKENS | {"general.name": "m\udcff"}, EMBEDDING)
    load_gguf(path).provenance.model.encode("utf-8")


def array(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("<IQ", kind, count) + body


def dense(unit: bytes, kind: int, size: int = 100_000) -> bytes:
    count = size // len(unit)
    return header(1, 0, key(b"k", 9, array(kind, count, unit * count)))


DENSE = {
    "empty strings": dense(string(b""), 8),
    "short strings": dense(string(b"ab"), 8),
    "bytes that are no text": dense(string(b"\xff"), 8),
    "empty lists": dense(array(9, 0, b""), 9),
    "empty arrays": dense(array(0, 0, b""), 9),
    "arrays of one": dense(array(0, 1, b"a"), 9),
    "arrays of one string": dense(array(8, 1, string(b"")), 9),
    "keys": header(5000, 0, b"".join(key(b"%x" % i, 0, b"a") for i in range(5000))),
    "tensors": header(0, 2500, b"".join(tensor_entry(b"%x" % i, (0,)) for i in range(2500)) + bytes(64)),
}


@pytest.mark.parametrize("kind", DENSE)
def test_a_header_takes_sixteen_times_its_bytes_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(strings, "_PIECE", 2**12)  # which takes six megabytes else, of any file
    path = tmp_path / "x.gguf"
    path.write_bytes(DENSE[kind])
    tracemalloc.start()
    with GGUFFile(path) as file:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert file.metadata or file.tensors
    assert peak < 16 * len(DENSE[kind]), peak / len(DENSE[kind])
