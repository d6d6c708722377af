"""How GGUF stores the values of a tensor, and the way back to float32.

The simple types (blocks of 4, 5 and 8 bits) are read here, by whole arrays; floats and integers as in
other formats; the "K" and "IQ" types, whose blocks nest scales within scales, by the optional package
``gguf``. Values are those of ggml's reference code bit for bit: ``block_q4_0`` and its kin in
``ggml-common.h``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError, how_to_install
from tokensphere.formats import floats
from tokensphere.formats.foreign import optional
from tokensphere.formats.stored import PIECE, Blocks, Decode, Stored, blocks_of

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TensorType:
    """How values are stored: blocks of `values` values in `bytes` bytes."""

    name: str
    values: int
    bytes: int


# By their numbers in a file: name, values and bytes of a block.
_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8),
    28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}  # fmt: skip
TENSOR_TYPES = {number: TensorType(*facts) for number, facts in _TYPES.items()}

TYPE_OF = {type_.name: type_ for type_ in TENSOR_TYPES.values()}
_HEAVY_PIECE = 2**21  # values: where each call costs more than the cache gains


def float_type(type_: TensorType) -> np.dtype[Any] | None:
    """In which type of floats values lose least; None where nobody knows the type."""
    if not type_.bytes:
        return None
    return floats.float_type(type_.name) or np.dtype(np.float32)


def block_values(raw: Bytes, type_: TensorType, shape: tuple[int, ...]) -> Stored:
    """A tensor's bytes, to be read as floats.

    Parameters
    ----------
    raw : uint8 array of all bytes
    type_ : how the values are stored, one of `TENSOR_TYPES`
    shape : of the tensor

    Raises
    ------
    MissingExtraError
        only the package ``gguf`` can read this type, and it is not installed
    """
    decode, piece = _DECODERS.get(type_.name), PIECE
    if decode is None:
        decode, piece = _foreign_decoder(type_.name), _HEAVY_PIECE
    blocks = blocks_of(raw, shape, values=type_.values, size=type_.bytes)
    return Stored(blocks, type_.values, decode, float_type(type_) or np.dtype(np.float32), piece=piece)


def _split(stored: Blocks, out: Floats, size: int, values: int) -> tuple[Bytes, Floats]:
    """Bytes and values a row for each block, of shape (blocks, size) and (blocks, values)."""
    return stored.view(np.uint8).reshape(-1, size), out.reshape(-1, values)


def _scales(column: Bytes, dtype: str = "<f2") -> Floats:
    """The scales of all blocks, (blocks, size) bytes -> (blocks, 1)."""
    return np.ascontiguousarray(column).view(dtype).astype(np.float32)


def _bytes(scale: str, size: int, count: int) -> Decode:
    """A decoder of blocks of `size` bytes: a scale, then `count` signed bytes."""
    first = np.dtype(scale).itemsize

    def decode(stored: Blocks, out: Floats) -> None:
        blocks, values = _split(stored, out, size, count)
        values[...] = blocks[:, first : first + count].view(np.int8)
        values *= _scales(blocks[:, :first], scale)

    return decode


def _small(*, affine: bool = False, five_bits: bool = False, subtract: int = 0) -> Decode:
    """A decoder of blocks of 32: a scale, the least value if `affine`, fifth bits perhaps, nibbles.

    The nibbles are 16 lower halves of bytes, then the 16 upper halves. Bit i of the fifth bits is that
    of value i. `subtract` is what stands for zero.
    """
    low = 4 if affine else 2
    high = low + 4 * five_bits

    def decode(stored: Blocks, out: Floats) -> None:
        blocks, values = _split(stored, out, high + 16, 32)
        numbers = np.empty(values.shape, np.uint8)
        np.bitwise_and(blocks[:, high:], np.uint8(15), out=numbers[:, :16])
        np.right_shift(blocks[:, high:], np.uint8(4), out=numbers[:, 16:])
        if five_bits:
            bits = np.unpackbits(blocks[:, low:high], axis=1, bitorder="little")
            bits <<= np.uint8(4)
            numbers |= bits
        signed = numbers.view(np.int8)
        if subtract:
            signed -= np.int8(subtract)
        values[...] = signed
        values *= _scales(blocks[:, :2])
        if affine:
            values += _scales(blocks[:, 2:4])

    return decode


def _foreign_decoder(name: str) -> Decode:
    """The package ``gguf`` as a decoder of one type."""
    missing = (
        f"tensors of type {name} are read with the package gguf, which is not installed;"
        f" {how_to_install('gguf')}"
    )
    gguf, quants = optional("gguf", missing), optional("gguf.quants", missing)

    def decode(stored: Blocks, out: Floats) -> None:
        try:
            out[...] = quants.dequantize(stored.view(np.uint8), gguf.GGMLQuantizationType[name])
        except (KeyError, NotImplementedError, ValueError) as error:
            raise SourceError(
                f"tensors of type {name} cannot be read, nor can the installed package gguf"
                f" ({error or 'unknown type'}); upgrade it, or convert the file to Q8_0 or F16"
            ) from error

    return decode


_DECODERS: dict[str, Decode] = floats.DECODERS | {
    "Q4_0": _small(subtract=8), "Q4_1": _small(affine=True),
    "Q5_0": _small(five_bits=True, subtract=16), "Q5_1": _small(affine=True, five_bits=True),
    "Q8_0": _bytes("<f2", 34, 32), "Q8_K": _bytes("<f4", 292, 256),
}  # fmt: skip
