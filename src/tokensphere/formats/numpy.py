"""NumPy's files as files of named arrays, read when asked for: ``.npy`` is mapped, ``.npz`` is not.

An archive's arrays may be compressed, so that one of them is in memory while it is used.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError
from tokensphere.formats.mapped import Closing
from tokensphere.formats.safetensors import require_tensor
from tokensphere.formats.tensors import forget_pages
from tokensphere.sources.arrays import ArrayHeader, is_zip, open_npz, read_header, read_member


@dataclass(frozen=True)
class ArrayInfo:
    """One array: its values begin at byte `offset` of its file, or of its member of an archive."""

    name: str
    header: ArrayHeader

    @property
    def shape(self) -> tuple[int, ...]:
        """As NumPy shows it, also where the file stores the first axis as the fastest."""
        return self.header.shape

    @property
    def dtype(self) -> str:
        """How the values are stored, e.g. ``<f4``, or ``<f4, first axis fastest``."""
        name = "object" if self.header.dtype.hasobject else self.header.dtype.str
        return f"{name}, first axis fastest" if self.header.fortran_order else name


class NumpyFile(Closing):
    """The arrays of a ``.npy`` or ``.npz`` file; never unpickles.

    Attributes
    ----------
    path : Path
    tensors : dict of name -> `ArrayInfo`; the one array of a ``.npy`` file bears the file's name

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no such file, or cut short
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._map: mmap.mmap | None = None
        self._is_archive = is_zip(self.path)
        self.tensors = self._members() if self._is_archive else self._only_array()

    def _members(self) -> dict[str, ArrayInfo]:
        found = {}
        with open_npz(self.path) as (archive, members):
            for name, entry in members.items():
                if entry.filename.endswith(".npy"):
                    with archive.open(entry) as file:
                        header = read_header(file, entry.file_size, f"{name!r} of {self.path}")
                    found[name] = ArrayInfo(name, header)
        return found

    def _only_array(self) -> dict[str, ArrayInfo]:
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(0)
                header = read_header(file, size, str(self.path))
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise SourceError(f"cannot open {self.path}: {error.strerror or error}") from error
        return {self.path.name: ArrayInfo(self.path.name, header)}

    def close(self) -> None:
        """Let go of the file; it stays mapped as long as there is a view of it."""
        self._map = None

    def array(self, name: str) -> npt.NDArray[Any]:
        """An array in its own type and shape: a view of a ``.npy`` file, else a new array."""
        header = require_tensor(self.tensors, name, self.path).header
        if self._is_archive:
            with open_npz(self.path) as (archive, members):
                return read_member(archive, members[name], self.path)
        if self._map is None:
            raise SourceError(f"{self.path} is closed; open it again to read its array")
        flat = np.frombuffer(self._map, header.dtype, prod(header.shape), header.offset)
        return flat.reshape(header.shape, order="F" if header.fortran_order else "C")

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of an array in the order in which they are stored, shape (size,)."""
        return self.array(name).reshape(-1, order="A").view(np.uint8)

    def release(self, name: str) -> None:
        """Let the system take back the memory that holds what was read of a mapped array."""
        header = require_tensor(self.tensors, name, self.path).header
        size = prod(header.shape) * header.dtype.itemsize
        if self._map is not None and size:
            forget_pages(self._map, header.offset, size)
