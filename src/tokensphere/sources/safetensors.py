"""Safetensors: a reader that maps the file and looks only at what it is asked for.

A file is eight bytes with the length of the header (little-endian), the header (a JSON object from the
names of tensors to their type, shape and place), and the tensors' bytes without overlap or hole. Every
length and offset is checked against the file before anything is allocated. A large model is a folder
of such files with a ``model.safetensors.index.json`` that says which tensor is in which.

:func:`parse_header` knows no file, so that it serves for bytes that came from elsewhere, too.

The format is described in the README of huggingface/safetensors. F8_E4M3 has no infinities and F8_E5M2
is the upper half of a float16 (Micikevicius et al. 2022, arXiv:2209.05433, table 1).
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import TracebackType
from typing import Any, Self, TypeGuard, TypeVar

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError

LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000  # the limit that the format sets
_MOST_DIMENSIONS = 64
_LARGEST = 2**63 - 1
_AGAIN = "download or convert it again"
_METADATA = "__metadata__"
_T = TypeVar("_T")

_NUMPY_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "C64": "<c8",
}  # fmt: skip
# Bits, as two types are narrower than a byte. A type that is missing here was added to the format
# later: its tensors are listed, with the size that their offsets give, but cannot be read.
_BITS = {name: 8 * np.dtype(dtype).itemsize for name, dtype in _NUMPY_DTYPES.items()} | {
    "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip


@dataclass(frozen=True)
class TensorInfo:
    """One tensor: `shape` with the fastest axis last, `size` bytes from byte `offset` of the file."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    offset: int
    size: int


def header_length(start: bytes, file_size: int, where: str) -> int:
    """How many bytes the header has, which begins at byte 8.

    Parameters
    ----------
    start : the first eight bytes of the file
    file_size : bytes that the file has in all
    where : name of the file, for the messages

    Raises
    ------
    FormatError
        the file cannot hold such a header
    """
    if file_size < LENGTH_BYTES + 2 or len(start) < LENGTH_BYTES:
        raise FormatError(f"{where} is {file_size} bytes long, shorter than any safetensors file")
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    if length > LONGEST_HEADER:
        raise FormatError(
            f"{where} claims a header of {length:,} bytes, but safetensors allows {LONGEST_HEADER:,};"
            f" it is no safetensors file or damaged: {_AGAIN}"
        )
    if length > file_size - LENGTH_BYTES:
        raise FormatError(
            f"{where} is cut short: its header has {length:,} bytes, the file {file_size:,}; {_AGAIN}"
        )
    return length


def parse_header(raw_header: bytes, data_size: int, where: str) -> dict[str, TensorInfo]:
    """The tensors that a header describes, in the order of their bytes.

    Parameters
    ----------
    raw_header : the header alone, without the eight bytes of its length
    data_size : bytes that follow the header
    where : name of the file, for the messages

    Returns
    -------
    dict of name -> `TensorInfo`, offsets counted from the begin of the file

    Raises
    ------
    FormatError
        the header is no JSON object of tensors, or contradicts itself or `data_size`
    """
    if raw_header[:1] != b"{":
        raise FormatError(f"{where} is not a safetensors file: its header does not begin with '{{'")
    header = _json_object(raw_header, f"{where}: the header")
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise FormatError(f"{where} has a {_METADATA!r} that is no object of texts; {_AGAIN}")
    start = LENGTH_BYTES + len(raw_header)
    tensors = [_tensor_info(name, entry, start, where) for name, entry in header.items()]
    tensors.sort(key=lambda tensor: (tensor.offset, tensor.size))
    end = start
    for tensor in tensors:
        if tensor.offset != end:
            problem = "overlaps another" if tensor.offset < end else "follows a hole"
            raise FormatError(f"{where}: tensor {tensor.name!r:.200} {problem}; {_AGAIN}")
        end += tensor.size
    if end != start + data_size:
        problem = "cut short" if end > start + data_size else "longer than it says"
        raise FormatError(
            f"{where} is {problem}: its tensors end at byte {end:,}, the file at"
            f" {start + data_size:,}; {_AGAIN}"
        )
    return {tensor.name: tensor for tensor in tensors}


