"""What every reader of a file with tensors offers."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

AT_ONCE = 2**24  # bytes of a file that are read before their memory is given back


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


class StoredTensors(Protocol):
    """Named tensors whose bytes can be had."""

    @property
    def tensors(self) -> Mapping[str, TensorEntry]:
        """Name -> what is known of the tensor without reading it."""

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, shape (size,)."""


class TensorFile(StoredTensors, Protocol):
    """An open file with named tensors; a context manager that closes it."""

    @property
    def path(self) -> Path:
        """The file, or the folder of files."""

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """A two-dimensional tensor as float32 of its shape."""


@runtime_checkable
class ReleasesPages(Protocol):
    """A file that is mapped into memory, and can give back what was read of it."""

    def release(self, name: str) -> None:
        """Let the system take back the memory that holds what was read of a tensor."""


def forget_pages(mapped: mmap.mmap, offset: int, size: int) -> None:
    """Let the system take back the memory of a part of a mapped file; it is read again if needed."""
    if hasattr(mmap, "MADV_DONTNEED"):
        start = offset - offset % mmap.PAGESIZE
        mapped.madvise(mmap.MADV_DONTNEED, start, offset + size - start)


def digest(file: StoredTensors, name: str) -> str:
    """SHA-256 of a tensor's bytes as stored, in hexadecimal."""
    sha256, raw = hashlib.sha256(), file.raw(name)
    for low in range(0, raw.size, AT_ONCE):
        sha256.update(raw[low : low + AT_ONCE].data)
        if isinstance(file, ReleasesPages):
            file.release(name)
    return sha256.hexdigest()
