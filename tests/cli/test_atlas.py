"""``tokensphere atlas`` as it is typed: begun, gone on with, looked at, and what cannot be."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.atlas.small import save_list
from tests.cases import every
from tests.cli.running import Command, run_cli

ATLAS = Command("atlas")
ASKED = ("-n", 150, "--block", 100, "--threads", 1)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_list(tmp_path_factory.mktemp("models"), shapes={"a": (160, 6)})


@pytest.fixture(scope="module")
def out(models: Path) -> Path:
    """An atlas that is done; the options may stand before the list."""
    out = models.parent / "atlas"
    text = ATLAS.good(*ASKED, "--out", out, models)
    assert "have a coherent list" in text and "a.safetensors, shuffled" in text
    return out


def test_what_is_done_is_shown_again_and_is_what_the_report_says(models: Path, out: Path) -> None:
    again = ATLAS.good(models, "--out", out, *ASKED)
    assert again == ATLAS.good("report", out) == ATLAS.good("run", models, "--out", out, *ASKED)
    found = ATLAS.record("report", out)
    assert [model["title"] for model in found["models"]] == ["a.safetensors", "a.safetensors, shuffled"]
    assert found["settings"]["block"] == 100 and found["work"]["units"] == 4
    rows = list(csv.DictReader(io.StringIO(ATLAS.good("report", out, "--csv"))))
    assert [row["model"] for row in rows] == ["a.safetensors", "a.safetensors, shuffled"]
    assert [float(row["rate_centered"]) for row in rows] == [
        model["rates"]["centered"]["rate"] for model in found["models"]
    ]


def test_how_far_it_is(models: Path, tmp_path: Path) -> None:
    text = ATLAS.good(models, "--out", tmp_path, *ASKED, "--shard", "1/2")  # a part says how far all is
    assert text == ATLAS.good("status", tmp_path) and text.startswith("2 of 4 units")
    state = ATLAS.record("status", tmp_path)
    assert (state["done"], state["units"], state["working"]) == (2, 4, [])
    assert sorted(model["done"] for model in state["models"]) == [0, 2]


def test_pictures_and_pages(out: Path, tmp_path: Path) -> None:
    page, picture = tmp_path / "atlas.html", tmp_path / "atlas.png"
    ATLAS.good("report", out, "--page", page, "--plot", picture)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and "a.safetensors" in text and "://" not in text
    assert picture.read_bytes().startswith(b"\x89PNG")
    refused = run_cli("atlas", "report", str(out), "--page", str(tmp_path / "atlas.txt"))
    assert refused.exit_code == 2 and "must end in .html" in refused.stderr


@every(
    ("arguments", "said"),
    [
        (["models.txt"], "Missing option '--out'"),
        (["models.txt", "--out", "new", "-n", "99"], "99 is not in the range"),
        (["models.txt", "--out", "new", "--block", "9"], "9 is not in the range"),
        (["models.txt", "--out", "new", "--surrogates", "3"], "3 is not in the range"),
        (["models.txt", "--out", "new", "--shard", "3"], "--shard is '3', but must be as 3/64"),
        (["models.txt", "--out", "new", "--workers", "2", "--scheduler", "tcp://x"], "give one"),
        (["models.txt", "--out", "new", "--matrix", "output"], "No such option"),
        (["report", "."], "is no atlas: it has no atlas.json"),
        (["status", "nowhere"], "is no atlas: it has no atlas.json"),
        (["models.txt", "--out", "."], "is no atlas, but not empty"),
        (["models.txt", "--out", "models.txt"], "cannot make the folder"),
    ],
)
def test_what_cannot_be(
    arguments: list[str], said: str, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models.parent)
    result = run_cli("atlas", *arguments)
    assert result.exit_code == 2 and said in result.stderr and result.stdout == ""
    assert result.stderr.count("\n") == 1 and not (models.parent / "new").exists()


def test_a_list_that_is_not_there_and_a_line_that_cannot_be(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models.parent)
    result = run_cli("atlas", "nowhere.txt", "--out", "new")
    assert result.exit_code == 1 and "cannot read the list of models nowhere.txt" in result.stderr
    Path("wrong.txt").write_text("a.safetensors\nb.safetensors tied\n")
    result = run_cli("atlas", "wrong.txt", "--out", "new")
    assert result.exit_code == 2 and "wrong.txt, line 2: 'tied' is no name=value" in result.stderr
    assert not Path("new").exists()


def test_models_that_fail_are_named_and_the_status_is_1(tmp_path: Path) -> None:
    models = save_list(tmp_path / "models", "gone.safetensors", shapes={"a": (160, 6)})
    result = run_cli("atlas", str(models), "--out", str(tmp_path / "out"), *map(str, ASKED), "--json")
    assert result.exit_code == 1
    assert result.stderr.startswith("tokensphere: no result of gone.safetensors: there is no file")
    failed = {model["title"]: model["failed"] for model in json.loads(result.stdout)["models"]}
    assert failed["gone.safetensors"] and failed["a.safetensors"] is None
