"""The scripts and files in ``examples`` do what they say."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(script: str, *arguments: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [script, *map(str, arguments)])
    runpy.run_path(str(EXAMPLES / script))


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
