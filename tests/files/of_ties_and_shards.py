"""Ties, and models in several files or folders: what a tensor that is not there may mean."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.files.case import Case, Want
from tests.formats.made import ctranslate2, safetensors, safetensors_bytes

Array = npt.NDArray[Any]
N, D = 6, 4
RANDOM = np.random.default_rng(3)
E, U = (RANDOM.standard_normal((N, D)).astype(np.float32) for _ in range(2))
G = RANDOM.standard_normal(D).astype(np.float32)
TOKENS = [f"t{id}" for id in range(N)]
INPUT, HEAD, NORM = "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"
LAYER = {"model.layers.0.mlp.up_proj.weight": U[:2]}

CONFIGS = (
    "huggingface/transformers 4.57, src/transformers/models/*/configuration_*.py: tie_word_embeddings"
)
GPTQ = "AutoGPTQ/AutoGPTQ auto_gptq/nn_modules/qlinear: qweight, qzeros, scales, g_idx"
SHARDS = (
    "huggingface/huggingface_hub src/huggingface_hub/serialization: split_torch_state_dict_into_shards"
)
SPLIT = (
    "ggml-org/llama.cpp tools/gguf-split/gguf-split.cpp, src/llama-model-loader.cpp: split.no, .count"
)
PEFT = "huggingface/peft src/peft/utils/save_and_load.py: get_peft_model_state_dict"
CONVERT_LLAMA = (
    "huggingface/transformers src/transformers/models/llama/convert_llama_weights_to_hf.py: concat_dim"
)
TRAINER = "huggingface/transformers src/transformers/trainer_utils.py: PREFIX_CHECKPOINT_DIR"


def _folder(folder: Path, config: Mapping[str, Any] | None = None) -> Path:
    """A folder with a vocabulary, and with a ``config.json`` if there is something to say."""
    folder.mkdir(exist_ok=True)
    model = {"type": "WordLevel", "vocab": {token: id for id, token in enumerate(TOKENS)}}
    (folder / "tokenizer.json").write_text(json.dumps({"model": model}))
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def _model(folder: Path, tensors: Mapping[str, Array], name: str = "model.safetensors") -> None:
    (folder / name).write_bytes(safetensors_bytes(tensors))


def _files(
    folder: Path, files: Mapping[str, Mapping[str, Array]], index: str = "", absent: str = ""
) -> None:
    """Several safetensors files and perhaps their index; one of them may then be missing."""
    for name, tensors in files.items():
        _model(folder, tensors, name)
    if index:
        table = {tensor: name for name, tensors in files.items() for tensor in tensors}
        (folder / index).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": table}))
    if absent:
        (folder / absent).unlink()


def _one(
    tensors: Mapping[str, Array],
    config: Mapping[str, Any] | None,
    rows: Array | None = None,
    matrix: str = "output",
    note: str = "",
) -> Callable[[Path], Want]:
    """A folder with ``model.safetensors``."""

    def make(folder: Path) -> Want:
        _model(_folder(folder, config), tensors)
        return Want(folder, rows, TOKENS, {"matrix": matrix}, note)

    return make


def _packed(name: str, packed: str, matrix: str) -> Callable[[Path], Want]:
    """A model of which one matrix is stored as integers under another name."""

    def make(folder: Path) -> Want:
        _folder(folder, {"model_type": "qwen2", "tie_word_embeddings": True})
        plain = {name: E, NORM: G}
        tensors = {key: ("F32", array.shape, array.tobytes()) for key, array in plain.items()}
        tensors[packed] = ("I32", (N, 1), bytes(4 * N))
        (folder / "model.safetensors").write_bytes(safetensors(tensors))
        note = "input and output are not one matrix" if matrix == "input" else ""
        return Want(folder, E if matrix == "input" else None, TOKENS, {"matrix": matrix}, note)

    return make


NAMES = tuple(f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3))


def _shards(
    names: tuple[str, ...] = NAMES,
    *,
    index: str = "model.safetensors.index.json",
    absent: str = "",
    given: int | None = None,
    rows: Array | None = E,
    matrix: str = "input",
) -> Callable[[Path], Want]:
    """Embedding, a layer, and head with norm in three files; what is named is the folder or a file."""

    def make(folder: Path) -> Want:
        _folder(folder, {"model_type": "llama", "tie_word_embeddings": True})
        contents = ({INPUT: E}, LAYER, {HEAD: U, NORM: G})
        _files(folder, dict(zip(names, contents, strict=True)), index, absent)
        named = folder if given is None else folder / names[given]
        return Want(named, rows, TOKENS, {"matrix": matrix})

    return make


def _packed_in_another_shard(folder: Path) -> Want:
    _folder(folder, {"model_type": "llama", "tie_word_embeddings": True})
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    _files(folder, dict(zip(names, ({INPUT: E, NORM: G}, {"lm_head.weight_packed": U}), strict=True)))
    return Want(folder / names[0], options={"matrix": "output"})


def _alone_but_in_an_index(folder: Path) -> Want:
    _folder(folder, {"model_type": "llama"})
    files = {"model.safetensors": {INPUT: E, NORM: G}, "head.safetensors": {HEAD: U}}
    _files(folder, files, "model.safetensors.index.json", "head.safetensors")
    return Want(folder, options={"matrix": "output"})


def _torch(index: bool, matrix: str, given: str = "") -> Callable[[Path], Want]:
    def make(folder: Path) -> Want:
        torch = pytest.importorskip(
            "torch", reason="PyTorch is missing: pip install 'tokensphere[torch]'"
        )
        _folder(folder, {"model_type": "llama", "tie_word_embeddings": False})
        files = {
            "pytorch_model-00001-of-00002.bin": {INPUT: E},
            "pytorch_model-00002-of-00002.bin": {HEAD: U, NORM: G},
        }
        for name, tensors in files.items():
            torch.save({key: torch.from_numpy(array) for key, array in tensors.items()}, folder / name)
        if index:
            table = {tensor: name for name, tensors in files.items() for tensor in tensors}
            text = json.dumps({"metadata": {}, "weight_map": table})
            (folder / "pytorch_model.bin.index.json").write_text(text)
        rows = E if matrix == "input" else U
        return Want(folder / given if given else folder, rows, TOKENS, {"matrix": matrix})

    return make


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf(
    tensors: Mapping[str, Array],
    *,
    vocabulary: bool = True,
    split: tuple[int, int, int] | None = None,
    architecture: str = "llama",
) -> bytes:
    """A GGUF file field by field; `split` is its number, how many there are, and tensors in all."""
    keys = (
        [_text("general.architecture") + struct.pack("<I", 8) + _text(architecture)]
        if vocabulary
        else []
    )
    if vocabulary:
        keys.append(_text("tokenizer.ggml.model") + struct.pack("<I", 8) + _text("llama"))
        tokens = struct.pack("<IIQ", 9, 8, N) + b"".join(map(_text, TOKENS))
        keys.append(_text("tokenizer.ggml.tokens") + tokens)
    if split:
        keys += [
            _text("split.no") + struct.pack("<IH", 2, split[0]),
            _text("split.count") + struct.pack("<IH", 2, split[1]),
            _text("split.tensors.count") + struct.pack("<Ii", 5, split[2]),
        ]
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys)) + b"".join(keys)
    data = b""
    for name, array in tensors.items():
        shape = array.shape[::-1]
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += array.tobytes() + bytes(-array.nbytes % 32)
    return head + bytes(-len(head) % 32) + data


PARTS = (
    {"token_embd.weight": E},
    {"blk.0.ffn_up.weight": U[:2]},
    {"output.weight": U, "output_norm.weight": G},
)


def split_gguf(
    folder: Path, *, first: Mapping[str, Array] | None = None, stem: str = "m-Q8_0", total: int = 4
) -> list[Path]:
    """Three files as gguf-split writes them; with `first`, one more before them."""
    parts = PARTS if first is None else (first, *PARTS)
    paths = []
    for number, tensors in enumerate(parts):
        paths.append(folder / f"{stem}-{number + 1:05}-of-{len(parts):05}.gguf")
        split = (number, len(parts), total)
        paths[-1].write_bytes(gguf(tensors, vocabulary=number == 0, split=split))
    return paths


def _split(
    change: Callable[[list[Path]], Path | None] = lambda _: None,
    *,
    rows: Array | None = E,
    matrix: str = "input",
    **how: Any,
) -> Callable[[Path], Want]:
    def make(folder: Path) -> Want:
        named = change(split_gguf(folder, **how))
        return Want(named or folder, rows, TOKENS, {"matrix": matrix})

    return make


def _lose_second(paths: list[Path]) -> Path:
    paths[1].unlink()
    return paths[0]


def _rename_first(paths: list[Path]) -> Path:
    return paths[0].rename(paths[0].with_name("sha256-00ff"))


def _swap(paths: list[Path]) -> Path:
    second, third = paths[1].read_bytes(), paths[2].read_bytes()
    paths[1].write_bytes(third)
    paths[2].write_bytes(second)
    return paths[0]


def _second_model(paths: list[Path]) -> None:
    split_gguf(paths[0].parent, stem="m-F16")


def _gguf(architecture: str, rows: Array | None, note: str = "") -> Callable[[Path], Want]:
    def make(folder: Path) -> Want:
        content = gguf({"token_embd.weight": E, "output_norm.weight": G}, architecture=architecture)
        (folder / "m.gguf").write_bytes(content)
        return Want(folder, rows, TOKENS, {"matrix": "output"}, note)

    return make


def _ctranslate2(folder: Path) -> Want:
    content = ctranslate2({"decoder/embeddings/weight": ("float32", E.shape, E.tobytes())})
    (folder / "model.bin").write_bytes(content)
    (folder / "vocabulary.txt").write_text("\n".join(TOKENS) + "\n")
    return Want(folder, options={"matrix": "output"})


LORA = "base_model.model.model.layers.0.self_attn.q_proj"


def _adapter(
    more: Mapping[str, Array], rows: Array | None = None, matrix: str = "input"
) -> Callable[[Path], Want]:
    def make(folder: Path) -> Want:
        _folder(folder)
        base = {"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-3.2-1B"}
        (folder / "adapter_config.json").write_text(json.dumps(base))
        changes = {f"{LORA}.lora_A.weight": U[:2], f"{LORA}.lora_B.weight": U[:, :2].copy()}
        _model(folder, {**changes, **more}, "adapter_model.safetensors")
        return Want(folder, rows, TOKENS, {"matrix": matrix})

    return make


def _trainer(inside: bool) -> Callable[[Path], Want]:
    def make(folder: Path) -> Want:
        for steps in (500, 1000):
            checkpoint = _folder(folder / f"checkpoint-{steps}", {"model_type": "gpt2"})
            _model(checkpoint, {"transformer.wte.weight": E, "transformer.ln_f.weight": G})
            (checkpoint / "optimizer.pt").write_bytes(b"PK\3\4 not looked at")
        return Want(folder / "checkpoint-500" if inside else folder, E if inside else None, TOKENS)

    return make


def _sentence_transformers(folder: Path) -> Want:
    modules = [
        {
            "idx": 0,
            "name": "0",
            "path": "0_Transformer",
            "type": "sentence_transformers.models.Transformer",
        },
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    inside = _folder(folder / "0_Transformer", {"model_type": "bert"})
    _model(inside, {"embeddings.word_embeddings.weight": E})
    return Want(folder, E, TOKENS)


def _static_and_dense(folder: Path) -> Want:
    modules = [{"idx": 0, "path": "0_StaticEmbedding"}, {"idx": 1, "path": "1_Dense"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    _model(_folder(folder / "0_StaticEmbedding"), {"embedding.weight": E})
    (folder / "1_Dense").mkdir()
    _model(folder / "1_Dense", {"linear.weight": U[:D], "linear.bias": G})
    return Want(folder, E, TOKENS)


def _shards_beside_others(folder: Path) -> Want:
    _folder(folder)
    _files(folder, {"model-00001-of-00002.safetensors": {INPUT: E},
                    "model-00002-of-00002.safetensors": {HEAD: U, NORM: G},
                    "consolidated.safetensors": {"tok_embeddings.weight": U, "norm.weight": G},
                    "adapter_model.safetensors": {"base_model.model.x.lora_A.weight": U}})  # fmt: skip
    return Want(folder, E, TOKENS)


def _mistral(alone: bool, folder: Path) -> Want:
    _folder(folder)
    original = {"tok_embeddings.weight": E, "output.weight": U, "norm.weight": G}
    _model(folder, original, "consolidated.safetensors")
    if not alone:
        names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
        contents = ({INPUT: U}, {HEAD: E, NORM: G})
        _files(folder, dict(zip(names, contents, strict=True)), "model.safetensors.index.json")
    return Want(folder, E if alone else U, TOKENS)


def _meta(count: int, folder: Path) -> Want:
    torch = pytest.importorskip("torch", reason="PyTorch is missing: pip install 'tokensphere[torch]'")
    _folder(folder)
    for number in range(count):
        width = D // count
        part = E[:, number * width : (number + 1) * width].copy()
        tensors = {"tok_embeddings.weight": part, "output.weight": U[: N // count], "norm.weight": G}
        path = folder / f"consolidated.{number:02}.pth"
        torch.save({name: torch.from_numpy(array) for name, array in tensors.items()}, path)
    return Want(folder, E if count == 1 else None, TOKENS)


def _meta_one_of_two(folder: Path) -> Want:
    _meta(2, folder)
    (folder / "consolidated.01.pth").unlink()
    return Want(folder)


def _diffusers(folder: Path) -> Want:
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    for name, file in (
        ("unet", "diffusion_pytorch_model.safetensors"),
        ("text_encoder", "model.safetensors"),
    ):
        inside = _folder(folder / name)
        _model(inside, {"text_model.embeddings.token_embedding.weight": E}, file)
    return Want(folder)


FROM_ZERO = tuple(f"model-{i:05}-of-00003.safetensors" for i in range(3))
GPT_OSS = tuple(f"model-{i:05}-of-00002.safetensors" for i in range(3))
BLOOM = tuple(f"model_{i:05}-of-00003.safetensors" for i in (1, 2, 3))
DEEPSEEK = tuple(f"model-{i:05}-of-000003.safetensors" for i in (1, 2, 3))
GPT2 = {"wte.weight": E, "ln_f.weight": G}
LLAMA = {INPUT: E, NORM: G}
TIED, UNTIED = ({"model_type": "llama", "tie_word_embeddings": tied} for tied in (True, False))
HEAD_IN_PEFT = "base_model.model.lm_head"
SAVED = "base_model.model.model.embed_tokens.weight"

CASES = [
    Case(
        "GPT-2, one matrix by its family's rule",
        "openai-community/gpt2 model.safetensors; " + CONFIGS,
        _one(GPT2, {"model_type": "gpt2"}, E, note="the default of model type 'gpt2', and no file has"),
    ),
    Case(
        "GPT-2 without a config, one matrix by its family's rule",
        "openai-community/gpt2 model.safetensors",
        _one(GPT2, None, E, note="one matrix, 'wte.weight': GPT-2's rule, and no file has a tensor"),
    ),
    Case("Gemma 2, whose default is one matrix", CONFIGS, _one(LLAMA, {"model_type": "gemma2"}, E)),
    Case(
        "Llama 3.2 1B, one matrix by its config",
        "meta-llama/Llama-3.2-1B config.json",
        _one(LLAMA, TIED, E, note="one matrix, .*: tie_word_embeddings in config.json, and no file"),
    ),
    Case(
        "Llama without a head, whose config says that it has one", CONFIGS, _one(LLAMA, UNTIED),
        refused="no output matrix, and config.json says .*tie_word_embeddings",
    ),
    Case(
        "Llama without a head, whose config does not say", CONFIGS,
        _one(LLAMA, {"model_type": "llama"}), refused="by default 'llama' does not use 'model.embed",
    ),
    Case(
        "Llama's names without a head and without a config", CONFIGS, _one(LLAMA, None),
        refused=r"nothing says that .* serves for it; put the model's config\.json beside",
    ),
    Case(
        "a head with other values, though the config says one matrix",
        "huggingface/transformers 5, src/transformers/modeling_utils.py: 'both are present in the"
        " checkpoints with different values, so we will NOT tie them'",
        _one({**LLAMA, HEAD: U}, TIED, U, note="not one matrix: 'model.embed_tokens.weight' holds"),
    ),
    Case(
        "a head that is stored twice", CONFIGS,
        _one({**LLAMA, HEAD: E}, TIED, E, note="are tied: 'model.embed_tokens.weight' holds the same"),
    ),
    Case(
        "T5 encoder without a head, mT5", CONFIGS,
        _one({"shared.weight": E, "encoder.final_layer_norm.weight": G}, {"model_type": "mt5"}),
        refused="by default 'mt5' does not use 'shared.weight'",
    ),
    Case(
        "a head packed by GPTQ", GPTQ, _packed(INPUT, "lm_head.qweight", "output"),
        refused=r"'lm_head.qweight' of \S+ is quantised \(GPTQ",
    ),
    Case("the embedding beside a head packed by GPTQ", GPTQ, _packed(INPUT, "lm_head.qweight", "input")),
    Case(
        "an embedding that is packed beside a plain head", GPTQ,
        _packed(HEAD, "model.embed_tokens.qweight", "input"),
        refused=r"'model.embed_tokens.qweight' of \S+ is quantised \(GPTQ",
    ),
    Case(
        "a head packed in another shard",
        "vllm-project/compressed-tensors src/compressed_tensors/compressors/pack_quantized/base.py",
        _packed_in_another_shard,
        refused=r"'lm_head.weight_packed' of \S+ is quantised \(compressed-tensors",
    ),
    Case("a folder of shards", SHARDS, _shards()),
    Case("the head of shards", SHARDS, _shards(matrix="output", rows=U)),
    Case("one shard of three", SHARDS, _shards(given=2)),
    Case("the head by the first shard of three", SHARDS, _shards(given=0, matrix="output", rows=U)),
    Case("shards without an index", SHARDS, _shards(index="", matrix="output", rows=U)),
    Case("one shard without an index", SHARDS, _shards(index="", given=1)),
    Case(
        "a shard that is missing, without an index", SHARDS,
        _shards(index="", absent="model-00003-of-00003.safetensors", given=0, matrix="output"),
        refused="one of 3 files of a model, and model-00003-of-00003.safetensors is missing",
    ),
    Case(
        "a folder without its last shard and index", SHARDS,
        _shards(index="", absent="model-00003-of-00003.safetensors"),
        refused="model-00003-of-00003.safetensors is missing",
    ),
    Case(
        "the head in a shard that is missing", SHARDS,
        _shards(absent="model-00003-of-00003.safetensors", matrix="output"),
        refused="model-00003-of-00003.safetensors is missing, which model.safetensors.index.json names",
    ),
    Case(
        "a shard missing that is not asked for", SHARDS,
        _shards(absent="model-00002-of-00003.safetensors"),
    ),
    Case(
        "DeepSeek's six digits", "deepseek-ai/DeepSeek-V3: model-00001-of-000163.safetensors",
        _shards(DEEPSEEK, index="", given=0, matrix="output", rows=U),
    ),
    Case(
        "an underscore before the number", "bigscience/bloom: model_00001-of-00072.safetensors",
        _shards(BLOOM, index="", given=0, matrix="output", rows=U),
    ),
    Case(
        "shards counted from 0, up to their number less one",
        "InternScience/Agents-A1-4B: model-00000-of-00002.safetensors, model-00001-of-00002.safetensors",
        _shards(FROM_ZERO, index="", matrix="output", rows=U),
    ),
    Case(
        "shards counted from 0, of which the last has the number that all name",
        "openai/gpt-oss-20b: model-00000-of-00002.safetensors, …, model-00002-of-00002.safetensors",
        _shards(GPT_OSS, index="", given=0, matrix="output", rows=U),
    ),
    Case(
        "one of gpt-oss's shards is missing",
        "openai/gpt-oss-20b: model-00000-of-00002.safetensors, …, model-00002-of-00002.safetensors",
        _shards(GPT_OSS, index="", absent=GPT_OSS[1]),
        refused="one of 3 files of a model, and model-00001-of-00002.safetensors is missing",
    ),
    Case(
        "model.safetensors alone, of which an index says that there is more", SHARDS,
        _alone_but_in_an_index, refused="head.safetensors is missing",
    ),
    Case("PyTorch's shards by their index", SHARDS, _torch(True, "input")),
    Case("the head of PyTorch's shards", SHARDS, _torch(True, "output")),
    Case("PyTorch's shards without an index", SHARDS, _torch(False, "output")),
    Case(
        "one of PyTorch's shards", SHARDS, _torch(True, "output", "pytorch_model-00001-of-00002.bin")
    ),
    Case("a folder of split GGUF", SPLIT, _split()),
    Case("split GGUF by its first file, whose head is elsewhere", SPLIT,
         _split(lambda paths: paths[0], matrix="output", rows=U)),
    Case("split GGUF by its second file", SPLIT, _split(lambda paths: paths[1])),
    Case("split GGUF whose first file has metadata alone", SPLIT + " (--no-tensor-first-split)",
         _split(lambda paths: paths[2], first={})),
    Case("split GGUF without its second file", SPLIT, _split(_lose_second, rows=None),
         refused="one of 3 files of a model, and m-Q8_0-00002-of-00003.gguf is missing"),
    Case("split GGUF under a name that tells nothing", SPLIT, _split(_rename_first, rows=None),
         refused="file 1 of 3 of a model, but its name does not say"),
    Case("split GGUF with files exchanged", SPLIT, _split(_swap, rows=None),
         refused="is file 2 of 3 by its name, but split.no 2 of 3"),
    Case("split GGUF with a tensor less than it claims", SPLIT, _split(rows=None, total=5),
         refused="claims 5 tensors in all, but its files have 4"),
    Case("two split GGUF in a folder", SPLIT, _split(_second_model, rows=None),
         refused="several models .m-F16-00001-of-00003.gguf, m-Q8_0-00001"),
    Case("GGUF without output.weight", "ggml-org/llama.cpp src/llama-model.cpp: TENSOR_DUPLICATED",
         _gguf("llama", E, note="one matrix, 'token_embd.weight': llama.cpp's rule")),
    Case("the output of an encoder in GGUF", "ggml-org/llama.cpp src/llama-arch.cpp: LLM_ARCH_BERT",
         _gguf("bert", None), refused="is an encoder .architecture 'bert'., which has no output matrix"),
    Case("CTranslate2 without its projection",
         "OpenNMT/CTranslate2 python/ctranslate2/specs/model_spec.py: _alias_variables",
         _ctranslate2, refused="no output matrix, and nothing says"),
    Case("an adapter alone", PEFT, _adapter({}),
         refused="this is an adapter, .*no input matrix.*load 'meta-llama/Llama-3.2-1B', or merge"),
    Case("an adapter with its embedding saved whole", PEFT, _adapter({SAVED: E}, E)),
    Case("the head of an adapter that saved its embedding", PEFT, _adapter({SAVED: E}, matrix="output"),
         refused="this is an adapter, .*no output matrix"),
    Case("an adapter that changes its saved embedding", PEFT,
         _adapter({SAVED: E, SAVED.replace("weight", "lora_embedding_A"): U[:2]}),
         refused="changes 'base_model.*embed_tokens.weight' by .*lora_embedding_A"),
    Case("an adapter that saved the head that it changes", PEFT,
         _adapter({f"{HEAD_IN_PEFT}.base_layer.weight": U, f"{HEAD_IN_PEFT}.boft_R": U[:2]},
                  matrix="output"),
         refused="this is an adapter, .*no output matrix"),
    Case("an adapter that changes its saved embedding by another method", PEFT,
         _adapter({SAVED: E, SAVED.replace("weight", "ia3_l"): U[:1]}),
         refused="changes 'base_model.*embed_tokens.weight' by .*ia3_l"),
    Case("a Trainer's folder", TRAINER, _trainer(False),
         refused=r"Trainer's checkpoints \(checkpoint-500, checkpoint-1000\); name one, like .*-1000"),
    Case("a Trainer's checkpoint", TRAINER, _trainer(True)),
    Case("sentence-transformers with modules.json",
         "UKPLab/sentence-transformers sentence_transformers/SentenceTransformer.py: modules.json",
         _sentence_transformers),
    Case("sentence-transformers with two modules, each in a folder",
         "UKPLab/sentence-transformers models/StaticEmbedding.py, models/Dense.py: modules.json",
         _static_and_dense),
    Case("shards without an index beside consolidated.safetensors and an adapter",
         "mistralai/Mistral-7B-Instruct-v0.3: consolidated.safetensors; " + PEFT,
         _shards_beside_others),
    Case("consolidated.safetensors beside shards",
         "mistralai/Mistral-7B-Instruct-v0.3: consolidated.safetensors,"
         " model-00001-of-00003.safetensors",
         partial(_mistral, False)),
    Case("consolidated.safetensors alone",
         "mistralai/mistral-inference src/mistral_inference/transformer.py: from_folder",
         partial(_mistral, True)),
    Case("Llama's own consolidated.00.pth",
         "mistralai/mistral-inference src/mistral_inference/transformer.py: consolidated.00.pth; "
         + CONVERT_LLAMA, partial(_meta, 1)),
    Case("Llama's own files in two parts",
         CONVERT_LLAMA,
         partial(_meta, 2), refused="one of several files of Llama's original weights"),
    Case("the first of Llama's own files in two parts",
         CONVERT_LLAMA,
         _meta_one_of_two, refused="one of several files of Llama's original weights"),
    Case("a pipeline of diffusers",
         "huggingface/diffusers src/diffusers/pipelines/pipeline_utils.py: model_index.json",
         _diffusers, refused="its folders do .text_encoder, unet.; name one, like .*text_encoder"),
]  # fmt: skip
