from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokensphere.analysis.direction_test.saved import from_columns, to_columns, to_metadata

from tests.analysis.direction_test.spaces import D, N, labels, planted_space
from tokensphere.analysis.direction_test.job import DirectionTesting
from tokensphere.analysis.direction_test.measure import Measured
from tokensphere.errors import FormatError, InputError
from tokensphere.formats.columns import read_columns
from tokensphere.formats.parquet import write_columns
from tokensphere.labels.table import LabelTable
from tokensphere.statistics.draws import MemoryStore

SPACE, LABELS, STORE = planted_space(), labels(), MemoryStore()
V = np.random.default_rng(3).standard_normal((50, D))
V[4], V[9, 1] = 0, np.nan


def prepared(directions: Any = V, **options: Any) -> DirectionTesting:
    how: dict[str, Any] = {"k": 5, "labels": LABELS, "store": STORE, "groups": ["a"] * len(directions)}
    return DirectionTesting(SPACE, directions, **{**how, **options})


def first(measured: Measured, count: int) -> Measured:
    return Measured(
        measured.statistic[:count], measured.ids[:count], measured.similarity[:count],
        measured.reason[:count],
    )  # fmt: skip


def test_continued_from_a_file_is_as_if_uninterrupted(tmp_path: Path) -> None:
    path = tmp_path / "result.parquet"
    test = prepared()
    (everything,) = test.blocks()
    draws = test.null(300)
    stopped = test.result(first(everything, 20), draws)
    write_columns(path, to_columns(stopped), to_metadata(stopped, test.measured_from))
    columns, metadata = read_columns(path)
    assert metadata["done"] == 20 and metadata["given"] == 50
    again = prepared()
    there = from_columns(columns, metadata, again.measured_from)
    whole = again.join([there, *again.blocks(len(there))])
    for name in ("statistic", "ids", "similarity", "reason"):
        one, other = getattr(whole, name), getattr(everything, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    one, other = again.result(whole, draws), test.result(everything, draws)
    np.testing.assert_array_equal(one.qvalue, other.qvalue)
    assert json.dumps(one.to_dict()) == json.dumps(other.to_dict())


def test_columns_tell_what_the_result_does() -> None:
    test = prepared()
    result = test.result(test.join(list(test.blocks())), test.null(300))
    columns = to_columns(result)
    assert columns["direction"] == list(result.names) and columns["group"] == ["a"] * 50
    assert columns["untestable"][4] == "zero" and columns["untestable"][9] == "not finite"
    np.testing.assert_array_equal(columns["p_label"], result.pvalue[:, 3])
    np.testing.assert_array_equal(columns["q_coherence"], result.qvalue[:, 2])
    shared = columns["label_shared"]
    for row, name in enumerate(shared):
        theme = result.themes.has_theme[row] and result.testable[row]
        assert (name != "") == theme
    assert {len(column) for column in columns.values()} == {50}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"directions": V * 2}, "of other directions"),
        ({"directions": V[:-1]}, "of other directions"),
        ({"k": 4}, "another k"),
        ({"centered": False}, "centring"),
        ({"forms": True}, "forms"),
        ({"both_ends": True, "groups": None}, "one end of each direction"),
        ({"labels": LabelTable.from_members(N, [(LABELS.labels[0], range(9))])}, "other labels"),
    ],
)
def test_another_test_is_not_gone_on_with(options: dict[str, Any], match: str) -> None:
    test = prepared()
    result = test.result(test.join(list(test.blocks())), test.null(100))
    metadata = json.loads(json.dumps(to_metadata(result, test.measured_from)))
    other = prepared(**options)
    with pytest.raises(InputError, match=match) as caught:
        from_columns(to_columns(result), metadata, other.measured_from)
    assert "--fresh" in str(caught.value)


def test_a_file_of_another_version_is_not_gone_on_with() -> None:
    """Else statistics that are measured in another way would stand beside each other."""
    test = prepared()
    result = test.result(test.join(list(test.blocks())), test.null(100))
    metadata = to_metadata(result, test.measured_from | {"version": 1})
    with pytest.raises(InputError, match="another version of tokensphere"):
        from_columns(to_columns(result), metadata, test.measured_from)


def test_another_null_may_go_on_from_it() -> None:
    """What was measured of the directions does not depend on the null."""
    test, other = prepared(), prepared(null="covariance", seed=3)
    result = test.result(test.join(list(test.blocks())), test.null(100))
    metadata = json.loads(json.dumps(to_metadata(result, test.measured_from)))
    assert len(from_columns(to_columns(result), metadata, other.measured_from)) == 50


def test_files_that_are_no_test() -> None:
    test = prepared()
    result = test.result(test.join(list(test.blocks())), test.null(100))
    metadata, columns = to_metadata(result, test.measured_from), to_columns(result)
    with pytest.raises(InputError, match="no test of directions"):
        from_columns(columns, {"what": "survey"}, test.measured_from)
    del columns["nearness"]
    with pytest.raises(FormatError, match="nearness"):
        from_columns(columns, metadata, test.measured_from)
