"""The exact search on a device, with PyTorch; loaded where ``Compute(backend="torch")`` asks for it."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

torch: Any = None
with suppress(ImportError):  # Compute refuses the backend; without it nothing here is called
    torch = import_module("torch")

Tensor = Any
Device = Any
