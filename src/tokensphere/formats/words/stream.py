"""A file of word vectors on its way through memory, block by block, and what has been read of it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import damaged

BLOCK = 2**22  # bytes read at once
LONGEST = 2**24  # bytes of a line, or of a word in a binary file


class Stream:
    """One pass through a file.

    Attributes
    ----------
    buffer : bytes that have been read, but not yet used
    ended : whether the file has no more
    words : those found so far
    rows : their vectors as float32, one after the other
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self._file = path, file
        self.buffer, self.ended = b"", False
        self.words: list[str] = []
        self.rows = bytearray()  # grows in place: a file's claims of its size are not believed

    def fill(self) -> bool:
        """Read one more block; False at the end of the file."""
        more = self._file.read(BLOCK)
        self.buffer += more
        self.ended = not more
        return bool(more)

    def goes_on(self) -> bool:
        """Whether more than white space is left."""
        return bool(self.buffer.strip() or self._file.read(1).strip())

    def bad(self, problem: str) -> FormatError:
        """The error that says what is wrong with the file, to be raised."""
        return damaged(f"{self.path}:", problem)

    def refused(self, why: str) -> SourceError:
        """The error for a file of another kind, to be raised."""
        return SourceError(f"{self.path}: {why}")
