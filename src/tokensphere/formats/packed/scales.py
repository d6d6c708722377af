"""Values of eight bits with scales beside them: one for all, one a row, or one a block.

A value is ``(stored - zero point) · scale``. So store int8 and FP8 compressed-tensors (``weight_scale``,
``weight_zero_point``; ``dequantize`` in its ``quantization/lifecycle/forward.py``), ModelOpt (a flat
``weight_scale``: ``to_quantized_weight`` in its ``export/quant_utils.py``), transformers' and
DeepSeek's FP8 (``weight_scale_inv``, which in spite of its name is multiplied: ``weight_dequant`` in
DeepSeek-V3's ``inference/kernel.py``, blocks of 128 × 128), and bitsandbytes' int8 (``SCB``, the largest
absolute value of a row, so that ``SCB / 127`` is the scale: ``int8_vectorwise_dequant``).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, prod

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError
from tokensphere.formats.floats import plain_values
from tokensphere.formats.packed.packing import FLOATS, Packing, floats_of
from tokensphere.formats.packed.told import Told
from tokensphere.formats.stored import Stored, blocks_of, scaled
from tokensphere.formats.tensors import TensorFile, TensorInfo

_NAMES = {"I8": "int8", "F8_E4M3": "FP8 (E4M3)", "F8_E5M2": "FP8 (E5M2)"}
_USUAL = (128, 128)  # rows and columns of a block where nothing else is said
_ROW_MAJOR = 0  # of bitsandbytes' ``weight_format``
_Floats = npt.NDArray[np.float32]


def scaled_packing(tensors: Mapping[str, TensorInfo], name: str, scale: str, told: Told) -> Packing:
    """The packing of a tensor with a tensor of scales.

    Parameters
    ----------
    tensors : name -> shape and type
    name, scale : of the values and of their scales
    told : what the configuration says of the size of blocks
    """
    values, by = tensors[name], tensors[scale]
    zero = f"{name}_zero_point"
    parts = (name, scale, *([zero] if zero in tensors else []))
    kind = _NAMES.get(values.dtype, values.dtype)

    def refused(problem: str) -> Packing:
        info = TensorInfo(name, values.shape, kind, values.offset, values.size)
        return Packing(info, parts, problem=problem)

    if values.dtype not in _NAMES:
        return refused("packed in a way that is not known (NVFP4, BitNet or another)")
    if by.dtype not in FLOATS:
        return refused(f"whose scales are stored as {by.dtype}, which cannot be read")
    if len(values.shape) != 2 or not all(values.shape):
        return refused(f"and has the shape {values.shape}, not that of a matrix")
    if zero in tensors and not _fits(tensors[zero], values, by):
        return refused(f"and its zero points {zero!r:.200} do not fit the scales")
    if other := next((part for part in _columns(name) if part in tensors), None):
        return refused(f"and {other!r:.200} orders or scales its columns, which is not read")
    block = _block(values.shape, by.shape, told)
    if block is None:
        return refused(f"but scales of the shape {by.shape} do not fit values of {values.shape}")
    what = _called(values.shape, block)
    info = TensorInfo(
        name, values.shape, f"{kind}, {what}", values.offset, values.size, np.dtype(np.float32)
    )
    return Packing(
        info, parts, f"{scale.rpartition('.')[2]} beside it", lambda f: _read(f, parts, block)
    )


def _columns(name: str) -> tuple[str, str]:
    """What may stand for the columns: compressed-tensors' groups by activation, ModelOpt's smoothing."""
    return f"{name}_g_idx", f"{name.removesuffix('weight')}pre_quant_scale"


def bitsandbytes_packing(tensors: Mapping[str, TensorInfo], name: str, scale: str) -> Packing:
    """The packing of a weight of bitsandbytes' ``Linear8bitLt``, whose `scale` ends with ``SCB``."""
    values, by = tensors[name], tensors[scale]
    form = f"{name}_format"
    parts = (name, scale, *([form] if form in tensors else []))
    fits = len(values.shape) == 2 and all(values.shape) and prod(by.shape) == values.shape[0]
    if not fits or values.dtype != "I8" or by.dtype not in FLOATS:
        info = TensorInfo(name, values.shape, "bitsandbytes 8 bit", values.offset, values.size)
        shapes = f"{values.dtype} {values.shape} and {by.dtype} {by.shape}"
        return Packing(info, parts, problem=f"but {shapes} do not fit one another")

    def read(file: TensorFile) -> Stored:
        if form in file.tensors and bytes(file.raw(form)[:1]) != bytes([_ROW_MAJOR]):
            raise SourceError(
                f"tensor {name!r:.200} of {file.path} is stored in a tiled order of bitsandbytes"
                " (weight_format), which cannot be read; save the model with a newer version of it"
            )
        blocks = blocks_of(file.raw(name), values.shape, size=1)
        plain = plain_values(blocks.reshape(-1), "I8", values.shape)
        return scaled(plain, floats_of(file, scale).reshape(-1, 1) / np.float32(127))

    info = TensorInfo(
        name, values.shape, "bitsandbytes 8 bit, a scale a row", values.offset, values.size,
        np.dtype(np.float32),
    )  # fmt: skip
    return Packing(info, parts, "SCB beside it", read)


