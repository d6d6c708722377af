"""What all results have in common: they become a dict, a frame, a file, a copy, a text, a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

import numpy as np
import numpy.typing as npt

from tokensphere.above import ask
from tokensphere.display import told
from tokensphere.errors import MissingExtraError, check_choice

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    from matplotlib.figure import Figure

Column = npt.NDArray[Any] | Sequence[Any]
FramePackage = Literal["pandas", "polars", "pyarrow"]
_FRAMES: dict[str, str] = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}
_LONGEST = 200  # characters of a repr


class Result:
    """Base of the frozen results.

    Two results are equal if they tell the same: their columns and their dicts are. Python asks the
    object itself for its text (``__str__``) and a notebook for its HTML; what these are is the business
    of views. Results are dataclasses with ``eq=False, repr=False``: those that dataclasses make compare
    arrays with ``==``, and print all there is.
    """

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        raise NotImplementedError

    def columns(self) -> Mapping[str, Column]:
        """The same as columns of a table: arrays of shape (rows,) or (rows, j), or lists."""
        raise NotImplementedError

    @overload
    def to_frame(self, package: None = None) -> Any: ...
    @overload
    def to_frame(self, package: Literal["pandas"]) -> pandas.DataFrame: ...
    @overload
    def to_frame(self, package: Literal["polars"]) -> polars.DataFrame: ...
    @overload
    def to_frame(self, package: Literal["pyarrow"]) -> pyarrow.Table: ...
    def to_frame(self, package: FramePackage | None = None) -> Any:
        """The columns as a data frame, one row a thing.

        Parameters
        ----------
        package : ``"pandas"``, ``"polars"`` or ``"pyarrow"``; by default the first of them that is
            installed

        Returns
        -------
        ``pandas.DataFrame``, ``polars.DataFrame`` or ``pyarrow.Table``

        Raises
        ------
        InputError
            another package
        MissingExtraError
            it is not installed, or none of them is
        """
        if package is not None:
            check_choice("package", package, get_args(FramePackage))
        for name in [package] if package else _FRAMES:
            try:
                found = import_module(name)
            except ImportError:
                continue
            columns = {name: _one_value_a_row(column) for name, column in self.columns().items()}
            return getattr(found, _FRAMES[name])(columns)
        needed = package or "pandas, polars or pyarrow"
        raise MissingExtraError(f"a data frame needs {needed}: pip install {package or 'pandas'}")

    def save(self, path: str | Path) -> None:
        """Write the result to a file, whole or not at all.

        Parameters
        ----------
        path : its suffix says what is written: ``.parquet`` or ``.csv``, what :meth:`to_frame` has,
            or ``.json``, what :meth:`to_dict` has. Surveys and tests that were saved as Parquet open
            again (:func:`~tokensphere.open_survey`, :func:`~tokensphere.open_test`)

        Raises
        ------
        InputError
            another suffix, or the file cannot be written
        MissingExtraError
            Parquet needs pyarrow, which is not installed
        """
        ask("save_result", self, path)

    @property
    def kept_as(self) -> dict[str, Any] | None:
        """What the Parquet file of a result says of itself that can be opened again; None for others."""
        return None

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, Result)
        return _same_columns(self.columns(), other.columns()) and self._beside() == other._beside()

    __hash__ = None  # type: ignore[assignment]

    def _beside(self) -> dict[str, Any]:
        """What a result tells beside its columns; more costs only time."""
        return self.to_dict()

    def _in_short(self) -> str:
        """A few words for its `repr`."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {told(self._in_short(), _LONGEST)}>"

    def __str__(self) -> str:
        text: str = ask("text", self)
        return text

    def _repr_html_(self) -> str:
        html: str = ask("html", self)
        return html

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("…" if cycle else str(self))


class Pictured(Result):
    """Base of the results that there is a picture of."""

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the result.

        Parameters
        ----------
        path : also write it there, as .png, .svg or .pdf, whole or not at all

        Returns
        -------
        ``matplotlib.figure.Figure``, which a notebook shows; pyplot knows nothing of it

        Raises
        ------
        InputError
            the file cannot be written, or its suffix is unknown
        MissingExtraError
            Matplotlib is not installed
        """
        figure: Figure = ask("plot", self, path)
        return figure


def place(which: int | slice, count: int) -> slice:
    """One of `count` things, or some of them, as a slice; negative numbers count from the end.

    Raises
    ------
    IndexError
        there is no such number
    TypeError
        `which` is no whole number
    """
    if isinstance(which, slice):
        return which
    number = range(count)[which]
    return slice(number, number + 1)


def _one_value_a_row(column: Column) -> Column:
    """A column whose values may be lists, but that has no second axis."""
    return column.tolist() if isinstance(column, np.ndarray) and column.ndim > 1 else column


def _same_columns(one: Mapping[str, Column], other: Mapping[str, Column]) -> bool:
    return list(one) == list(other) and all(_same(one[name], other[name]) for name in one)


def _same(one: Column, other: Column) -> bool:
    """Whether two columns have the same values, NaN being NaN."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        floating = one.dtype.kind == other.dtype.kind == "f"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=floating)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray) or len(one) != len(other):
        return False
    return all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True))
