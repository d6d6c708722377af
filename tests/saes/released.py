"""Dictionaries as they are published, in small: a folder of each layout, and what is found in it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.directions.direction_files import safetensors, whole_numbers
from tokensphere.saes.find import Vectors

Array = npt.NDArray[Any]
D = 16
MODELS = 2


@dataclass(frozen=True)
class Released:
    """A folder, and the groups of vectors in it.

    Attributes
    ----------
    files : path -> content
    decoder, encoder : title -> vectors, shape (f, d); of the encoder none where it is refused
    layers : of the decoder's groups
    model : the Hub's name
    repo : what a repository with these files is called
    inside : path of the dictionary in it
    """

    files: Mapping[str, bytes]
    decoder: Mapping[str, Array]
    encoder: Mapping[str, Array]
    layers: tuple[int | None, ...]
    model: str | None
    repo: str
    inside: str = ""

    def write(self, folder: Path) -> Path:
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder / self.inside

    def vectors(self, kind: Vectors) -> Mapping[str, Array]:
        return self.decoder if kind == "decoder" else self.encoder


Made = Callable[[int], Released]
RELEASED: dict[str, Made] = {}
PICKLED: set[str] = set()


def released(make: Made) -> Made:
    RELEASED[make.__name__] = make
    return make


def pickled(make: Made) -> Made:
    PICKLED.add(make.__name__)
    return released(make)


def rows(f: int, *more: int, seed: int) -> Array:
    """Vectors of shape (f, …, d), none of them zero."""
    return whole_numbers(f, *more, D, seed=seed) + np.float32(0.5)


def told(**config: Any) -> bytes:
    return json.dumps(config).encode()


def torch_bytes(arrays: Mapping[str, Array], wrap: Callable[[Any], Any] = lambda found: found) -> bytes:
    torch = pytest.importorskip("torch")
    content = io.BytesIO()
    torch.save(wrap({name: torch.tensor(array) for name, array in arrays.items()}), content)
    return content.getvalue()


def npz(arrays: Mapping[str, Array], *, deflated: bool) -> bytes:
    content = io.BytesIO()
    (np.savez_compressed if deflated else np.savez)(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def lens(dec: Array, enc: Array) -> dict[str, Array]:
    """Tensors as SAELens names them."""
    return {
        "W_dec": dec, "W_enc": enc.T, "b_enc": np.zeros(len(dec), np.float32),
        "b_dec": np.zeros(D, np.float32),
    }  # fmt: skip


def linear(dec: Array, enc: Array) -> dict[str, Array]:
    """Tensors as two of PyTorch's linear layers have them."""
    return {
        "decoder.weight": dec.T, "encoder.weight": enc, "decoder.bias": np.zeros(D, np.float32),
        "encoder.bias": np.zeros(len(dec), np.float32),
    }  # fmt: skip


@released
def saelens_of_version_6(f: int) -> Released:
    dec, enc, hook = rows(f, seed=1), rows(f, seed=2), "blocks.8.hook_resid_pre"
    config = {"model_name": "gpt2-small", "hook_name": hook, "sae_lens_version": "6.0.0"}
    files = {
        f"{hook}/cfg.json": told(architecture="standard", d_in=D, d_sae=f, metadata=config),
        f"{hook}/sae_weights.safetensors": safetensors(lens(dec, enc)),
        f"{hook}/sparsity.safetensors": safetensors({"sparsity": np.zeros(f, np.float32)}),
        "README.md": b"# a model card",
    }
    return Released(files, {hook: dec}, {hook: enc}, (8,), "openai-community/gpt2", "owner/sae", hook)


