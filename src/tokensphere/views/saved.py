"""A result -> a file, by its suffix, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokensphere._version import __version__
from tokensphere.errors import InputError
from tokensphere.formats.files import at_home
from tokensphere.formats.parquet import write_columns, write_frame
from tokensphere.formats.whole import whole_file
from tokensphere.views.csv import to_csv
from tokensphere.views.json import to_json


def save_result(result: Any, path: str | Path) -> None:
    """Write a result as .parquet or .csv, its columns; or as .json, its dict; see ``Result.save``."""
    where = at_home(path)
    writer = _WRITERS.get(where.suffix.lower())
    if writer is None:
        known = ", ".join(_WRITERS)
        raise InputError(f"cannot save to {where}: its name must end in one of {known}")
    writer(result, where)


def _parquet(result: Any, path: Path) -> None:
    if (kept := result.kept_as) is not None:
        write_columns(path, result.columns(), kept)
    else:
        about = {"tokensphere": __version__, "what": type(result).__name__}
        write_frame(path, result.columns(), about)


def _text(made: Callable[[Any], str]) -> Callable[[Any, Path], None]:
    def write(result: Any, path: Path) -> None:
        with whole_file(path) as file:
            file.write(made(result).encode("utf-8", "backslashreplace"))

    return write


_WRITERS: dict[str, Callable[[Any, Path], None]] = {
    ".parquet": _parquet,
    ".csv": _text(to_csv),
    ".json": _text(lambda result: f"{to_json(result)}\n"),
}
