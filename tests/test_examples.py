"""The scripts and files in ``examples`` do what they say."""

from __future__ import annotations

import re
import runpy
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(script: str, *arguments: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [script, *map(str, arguments)])
    runpy.run_path(str(EXAMPLES / script), run_name="__main__")


def test_principal_directions(
    tmp_path: Path, small: ts.EmbeddingSpace, small_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "principal.npy"
    run("principal_directions.py", out, small_path, monkeypatch=monkeypatch)
    v = np.load(out).astype(np.float64)
    np.testing.assert_allclose(v @ v.T, np.eye(small.shape[1]), atol=1e-5)
    rows = small.vectors[small.usable].astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1)[:, None]
    variance = ((unit - unit.mean(axis=0)) @ v.T).var(axis=0)
    assert (np.diff(variance) <= 1e-9).all()
    np.testing.assert_allclose(variance.sum(), unit.var(axis=0).sum(), rtol=1e-5)


@pytest.mark.slow  # 10,000 draws on the bundled model
def test_a_decoder_with_planted_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 520 features the first 20 are planted; these lead the list."""
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    run("sae_decoder.py", monkeypatch=monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    first = [int(line[6 : line.index("]")]) for line in lines if line.startswith("W_dec[")]
    assert len(first) == 20 and len(set(first) & set(range(20))) >= 18


@pytest.mark.slow  # learns for half a minute
def test_a_dictionary_learnt_from_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody learns the same, to the byte, and opens it by its folder alone."""
    run("dictionary.py", tmp_path / "sae", monkeypatch=monkeypatch)
    assert capsys.readouterr().out == "8 of 512 features explain 27% of the rows' variance\n"
    content = (tmp_path / "sae" / "sae_weights.safetensors").read_bytes()
    assert sha256(content).hexdigest() == (
        "2fce83d8572381c4015dc2db204a6c3e2323890ea8bbb176968620ac54c85b6a"
    )
    with ts.open_sae(tmp_path / "sae") as sae:
        assert (sae.model, len(sae), sae.d) == ("smollm2-135m-instruct", 512, 576)
        assert sae.names[33] == "hook_embed[33]"
        np.testing.assert_allclose(np.linalg.norm(sae.block(0, 512), axis=1), 1, rtol=1e-5)


@pytest.mark.slow
def test_a_probe_beside_probes_of_shuffled_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    run("probe.py", monkeypatch=monkeypatch)
    printed = capsys.readouterr().out
    right, guessed = map(int, re.findall(r"(\d+)% ", printed.partition("\n")[0].replace("%", "% ")))
    assert right >= 95 and guessed < 80
    assert re.search(r"vector\[0\] .*meaning\n +(9|10)/10 verbs, 3rd person singular present", printed)
    assert "null: sample, 400 draws" in " ".join(printed.split())


def test_vectors_of_gensim(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gensim", reason="gensim is missing: pip install 'tokensphere[gensim]'")
    run("gensim_vectors.py", monkeypatch=monkeypatch)
    *_, ours, theirs = capsys.readouterr().out.splitlines()
    assert ours.startswith("king + woman − man:") and theirs.startswith("by gensim:")
    assert ours.partition(":")[2].split() == theirs.partition(":")[2].split()


@pytest.mark.slow  # a minute
def test_the_notebook_runs_and_its_output_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a kernel of its own; every cell shows again what it shows in the file, but for digits."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    stored = nbformat.read(EXAMPLES / "tutorial.ipynb", as_version=4)
    assert "%pip install" in stored.cells[1].source and "find_spec" in stored.cells[1].source
    again = nbformat.from_dict(stored)
    nbclient.NotebookClient(again, timeout=300, kernel_name="python3").execute()
    shown = [what_it_shows(cell) for cell in stored.cells if cell.cell_type == "code"]
    assert [what_it_shows(cell) for cell in again.cells if cell.cell_type == "code"] == shown
    assert sum(bool(one) for one in shown) >= 7


def what_it_shows(cell: Any) -> list[tuple[str, str]]:
    """Kinds of a cell's outputs, and the words of their HTML."""
    found = []
    for output in cell.outputs:
        assert output.output_type != "error"
        html = str(output.get("data", {}).get("text/html", ""))
        words = re.findall(r"[A-Za-z]{5,}", re.sub(r"<[^>]*>", " ", html))
        found.append((output.output_type, " ".join(words)))
    return found


def test_sums_of_tokens_that_the_bundled_model_has(bundled: ts.EmbeddingSpace) -> None:
    sums = ts.read_token_expressions(EXAMPLES / "groups.txt")
    assert [one.name for one in sums] == ["animals", "colours", "months", "fruit", "unrelated"]
    for one in sums:
        assert len(one.positive) == 5 and not one.negative
        assert all(bundled.vocabulary.id(token) >= 0 for token in one.positive)


def test_pairs_of_tokens_that_the_bundled_model_has(bundled: ts.EmbeddingSpace) -> None:
    sums = ts.read_token_expressions(EXAMPLES / "pairs.txt")
    assert len(sums) == 5
    for one in sums:
        assert len(one.positive) == len(one.negative)
        for token in (*one.positive, *one.negative):
            assert bundled.vocabulary.id(token) >= 0
