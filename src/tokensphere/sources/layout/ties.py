"""Whether input and output are one matrix: what is evidence of that, and what speaks against it.

That a tensor is not there is no evidence. The configuration or the family's rule must say that the
matrices are one, and no tensor of any spelling may be there for the other: packed
(``lm_head.qweight``), scaled, or inside a wrapper.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

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
    runs = "llama.cpp" if layout.name == "GGUF" else layout.name
    return f"{runs}'s rule" if layout.shares else ""


def no_evidence(layout: Layout, config: Config, other: str) -> str:
    """Why the matrix `other` is not taken for the one that is not there."""
    if config.tied is False:
        return f"and config.json says that {other!r} does not serve for it (tie_word_embeddings)"
    if config.model_type in layout.model_types:
        return f"and by default {config.model_type!r} does not use {other!r} for it"
    return f"and nothing says that {other!r} serves for it; put the model's config.json beside its files"


def not_plain(matrix: str, name: str) -> str:
    """The message for a matrix of which there is nothing but a tensor in another form."""
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
_ANY_HEAD = re.compile(r"(^|\.)(lm_head|embed_out)\.(?!(dense|layer_norm)\.|(decoder\.)?bias$)")
