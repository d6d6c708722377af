"""The standard streams: all three are there, and a failure of the output is told from any other."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_STREAMS = {
    "stdin": ("r", os.O_RDONLY),
    "stdout": ("w", os.O_RDONLY),  # to write to what is closed fails
    "stderr": ("w", os.O_WRONLY),
}


class OutputError(Exception):
    """Standard output does not take what is written; the cause is what the system says."""


def open_closed() -> None:
    """Put a file of nothing where a stream is closed: else the next one that is opened would be it."""
    for name, (mode, access) in _STREAMS.items():
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, access)
            stream = open(nothing, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


@contextmanager
def output() -> Iterator[None]:
    """Standard output escapes characters that it lacks; where it fails, that is an `OutputError`."""
    before = sys.stdout
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    buffer = getattr(before, "buffer", None)
    try:
        if isinstance(before, io.TextIOWrapper) and type(getattr(buffer, "raw", buffer)) is io.FileIO:
            sys.stdout = io.TextIOWrapper(
                io.BufferedWriter(_Output(before.fileno(), "w", closefd=False)),
                encoding=before.encoding,
                errors=before.errors,
                line_buffering=before.line_buffering,
                write_through=before.write_through,
            )
        yield
    finally:
        sys.stdout = before


class _Output(io.FileIO):
    def write(self, content: object, /) -> int:
        try:
            while (written := super().write(content)) is None:  # type: ignore[arg-type]
                select.select([], [self], [])  # a pipe that is full, and set not to wait
        except OSError as error:
            raise OutputError from error
        return written


def forget(stream: TextIO) -> None:
    """Nobody takes what goes there any more: drop what is buffered, also at exit."""
    with suppress(OSError, ValueError), open(os.devnull, "wb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), stream.fileno())
