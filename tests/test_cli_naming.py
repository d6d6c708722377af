from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import small_model
from click.testing import CliRunner, Result

import tokensphere as ts
import tokensphere.cli.naming
from tokensphere.cli import main

LABELS = "".join(f"{token}\tcities\n" for token in ("␣Paris", "␣London", "␣Tokyo", "Paris", "␣paris"))


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


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def good(*arguments: object) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 0, result.stderr or result.exception
    assert result.stderr == ""
    return result.stdout


def record(*arguments: object) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(good(*arguments, "--json"))
    assert parsed["tokensphere"] == ts.__version__ and parsed["model"]["model"] == small_model.NAME
    return parsed


def fails(match: str, *arguments: object) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2 and result.stdout == "", result.exception
    assert result.stderr.startswith("tokensphere: ") and result.stderr.count("\n") == 1
    assert match in result.stderr


def test_tokens_are_named_by_labels_of_a_file(file: Path) -> None:
    arguments = ("name", " Paris", "␣London", " Tokyo", " king", "--labels", file, "-n", 499)
    text = good(*arguments, "--directions", 20)
    assert "3 of 4 are cities (" in text and "beside random directions" in text
    found = record(*arguments, "--directions", 20)
    assert found["name"] in text and found["settings"]["draws"] == 499
    assert found["settings"]["random_directions"]["draws"] == 20
    assert found["themes"][0]["words"] == "cities" and found["themes"][0]["kind"] == "user"
    alone = record(*arguments, "--directions", 0, "--kind", "user")
    assert alone["settings"]["random_directions"] is None and alone["eligible_labels"] == 1


def test_draws_are_kept_in_the_cache_and_a_damaged_file_is_no_error(tmp_path: Path, file: Path) -> None:
    arguments = ("name", " Paris", " London", " Tokyo", "--labels", file, "--directions", 50, "-n", 99)
    first = good(*arguments)
    kept = sorted((tmp_path / "cache" / "nulls").iterdir())
    assert len(kept) == 2
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
    assert "cities" in good("name", " Paris", " London", " Tokyo", "--labels", file, "--directions", 5)


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


def test_importing_the_module_adds_the_commands() -> None:
    assert main.commands["name"] is tokensphere.cli.naming.name
    assert main.commands["labels"] is tokensphere.cli.naming.labels