@released
def saelens_of_old(f: int) -> Released:
    """Version 3 says ``hook_point``; a gated dictionary has two biases, and a scale."""
    dec, enc, hook = rows(f, seed=3), rows(f, seed=4), "blocks.6.hook_mlp_out"
    tensors = lens(dec, enc) | {
        "r_mag": np.zeros(f, np.float32),
        "scaling_factor": np.ones(f, np.float32),
    }
    files = {
        "v5_32k_layer_6/cfg.json": told(d_in=D, hook_point=hook, model_name="pythia-70m-deduped"),
        "v5_32k_layer_6/sae_weights.safetensors": safetensors(tensors),
    }
    model = "EleutherAI/pythia-70m-deduped"
    return Released(files, {hook: dec}, {hook: enc}, (6,), model, "owner/old", "v5_32k_layer_6")


@released
def saelens_transcoder(f: int) -> Released:
    """The decoder writes where the MLP does, the encoder reads before it."""
    dec, enc = rows(f, seed=5), rows(f, seed=6)
    read, written = "blocks.3.ln2.hook_normalized", "blocks.3.hook_mlp_out"
    config = {"model_name": "gemma-2-2b", "hook_name": read, "hook_name_out": written}
    files = {
        "cfg.json": told(architecture="transcoder", d_in=D, d_out=D, metadata=config),
        "sae_weights.safetensors": safetensors(lens(dec, enc)),
    }
    return Released(files, {written: dec}, {read: enc}, (3,), "google/gemma-2-2b", "owner/transcoder")


@released
def gemma_scope(f: int, deflated: bool = False) -> Released:
    dec, enc = rows(f, seed=7), rows(f, seed=8)
    path = "layer_20/width_16k/average_l0_71"
    tensors = lens(dec, enc) | {"threshold": np.zeros(f, np.float32)}
    files = {f"{path}/params.npz": npz(tensors, deflated=deflated)}
    hook, repo = "blocks.20.hook_resid_post", "google/gemma-scope-2b-pt-res"
    return Released(files, {hook: dec}, {hook: enc}, (20,), "google/gemma-2-2b", repo, path)


@released
def gemma_scope_deflated(f: int) -> Released:
    return gemma_scope(f, True)  # type: ignore[call-arg]


@released
def gemma_scope_2(f: int) -> Released:
    dec, enc, path = rows(f, seed=9), rows(f, seed=10), "resid_post/layer_12_width_16k_l0_small"
    tensors = {"w_dec": dec, "w_enc": enc.T, "b_dec": np.zeros(D, np.float32)}
    hook = "model.layers.12.output"
    config = told(
        architecture="jump_relu", model_name="gemma-v3-1b-pt", hf_hook_point_in=hook, type="sae"
    )
    files = {f"{path}/config.json": config, f"{path}/params.safetensors": safetensors(tensors)}
    repo = "google/gemma-scope-2-1b-pt"
    return Released(files, {hook: dec}, {hook: enc}, (12,), "google/gemma-3-1b-pt", repo, path)


@released
def gemma_scope_2_without_configuration(f: int) -> Released:
    dec, enc, path = rows(f, seed=11), rows(f, seed=12), "transcoder_all/layer_4_width_16k_l0_big"
    tensors = {"w_dec": dec, "w_enc": enc.T, "affine_skip_connection": whole_numbers(D, D)}
    files = {f"{path}/params.safetensors": safetensors(tensors)}
    read, written, repo = "blocks.4.hook_mlp_in", "blocks.4.hook_mlp_out", "google/gemma-scope-2-270m-pt"
    return Released(files, {written: dec}, {read: enc}, (4,), "google/gemma-3-270m", repo, path)


@released
def gemma_scope_2_across_layers(f: int) -> Released:
    dec, enc, path = rows(f, 3, seed=13), rows(f, seed=14), "clt/layer_1_width_262k_l0_big.safetensors"
    files = {path: safetensors({"w_dec": dec, "w_enc": enc.T})}
    repo, hook, read = "google/gemma-scope-2-1b-it", "blocks.1.hook_mlp_out", "blocks.1.hook_mlp_in"
    decoder = {f"{hook} to layer {to}": dec[:, to] for to in range(3)}
    return Released(files, decoder, {read: enc}, (0, 1, 2), "google/gemma-3-1b-it", repo, "clt")