def _block(shape: tuple[int, ...], scales: tuple[int, ...], told: Told) -> tuple[int, int] | None:
    """Rows and columns that share a scale; None if these scales fit no matrix of that shape."""
    n, d = shape
    if prod(scales) == 1:
        return n, d
    if len(scales) == 1:
        return (1, d) if scales == (n,) else None
    if len(scales) != 2 or not all(scales):
        return None
    if scales in ((n, 1), (1, d)):
        return n // scales[0], d // scales[1]
    said = told.block_size()
    blocks = [said] if said else [(1, size) for size in told.group_sizes()]
    if not blocks:
        size = d // scales[1]
        # Groups have a power of two: any other number is one whose last group is cut, and which one?
        blocks = [(1, size), _USUAL] if d % scales[1] == 0 and size & (size - 1) == 0 else [_USUAL]
    return next((block for block in blocks if _counts(shape, block) == scales), None)


def _fits(zero: TensorInfo, values: TensorInfo, by: TensorInfo) -> bool:
    """Whether zero points are one for each scale, in the values' own type or one that holds more."""
    same = zero.shape == by.shape or prod(zero.shape) == prod(by.shape) == 1
    return same and zero.float_type is not None and zero.dtype in (values.dtype, "I16", "I32", *FLOATS)


def _counts(shape: tuple[int, ...], block: tuple[int, int]) -> tuple[int, int]:
    """How many blocks there are down and across."""
    return -(-shape[0] // block[0]), -(-shape[1] // block[1])


def _called(shape: tuple[int, ...], block: tuple[int, int]) -> str:
    rows, columns = block
    if columns >= shape[1]:
        return (
            "one scale" if rows >= shape[0] else "a scale a row" if rows == 1 else f"{rows} rows a scale"
        )
    return f"groups of {columns}" if rows == 1 else f"blocks of {rows} × {columns}"


def _read(file: TensorFile, parts: tuple[str, ...], block: tuple[int, int]) -> Stored:
    name, scale, *zero = parts
    info = file.tensors[name]
    rows, columns = block
    # The last block of a row may be cut: blocks are read in parts that lie within one.
    width = 1 if columns >= info.shape[1] else gcd(columns, info.shape[1])
    plain = plain_values(file.raw(name), info.dtype, info.shape)
    values = Stored(
        blocks_of(file.raw(name), info.shape, values=width, size=width), width,
        lambda stored, out, *_: plain.decode(stored.view(np.uint8), out), np.dtype(np.float32),
    )  # fmt: skip

    def spread(part: str) -> _Floats:
        table = floats_of(file, part)
        if table.size == 1:
            return table.reshape(1, 1)
        table = table.reshape(table.shape[0], -1)
        if table.shape[0] not in (1, info.shape[0]):
            table = np.repeat(table, rows, axis=0)[: info.shape[0]]
        if table.shape[1] > 1:
            table = table[:, np.arange(info.shape[1] // width) * width // columns]
        return table

    if zero:
        values = scaled(values, spread(zero[0]), np.subtract)
    return scaled(values, spread(scale))
