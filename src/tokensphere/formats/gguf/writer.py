"""Write a small GGUF file: strings, lists of strings or int32, and tensors as stored bytes.

Just what a file with one embedding and its vocabulary needs; used to make the bundled model and the
files that tests read. The same input always gives the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tokensphere.formats.gguf.quants import TENSOR_TYPES
from tokensphere.formats.gguf.reader import ARRAY, MAGIC, STRING

_INT32 = 5
_ALIGNMENT = 32
Value = str | Sequence[str] | npt.NDArray[np.int32]


def _string(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _string(value)
    if isinstance(value, np.ndarray):
        kind, content = _INT32, value.astype("<i4").tobytes()
    else:
        kind, content = STRING, b"".join(_string(text) for text in value)
    return struct.pack("<IIQ", ARRAY, kind, len(value)) + content


def write_gguf(
    path: str | Path,
    metadata: Mapping[str, Value],
    tensors: Mapping[str, tuple[str, tuple[int, ...], bytes]],
) -> None:
    """Write `metadata` and `tensors` (name -> type name, shape, stored bytes) to `path`."""
    numbers = {kind.name: number for number, kind in TENSOR_TYPES.items()}
    head = struct.pack("<4sIQQ", MAGIC, 3, len(tensors), len(metadata))
    head += b"".join(_string(key) + _value(value) for key, value in metadata.items())
    data = b""
    for name, (kind, shape, stored) in tensors.items():
        head += _string(name) + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}Q", *shape[::-1])
        head += struct.pack("<IQ", numbers[kind], len(data))
        data += stored + bytes(-len(stored) % _ALIGNMENT)
    head += bytes(-len(head) % _ALIGNMENT)
    Path(path).write_bytes(head + data)
