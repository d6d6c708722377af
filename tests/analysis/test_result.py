"""Every result becomes a data frame of the numbers that its dict has."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

import tokensphere as ts
from tests.analysis.results import every_result
from tokensphere.analysis.result import Result
from tokensphere.errors import MissingExtraError

FRAMES = ("pandas", "polars", "pyarrow")


@pytest.fixture(scope="module")
def results(small: ts.EmbeddingSpace) -> dict[str, Any]:
    return every_result(small)


def of_neighbors(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"rank": n["rank"], "id": n["id"], "token": n["token"], "similarity": n["similarity"]}
        | ({"name": r["name"], "p_familywise": r["p_familywise"]} if "name" in r else {})
        for r in record["results"]
        for n in r["neighbors"]
    ]


def of_test(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"direction": r["direction"], "group": r["group"], "verdict": r["verdict"], "null": r["null"]}
        | {
            f"{prefix}{name}": r[name][value]
            for name in ("nearness", "cosine", "coherence", "label", "any")
            for prefix, value in (("", "value"), ("p_", "p"), ("q_", "q"))
        }
        | {"neighbor_ids": [n["id"] for n in r["neighbors"]]}
        for r in record["results"]
    ]


def of_pair(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "rows": name,
            "cosine": record[name]["cosine"],
            "share_low_95": record[name]["share_interval_95"][0],
        }
        for name in ("raw", "centered")
    ]


def of_summary(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "tokens": record["shape"][0],
            "dimensions": record["shape"][1],
            "mean_cosine": record["mean_cosine"],
        }
        | {f"norm_{name}": norm for name, norm in record["norms"].items()}
        | {f"kind_{name}": count for name, count in record["kinds"].items()}
        | {f"left_out_{name}": count for name, count in record["left_out"].items()}
    ]


def of_geometry(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "clustering": one["name"],
            "icc": one["closed_form"]["icc"],
            "different": one["different"]["mean"],
        }
        for one in record["clusters"]
    ]


def of_system(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = ("python", "platform", "processor", "processors", "usable", "kernel")
    return [record["packages"] | {name: record[name] for name in names}]


def of_ends(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = record["close_up"]
    return [
        {name: one[name] for name in ("rank", "id", "similarity")}
        for one in (*found["neighbors"], *found["other_end"]["neighbors"])
    ]


def of_raters(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"rater": rater["name"], "urn": urn, "share": share["share"]}
        for rater in record["raters"]
        for urn, share in rater["rates"].items()
    ]


def of_models(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for one in record["models"]:
        facts = {
            "tokens": one["shape"][0],
            "dimensions": one["shape"][1],
            "mean_cosine": one["mean_cosine_different"],
            "effective_dimensions": one["effective_dimensions"],
            "median_norm": one["norms"]["median"],
        }
        for rows_are, rate in one["rates"].items():
            facts[f"rate_{rows_are}"] = rate["rate"]
            facts[f"hub_skewness_{rows_are}"] = one["hubs"][rows_are]["skewness"]
            facts[f"never_listed_{rows_are}"] = one["hubs"][rows_are]["share_never_listed"]
        rows += [{"figure": figure, "value": value} for figure, value in facts.items()]
    (pair,) = record["pairs"]
    figures = {
        "shared_tokens": pair["shared"]["n"],
        "overlap": pair["nearest"]["overlap"]["value"],
        "rsa": pair["rsa"]["value"],
        "cka": pair["cka"]["value"],
        "procrustes_distance": pair["rotation"]["distance"],
        "cosine_after_rotation": pair["rotation"]["mean_cosine"],
        **{f"rate_difference_{of}": one["difference"] for of, one in pair["differences"].items()},
    }
    return [*rows, *({"figure": figure, "value": value} for figure, value in figures.items())]


# Whose rows have more in the dict.
PARTLY = (
    "LabelMembers",
    "LabelList",
    "Naming",
    "RatingResult",
    "Selection",
    "TokenMap",
)  # whose rows have more in the dict


def of_atlas(record: Any) -> list[dict[str, Any]]:
    rows = []
    for model in record["models"]:
        facts, rates = model["facts"] or {}, model["rates"]
        row = {name: model[name] for name in ("id", "control", "asked", "failed")}
        row |= {name: facts.get(name) for name in ("tokens", "dimensions", "mean_cosine")}
        row["rate_centered"] = rates and rates["centered"]["rate"]
        row["rate_raw_high"] = rates and rates["raw"]["interval_95"][1]
        row["never"] = rates and rates["never"]
        rows.append(row | {"tag_family": model["tags"].get("family")})
    return rows


# What the rows of a frame are in the dict.
ROWS: dict[str, Any] = {
    "Atlas": of_atlas,
    "AtlasState": lambda record: record["models"],
    "Neighbors": of_neighbors,
    "NamedNeighbors": of_neighbors,
    "Naming": lambda record: record["labels"],
    "LabelList": lambda record: record["labels"],
    "LabelMembers": lambda record: record["tokens"],
    "Pair": of_pair,
    "Info": of_summary,
    "DirectionTest": of_test,
    "RankedTest": of_test,
    "CloseUp": of_ends,
    "Geometry": of_geometry,
    "System": of_system,
    "Selection": lambda record: record["typical"],
    "TokenMap": lambda record: record["tokens"],
    "Card": lambda record: of_neighbors({"results": [record]}),
    "Cards": lambda record: of_neighbors({"results": record["cards"]}),
    "RatingResult": lambda record: record["ratings"],
    "RatingsComparison": of_raters,
    "Comparison": of_models,
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_frame_has_the_numbers_of_the_dict(results: dict[str, Any]) -> None:
    pytest.importorskip("pandas")
    for name, rows_of in ROWS.items():
        frame = results[name].to_frame()
        rows = rows_of(results[name].to_dict())
        if name == "DirectionTest":
            assert len(frame) == 9 and frame["untestable"].tolist().count("zero") == 1
            frame = frame[frame["untestable"] == ""]
        assert len(frame) == len(rows) > 0, name
        for column in (rows[0].keys() & set(frame.columns)) - {"ids"}:  # of ratings as text
            found = [None if value != value else value for value in frame[column].tolist()]
            assert found == [row[column] for row in rows], f"{name}: {column}"
        assert len(rows[0].keys() & set(frame.columns)) >= 2, name
        assert name in PARTLY or rows[0].keys() <= set(frame.columns), name


def test_a_survey_has_a_row_for_each_direction(results: dict[str, Any]) -> None:
    survey = results["Survey"]
    frame = survey.to_frame()
    assert frame["index"].tolist() == list(range(110))
    assert frame["coherence_as_is_k4"].tolist() == survey.coherence.tolist()
    assert frame["ids_shown"].tolist() == survey.records.shown.tolist()


def test_two_models_have_a_row_for_each_token_that_they_share(results: dict[str, Any]) -> None:
    pair = results["Likeness"]
    frame, record = pair.to_frame(), pair.to_dict()
    assert len(frame) == len(pair) == record["shared"]["n"]
    by_ids = {
        ids: row for row, ids in enumerate(zip(frame["first_id"], frame["second_id"], strict=True))
    }
    for token in record["tokens"]["most_stable"]:
        row = by_ids[tuple(token["ids"])]
        for name in ("token", "bytes", "word", "shared_neighbors", "cosine_after_rotation"):
            assert frame[name][row] == token[name]
        near = [set(ids) for ids in token["neighbors"]]
        assert len(near[0] & near[1]) <= token["shared_neighbors"] <= 4


def test_every_kind_of_result_is_tried(results: dict[str, Any]) -> None:
    def below(kind: type) -> set[str]:
        own: list[type] = kind.__subclasses__()
        return {each.__name__ for each in own}.union(*map(below, own))

    assert below(Result) - {"Pictured"} == set(results) == {*ROWS, "Survey", "Likeness"}


def as_lists(frame: Any, package: str) -> dict[str, Sequence[Any]]:
    if package == "pandas":
        return {str(name): frame[name].tolist() for name in frame.columns}
    columns: dict[str, Sequence[Any]] = (
        frame.to_pydict() if package == "pyarrow" else frame.to_dict(as_series=False)
    )
    return columns


def same(values: Any) -> Any:
    """What is not there as None; to pandas it may be NaN, beside which whole numbers are floats."""
    if isinstance(values, Sequence) and not isinstance(values, str):
        return [same(value) for value in values]
    return None if values != values else values


def test_the_first_package_that_is_there_makes_the_frame(
    results: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in FRAMES:
        pytest.importorskip(package)
    want = {name: as_lists(result.to_frame(), "pandas") for name, result in results.items()}
    for package in FRAMES:
        for name, result in results.items():
            frame = result.to_frame()
            assert type(frame).__module__.startswith(package), (package, name)
            found = as_lists(frame, package)
            assert list(found) == list(want[name]), (package, name)
            for column, values in found.items():
                assert same(values) == same(want[name][column]), (package, name, column)
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match="pip install pandas"):
        results["Pair"].to_frame()


def test_no_package_is_loaded_before_a_frame_is_asked_for() -> None:
    code = (
        "import sys, tokensphere as ts\n"
        "space = ts.load()\n"
        "print(ts.nearest(space, ' Paris'))\n"
        "assert not {'pandas', 'polars', 'pyarrow'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
