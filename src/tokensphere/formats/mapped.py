"""Files that are mapped into memory and read from a position on, nothing beyond their end."""

from __future__ import annotations

import mmap
import struct
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import damaged, opened, size_of
from tokensphere.formats.tensors import TensorFile, TensorInfo


class MappedFile(TensorFile):
    """An open binary file with a header, which a format's own class reads.

    Views of it that were given out stay valid when it is closed.

    Attributes
    ----------
    least : bytes that a file of this format has at least
    what : what the format is called in messages, e.g. ``"a CTranslate2 model"``

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is too short, or its header cannot be read
    """

    least: ClassVar[int]
    what: ClassVar[str]
    tensors: dict[str, TensorInfo]

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._at, self.tensors, self._closed = 0, {}, False
        with opened(path) as file:
            self._size = size_of(file)
            if self._size < self.least:
                raise self._bad(f"is {self._size} bytes long, too short for {self.what}")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self._read_header()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file; it stays mapped as long as there is a view of it."""
        self._closed = True
        with suppress(BufferError):
            self._map.close()

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a read-only view of the file of shape (size,)."""
        info = self.entry(name)
        if self._closed:
            raise SourceError(f"{self.path} is closed; open it again to read {self.noun} {name!r}")
        return np.frombuffer(self._map, np.uint8, info.size, info.offset)

    def release(self, name: str) -> None:
        """Let the system take back the memory that holds what was read; it is read again if needed."""
        info = self.entry(name)
        if hasattr(mmap, "MADV_DONTNEED") and info.size and not self._closed:
            start = info.offset - info.offset % mmap.PAGESIZE
            self._map.madvise(mmap.MADV_DONTNEED, start, info.offset + info.size - start)

    def _read_header(self) -> None:
        raise NotImplementedError

    def _bad(self, problem: str) -> FormatError:
        return damaged(self.path, problem)

    def _add(self, info: TensorInfo) -> None:
        if info.name in self.tensors:
            raise self._bad(f"has two {self.noun}s {info.name!r:.200}")
        self.tensors[info.name] = info

    def _claimed(self, count: int, what: str, size: int) -> int:
        """`count`, if so many things of `size` bytes at least can follow."""
        if count * size > self._size - self._at:
            raise self._bad(f"claims {count:,} {what}, more than it can hold")
        return count

    def _need(self, size: int) -> int:
        """Move past `size` bytes, which must be there; where they begin."""
        at = self._at
        if size > self._size - at:
            raise self._bad(f"is cut short or damaged: {size:,} bytes are missing at byte {at:,}")
        self._at = at + size
        return at

    def _sized(self, form: str) -> bytes:
        """Bytes that come after their own length, a number of this form."""
        at = self._need(self._number(form))
        return self._map[at : self._at]

    def _number(self, form: str) -> int:
        """The next number, of a form of :mod:`struct`."""
        value: int = struct.unpack_from(form, self._map, self._need(struct.calcsize(form)))[0]
        return value
