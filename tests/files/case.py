"""A file or folder as people have it, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt


@dataclass(frozen=True)
class Want:
    """What was written, and what reading it must give.

    Attributes
    ----------
    model : what a user would name, for :func:`tokensphere.load`
    rows : the matrix, by other means than ours; None if it is refused
    tokens : the pieces of the rows, if they are looked at
    options : of :func:`tokensphere.load`
    note : a regular expression that must be found in the notes of the provenance
    tolerance : of the rows, relative to the largest of them
    """

    model: str | Path
    rows: npt.ArrayLike | None = None
    tokens: Sequence[str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Case:
    """Something that people have.

    Attributes
    ----------
    what : in a few words
    source : where its layout is described: an address, or a file of a public project
    make : writes it into an empty folder
    refused : what the one line of the error must have, a regular expression; empty if it is read
    """

    what: str
    source: str
    make: Callable[[Path], Want]
    refused: str = ""
