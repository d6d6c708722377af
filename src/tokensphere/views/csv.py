"""A result -> CSV: its columns, quoted as RFC 4180 has it, for spreadsheets and other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

import numpy as np

from tokensphere.display import printable

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
        texts = [map(_text, column) for column in columns.values()]
        rows = list(zip(*texts, strict=True))
        for low in range(0, len(rows), _AT_ONCE):
            yield _lines(rows[low : low + _AT_ONCE])


def csv_lines(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table that is no result's."""
    return _lines([heads, *(list(map(_text, row)) for row in rows)])


def _lines(rows: Iterable[Sequence[str]]) -> str:
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return " ".join(map(_text, value))
    if value is None or value != value:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return printable(str(value))
