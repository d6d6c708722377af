"""Other people's packages: whether they are there, and one line for whatever they say of a file."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib import import_module
from typing import Any

from tokensphere.display import told
from tokensphere.errors import FormatError, MissingExtraError, SourceError
from tokensphere.held import Held


def optional(module: str, missing: str) -> Any:
    """A module of an optional dependency.

    Raises
    ------
    MissingExtraError
        it cannot be imported; `missing` is the message
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(missing) from error


def one_line(said: object) -> str:
    """What a message says, on one line and not long."""
    return told(" ".join(str(said).split()), 200)


@contextmanager
def damage_told(problem: str, advice: str) -> Iterator[None]:
    """For a library that meets a damaged file with any error, and with warnings nobody can use.

    Errors of the system, which have a number, and our own pass through.

    Raises
    ------
    FormatError
        the library raised something: `problem`, its reason, `advice`
    """
    try:
        with no_warnings():
            yield
    except Exception as error:
        if isinstance(error, SourceError) or (isinstance(error, OSError) and error.errno is not None):
            raise
        raise FormatError(f"{problem} ({one_line(error)}); {advice}") from error


class _Silence(Held):
    _caught: warnings.catch_warnings[None] | None = None

    def take(self) -> None:
        if self._caught is None:
            self._caught = warnings.catch_warnings(action="ignore")
            self._caught.__enter__()

    def give_back(self, inside: set[int]) -> None:
        if self._caught is not None and not inside:
            with suppress(RuntimeError):  # stopped before it was entered
                self._caught.__exit__(None, None, None)
            self._caught = None


_silence = _Silence()


def no_warnings() -> AbstractContextManager[None]:
    """Hold warnings back; those of the whole process, where Python's filters do not know threads."""
    if getattr(sys.flags, "context_aware_warnings", False):  # Python 3.14
        return warnings.catch_warnings(action="ignore")
    return _silence()
