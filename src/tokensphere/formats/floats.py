"""Stored bytes -> float32: the types that safetensors names, which PyTorch's files have, too.

F8_E4M3 has no infinities and F8_E5M2 is the upper half of a float16 (Micikevicius et al. 2022,
arXiv:2209.05433, table 1).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError

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
    if dtype not in READERS:
        raise SourceError(f"values stored as {dtype} cannot be read; only {', '.join(READERS)} can")
    width = BITS[dtype] // 8
    if raw.size != prod(shape) * width:
        raise FormatError(f"{raw.size:,} bytes are no values of type {dtype} in the shape {shape}")
    out = np.empty(prod(shape), dtype=np.float32)
    read, step = READERS[dtype], 2**17  # pieces that stay in the cache between the passes
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


READERS: dict[str, _Reader] = {
    **{name: _read_as(NUMPY_DTYPES[name]) for name in ("F32", "F16")},
    "BF16": _read_bf16,
    "F64": _read_as("<f8"),
    "F8_E4M3": _read_f8_e4m3,
    "F8_E5M2": _read_f8_e5m2,
    **{name: _read_as(dtype) for name, dtype in NUMPY_DTYPES.items() if name[0] in "IU"},
}
