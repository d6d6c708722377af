from __future__ import annotations

import json
from pathlib import Path

import pytest

import tokensphere as ts
import tokensphere.cli.naming
from tests import small_model
from tests.cli.running import Command
from tokensphere.analysis.naming.neighbors import name_neighbors
from tokensphere.analysis.survey.sharing import ANY, WORDS
from tokensphere.cli import main

LABELS = "".join(f"{token}\tcities\n" for token in ("␣Paris", "␣London", "␣Tokyo", "Paris", "␣paris"))
RUN = Command(model=small_model.NAME)
good, record, fails = RUN.good, RUN.record, RUN.fails


@pytest.fixture(autouse=True)
def surroundings(small_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.tsv"
    path.write_text(LABELS, encoding="utf-8")
    return path


def test_tokens_are_named_by_labels_of_a_file(file: Path) -> None:
    arguments = ("name", " Paris", "␣London", " Tokyo", " king", "--labels", file, "--draws", 499)
    text = good(*arguments, "--random-directions", 20)
    assert "3 of 4 are cities (" in text and "beside random directions" in text
    found = record(*arguments, "--random-directions", 20)
    assert found["name"] in text and found["settings"]["draws"] == 499
    assert found["settings"]["random_directions"]["count"] == 20
    assert found["themes"][0]["words"] == "cities" and found["themes"][0]["kind"] == "user"
    alone = record(*arguments, "--random-directions", 0, "--kind", "user")
    assert alone["settings"]["random_directions"] is None and alone["eligible_labels"] == 1


def test_draws_are_kept_in_the_cache_and_a_damaged_file_is_no_error(tmp_path: Path, file: Path) -> None:
    few = ("--random-directions", 50, "--draws", 99)
    arguments = ("name", " Paris", " London", " Tokyo", "--labels", file, *few)
    first = good(*arguments)
    kept = sorted((tmp_path / "cache").glob("*/*"))
    assert sorted(path.parent.name for path in kept) == ["labels", "nulls", "nulls"]
    times = [path.stat().st_mtime_ns for path in kept]
    assert good(*arguments) == first
    assert [path.stat().st_mtime_ns for path in kept] == times
    for path in kept:
        path.write_bytes(path.read_bytes()[:200])
    assert good(*arguments) == first
    assert all(path.stat().st_size > 200 for path in kept)


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(file / "below a file"))
    assert "cities" in good(
        "name", " Paris", " London", " Tokyo", "--labels", file, "--random-directions", 5
    )


def test_labels_are_listed(file: Path) -> None:
    everything = record("labels")
    kinds = {label["kind"] for label in everything["labels"]}
    assert {"form", "grammar"} <= kinds and "user" not in kinds
    with_mine = record("labels", "--labels", file)
    assert len(with_mine["labels"]) == len(everything["labels"]) + 1
    text = good("labels", "--labels", file, "--kind", "user")
    assert text.splitlines()[1].split()[:2] == ["cities", "5"]
    members = record("labels", "--label", "cities", "--labels", file)
    assert {token["token"] for token in members["tokens"]} == {
        " Paris", " London", " Tokyo", "Paris", " paris",
    }  # fmt: skip
    assert "␣Tokyo" in good("labels", "--label", "cities", "--labels", file)


def test_mistakes_are_one_line(file: Path, tmp_path: Path) -> None:
    fails("give 3 or more", "name", " Paris", " London")
    fails("given twice", "name", " Paris", " Paris", " London", " Tokyo")
    fails("Missing argument", "name")
    fails("no label is of kind 'colour'", "name", " Paris", " London", " Tokyo", "--kind", "colour")
    fails("no label is of kind 'colour'", "labels", "--kind", "colour")
    fails("near it: cities", "labels", "--labels", file, "--label", "citys")
    fails("missing.tsv", "labels", "--labels", tmp_path / "missing.tsv")
    fails("Lodnon", "name", " Paris", " Lodnon", " Tokyo")


def test_lists_of_random_directions_are_named(small: ts.EmbeddingSpace) -> None:
    plain, text = good("random", "-n", 4), good("random", "-n", 4, "--name")
    assert set(plain.splitlines()) <= set(text.splitlines()) and "p: how often" in text
    found = record("random", "-n", 4, "--name")
    without = record("random", "-n", 4)
    assert "naming" not in without
    named = name_neighbors(small, ts.nearest(small, ts.RandomDirections(small_model.D, 4)))
    for j, (one, other) in enumerate(zip(found["results"], without["results"], strict=True)):
        assert one["neighbors"] == other["neighbors"]
        assert one["p_familywise"] == named.p_list(j)
        assert one["name"] == named.text(j)
        assert one["beyond_random_directions"] is named.beyond_directions(j)


def test_labels_or_kinds_ask_for_names(file: Path) -> None:
    near = ("nearest", " king", "-k", 10, "--labels", file, "--kind", "user")
    found = record(*near)
    assert found["naming"]["kinds"] == ["user"] and found["naming"]["eligible_labels"] == 1
    (result,) = found["results"]
    listed = {neighbor["token"] for neighbor in result["neighbors"]}
    cities = len(listed & {" Paris", " London", " Tokyo", "Paris", " paris"})
    assert [theme["shared"] for theme in result["themes"]] in ([], [cities])
    assert result["name"] in good(*near) or cities >= 3
    assert record("nearest", " king", "--kind", "form")["naming"]["kinds"] == ["form"]
    assert record("random", "--labels", file)["naming"]["draws"] == 9_999
    assert (
        "user" in record("nearest", " king", "--negative", " man", "--labels", file)["naming"]["kinds"]
    )


def test_names_that_cannot_be(file: Path, tmp_path: Path) -> None:
    fails("k must be 3 or more", "random", "--name", "-k", 2)
    fails("no label is of kind 'colour'", "nearest", " king", "--kind", "colour")
    fails("missing.tsv", "random", "--labels", tmp_path / "missing.tsv")
    fails("missing.tsv", "survey", "-n", 100, "--labels", tmp_path / "missing.tsv")


@pytest.mark.slow
def test_a_survey_counts_labels_of_a_file(file: Path) -> None:
    def groups(*arguments: object) -> dict[str, int]:
        found = record("survey", "-n", 100, "-k", 5, *arguments)["naming"]["groups"]
        return {group["group"]: group["n_labels"] for group in found}

    without, with_mine = groups("--name"), groups("--labels", file)
    assert with_mine[ANY] == without[ANY] + 1 and with_mine.get(WORDS) == without.get(WORDS)
    assert with_mine["labels of your own"] == 1 and "labels of your own" not in without


def test_the_cache_lists_and_removes_what_was_computed(tmp_path: Path) -> None:
    good("random", "--name")
    kept = {name: sum(path.stat().st_size for path in (tmp_path / "cache" / name).iterdir())
            for name in ("nulls", "labels")}  # fmt: skip
    listed = json.loads(good("cache", "list", "--json"))["computed"]
    assert {entry["name"]: entry["bytes_on_disk"] for entry in listed} == kept
    assert "draws of random lists" in good("cache", "list")
    assert good("cache", "remove", "nulls").startswith("removed 2 files of nulls, ")
    removed = json.loads(good("cache", "remove", "labels", "--json"))["computed"]
    assert removed == [{"name": "labels", "files": 1, "bytes_on_disk": kept["labels"]}]
    assert good("cache", "list").startswith("nothing in ")


def test_importing_the_module_adds_the_commands() -> None:
    assert main.commands["name"] is tokensphere.cli.naming.name
    assert main.commands["labels"] is tokensphere.cli.naming.labels
