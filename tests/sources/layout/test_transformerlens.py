"""The lens `transformerlens` beside that library itself, where it is installed: by hand, `-W ignore`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts

torch = pytest.importorskip("torch")
library = pytest.importorskip("transformer_lens", reason="TransformerLens 2 is not installed")
transformers = pytest.importorskip("transformers")

N, D, HEADS = 500, 32, 4
SMALL = {"num_hidden_layers": 1, "num_attention_heads": HEADS, "hidden_size": D, "vocab_size": N}
GATED = {"positional_embedding_type": "rotary", "gated_mlp": True, "final_rms": True}
# The library's own conversion, the model's class, what its configuration has, and the library's.
FAMILIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "GPT2": (
        "convert_gpt2_weights", {"vocab_size": N, "n_embd": D, "n_layer": 1, "n_head": HEADS},
        {"normalization_type": "LN", "act_fn": "gelu_new"},
    ),
    "GPTNeoX": (
        "convert_neox_weights", {**SMALL, "intermediate_size": 4 * D},
        {"normalization_type": "LN", "act_fn": "gelu", "positional_embedding_type": "rotary"},
    ),
    "Llama": (
        "convert_llama_weights", {**SMALL, "intermediate_size": 4 * D},
        {"normalization_type": "RMS", "act_fn": "silu", **GATED},
    ),
    "Gemma2": (
        "convert_gemma_weights",
        {**SMALL, "intermediate_size": 4 * D, "num_key_value_heads": 2, "head_dim": D // HEADS},
        {"normalization_type": "RMS", "act_fn": "gelu_pytorch_tanh", **GATED, "n_key_value_heads": 2,
         "use_normalization_before_and_after": True, "output_logits_soft_cap": 30.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_lists_are_those_of_the_library(tmp_path: Path, family: str) -> None:
    conversion, config, theirs = FAMILIES[family]
    torch.manual_seed(0)
    model_class = getattr(
        transformers, "GPT2LMHeadModel" if family == "GPT2" else f"{family}ForCausalLM"
    )
    model = model_class(getattr(transformers, f"{family}Config")(**config))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.7 + 0.3)
    model.save_pretrained(tmp_path)
    vocabulary = {f"t{id}": id for id in range(N)}
    (tmp_path / "tokenizer.json").write_text(
        json.dumps({"model": {"type": "WordLevel", "vocab": vocabulary}})
    )
    settings = library.HookedTransformerConfig(
        n_layers=1, d_model=D, d_head=D // HEADS, n_heads=HEADS, n_ctx=16, d_vocab=N, d_mlp=4 * D,
        rotary_dim=D // HEADS, original_architecture=model_class.__name__, dtype=torch.float32, **theirs,
    )  # fmt: skip
    from transformer_lens.pretrained import weight_conversions

    hooked = library.HookedTransformer(settings, move_to_device=False)
    hooked.load_and_process_state_dict(  # as from_pretrained calls it by default
        getattr(weight_conversions, conversion)(model, settings),
        fold_ln=True, center_writing_weights=True, fold_value_biases=True,
        center_unembed=settings.output_logits_soft_cap <= 0, refactor_factored_attn_matrices=False,
    )  # fmt: skip
    space = ts.load(tmp_path, lens="transformerlens")
    np.testing.assert_allclose(space.vectors, hooked.W_U.detach().numpy().T, atol=1e-6)
    directions = torch.randn(200, D)
    unit = directions / directions.norm(dim=1, keepdim=True)
    values, ids = torch.topk(unit.double() @ hooked.W_U.detach().double(), 10)
    found = ts.nearest(space, directions, k=10)
    np.testing.assert_array_equal(found.ids, ids.numpy())
    np.testing.assert_allclose(found.similarity, values.numpy(), atol=1e-5)
