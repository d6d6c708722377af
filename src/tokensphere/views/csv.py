"""A result -> CSV: its columns, quoted as RFC 4180 has it, for spreadsheets and other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Any

import numpy as np

from tokensphere.analysis.result import Column
from tokensphere.display import printable
from tokensphere.geometry.rows import blocks

_AT_ONCE = 4096  # rows


def to_csv(result: Any) -> str:
    """All rows, the names of the columns first; lines end with a line feed."""
    return "".join(csv_in_parts([result]))


def csv_in_parts(parts: Iterable[Any]) -> Iterator[str]:
    """What :func:`to_csv` makes of all parts in one, as whole lines; only one part is held.

    A value that there is not (None, NaN) is empty; of a list its values stand with spaces between. In
    texts what acts on a terminal or is invisible is escaped, line feeds, too: a row is a line.

    Parameters
    ----------
    parts : results with the same columns, such as ``Neighbors``, of some directions each
    """
    for number, part in enumerate(parts):
        columns = part.columns()
        if not number:
            yield _lines([list(columns)])
        yield from _rows(columns)


def csv_of_columns(columns: Mapping[str, Column]) -> str:
    """The same of columns that are no result's own, as many rows each."""
    return "".join([_lines([list(columns)]), *_rows(columns)])


def csv_lines(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table that is no result's."""
    return _lines([heads, *(list(map(_text, row)) for row in rows)])


def _rows(columns: Mapping[str, Column]) -> Iterator[str]:
    rows = zip(*(map(_text, _values(column)) for column in columns.values()), strict=True)
    while some := list(islice(rows, _AT_ONCE)):
        yield _lines(some)


def _values(column: Column) -> Iterator[Any]:
    """Python's own numbers where they print alike, which is faster."""
    if not isinstance(column, np.ndarray) or column.dtype not in (np.float64, np.int64):
        yield from column
        return
    for part in blocks(len(column), _AT_ONCE):
        yield from column[part].tolist()


def _lines(rows: Iterable[Sequence[str]]) -> str:
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return " ".join(map(_text, value))
    if value is None or value != value:
        return ""
    if type(value) is float or type(value) is int:
        return repr(value)
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return printable(str(value))
