"""What the columns of a table that was kept may hold: said once, checked whenever one is read.

Whoever keeps a table declares it, a :class:`Numbers` or :class:`Texts` for each column. A table of the
user's that is not as declared is refused (:func:`check_columns`); one that can be made again is made
again (:func:`sound`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Bools
from tokensphere.errors import FormatError

Column = npt.NDArray[Any] | Sequence[str]
ROUNDING = 1e-3  # that what was computed, in float32 perhaps, may lie beyond its range


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes
    ----------
    dtype : their type
    low, high : the smallest and the largest that there can be; infinity is none of them
    width : how many there are in a row; None for one, and no second axis
    nan : whether NaN may stand for one that is not there
    different : whether those of a row are all different
    falling : whether those of a row never rise
    among : bool array, True at the whole numbers that there can be
    """

    dtype: npt.DTypeLike
    low: float = -inf
    high: float = inf
    width: int | None = None
    nan: bool = False
    different: bool = False
    falling: bool = False
    among: Bools | None = field(default=None, repr=False)

    @property
    def words(self) -> str:
        """What there can be, for people."""
        bounds = f"between {self.low:,.7g} and {self.high:,.7g}"
        if self.low == -inf and self.high == inf:
            bounds = "a finite number"
        return "NaN" if self.low > self.high else f"{bounds} or NaN" if self.nan else bounds

    def check(self, name: str, column: Column, where: Bools | None) -> None:
        """Raise `FormatError` unless a column of this name is so, in the rows `where`."""
        array, dtype = np.asarray(column), np.dtype(self.dtype)
        row = () if self.width is None else (self.width,)
        if array.dtype != dtype or array.shape[1:] != row or not array.ndim:
            raise FormatError(
                f"there is no column {name!r} as this version has it: it holds"
                f" {_form(array.dtype, array.shape[1:])}, not {_form(dtype, row)}"
            )
        rows = np.arange(len(array)) if where is None else np.flatnonzero(where)
        array = array if where is None else array[where]
        good = (array >= self.low) & (array <= self.high)
        if dtype.kind == "f":
            good &= np.isfinite(array)
        if self.nan:
            good |= np.isnan(array)
        _tell(name, array, rows, good, self.words)
        if self.among is not None:
            _tell(name, array, rows, self.among[array], "the id of a token that can be found")
        if self.different:
            ordered = np.sort(array, axis=1)
            _tell(name, array, rows, ordered[:, 1:] != ordered[:, :-1], "without any twice")
        if self.falling:
            _tell(name, array, rows, array[:, 1:] <= array[:, :-1], "in descending order")


@dataclass(frozen=True)
class Texts:
    """A column of texts.

    Attributes
    ----------
    choices : those that there can be
    """

    choices: tuple[str, ...]

    def check(self, name: str, column: Column, where: Bools | None) -> None:
        """Raise `FormatError` unless a column of this name is so, in the rows `where`."""
        texts = column.tolist() if isinstance(column, np.ndarray) else column
        for row, text in enumerate(texts):
            if (where is None or where[row]) and text not in self.choices:
                known = ", ".join(map(repr, self.choices))
                raise FormatError(f"column {name!r} has {text!r:.60} in row {row:,}, not one of {known}")


Schema = Mapping[str, Numbers | Texts]


def check_columns(columns: Mapping[str, Column], schema: Schema, *, where: Bools | None = None) -> None:
    """Refuse a table that is not as declared; what it has besides is nobody's business.

    Parameters
    ----------
    columns : name -> m values, or m rows of them
    schema : for each name what the column may hold
    where : bool array of shape (m,): the rows that it is said of, by default all

    Raises
    ------
    FormatError
        which column is wrong, in which row (counted from 0), and what should be there
    """
    for name in schema:
        if name not in columns:
            raise FormatError(f"there is no column {name!r} as this version has it")
    lengths = {name: len(columns[name]) for name in schema}
    for name, length in lengths.items():
        if length != (first := next(iter(lengths.values()))):
            raise FormatError(f"column {name!r} has {length:,} rows, others {first:,}")
    for name, values in schema.items():
        values.check(name, columns[name], where)


def sound(columns: Mapping[str, Column], schema: Schema) -> bool:
    """Whether a table is as declared."""
    try:
        check_columns(columns, schema)
    except (FormatError, TypeError):
        return False
    return True


def check_rows(name: str, column: npt.NDArray[Any], good: Bools, what: str) -> None:
    """Refuse a column for what others say of it.

    Parameters
    ----------
    name : of the column
    column : of shape (m,) or (m, j)
    good : bool array of shape (m,) or (m, j')
    what : what it should be, for people

    Raises
    ------
    FormatError
        a row is not good
    """
    _tell(name, column, np.arange(len(column)), good, what)


def _form(dtype: np.dtype[Any], row: tuple[int, ...]) -> str:
    return f"{dtype} by {' × '.join(map(str, row))}" if row else str(dtype)


def _tell(name: str, array: npt.NDArray[Any], rows: npt.NDArray[Any], good: Bools, what: str) -> None:
    """Refuse the first row that is not good, and show the number in it that is not."""
    if good.all():
        return
    place = np.unravel_index(int(np.argmin(good)), good.shape)
    shown = array[place] if good.shape == array.shape else array[place[0]]
    text = f"{shown:.7g}" if isinstance(shown, np.floating) else " ".join(str(shown).split())
    raise FormatError(f"column {name!r} has {text:.60} in row {int(rows[place[0]]):,}, not {what}")
