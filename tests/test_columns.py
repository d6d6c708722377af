"""What a column may hold: the first row that is wrong is told, and what should be there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.cases import case
from tokensphere.columns import Numbers, Schema, Texts, check_columns, check_rows, sound
from tokensphere.errors import FormatError

GOOD: dict[str, Any] = {
    "id": np.array([[3, 1], [0, 2], [4, 3]], dtype=np.int32),
    "value": np.array([0.5, np.nan, -1.0]),
    "falling": np.array([[2.0, 1.0], [1.0, 1.0], [0.5, -7.0]]),
    "why": ["", "zero", ""],
}
SCHEMA: Schema = {
    "id": Numbers(np.int32, 0, 4, width=2, different=True, among=np.array([1, 1, 1, 1, 1], dtype=bool)),
    "value": Numbers(np.float64, -1, 1, nan=True),
    "falling": Numbers(np.float64, width=2, falling=True),
    "why": Texts(("", "zero")),
}


def told(columns: dict[str, Any], schema: Any = SCHEMA, **how: Any) -> str:
    with pytest.raises(FormatError) as caught:
        check_columns(columns, schema, **how)
    assert not sound(columns, schema) or how
    return str(caught.value)


def test_what_is_as_declared_is_sound() -> None:
    check_columns(GOOD, SCHEMA)
    check_columns({**GOOD, "more": ["x"]}, SCHEMA)
    assert sound(GOOD, SCHEMA)
    none = {name: column[:0] for name, column in GOOD.items()}
    assert sound(none, SCHEMA) and sound({}, {}) and not sound({}, SCHEMA)


def test_the_first_wrong_row_is_told() -> None:
    def changed(name: str, place: Any, value: Any) -> dict[str, Any]:
        column = GOOD[name].copy()
        column[place] = value
        return {**GOOD, name: column}

    for columns, message in (
        (changed("id", (2, 1), 5), "column 'id' has 5 in row 2, not between 0 and 4"),
        (changed("id", (1, 0), -1), "column 'id' has -1 in row 1, not between 0 and 4"),
        (changed("id", (0, 1), 3), "column 'id' has [3 3] in row 0, not without any twice"),
        (changed("value", 1, 1.5), "column 'value' has 1.5 in row 1, not between -1 and 1 or NaN"),
        (changed("value", 2, np.inf), "column 'value' has inf in row 2, not between -1 and 1 or NaN"),
        (
            changed("falling", (1, 1), 1.5),
            "column 'falling' has [1. 1.5] in row 1, not in descending order",
        ),
        (changed("falling", (0, 0), np.nan), "column 'falling' has nan in row 0, not a finite number"),
        (changed("falling", (0, 0), np.inf), "column 'falling' has inf in row 0, not a finite number"),
        (changed("why", 2, "x\n"), r"column 'why' has 'x\n' in row 2, not one of '', 'zero'"),
        ({**GOOD, "why": np.arange(3)}, "column 'why' has 0 in row 0, not one of '', 'zero'"),
        ({**GOOD, "why": [""]}, "column 'why' has 1 rows, others 3"),
    ):
        with case(message):
            assert told(columns) == message
    among = {"id": Numbers(np.int32, 0, 4, width=2, among=np.array([1, 1, 0, 1, 1], dtype=bool))}
    assert told(GOOD, among) == "column 'id' has 2 in row 1, not the id of a token that can be found"


def test_a_column_of_another_type_is_as_good_as_none() -> None:
    missing = {name: column for name, column in GOOD.items() if name != "id"}
    assert told(missing) == "there is no column 'id' as this version has it"
    for name, column, message in (
        ("id", GOOD["id"].astype(np.int64), "it holds int64 by 2, not int32 by 2"),
        ("id", GOOD["id"][:, :1], "it holds int32 by 1, not int32 by 2"),
        ("id", GOOD["id"][:, 0], "it holds int32, not int32 by 2"),
        ("value", ["x"] * 3, "it holds <U1, not float64"),
    ):
        with case(name, message):
            want = f"there is no column {name!r} as this version has it: {message}"
            assert told({**GOOD, name: column}) == want
    lone: dict[str, Any] = {**GOOD, "value": np.float64(1)}
    assert not sound(lone, SCHEMA)


def test_some_rows_may_be_other_than_the_rest() -> None:
    there = np.array([True, False, True])
    full = {"value": Numbers(np.float64, -1, 1)}
    check_columns(GOOD, full, where=there)
    assert told(GOOD, full) == "column 'value' has nan in row 1, not between -1 and 1"
    none = {"value": Numbers(np.float64, 1, 0, nan=True)}
    check_columns(GOOD, none, where=~there)
    assert told(GOOD, none, where=there) == "column 'value' has 0.5 in row 0, not NaN"
    low = {"value": Numbers(np.float64, 0, 1)}
    assert told(GOOD, low, where=there) == "column 'value' has -1 in row 2, not between 0 and 1"


def test_columns_are_compared_by_rows() -> None:
    value = GOOD["value"]
    check_rows("value", value, np.ones(3, dtype=bool), "so")
    with pytest.raises(FormatError, match=r"column 'value' has nan in row 1, not the mean"):
        check_rows("value", value, np.array([True, False, False]), "the mean")
    with pytest.raises(FormatError, match=r"column 'id' has \[0 2\] in row 1, not so"):
        check_rows("id", GOOD["id"], np.array([[True] * 3, [True, True, False], [False] * 3]), "so")
