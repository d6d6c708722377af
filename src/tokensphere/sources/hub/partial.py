"""A file of a repository of which only some ranges are fetched, at their places in a file here.

Readers of archives look at the end of a file, where the directory is, then at the member that they want.
What they never look at is never fetched; on most file systems it takes no room, either.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from threading import Lock

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import system_told
from tokensphere.sources.hub.ranges import Progress
from tokensphere.sources.hub.repository import Repository

_END = 1 << 16  # bytes at the end of an archive in which its directory lies
_HEADER = 1 << 16  # first bytes of a member, in which an array's header lies
_LOCAL = 1 << 12  # the most that stands before a member's own bytes


class PartialCopy:
    """Some ranges of a file of a repository.

    Parameters
    ----------
    repository, file : where it lies
    path : of the copy, a new file

    Raises
    ------
    SourceError
        the file cannot be had, or the copy not be written
    """

    def __init__(self, repository: Repository, file: str, path: Path) -> None:
        self._repository, self._file, self.path = repository, file, path
        size = repository.files.get(file)
        if size is None:
            size = repository.read(file, range(1), lambda _at, _content: None)
        if not size:
            raise SourceError(f"{file} of {repository.name} is empty; tell its author")
        self.size = size
        with system_told(f"cannot write to {path}"), path.open("wb") as copy:
            copy.truncate(size)

    def fill(self, low: int, high: int, progress: Progress | None = None) -> None:
        """Fetch the bytes from `low` to `high`, as far as there are any."""
        span = range(max(low, 0), min(high, self.size))
        with self.path.open("r+b") as copy:
            lock = Lock()

            def write(at: int, content: bytes) -> None:
                with lock:
                    copy.seek(span.start + at)
                    copy.write(content)

            self._repository.read(self._file, span, write, progress)

    def fill_headers(self) -> None:
        """Fetch an archive's directory and the begin of each member.

        Raises
        ------
        FormatError
            it is no archive, or one with a directory too long to be that of arrays
        """
        self.fill(self.size - _END, self.size)
        for entry in self._entries():
            self.fill(
                entry.header_offset, entry.header_offset + _LOCAL + min(entry.compress_size, _HEADER)
            )

    def fill_member(self, name: str, progress: Progress | None = None) -> None:
        """Fetch all of a member; the directory must be there."""
        (entry,) = (one for one in self._entries() if one.filename == name)
        self.fill(entry.header_offset, entry.header_offset + _LOCAL + entry.compress_size, progress)

    def fill_all(self, progress: Progress | None = None) -> None:
        """Fetch the whole file."""
        self.fill(0, self.size, progress)

    def _entries(self) -> list[zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.infolist()
        except Exception as error:  # zipfile meets damage with half a dozen kinds of errors
            raise FormatError(
                f"{self._file} of {self._repository.name} is no archive whose directory lies in its last"
                f" {_END:,} bytes; download it and name the file"
            ) from error
