"""What cannot be a direction is refused in one line that says what was expected and what to do."""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from tests.directions import direction_files
from tests.directions.direction_files import FORMATS, whole_numbers
from tests.formats import made
from tokensphere.directions.file import open_directions, split_spec
from tokensphere.directions.named import natural
from tokensphere.errors import FormatError, InputError, MissingExtraError, SourceError, TokensphereError
from tokensphere.formats.gguf.writer import write_gguf

D = 64
ARRAYS = {
    "W_dec": whole_numbers(96, D, seed=1),
    "W_enc": whole_numbers(D, 96, seed=2),
    "square": whole_numbers(D, D, seed=3),
    "b_enc": whole_numbers(96, seed=4),
    **{f"h.{i}.out": whole_numbers(D, 32, seed=5 + i) for i in range(12)},
}


def refused(
    spec: object, *parts: str, kind: type[Exception] = InputError, d: int = D, axis: int | None = None
) -> str:
    """An error of one line in which the parts stand; what it says."""
    with pytest.raises(kind) as caught, open_directions(str(spec), d, axis=axis) as source:
        source.block(0, len(source))
    message = str(caught.value)
    assert type(caught.value) is kind and message.splitlines() == [message]
    for part in parts:
        assert part in message, message
    return message


@pytest.fixture(params=["npz", "safetensors-F32", "sharded", "folder", "gguf-Q8_0", "torch-bfloat16"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return FORMATS[request.param](tmp_path, ARRAYS)


def test_several_that_would_do_are_listed(path: Path) -> None:
    message = refused(path, "15 tensors with an axis of length 64", "W_dec (96 × 64)", "W_enc (64 × 96)")
    assert "h.*.out (64 × 32, 12 of them)" in message and "b_enc" not in message
    pattern = message.partition("h.")[2].partition(" ")[0]
    with open_directions(f"{path}:h.{pattern}", D) as source:  # what it says can be typed
        assert len(source) == 12 * 32
        assert source.groups[2] == "h.2.out"


def test_long_lists_are_cut(tmp_path: Path) -> None:
    arrays = {f"{chr(97 + i)}x": whole_numbers(2, D, seed=i) for i in range(25)}
    path = FORMATS["npz"](tmp_path, arrays)
    message = refused(path, "25 tensors", "tx (2 × 64) and 5 more")
    assert "ux" not in message


def test_numbers_that_no_star_can_stand_for_get_question_marks_or_are_spelled_out(
    tmp_path: Path,
) -> None:
    arrays = {f"l.{i}.{name}": whole_numbers(2, D) for i in range(3) for name in ("o.w", "a.o.w")}
    message = refused(FORMATS["npz"](tmp_path, arrays), "l.*.a.o.w (2 × 64, 3 of them)")
    assert "l.?.o.w (2 × 64, 3 of them)" in message  # l.*.o.w would take the others, too
    arrays |= {"l.10.o.w": whole_numbers(2, D)}
    refused(FORMATS["npz"](tmp_path, arrays), "l.2.o.w (2 × 64), l.10.o.w (2 × 64)")


def test_names_that_are_not_there(path: Path) -> None:
    refused(f"{path}:W_dek", "no tensor 'W_dek'", "did you mean W_dec (96 × 64)")
    refused(f"{path}:zzz*", "no tensor 'zzz*'", "with an axis of length 64 there are", "h.*.out")
    refused(f"{path}:zzz*", "nor any other with an axis of length 7;", d=7)
    refused(f"{path}:", "names no tensor after the colon")


def test_other_models_are_told(path: Path) -> None:
    refused(path, "none of the 16 tensors", "length 7", "they must come from the same model", d=7)
    refused(f"{path}:W_dec", "(96, 64)", "length 7", "same model", d=7)
    refused(f"{path}:b_*", "'b_enc'", "(96,)", "length 64", "same model")


def test_both_axes_fit(path: Path) -> None:
    refused(f"{path}:square", "(64, 64)", "axis=0 or axis=1", "1: each row is a direction")
    refused(f"{path}:W_dec", "axis 0 of", "has the length 96", "64 dimensions", axis=0)
    refused(f"{path}:W_dec", "no axis 2", "(96, 64)", "from 0 to 1", axis=2)
    refused(f"{path}:W_dec", "no axis -3", axis=-3)


def test_stacks_with_two_axes_that_fit(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((4, D, D)))
    message = refused(tmp_path / "x.npy", "(4, 64, 64)", "axis=1 or axis=2")
    assert "row" not in message


@pytest.mark.parametrize(
    "array",
    [
        np.ones(D, dtype=complex), np.ones(D, dtype=bool), np.array(["a"] * D), np.array([b"a"] * D),
        np.array([None] * D), np.ones(D, dtype=[("x", "f4")]), np.zeros(D, dtype="M8[s]"),
    ],
    ids=lambda array: str(array.dtype),
)  # fmt: skip
def test_types_that_are_no_real_numbers(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", array, allow_pickle=True)
    np.savez(tmp_path / "x.npz", w=array, allow_pickle=True)
    refused(tmp_path / "x.npy", "x.npy holds values of type", "real numbers")
    refused(f"{tmp_path / 'x.npz'}:w", "tensor 'w'", "real numbers")


def test_types_that_cannot_be_read(tmp_path: Path) -> None:
    arrays = {"w": np.ones((2, D), dtype=np.complex64)}
    (tmp_path / "x.safetensors").write_bytes(direction_files.safetensors(arrays, "C64"))
    refused(tmp_path / "x.safetensors", "type C64", "real numbers")
    path = tmp_path / "x.gguf"
    write_gguf(path, {}, {"w": ("F32", (2, D), bytes(2 * D * 4))})
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, 24 + 8 + 1 + 4 + 2 * 8, 99)  # after the name and the two lengths
    path.write_bytes(content)
    refused(path, "type 99", "real numbers")


def test_scales_beside_a_tensor(tmp_path: Path) -> None:
    arrays = {"w": whole_numbers(2, D), "w_scale": whole_numbers(3)}
    (tmp_path / "x.safetensors").write_bytes(direction_files.safetensors(arrays, "I8"))
    refused(f"{tmp_path / 'x.safetensors'}:w", "type int8", "real numbers")


def test_integers_whose_scale_is_missing_or_does_not_fit(tmp_path: Path) -> None:
    variables: dict[str, tuple[str, tuple[int, ...], bytes]] = {"w": ("int8", (2, D), bytes(2 * D))}
    (tmp_path / "model.bin").write_bytes(made.ctranslate2(variables))
    refused(tmp_path / "model.bin", "lacks 'w_scale'", kind=FormatError)
    variables["w_scale"] = ("float32", (3,), bytes(12))
    (tmp_path / "model.bin").write_bytes(made.ctranslate2(variables))
    refused(tmp_path / "model.bin", "shape (3,) for 2 rows", kind=FormatError)
    (tmp_path / "model.bin").write_bytes(made.ctranslate2({"w": ("int32", (2, D), bytes(8 * D))}))
    refused(tmp_path / "model.bin", "type int32", "real numbers")


@pytest.mark.parametrize("shape", [(0, D), (D, 0), (3, 0, D), (0,), ()])
def test_arrays_without_directions(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x.npy", np.ones(shape))
    refused(tmp_path / "x.npy", f"the shape {shape}", *(["is empty"] if 0 in shape else []))
    np.savez(tmp_path / "x.npz", a=np.ones(shape), b=np.ones(5))
    refused(tmp_path / "x.npz", "none of the 2 tensors")
    (tmp_path / "y.npz").write_bytes(b"PK\x05\x06" + bytes(18))  # an archive of nothing
    refused(tmp_path / "y.npz", "none of the 0 tensors")


@pytest.mark.parametrize(
    "kind", ["npz", "npz-deflated", "safetensors-F32", "gguf-Q8_0", "torch-float32"]
)
def test_files_cut_short(tmp_path: Path, kind: str) -> None:
    path = FORMATS[kind](tmp_path, {"w": whole_numbers(96, D)})
    content = path.read_bytes()
    for length in range(0, len(content) - 1, len(content) // 41):
        path.write_bytes(content[:length])
        with pytest.raises(SourceError) as caught, open_directions(path, D) as source:
            source.block(0, 96)
        assert str(caught.value).splitlines() == [str(caught.value)]


def test_an_array_cut_short(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", whole_numbers(96, D))
    content = (tmp_path / "x.npy").read_bytes()
    for length in (20, 100, 1000, len(content) - 1):
        (tmp_path / "x.npy").write_bytes(content[:length])
        refused(tmp_path / "x.npy", "no complete NumPy file", kind=FormatError)


def test_an_archive_that_claims_more_than_it_holds(tmp_path: Path) -> None:
    path = FORMATS["npz"](tmp_path, {"w": whole_numbers(96, D)})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"(96, 64)", b"(99, 64)"))
    refused(path, "'w' of", kind=FormatError)


@pytest.mark.parametrize("kind", ["npz-deflated", "npz", "safetensors-BF16", "sharded", "gguf-Q4_0"])
def test_damage_never_escapes(tmp_path: Path, kind: str) -> None:
    path = FORMATS[kind](tmp_path, {"w": whole_numbers(32, D), "x": whole_numbers(D)})
    content, rng = path.read_bytes(), np.random.default_rng(3)
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(content)
        for at in rng.integers(0, min(len(content), 600), 3):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            with open_directions(f"{path}:[wx]", D, axis=1) as source:
                source.block(0, len(source))
            outcomes.add("read")
        except TokensphereError as error:
            assert str(error).splitlines() == [str(error)]
            outcomes.add("refused")
    assert "refused" in outcomes


def test_what_is_no_file_of_directions(tmp_path: Path) -> None:
    for name in ("absent.npy", "absent.npz:W", "absent.npz:a:b"):
        refused(tmp_path / name, "there is no file or folder", "absent", "FILE:TENSOR", kind=SourceError)
    refused("", "there is no file or folder", kind=SourceError)
    refused("\0.npy", "there is no file or folder", kind=SourceError)
    refused(tmp_path, "holds no model", kind=SourceError)
    (tmp_path / "x.dat").write_text("1,2,3\n")
    refused(tmp_path / "x.dat", "no known format", kind=SourceError)
    (tmp_path / "x.txt").write_text("1 2\n")
    refused(tmp_path / "x.txt", "looks like word vectors", "NumPy (.npy, .npz)", kind=SourceError)
    (tmp_path / "x.npy").write_bytes(b"")
    refused(tmp_path / "x.npy", "is empty", kind=SourceError)
    np.save(tmp_path / "x.npy", np.ones(D))
    refused(tmp_path / "x.npy", "number of dimensions is 0", d=0)
    refused(f"{tmp_path / 'x.npy'}:W", "no tensor 'W'", "x.npy (64)")


def test_files_that_may_not_be_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones(D))
    with patch.object(Path, "open", side_effect=PermissionError(13, "Permission denied")):
        refused(tmp_path / "x.npy", "cannot open", "Permission denied", kind=SourceError)


def test_a_missing_shard(tmp_path: Path) -> None:
    index = direction_files.sharded(tmp_path, ARRAYS)
    (tmp_path / "part-0.safetensors").unlink()
    refused(f"{index}:W_dec", "part-0.safetensors is missing", kind=SourceError)
    index.write_text(json.dumps({"weight_map": {}}))
    refused(index, "no 'weight_map'", kind=FormatError)


def test_without_pytorch_the_command_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    (tmp_path / "probe.pt").write_bytes(b"PK\x03\x04" + bytes(60))
    refused(
        f"{tmp_path / 'probe.pt'}:direction", "pip install 'tokensphere[torch]'", kind=MissingExtraError
    )


def test_without_the_package_gguf_the_command_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    write_gguf(tmp_path / "x.gguf", {}, {"w": ("Q4_K", (2, 256), bytes(2 * 144))})
    refused(tmp_path / "x.gguf", "pip install 'tokensphere[gguf]'", kind=MissingExtraError, d=256)


def test_ranges_that_are_not_there(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, D)))
    with open_directions(tmp_path / "x.npy", D) as source:
        assert source.block(3, 3).shape == (0, D)
        for low, high in ((-1, 2), (0, 4), (2, 1)):
            with pytest.raises(InputError, match="go from 0 to 3"):
                source.block(low, high)


