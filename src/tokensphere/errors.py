"""The exceptions of tokensphere.

    TokensphereError
    ├── InputError            an argument, vector or option that cannot be used (also a ValueError)
    │   └── UnknownTokenError a token that the vocabulary does not have (also a KeyError)
    ├── SourceError           a model that cannot be found or read
    │   └── FormatError       a file whose content is not what its format demands
    └── MissingExtraError     an optional dependency is not installed (also an ImportError)

A message is one line: what is wrong, what was expected, what to do next.
"""

from __future__ import annotations


class TokensphereError(Exception):
    """Base of every error that tokensphere raises on purpose."""


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