def _tensor_info(name: str, entry: object, start: int, where: str) -> TensorInfo:
    what = f"{where}: tensor {name!r:.200}"
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise FormatError(f"{what} has a name that is no text; {_AGAIN}") from error
    if not isinstance(entry, dict):
        raise FormatError(f"{what} is described by {type(entry).__name__}, not by an object; {_AGAIN}")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str):
        raise FormatError(f"{what} has no type ('dtype'); {_AGAIN}")
    if not _is_counts(shape) or len(shape) > _MOST_DIMENSIONS:
        raise FormatError(f"{what} has no usable 'shape'; {_AGAIN}")
    if not _is_counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise FormatError(f"{what} has no usable 'data_offsets' (begin, end); {_AGAIN}")
    size = offsets[1] - offsets[0]
    bits = _BITS.get(dtype)
    if bits is not None and prod(shape) * bits != 8 * size:
        raise FormatError(
            f"{what} of shape {tuple(shape)} and type {dtype} takes {prod(shape) * bits // 8:,} bytes,"
            f" but has {size:,}; {_AGAIN}"
        )
    return TensorInfo(name, tuple(shape), dtype, start + offsets[0], size)


def _is_counts(value: object) -> TypeGuard[list[int]]:
    """Whether this is a list of whole numbers in [0, 2**63); JSON's true and false are none."""
    return isinstance(value, list) and all(type(n) is int and 0 <= n <= _LARGEST for n in value)


