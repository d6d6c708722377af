"""What all results have in common: they become a dict, a data frame, and a text when printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.above import ask
from tokensphere.errors import MissingExtraError

Column = npt.NDArray[Any] | Sequence[Any]
_FRAMES = (("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "table"))  # the first there is


class Result:
    """Base of the frozen results.

    Python asks the object itself for its text (``__str__``) and a notebook for its HTML; what these
    are is the business of views.
    """

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        raise NotImplementedError

    def columns(self) -> Mapping[str, Column]:
        """The same as columns of a table: arrays of shape (rows,) or (rows, j), or lists."""
        raise NotImplementedError

    def to_frame(self) -> Any:
        """The columns as a data frame, one row a thing.

        Returns
        -------
        ``pandas.DataFrame`` if pandas is installed; else ``polars.DataFrame``; else ``pyarrow.Table``

        Raises
        ------
        MissingExtraError
            none of them is installed
        """
        columns = {name: _one_value_a_row(column) for name, column in self.columns().items()}
        for package, maker in _FRAMES:
            try:
                found = import_module(package)
            except ImportError:
                continue
            return getattr(found, maker)(columns)
        raise MissingExtraError("a data frame needs pandas, polars or pyarrow: pip install pandas")

    def __str__(self) -> str:
        text: str = ask("text", self)
        return text

    def _repr_html_(self) -> str:
        html: str = ask("html", self)
        return html

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("…" if cycle else str(self))


def _one_value_a_row(column: Column) -> Column:
    """A column whose values may be lists, but that has no second axis."""
    return column.tolist() if isinstance(column, np.ndarray) and column.ndim > 1 else column
