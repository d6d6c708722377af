"""Files that are mapped into memory and read from a position on, nothing beyond their end."""

from __future__ import annotations

import mmap
import struct
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tokensphere.errors import FormatError, SourceError


class Closing:
    """A context manager that closes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        raise NotImplementedError


class MappedFile(Closing):
    """An open binary file with a header, which a format's own class reads.

    Parameters
    ----------
    path : the file
    least : bytes that a file of this format has at least
    what : what the format is called in messages, e.g. ``"a CTranslate2 model"``

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is too short, or its header cannot be read
    """

    def __init__(self, path: str | Path, *, least: int, what: str) -> None:
        self.path = Path(path)
        self._at = 0
        try:
            with self.path.open("rb") as file:
                self._size = file.seek(0, 2)
                if self._size < least:
                    raise self._bad(f"is {self._size} bytes long, too short for {what}")
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise SourceError(f"cannot open {self.path}: {error.strerror or error}") from error
        try:
            self._read_header()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file; it stays mapped as long as there is a view of it."""
        with suppress(BufferError):
            self._map.close()

    def _read_header(self) -> None:
        raise NotImplementedError

    def _bad(self, problem: str) -> FormatError:
        return FormatError(f"{self.path} {problem}; download or convert it again")

    def _need(self, size: int) -> int:
        """Move past `size` bytes, which must be there; where they begin."""
        at = self._at
        if size > self._size - at:
            raise self._bad(f"is cut short or damaged: {size:,} bytes are missing at byte {at:,}")
        self._at = at + size
        return at

    def _number(self, form: str) -> int:
        """The next number, of a form of :mod:`struct`."""
        value: int = struct.unpack_from(form, self._map, self._need(struct.calcsize(form)))[0]
        return value
