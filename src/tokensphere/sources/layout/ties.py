"""Whether input and output are one matrix: what is evidence of that, and what speaks against it.

That a tensor is not there is no evidence. The configuration or the family's rule must say that the
matrices are one, and no tensor of any spelling may be there for the other: packed
(``lm_head.qweight``), scaled, or inside a wrapper.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tokensphere.formats.packed.packing import FLOATS
from tokensphere.formats.tensors import TensorInfo
from tokensphere.sources.layout.config import Config
from tokensphere.sources.layout.table import LAYOUTS, Layout


def evidence(layout: Layout, config: Config) -> str:
    """What says that input and output are one matrix; empty if nothing does."""
    if config.tied is not None:
        return "tie_word_embeddings in config.json" if config.tied else ""
    if config.model_type in layout.model_types:
        shares = layout.shares or config.model_type in layout.shared_by
        return f"the default of model type {config.model_type!r}" if shares else ""
    if config.model_type:
        return ""  # the family's names in another family's model
    runs = "llama.cpp" if layout.name == "GGUF" else layout.name
    return f"{runs}'s rule" if layout.shares else ""


def no_evidence(layout: Layout, config: Config, other: str) -> str:
    """Why the matrix `other` is not taken for the one that is not there."""
    if config.tied is False:
        return f"and config.json says that {other!r} does not serve for it (tie_word_embeddings)"
    if config.model_type in layout.model_types:
        return f"and by default {config.model_type!r} does not use {other!r} for it"
    if config.model_type:
        return (
            f"and nothing says that {other!r} serves for it in a model of type {config.model_type!r:.60}"
        )
    return f"and nothing says that {other!r} serves for it; put the model's config.json beside its files"


def in_its_place(tensors: Mapping[str, TensorInfo], layout: Layout, prefix: str) -> str:
    """Why a model has no output at all, whatever is said of ties; empty if it may have one."""
    begins = tuple(begin + end for begin in dict.fromkeys(("", prefix)) for end in layout.head)
    if begins and not any(name.startswith(begins) for name in tensors):
        return (
            f"this is an encoder or has another head, without the layers before it ({layout.head[0]}…)"
        )
    classifier = next((name for name in tensors if _CLASSIFIER.match(name)), None)
    return f"the model has {classifier!r:.200} in its place" if classifier else ""


def like_output(tensors: Mapping[str, TensorInfo], layout: Layout, input: str) -> str | None:
    """A matrix of the input's size outside all layers, which may be the output under another name."""
    rows, width = tensors[input].shape[:1] or (0,), tensors[input].shape[-1:]
    known = (*layout.input, *layout.norm)
    for name in tensors:
        if name == input or _OTHER_ROLE.search(name) or name.endswith(known):
            continue
        if any(f".{begin}" in f".{name}" for begin in layout.head if begin != "decoder."):
            continue
        shape = tensors[name].shape
        turned = shape[::-1]
        if len(shape) == 2 and any(
            side[1:] == width and abs(side[0] - rows[0]) <= (rows[0] // 8 if rows[0] > _FEW else 0)
            for side in (shape, turned)
        ):
            return name
    return None


def not_plain(matrix: str, name: str, info: TensorInfo | None = None) -> str:
    """The message for a matrix of which there is nothing but a tensor in another form.

    Parameters
    ----------
    matrix : ``"input"`` or ``"output"``
    name, info : of that tensor; a plain matrix may be meant, but is not known to be
    """
    plain = info is not None and info.dtype in FLOATS and len(info.shape) == 2 and min(info.shape) > 1
    if info is not None and plain and name.endswith(("weight", "W_U")) and not _CHANGED.search(name):
        size = f"{info.shape[0]:,} × {info.shape[1]:,}"
        return (
            f"the {matrix} matrix has no name that is known, but {name!r:.200} ({size}) may be it: name"
            " it with tensor=NAME if it is"
        )
    return (
        f"the {matrix} matrix is stored as {name!r:.200}, in a form that cannot be read; use a version"
        " of the model in F32, BF16 or F16"
    )


def another_form(
    tensors: Mapping[str, TensorInfo], matrix: str, layout: Layout | None = None, prefix: str = ""
) -> str | None:
    """A tensor of the matrix for which there is none of a known name; None if there is none at all.

    Parameters
    ----------
    matrix : ``"input"`` or ``"output"``
    layout : whose names count; for the input, without one those of all
    prefix : what all names of the model begin with
    """
    names: set[str] = set(_HEADS) if matrix == "output" else set()
    for known in (layout,) if layout else LAYOUTS:
        names.update(known.output if matrix == "output" else known.input)
    modules = {name.removesuffix(".weight") for name in names}
    for name in tensors:
        if matrix == "output" and _ANY_HEAD.search(name):
            return name
        bare = (name.removeprefix(begin) for begin in (prefix, "", *_WRAPPERS) if name.startswith(begin))
        if any(_is_of(path, modules) for path in bare):
            return name
    return None


def _is_of(path: str, modules: set[str]) -> bool:
    """Whether a tensor is a form of the weight of one of these modules."""
    found = _FORM.fullmatch(path)
    return found is not None and found[1] in modules


_HEADS = tuple(
    f"{name}.weight" for name in ("lm_head", "output", "embed_out", "output_layer", "proj_out")
)
_WRAPPERS = (
    "model.", "transformer.", "language_model.", "model.language_model.", "module.", "_orig_mod.",
    "base_model.model.", "base_model.model.model.",
)  # fmt: skip
# How the tensors of one matrix are called in the forms of GPTQ, AWQ, bitsandbytes, compressed-tensors,
# HQQ, quanto, AQLM, EXL2, EXL3, PEFT and torch's parametrizations.
_FORM = re.compile(
    r"(.+?)\.(q_?weight|qzeros|scales|weight([._]\w.*)?|W_q|SCB|codes|codebooks|trellis|base_layer\..*"
    r"|linear\..*|original_module\..*|modules_to_save\..*|parametrizations\..*)"
)
# A head anywhere, but for what RoBERTa's tied head has beside its matrix, and for biases.
_ANY_HEAD = re.compile(
    r"(^|\.)(lm_head|embed_out)\.(?!(dense|layer_norm|LayerNorm)\.|(decoder\.)?bias$)"
)
# What stands where a model that was made to classify or to answer had its output.
_CLASSIFIER = re.compile(r"(score|classifier|classification_head|qa_outputs|cls\.output)\.")
# Tensors that are no output whatever their size: within layers, of positions, of inputs, of norms.
_OTHER_ROLE = re.compile(
    r"[./]\d+[./]|(?<!un)emb|w[pt]e\b|posit|norm|rotary|shared|vision|visual|audio|pooler|projector|"
    r"resampler|query|lora_|bias$"
)
_CHANGED = re.compile(r"[./](base_layer|original_module|modules_to_save|parametrizations|linear)[./]")
_FEW = 1000  # rows: of so few an output has just as many
