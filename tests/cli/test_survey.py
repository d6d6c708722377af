from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.cli.running import Command, at_terminal, run_cli
from tokensphere.analysis.survey.measure import SurveyMeasurer
from tokensphere.analysis.survey.records import SurveyRecords
from tokensphere.analysis.survey.so_far import survey_so_far
from tokensphere.formats.parquet import read_columns, write_columns

RUN = Command("survey", model=small_model.NAME)
invoke, good, record, fails = RUN.invoke, RUN.good, RUN.record, RUN.fails


@pytest.fixture(autouse=True)
def surroundings(small_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(
        "tokensphere.analysis.survey.job.BLOCK", 110
    )  # so that small surveys have several blocks
    monkeypatch.setattr("tokensphere.analysis.survey.job._PAIRS", 5000)  # enough for 1,275 pairs


@pytest.fixture
def no_work() -> Iterator[None]:
    """Fails the test if a survey starts all the same."""
    with (
        patch.object(SurveyMeasurer, "__init__", side_effect=AssertionError("the work began")),
        patch("tokensphere.analysis.survey.job.random_pair_limit", side_effect=AssertionError("began")),
    ):
        yield


FEW = ("--surrogates", 2)


def interrupted_at(block: int) -> Any:
    """Ctrl-C while the `block`-th block of directions is at work."""
    whole, calls = SurveyMeasurer.measure, []

    def stopped(self: SurveyMeasurer, v: Any) -> SurveyRecords:
        calls.append(len(v))
        if len(calls) == block:
            raise KeyboardInterrupt
        return whole(self, v)

    return patch.object(SurveyMeasurer, "measure", stopped)


# What it prints


def test_the_printed_lists_are_found_again_by_their_names() -> None:
    text = good(*FEW, "-n", 120, "-k", 5, "--seed", 3, "--first", 50, "--centered", "--full")
    assert "seed 3, directions 50 to 169" in text
    assert "random 3/INDEX -k 5 --centered" in " ".join(text.split())
    found = record(*FEW, "-n", 120, "-k", 5, "--seed", 3, "--first", 50, "--centered")
    for entry in found["examples"]["most"]:
        again = run_cli("random", f"3/{entry['index']}", "-k", "5", "--centered", "--json")
        (result,) = json.loads(again.stdout)["results"]
        assert [token["id"] for token in result["neighbors"]] == [t["id"] for t in entry["tokens"]]


def test_json_is_what_the_library_gives(small: ts.EmbeddingSpace) -> None:
    found = record("-n", 130, "--surrogate-law", "gaussian", "--surrogate-seed", 4, "--surrogates", 3)
    want = ts.survey(small, 130, surrogate=ts.SurrogateSpec("gaussian", 4, 3)).to_dict()
    for name, value in json.loads(json.dumps(want)).items():
        assert found[name] == value or name == "model"
    assert found["naming"] is None


# Saving, stopping, going on


@pytest.mark.parametrize("option", [(), ("--centered", "--seed", "5", "--forms")])
def test_a_survey_that_was_stopped_and_continued_is_one_survey(
    option: tuple[str, ...], tmp_path: Path
) -> None:
    whole, part = tmp_path / "whole.parquet", tmp_path / "part.parquet"
    want = good(*option, *FEW, "-n", 300, "--save", whole)
    with interrupted_at(2):
        result = invoke(*option, *FEW, "-n", 250, "--save", part)
    assert result.exit_code == 130
    assert result.stderr == "tokensphere: stopped after 110 of 250 directions\n"
    assert "Of 110 random directions" in result.stdout
    assert "stopped: 110 of 250 directions done" in " ".join(result.stdout.split())
    assert len(read_columns(part)[0]["index"]) == 110
    assert good(*option, *FEW, "-n", 300, "--save", part) == want
    assert part.read_bytes() == whole.read_bytes()


def test_a_survey_that_was_stopped_within_its_surrogates_goes_on_there(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.parquet", tmp_path / "part.parquet"
    want = good(*FEW, "-n", 150, "--save", whole)
    beside, calls = SurveyMeasurer.beside, list[int]()

    def stopped(self: SurveyMeasurer, v: Any, number: int) -> Any:
        calls.append(number)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return beside(self, v, number)

    with patch.object(SurveyMeasurer, "beside", stopped):
        result = invoke(*FEW, "-n", 150, "--save", part, "--json")
    assert result.exit_code == 130 and calls == [1, 1]  # the first is met with the lists themselves
    found = json.loads(result.stdout)
    assert found["directions"] == 150 and found["rates"][0]["own_null"]["draws"] == 1
    null = np.asarray(read_columns(part)[0]["coherence_as_is_k10_surrogates"])
    assert np.isnan(null).sum(axis=0).tolist() == [0, 40]
    with patch.object(SurveyMeasurer, "measure", side_effect=AssertionError("done again")):
        assert good(*FEW, "-n", 150, "--save", part) == want
    assert part.read_bytes() == whole.read_bytes()


def test_without_surrogates_rates_are_beside_all_directions_lists() -> None:
    text = " ".join(good("-n", 100, "--surrogates", 0, "--full").split())
    assert "more alike than 95 % of such lists" in text and "same direction's" not in text
    text = " ".join(good("-n", 100, "--full").split())
    assert "same direction's in all 19 vocabularies with no words" in text


@pytest.mark.slow
def test_stopped_again_and_again(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.parquet", tmp_path / "part.parquet"
    good(*FEW, "-n", 500, "--save", whole)
    for done in (110, 220, 330):
        with interrupted_at(2):
            result = invoke(*FEW, "-n", 500, "--save", part)
        assert f"stopped after {done} of 500" in result.stderr
    with interrupted_at(1):  # nothing new: what is there is shown, and stays
        before = part.read_bytes()
        result = invoke(*FEW, "-n", 500, "--save", part)
        assert result.exit_code == 130 and "Of 330 random directions" in result.stdout
        assert part.read_bytes() == before
    good(*FEW, "-n", 500, "--save", part)
    assert part.read_bytes() == whole.read_bytes()


def test_a_survey_of_minutes_is_kept_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only after Ctrl-C: a machine that dies leaves what was saved last."""
    path = tmp_path / "s.parquet"
    monkeypatch.setattr("tokensphere.run.SAVE_AFTER", -1.0)
    whole, seen = SurveyMeasurer.measure, []

    def watched(self: SurveyMeasurer, v: Any) -> SurveyRecords:
        seen.append(len(read_columns(path)[0]["index"]) if path.exists() else 0)
        return whole(self, v)

    monkeypatch.setattr(SurveyMeasurer, "measure", watched)
    beside, compared = SurveyMeasurer.beside, []

    def watched_beside(self: SurveyMeasurer, v: Any, number: int) -> Any:
        null = np.asarray(read_columns(path)[0]["coherence_as_is_k10_surrogates"])
        compared.append((number, int(np.sum(~np.isnan(null).any(axis=0)))))
        return beside(self, v, number)

    monkeypatch.setattr(SurveyMeasurer, "beside", watched_beside)
    good(*FEW, "-n", 250, "--save", path)
    assert seen == [0, 110, 220]
    assert compared == [(1, 1)] * 3  # after each surrogate, too
    assert len(read_columns(path)[0]["index"]) == 250


def test_stopped_before_anything_is_done(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    with interrupted_at(1):
        result = invoke("-n", 200, "--save", path)
    assert result.exit_code == 130 and result.stdout == "" and not path.exists()
    assert result.stderr.splitlines()[-1] == "tokensphere: stopped"


def test_stopped_without_a_file_shows_what_is_done() -> None:
    with interrupted_at(3):
        result = invoke("-n", 400, "--json", "--surrogates", 0)
    found = json.loads(result.stdout)
    assert result.exit_code == 130 and found["directions"] == 220 and found["directions_asked"] == 400
    want = record("-n", 220, "--surrogates", 0)
    assert {**found, "directions_asked": 220} == want


@pytest.mark.slow
def test_what_is_there_is_not_computed_again(tmp_path: Path, small_path: Path) -> None:
    path = tmp_path / "s.parquet"
    want = good(*FEW, "-n", 250, "--save", path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    with patch.object(SurveyMeasurer, "__init__", side_effect=AssertionError("the work began")):
        assert good(*FEW, "-n", 250, "--save", path) == want
        fewer = good(*FEW, "-n", 120, "--save", path)
        none = record("--surrogates", 0, "-n", 120, "--save", path)
    assert fewer == good(*FEW, "-n", 120)
    assert none == record("--surrogates", 0, "-n", 120)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before  # and keeps all 250
    more = record("--surrogates", 3, "-n", 250, "--save", path)
    assert more == record("--surrogates", 3, "-n", 250)


def test_the_file_holds_every_direction_s_numbers(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    found = record(*FEW, "-n", 150, "-k", 5, "--first", 7, "--save", path)
    columns, metadata = read_columns(path)
    assert metadata["settings"] == found["settings"] and metadata["model"] == found["model"]
    assert np.asarray(columns["index"]).tolist() == list(range(7, 157))
    for entry in found["examples"]["most"]:
        place = entry["index"] - 7
        assert columns["coherence_as_is_k5"][place] == np.float32(entry["coherence"])
        assert columns["alike"][place] == entry["alike"]
        ids = np.asarray(columns["ids_shown"][place]).tolist()
        assert ids == [token["id"] for token in entry["tokens"]]


def test_a_file_of_another_survey_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    good(*FEW, "-n", 100, "--save", path)
    before = path.read_bytes()
    for options, message in (
        (("--seed", "1"), "whose seed is 0, not 1"),
        (("--first", "2"), "whose first is 0, not 2"),
        (("-k", "7"), "whose k is 10, not 7"),
        (("--centered",), "whose centered is False, not True"),
        (("--surrogate-law", "gaussian"), "whose surrogate is 'blockwise', not 'gaussian'"),
        (("--surrogate-seed", "1"), "whose surrogate_seed is 0, not 1"),
    ):
        fails(message, *options, "-n", 200, "--save", path)
        assert path.read_bytes() == before, options


def test_a_file_of_another_model_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    rows = small_model.rows()
    rows[3, 4] += 1
    space = ts.EmbeddingSpace.from_arrays(rows, [f"t{i}" for i in range(len(rows))])
    space.save(tmp_path / "other.npz")
    good("--model", tmp_path / "other.npz", *FEW, "-n", 100, "--save", path)
    before = path.read_bytes()
    fails("holds a survey on another model", "-n", 200, "--save", path)
    assert path.read_bytes() == before


def test_files_that_are_no_survey_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    good(*FEW, "-n", 100, "--save", path)
    columns, metadata = read_columns(path)
    whole = path.read_bytes()

    def refused(message: str) -> None:
        before = path.read_bytes()
        fails(message, "-n", 200, "--save", path)
        assert path.read_bytes() == before

    for damaged in (b"", b"garbage", whole[:-30], whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        refused("damaged or no Parquet file")
    from pyarrow import parquet, table

    parquet.write_table(table({"a": [1, 2]}), path)
    refused("was not saved by tokensphere")
    for said in (b"", b"{", b"[]", b"\xff"):
        said_only = table({"a": [1, 2]}).replace_schema_metadata({b"tokensphere": said})
        parquet.write_table(said_only, path)
        refused("what it says of itself cannot be read")
    write_columns(path, {"a": np.arange(3)}, {"what": "something else"})
    refused("holds no survey; name another file")
    for said_so in ({"what": "survey"}, {**metadata, "key": None}, {**metadata, "key": 3}):
        write_columns(path, columns, said_so)
        refused("holds no survey; name another file")
    write_columns(path, {**columns, "alike": np.arange(100)}, metadata)
    refused("no column 'alike'")


# What cannot be


@pytest.mark.usefixtures("no_work")
def test_mistakes_are_told_before_the_work_begins(tmp_path: Path) -> None:
    fails("must end in .parquet", "-n", 200, "--save", tmp_path / "s.csv")
    fails("No such file", "-n", 200, "--save", tmp_path / "no" / "s.parquet")
    fails("cannot draw", "-n", 200, "--plot", tmp_path / "s.gif")
    fails("No such file", "-n", 200, "--plot", tmp_path / "no" / "s.png")
    (tmp_path / "folder.parquet").mkdir()
    fails("no regular file", "-n", 200, "--save", tmp_path / "folder.parquet")
    with patch.dict("sys.modules", {"pyarrow": None}):
        fails("pip install 'tokensphere[parquet]'", "-n", 200, "--save", tmp_path / "s.parquet")
    fails("99 directions are too few for a survey: ask for 100 or more", "-n", 99)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.parquet"]


def test_lists_that_are_too_long() -> None:
    fails("lists of 5 to 60 neighbours, but they need 2 or more, and at most", "-k", 60, "-n", 100)
    fails("Invalid value for '-k'", "-k", 1)
    fails("Invalid value for '-n'", "-n", 0)
    fails("Invalid value for '--surrogates'", "--surrogates", -1)
    fails("'shuffled' is not one of", "--surrogate-law", "shuffled")


def test_without_pyarrow_nothing_is_saved_but_all_is_shown() -> None:
    with patch.dict("sys.modules", {"pyarrow": None}):
        assert "Of 100 random directions" in good(*FEW, "-n", 100)


# At a terminal


def test_a_terminal_is_told_the_figure_that_it_ends_with() -> None:
    """The first is an estimate with the chance of the last, and the last what the survey says."""
    text = at_terminal("survey", "-n", 120)
    share = r"so far: of ([\d,]+) directions (about )?([\d.]+) % \(([\d.]+)–([\d.]+)\)"
    told = re.findall(rf"{share} have 10 nearest tokens that are clearly more alike than ([^;]+);", text)
    assert told[0][1] and told[-1][0] == "120" and {chance for *_, chance in told} == {"chance (5.0 %)"}
    assert not told[-1][1]
    own = record("-n", 120)["rates"]
    (last,) = (one["own_null"]["at"][0] for one in own
               if (one["centered"], one["forms"], one["k"]) == (False, False, 10))  # fmt: skip
    shown = [last["rate"], *last["interval_95"]]
    assert [float(number) for number in told[-1][2:5]] == [round(100 * number, 1) for number in shown]
    for _, _, rate, low, high, _ in told:
        assert float(low) <= float(rate) <= float(high) and float(low) <= 100 * last["rate"] <= float(
            high
        )


def test_a_running_answer_and_what_a_finer_one_would_take() -> None:
    """In a process of its own whose standard error is a terminal."""
    text = at_terminal("survey", "-n", 120, "--surrogates", 3)
    assert "so far: of 120 directions" in text and "beside 1 vocabulary with no words" in text
    assert "-n 480 (intervals half as wide) would take at most" in text
    assert "--surrogates 99 (chances of 1 %) about" in text


def test_stopped_before_its_vocabularies_are_done_it_ends_with_what_was_told(tmp_path: Path) -> None:
    """Not with a rate of another kind: the running estimate, and that it is one."""
    beside = SurveyMeasurer.beside

    def stopped(self: SurveyMeasurer, v: Any, number: int) -> Any:
        if number == 3:
            raise KeyboardInterrupt
        return beside(self, v, number)

    path = tmp_path / "s.parquet"
    with patch.object(SurveyMeasurer, "beside", stopped):
        result = invoke("-n", 110, "--save", path)
    assert result.exit_code == 130
    text = " ".join(result.stdout.split())
    found = ts.open_survey(ts.load(os.environ["TOKENSPHERE_MODEL"]), path)
    foreseen = survey_so_far(found.settings, found.records)
    assert foreseen is not None and (foreseen.done, foreseen.wanted) == (3, 19)
    assert f"about {100 * foreseen.share.rate:.1f} % (" in text and "3 are done, and the rest" in text
    assert "stopped: 3 of 19 vocabularies with no words done" in text
    assert "about" not in good("-n", 110, "--save", path)