def _json_object(raw: bytes, what: str) -> dict[str, Any]:
    """A JSON object in UTF-8 in which no key comes twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            raise ValueError("a key comes twice")
        return table

    def constant(name: str) -> None:
        raise ValueError(f"{name} is no number of JSON")

    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError) as error:  # malformed UTF-8 and JSON are ValueErrors, too
        raise FormatError(f"{what} is not valid JSON ({error}); {_AGAIN}") from error
    if not isinstance(found, dict):
        raise FormatError(f"{what} is not a JSON object; {_AGAIN}")
    return found


class _Closing:
    """A context manager that closes."""

    def __enter__(self) -> Self:
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
        raise NotImplementedError


class SafetensorsFile(_Closing):
    """An open safetensors file.

    Attributes
    ----------
    path : Path
    tensors : dict of name -> `TensorInfo`

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no safetensors file, is cut short, or contradicts itself
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(0)
                length = header_length(file.read(LENGTH_BYTES), size, str(self.path))
                mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SourceError(f"cannot open {self.path}: {reason}") from error
        # The views that raw() and stored_array() give keep the mapping; with the last it goes.
        self._bytes: npt.NDArray[np.uint8] | None = np.frombuffer(mapped, np.uint8)
        raw_header = mapped[LENGTH_BYTES : LENGTH_BYTES + length]
        self.tensors = parse_header(raw_header, size - LENGTH_BYTES - length, str(self.path))

    def close(self) -> None:
        """Let go of the file; views of it that were given out stay valid."""
        self._bytes = None

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a read-only view of the file of shape (size,)."""
        if self._bytes is None:
            raise SourceError(f"{self.path} is closed; open it again to read tensor {name!r}")
        tensor = _require(self.tensors, name, self.path)
        return self._bytes[tensor.offset : tensor.offset + tensor.size]

    def stored_array(self, name: str) -> npt.NDArray[Any]:
        """A tensor in its own type and shape, a read-only view of the file.

        Raises
        ------
        SourceError
            NumPy has no such type (BF16, F8_E4M3, …)
        """
        raw, tensor = self.raw(name), self.tensors[name]
        if tensor.dtype not in _NUMPY_DTYPES:
            raise SourceError(
                f"tensor {name!r} of {self.path} is stored as {tensor.dtype}, which NumPy lacks;"
                " read it as float32 with matrix()"
            )
        return raw.view(_NUMPY_DTYPES[tensor.dtype]).reshape(tensor.shape)

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """A two-dimensional tensor as float32 of its shape.

        Raises
        ------
        SourceError
            there is no such tensor, it is no matrix, or is stored in a type that cannot be read
        """
        raw, tensor = self.raw(name), self.tensors[name]
        what = f"tensor {name!r} of {self.path}"
        if len(tensor.shape) != 2 or not all(tensor.shape):
            raise SourceError(f"{what} has the shape {tensor.shape}, not a matrix")
        if tensor.dtype not in _READERS:
            raise SourceError(
                f"{what} is stored as {tensor.dtype}; only {', '.join(_READERS)} can be read"
            )
        if tensor.dtype.startswith(("F8", "I8", "U8")):
            # Without its scales such a matrix has the wrong directions, which nobody would notice.
            for scale in (f"{name}_scale", f"{name}_scale_inv"):
                if scale in self.tensors:
                    raise SourceError(
                        f"{what} is quantised with the scales {scale!r}, which cannot be read;"
                        " use a version of the model in F32, BF16 or F16"
                    )
        return to_float32(raw, tensor.dtype, tensor.shape)


class ShardedSafetensors(_Closing):
    """The safetensors files that an index names, each opened when one of its tensors is asked for.

    Attributes
    ----------
    path : Path of the index
    tensors : mapping of name -> `TensorInfo`; its names are known without opening a file

    Raises
    ------
    SourceError
        the index or, later, one of its files cannot be opened
    FormatError
        the index is damaged, or names a file outside its own folder
    """

    def __init__(self, index_path: str | Path) -> None:
        self.path = Path(index_path)
        try:
            size = self.path.stat().st_size
            if size > LONGEST_HEADER:
                raise FormatError(f"{self.path} has {size:,} bytes, too many for an index of tensors")
            raw = self.path.read_bytes()
        except OSError as error:
            raise SourceError(f"cannot open {self.path}: {error.strerror or error}") from error
        weight_map = _json_object(raw, str(self.path)).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise FormatError(f"{self.path} has no 'weight_map' from tensors to files; {_AGAIN}")
        for shard in weight_map.values():
            if not isinstance(shard, str) or not _is_plain(shard):
                raise FormatError(
                    f"{self.path} names {shard!r:.200}, which is no file of its own folder"
                )
        self._shard_of: dict[str, str] = weight_map
        self._open: dict[str, SafetensorsFile] = {}
        self.tensors: Mapping[str, TensorInfo] = _ShardedTensors(self._shard_of, self._shard)

    def close(self) -> None:
        """Let go of the files; views of them that were given out stay valid."""
        for shard in self._open.values():
            shard.close()
        self._open.clear()

    def _shard(self, name: str) -> SafetensorsFile:
        file_name = _require(self._shard_of, name, self.path)
        if file_name not in self._open:
            path = self.path.parent / file_name
            if not path.is_file():
                raise SourceError(f"{path} is missing, which {self.path.name} names; download it, too")
            self._open[file_name] = SafetensorsFile(path)
        shard = self._open[file_name]
        if name not in shard.tensors:
            raise FormatError(f"{shard.path} lacks tensor {name!r}, which {self.path.name} says it has")
        return shard

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a read-only view of its file of shape (size,)."""
        return self._shard(name).raw(name)

    def stored_array(self, name: str) -> npt.NDArray[Any]:
        """See :meth:`SafetensorsFile.stored_array`."""
        return self._shard(name).stored_array(name)

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """See :meth:`SafetensorsFile.matrix`."""
        return self._shard(name).matrix(name)


