"""Compressed files: what is inside as a stream, of gzip, bzip2, xz, or one file of a zip archive."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from tokensphere.errors import FormatError
from tokensphere.formats.files import AGAIN, opened, size_of

_KINDS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"PK\x03\x04": "zip",
}
_MOST = 1000  # times its own size that a file may become, beyond the first bytes
_FREE = 2**26
_MEMORY = 2**28  # bytes; xz -9 takes a quarter
_BLOCK = 2**18
_START = 2**16  # bytes that tell what a file is
_MOST_MEMBERS = 64
_BESIDE = re.compile(r"/$|^__MACOSX/|(^|/)(\.DS_Store|Thumbs\.db|desktop\.ini)$")
_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile)


def compression(start: bytes) -> str | None:
    """The name of the kind of compression that the first bytes of a file tell, or None."""
    return next((kind for magic, kind in _KINDS.items() if start.startswith(magic)), None)


def members(path: Path) -> dict[str, bytes]:
    """The files in a zip archive, and the first bytes of each; none if it is no such archive.

    Folders, and what systems put beside every file, are left out. A file that cannot be read has no
    bytes; of more files than a model comes with, none has.
    """
    found: dict[str, bytes] = {}
    # Damage comes in half a dozen kinds; a program may have an archive at its end.
    with suppress(Exception), path.open("rb") as file, zipfile.ZipFile(file) as archive:
        file.seek(0)
        if compression(file.read(6)) != "zip":
            return {}
        names = [name for name in archive.namelist() if not _BESIDE.search(name)]
        found = dict.fromkeys(names, b"")
        for name in names if len(names) <= _MOST_MEMBERS else ():
            with suppress(Exception), archive.open(name) as inside:
                found[name] = inside.read(_START)
    return found


@contextmanager
def content_of(path: Path, member: str | None = None) -> Iterator[BinaryIO]:
    """The content of a file, unpacked as it is read if it is compressed; it cannot be sought.

    Parameters
    ----------
    path : the file
    member : of a zip archive, the name of a file in it; by default the only one

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is damaged, or unpacks to a thousand times its size
    """
    with opened(path) as file:
        size = size_of(file)
        kind = compression(file.read(6))
        file.seek(0)
        if kind is None:
            yield file
            return
        try:
            with _stream(path, file, kind, member) as stream:
                yield cast("BinaryIO", _Bounded(path, stream, _FREE + _MOST * size))
        except (*_ERRORS, OSError, RuntimeError, NotImplementedError) as error:
            raise FormatError(f"{path} is cut short or damaged ({error}); {AGAIN}") from error


def bytes_of(path: Path) -> bytes:
    """All of a file, unpacked if it is compressed; errors as :func:`content_of`."""
    with content_of(path) as file:
        return b"".join(iter(lambda: file.read(_BLOCK), b""))


@contextmanager
def _stream(path: Path, file: BinaryIO, kind: str, member: str | None) -> Iterator[BinaryIO]:
    if kind == "zip":
        inside = [member] if member is not None else list(members(path))
        if len(inside) != 1:
            raise FormatError(f"{path} is a zip archive of several files; unpack it and name one")
        with zipfile.ZipFile(file) as archive, archive.open(inside[0]) as content:
            yield cast("BinaryIO", content)
    else:
        openers: dict[str, Callable[[BinaryIO], object]] = {
            "gzip": lambda file: gzip.GzipFile(fileobj=file),
            "bzip2": bz2.BZ2File,
            "xz": _Xz,
        }
        yield cast("BinaryIO", openers[kind](file))


class _Xz:
    """A file of xz: unlike :mod:`lzma`'s own, with a limit to the memory that its header may ask for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._inside, self._rest = file, _new_xz(), b""

    def read(self, size: int) -> bytes:
        found = b""
        while not found:
            if self._inside.eof:  # other streams may follow, after zeros
                self._rest = (self._inside.unused_data or self._file.read(_BLOCK)).lstrip(b"\0")
                if not self._rest:
                    return b""
                self._inside = _new_xz()
            if self._inside.needs_input and not self._rest:
                self._rest = self._file.read(_BLOCK)
                if not self._rest:
                    raise EOFError("it ends too early")
            given, self._rest = self._rest, b""
            found = self._inside.decompress(given, size)
        return found


def _new_xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)


class _Bounded:
    """A stream that does not become much more than its file can honestly hold."""

    def __init__(self, path: Path, stream: BinaryIO, most: int) -> None:
        self._path, self._stream, self._left = path, stream, most

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise FormatError(f"{self._path} unpacks to far more than such a file holds; {AGAIN}")
        return content
