"""What a test found, as a file: the rows that are looked at, or all of it to be opened again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tokensphere._version import __version__
from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import check_statistic
from tokensphere.arrays import Intps
from tokensphere.formats.parquet import write_columns
from tokensphere.geometry.rows import blocks
from tokensphere.run import save
from tokensphere.views.csv import csv_of_columns
from tokensphere.web.endpoint import Reply
from tokensphere.web.tested import Tested

FORMATS = ("csv", "parquet", "json")
_NAME = "directions"
_AT_ONCE = 2_000  # rows that are more than text at a time
_ONE_AT_A_TIME = threading.Lock()  # a hundred thousand rows take some memory
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
    with _ONE_AT_A_TIME:
        if kind == "json":
            return Reply(_json(ranked), "application/json", f"{_NAME}.json")
        columns = {**ranked.columns(), "tokens": _tokens(test, rows)}
        if kind == "csv":
            return Reply(csv_of_columns(columns).encode(), "text/csv; charset=utf-8", f"{_NAME}.csv")
        about = {"what": "rows of a test of directions", **test.record(())}
        return _written(lambda path: write_columns(path, columns, about), f"{_NAME}.parquet")


def saved(tested: Tested) -> Reply:
    """A test as ``tokensphere test --save`` keeps it: to be opened again, and to go on from."""
    part = tested.part
    assert part is not None
    with _ONE_AT_A_TIME:
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


def _json(ranked: RankedTest) -> bytes:
    """The record of the terminal's ``--json``; only some of its rows are in memory as more than text."""
    head = {"tokensphere": __version__, **replace(ranked, rows=ranked.rows[:0]).to_dict(), "results": []}
    before, after = json.dumps(head, allow_nan=False).split('"results": []')
    parts = []
    for part in blocks(len(ranked.rows), _AT_ONCE):
        found = ranked.test.record(ranked.rows[part].tolist())["results"]
        parts += [f"\n{json.dumps(one, allow_nan=False)}" for one in found]
    return f'{before}"results": [{",".join(parts)}]{after}'.encode()
