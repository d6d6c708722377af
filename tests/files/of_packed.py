"""Matrices that are packed, scaled, of integers, or of a size that cannot be."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.files.case import Case, Want
from tests.formats.made import bf16, ct2_quantised, ctranslate2, safetensors

N, D = 40, 128
X, HEAD, NORM = "model.embed_tokens", "lm_head", "model.norm.weight"
Tensors = dict[str, tuple[str, tuple[int, ...], bytes]]
Array = npt.NDArray[Any]
LLAMA: dict[str, Any] = {"model_type": "llama", "hidden_size": D, "vocab_size": N}
_RNG = np.random.default_rng(12)
E = _RNG.standard_normal((N, D)).astype(np.float32)


def f32(array: npt.ArrayLike) -> tuple[str, tuple[int, ...], bytes]:
    values = np.asarray(array, dtype="<f4")
    return "F32", values.shape, values.tobytes()


def bits_of(numbers: list[int], bits: int) -> bytes:
    """A row of codes as one whole number, the first code lowest: the bytes of its words."""
    whole = sum(number << (bits * i) for i, number in enumerate(numbers))
    return whole.to_bytes(len(numbers) * bits // 8, "little")


def folder(path: Path, tensors: Mapping[str, Any], n: int = N, **config: Any) -> Path:
    """A model's folder, with a tokenizer of n tokens; a config.json if there is something to say."""
    (path / "model.safetensors").write_bytes(safetensors(tensors))
    _tokens(path, n)
    if config:
        (path / "config.json").write_text(json.dumps(config))
    return path


def _tokens(path: Path, n: int) -> None:
    model = {"type": "WordLevel", "vocab": {f"t{id}": id for id in range(n)}}
    (path / "tokenizer.json").write_text(json.dumps({"model": model}))


def mlx(name: str, bits: int, size: int, seed: int = 0) -> tuple[Tensors, Array]:
    """Tensors as mlx.core.quantize gives them, and the rows by its formula, one value at a time."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 2**bits, (N, D)).tolist()
    scales = (rng.integers(1, 64, (N, D // size)) / 64).astype(np.float32)
    biases = (rng.integers(-64, 64, (N, D // size)) / 64).astype(np.float32)
    packed = b"".join(bits_of(row, bits) for row in codes)
    rows = np.zeros((N, D))
    for i in range(N):
        for j in range(D):
            rows[i, j] = codes[i][j] * float(scales[i, j // size]) + float(biases[i, j // size])
    tensors: Tensors = {
        f"{name}.weight": ("U32", (N, D * bits // 32), packed),
        f"{name}.scales": ("BF16", scales.shape, bf16(scales)),
        f"{name}.biases": ("BF16", biases.shape, bf16(biases)),
        NORM: f32(np.ones(D)),
    }
    return tensors, rows


def mlx_case(bits: int, size: int, said: Callable[[], dict[str, Any]]) -> Callable[[Path], Want]:
    def make(path: Path) -> Want:
        tensors, rows = mlx(X, bits, size)
        model = folder(path, tensors, **LLAMA, **said())
        return Want(model, rows, note=f"quantised: MLX {bits} bit, groups of {size}")

    return make


def mlx_of_config(bits: int, size: int) -> Callable[[Path], Want]:
    return mlx_case(bits, size, lambda: {"quantization": {"group_size": size, "bits": bits}})


def mlx_by_shapes(path: Path) -> Want:
    tensors, rows = mlx(X, 4, 64)
    return Want(folder(path, tensors, **LLAMA), rows, note="MLX 4 bit, groups of 64 .by its shapes.")


def mlx_own_entry(path: Path) -> Want:
    tensors, rows = mlx(X, 6, 64)
    said = {"group_size": 64, "bits": 4, X: {"group_size": 64, "bits": 6}}
    return Want(folder(path, tensors, **LLAMA, quantization=said), rows, note="MLX 6 bit")


def mlx_head(path: Path) -> Want:
    """The input is plain, the output packed."""
    tensors, rows = mlx(HEAD, 8, 32, seed=3)
    tensors[f"{X}.weight"] = f32(E)
    said = {"group_size": 32, "bits": 8}
    model = folder(path, tensors, **LLAMA, tie_word_embeddings=False, quantization=said)
    return Want(model, rows, options={"matrix": "output"}, note="MLX 8 bit")


def mlx_unknown(path: Path) -> Want:
    return Want(folder(path, mlx(X, 4, 64)[0]))


def mlx_contradiction(path: Path) -> Want:
    return Want(folder(path, mlx(X, 4, 64)[0], **LLAMA, quantization={"group_size": 64, "bits": 8}))


def mxfp4_of_mlx(path: Path) -> Want:
    tensors: Tensors = {
        f"{X}.weight": ("U32", (N, D // 8), bytes(N * D // 2)),
        f"{X}.scales": ("U8", (N, D // 32), bytes(N * D // 32)),
    }
    return Want(folder(path, tensors, **LLAMA, quantization={"mode": "mxfp4", "bits": 4}))


def packed(parts: Mapping[str, tuple[str, tuple[int, ...]]], **config: Any) -> Callable[[Path], Want]:
    """An embedding in parts, of zeros; the names follow the module's."""
    sizes = {"I32": 4, "I64": 8, "U8": 1, "I8": 1, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "I16": 2}

    def make(path: Path) -> Want:
        tensors: Tensors = {NORM: f32(np.ones(D)), f"{HEAD}.weight": f32(E)}
        for name, (dtype, shape) in parts.items():
            tensors[X + name] = (dtype, shape, bytes(int(np.prod(shape)) * sizes[dtype]))
        said: dict[str, Any] = {"quantization_config": config} if config else {}
        return Want(folder(path, tensors, **LLAMA, **said))

    return make


