"""The exceptions of tokensphere.

    TokensphereError
    ├── InputError            an argument, vector or option that cannot be used (also a ValueError)
    │   └── UnknownTokenError a token that the vocabulary does not have (also a KeyError)
    ├── SourceError           a model that cannot be found or read
    │   └── FormatError       a file whose content is not what its format demands
    └── MissingExtraError     an optional dependency is not installed (also an ImportError)

A message is one line: what is wrong, what was expected, what to do next. Whatever comes from outside
stands in it as :func:`tokensphere.display.told` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral

from tokensphere.display import told

MOST = 10**15  # of anything that is counted: more fits neither in a memory nor in NumPy


class TokensphereError(Exception):
    """Base of every error that tokensphere raises on purpose.

    Its message is one line of at most `tokensphere.display.MOST` characters, and nothing in it acts on
    a terminal, whatever names it quotes.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(told(arg) if isinstance(arg, str) else arg for arg in args))


class InputError(TokensphereError, ValueError):
    """An argument, vector or option cannot be used."""


class UnknownTokenError(InputError, KeyError):
    """The vocabulary has no such token; the message suggests those it has."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class SourceError(TokensphereError):
    """A model cannot be found or read."""


class FormatError(SourceError):
    """The content of a file is not what its format demands."""


class MissingExtraError(TokensphereError, ImportError):
    """An optional dependency is not installed; the message names the command that installs it."""


def how_to_install(extra: str) -> str:
    """The command that adds an extra to the Python that runs.

    In a clone it works as well: pip keeps the tokensphere that is there.
    """
    import importlib.util  # only what fails asks
    import shlex
    import shutil
    import sys
    from pathlib import Path

    python, pip = Path(sys.executable), shutil.which("pip")
    if importlib.util.find_spec("pip") is None:  # as in the environments that uv makes
        return f"uv pip install 'tokensphere[{extra}]' --python {shlex.quote(str(python))}"
    own = pip is not None and Path(pip).parent == python.parent
    program = "pip" if own else f"{shlex.quote(str(python))} -m pip"
    return f"{program} install 'tokensphere[{extra}]'"


def check_whole(what: str, value: object, least: int = 0, most: int | None = None) -> None:
    """Raise `InputError` unless `value` is a whole number of `least` or more, and `most` at most."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        raise InputError(f"{what} is {value!r:.60}, but must be a whole number, {least} or more")
    if most is not None and value > most:  # type: ignore[operator]
        raise InputError(f"{what} is {value!r:.60}, but can be {most:,} at most")


def check_choice(what: str, name: object, known: Iterable[str]) -> None:
    """Raise `InputError` unless `name` is one of those that are known."""
    if name not in (choices := tuple(known)):
        raise InputError(f"unknown {what} {name!r:.100}: use one of {', '.join(choices)}")
