"""What every reader of a file with tensors offers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt


class TensorEntry(Protocol):
    """One tensor of a file."""

    @property
    def name(self) -> str:
        """As the file spells it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The fastest axis last."""

    @property
    def dtype(self) -> str:
        """How the values are stored, e.g. ``F16`` or ``Q8_0``."""


class TensorFile(Protocol):
    """An open file with named tensors; a context manager that closes it."""

    @property
    def path(self) -> Path:
        """The file, or the folder of files."""

    @property
    def tensors(self) -> Mapping[str, TensorEntry]:
        """Name -> what is known of the tensor without reading it."""

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, shape (size,)."""

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """A two-dimensional tensor as float32 of its shape."""


def digest(file: TensorFile, name: str) -> str:
    """SHA-256 of a tensor's bytes as stored, in hexadecimal."""
    return hashlib.sha256(file.raw(name).data).hexdigest()
