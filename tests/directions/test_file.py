"""The directions that a file has: the same in every format, along either axis, from any range."""

from __future__ import annotations

import hashlib
import os
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import case
from tests.directions import direction_files
from tests.directions.direction_files import FORMATS, whole_numbers
from tests.formats.made import ctranslate2
from tokensphere.directions.file import DirectionSource, open_directions
from tokensphere.formats.gguf import quants
from tokensphere.formats.gguf.quants import TENSOR_TYPES
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.formats.numpy import read_member
from tokensphere.formats.safetensors import SafetensorsFile

D = 64
LAYERS = {f"blk.{i}.down": whole_numbers(D, 96, seed=i) for i in (10, 2, 0)}  # columns
OTHERS = {
    "rows": whole_numbers(96, D, seed=4),
    "probe": whole_numbers(D, seed=5),
    "experts": whole_numbers(3, 32, D, seed=6),
    "heads": whole_numbers(3, D, 32, seed=7),
    "deep": whole_numbers(D, 2, 32, seed=8),
    "unfit": whole_numbers(32, 96, seed=9),
}
EXPECTED = {
    "rows": OTHERS["rows"],
    "probe": OTHERS["probe"][None],
    "experts": OTHERS["experts"].reshape(96, D),
    "heads": np.stack([OTHERS["heads"][e, :, j] for e in range(3) for j in range(32)]),
    "deep": np.stack([OTHERS["deep"][:, i, j] for i in range(2) for j in range(32)]),
    "blk.*.down": np.concatenate([LAYERS[f"blk.{i}.down"].T for i in (0, 2, 10)]),
    "*[!t]": np.concatenate(
        [
            *(LAYERS[f"blk.{i}.down"].T for i in (0, 2, 10)),
            np.stack([OTHERS["deep"][:, i, j] for i in range(2) for j in range(32)]),
            OTHERS["experts"].reshape(96, D),
            np.stack([OTHERS["heads"][e, :, j] for e in range(3) for j in range(32)]),
            OTHERS["probe"][None],
            OTHERS["rows"],
        ]
    ),
}


def whole(source: DirectionSource) -> npt.NDArray[Any]:
    return source.block(0, len(source))


