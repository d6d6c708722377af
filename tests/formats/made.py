"""Files of tensors byte by byte, written from the formats' descriptions and not by what is tested."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Tensors = Mapping[str, tuple[str, tuple[int, ...], bytes]]  # name -> type, shape, stored bytes


def bf16(values: Array) -> bytes:
    return (values.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()


def file_of(header: object, data: bytes = b"") -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def safetensors(tensors: Tensors, pad: int = 0) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, (dtype, shape, raw) in tensors.items():
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}
        data += raw
    return file_of(json.dumps(header).encode() + b" " * pad, data)


def safetensors_bytes(arrays: Mapping[str, Array]) -> bytes:
    """A safetensors file of F32 tensors."""
    tensors = {name: ("F32", array.shape, array.tobytes()) for name, array in arrays.items()}
    return safetensors(tensors, pad=5)


CT2_DTYPES = ["float32", "int8", "int16", "int32", "float16", "bfloat16"]
_CT2_WIDTHS = {"float32": 4, "int8": 1, "int16": 2, "int32": 4, "float16": 2, "bfloat16": 2}


def _ct2_string(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape") + b"\0"
    return struct.pack("<H", len(raw)) + raw


def ctranslate2(variables: Tensors, aliases: Mapping[str, str] | None = None, version: int = 6) -> bytes:
    """The bytes of a model.bin, field by field as its converter writes them."""
    content = struct.pack("<I", version) + _ct2_string("TestSpec")
    content += struct.pack("<II", 3, len(variables))
    for name, (dtype, shape, raw) in variables.items():
        content += _ct2_string(name) + struct.pack(f"<B{len(shape)}I", len(shape), *shape)
        if version >= 4:
            content += struct.pack("<BI", CT2_DTYPES.index(dtype), len(raw))
        else:
            content += struct.pack("<BI", _CT2_WIDTHS[dtype], len(raw) // _CT2_WIDTHS[dtype])
        content += raw
    if version >= 3:
        content += struct.pack("<I", len(aliases or {}))
        content += b"".join(_ct2_string(a) + _ct2_string(name) for a, name in (aliases or {}).items())
    return content


def ct2_quantised(name: str, matrix: npt.NDArray[np.float32]) -> dict[str, Any]:
    """As CTranslate2 does it: 127 / largest absolute value of a row, values times that, rounded."""
    scale = 127 / np.abs(matrix).max(axis=1)
    values = np.rint(matrix * scale[:, None]).astype(np.int8)
    return {
        name: ("int8", matrix.shape, values.tobytes()),
        f"{name}_scale": ("float32", scale.shape, scale.astype("<f4").tobytes()),
    }
