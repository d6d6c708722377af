"""What a test found, as a file: the rows that are looked at, or all of it to be opened again."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import check_statistic
from tokensphere.analysis.result import Column
from tokensphere.arrays import Intps
from tokensphere.formats.parquet import write_columns
from tokensphere.run import save
from tokensphere.views.json import to_json
from tokensphere.web.endpoint import Reply
from tokensphere.web.tested import Tested

FORMATS = ("csv", "parquet", "json")
_NAME = "directions"
_PARQUET = "application/vnd.apache.parquet"


def exported(test: DirectionTest, rows: Intps, by: str, statistic: str, kind: str) -> Reply:
    """Some rows of a test as a file.

    Parameters
    ----------
    test : all of it
    rows : which, in the order that they shall have
    by, statistic : what they are sorted by, and whose
    kind : one of `FORMATS`: columns as ``DirectionTest.columns`` has them, and the tokens as they are
        shown, one space between; in JSON the records of the terminal's ``--json``

    Raises
    ------
    MissingExtraError
        pyarrow is not installed, for Parquet
    """
    ranked = RankedTest(test, rows, check_statistic(statistic), by)
    if kind == "json":
        return Reply(to_json(ranked).encode(), "application/json", f"{_NAME}.json")
    columns = {**ranked.columns(), "tokens": _tokens(test, rows)}
    if kind == "csv":
        return Reply(_csv(columns), "text/csv; charset=utf-8", f"{_NAME}.csv")
    about = {"what": "rows of a test of directions", **test.record(())}
    return _written(lambda path: write_columns(path, columns, about), f"{_NAME}.parquet")


def saved(tested: Tested) -> Reply:
    """A test as ``tokensphere test --save`` keeps it: to be opened again, and to go on from."""
    part = tested.part
    assert part is not None
    return _written(lambda path: save(tested.job, part, path), "result.parquet")


def _written(write: Callable[[Path], None], name: str) -> Reply:
    with TemporaryDirectory(prefix="tokensphere-") as folder:
        path = Path(folder) / name
        write(path)
        return Reply(path.read_bytes(), _PARQUET, name)


def _tokens(test: DirectionTest, rows: Intps) -> list[str]:
    """The nearest tokens of each row as they are shown; no token has a space when it is shown."""
    shown = {id: test.vocabulary.visible(id) for id in np.unique(test.ids[rows]).tolist() if id >= 0}
    return [" ".join(shown[id] for id in ids if id >= 0) for ids in test.ids[rows].tolist()]


def _csv(columns: dict[str, Column]) -> bytes:
    """A line for each row; lists with one space between, nothing for what is not there."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(zip(*map(_cells, columns.values()), strict=True))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cells(column: Column) -> list[str]:
    if not isinstance(column, np.ndarray):
        return [str(one) for one in column]
    if column.ndim > 1:
        return [" ".join(_cell(one) for one in row) for row in column.tolist()]
    return [_cell(one) for one in column.tolist()]


def _cell(value: float) -> str:
    return "" if value != value else repr(value)