@released
def llama_scope(f: int) -> Released:
    dec, enc, hook = rows(f, seed=15), rows(f, seed=16), "blocks.15.hook_resid_post"
    path, norms = "Llama3_1-8B-Base-L15R-8x", {"in": 12.1}
    config = told(d_model=D, d_sae=f, hook_point_in=hook, dataset_average_activation_norm=norms)
    files = {
        f"{path}/hyperparams.json": config,
        f"{path}/checkpoints/final.safetensors": safetensors(linear(dec, enc)),
        f"{path}/lm_config.yaml": b"model_name: meta-llama/Llama-3.1-8B\n",
    }
    model, repo = "meta-llama/Llama-3.1-8B", "fnlp/Llama3_1-8B-Base-LXR-8x"
    return Released(files, {hook: dec}, {hook: enc}, (15,), model, repo, path)


@released
def llama_scope_r1_distill(f: int) -> Released:
    dec, enc, hook = rows(f, seed=17), rows(f, seed=18), "blocks.7.hook_resid_post"
    path = "400M-Slimpajama-400M-OpenR1-Math-220k/L7R"
    files = {
        f"{path}/config.json": told(
            d_model=D, expansion_factor=8, hook_point_in=hook, hook_point_out=hook
        ),
        f"{path}/sae_weights.safetensors": safetensors(linear(dec, enc)),
    }
    model = "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"
    return Released(files, {hook: dec}, {hook: enc}, (7,), model, "fnlp/Llama-Scope-R1-Distill", path)


@released
def sparsify(f: int) -> Released:
    dec, enc = rows(f, seed=19), rows(f, seed=20)
    tensors = {"W_dec": dec, "encoder.weight": enc, "encoder.bias": np.zeros(f, np.float32)}
    files = {
        "config.json": told(model="EleutherAI/pythia-70m", dataset="EleutherAI/the_pile"),
        "layers.5/cfg.json": told(d_in=D, expansion_factor=32, k=16, normalize_decoder=True),
        "layers.5/sae.safetensors": safetensors(tensors),
    }
    hook, model = "layers.5", "EleutherAI/pythia-70m"
    return Released(files, {hook: dec}, {hook: enc}, (5,), model, "EleutherAI/sae-pythia-70m-32k", hook)


@released
def sparsify_of_all_layers(f: int) -> Released:
    decoder, encoder, files = {}, {}, {}
    for layer in (0, 2, 10):
        hook = f"layers.{layer}.mlp"
        decoder[hook], encoder[hook] = rows(f, seed=30 + layer), rows(f, seed=50 + layer)
        files[f"{hook}/cfg.json"] = told(d_in=D, num_latents=f, k=16, transcode=True)
        tensors = {
            "W_dec": decoder[hook],
            "encoder.weight": encoder[hook],
            "W_skip": whole_numbers(D, D),
        }
        files[f"{hook}/sae.safetensors"] = safetensors(tensors)
    repo = "EleutherAI/sae-pythia-160m-deduped-32k"
    return Released(files, decoder, encoder, (0, 2, 10), "EleutherAI/pythia-160m-deduped", repo)


@pickled
def dictionary_learning(f: int) -> Released:
    return _dictionary_learning(f, "AutoEncoderTopK", linear)


@pickled
def dictionary_learning_matryoshka(f: int) -> Released:
    return _dictionary_learning(f, "MatryoshkaBatchTopKSAE", lens)


def _dictionary_learning(
    f: int, kind: str, tensors: Callable[[Array, Array], dict[str, Array]]
) -> Released:
    dec, enc, path = rows(f, seed=21), rows(f, seed=22), "resid_post_layer_12/trainer_0"
    trainer = {
        "dict_class": kind, "lm_name": "google/gemma-2-2b", "layer": 12, "activation_dim": D,
        "dict_size": f, "submodule_name": "resid_post_layer_12",
    }  # fmt: skip
    files = {
        f"{path}/config.json": told(trainer=trainer, buffer={"ctx_len": 1024}),
        f"{path}/ae.pt": torch_bytes(tensors(dec, enc)),
    }
    hook = "resid_post_layer_12"
    return Released(files, {hook: dec}, {hook: enc}, (12,), "google/gemma-2-2b", "owner/bench", path)