def test_colons_in_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if os.name != "nt":
        np.save("a:b.npy", np.ones(D))
        assert split_spec("a:b.npy") == (Path("a:b.npy"), None)
        assert split_spec("a:b.npy:W:0") == (Path("a:b.npy"), "W:0")
        Path("C").mkdir()
        assert split_spec("C:x") == (Path("C"), "x")
        np.save("C:x", np.ones(D))
        Path("C:x.npy").rename("C:x")
        assert split_spec("C:x") == (Path("C:x"), None)
    np.savez("k.npz", **{"kernel:0": np.ones((2, D)), "kernel:1": np.zeros((1, D))})  # type: ignore[arg-type]
    with open_directions("k.npz:kernel:0", D) as source:
        assert list(source.names) == ["kernel:0[0]", "kernel:0[1]"]
    with open_directions("k.npz:kernel:*", D) as source:
        assert source.groups == ("kernel:0", "kernel:1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert split_spec("~/k.npz:a") == (tmp_path / "k.npz", "a")
    with pytest.raises(SourceError, match=r"no file or folder 'D:\\\\x\.npz'"):
        split_spec("D:\\x.npz:W")
    with pytest.raises(SourceError, match=r"no file or folder 'D:x\.npz'"):
        split_spec("D:x.npz")


def test_a_name_with_wildcards_in_it_is_first_of_all_a_name(tmp_path: Path) -> None:
    path = FORMATS["npz"](tmp_path, {"w[1]": np.ones((2, D)), "w1": np.zeros((3, D))})
    for pattern, group in (("w[1]", "w[1]"), ("w[1-9]", "w1")):
        with open_directions(f"{path}:{pattern}", D) as source:
            assert source.groups == (group,)


def test_natural_order() -> None:
    names = ["b", "a10", "a2", "a02", "a", "10", "9", "a2.10", "a2.9"]
    assert sorted(names, key=natural) == ["9", "10", "a", "a02", "a2", "a2.9", "a2.10", "a10", "b"]
