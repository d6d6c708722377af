"""Safetensors: a reader that maps the file and looks only at what it is asked for, and a writer.

A file is eight bytes with the length of the header (little-endian), the header (a JSON object from the
names of tensors to their type, shape and place), and the tensors' bytes without overlap or hole. Every
length and offset is checked against the file before anything is allocated.

:func:`parse_header` knows no file, so that it serves for bytes that came from elsewhere, too.

The format is described in the README of huggingface/safetensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any, TypeGuard

from tokensphere.errors import FormatError
from tokensphere.formats.files import AGAIN, damaged, json_object
from tokensphere.formats.floats import BITS, float_type
from tokensphere.formats.mapped import MappedFile
from tokensphere.formats.tensors import TensorInfo

LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000  # the limit that the format sets
_MOST_DIMENSIONS = 64
_LARGEST = 2**63 - 1
_METADATA = "__metadata__"


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
        raise damaged(where, f"is cut short: its header has {length:,} bytes, the file {file_size:,}")
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
    header = json_object(raw_header, f"{where}: the header", strict=True)
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise damaged(where, f"has a {_METADATA!r} that is no object of texts")
    start = LENGTH_BYTES + len(raw_header)
    tensors = [_tensor_info(name, entry, start, where) for name, entry in header.items()]
    tensors.sort(key=lambda tensor: (tensor.offset, tensor.size))
    end = start
    for tensor in tensors:
        if tensor.offset != end:
            problem = "overlaps another" if tensor.offset < end else "follows a hole"
            raise damaged(f"{where}: tensor {tensor.name!r:.200}", problem)
        end += tensor.size
    file_size = start + data_size
    if end != file_size:
        problem = "cut short" if end > file_size else "longer than it says"
        raise damaged(where, f"is {problem}: its tensors end at byte {end:,}, the file at {file_size:,}")
    return {tensor.name: tensor for tensor in tensors}


def _tensor_info(name: str, entry: object, start: int, where: str) -> TensorInfo:
    what = f"{where}: tensor {name!r:.200}"
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise damaged(what, "has a name that is no text") from error
    if not isinstance(entry, dict):
        raise damaged(what, f"is described by {type(entry).__name__}, not by an object")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str):
        raise damaged(what, "has no type ('dtype')")
    if not _is_counts(shape) or len(shape) > _MOST_DIMENSIONS:
        raise damaged(what, "has no usable 'shape'")
    if not _is_counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise damaged(what, "has no usable 'data_offsets' (begin, end)")
    size = offsets[1] - offsets[0]
    bits = prod(shape) * BITS[dtype] if dtype in BITS else 8 * size
    if bits != 8 * size:
        form = f"of shape {tuple(shape)} and type {dtype}"
        raise damaged(what, f"{form} takes {bits // 8:,} bytes, but has {size:,}")
    return TensorInfo(name, tuple(shape), dtype, start + offsets[0], size, float_type(dtype))


def _is_counts(value: object) -> TypeGuard[list[int]]:
    """Whether this is a list of whole numbers in [0, 2**63); JSON's true and false are none."""
    return isinstance(value, list) and all(type(n) is int and 0 <= n <= _LARGEST for n in value)


class SafetensorsFile(MappedFile):
    """An open safetensors file.

    Attributes
    ----------
    tensors : dict of name -> `TensorInfo`

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no safetensors file, is cut short, or contradicts itself
    """

    least, what = LENGTH_BYTES + 2, "a safetensors file"

    def _read_header(self) -> None:
        where = str(self.path)
        end = LENGTH_BYTES + header_length(self._map[:LENGTH_BYTES], self._size, where)
        self.tensors = parse_header(self._map[LENGTH_BYTES:end], self._size - end, where)


def header_bytes(
    tensors: Mapping[str, tuple[str, tuple[int, ...], int]], metadata: Mapping[str, str] | None = None
) -> bytes:
    """The begin of a file whose tensors' bytes follow in this order; a multiple of eight bytes long.

    Parameters
    ----------
    tensors : name -> type, shape and size in bytes
    metadata : texts about the file
    """
    entries: dict[str, Any] = {} if metadata is None else {_METADATA: dict(metadata)}
    end = 0
    for name, (dtype, shape, size) in tensors.items():
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text
