"""Matrices of eight bits, and what multiplies them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.files.case import Case, Want
from tests.files.of_packed import (
    BNB,
    CT,
    FP8,
    HEAD,
    LLAMA,
    MODELOPT,
    Array,
    D,
    E,
    N,
    Tensors,
    X,
    f32,
    folder,
    packed,
)
from tests.formats.made import bf16


def eight_bits(dtype: str) -> tuple[bytes, Array]:
    """Stored values, and what they are; of FP8 by the table of arXiv:2209.05433."""
    stored = np.random.default_rng(5).integers(0, 256, (N, D)).astype(np.uint8)
    if dtype == "I8":
        return stored.tobytes(), stored.view(np.int8).astype(np.float64)
    stored[(stored & 127) == 127] = 0  # not a number
    sign = np.where(stored & 128, -1.0, 1.0)
    exponent, mantissa = (stored >> 3) & 15, (stored & 7).astype(np.float64)
    small, normal = mantissa / 8 * 2.0**-6, (1 + mantissa / 8) * 2.0 ** (exponent.astype(float) - 7)
    return stored.tobytes(), sign * np.where(exponent == 0, small, normal)


def scaled(
    dtype: str, shape: tuple[int, ...], block: tuple[int, int], name: str = "weight_scale", **config: Any
) -> Callable[[Path], Want]:
    """Values with a tensor of scales; the rows by a loop over the values."""

    def make(path: Path) -> Want:
        raw, values = eight_bits(dtype)
        scales = (np.random.default_rng(6).integers(1, 99, shape) / 64).astype(np.float32)
        rows = np.zeros((N, D))
        table = scales.reshape(-(-N // block[0]), -(-D // block[1]))
        for i in range(N):
            for j in range(D):
                rows[i, j] = values[i, j] * float(table[i // block[0], j // block[1]])
        tensors: Tensors = {f"{X}.weight": (dtype, (N, D), raw), f"{X}.{name}": f32(scales)}
        model = folder(path, tensors, **LLAMA, quantization_config={"quant_method": "x"} | config)
        return Want(model, rows, note=f"quantised: .*{name} beside it")

    return make


def with_zero_points(path: Path) -> Want:
    raw, values = eight_bits("I8")
    zero = np.random.default_rng(7).integers(-20, 20, (N, 1)).astype(np.int8)
    scales = (np.arange(1, N + 1)[:, None] / 64).astype(np.float32)
    tensors: Tensors = {
        f"{X}.weight": ("I8", (N, D), raw),
        f"{X}.weight_scale": ("BF16", (N, 1), bf16(scales)),
        f"{X}.weight_zero_point": ("I8", (N, 1), zero.tobytes()),
    }
    return Want(folder(path, tensors, **LLAMA), (values - zero) * scales)


def bitsandbytes_8(path: Path) -> Want:
    raw, values = eight_bits("I8")
    scb = np.abs(E).max(axis=1)
    tensors: Tensors = {
        f"{X}.weight": f32(E),
        f"{HEAD}.weight": ("I8", (N, D), raw),
        f"{HEAD}.SCB": f32(scb),
        f"{HEAD}.weight_format": ("U8", (), b"\0"),
    }
    rows = [[value * float(scb[i]) / 127 for value in row] for i, row in enumerate(values.tolist())]
    model = folder(path, tensors, **LLAMA, quantization_config={"quant_method": "bitsandbytes"})
    return Want(model, rows, options={"matrix": "output"}, note="bitsandbytes 8 bit, a scale a row")


def bitsandbytes_tiled(path: Path) -> Want:
    want = bitsandbytes_8(path)
    raw = (path / "model.safetensors").read_bytes()
    (path / "model.safetensors").write_bytes(raw[:-1] + b"\2")
    return Want(want.model, options=want.options)


def model2vec_int8(path: Path) -> Want:
    raw, values = eight_bits("I8")
    tensors = {"embeddings": ("I8", (N, D), raw)}
    return Want(folder(path, tensors, model_type="model2vec", hidden_dim=256), values)


CASES = [
    Case("int8 with a scale a row", CT, scaled("I8", (N, 1), (1, D))),
    Case("int8 with a scale a row, flat", MODELOPT, scaled("I8", (N,), (1, D))),
    Case("int8 in groups of columns", CT, scaled("I8", (N, 4), (1, 32))),
    Case("int8 with one scale", CT, scaled("I8", (1,), (N, D))),
    Case("int8 with zero points", CT, with_zero_points),
    Case(
        "int8 in groups of columns in the order of their activations", CT,
        packed({
            ".weight": ("I8", (N, D)), ".weight_scale": ("BF16", (N, 4)), ".weight_g_idx": ("I32", (D,)),
        }),
        "weight_g_idx' orders or scales its columns",
    ),
    Case(
        "int8 whose columns are smoothed", MODELOPT,
        packed({
            ".weight": ("I8", (N, D)), ".weight_scale": ("F32", (N,)),
            ".pre_quant_scale": ("BF16", (D,)),
        }),
        "pre_quant_scale' orders or scales its columns",
    ),
    Case(
        "int8 in blocks", FP8,
        scaled("I8", (3, 4), (16, 32), "weight_scale_inv", weight_block_size=[16, 32]),
    ),
    Case("FP8 with one scale", CT, scaled("F8_E4M3", (), (N, D))),
    Case("FP8 with a scale a row", CT, scaled("F8_E4M3", (N, 1), (1, D))),
    Case(
        "FP8 in blocks, cut at both ends", FP8,
        scaled("F8_E4M3", (3, 3), (16, 48), "weight_scale_inv", weight_block_size=[16, 48]),
    ),
    Case("FP8 in blocks of 128 × 128", FP8, scaled("F8_E4M3", (1, 1), (128, 128), "weight_scale_inv")),
    Case(
        "FP8, scales that do not fit", FP8,
        packed({".weight": ("F8_E4M3", (N, D)), ".weight_scale_inv": ("F32", (7, 3))}),
        r"scales of the shape \(7, 3\) do not fit values of \(40, 128\)",
    ),
    Case(
        "FP8 of a quantised model, without its scales", FP8,
        packed({".weight": ("F8_E4M3", (N, D))}, quant_method="fp8"), "no scales beside it",
    ),
    Case("bitsandbytes 8 bit", BNB, bitsandbytes_8),
    Case("bitsandbytes 8 bit, tiled", BNB, bitsandbytes_tiled, "tiled order of bitsandbytes"),
    Case("Model2Vec in int8", "MinishLab/model2vec model2vec/quantization.py", model2vec_int8),
]  # fmt: skip
