from __future__ import annotations

import builtins
import importlib
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tokensphere.errors import FormatError, MissingExtraError, SourceError, TokensphereError
from tokensphere.formats.torch import TorchFile


def save(path: Path, content: object, **options: Any) -> Path:
    pytest.importorskip("torch").save(content, path, **options)
    return path


def test_without_pytorch_the_command_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(MissingExtraError, match=r"pip install 'tokensphere\[torch\]'"):
        TorchFile(tmp_path / "x.bin")


def test_a_pytorch_that_reads_unsafely_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(__version__="2.5.1+cpu"))
    with pytest.raises(MissingExtraError, match=r"2\.6 or later"):
        TorchFile(tmp_path / "x.bin")


@pytest.mark.parametrize("archive", [True, False])
def test_tensors_read_as_float32(tmp_path: Path, archive: bool) -> None:
    torch = pytest.importorskip("torch")
    values = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
    content = {
        "f32": values, "f16": values.half(), "bf16": values.bfloat16(), "f64": values.double(),
        "turned": values.T, "rows": values[1:3], "vector": values[0], "i8": values.char(),
        "scalar": torch.tensor(1.0), "grad": torch.nn.Parameter(values), "epoch": 3,
    }  # fmt: skip
    path = save(tmp_path / "x.bin", content, _use_new_zipfile_serialization=archive)
    with TorchFile(path) as file:
        assert "epoch" not in file.tensors
        assert file.tensors["bf16"].dtype == "BF16"
        assert file.tensors["turned"].shape == (4, 5)
        for name in ("f32", "f16", "bf16", "f64", "turned", "rows", "i8", "grad"):
            expected = content[name].detach().float().numpy()
            assert np.array_equal(file.matrix(name), expected)
            assert file.raw(name).size == expected.size * content[name].element_size()
        assert file.raw("scalar").size == 4
        with pytest.raises(SourceError, match="not a matrix"):
            file.matrix("vector")
        with pytest.raises(SourceError, match="no tensor 'absent'; it has f32"):
            file.matrix("absent")


def test_weights_may_lie_beside_other_things(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = save(tmp_path / "x.pt", {"epoch": 1, "state_dict": {"a": torch.ones(2, 2)}})
    with TorchFile(path) as file:
        assert list(file.tensors) == ["a"]


class Evil:
    """Unpickling this would call a function of its author's choice."""

    def __reduce__(self) -> Any:
        return (builtins.exec, ("raise SystemExit('unpickled')",))


def test_programs_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    plain = tmp_path / "plain.bin"
    plain.write_bytes(pickle.dumps({"a": Evil()}))
    for path in (plain, save(tmp_path / "x.bin", {"a": Evil()})):
        with pytest.raises(FormatError, match="cannot be read as PyTorch weights") as caught:
            TorchFile(path)
        assert "\n" not in str(caught.value)


def test_what_holds_no_weights_is_said(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(FormatError, match="holds list, not a dict"):
        TorchFile(save(tmp_path / "list.bin", [torch.ones(1)]))
    with pytest.raises(FormatError, match="claims more values than it stores"):
        TorchFile(save(tmp_path / "wide.bin", {"a": torch.ones(1).expand(10**6, 10**6)}))
    with pytest.raises(SourceError, match="cannot open"):
        TorchFile(tmp_path / "absent.bin")


def survive(tmp_path: Path, rounds: int) -> None:
    torch = importlib.import_module("torch")
    whole = save(tmp_path / "x.bin", {"a": torch.ones(3, 2), "b": torch.ones(2, 2).half()}).read_bytes()
    rng = np.random.default_rng(5)
    path, opened = tmp_path / "y.bin", 0
    for _ in range(rounds):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 3):
            data[at] = rng.integers(0, 256)
        path.write_bytes(data[: None if rng.random() < 0.8 else int(rng.integers(0, len(data)))])
        try:
            with TorchFile(path) as file:
                for name in file.tensors:
                    file.matrix(name)
                opened += 1
        except TokensphereError as error:
            assert "\n" not in str(error)
    assert 0 < opened < rounds


def test_mutations_never_escape(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    survive(tmp_path, 200)


@pytest.mark.fuzz
def test_many_mutations_never_escape(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    survive(tmp_path, 20_000)
