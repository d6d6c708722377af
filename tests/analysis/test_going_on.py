"""What is done with results: compared, copied, indexed, kept in files, shown in a notebook, drawn."""

from __future__ import annotations

import csv
import json
import pickle
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.analysis.results import every_result, make_labels
from tests.cases import case
from tests.views.test_html import Reader
from tokensphere.analysis.result import Pictured, Result
from tokensphere.views import to_json

COLLECTIONS: dict[str, Callable[[Any], Any]] = {  # and the records that the dict of each has
    "Neighbors": lambda record: record["results"],
    "NamedNeighbors": lambda record: record["results"],
    "LabelList": lambda record: record["labels"],
    "LabelMembers": lambda record: record["tokens"],
    "RankedTest": lambda record: record["results"],
    "Selection": lambda record: record["typical"],
}
ONE_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a key that jq takes without quotes


@pytest.fixture(scope="module")
def results(small: ts.EmbeddingSpace) -> dict[str, Any]:
    return every_result(small)


def test_equal_if_they_tell_the_same(results: dict[str, Any], small: ts.EmbeddingSpace) -> None:
    again = every_result(small)
    for name, result in results.items():
        with case(name):
            assert again[name] is not result and again[name] == result
            assert result != name and not any(
                result == other for kind, other in results.items() if kind != name
            )
            with pytest.raises(TypeError, match="unhashable"):
                hash(result)


def test_what_differs_in_one_thing_is_another(results: dict[str, Any], small: ts.EmbeddingSpace) -> None:
    lists, survey, test = results["Neighbors"], results["Survey"], results["DirectionTest"]
    moved = lists.similarity.copy()
    moved[2, 3] = np.nextafter(moved[2, 3], 2)
    assert replace(lists, similarity=moved) != lists
    assert replace(lists, names=lists.names[::-1]) != lists
    assert replace(lists, settings=replace(lists.settings, forms=True)) != lists
    assert replace(survey, asked=111) != survey
    assert replace(survey, records=survey.records.take(109, 19)) != survey
    assert test.top(3) != test.top(3, sort="T") and test.top(3) != test.top(4)
    other = replace(small.provenance, model="another")
    for name in ("Pair", "Info", "Geometry", "LabelList", "Naming", "Survey", "DirectionTest"):
        assert replace(results[name], provenance=other) != results[name], name


def test_copies_are_equal_and_tell_the_same(results: dict[str, Any]) -> None:
    copies: tuple[Callable[[Any], Any], ...] = (lambda one: pickle.loads(pickle.dumps(one)), deepcopy)
    for name, result in results.items():
        for copy in copies:
            with case(name, copy):
                copied = copy(result)
                assert copied == result and type(copied) is type(result)
                assert str(copied) == str(result) and to_json(copied) == to_json(result)
                assert pickle.loads(pickle.dumps(copied)) == result


def test_a_copied_test_says_what_it_lacks(results: dict[str, Any]) -> None:
    copied = pickle.loads(pickle.dumps(results["DirectionTest"]))
    assert (
        len(copied.directions) == 9
        and copied.order().tolist() == results["DirectionTest"].order().tolist()
    )
    with pytest.raises(ts.InputError, match="no vectors"):
        copied.directions.read(0, 1)


def test_copied_directions_have_their_vectors(small: ts.EmbeddingSpace) -> None:
    v = ts.RandomDirections(small_model.D, 5)
    every: list[Any] = [v, v[:], [" king", 3], ts.TokenSum((" king",), (3,))]
    for given in every:
        made = ts.make_directions(small, given)
        copied = pickle.loads(pickle.dumps(made))
        np.testing.assert_array_equal(copied.read(0, len(made)), made.read(0, len(made)))
        assert list(copied.titles) == list(made.titles) and copied.key == made.key
        assert ts.nearest(small, copied, k=3) == ts.nearest(small, made, k=3)


def test_collections_are_indexed_as_they_are_iterated(results: dict[str, Any]) -> None:
    for name, of in COLLECTIONS.items():
        with case(name):
            result = results[name]
            records = list(result)
            assert records == of(result.to_dict()) and len(records) == len(result)
            assert [result[i] for i in range(len(result))] == records
            assert result[-1] == records[-1]
            with pytest.raises(IndexError):
                result[len(result)]
    assert list(results["RatingsComparison"]) == [results["RatingsComparison"][i] for i in range(2)]
    assert results["Neighbors"][1:3].to_dict()["results"] == list(results["Neighbors"])[1:3]


def test_a_survey_and_a_test_have_a_record_for_each_direction(results: dict[str, Any]) -> None:
    survey, test = results["Survey"], results["DirectionTest"]
    records = list(survey)
    assert [one["index"] for one in records] == list(range(110))
    assert [one["coherence"] for one in records] == survey.coherence.tolist()
    places = survey.examples()["most"].tolist()
    assert [survey[place] for place in places] == survey.to_dict()["examples"]["most"]
    rows, record = list(test), test.to_dict()
    assert len(rows) == len(test) == 9 and rows[4] == record["untestable"][0] == test[-5]
    assert [row for row in rows if "reason" not in row] == record["results"]
    assert test["nearness"] is test.tested["nearness"]
    with pytest.raises(ts.InputError, match="unknown statistic"):
        test["nearnes"]


