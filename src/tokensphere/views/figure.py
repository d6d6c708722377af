"""A Matplotlib figure -> a file, whole or not at all; Matplotlib is an extra."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokensphere.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
_DOTS_PER_INCH = 150
# The day of making would be the only difference between two runs.
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}


def check_figure_path(path: Path) -> None:
    """Say before the work starts what would fail at its end.

    Raises
    ------
    InputError
        the suffix is not one of `SUFFIXES`, or the file cannot be written there
    MissingExtraError
        Matplotlib is not installed
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot draw {path}: the name must end in {', '.join(SUFFIXES)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("pictures need Matplotlib: pip install 'tokensphere[plot]'")
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"cannot write {path}: it is no regular file; give the name of a file")
        os.unlink(_temporary_beside(path))
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Any]]:
    """A figure that no global state of Matplotlib knows.

    Parameters
    ----------
    width, height : in inches
    rows, columns : of axes

    Returns
    -------
    figure : Figure
    axes : list of ``rows * columns`` axes, row by row

    Raises
    ------
    MissingExtraError
        Matplotlib is not installed
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("pictures need Matplotlib: pip install 'tokensphere[plot]'") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, SVG or PDF, by the suffix of `path`.

    It goes to a temporary file beside it, which takes its name when it is complete: a file that was
    there survives a failure.

    Raises
    ------
    InputError
        the suffix is unknown, or the file cannot be written
    """
    check_figure_path(path)
    suffix = path.suffix.lower()
    temporary: str | None = None
    try:
        temporary = _temporary_beside(path)
        with open(temporary, "wb") as file:  # noqa: PTH123 - mkstemp gives a string
            figure.savefig(file, format=suffix[1:], dpi=_DOTS_PER_INCH, metadata=_METADATA[suffix])
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp's file is for its owner alone
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def _temporary_beside(path: Path) -> str:
    """An empty file in the folder of `path`."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    return name