class _ShardedTensors(Mapping[str, TensorInfo]):
    """Names are known from the index; what else is known of a tensor takes its file."""

    def __init__(self, names: Mapping[str, str], shard: Callable[[str], SafetensorsFile]) -> None:
        self._names, self._shard = names, shard

    def __getitem__(self, name: str) -> TensorInfo:
        if name not in self._names:
            raise KeyError(name)
        return self._shard(name).tensors[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _is_plain(name: str) -> bool:
    """Whether this is the name of a file and nothing else, on any system."""
    plain = PurePosixPath(name).name == name and PureWindowsPath(name).name == name
    return plain and name not in ("", ".", "..") and name.isprintable()


def _require(table: Mapping[str, _T], name: str, path: Path) -> _T:
    if name not in table:
        some = ", ".join(list(table)[:5]) or "none"
        raise SourceError(f"{path} has no tensor {name!r}; it has {some}, …")
    return table[name]


def to_float32(
    raw: npt.NDArray[np.uint8], dtype: str, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    """Stored bytes as float32.

    Parameters
    ----------
    raw : uint8 array of shape (size,)
    dtype : how the values are stored: F64, F32, F16, BF16, F8_E4M3, F8_E5M2 or a type of integers
    shape : of the result, which is a new array; what goes beyond it is small

    Returns
    -------
    float32 array of `shape`; float64 values beyond float32 become infinite

    Raises
    ------
    SourceError
        no such type can be read
    FormatError
        `raw` is not as long as type and shape demand

    Examples
    --------
    >>> to_float32(np.array([0x80, 0x3F, 0x00, 0xC0], np.uint8), "BF16", (1, 2))
    array([[ 1., -2.]], dtype=float32)
    """
    if dtype not in _READERS:
        raise SourceError(f"values stored as {dtype} cannot be read; only {', '.join(_READERS)} can")
    width = _BITS[dtype] // 8
    if raw.size != prod(shape) * width:
        raise FormatError(f"{raw.size:,} bytes are no values of type {dtype} in the shape {shape}")
    out = np.empty(prod(shape), dtype=np.float32)
    read, step = _READERS[dtype], 2**17  # pieces that stay in the cache between the passes
    for low in range(0, len(out), step):
        read(raw[low * width : (low + step) * width], out[low : low + step])
    return out.reshape(shape)


_Reader = Callable[[npt.NDArray[np.uint8], npt.NDArray[np.float32]], None]


def _read_as(dtype: str) -> _Reader:
    def read(stored: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            out[...] = stored.view(dtype)

    return read


def _read_bf16(stored: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
    bits = out.view(np.uint32)
    bits[...] = stored.view("<u2")
    bits <<= 16


def _read_f8_e4m3(stored: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
    np.take(_f8_e4m3_table(), stored, out=out, mode="clip")


def _read_f8_e5m2(stored: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]) -> None:
    np.take(_f8_e5m2_table(), stored, out=out, mode="clip")


@cache
def _f8_e4m3_table() -> npt.NDArray[np.float32]:
    """The 256 values: 1 bit sign, 4 exponent (bias 7), 3 mantissa; all ones is not a number."""
    codes = np.arange(256)
    exponent, mantissa = codes >> 3 & 15, codes & 7
    values = np.where(
        exponent == 0, np.ldexp(mantissa / 8, -6), np.ldexp(1 + mantissa / 8, exponent - 7)
    )
    values[codes & 127 == 127] = np.nan
    return np.where(codes < 128, values, -values).astype(np.float32)


@cache
def _f8_e5m2_table() -> npt.NDArray[np.float32]:
    """The 256 values: the upper byte of a float16."""
    with np.errstate(invalid="ignore"):
        return (np.arange(256, dtype=np.uint16) << 8).view(np.float16).astype(np.float32)


_READERS: dict[str, _Reader] = {
    **{name: _read_as(_NUMPY_DTYPES[name]) for name in ("F32", "F16")},
    "BF16": _read_bf16,
    "F64": _read_as("<f8"),
    "F8_E4M3": _read_f8_e4m3,
    "F8_E5M2": _read_f8_e5m2,
    **{name: _read_as(dtype) for name, dtype in _NUMPY_DTYPES.items() if name[0] in "IU"},
}
