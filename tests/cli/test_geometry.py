from __future__ import annotations

import json
import re
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
import tokensphere.cli.geometry
from tests import small_model
from tests.cli.running import Command, assert_one_line, at_terminal
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.geometry.surrogate import DEFAULT_LAW

FAST = ("-n", 60, "--clusters", "3,6")
RUN = Command("geometry", model=small_model.NAME)
invoke, good, record = RUN.invoke, RUN.good, RUN.record


@pytest.fixture(autouse=True)
def surroundings(small_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model is what commands use, and no variable of the user's shell is seen."""
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    monkeypatch.delenv("COLUMNS", raising=False)


def test_it_prints_what_the_library_measures(small: ts.EmbeddingSpace) -> None:
    parsed = record(*FAST, "--seed", 3, "-k", 4)
    want = measure_geometry(small, n_directions=60, clusters=(3, 6), seed=3, k=4).to_dict()
    assert parsed == json.loads(json.dumps({"tokensphere": ts.__version__, **want}))


def test_text_ends_with_six_claims() -> None:
    text = good(*FAST)
    assert re.findall(r"^(\d)  claim", text, re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]
    assert "tokensphere survey" in text and "no such two tokens" in text


@pytest.mark.slow
def test_it_is_drawn_and_printed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert "Claims" in good(*FAST, "--plot", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_what_cannot_be_drawn_is_said_before_the_work(tmp_path: Path) -> None:
    with patch("tokensphere.analysis.claims.measure.measure_geometry", side_effect=AssertionError):
        assert_one_line(invoke(*FAST, "--plot", tmp_path / "a.jpg"), "must end in .png, .svg, .pdf")
        assert_one_line(invoke(*FAST, "--plot", tmp_path / "no" / "a.png"), "cannot write")
        with patch("importlib.util.find_spec", return_value=None):
            assert_one_line(
                invoke(*FAST, "--plot", tmp_path / "a.png"), "pip install 'tokensphere[plot]'"
            )


def test_a_labelling_of_ones_own(tmp_path: Path, small: ts.EmbeddingSpace) -> None:
    path = tmp_path / "mine.tsv"
    names = {id: "odd" if id % 2 else "even" for id in range(40)}
    path.write_text(
        "".join(f"{small.vocabulary.visible(id)}\t{name}\n" for id, name in names.items()), "utf-8"
    )
    parsed = record("-n", 60, "--clusters", "none", "--labelling", path)
    (found,) = parsed["clusters"]
    assert found["name"] == "mine.tsv" and found["tokens"] == 40
    assert found["of_clusters"]["names"] == ["even", "odd"]
    assert found["of_clusters"]["size"] == [20, 20]
    assert len(record(*FAST, "--labelling", path)["clusters"]) == 3


def test_lines_of_a_labelling_that_are_no_tokens_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(" king\ta\n queen\tb\n man\ta\n Quetzalcoatl\tb\n", "utf-8")
    result = invoke("-n", 60, "--clusters", "none", "--labelling", path, "-k", 2)
    assert result.exit_code == 0
    assert result.stderr == f"tokensphere: 1 line of {path} names no token of this vocabulary\n"


def test_surrogates_are_as_many_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"id:{id}\t{id % 3}\n" for id in range(40)), "utf-8")
    parsed = record("-n", 60, "--clusters", "none", "--labelling", path, "--surrogates", 3)
    assert parsed["settings"]["surrogates"] == {"count": 3, "law": DEFAULT_LAW}
    assert len(parsed["clusters"][0]["surrogates"]["icc"]) == 3
    assert_one_line(invoke("--surrogates", 1), "Invalid value for '--surrogates'")


def test_numbers_of_clusters_that_are_none() -> None:
    for clusters in ("", "a", "3,", "3;6", "-3", "3.5", "9" * 12):
        assert_one_line(invoke("--clusters", clusters), "must be whole numbers with commas")


def test_other_wrong_arguments(tmp_path: Path, small: ts.EmbeddingSpace) -> None:
    n = small.shape[0]
    assert_one_line(invoke(), f"100 clusters are too many for {n} tokens: ask for {n // 2} or fewer")
    assert_one_line(invoke("--clusters", "none"), "no clusters to look at")
    assert_one_line(invoke("--clusters", "1"), "ask for 2 or more")
    assert_one_line(invoke(*FAST, "-k", n + 1), f"k is {n + 1}")
    assert_one_line(invoke("-n", 1), "Invalid value for '-n'")
    assert_one_line(invoke(*FAST, "--labelling", tmp_path / "no.tsv"), "cannot open")


def test_models_are_named_as_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.random.default_rng(0).standard_normal((80, 6)).astype(np.float32))
    (tmp_path / "words.txt").write_text("".join(f"t{i}\n" for i in range(80)), "utf-8")
    result = invoke("--model", path, "--vocabulary", tmp_path / "words.txt", *FAST, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["n_tokens"] == 80


def test_a_terminal_is_told_which_step_of_how_many() -> None:
    """Neighbours, cosines and a survey; two k-means, also in one vocabulary without words."""
    text = at_terminal("geometry", *FAST, "--surrogates", 3)
    told = [(int(step), int(of)) for step, of in re.findall(r"geometry, step (\d+) of (\d+): ", text)]
    assert told[-1] == (8, 8) and told == sorted(told) and {of for _, of in told} == {8}