def test_reprs_are_one_short_line(results: dict[str, Any]) -> None:
    for name, result in results.items():
        assert repr(result).startswith(f"<{name}: ") and repr(result).endswith(">")
        assert len(repr(result)) < 230 and repr(result).isprintable(), name
    evil = ts.EmbeddingSpace.from_arrays(np.eye(3), ["\x1b[2J\u202e", "b", "c"], name="\u202e" * 400)
    assert repr(ts.pair(evil, 0, 1, n_pairs=100)).isprintable()


class Printer:
    """As IPython's, which looks for a method in the classes one after the other."""

    said = ""

    def text(self, text: str) -> None:
        self.said += text


def test_ipython_prints_the_text(results: dict[str, Any]) -> None:
    for name, result in results.items():
        of = next(
            kind for kind in type(result).__mro__ if {"__repr__", "_repr_pretty_"} & set(vars(kind))
        )
        assert "_repr_pretty_" in vars(of), name
        printer = Printer()
        result._repr_pretty_(printer, False)
        assert printer.said == str(result), name


def test_all_are_tables_or_cards_in_a_notebook(results: dict[str, Any]) -> None:
    for name, result in results.items():
        with case(name):
            reader = Reader(result._repr_html_())
            assert {"table", "tr", "td", "bdi"} <= set(reader.tags)
            assert not {"pre", "script", "style", "img"} & set(reader.tags)
            assert any(len(row) > 1 for row in reader.rows)


def test_keys_are_words(results: dict[str, Any]) -> None:
    def keys(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [key for name, inner in value.items() for key in (name, *keys(inner))]
        return [key for inner in value for key in keys(inner)] if isinstance(value, list) else []

    for name, result in results.items():
        assert not [key for key in keys(result.to_dict()) if not ONE_WORD.fullmatch(key)], name


def test_files_have_what_the_result_has(results: dict[str, Any], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for name, result in results.items():
        with case(name):
            for suffix in (".parquet", ".csv", ".json"):
                result.save(tmp_path / f"{name}{suffix}")
            frame = result.to_frame("pyarrow")
            table = parquet.read_table(tmp_path / f"{name}.parquet")
            assert repr(table.to_pydict()) == repr(frame.to_pydict())
            with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                heads, *rows = csv.reader(file)
            assert heads == frame.column_names and len(rows) == len(frame)
            record = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
            assert record.pop("tokensphere") == ts.__version__
            assert record == json.loads(json.dumps(result.to_dict()))


def test_surveys_and_tests_are_opened_again(
    results: dict[str, Any], small: ts.EmbeddingSpace, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    survey, test, table = results["Survey"], results["DirectionTest"], make_labels(small)
    survey.save(tmp_path / "survey.parquet")
    again = ts.open_survey(small, tmp_path / "survey.parquet")
    assert again == survey and again.kept_as == survey.kept_as
    test.save(tmp_path / "test.parquet")
    opened = ts.open_test(small, tmp_path / "test.parquet", labels=table)
    assert opened.kept_as == test.kept_as and str(opened) == str(test)
    assert {**opened.to_dict(), "directions": 0} == {**test.to_dict(), "directions": 0}
    opened.save(tmp_path / "again.parquet")
    assert ts.open_test(small, tmp_path / "again.parquet", labels=table) == opened
    copied = pickle.loads(pickle.dumps(test))
    copied.save(tmp_path / "copied.parquet")
    assert ts.open_test(small, tmp_path / "copied.parquet", labels=table) == opened
    for opens, path in ((ts.open_survey, "test.parquet"), (ts.open_test, "survey.parquet")):
        with pytest.raises(ts.InputError, match="holds no"):
            opens(small, tmp_path / path)


def test_numbers_in_csv_are_exact(results: dict[str, Any], tmp_path: Path) -> None:
    lists = results["Neighbors"]
    lists.save(tmp_path / "lists.csv")
    with (tmp_path / "lists.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["similarity"]) for row in rows] == lists.similarity.ravel().tolist()
    assert [int(row["id"]) for row in rows] == lists.ids.ravel().tolist()


def test_a_file_that_cannot_be_is_refused(results: dict[str, Any], tmp_path: Path) -> None:
    for name in ("pair.xlsx", "pair"):
        with pytest.raises(ts.InputError, match=r"must end in one of \.parquet, \.csv, \.json"):
            results["Pair"].save(tmp_path / name)
    with pytest.raises(ts.InputError, match="cannot write"):
        results["Pair"].save(tmp_path / "nowhere" / "pair.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_pictures(results: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = {name for name, result in results.items() if isinstance(result, Pictured)}
    assert drawn == {
        "Atlas",
        "CloseUp",
        "Comparison",
        "Survey",
        "DirectionTest",
        "RankedTest",
        "Geometry",
    }
    for name in sorted(drawn):
        figure = results[name].plot()
        assert figure.axes and type(figure).__name__ == "Figure", name
    results["RankedTest"].plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert not hasattr(Result, "plot")


def test_a_frame_of_a_package_that_is_named(
    results: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for package in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(package)
        assert type(results["Pair"].to_frame(package)).__module__.startswith(package)
    with pytest.raises(ts.InputError, match="unknown package 'numpy'"):
        results["Pair"].to_frame("numpy")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ts.MissingExtraError, match="pip install polars"):
        results["Pair"].to_frame("polars")
