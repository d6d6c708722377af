"""Adapters (LoRA and its kin, as PEFT saves them): files that hold changes of a model, not a model.

The names of their tensors begin with ``base_model.model.``. One that saved the embedding whole (PEFT's
``modules_to_save``) can be read; any other is refused, with the name of the model that it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tokensphere.errors import SourceError
from tokensphere.formats.files import json_object, read_bytes
from tokensphere.formats.tensors import TensorInfo
from tokensphere.sources.layout.assemble import Choice
from tokensphere.sources.layout.search import find_matrix

CONFIG = "adapter_config.json"
_BEGIN = "base_model.model."
# What LoRA and methods like it add to the name of a module that they change, in a whole model, too.
_CHANGES = (
    ".lora_", ".vera_", ".ia3_", ".hada_", ".lokr_", ".oft_", ".trainable_tokens_", ".token_adapter.",
)  # fmt: skip
_LONGEST = 2**24


def refuse_adapter(tensors: Mapping[str, TensorInfo], choice: Choice, folder: Path) -> None:
    """Refuse a file of changes alone; `folder` is where its ``adapter_config.json`` may be.

    Raises
    ------
    SourceError
        the matrix is not in there, or not whole
    """
    if not is_adapter(tensors):
        return
    file = folder / CONFIG
    config = json_object(read_bytes(file, most=_LONGEST), str(file)) if file.is_file() else {}
    refuse_changes(tensors, choice, config)


def is_adapter(tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether names are those of an adapter."""
    return any(name.startswith(_BEGIN) or any(change in name for change in _CHANGES) for name in tensors)


def refuse_changes(tensors: Mapping[str, TensorInfo], choice: Choice, config: Mapping[str, Any]) -> None:
    """The same with the object in ``adapter_config.json``."""
    if choice.tensor is not None:
        return
    base = config.get("base_model_name_or_path")
    named = f"{base!r:.200}" if isinstance(base, str) and base else f"its base model (see {CONFIG})"
    advice = f"load {named}, or merge the adapter into it"
    try:
        found = find_matrix(tensors, choice.matrix).name
    except SourceError:
        found = ""
    alone = any(name.startswith(_BEGIN) for name in tensors)
    if not alone and not found and _has_input(tensors):
        return  # a whole model with changes of its layers (Phi-4-multimodal): others say what it lacks
    if not found or (alone and (choice.matrix == "output") != _is_output(found, tensors)):
        raise SourceError(
            f"this is an adapter, which changes a model and has no {choice.matrix} matrix of its own;"
            f" {advice}"
        )
    # Beside a module's own weight and bias all that is under its name changes it: every method of PEFT
    # has a name of its own for that (``lora_embedding_A``, ``ia3_l``, ``token_adapter``, …).
    module = found.removesuffix("weight").removesuffix("base_layer.")
    own = (found, f"{found.removesuffix('weight')}bias")
    change = next((name for name in tensors if name.startswith(module) and name not in own), None)
    if change is not None:
        raise SourceError(
            f"this is an adapter, which changes {found!r:.200} by {change!r:.200}; {advice}"
        )


def _has_input(tensors: Mapping[str, TensorInfo]) -> bool:
    with suppress(SourceError):
        return bool(find_matrix(tensors, "input").name)
    return False


def _is_output(found: str, tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether a tensor has the place of an output: it is not what is found for the input."""
    try:
        return find_matrix(tensors, "input").name != found
    except SourceError:
        return True
