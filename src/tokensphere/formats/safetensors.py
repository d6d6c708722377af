"""Safetensors: a reader that maps the file and looks only at what it is asked for.

A file is eight bytes with the length of the header (little-endian), the header (a JSON object from the
names of tensors to their type, shape and place), and the tensors' bytes without overlap or hole. Every
length and offset is checked against the file before anything is allocated.

:func:`parse_header` knows no file, so that it serves for bytes that came from elsewhere, too.

The format is described in the README of huggingface/safetensors.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.floats import BITS, NUMPY_DTYPES, READERS, to_float32
from tokensphere.formats.mapped import Closing
from tokensphere.formats.tensors import forget_pages

LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000  # the limit that the format sets
_MOST_DIMENSIONS = 64
_LARGEST = 2**63 - 1
AGAIN = "download or convert it again"
_METADATA = "__metadata__"
_T = TypeVar("_T")


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
            f" it is no safetensors file or damaged: {AGAIN}"
        )
    if length > file_size - LENGTH_BYTES:
        raise FormatError(
            f"{where} is cut short: its header has {length:,} bytes, the file {file_size:,}; {AGAIN}"
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
    header = json_object(raw_header, f"{where}: the header")
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise FormatError(f"{where} has a {_METADATA!r} that is no object of texts; {AGAIN}")
    start = LENGTH_BYTES + len(raw_header)
    tensors = [_tensor_info(name, entry, start, where) for name, entry in header.items()]
    tensors.sort(key=lambda tensor: (tensor.offset, tensor.size))
    end = start
    for tensor in tensors:
        if tensor.offset != end:
            problem = "overlaps another" if tensor.offset < end else "follows a hole"
            raise FormatError(f"{where}: tensor {tensor.name!r:.200} {problem}; {AGAIN}")
        end += tensor.size
    if end != start + data_size:
        problem = "cut short" if end > start + data_size else "longer than it says"
        raise FormatError(
            f"{where} is {problem}: its tensors end at byte {end:,}, the file at"
            f" {start + data_size:,}; {AGAIN}"
        )
    return {tensor.name: tensor for tensor in tensors}


def _tensor_info(name: str, entry: object, start: int, where: str) -> TensorInfo:
    what = f"{where}: tensor {name!r:.200}"
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise FormatError(f"{what} has a name that is no text; {AGAIN}") from error
    if not isinstance(entry, dict):
        raise FormatError(f"{what} is described by {type(entry).__name__}, not by an object; {AGAIN}")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str):
        raise FormatError(f"{what} has no type ('dtype'); {AGAIN}")
    if not _is_counts(shape) or len(shape) > _MOST_DIMENSIONS:
        raise FormatError(f"{what} has no usable 'shape'; {AGAIN}")
    if not _is_counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise FormatError(f"{what} has no usable 'data_offsets' (begin, end); {AGAIN}")
    size = offsets[1] - offsets[0]
    bits = BITS.get(dtype)
    if bits is not None and prod(shape) * bits != 8 * size:
        raise FormatError(
            f"{what} of shape {tuple(shape)} and type {dtype} takes {prod(shape) * bits // 8:,} bytes,"
            f" but has {size:,}; {AGAIN}"
        )
    return TensorInfo(name, tuple(shape), dtype, start + offsets[0], size)


def _is_counts(value: object) -> TypeGuard[list[int]]:
    """Whether this is a list of whole numbers in [0, 2**63); JSON's true and false are none."""
    return isinstance(value, list) and all(type(n) is int and 0 <= n <= _LARGEST for n in value)


def json_object(raw: bytes, what: str) -> dict[str, Any]:
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
        raise FormatError(f"{what} is not valid JSON ({error}); {AGAIN}") from error
    if not isinstance(found, dict):
        raise FormatError(f"{what} is not a JSON object; {AGAIN}")
    return found


class SafetensorsFile(Closing):
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
        self._map: mmap.mmap | None = mapped
        # The views that raw() and stored_array() give keep the mapping; with the last it goes.
        self._bytes: npt.NDArray[np.uint8] | None = np.frombuffer(mapped, np.uint8)
        raw_header = mapped[LENGTH_BYTES : LENGTH_BYTES + length]
        self.tensors = parse_header(raw_header, size - LENGTH_BYTES - length, str(self.path))

    def close(self) -> None:
        """Let go of the file; views of it that were given out stay valid."""
        self._bytes = self._map = None

    def release(self, name: str) -> None:
        """Let the system take back the memory that holds what was read of a tensor."""
        tensor = require_tensor(self.tensors, name, self.path)
        if self._map is not None:
            forget_pages(self._map, tensor.offset, tensor.size)

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a read-only view of the file of shape (size,)."""
        if self._bytes is None:
            raise SourceError(f"{self.path} is closed; open it again to read tensor {name!r}")
        tensor = require_tensor(self.tensors, name, self.path)
        return self._bytes[tensor.offset : tensor.offset + tensor.size]

    def stored_array(self, name: str) -> npt.NDArray[Any]:
        """A tensor in its own type and shape, a read-only view of the file.

        Raises
        ------
        SourceError
            NumPy has no such type (BF16, F8_E4M3, …)
        """
        raw, tensor = self.raw(name), self.tensors[name]
        if tensor.dtype not in NUMPY_DTYPES:
            raise SourceError(
                f"tensor {name!r} of {self.path} is stored as {tensor.dtype}, which NumPy lacks;"
                " read it as float32 with matrix()"
            )
        return raw.view(NUMPY_DTYPES[tensor.dtype]).reshape(tensor.shape)

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
        if tensor.dtype not in READERS:
            raise SourceError(
                f"{what} is stored as {tensor.dtype}; only {', '.join(READERS)} can be read"
            )
        refuse_scales(self.tensors, name, self.path)
        return to_float32(raw, tensor.dtype, tensor.shape)


def refuse_scales(tensors: Mapping[str, TensorInfo], name: str, path: Path) -> None:
    """Refuse a tensor that means nothing without the scales beside it.

    Without them it has the wrong directions, which nobody would notice.
    """
    if not tensors[name].dtype.startswith(("F8", "I8", "U8")):
        return
    for scale in (f"{name}_scale", f"{name}_scale_inv"):
        if scale in tensors:
            raise SourceError(
                f"tensor {name!r} of {path} is quantised with the scales {scale!r}, which cannot be"
                " read; use a version of the model in F32, BF16 or F16"
            )


def require_tensor(table: Mapping[str, _T], name: str, path: Path) -> _T:
    """What the table has for a tensor; a SourceError with some names if there is no such tensor."""
    if name not in table:
        some = ", ".join(list(table)[:5]) or "none"
        raise SourceError(f"{path} has no tensor {name!r}; it has {some}, …")
    return table[name]