@pickled
def qwen_scope(f: int) -> Released:
    """All layers in one folder; the columns are the vectors, though it is called ``W_dec``."""
    decoder, encoder, files = {}, {}, {}
    for layer in (0, 3):
        dec, enc = rows(f, seed=60 + layer), rows(f, seed=70 + layer)
        tensors = {"W_dec": dec.T, "W_enc": enc, "b_dec": np.zeros(D, np.float32)}
        files[f"layer{layer}.sae.pt"] = torch_bytes(tensors)
        decoder[f"blocks.{layer}.hook_resid_post"], encoder[f"blocks.{layer}.hook_resid_post"] = dec, enc
    repo = "Qwen/SAE-Res-Qwen3-1.7B-Base-W32K-L0_50"
    return Released(files, decoder, encoder, (0, 3), "Qwen/Qwen3-1.7B-Base", repo)


@pickled
def goodfire(f: int) -> Released:
    dec, enc = rows(f, seed=23), rows(f, seed=24)
    tensors = {"decoder_linear.weight": dec.T, "encoder_linear.weight": enc}
    files = {"Llama-3.1-8B-Instruct-SAE-l19.pth": torch_bytes(tensors)}
    name, model = "Llama-3.1-8B-Instruct-SAE-l19.pth", "meta-llama/Llama-3.1-8B-Instruct"
    repo = "Goodfire/Llama-3.1-8B-Instruct-SAE-l19"
    return Released(files, {name: dec}, {name: enc}, (19,), model, repo)


@pickled
def qresearch(f: int) -> Released:
    dec, enc = rows(f, seed=25), rows(f, seed=26)
    name = "DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt"
    model = "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"
    files = {name: torch_bytes(linear(dec, enc))}
    return Released(
        files, {name: dec}, {name: enc}, (19,), model, "qresearch/DeepSeek-R1-Distill-Llama-8B-SAE-l19"
    )


@released
def transcoders_of_all_layers(f: int) -> Released:
    decoder, encoder, files = {}, {}, {}
    for layer in (0, 2, 11):
        dec, enc = rows(f, seed=80 + layer), rows(f, seed=100 + layer)
        files[f"layer_{layer}.safetensors"] = safetensors({"W_dec": dec, "W_enc": enc})
        decoder[f"blocks.{layer}.hook_mlp_out"], encoder[f"blocks.{layer}.hook_mlp_in"] = dec, enc
    repo = "mwhanna/qwen3-4b-transcoders"
    return Released(files, decoder, encoder, (0, 2, 11), "Qwen/Qwen3-4B", repo)


@released
def transcoders_across_layers(f: int) -> Released:
    """One decoder for each layer from the feature's own on."""
    decoder, encoder, files = {}, {}, {}
    layers: tuple[int, ...] = ()
    for layer in range(3):
        dec, enc = rows(f, 3 - layer, seed=120 + layer), rows(f, seed=130 + layer)
        files[f"W_dec_{layer}.safetensors"] = safetensors({f"W_dec_{layer}": dec})
        files[f"W_enc_{layer}.safetensors"] = safetensors(
            {f"W_enc_{layer}": enc, f"b_dec_{layer}": enc[0]}
        )
        for later in range(3 - layer):
            decoder[f"blocks.{layer}.hook_mlp_out to layer {layer + later}"] = dec[:, later]
            layers += (layer + later,)
        encoder[f"blocks.{layer}.hook_mlp_in"] = enc
    return Released(files, decoder, encoder, layers, "google/gemma-2-2b", "mntss/clt-gemma-2-2b-2.5M")


