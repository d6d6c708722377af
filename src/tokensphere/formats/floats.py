"""Stored bytes -> floats: the types that safetensors names, which PyTorch's files have, too.

F8_E4M3 has no infinities and F8_E5M2 is the upper half of a float16 (Micikevicius et al. 2022,
arXiv:2209.05433, table 1).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.stored import Blocks, Decode, Stored, blocks_of

NUMPY_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "C64": "<c8",
}  # fmt: skip
# Bits, as two types are narrower than a byte. A type that is missing here was added to the format
# later: its tensors are listed, with the size that their offsets give, but cannot be read.
BITS = {name: 8 * np.dtype(dtype).itemsize for name, dtype in NUMPY_DTYPES.items()} | {
    "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip
_BEYOND_FLOAT32 = ("F64", "I64", "U64", "I32", "U32")


def float_type(dtype: str) -> np.dtype[Any] | None:
    """In which type of floats values lose least: float64 or float32; None for what cannot be read.

    Examples
    --------
    >>> float_type("BF16"), float_type("I64"), float_type("C64")
    (dtype('float32'), dtype('float64'), None)
    """
    if dtype not in DECODERS:
        return None
    return np.dtype(np.float64 if dtype in _BEYOND_FLOAT32 else np.float32)


def plain_values(raw: npt.NDArray[np.uint8], dtype: str, shape: tuple[int, ...]) -> Stored:
    """Bytes in which one value follows another, to be read as floats.

    Parameters
    ----------
    raw : uint8 array of shape (size,)
    dtype : how the values are stored: F64, F32, F16, BF16, F8_E4M3, F8_E5M2 or a type of integers
    shape : of the tensor

    Raises
    ------
    SourceError
        no such type can be read
    FormatError
        `raw` is not as long as type and shape demand

    Examples
    --------
    >>> plain_values(np.array([0x80, 0x3F, 0x00, 0xC0], np.uint8), "BF16", (1, 2)).float32()
    array([[ 1., -2.]], dtype=float32)
    """
    floats = float_type(dtype)
    if floats is None:
        raise SourceError(f"values stored as {dtype} cannot be read; only {', '.join(DECODERS)} can")
    size = BITS[dtype] // 8
    if raw.size != prod(shape) * size:
        raise FormatError(f"{raw.size:,} bytes are no values of type {dtype} in the shape {shape}")
    return Stored(blocks_of(raw, shape, size=size), 1, DECODERS[dtype], floats)


def _decode_as(dtype: str) -> Decode:
    return lambda stored, out: np.copyto(out, stored.view(dtype), "unsafe")


def _decode_bf16(stored: Blocks, out: Any) -> None:
    bits = out.view(np.uint32)  # a bfloat16 is the upper half of a float32
    bits[...] = stored.view("<u2")
    bits <<= 16


def _decode_by(table: Callable[[], npt.NDArray[np.float32]]) -> Decode:
    return lambda stored, out: np.take(table(), stored, out=out, mode="clip")


@cache
def _f8_e4m3_table() -> npt.NDArray[np.float32]:
    """The 256 values: 1 bit sign, 4 exponent (bias 7), 3 mantissa; all ones is not a number."""
    codes = np.arange(256, dtype=np.uint16)
    halves = (codes & 128) << 8 | (codes & 127) << 7  # as float16, whose exponent has bias 15
    values = halves.view(np.float16).astype(np.float32) * np.float32(2**8)
    values[[127, 255]] = np.nan, -np.nan
    return values


@cache
def _f8_e5m2_table() -> npt.NDArray[np.float32]:
    """The 256 values: the upper byte of a float16."""
    with np.errstate(invalid="ignore"):
        return (np.arange(256, dtype=np.uint16) << 8).view(np.float16).astype(np.float32)


DECODERS: dict[str, Decode] = {
    **{name: _decode_as(NUMPY_DTYPES[name]) for name in ("F32", "F16")},
    "BF16": _decode_bf16,
    "F64": _decode_as("<f8"),
    "F8_E4M3": _decode_by(_f8_e4m3_table),
    "F8_E5M2": _decode_by(_f8_e5m2_table),
    **{name: _decode_as(dtype) for name, dtype in NUMPY_DTYPES.items() if name[0] in "IU"},
}
