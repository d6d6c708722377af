"""GGUF: a reader of llama.cpp's file format that looks only at what it is asked for.

Reads the header (metadata and the table of tensors) and single tensors, as stored or as float32.
Every length, count and offset is checked against the file before anything is allocated. Versions 2
and 3, little-endian; tensors of type F32, F16 and Q8_0.

The format is described in ggml's ``docs/gguf.md``; the blocks of Q8_0 (a float16 scale and 32
signed bytes) in ``ggml-common.h``.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError

MAGIC = b"GGUF"
STRING, ARRAY = 8, 9
_SCALARS = {
    0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4",
    6: "<f4", 7: "?", 10: "<u8", 11: "<i8", 12: "<f8",
}  # fmt: skip
_DEEPEST = 4  # arrays within arrays
_MOST_DIMENSIONS = 4


@dataclass(frozen=True)
class TensorType:
    """How values are stored: blocks of `values` values in `bytes` bytes."""

    name: str
    values: int
    bytes: int


TENSOR_TYPES = {
    0: TensorType("F32", 1, 4), 1: TensorType("F16", 1, 2),
    2: TensorType("Q4_0", 32, 18), 3: TensorType("Q4_1", 32, 20),
    6: TensorType("Q5_0", 32, 22), 7: TensorType("Q5_1", 32, 24),
    8: TensorType("Q8_0", 32, 34), 9: TensorType("Q8_1", 32, 36),
    10: TensorType("Q2_K", 256, 84), 11: TensorType("Q3_K", 256, 110),
    12: TensorType("Q4_K", 256, 144), 13: TensorType("Q5_K", 256, 176),
    14: TensorType("Q6_K", 256, 210), 15: TensorType("Q8_K", 256, 292),
    30: TensorType("BF16", 1, 2),
}  # fmt: skip


@dataclass(frozen=True)
class TensorInfo:
    """One tensor of the file: `shape` with the fastest axis last, bytes from `offset`."""

    name: str
    shape: tuple[int, ...]
    type: TensorType
    offset: int
    size: int


class GGUFFile:
    """An open GGUF file.

    Attributes
    ----------
    metadata : dict
        keys to int, float, bool, str, lists of str, or NumPy arrays of numbers
    tensors : dict of name -> `TensorInfo`

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no GGUF file, is cut short, or contradicts itself
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                self._size = file.seek(0, 2)
                if self._size < 24:
                    raise self._bad(f"is {self._size} bytes long, shorter than any GGUF header")
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise SourceError(f"cannot open {self.path}: {error.strerror or error}") from error
        try:
            self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> GGUFFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()

    def _bad(self, problem: str) -> FormatError:
        return FormatError(f"{self.path} {problem}; download or convert it again")

    def _read_header(self) -> None:
        magic, version, n_tensors, n_keys = struct.unpack_from("<4sIQQ", self._map, 0)
        if magic != MAGIC:
            raise FormatError(f"{self.path} is not a GGUF file: it does not begin with 'GGUF'")
        if version not in (2, 3):
            raise FormatError(
                f"{self.path} is GGUF version {version & 0xFFFF or version >> 24}"
                f"{' (big-endian)' if version > 0xFFFF else ''}, but only little-endian"
                " versions 2 and 3 can be read; convert it with llama.cpp"
            )
        # A key takes 13 bytes at least and a tensor's entry 32: no more than these can be there.
        if n_keys * 13 + n_tensors * 32 > self._size:
            raise self._bad(f"claims {n_keys} keys and {n_tensors} tensors, more than it can hold")
        self._at = 24
        self.metadata: dict[str, Any] = {}
        for _ in range(n_keys):
            key = self._string()
            self.metadata[key] = self._value(self._number("<I"))
        self._read_tensor_table(n_tensors)

    def _read_tensor_table(self, count: int) -> None:
        entries: list[tuple[str, tuple[int, ...], TensorType, int]] = []
        for _ in range(count):
            name = self._string()
            dimensions = self._number("<I")
            if not 1 <= dimensions <= _MOST_DIMENSIONS:
                raise self._bad(f"gives tensor {name!r} {dimensions} dimensions")
            shape = tuple(self._number("<Q") for _ in range(dimensions))[::-1]
            kind, offset = self._number("<I"), self._number("<Q")
            type_ = TENSOR_TYPES.get(kind, TensorType(f"type {kind}", 1, 0))
            entries.append((name, shape, type_, offset))
        alignment = self.metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise self._bad(f"has the alignment {alignment!r}, which is no power of two")
        start = -(-self._at // alignment) * alignment
        self.tensors: dict[str, TensorInfo] = {}
        for name, shape, type_, offset in entries:
            if shape[-1] % type_.values:
                raise self._bad(f"has rows of {shape[-1]} in tensor {name!r} of type {type_.name}")
            size = prod(shape) // type_.values * type_.bytes
            if start + offset + size > self._size:
                raise self._bad(
                    f"is cut short: tensor {name!r} ends at byte {start + offset + size:,},"
                    f" the file at {self._size:,}"
                )
            self.tensors[name] = TensorInfo(name, shape, type_, start + offset, size)

    def _need(self, size: int) -> int:
        """Move past `size` bytes, which must be there; where they begin."""
        at = self._at
        if size > self._size - at:
            raise self._bad(f"is cut short or damaged: {size:,} bytes are missing at byte {at:,}")
        self._at = at + size
        return at

    def _number(self, form: str) -> int:
        value: int = struct.unpack_from(form, self._map, self._need(struct.calcsize(form)))[0]
        return value

    def _string(self) -> str:
        size = self._number("<Q")
        at = self._need(size)
        return self._text(self._map[at : at + size])

    def _text(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("utf-8", "surrogateescape")

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            return self._array(depth)
        if kind not in _SCALARS:
            raise self._bad(f"has a value of the unknown type {kind} at byte {self._at:,}")
        dtype = np.dtype(_SCALARS[kind])
        return np.frombuffer(self._map, dtype, 1, self._need(dtype.itemsize))[0].item()

    def _array(self, depth: int) -> Any:
        kind, count = self._number("<I"), self._number("<Q")
        if kind in _SCALARS:
            dtype = np.dtype(_SCALARS[kind])
            if count > self._size // dtype.itemsize:
                raise self._bad(f"claims an array of {count:,} numbers, more than it can hold")
            at = self._need(count * dtype.itemsize)
            return np.frombuffer(self._map[at : self._at], dtype)
        if count * (8 if kind == STRING else 12) > self._size - self._at:
            raise self._bad(f"claims an array of {count:,} entries, more than it can hold")
        if kind == STRING:
            return self._strings(count)
        if depth >= _DEEPEST:
            raise self._bad("has arrays nested too deeply")
        return [self._value(kind, depth + 1) for _ in range(count)]

    def _strings(self, count: int) -> list[str]:
        """`count` strings in a row; a vocabulary has hundreds of thousands, so this is the fast way."""
        raw, at, size = self._map, self._at, self._size
        unpack = struct.Struct("<Q").unpack_from
        strings: list[bytes] = []
        append = strings.append
        for _ in range(count):
            if at + 8 > size:
                break
            end = at + 8 + unpack(raw, at)[0]
            if end > size:
                break
            append(raw[at + 8 : end])
            at = end
        if len(strings) < count:
            raise self._bad(f"is cut short or damaged: string {len(strings)} of {count} runs past its end")
        self._at = at
        return [self._text(string) for string in strings]

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a copy of shape (size,)."""
        tensor = self._tensor(name)
        return np.frombuffer(self._map[tensor.offset : tensor.offset + tensor.size], np.uint8)

    def _tensor(self, name: str) -> TensorInfo:
        if name not in self.tensors:
            some = ", ".join(list(self.tensors)[:5]) or "none"
            raise SourceError(f"{self.path} has no tensor {name!r}; it has {some}, …")
        return self.tensors[name]

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """A two-dimensional tensor as float32 of its shape, dequantised."""
        tensor = self._tensor(name)
        if len(tensor.shape) != 2 or not all(tensor.shape):
            raise SourceError(f"tensor {name!r} of {self.path} has the shape {tensor.shape}, not a matrix")
        if tensor.type.name not in _READERS:
            raise SourceError(
                f"tensor {name!r} of {self.path} is stored as {tensor.type.name};"
                f" only {', '.join(_READERS)} can be read"
            )
        n, d = tensor.shape
        out = np.empty((n, d), dtype=np.float32)
        stored = np.frombuffer(self._map, np.uint8, tensor.size, tensor.offset).reshape(n, -1)
        read = _READERS[tensor.type.name]
        step = max(1, 2**17 // d)  # pieces that stay in the cache between the passes
        for low in range(0, n, step):
            read(stored[low : low + step], out[low : low + step])
        del stored
        return out


def _read_f32(stored: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
    out[...] = stored.view("<f4")


def _read_f16(stored: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
    out[...] = stored.view("<f2")


def _read_q8_0(stored: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
    blocks = stored.reshape(len(stored), -1, 34)
    scales = np.ascontiguousarray(blocks[:, :, :2]).view("<f2").astype(np.float32)
    values = out.reshape(len(out), -1, 32)
    values[...] = blocks[:, :, 2:].view(np.int8)
    values *= scales


_READERS: dict[str, Callable[[npt.NDArray[np.uint8], npt.NDArray[np.float32]], None]] = {
    "F32": _read_f32,
    "F16": _read_f16,
    "Q8_0": _read_q8_0,
}
