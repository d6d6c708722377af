"""The exact search on a device, with PyTorch; loaded only where ``Compute(backend="torch")`` asks for it."""

from __future__ import annotations

from typing import Any

torch: Any
try:
    import torch
except ImportError:  # Compute refuses the backend; without it nothing here is called
    torch = None

Tensor = Any
Device = Any
