"""The same matrices in every format, for the tests of users' directions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.formats import made
from tokensphere.formats.gguf.writer import write_gguf

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]


def whole_numbers(*shape: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Random integers in [-8, 8): every format here holds them without loss, four bits included."""
    return np.random.default_rng(seed).integers(-8, 8, shape).astype(np.float32)


def safetensors(arrays: Arrays, dtype: str = "F32") -> bytes:
    return made.safetensors(
        {name: (dtype, array.shape, _stored(array, dtype)) for name, array in arrays.items()}
    )


def _stored(array: Array, dtype: str) -> bytes:
    numpy_dtype = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I32": "<i4", "I8": "i1", "C64": "<c8"}
    return made.bf16(array) if dtype == "BF16" else array.astype(numpy_dtype[dtype]).tobytes()


def q8_0(array: Array) -> bytes:
    """Blocks of 32: the scale 1 as float16, and the values as signed bytes."""
    blocks = array.reshape(-1, 32).astype(np.int8)
    return b"".join(np.float16(1).tobytes() + block.tobytes() for block in blocks)


def q4_0(array: Array) -> bytes:
    """Blocks of 32: the scale 1 as float16, and the values plus 8 in halves of 16 bytes."""
    blocks = (array.reshape(-1, 32) + 8).astype(np.uint8)
    packed = blocks[:, :16] | blocks[:, 16:] << 4
    return b"".join(np.float16(1).tobytes() + block.tobytes() for block in packed)


def gguf(path: Path, arrays: Arrays, kind: str = "F32") -> Path:
    stored: dict[str, Callable[[Array], bytes]] = {
        "Q8_0": q8_0, "Q4_0": q4_0,
    }  # fmt: skip

    def store(array: Array) -> bytes:
        return stored[kind](array) if kind in stored else _stored(array, kind)

    write_gguf(path, {}, {name: (kind, a.shape, store(a)) for name, a in arrays.items()})
    return path


def _safetensors(dtype: str) -> Callable[[Path, Arrays], Path]:
    def write(folder: Path, arrays: Arrays) -> Path:
        (folder / "x.safetensors").write_bytes(safetensors(arrays, dtype))
        return folder / "x.safetensors"

    return write


def _ctranslate2(dtype: str, numpy_dtype: str) -> Callable[[Path, Arrays], Path]:
    def write(folder: Path, arrays: Arrays) -> Path:
        variables: dict[str, Any] = {}
        for name, array in arrays.items():
            scaled = array
            if dtype == "int8":  # a scale for each index of the first axis
                scale = 2.0 ** (np.arange(len(array)) % 4)
                scaled = array * scale.reshape(-1, *[1] * (array.ndim - 1))
                variables[f"{name}_scale"] = ("float32", scale.shape, scale.astype("<f4").tobytes())
            elif dtype == "int16":  # without a scale, as old versions wrote it
                scaled = array * 1000
            variables[name] = (dtype, array.shape, scaled.astype(numpy_dtype).tobytes())
        (folder / "model.bin").write_bytes(made.ctranslate2(variables))
        return folder / "model.bin"

    return write


def sharded(folder: Path, arrays: Arrays) -> Path:
    """A file for each tensor, and the index."""
    weight_map = {}
    for number, (name, array) in enumerate(arrays.items()):
        weight_map[name] = f"part-{number}.safetensors"
        (folder / weight_map[name]).write_bytes(safetensors({name: array}))
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    return index


def _npz(folder: Path, arrays: Arrays) -> Path:
    np.savez(folder / "x.npz", **arrays)  # type: ignore[arg-type]
    return folder / "x.npz"


def _npz_deflated(folder: Path, arrays: Arrays) -> Path:
    np.savez_compressed(folder / "x.npz", **arrays)  # type: ignore[arg-type]
    return folder / "x.npz"


def _npz_turned(folder: Path, arrays: Arrays) -> Path:
    """The first axis fastest, big-endian."""
    return _npz(folder, {name: np.asfortranarray(a.astype(">f4")) for name, a in arrays.items()})


def _torch(kind: str, turned: bool = False) -> Callable[[Path, Arrays], Path]:
    def write(folder: Path, arrays: Arrays) -> Path:
        torch = pytest.importorskip("torch")

        def tensor(array: Array) -> Any:
            made = torch.tensor(array.T.copy()).permute(*range(array.ndim)[::-1]) if turned else None
            return (torch.tensor(array) if made is None else made).to(getattr(torch, kind))

        torch.save({name: tensor(array) for name, array in arrays.items()}, folder / "x.pt")
        return folder / "x.pt"

    return write


# All can hold several tensors whose lengths are multiples of 32.
FORMATS: dict[str, Callable[[Path, Arrays], Path]] = {
    "npz": _npz,
    "npz-deflated": _npz_deflated,
    "npz-turned": _npz_turned,
    "sharded": sharded,
    "folder": lambda folder, arrays: sharded(folder, arrays).parent,
    "torch-float32": _torch("float32"),
    "torch-bfloat16": _torch("bfloat16"),
    "torch-turned": _torch("float32", turned=True),
    **{
        f"safetensors-{dtype}": _safetensors(dtype)
        for dtype in ("F32", "F16", "BF16", "F64", "I32", "I8")
    },
    "ctranslate2-float32": _ctranslate2("float32", "<f4"),
    "ctranslate2-int8": _ctranslate2("int8", "i1"),
    "ctranslate2-int16": _ctranslate2("int16", "<i2"),
    **{
        f"gguf-{kind}": lambda folder, arrays, kind=kind: gguf(folder / "x.gguf", arrays, kind)  # type: ignore[misc]
        for kind in ("F32", "F16", "BF16", "F64", "Q8_0", "Q4_0")
    },
}
