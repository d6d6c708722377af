"""What was saved is opened without its settings, and is what it was; or is refused in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import space_of, written
from tests.cases import case
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob
from tokensphere.analysis.survey.result import Survey
from tokensphere.errors import FormatError, InputError, TokensphereError
from tokensphere.formats.parquet import read_columns, write_columns
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.run import go_on

pytest.importorskip("pyarrow")
pytestmark = pytest.mark.usefixtures("few_pairs")


def job_of(space: ts.EmbeddingSpace, directions: Any = 120, count: int = 2, **options: Any) -> SurveyJob:
    search = SearchSettings(5, **options)
    return SurveyJob(space, directions, search=search, ks=(5, 8), surrogate=SurrogateSpec(count=count))


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return space_of(*written())


@pytest.fixture(scope="module")
def saved(
    space: ts.EmbeddingSpace, tmp_path_factory: pytest.TempPathFactory, few_pairs: None
) -> tuple[Path, Survey]:
    path = tmp_path_factory.mktemp("surveys") / "survey.parquet"
    job = job_of(space)
    return path, job.result(go_on(job, save=path).part)


def test_a_survey_is_what_it_was(space: ts.EmbeddingSpace, tmp_path: Path) -> None:
    """Of random directions, of such from another seed and index, and of given ones; all options."""
    later = RandomDirections(16, 100, first=7, seed=3)
    for number, (directions, count, options) in enumerate(
        [(120, 2, {}), (later, 1, {"centered": True, "forms": True}), (later[:], 0, {})]
    ):
        job, path = job_of(space, directions, count, **options), tmp_path / f"{number}.parquet"
        want = job.result(go_on(job, save=path).part)
        found = ts.open_survey(space, str(path))
        with case(number):
            assert found.to_dict() == want.to_dict() and found.settings == want.settings
            for name, column in want.columns().items():
                np.testing.assert_array_equal(found.columns()[name], column)


def test_all_that_a_file_has_is_opened(space: ts.EmbeddingSpace, tmp_path: Path) -> None:
    """More directions and surrogates than were asked for last."""
    path = tmp_path / "x.parquet"
    go_on(job_of(space, 150, 3), save=path)
    go_on(job_of(space, 100, 1), save=path)
    found = ts.open_survey(space, path)
    assert len(found) == found.asked == 150 and found.records.surrogates_done == 3


def test_a_survey_of_another_model_is_refused(saved: tuple[Path, Survey]) -> None:
    rows, tokens = written()
    for other in (space_of(2 * rows, tokens, "other"), space_of(rows, [*tokens[:-1], "x"])):
        with pytest.raises(InputError, match=r"survey\.parquet holds a survey of made up \(input matri"):
            ts.open_survey(other, saved[0])


def changed(path: Path, to: Path, about: Any, rows: int | None = None) -> Path:
    columns, was = read_columns(path)
    write_columns(to, {name: column[:rows] for name, column in columns.items()}, about(was))
    return to


def test_what_is_no_survey_is_refused(
    space: ts.EmbeddingSpace, saved: tuple[Path, Survey], tmp_path: Path
) -> None:
    path, key = saved[0], read_columns(saved[0])[1]["key"]
    wrong: list[tuple[Any, str]] = [
        (lambda was: {}, "holds no survey"),
        (lambda was: {**was, "what": "test"}, "holds no survey"),
        (lambda was: {**was, "key": [1]}, "holds no survey"),
        (lambda was: {**was, "schema": 0}, "another version"),
        (lambda was: {**was, "key": {**key, "version": 1}}, "another version"),
        (lambda was: {**was, "key": {**key, "space": None}, "model": 7}, "of another model"),
    ]
    for number, (about, message) in enumerate(wrong):
        with case(number), pytest.raises(InputError, match=message):
            ts.open_survey(space, changed(path, tmp_path / "x.parquet", about))
    with pytest.raises(InputError, match="only 99 directions of a survey, which needs 100"):
        ts.open_survey(space, changed(path, tmp_path / "x.parquet", lambda was: was, 99))
    with pytest.raises(TokensphereError, match="cannot read"):
        ts.open_survey(space, tmp_path / "none.parquet")


def test_a_key_that_no_survey_has_is_damage(
    space: ts.EmbeddingSpace, saved: tuple[Path, Survey], tmp_path: Path
) -> None:
    """Each setting missing, of every other kind, and out of its range; in one line."""
    path, about = saved[0], read_columns(saved[0])[1]
    outside = {
        "seed": -1,
        "first": -3,
        "k": 1,
        "ks": [8, 5],
        "centered": 1,
        "surrogate_seed": -1,
        "alike_above": 1.5,
    }
    kinds = [-0.5, "\x1b\n", [], {}, 10**30]
    lists = [[5, "8"], [5, 5], [1, 5], [5, True], [5] * 101]
    names = [name for name in about["key"] if name not in ("version", "space", "similarity")]
    assert len(names) == 9
    for name in names:
        for value in [*kinds, outside.get(name, 2), *(lists if name == "ks" else ())]:
            if isinstance(value, int) and name in ("seed", "surrogate_seed") and value > 1:
                continue  # any whole number is one, and nothing in the table contradicts it
            if isinstance(value, float) and name == "alike_above" and abs(value) < 1:
                continue
            key = {**about["key"], name: value}
            made = changed(path, tmp_path / "x.parquet", lambda was, key=key: {**was, "key": key})
            with case(name, value), pytest.raises(FormatError) as told:
                ts.open_survey(space, made)
            assert "\n" not in str(told.value) and "is damaged" in str(told.value)
        key = {kept: value for kept, value in about["key"].items() if kept != name}
        made = changed(path, tmp_path / "x.parquet", lambda was, key=key: {**was, "key": key})
        if name != "seed":  # of directions that were given there is none
            with case(name), pytest.raises(FormatError, match=f"whose {name} is None"):
                ts.open_survey(space, made)


def test_an_opened_survey_can_be_gone_on_with(
    space: ts.EmbeddingSpace, saved: tuple[Path, Survey], tmp_path: Path
) -> None:
    path = changed(saved[0], tmp_path / "x.parquet", lambda was: was)
    settings = ts.open_survey(space, path).settings
    assert replace(settings, surrogates=0) == replace(job_of(space).settings, surrogates=0)
    job = job_of(space, 150, 3)
    found = job.result(go_on(job, save=path).part)
    assert len(found) == 150 and found.records.surrogates_done == 3
    np.testing.assert_array_equal(found.records.shown[:120], saved[1].records.shown)
