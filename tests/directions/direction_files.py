"""The same matrices in every format, for the tests of users' directions."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tokensphere.formats.gguf.writer import write_gguf

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]


def whole_numbers(*shape: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Random integers in [-8, 8): every format here holds them without loss, four bits included."""
    return np.random.default_rng(seed).integers(-8, 8, shape).astype(np.float32)


def bf16(array: Array) -> bytes:
    return (array.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()


def safetensors(arrays: Arrays, dtype: str = "F32") -> bytes:
    numpy_dtype = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I32": "<i4", "I8": "i1", "C64": "<c8"}
    header: dict[str, Any] = {}
    data = b""
    for name, array in arrays.items():
        raw = bf16(array) if dtype == "BF16" else array.astype(numpy_dtype[dtype]).tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


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
        "F32": lambda a: a.astype("<f4").tobytes(), "F16": lambda a: a.astype("<f2").tobytes(),
        "F64": lambda a: a.astype("<f8").tobytes(), "BF16": bf16, "Q8_0": q8_0, "Q4_0": q4_0,
    }  # fmt: skip
    write_gguf(path, {}, {name: (kind, a.shape, stored[kind](a)) for name, a in arrays.items()})
    return path


def _safetensors(dtype: str) -> Callable[[Path, Arrays], Path]:
    def write(folder: Path, arrays: Arrays) -> Path:
        (folder / "x.safetensors").write_bytes(safetensors(arrays, dtype))
        return folder / "x.safetensors"

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
    **{
        f"gguf-{kind}": lambda folder, arrays, kind=kind: gguf(folder / "x.gguf", arrays, kind)  # type: ignore[misc]
        for kind in ("F32", "F16", "BF16", "F64", "Q8_0", "Q4_0")
    },
}