def plain_in_a_quantised_model(method: str) -> Callable[[Path], Want]:
    def make(path: Path) -> Want:
        tensors: Tensors = {
            f"{X}.weight": f32(E),
            f"{HEAD}.weight": f32(E + 1),
            "model.layers.0.mlp.up_proj.qweight": ("I32", (D // 8, D), bytes(D * D // 2)),
            "model.layers.0.mlp.up_proj.scales": ("F16", (1, D), bytes(2 * D)),
        }
        said: dict[str, Any] = {"quant_method": method, "bits": 4, "modules_to_not_convert": ["lm_head"]}
        return Want(folder(path, tensors, **LLAMA, quantization_config=said), E)

    return make


def integers_in_torch(path: Path) -> Want:
    import pytest

    torch = pytest.importorskip("torch")
    torch.save({f"{X}.weight": torch.ones(N, D, dtype=torch.int8)}, path / "pytorch_model.bin")
    _tokens(path, N)
    return Want(path)


def quantised_in_torch(path: Path) -> Want:
    import pytest

    torch = pytest.importorskip("torch")
    values = torch.quantize_per_tensor(torch.from_numpy(E), 0.1, 0, torch.qint8)
    torch.save({f"{X}.weight": values}, path / "pytorch_model.bin")
    _tokens(path, N)
    return Want(path)


def integers_in_npz(path: Path) -> Want:
    np.savez(path / "a.npz", vectors=np.arange(N * D, dtype=np.int16).reshape(N, D), tokens=_words())
    return Want(path / "a.npz")


def integers_in_npy(path: Path) -> Want:
    np.save(path / "a.npy", np.arange(N * D, dtype=np.uint8).reshape(N, D))
    (path / "words.txt").write_text("\n".join(_words()))
    return Want(path / "a.npy", options={"vocabulary": path / "words.txt"})


def _words(n: int = N) -> list[str]:
    return [f"t{id}" for id in range(n)]


def gguf(kind: int, raw: bytes, **sizes: int) -> Callable[[Path], Want]:
    """A file of version 3, field by field; `kind` is the tensor's type, and all sizes are uint32."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    def make(path: Path) -> Want:
        keys = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
        keys += [text(f"llama.{key}") + struct.pack("<II", 4, size) for key, size in sizes.items()]
        keys += [text("tokenizer.ggml.model") + struct.pack("<I", 8) + text("llama")]
        pieces = b"".join(map(text, _words()))
        keys += [text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, N) + pieces]
        tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, D, N, kind, 0)
        head = struct.pack("<4sIQQ", b"GGUF", 3, 1, len(keys)) + b"".join(keys) + tensor
        (path / "a.gguf").write_bytes(head + bytes(-len(head) % 32) + raw)
        return Want(path / "a.gguf", E)

    return make


def ct2_without_scale(path: Path) -> Want:
    name = "decoder/embeddings/weight"
    variables = ct2_quantised(name, E)
    del variables[f"{name}_scale"]
    (path / "model.bin").write_bytes(ctranslate2(variables))
    (path / "vocabulary.json").write_text(json.dumps(_words()))
    return Want(path)


def ct2_int8(path: Path) -> Want:
    name = "decoder/embeddings/weight"
    (path / "model.bin").write_bytes(ctranslate2(ct2_quantised(name, E)))
    (path / "vocabulary.json").write_text(json.dumps(_words()))
    scale = 127 / np.abs(E).max(axis=1, keepdims=True)
    return Want(path, np.rint(E * scale) / scale)


MLX = "ml-explore/mlx mlx/backend/cpu/quantized.cpp (scale * code + bias, extract_bits)"
CT = (
    "vllm-project/compressed-tensors src/compressed_tensors/quantization/lifecycle/forward.py:"
    " dequantize; compressors/naive_quantized/base.py: compression_param_names"
)
PACKED = "vllm-project/compressed-tensors src/compressed_tensors/compressors/pack_quantized/base.py"
MODELOPT = "NVIDIA/TensorRT-Model-Optimizer modelopt/torch/export/quant_utils.py"
FP8 = (
    "huggingface/transformers src/transformers/integrations/finegrained_fp8.py;"
    " deepseek-ai/DeepSeek-V3 inference/kernel.py"
)
BNB = (
    "bitsandbytes-foundation/bitsandbytes bitsandbytes/nn/modules.py (Linear8bitLt, Linear4bit),"
    " bitsandbytes/functional.py: int8_vectorwise_dequant"
)
GGUF = (
    "ggml-org/ggml docs/gguf.md: [llm].embedding_length; ggml-org/llama.cpp"
    " gguf-py/gguf/constants.py: {arch}.vocab_size"
)
HF = "huggingface/transformers src/transformers/models/*/configuration_*.py"
CT2 = "OpenNMT/CTranslate2 python/ctranslate2/specs/model_spec.py"
_HALF = {".scales": ("F16", (1, N)), ".qzeros": ("I32", (1, N // 8))}  # of one group of columns

CASES = [
    *(
        Case(f"MLX {bits} bit, groups of {size}", MLX, mlx_of_config(bits, size))
        for bits, size in ((2, 32), (3, 64), (4, 32), (4, 64), (5, 64), (6, 128), (8, 64))
    ),
    Case("MLX without a word of it in config.json, which has the width", MLX, mlx_by_shapes),
    Case(
        "MLX with other bits for the embedding",
        "ml-explore/mlx-lm mlx_lm/utils.py: load_model, class_predicate", mlx_own_entry,
    ),
    Case("MLX, a packed output beside a plain input", MLX, mlx_head),
    Case("MLX with no config.json", MLX, mlx_unknown, r"MLX.*3 bit.*or 4 bit|4 bit.*or 8 bit"),
    Case("MLX, config.json says other bits", MLX, mlx_contradiction, r"MLX 8 bit.*do not fit"),
    Case("MLX, MXFP4", MLX, mxfp4_of_mlx, r"MLX without biases: MXFP4.*BF16"),
    Case(
        "bitsandbytes NF4", BNB,
        packed({
            ".weight": ("U8", (N * D // 2, 1)), ".weight.absmax": ("F32", (N * D // 64,)),
            ".weight.quant_map": ("F32", (16,)),
            ".weight.quant_state.bitsandbytes__nf4": ("U8", (80,)),
        }),
        r"bitsandbytes 4 bit \(NF4 or FP4\).*use a version",
    ),
    Case(
        "GPTQ", "AutoGPTQ/AutoGPTQ auto_gptq/nn_modules/qlinear/qlinear_cuda_old.py",
        packed({".qweight": ("I32", (D // 8, N)), ".g_idx": ("I32", (D,)), **_HALF}),
        r"embed_tokens\.qweight.*\(GPTQ\).*use a version of the model in F32, BF16 or F16",
    ),
    Case(
        "AWQ", "casper-hansen/AutoAWQ awq/modules/linear/gemm.py",
        packed({".qweight": ("I32", (D, N // 8)), **_HALF}), r"\(GPTQ or AWQ\)",
    ),
    Case(
        "compressed-tensors, packed", PACKED,
        packed({
            ".weight_packed": ("I32", (N, D // 8)), ".weight_scale": ("BF16", (N, 1)),
            ".weight_shape": ("I64", (2,)),
        }),
        "compressed-tensors, packed",
    ),
    Case(
        "HQQ", "mobiusml/hqq hqq/core/quantize.py",
        packed({".W_q": ("U8", (N // 2, D)), ".scale": ("F16", (N, 1))}), "HQQ",
    ),
    Case(
        "quanto", "huggingface/optimum-quanto optimum/quanto/tensor/weights/qbytes.py",
        packed({".weight._data": ("I8", (N, D)), ".weight._scale": ("F32", (N, 1))}), "quanto",
    ),
    Case(
        "torchao", "pytorch/ao torchao/prototype/safetensors/safetensors_support.py",
        packed({"._weight_qdata": ("I8", (N, D)), "._weight_scale": ("F32", (N, 1))}), "torchao",
    ),
    Case(
        "EXL2", "turboderp-org/exllamav2 exllamav2/ext.py: make_q_matrix",
        packed({
            ".q_weight": ("I32", (D // 8, N)), ".q_scale": ("I32", (1, N // 8)),
            ".q_scale_max": ("F16", (1,)), ".q_groups": ("I16", (2,)),
        }),
        "EXL2",
    ),
    Case(
        "EXL3", "turboderp-org/exllamav3 exllamav3/modules/quant/exl3.py",
        packed({".trellis": ("I16", (8, 3, 64)), ".suh": ("F16", (D,)), ".svh": ("F16", (N,))}), "EXL3",
    ),
    Case(
        "NVFP4", MODELOPT,
        packed({
            ".weight": ("U8", (N, D // 2)), ".weight_scale": ("F8_E4M3", (N, D // 16)),
            ".weight_scale_2": ("F32", ()),
        }),
        "NVFP4",
    ),
    Case(
        "BitNet", "huggingface/transformers src/transformers/integrations/bitnet.py",
        packed({".weight": ("U8", (N // 4, D)), ".weight_scale": ("BF16", (1,))}), "not known.*BitNet",
    ),
    Case(
        "EETQ", "NetEase-FuXi/EETQ python/eetq/modules/qlinear.py: EETQLinear",
        packed({".weight": ("I8", (D, N)), ".weight_scales": ("F16", (N,))}), "EETQ",
    ),
    Case(
        "integers of nobody", HF, packed({".weight": ("I32", (N, D))}, quant_method="new"),
        r"holds integers \(I32.*config\.json: new",
    ),
    *(
        Case(f"{method}, embeddings left plain", HF, plain_in_a_quantised_model(method))
        for method in ("gptq", "awq", "bitsandbytes", "compressed-tensors", "torchao", "hqq")
    ),
    Case("integers in PyTorch's file", HF, integers_in_torch, "holds integers"),
    Case("quantised in PyTorch's file", "https://docs.pytorch.org/docs/stable/generated/torch.quantize_per_tensor.html",
         quantised_in_torch, "qint8"),
    Case("integers in npz", "numpy/numpy numpy/lib/format.py", integers_in_npz, "holds integers"),
    Case("integers in npy", "numpy/numpy numpy/lib/format.py", integers_in_npy, "holds integers"),
    Case("integers in GGUF", GGUF, gguf(24, bytes(N * D)), r"holds integers \(I8"),
    Case("CTranslate2, int8 without its scale", CT2, ct2_without_scale, "lacks"),
    Case("CTranslate2, int8 with its scale", CT2, ct2_int8),
]  # fmt: skip
