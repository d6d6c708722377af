"""PyTorch's own files (``pytorch_model.bin``, ``.pt``), read by PyTorch with ``weights_only=True``.

Such a file is a pickle, and a pickle can run any program. PyTorch's reader of weights alone refuses
everything but tensors and plain containers; nothing else ever unpickles here. That reader had a hole
before PyTorch 2.6 (CVE-2025-32434), so older versions are not used.
"""

from __future__ import annotations

import re
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, MissingExtraError, how_to_install
from tokensphere.formats.files import opened
from tokensphere.formats.floats import NUMPY_DTYPES, float_type
from tokensphere.formats.foreign import no_warnings, optional
from tokensphere.formats.tensors import TensorFile, TensorInfo

_OLDEST = (2, 6)
_ARCHIVE = b"PK\x03\x04"
# Keys under which training scripts put the weights beside other things.
_INSIDE = ("state_dict", "model_state_dict", "model", "module")
_NAMES = {np.dtype(code).name: name for name, code in NUMPY_DTYPES.items() if name != "C64"} | {
    "bfloat16": "BF16", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
}  # fmt: skip


class TorchFile(TensorFile):
    """The tensors of a file that ``torch.save`` wrote.

    Attributes
    ----------
    tensors : dict of name -> `TensorInfo`; a tensor that was saved by itself bears the file's name

    Raises
    ------
    MissingExtraError
        PyTorch is not installed, or too old
    SourceError
        the file cannot be opened
    FormatError
        it is no file of PyTorch, or holds something other than weights
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        torch = _torch()
        with opened(self.path) as file:
            # Files from before PyTorch 1.6 are no archives and cannot be mapped.
            is_archive = file.read(4) == _ARCHIVE
        try:
            with no_warnings():  # of PyTorch, about its own old formats
                content = _read(torch, self.path, mapped=is_archive)
        except Exception as error:  # a damaged file fails anywhere in there, with anything
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise FormatError(
                f"{self.path} cannot be read as PyTorch weights ({reason:.200}); use the model's"
                " safetensors file, or download it again"
            ) from error
        self._torch = torch
        self._values = self._weights(content)
        self.tensors = {name: _info(name, value) for name, value in self._values.items()}

    def close(self) -> None:
        """Let go of the tensors; arrays that were given out stay valid."""
        self._values = {}

    def _weights(self, content: object) -> dict[str, Any]:
        """Name -> tensor, all of them on the processor, dense, and no larger than what is stored.

        One that PyTorch quantised is there, too, with a type that cannot be read.
        """
        if isinstance(content, self._torch.Tensor):
            content = {self.path.name: content}
        for key in _INSIDE:
            if isinstance(content, dict) and isinstance(content.get(key), dict):
                content = content[key]
        if not isinstance(content, dict):
            raise FormatError(
                f"{self.path} holds {type(content).__name__}, not a dict of tensors; save the model's"
                " state_dict()"
            )
        weights: dict[str, Any] = {}
        for name, value in content.items():
            if not isinstance(name, str) or not isinstance(value, self._torch.Tensor):
                continue
            if value.layout != self._torch.strided or value.device.type != "cpu":
                continue
            # Strides of zero make a tensor of any size out of one value.
            if prod(value.shape) * value.element_size() > value.untyped_storage().nbytes():
                raise FormatError(f"{self.path}: tensor {name!r} claims more values than it stores")
            weights[name] = value.detach()
        return weights

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor in the order of its shape, shape (size,)."""
        self.entry(name)
        flat = self._values[name].contiguous().reshape(-1)
        raw: npt.NDArray[np.uint8] = flat.view(self._torch.uint8).numpy()
        return raw


def _read(torch: Any, path: Path, *, mapped: bool) -> Any:
    how = {"weights_only": True, "map_location": "cpu"}
    if path.suffix != ".safetensors":
        return torch.load(path, mmap=mapped, **how)
    with path.open("rb") as file:  # by that name PyTorch would take the content for something else
        return torch.load(file, **how)


def _torch() -> Any:
    """PyTorch, in a version whose reader of weights is safe."""
    torch = optional(
        "torch",
        f"PyTorch is needed to read its .bin and .pt files: {how_to_install('torch')}; or use the"
        " model's safetensors file",
    )
    version = tuple(int(part) for part in re.findall(r"\d+", str(torch.__version__))[:2])
    if version < _OLDEST:
        raise MissingExtraError(
            f"PyTorch {torch.__version__} cannot read files safely, 2.6 or later can:"
            f" {how_to_install('torch')}"
        )
    return torch


def _info(name: str, value: Any) -> TensorInfo:
    own = str(value.dtype).removeprefix("torch.")
    known = _NAMES.get(own, own)
    return TensorInfo(name, tuple(value.shape), known, float_type=float_type(known))
