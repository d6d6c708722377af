from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from tests.cases import case
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.errors import FormatError

SETTINGS = SurveySettings(
    seed=3,
    first=1000,
    k=4,
    ks=(2, 4, 9),
    centered=True,
    forms=False,
    surrogate="matched",
    surrogate_seed=0,
    surrogates=3,
    limit=0.3,
)


def filled(count: int = 7) -> SurveyRecords:
    """Records in which no two numbers are the same, so that none can stand in for another."""
    records = SurveyRecords.empty(SETTINGS, count)
    number = 0
    for field in fields(SurveyRecords):
        array = getattr(records, field.name)
        array[...] = np.arange(number, number + array.size).reshape(array.shape)
        number += array.size
    return records


def assert_equal(one: SurveyRecords, other: SurveyRecords) -> None:
    for field in fields(SurveyRecords):
        a, b = getattr(one, field.name), getattr(other, field.name)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_columns_there_and_back() -> None:
    columns = filled().to_columns(SETTINGS)
    assert columns["index"].tolist() == list(range(1000, 1007))
    assert_equal(SurveyRecords.from_columns(columns, SETTINGS), filled())
    assert sum(column.size for name, column in columns.items() if name != "index") == sum(
        getattr(filled(), field.name).size for field in fields(SurveyRecords)
    )


def test_columns_say_what_they_hold() -> None:
    records, columns = filled(), filled().to_columns(SETTINGS)
    for name, values in {
        "coherence_as_is_k2": records.coherence[:, 0, 0, 0],
        "coherence_centered_k9": records.coherence[:, 1, 0, 2],
        "coherence_centered_k4_forms": records.coherence[:, 1, 1, 1],
        "coherence_as_is_k9_surrogate": records.surrogate[:, 0, 2],
        "coherence_as_is_k9_surrogates": records.nulls[:, :, 0, 0, 2],
        "coherence_centered_k2_forms_surrogates": records.nulls[:, :, 1, 1, 0],
        "largest_cosine_centered": records.largest[:, 1],
        "alike": records.alike,
        "ids_dot": records.ids[:, 2],
        "ids_shown": records.shown,
    }.items():
        np.testing.assert_array_equal(columns[name], values)


def test_parts_are_joined_in_their_order() -> None:
    whole = filled(9)
    parts = [
        SurveyRecords(*(getattr(whole, field.name)[some] for field in fields(SurveyRecords)))
        for some in (slice(0, 4), slice(4, 4), slice(4, 9))
    ]
    assert [len(part) for part in parts] == [4, 0, 5]
    assert_equal(SurveyRecords.join(parts), whole)
    assert_equal(whole.take(4), parts[0])
    assert whole.take(4, 2).nulls.shape == (4, 2, 2, 2, 3)
    np.testing.assert_array_equal(whole.take(4, 2).nulls, whole.nulls[:4, :2])
    assert len(whole.take(100)) == 9 and len(SurveyRecords.empty(SETTINGS)) == 0


def test_columns_of_something_else() -> None:
    changes: list[tuple[str, Any, str]] = [
        ("alike", lambda column: column[:-1], "no column 'alike' as this version has"),
        ("ids_dot", lambda column: column[:, :-1], "no column 'ids_dot'"),
        ("ids_shown", lambda column: column.astype(np.int64), "no column 'ids_shown'"),
        ("coherence_as_is_k2", lambda column: None, "no column 'coherence_as_is_k2'"),
        ("index", lambda column: column + 1, "not one range"),
        ("index", lambda column: column[::-1], "not one range"),
        ("index", lambda column: ["a"] * len(column), "not one range"),
    ]
    for name, change, message in changes:
        columns: dict[str, Any] = dict(filled().to_columns(SETTINGS))
        changed = change(columns.pop(name))
        if changed is not None:
            columns[name] = changed
        with case((name, message)), pytest.raises(FormatError, match=message):
            SurveyRecords.from_columns(columns, SETTINGS)


def test_more_or_fewer_surrogates_than_a_file_has() -> None:
    """Those that are asked for besides are not yet done; of those that are there none is lost."""
    for count in (0, 1, 3, 5):
        settings = replace(SETTINGS, surrogates=count)
        with case(count):
            found = SurveyRecords.from_columns(filled().to_columns(SETTINGS), settings)
            assert_equal(replace(found, nulls=found.nulls[:, :3]), filled())
            assert (
                found.nulls.shape == (7, max(count, 3), 2, 2, 3) and np.isnan(found.nulls[:, 3:]).all()
            )
            assert found.surrogates_done == 3 and found.take(7, count).surrogates_done == min(count, 3)
    none = replace(SETTINGS, surrogates=0)
    columns = filled().take(7, 0).to_columns(none)
    assert not [name for name in columns if name.endswith("surrogates")]
    found = SurveyRecords.from_columns(columns, SETTINGS)
    assert found.nulls.shape == (7, 3, 2, 2, 3) and np.isnan(found.nulls).all()
    assert found.surrogates_done == 0


def test_directions_that_have_fewer_surrogates_are_joined() -> None:
    whole = filled(9)
    few = SurveyRecords.empty(replace(SETTINGS, surrogates=1), 2)
    joined = SurveyRecords.join([whole, few])
    np.testing.assert_array_equal(joined.nulls[:9], whole.nulls)
    assert joined.nulls.shape[:2] == (11, 3) and np.isnan(joined.nulls[9:]).all()
    assert joined.surrogates_done == 0 and joined.take(9).surrogates_done == 3


def test_only_surrogates_that_all_directions_were_compared_with_are_done() -> None:
    for place, number, done in ((6, 2, 2), (0, 1, 1), (3, 0, 0)):
        records = filled()
        records.nulls[place:, number] = np.nan
        with case(place, number):
            assert records.surrogates_done == done
            assert records.take(place).surrogates_done == 3 or place == 0
