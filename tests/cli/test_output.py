"""What commands print for other programs, and the status that they end with."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.cases import case
from tests.cli.running import Command, assert_one_line

RUN = Command()
QUICK = ("--draws", 50, "-k", 4)


@pytest.fixture
def commands(small_path: Path, tmp_path: Path) -> dict[str, tuple[object, ...]]:
    """A command of each kind, without MODEL."""
    np.save(tmp_path / "v.npy", ts.RandomDirections(small_model.D, 4)[:])
    return {
        "random": ("-n", 2, "-k", 3),
        "near": (" king", "-k", 3),
        "pair": (" king", "king"),
        "info": (),
        "labels": (),
        "name": (" Paris", " London", " Tokyo", "--random-directions", 0, "--draws", 99),
        "test": (tmp_path / "v.npy", *QUICK),
        "survey": ("-n", 100, "--surrogates", 2),
        "geometry": ("-n", 20, "--clusters", "3", "--surrogates", 2),
    }


def test_csv_has_the_rows_and_numbers_of_json(
    commands: dict[str, tuple[object, ...]], small_path: Path, few_pairs: None
) -> None:
    rows_of: dict[str, Callable[[Any], int]] = {
        "random": lambda found: sum(len(one["neighbors"]) for one in found["results"]),
        "near": lambda found: sum(len(one["neighbors"]) for one in found["results"]),
        "pair": lambda found: 2,
        "info": lambda found: 1,
        "labels": lambda found: len(found["labels"]),
        "name": lambda found: len(found["labels"]),
        "test": lambda found: len(found["results"]),
        "survey": lambda found: found["directions"],
        "geometry": lambda found: len(found["clusters"]),
    }
    for name, arguments in commands.items():
        with case(name):
            typed = (name, *arguments, "--model", small_path)
            printed = RUN.good(*typed, "--csv")
            heads, *rows = csv.reader(StringIO(printed))
            assert len(rows) == rows_of[name](RUN.record(*typed)) == printed.count("\n") - 1
            assert len(set(heads)) == len(heads) and {len(row) for row in rows} == {len(heads)}
    typed = ("near", " king", "-k", 3, "--model", small_path)
    found = list(csv.DictReader(StringIO(RUN.good(*typed, "--csv"))))
    neighbors = RUN.record(*typed)["results"][0]["neighbors"]
    assert [float(row["similarity"]) for row in found] == [one["similarity"] for one in neighbors]
    assert [int(row["id"]) for row in found] == [one["id"] for one in neighbors]


def test_lists_as_they_are_found_are_one_table(small_path: Path) -> None:
    printed = RUN.good("random", "--model", small_path, "-n", 700, "-k", 2, "--csv")  # of several parts
    assert printed.count("direction,rank") == 1 and printed.count("\n") == 1 + 700 * 2


def test_csv_is_utf_8_in_any_encoding(small_path: Path) -> None:
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "tokensphere", "near", " king", "--model", str(small_path), "--csv"]
    done = subprocess.run([*command, "-k", "50"], capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0 and not done.stderr
    assert "漢" in done.stdout.decode("utf-8") and "␣king" in done.stdout.decode("utf-8")


def test_the_cache_as_csv(small_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    assert RUN.good("cache", "list", "--csv").startswith("what,model,commit,")
    RUN.good("name", " Paris", " London", " Tokyo", "--draws", 99, "--random-directions", 0)
    rows = list(csv.DictReader(StringIO(RUN.good("cache", "list", "--csv"))))
    kept = {one["name"]: one["bytes_on_disk"] for one in RUN.record("cache", "list")["computed"]}
    assert kept and {row["model"]: int(row["bytes_on_disk"]) for row in rows} == kept


def test_one_form_of_output() -> None:
    RUN.fails("give --json or --csv, not both", "random", "--csv", "--json")
    RUN.fails("give --jsonl or --csv, not both", "random", "--jsonl", "--csv")
    RUN.fails("give --json or --jsonl, not both", "near", " king", "--jsonl", "--json")
    RUN.fails("give --json or --csv, not both", "info", "-m", "no/such/model", "--json", "--csv")


def test_directions_are_saved_as_npy_alone(tmp_path: Path) -> None:
    for name in ("x.parquet", "x.csv", "x"):
        RUN.fails("name it x.npy", "random", "-m", "no/such/model", "--save", tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_statuses(small_path: Path, tmp_path: Path) -> None:
    """2: type it otherwise; 1: it failed; 130: stopped."""
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(small_path.read_bytes()[:200])
    (tmp_path / "labels.tsv").write_bytes(b"\xff\xfe\x00")
    for status, arguments in (
        (2, ("randon",)),
        (2, ("random", "--n")),
        (2, ("random", "-n", "0")),
        (2, ("random", "-m", small_path, "-k", "9999")),
        (2, ("near", "nosuchtoken", "--model", small_path)),
        (2, ("near",)),
        (2, ("pair", " king", " king", "--model", small_path)),
        (2, ("test", "x.npy", "--null", "sample")),
        (1, ("info", "-m", tmp_path / "none.gguf")),
        (1, ("info", "-m", damaged)),
        (1, ("near", "--directions", tmp_path / "none.npy", "--model", small_path)),
        (1, ("labels", "-m", small_path, "--labels", tmp_path / "labels.tsv")),
    ):
        with case(*arguments):
            assert_one_line(RUN.invoke(*arguments), status=status)
    for status, error in ((1, ts.MissingExtraError("x")), (1, OSError(28, "full")), (1, MemoryError()),
                          (2, ts.InputError("x"))):  # fmt: skip
        with patch("tokensphere.analysis.info.info", side_effect=error), case(error):
            assert_one_line(RUN.invoke("info", "-m", small_path), status=status)
    with patch("tokensphere.analysis.info.info", side_effect=KeyboardInterrupt):
        stopped = RUN.invoke("info", "-m", small_path)
    assert (stopped.exit_code, stopped.stdout) == (130, "")
    assert stopped.stderr.strip() == "tokensphere: stopped"  # below the ^C of a terminal


def test_help_says_what_statuses_mean() -> None:
    said = " ".join(RUN.good("--help").split())
    assert "0 done, 1 failed" in said and "2 wrong options" in said and "130 stopped" in said


def test_keys_need_no_quotes(
    commands: dict[str, tuple[object, ...]], small_path: Path, few_pairs: None
) -> None:
    def keys(value: object) -> list[str]:
        if isinstance(value, dict):
            return [key for name, inner in value.items() for key in (name, *keys(inner))]
        return [key for inner in value for key in keys(inner)] if isinstance(value, list) else []

    for name, arguments in commands.items():
        found = json.loads(RUN.good(name, *arguments, "--model", small_path, "--json"))
        assert not [key for key in keys(found) if not key.isidentifier()], name
    found = [RUN.record("cache", "list"), RUN.record("info", "--system")]
    assert not [key for key in keys(found) if not key.isidentifier()]
