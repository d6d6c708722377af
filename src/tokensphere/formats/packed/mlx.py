"""MLX's affine quantisation: a few bits for each value, a scale and a bias for each group of them.

``X.weight`` holds the codes of a row as a stream of bits, the lowest first, in words of 32 bits; with
``X.scales`` and ``X.biases`` a value is ``scale · code + bias`` (``mlx.core.quantize``; ``quantize`` in
MLX's ``mlx/backend/cpu/quantized.cpp``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.formats.packed.packing import FLOATS, Packing, floats_of
from tokensphere.formats.packed.told import Told
from tokensphere.formats.stored import Blocks, Decode, Stored, blocks_of
from tokensphere.formats.tensors import TensorFile, TensorInfo

_BITS = (2, 3, 4, 5, 6, 8)
_GROUPS = (32, 64, 128)


def mlx_packing(tensors: Mapping[str, TensorInfo], name: str, told: Told) -> Packing:
    """The packing of ``X.weight`` that has ``X.scales`` beside it.

    Parameters
    ----------
    tensors : name -> shape and type
    name : of the weight, which ends with ``weight``
    told : what the configuration says; it goes before the shapes
    """
    stem = name.removesuffix("weight")
    weight, scales, biases = tensors[name], f"{stem}scales", f"{stem}biases"
    if biases not in tensors:
        return _refused(weight, (name, scales), "MLX without biases: MXFP4, MXFP8 or NVFP4")
    mode = told.of_module(stem.removesuffix(".")).get("mode", "affine")
    if mode != "affine":
        return _refused(weight, (name, scales), f"MLX in the mode {mode!r:.40} by config.json")
    parts = (name, scales, biases)
    shapes = [tensors[part].shape for part in parts]
    fits = (
        all(len(shape) == 2 and all(shape) for shape in shapes)
        and shapes[1] == shapes[2]
        and shapes[0][0] == shapes[1][0]
        and all(tensors[part].dtype in FLOATS for part in parts[1:])
    )
    if not fits:
        return _refused(weight, parts, "MLX", f"whose parts have the shapes {shapes}, which do not fit")
    (rows, words), groups = shapes[0], shapes[1][1]
    said = told.of_module(stem.removesuffix("."))
    bits, size, known = said.get("bits"), said.get("group_size"), "config.json"
    if type(bits) is not int or type(size) is not int:
        ways = [
            (b, g)
            for b in _BITS
            for g in _GROUPS
            if b * g * groups == 32 * words and (not told.widths or g * groups in told.widths)
        ]
        if len(ways) != 1:
            each = " or ".join(f"{b} bit in groups of {g}" for b, g in ways) or "nothing that MLX has"
            return _refused(
                weight, parts, "MLX", f"and its shapes say {each}: put the model's config.json beside it"
            )
        (bits, size), known = ways[0], "by its shapes"
    if bits not in _BITS or size < 8 or size % 8 or bits * size * groups != 32 * words:
        return _refused(
            weight, parts, f"MLX {bits} bit, groups of {size} by config.json",
            f"but its {words} words and {groups} scales a row do not fit that",
        )  # fmt: skip
    shape = (rows, size * groups)
    kind = f"MLX {bits} bit, groups of {size}"
    info = TensorInfo(name, shape, kind, weight.offset, weight.size, np.dtype(np.float32))

    def read(file: TensorFile) -> Stored:
        blocks = blocks_of(file.raw(name), shape, values=size, size=size * bits // 8)
        beside = (floats_of(file, scales), floats_of(file, biases))
        return Stored(blocks, size, _decoder(bits, size), np.dtype(np.float32), beside)

    return Packing(info, parts, known, read)


def _refused(weight: TensorInfo, parts: tuple[str, ...], kind: str, problem: str = "") -> Packing:
    info = TensorInfo(weight.name, weight.shape, kind, weight.offset, weight.size)
    return Packing(info, parts, problem=problem or "which cannot be read")


def _decoder(bits: int, size: int) -> Decode:
    def decode(stored: Blocks, out: Any, scales: Blocks, biases: Blocks) -> None:
        groups = out.reshape(-1, size)
        unpack(stored.view(np.uint8).reshape(-1, size * bits // 8), bits, groups)
        groups *= scales.reshape(-1, 1)
        groups += biases.reshape(-1, 1)

    return decode


def unpack(packed: npt.NDArray[np.uint8], bits: int, out: npt.NDArray[Any]) -> None:
    """Numbers of a few bits that follow one another, the lowest bit first.

    Parameters
    ----------
    packed : uint8 array of shape (n, m · bits / 8), m a multiple of 8
    bits : of a number, 1 to 8
    out : array of shape (n, m) that is filled

    Examples
    --------
    >>> out = np.empty((1, 8), np.uint8)
    >>> unpack(np.array([[0x21, 0x43, 0x65, 0x87]], np.uint8), 4, out)
    >>> out.tolist()
    [[1, 2, 3, 4, 5, 6, 7, 8]]
    """
    eights = packed.reshape(len(packed), -1, bits)  # eight numbers in `bits` bytes
    numbers = out.reshape(len(out), -1, 8)
    mask = np.uint8((1 << bits) - 1)
    for i in range(8):
        byte, shift = divmod(i * bits, 8)
        number = eights[..., byte] >> np.uint8(shift)
        if shift + bits > 8:
            number |= eights[..., byte + 1] << np.uint8(8 - shift)
        number &= mask
        numbers[..., i] = number
