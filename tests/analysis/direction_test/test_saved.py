"""What a test of directions keeps, and what comes back; who keeps it: tests/test_run.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.analysis.direction_test.spaces import LABELS, D, N, job_of, made
from tests.analysis.tables import label
from tests.cases import case
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.measure import Measured
from tokensphere.analysis.direction_test.statistics import STATISTICS
from tokensphere.analysis.job import Column, difference, work
from tokensphere.errors import FormatError
from tokensphere.formats.parquet import read_columns, write_columns
from tokensphere.labels.table import LabelTable

V = np.random.default_rng(3).standard_normal((50, D))
V[4], V[9, 1] = 0, np.nan


def prepared(directions: Any = None, **options: Any) -> DirectionTestJob:
    given = made(V).grouped(["a"] * 50) if directions is None else directions
    job = job_of(given, **{"draws": 300, **options})
    job.prepare()
    return job


@pytest.fixture(scope="module")
def job() -> DirectionTestJob:
    return prepared()


@pytest.fixture(scope="module")
def done(job: DirectionTestJob) -> Measured:
    return work(job, [])


def test_what_was_saved_comes_back_to_the_bit(
    tmp_path: Path, job: DirectionTestJob, done: Measured
) -> None:
    path = tmp_path / "result.parquet"
    table = job.table(done)
    write_columns(path, table.columns, {**table.about})
    columns, about = read_columns(path)
    assert about["done"] == about["given"] == 50
    again = prepared()
    back = again.restore(columns)
    for name in STATISTICS:
        one, other = back.values[name], done.values[name]
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    for name in ("ids", "similarity", "reason"):
        one, other = getattr(back, name), getattr(done, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    assert json.dumps(again.result(back).to_dict()) == json.dumps(job.result(done).to_dict())


def test_columns_tell_what_the_result_does(job: DirectionTestJob, done: Measured) -> None:
    result, columns = job.result(done), job.table(done).columns
    assert columns["direction"] == result.names and columns["group"] == ["a"] * 50
    assert columns["untestable"][4] == "zero" and columns["untestable"][9] == "not finite"
    for name, found in result.tested.items():
        np.testing.assert_array_equal(columns[name], found.values)
        np.testing.assert_array_equal(columns[f"p_{name}"], found.pvalue)
        np.testing.assert_array_equal(columns[f"q_{name}"], found.qvalue)
    for row, name in enumerate(columns["label_shared"]):
        assert (name != "") == (result.themes.has_theme[row] and result.testable[row])
    assert {len(column) for column in columns.values()} == {50}
    assert "group" not in prepared(V).table(done).columns


def test_the_file_says_what_it_is_of(job: DirectionTestJob, done: Measured) -> None:
    about = json.loads(json.dumps(job.table(done).about))
    assert about["model"]["model"] == "planted" and about["directions"]["what"] == "array"
    assert about["settings"]["k"] == 5 and about["settings"]["null"] == "isotropic"
    assert about["groups"][0]["tested"] == 48 and about["overall"]["untestable"] == 2


def test_another_test_is_not_gone_on_with(job: DirectionTestJob) -> None:
    there = json.loads(json.dumps(job.key))
    few = LabelTable.from_members(N, [(LABELS.labels[0], range(9)), (label("x"), range(8))])
    others: list[tuple[dict[str, Any], str]] = [
        ({"directions": V * 2}, "of other directions"),
        ({"directions": V[:-1]}, "of other directions"),
        ({"k": 4}, "another k"),
        ({"centered": False}, "centring"),
        ({"forms": True}, "forms"),
        ({"directions": made(V).both_ends()}, "one end of each direction"),
        ({"labels": few}, "other labels"),
    ]
    for options, words in others:
        found = difference(prepared(**options), there)
        assert found is not None and words in found, options


def test_another_version_is_not_gone_on_with(job: DirectionTestJob) -> None:
    """Else statistics that are measured in another way would stand beside each other."""
    found = difference(job, job.key | {"version": 1})
    assert found == "of another version of tokensphere"


def test_another_null_name_or_group_may_go_on_from_it(job: DirectionTestJob) -> None:
    """What was measured of the directions depends on neither."""
    there = json.loads(json.dumps(job.key))
    for other in (prepared(law="covariance", seed=3), prepared(made(V).called(list("ab" * 25)))):
        assert difference(other, there) is None


def test_damaged_columns_are_refused(job: DirectionTestJob, done: Measured) -> None:
    changes: dict[str, Callable[[Any], Column] | None] = {
        "nearness": None,
        "neighbor_ids": None,
        "untestable": lambda column: ["bored", *column[1:]],
        "coherence": lambda column: ["x"] * len(column),
    }
    for name, change in changes.items():
        columns = dict(job.table(done).columns)
        old = columns.pop(name)
        if change is not None:
            columns[name] = change(old)
        with case(name), pytest.raises(FormatError, match=name):
            job.restore(columns)
