"""NumPy's files: ``.npy`` with one array, which is mapped, and ``.npz``, an archive of several.

An archive's arrays may be compressed, so that one of them is in memory while it is used. Nothing here
unpickles.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, InputError
from tokensphere.formats.compressed import open_member
from tokensphere.formats.files import opened
from tokensphere.formats.foreign import damage_told
from tokensphere.formats.mapped import MappedFile
from tokensphere.formats.stored import Stored
from tokensphere.formats.tensors import TensorFile, TensorInfo
from tokensphere.formats.whole import check_writable, whole_file

ZIP_MAGIC = b"PK"
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class _Header:
    """What is known of an array before it is read; its values begin at byte `offset`."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    offset: int

    def info(self, name: str) -> TensorInfo:
        """The same in general terms; `dtype` is ``<f4``, say, or ``<f4, first axis fastest``."""
        kind = "object" if self.dtype.hasobject else self.dtype.str
        dtype = f"{kind}, first axis fastest" if self.fortran_order else kind
        size = 0 if self.dtype.hasobject else prod(self.shape) * self.dtype.itemsize
        floats = None
        if self.dtype.kind in "fiu":
            floats = np.dtype(np.float32 if np.can_cast(self.dtype, np.float32) else np.float64)
        return TensorInfo(name, self.shape, dtype, self.offset, size, floats)


class ArrayFile(TensorFile):
    """The arrays of a NumPy file, by name."""

    def stored(self, name: str) -> Stored:
        """See :meth:`TensorFile.stored`."""
        floats = self.usable(name).float_type or np.dtype(np.float64)
        return Stored(self.array(name), 1, lambda values, out: np.copyto(out, values, "unsafe"), floats)


class NpyFile(ArrayFile, MappedFile):
    """The one array of a ``.npy`` file, which bears the file's name.

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no such file, or cut short
    """

    least, what = 1, "a NumPy file"

    def _read_header(self) -> None:
        # A memory map has all that NumPy asks of a file.
        self._header = _read_header(self._map, self._size, str(self.path))  # type: ignore[arg-type]
        self.tensors = {self.path.name: self._header.info(self.path.name)}

    def array(self, name: str) -> npt.NDArray[Any]:
        """The array in its own type and shape, a read-only view of the file."""
        if self._header.dtype.hasobject:
            raise FormatError(f"{self.path} is no complete NumPy file of numbers; it holds objects")
        flat = self.raw(name).view(self._header.dtype)
        return flat.reshape(self._header.shape, order="F" if self._header.fortran_order else "C")

    def release(self, name: str) -> None:
        """See :meth:`TensorFile.release`; rows of which every page has a part are left in memory."""
        if not self._header.fortran_order:
            super().release(name)


class NpzFile(ArrayFile):
    """The arrays of a ``.npz`` file, each read when it is asked for.

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no such file, or cut short
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.tensors = {}
        with _open_npz(self.path) as archive:
            for entry in archive.infolist():
                name = entry.filename.removesuffix(".npy")
                if name != entry.filename:
                    with open_member(archive, entry, self.path) as file:
                        header = _read_header(file, entry.file_size, f"{name!r} of {self.path}")
                    self.tensors[name] = header.info(name)

    def close(self) -> None:
        """Nothing is open between two arrays."""

    def array(self, name: str) -> npt.NDArray[Any]:
        """An array in its own type and shape, a new one."""
        self.entry(name)
        with _open_npz(self.path) as archive:
            return read_member(archive, archive.getinfo(f"{name}.npy"), self.path)

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of an array in the order in which they are stored, shape (size,)."""
        return self.array(name).reshape(-1, order="A").view(np.uint8)


def open_numpy(path: str | Path) -> ArrayFile:
    """A ``.npy`` or ``.npz`` file, by its first bytes."""
    with opened(path) as file:
        is_archive = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
    return NpzFile(path) if is_archive else NpyFile(path)


def read_npy(path: Path) -> npt.NDArray[Any]:
    """The array in a ``.npy`` file, in memory.

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no ``.npy`` file of numbers, or cut short
    """
    with open_numpy(path) as file:
        if not isinstance(file, NpyFile):
            raise FormatError(f"{path} is an archive of several arrays; write one array with numpy.save")
        return np.array(file.array(path.name))


class Rows(Protocol):
    """Rows of which any range can be had, such as an array or random directions."""

    @property
    def d(self) -> int:
        """The length of a row."""

    def __len__(self) -> int: ...

    def __getitem__(self, which: slice, /) -> npt.NDArray[np.floating]: ...


def check_numpy_path(path: Path) -> None:
    """Find out before the work begins whether rows can be written there.

    Raises
    ------
    InputError
        the name does not end in ``.npy``, or no file can be made there
    """
    if path.suffix.lower() != ".npy":
        raise InputError(f"cannot save to {path}: directions are saved as .npy; name it {path.stem}.npy")
    check_writable(path)


def write_rows(rows: Rows, path: Path) -> None:
    """Write rows to a ``.npy`` file as float32 of shape (m, d), whole or not at all.

    Raises
    ------
    InputError
        the file cannot be written
    """
    header = {"descr": "<f4", "fortran_order": False, "shape": (len(rows), rows.d)}
    with whole_file(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for low in range(0, len(rows), _ROWS_AT_ONCE):
            file.write(rows[low : low + _ROWS_AT_ONCE].astype("<f4").tobytes())


def read_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> npt.NDArray[Any]:
    """One array of an archive."""
    name = entry.filename.removesuffix(".npy")
    what = f"{name!r} of {path}"
    with open_member(archive, entry, path) as file:
        if _read_header(file, entry.file_size, what).dtype.hasobject:
            raise FormatError(f"{what} holds Python objects; write it as texts or numbers: .astype(str)")
        with _told(what):
            file.seek(0)
            array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
            if file.read(1):  # reaching the end is what makes zipfile compare the CRC-32
                raise ValueError("it has more bytes than the array")
            return array


@contextmanager
def _open_npz(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive of arrays, and errors in our words for damage met inside."""
    told = damage_told(f"{path} is no complete archive of arrays", "write it again")
    with opened(path) as file, told, zipfile.ZipFile(file) as archive:
        yield archive


def _read_header(file: IO[bytes], size: int, what: str) -> _Header:
    """The header of an array in a file of `size` bytes, which must hold all that it claims.

    Raises
    ------
    FormatError
        it is no header, or the file is too short; `what` is the file's name in the message
    """
    with _told(what):
        form = np.lib.format
        version = form.read_magic(file)
        read = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
        shape, fortran_order, dtype = read(file)
        if not dtype.hasobject and prod(shape) * dtype.itemsize > size - file.tell():
            raise ValueError(f"{size:,} bytes are too few for shape {shape} of {dtype}")
        return _Header(shape, fortran_order, dtype, file.tell())


def _told(what: str) -> AbstractContextManager[None]:
    """Errors in our words for whatever NumPy says of a damaged array, or of one that Python 2 wrote."""
    return damage_told(f"{what} is no complete NumPy file of numbers", "write it with numpy.save")
