"""Packed matrices under their own names: any part of them, their digests, damage, memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.damage import changed, read_or_refused
from tests.files.of_packed import HEAD, LLAMA, D, N, Tensors, X, f32, folder, mlx
from tests.formats.made import safetensors
from tokensphere.directions.file import open_directions
from tokensphere.errors import InputError, SourceError
from tokensphere.formats.packed.mlx import unpack
from tokensphere.formats.packed.told import Told
from tokensphere.formats.packed.view import UnpackedFile
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.formats.tensors import digest
from tokensphere.sources.load import load

WEIGHT = f"{X}.weight"


def written(path: Path, tensors: Tensors) -> Path:
    path.write_bytes(safetensors(tensors))
    return path


@pytest.mark.parametrize("bits", range(1, 9))
def test_numbers_of_few_bits(bits: int) -> None:
    numbers = np.random.default_rng(bits).integers(0, 2**bits, (5, 24)).astype(np.uint8)
    stream = np.unpackbits(numbers[..., None], axis=2, bitorder="little")[..., :bits]
    packed = np.packbits(stream.reshape(5, -1), axis=1, bitorder="little")
    out = np.empty((5, 24), np.float32)
    unpack(packed, bits, out)
    np.testing.assert_array_equal(out, numbers)


@pytest.mark.parametrize("axis", [0, 1])
def test_any_lines_along_both_axes(tmp_path: Path, axis: int) -> None:
    tensors, rows = mlx(X, 4, 32)
    told = Told({"bits": 4, "group_size": 32})
    with UnpackedFile(SafetensorsFile(written(tmp_path / "m", tensors)), told) as file:
        lines = rows if axis == 1 else rows.T
        stored = file.stored(WEIGHT)
        for low, high in ((0, 1), (3, 17), (30, len(lines)), (0, len(lines))):
            np.testing.assert_allclose(stored.along(axis, low, high), lines[low:high], atol=1e-5)
        np.testing.assert_allclose(file.matrix(WEIGHT), rows, atol=1e-5)


def test_a_digest_covers_the_scales(tmp_path: Path) -> None:
    tensors, _ = mlx(X, 4, 64)
    shas = set()
    for number in range(3):
        if number:
            part = f"{X}.{('scales', 'biases')[number - 1]}"
            kind, shape, raw = tensors[part]
            tensors[part] = kind, shape, raw[:-1] + bytes([raw[-1] ^ 1])
        path = written(tmp_path / f"{number}", tensors)
        with UnpackedFile(SafetensorsFile(path), Told(widths=frozenset([D]))) as file:
            shas.add(digest(file, WEIGHT))
    assert len(shas) == 3


def test_directions_of_a_packed_matrix(tmp_path: Path) -> None:
    tensors, rows = mlx(X, 8, 64)
    path = written(tmp_path / "m.safetensors", tensors)
    with open_directions(f"{path}:{WEIGHT}", D) as source:
        np.testing.assert_allclose(source.block(5, 9), rows[5:9], atol=1e-4)
    packed: Tensors = {
        "up.qweight": ("I32", (16, D), bytes(64 * D)),
        "up.scales": ("F16", (2, D), bytes(4 * D)),
    }
    path = written(tmp_path / "g.safetensors", packed)
    for name in ("up.qweight", "up.weight"):
        with pytest.raises(InputError, match="GPTQ or AWQ"):
            open_directions(f"{path}:{name}", D, axis=1)


def test_the_packed_values_are_refused_by_their_own_name(tmp_path: Path) -> None:
    tensors: Tensors = {f"{HEAD}.qweight": ("I32", (N, D), bytes(4 * N * D)), WEIGHT: f32(np.eye(N, D))}
    model = folder(tmp_path, tensors, **LLAMA)
    with pytest.raises(SourceError, match="GPTQ or AWQ"):
        load(model, tensor=f"{HEAD}.qweight")


def test_nothing_but_the_result_is_in_memory(tmp_path: Path) -> None:
    n, d = 8192, 1024
    rng = np.random.default_rng(1)
    tensors: Tensors = {
        WEIGHT: ("U32", (n, d // 8), rng.bytes(n * d // 2)),
        f"{X}.scales": ("F16", (n, d // 64), np.ones((n, d // 64), "<f2").tobytes()),
        f"{X}.biases": ("F16", (n, d // 64), np.ones((n, d // 64), "<f2").tobytes()),
    }
    path = written(tmp_path / "m", tensors)
    with UnpackedFile(SafetensorsFile(path), Told(widths=frozenset([d]))) as file:
        tracemalloc.start()
        file.matrix(WEIGHT)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1.15 * n * d * 4


def test_damage(tmp_path: Path) -> None:
    survive(tmp_path, 400)


@pytest.mark.fuzz
def test_much_damage(tmp_path: Path) -> None:
    survive(tmp_path, 20_000)


def survive(tmp_path: Path, rounds: int) -> None:
    """Damaged headers with true and false configurations: read, or refused in one line."""
    tensors: Tensors = mlx(X, 4, 64)[0] | {
        f"{HEAD}.weight": ("I8", (6, 8), bytes(48)),
        f"{HEAD}.weight_scale": ("F32", (6, 1), bytes(24)),
        f"{HEAD}.weight_zero_point": ("I8", (6, 1), bytes(6)),
        "b.weight": ("I8", (6, 8), bytes(48)),
        "b.SCB": ("F32", (6,), bytes(24)),
        "g.qweight": ("I32", (6, 8), bytes(192)),
    }
    whole, rng, path = safetensors(tensors), np.random.default_rng(0), tmp_path / "m"
    end = 8 + int.from_bytes(whole[:8], "little")

    def read(content: bytes) -> None:
        path.write_bytes(content)
        bits, size = (int(rng.choice(of)) for of in ((2, 3, 4, 4, 4, 8, -1, 2**40), (64, 64, 64, 0, 7)))
        said = {"bits": bits, "group_size": size, "weight_block_size": [bits, size]}
        told = Told(said if rng.random() < 0.5 else {}, frozenset([D]))
        with UnpackedFile(SafetensorsFile(path), told) as file:
            name = str(rng.choice([WEIGHT, f"{HEAD}.weight", "b.weight", "g.weight", "g.qweight"]))
            file.matrix(name)
            digest(file, name)

    likely = b'"0123456789[],.IFU'
    read_or_refused(read, (changed(whole, rng, *likely, high=end) for _ in range(rounds)))
