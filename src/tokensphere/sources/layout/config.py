"""What matters here of a model's ``config.json``, wherever it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokensphere.formats.files import json_object, read_bytes

_LONGEST = 2**24


@dataclass(frozen=True)
class Config:
    """A model's type, and whether its input and output matrix are one; None where that is not said."""

    model_type: str | None = None
    tied: bool | None = None


UNKNOWN = Config()


def config_of(found: Mapping[str, Any]) -> Config:
    """What the object in a ``config.json`` says, or its text part where a model has several."""
    model_type, tied = found.get("model_type"), found.get("tie_word_embeddings")
    if tied is None and isinstance(inner := found.get("text_config"), dict):
        tied = inner.get("tie_word_embeddings")
    return Config(
        model_type if isinstance(model_type, str) else None, tied if isinstance(tied, bool) else None
    )


def read_config(folder: Path) -> Config:
    """What ``config.json`` of `folder` says; nothing if there is none.

    Raises
    ------
    SourceError
        it cannot be opened
    FormatError
        it is not a JSON object
    """
    path = folder / "config.json"
    if not path.is_file():
        return UNKNOWN
    return config_of(json_object(read_bytes(path, most=_LONGEST), str(path)))