@pytest.fixture(params=FORMATS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return FORMATS[request.param](tmp_path, LAYERS | OTHERS)


def test_every_format_gives_the_same_directions(path: Path) -> None:
    for pattern in EXPECTED:
        with case(pattern):
            same_directions(path, pattern)


def same_directions(path: Path, pattern: str) -> None:
    with open_directions(f"{path}:{pattern}", D) as source:
        got, expected = whole(source), EXPECTED[pattern]
        assert (len(source), source.d) == expected.shape
        assert got.dtype == source.dtype and source.dtype in (np.float32, np.float64)
        np.testing.assert_array_equal(got, expected)
        for low, high in [(0, 0), (0, 1), (5, 38), (len(source) - 1, len(source)), (len(source),) * 2]:
            if high <= len(source):
                np.testing.assert_array_equal(source.block(low, high), expected[low:high])


def test_any_range_across_tensors_is_that_of_the_whole(path: Path) -> None:
    with open_directions(f"{path}:*[!t]", D) as source:
        everything, rng = whole(source), np.random.default_rng(0)
        assert np.bincount(source.group_of).tolist() == [96, 96, 96, 64, 96, 96, 1, 96]
        for low, high in np.sort(rng.integers(0, len(source) + 1, (40, 2))).tolist():
            np.testing.assert_array_equal(source.block(low, high), everything[low:high])


def test_names_say_where_a_direction_is(path: Path) -> None:
    with open_directions(f"{path}:*[!t]", D) as source:
        assert source.groups == (
            "blk.0.down", "blk.2.down", "blk.10.down", "deep", "experts", "heads", "probe", "rows",
        )  # fmt: skip
        arrays = LAYERS | OTHERS
        assert len(source.names) == len(source) == len(set(source.names)) == len(source.group_of)
        for i in [*range(0, len(source), 17), 544, -1]:
            name, axes = source.names[i].rstrip("]"), None
            if "[" in name:
                name, _, positions = name.partition("[")
                axes = tuple(int(position) for position in positions.split(","))
            assert name == source.groups[source.group_of[i]]
            array = arrays[name]
            if axes is not None:
                array = np.moveaxis(array, array.shape.index(D), -1)[axes]
            np.testing.assert_array_equal(source.block(i % len(source), i % len(source) + 1)[0], array)
        assert source.names[95:98] == ["blk.0.down[95]", "blk.2.down[0]", "blk.2.down[1]"]
        assert source.names[544] == "probe"
        with pytest.raises(IndexError):
            source.names[len(source)]


@pytest.mark.parametrize("kind", FORMATS)
def test_of_a_square_matrix_the_axis_decides(kind: str, tmp_path: Path) -> None:
    square, stack = whole_numbers(D, D, seed=1), whole_numbers(D, 32, D, seed=2)
    path = FORMATS[kind](tmp_path, {"square": square, "stack": stack, "vector": square[3]})
    for axis, expected in ((1, square), (-1, square), (0, square.T), (-2, square.T)):
        with open_directions(f"{path}:square", D, axis=axis) as source:
            np.testing.assert_array_equal(whole(source), expected)
    with open_directions(f"{path}:stack", D, axis=0) as source:
        np.testing.assert_array_equal(whole(source), stack.transpose(1, 2, 0).reshape(-1, D))
    with open_directions(f"{path}:vector", D, axis=1) as source:  # has but one
        np.testing.assert_array_equal(whole(source), square[3:4])


def test_npy(tmp_path: Path) -> None:
    shapes: list[tuple[int, ...]] = [(D,), (1, D), (5, D), (D, 5), (2, 3, D)]
    for shape, dtype, order in product(shapes, ["<f4", ">f8", "<f2", "<i8", "u1", "<i4"], "CF"):
        with case((shape, dtype, order)):
            npy_gives_its_directions(tmp_path, shape, dtype, order)


def npy_gives_its_directions(tmp_path: Path, shape: tuple[int, ...], dtype: str, order: str) -> None:
    array = np.asarray(abs(whole_numbers(*shape)), dtype=dtype, order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "probe.npy", array)
    axis = shape.index(D)
    with open_directions(tmp_path / "probe.npy", D) as source:
        expected = np.moveaxis(array, axis, -1).reshape(-1, D)
        np.testing.assert_array_equal(whole(source), expected)
        assert source.dtype == (np.float64 if dtype in (">f8", "<i8", "<i4") else np.float32)
        assert source.groups == ("probe.npy",)
        last = ",".join(str(n - 1) for i, n in enumerate(shape) if i != axis)
        assert source.names[-1] == (f"probe.npy[{last}]" if last else "probe.npy")


def test_doubles_stay_doubles_and_halves_become_exact_singles(tmp_path: Path) -> None:
    fine = np.random.default_rng(1).standard_normal((3, D))
    np.save(tmp_path / "x.npy", fine)
    (tmp_path / "x.safetensors").write_bytes(direction_files.safetensors({"w": fine}, "F64"))
    direction_files.gguf(tmp_path / "x.gguf", {"w": fine}, "F64")
    for name in ("x.npy", "x.safetensors", "x.gguf"):
        with open_directions(tmp_path / name, D) as source:
            assert whole(source).dtype == np.float64
            np.testing.assert_array_equal(whole(source), fine)


@pytest.mark.parametrize("kind", FORMATS)
def test_without_a_pattern_the_one_that_fits_is_taken(kind: str, tmp_path: Path) -> None:
    arrays = {"b_enc": whole_numbers(96), "W_dec": whole_numbers(96, D), "W_x": whole_numbers(96, 96)}
    with open_directions(FORMATS[kind](tmp_path, arrays), D) as source:
        assert source.groups == ("W_dec",)
        np.testing.assert_array_equal(whole(source), arrays["W_dec"])


def test_what_has_no_direction_comes_as_it_is(tmp_path: Path) -> None:
    odd = np.zeros((4, D), dtype=np.float32)
    odd[1], odd[2, 3], odd[3] = np.nan, np.inf, 7.0
    np.save(tmp_path / "odd.npy", odd)
    (tmp_path / "odd.safetensors").write_bytes(direction_files.safetensors({"w": odd}, "F64"))
    direction_files.gguf(tmp_path / "odd.gguf", {"w": odd.T}, "F16")
    for name in ("odd.npy", "odd.safetensors", "odd.gguf"):
        with open_directions(tmp_path / name, D) as source:
            np.testing.assert_array_equal(whole(source), odd)


@pytest.mark.parametrize(
    "kind", ["Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q8_K", "Q2_K", "Q4_K", "Q6_K", "IQ4_NL"]
)
def test_quantised_blocks_decode_in_part_as_in_whole(tmp_path: Path, kind: str) -> None:
    """Random bytes: whatever they mean, any range means the same, along either axis."""
    if kind in ("Q2_K", "Q4_K", "Q6_K", "IQ4_NL"):
        pytest.importorskip("gguf")
    type_ = next(type_ for type_ in TENSOR_TYPES.values() if type_.name == kind)
    size = 256 * 512 // type_.values * type_.bytes
    stored = np.random.default_rng(2).integers(0, 60, size, dtype=np.uint8).tobytes()
    path = tmp_path / "q.gguf"
    write_gguf(path, {}, {"rows": (kind, (512, 256), stored), "columns": (kind, (256, 512), stored)})
    with GGUFFile(path) as file:
        rows, columns = file.matrix("rows"), file.matrix("columns").T
    for name, expected in (("rows", rows), ("columns", columns)):
        with open_directions(f"{path}:{name}", 256) as source:
            for low, high in ((0, 512), (0, 1), (255, 257), (31, 400), (511, 512)):
                np.testing.assert_array_equal(source.block(low, high), expected[low:high])


def test_only_what_a_range_takes_is_read(tmp_path: Path) -> None:
    path = direction_files.gguf(tmp_path / "x.gguf", LAYERS | OTHERS, "Q8_0")
    read: list[str] = []
    decoded: list[int] = []
    raw, decode = GGUFFile.raw, quants._DECODERS["Q8_0"]

    def noted_raw(self: GGUFFile, name: str) -> object:
        read.append(name)
        return raw(self, name)

    def noted_decode(stored: npt.NDArray[Any], out: npt.NDArray[Any]) -> None:
        decoded.append(out.size)
        decode(stored, out)

    with (
        patch.object(GGUFFile, "raw", noted_raw),
        patch.dict(quants._DECODERS, Q8_0=noted_decode),
        open_directions(f"{path}:blk.*", D) as source,
    ):
        assert source.names[100] and source.group_of.shape == (288,) and not read
        source.block(100, 110)  # columns 4 to 14 of the second: one block of 32 values a row
        source.block(110, 120)
        assert read == ["blk.2.down"]  # opened once for both
        assert decoded == [32 * D, 32 * D]


def test_an_archive_is_read_one_array_at_a_time(tmp_path: Path) -> None:
    path = FORMATS["npz-deflated"](tmp_path, LAYERS | OTHERS)
    with (
        patch("tokensphere.formats.numpy.read_member", wraps=read_member) as reader,
        open_directions(f"{path}:blk.*", D) as source,
    ):
        assert not reader.call_args_list
        for low in range(0, 200, 10):
            source.block(low, low + 10)
        names = [call.args[1].filename for call in reader.call_args_list]
        assert names == ["blk.0.down.npy", "blk.2.down.npy", "blk.10.down.npy"]


def test_other_shards_need_not_be_there(tmp_path: Path) -> None:
    index = direction_files.sharded(tmp_path, LAYERS | OTHERS)
    for shard in ("part-1.safetensors", "part-3.safetensors"):  # of blk.2 and of the rows
        (tmp_path / shard).unlink()
    opened: list[str] = []
    init = SafetensorsFile.__init__

    def noted(self: SafetensorsFile, file: str | Path) -> None:
        opened.append(Path(file).name)
        init(self, file)

    with (
        patch.object(SafetensorsFile, "__init__", noted),
        open_directions(f"{index}:blk.*0.down", D) as source,
    ):
        np.testing.assert_array_equal(source.block(96, 192), LAYERS["blk.10.down"].T)
    assert opened == ["part-2.safetensors", "part-0.safetensors"]


@pytest.mark.skipif(os.name == "nt", reason="writes a file with a hole")
def test_a_file_larger_than_memory(tmp_path: Path) -> None:
    count = 200_000_000  # times 64 times 4 bytes: 51 GB, almost all of it a hole
    path = tmp_path / "large.npy"
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (count, D)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + count * D * 4)
        last = whole_numbers(2, D)
        file.seek(-last.nbytes, 2)
        file.write(last.tobytes())
    with open_directions(path, D) as source:
        assert len(source) == len(source.names) == count
        np.testing.assert_array_equal(source.block(count - 2, count), last)
        assert not source.block(count // 2, count // 2 + 100).any()
        assert source.names[-1] == f"large.npy[{count - 1}]"


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    def digest(name: str, spec: str = "", axis: int | None = None) -> str:
        with open_directions(f"{tmp_path / name}{spec}", D, axis=axis) as source:
            assert source.sha256 == source.sha256
            return source.sha256

    one, other = OTHERS["rows"], OTHERS["rows"].copy()
    other[95, 63] += 1
    square = whole_numbers(D, D)
    for name, array in {
        "a": one,
        "b": one,
        "c": other,
        "s": square,
        "t": np.asfortranarray(square.T),
    }.items():
        np.save(tmp_path / f"{name}.npy", array)
    direction_files.gguf(tmp_path / "x.gguf", {"a": one, "b": one, "c": other})
    assert digest("a.npy") == digest("b.npy")  # the file's name does not matter
    digests = [
        digest("a.npy"), digest("c.npy"), digest("s.npy", axis=0), digest("s.npy", axis=1),
        digest("t.npy", axis=0), digest("x.gguf", ":a"), digest("x.gguf", ":b"), digest("x.gguf", ":c"),
        digest("x.gguf", ":[ab]"),
    ]  # fmt: skip
    assert len(set(digests)) == len(digests)
    assert all(len(text) == 64 and int(text, 16) for text in digests)
    assert hashlib.sha256().hexdigest() not in digests


def test_the_digest_is_of_the_scales_too(tmp_path: Path) -> None:
    values = whole_numbers(3, D).astype("i1")
    digests = set()
    for scale in (1.0, 2.0):
        variables = {
            "w": ("int8", values.shape, values.tobytes()),
            "w_scale": ("float32", (3,), np.full(3, scale, "<f4").tobytes()),
        }
        (tmp_path / "model.bin").write_bytes(ctranslate2(variables))
        with open_directions(tmp_path / "model.bin", D) as source:
            np.testing.assert_array_equal(whole(source), values / scale)
            digests.add(source.sha256)
    assert len(digests) == 2


def test_blocks_are_the_callers_own(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", OTHERS["rows"])
    with open_directions(tmp_path / "x.npy", D) as source:
        block = source.block(0, 96)
        block[:] = 0
        assert whole(source).any()
    assert not block.any()  # and outlive the file


def test_a_tensor_that_pytorch_saved_by_itself(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.tensor(OTHERS["probe"]), tmp_path / "probe.pt")
    torch.save(torch.nn.Parameter(torch.tensor(OTHERS["rows"])), tmp_path / "rows.pt")
    with open_directions(tmp_path / "probe.pt", D) as source:
        assert list(source.names) == ["probe.pt"]
        np.testing.assert_array_equal(whole(source), OTHERS["probe"][None])
    with open_directions(tmp_path / "rows.pt", D) as source:
        assert source.names[7] == "rows.pt[7]"
        np.testing.assert_array_equal(whole(source), OTHERS["rows"])


@pytest.mark.models
def test_the_neurons_of_a_real_model() -> None:
    gguf = pytest.importorskip("gguf")
    model = Path(__file__).parents[2] / ".models/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    with open_directions(f"{model}:blk.*.ffn_down.weight", 576) as source:
        assert len(source) == 30 * 1536
        assert source.groups == tuple(f"blk.{i}.ffn_down.weight" for i in range(30))
        low = 17 * 1536
        assert source.names[low + 312] == "blk.17.ffn_down.weight[312]"
        tensor = next(t for t in gguf.GGUFReader(model).tensors if t.name == "blk.17.ffn_down.weight")
        expected = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert expected.shape == (576, 1536)
        np.testing.assert_array_equal(source.block(low, low + 1536), expected.T)
        np.testing.assert_array_equal(source.block(low + 100, low + 300), expected.T[100:300])
