"""PyTorch's settings of the process, held to what the error bound of a product assumes.

Others of the same process may have allowed float16 sums, or float32 products of bfloat16 (autocast,
``set_float32_matmul_precision``). Meanwhile they are not; afterwards they are as before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tokensphere.geometry.on_torch import Device, torch
from tokensphere.held import Held


class _Setting(NamedTuple):
    """One of them: how it is read and written, and what it must be."""

    read: Callable[[], Any]
    write: Callable[[Any], None]
    must: Any


class _Precise(Held):
    def __init__(self) -> None:
        super().__init__()
        self._before: list[tuple[_Setting, Any]] = []

    def take(self) -> None:
        for setting in _settings():
            if (value := setting.read()) != setting.must:
                self._before.append((setting, value))
                setting.write(setting.must)

    def give_back(self, inside: set[int]) -> None:
        while self._before and not inside:
            setting, value = self._before.pop()
            setting.write(value)


def _settings() -> Iterator[_Setting]:
    """Those that this PyTorch has, from 2.6 on."""
    cuda: Any = torch.backends.cuda.matmul
    for kind in ("fp16", "bf16"):
        yield _reduced(cuda, f"allow_{kind}_reduced_precision_reduction")
    if hasattr(cuda, "allow_fp16_accumulation"):
        yield _of(cuda, "allow_fp16_accumulation", False)
    if hasattr(cuda, "fp32_precision"):
        for holder in (cuda, torch.backends.mkldnn.matmul):
            yield _of(holder, "fp32_precision", "ieee")
    else:
        yield _Setting(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest")


def _reduced(cuda: Any, name: str) -> _Setting:
    """Whether parts of a sum may be added in 16 bits; written together with another, if there is one."""
    plain = _of(cuda, name, False)
    if (split := getattr(cuda, f"{name}_split_k", None)) is None:
        return plain
    return _Setting(lambda: (plain.read(), split), plain.write, (False, split))


def _of(holder: Any, name: str, must: Any) -> _Setting:
    return _Setting(lambda: getattr(holder, name), lambda value: setattr(holder, name, value), must)


_held = _Precise()


@contextmanager
def precisely(device: Device) -> Iterator[None]:
    """Products as the bound assumes them, and nothing recorded for gradients."""
    with _held(), torch.no_grad(), torch.autocast(device.type, enabled=False):
        yield
