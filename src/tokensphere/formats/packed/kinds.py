"""Which tensors are parts of a packed matrix: told by their names, as each library gives them.

The names are those of AutoGPTQ, AutoAWQ, compressed-tensors, bitsandbytes, HQQ, optimum-quanto, torchao,
ExLlamaV2 and V3, AQLM, QuIP#, gpt-oss, NVIDIA's ModelOpt, EETQ, ComfyUI and MLX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from tokensphere.errors import SourceError
from tokensphere.formats.packed.mlx import mlx_packing
from tokensphere.formats.packed.packing import INSTEAD, Packing
from tokensphere.formats.packed.scales import bitsandbytes_packing, scaled_packing
from tokensphere.formats.packed.told import Told
from tokensphere.formats.tensors import TensorInfo

# Matrices under a name of their own: what that ends with in place of ``weight`` -> who packs so.
_RENAMED = {
    "qweight": "GPTQ or AWQ", "weight_packed": "compressed-tensors, packed", "W_q": "HQQ",
    "weight._data": "quanto", "_weight_qdata": "torchao", "weight:qdata": "torchao",
    "q_weight": "EXL2", "trellis": "EXL3", "codebooks": "AQLM", "Qidxs": "QuIP#",
    "weight_blocks": "MXFP4",
}  # fmt: skip
# Beside a matrix under its usual name X: what follows X -> who packs so. The first that is there counts.
_BESIDE = {
    ".absmax": "bitsandbytes 4 bit (NF4 or FP4)", ".quant_map": "bitsandbytes 4 bit (NF4 or FP4)",
    "_scale_2": "NVFP4 of ModelOpt", "_global_scale": "NVFP4", "_scales": "EETQ", "._scale": "quanto",
}  # fmt: skip
_SCALES = ("_scale", "_scale_inv")
# What may lie beside values of eight bits without a say in what they are: of activations, or a bias.
_HARMLESS = (
    "bias", "input_scale", "input_zero_point", "output_scale", "output_zero_point", "scale_input",
    "k_scale", "v_scale", "weight_format", "weight_shape",
)  # fmt: skip
_OF_SCALED = ("weight_scale", "weight_scale_inv", "scale_weight", "scaled_fp8")
_INTEGERS = re.compile(r"[<>|=]?[IUiu]\d")
_ENDS = tuple(_RENAMED)


def packed_names(names: Iterable[str]) -> dict[str, str]:
    """The matrices that are stored under another name than theirs: their name -> that of their values.

    Examples
    --------
    >>> packed_names(["lm_head.qweight", "lm_head.scales", "norm.weight"])
    {'lm_head.weight': 'lm_head.qweight'}
    """
    found: dict[str, str] = {}
    for name in names:
        if not name.endswith(_ENDS):
            continue
        for end in _RENAMED:
            stem = name.removesuffix(end)
            if stem != name and (not stem or stem.endswith(".")):
                found.setdefault(f"{stem}weight", name)
    return found


def packing_of(
    tensors: Mapping[str, TensorInfo], name: str, values: str | None, told: Told
) -> Packing | None:
    """How a matrix is packed; None if its values are plain.

    Parameters
    ----------
    tensors : of the file, as it names them
    name : of the matrix
    values : the tensor that holds its values, if that has another name
    told : what the configuration says
    """
    if values is not None and values != name:
        end = next(end for end in _RENAMED if values.endswith(end))
        kind = _RENAMED[end]
        if end == "qweight":
            kind = "GPTQ" if f"{values.removesuffix(end)}g_idx" in tensors else kind
        return _unreadable(tensors, name, (values,), kind)
    for end, kind in _BESIDE.items():
        if f"{name}{end}" in tensors:
            return _unreadable(tensors, name, (name, f"{name}{end}"), kind)
    stem = name.removesuffix("weight")
    if name != stem and f"{stem}scale" in tensors:
        return _unless_more(tensors, name, stem, None)
    if _dtype(tensors, name).startswith(("I", "U")) and stem != name:
        if f"{stem}SCB" in tensors:
            return _unless_more(tensors, name, stem, bitsandbytes_packing(tensors, name, f"{stem}SCB"))
        if f"{stem}scales" in tensors and _dtype(tensors, name) == "U32":
            return _unless_more(tensors, name, stem, mlx_packing(tensors, name, told))
    if _dtype(tensors, name).startswith(("I", "U", "F8")):
        for scale in (*(f"{name}{end}" for end in _SCALES), f"{stem}scale_weight"):
            if scale in tensors:
                packing = scaled_packing(tensors, name, scale, told)
                return _unless_more(tensors, name, stem, packing)
        if _dtype(tensors, name).startswith("F8"):
            return _unless_more(tensors, name, stem, None)
    return None


def _unless_more(
    tensors: Mapping[str, TensorInfo], name: str, stem: str, packing: Packing | None
) -> Packing | None:
    """The packing, unless beside the values lies something that may change what they mean."""
    known = {name, *(packing.tensors if packing else ()), *(stem + end for end in _HARMLESS)}
    begins = (f"{name}.", f"{name}_", *([stem] if stem.endswith(".") else []))
    beside = (other for other in tensors if other.startswith(begins) or (not stem and "." not in other))
    more = next((other for other in beside if other not in known), None)
    if more is None or (packing is not None and packing.read is None):
        return packing
    values = tensors[name]
    info = TensorInfo(name, values.shape, values.dtype, values.offset, values.size)
    problem = f"and what {more!r:.200} beside it does to its values is not known"
    return Packing(info, packing.tensors if packing else (name,), problem=problem)


def _dtype(tensors: Mapping[str, TensorInfo], name: str) -> str:
    return tensors[name].dtype


def _unreadable(
    tensors: Mapping[str, TensorInfo], name: str, parts: tuple[str, ...], kind: str
) -> Packing:
    values = tensors[parts[0]]
    flat = int(np.prod(values.shape, dtype=object))
    # A matrix in any case: that it cannot be read is said when it is asked for, not its shape.
    shape = values.shape if len(values.shape) == 2 else (1, max(flat, 1))
    info = TensorInfo(name, shape, kind, values.offset, values.size)
    return Packing(info, parts, problem="which cannot be read")


def refuse_unknown(info: TensorInfo, where: str, told: Told, names: Iterable[str] = ()) -> None:
    """Refuse a matrix of tokens whose stored numbers are not known to be its values.

    Integers are codes or multiples of some scale, and so are 8-bit floats of a model that says it is
    quantised: without the scale its rows have the wrong directions, which nobody would notice.

    Parameters
    ----------
    info : of a matrix that has no scales beside it
    where : the file, for the message
    told : what the configuration says
    names : of the other tensors; where some are scales, the model is quantised

    Raises
    ------
    SourceError
        it is of integers, or of such floats
    """
    by = f" (config.json: {told.method})" if told.method else ""
    what = f"tensor {info.name!r:.200} of {where}" if info.name not in where else where
    if _INTEGERS.match(info.dtype) and not (told.one_scale and info.dtype == "I8"):
        raise SourceError(
            f"{what} holds integers ({info.dtype}, shape {info.shape}) whose scale and meaning are not"
            f" known{by}; {INSTEAD}, or convert it to floats if they are the values"
        )
    quantised = bool(told.quantization) or any(name.endswith(_OF_SCALED) for name in names)
    if info.dtype.startswith("F8") and quantised:
        raise SourceError(
            f"{what} is quantised to {info.dtype}{by}, and there are no scales beside it; {INSTEAD}"
        )