@released
def temporal(f: int) -> Released:
    dec, path = rows(f, seed=27), "gemma-2-2B/layer_12/temporal"
    files = {
        f"{path}/latest_ckpt.safetensors": safetensors({"D": dec, "b": np.zeros(D, np.float32)}),
        f"{path}/conf.yaml": b"llm: {dimin: 16}\nsae: {exp_factor: 1.5}\n",
    }
    return Released(files, {"temporal": dec}, {}, (12,), None, "canrager/temporalSAEs", path)


@released
def llamascopium(f: int) -> Released:
    dec, enc, hook = rows(f, seed=28), rows(f, seed=29), "blocks.9.hook_resid_post"
    config = told(sae_type="sae", d_model=D, expansion_factor=8, hook_point_in=hook, hook_point_out=hook)
    files = {
        "L9R/config.json": config,
        "L9R/sae_weights.safetensors": safetensors(
            {"W_D": dec, "W_E": enc.T, "b_D": np.zeros(D, np.float32)}
        ),
        "lm_config.json": told(model_name="EleutherAI/pythia-160m"),
    }
    return Released(
        files, {hook: dec}, {hook: enc}, (9,), "EleutherAI/pythia-160m", "OpenMOSS-Team/sae", "L9R"
    )


@released
def llamascopium_across_layers(f: int) -> Released:
    """``W_D.i`` writes to layer i, from all layers up to it."""
    decoders = {layer: whole_numbers(layer + 1, f, D, seed=140 + layer) + 0.5 for layer in range(3)}
    tensors = {f"W_D.{layer}": dec for layer, dec in decoders.items()}
    config = told(
        sae_type="clt", d_model=D, hook_point_in="blocks.0.hook_mlp_in", hook_point_out="hook_mlp_out"
    )
    files = {"config.json": config, "checkpoints/final.safetensors": safetensors(tensors)}
    decoder = {
        f"W_D.{layer} from layer {first}": dec[first]
        for layer, dec in decoders.items()
        for first in range(layer + 1)
    }
    return Released(files, decoder, {}, (0, 1, 1, 2, 2, 2), None, "OpenMOSS-Team/clt")


@released
def crosscoder(f: int) -> Released:
    dec, enc = whole_numbers(MODELS, f, D, seed=150) + 0.5, whole_numbers(MODELS, D, f, seed=151) + 0.5
    tensors = {"decoder.weight": dec, "encoder.weight": enc, "decoder.bias": whole_numbers(MODELS, D)}
    path = "gemma-2-2b-L13-k100"
    files = {
        f"{path}/config.json": told(activation_dim=D, dict_size=f, num_layers=MODELS),
        f"{path}/model.safetensors": safetensors(tensors),
    }
    decoder = {f"{path} model {model}": dec[model] for model in range(MODELS)}
    encoder = {f"{path} model {model}": enc[model].T for model in range(MODELS)}
    return Released(files, decoder, encoder, (13, 13), None, "science-of-finetuning/crosscoders", path)


@pickled
def crosscoder_of_pytorch(f: int) -> Released:
    dec, enc = rows(f, MODELS, seed=152), whole_numbers(MODELS, D, f, seed=153) + 0.5
    hook = "blocks.14.hook_resid_pre"
    files = {
        "blocks.14.hook_resid_pre/cfg.json": told(
            d_in=D, dict_size=f, hook_point=hook, model_name="gemma-2-2b"
        ),
        "blocks.14.hook_resid_pre/cc_weights.pt": torch_bytes({"W_dec": dec, "W_enc": enc}),
    }
    decoder = {f"{hook} model {model}": dec[:, model] for model in range(MODELS)}
    encoder = {f"{hook} model {model}": enc[model].T for model in range(MODELS)}
    return Released(files, decoder, encoder, (14, 14), "google/gemma-2-2b", "ckkissane/crosscoder", hook)
