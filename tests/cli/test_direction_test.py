from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
import tokensphere.cli.direction_test
from tests import small_model
from tests.cli.running import Command
from tokensphere.analysis.direction_test.measure import Measured, Measurer
from tokensphere.analysis.lists import Finder
from tokensphere.directions.named import Directions
from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.formats.parquet import read_columns

D = small_model.D
V = np.random.default_rng(0).standard_normal((50, D)).astype(np.float32)
RUN = Command("test")
invoke, good, record, fails = RUN.invoke, RUN.good, RUN.record, RUN.fails


@pytest.fixture(autouse=True)
def surroundings(small_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "140")


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    path = tmp_path / "probe.npy"
    np.save(path, V)
    return path


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    path = tmp_path / "layers.gguf"
    tensors = {f"blk.{j}.w": ("F32", V[j::5].shape, V[j::5].tobytes()) for j in range(5)}
    write_gguf(path, {"general.name": "layers"}, tensors)
    return path


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many directions were looked up, search by search."""
    found: list[int] = []

    whole = Finder.find

    def counted(self: Finder, vectors: Any, own: Any = ()) -> Any:
        found.append(len(vectors))
        return whole(self, vectors, own)

    monkeypatch.setattr(Finder, "find", counted)
    return found


def test_a_probe_of_numpy(probe: Path, small: ts.EmbeddingSpace) -> None:
    text = good(probe, "--draws", 300, "-k", 4, "--top", 3)
    assert "probe.npy[" in text and "300 random directions, uniform on the sphere" in text
    found = record(probe, "--draws", 300, "-k", 4, "--top", 0)
    search = ts.SearchSettings(4, centered=True)
    want = ts.direction_test(small, V, null=ts.NullSpec("isotropic", 300), search=search)
    assert len(found["results"]) == 50
    by_name = {row["direction"]: row for row in found["results"]}
    for i in range(50):
        row = by_name[f"probe.npy[{i}]"]
        assert row["coherence"]["value"] == want["coherence"].values[i]
        for name in ("nearness", "cosine", "coherence", "label"):
            assert row[name]["p"] == want[name].pvalue[i], name
        assert row["cosine"]["q"] == want["cosine"].qvalue[i]
    assert found["directions"]["sha256"] and found["settings"]["centered"] is True


def test_all_options_reach_the_test(probe: Path, small: ts.EmbeddingSpace, tmp_path: Path) -> None:
    sample = tmp_path / "sample.npy"
    np.save(sample, V[:, ::-1] ** 3)
    own = tmp_path / "labels.tsv"
    own.write_text("".join(f"{token}\tcities\n" for token in ("␣Paris", "␣London", "␣Tokyo", "Paris")))
    options = ["--raw", "--similarity", "dot", "--forms", "--both-ends", "--seed", 3, "--draws", 200]
    for null, law, n_draws in ((f"sample:{sample}", "sample", 50), ("covariance", "covariance", 200)):
        found = record(probe, *options, "-k", 5, "--null", null, "--labels", own)["settings"]
        assert found["null"] == law and found["n_null"] == n_draws and found["seed"] == 3
        assert found["similarity"] == "dot" and found["centered"] is False and found["forms"] is True
        assert found["both_ends"] is True and found["k"] == 5
    one = record(probe, "--null", "sample", "--sample", sample, "--draws", 200)
    other = record(probe, "--null", f"sample:{sample}", "--draws", 200)
    assert one["results"] == other["results"]
    sorted_ = record(probe, "--sort", "T", "--top", 50, "--draws", 50)["results"]
    values = [row["coherence"]["value"] for row in sorted_]
    assert values == sorted(values, reverse=True)
    by_label = record(probe, "--statistic", "label", "--draws", 50)["results"]
    values = [row["label"]["p"] for row in by_label]
    assert values == sorted(values) and len(values) == 20


def test_layers_are_groups_in_their_natural_order(layers: Path, tmp_path: Path) -> None:
    picture = tmp_path / "result.png"
    found = record(f"{layers}:blk.*.w", "--draws", 100, "--plot", picture)
    assert [group["group"] for group in found["groups"]] == [f"blk.{j}.w" for j in range(5)]
    assert all(group["tested"] == 10 for group in found["groups"])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert found["results"][0]["direction"].startswith("blk.")


def test_directions_of_tokens(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text('" king" - " queen"\ndays: " Monday" + " Tuesday"\n', encoding="utf-8")
    text = good("--tokens", path, "--null", "difference", "--draws", 200)
    assert (
        "days" in text
        and '" king" - " queen"' in text
        and "sums of random tokens with its own signs" in text
    )
    assert "Tokens added − subtracted: 1 − 1, 2 − 0; each has a null of its own" in " ".join(
        text.split()
    )
    for tenths, words in (
        ("frequency", "tenth of the ids"),
        ("frequency:norms", "tenth of the lengths"),
    ):
        text = " ".join(good("--tokens", path, "--null", tenths, "--draws", 200).split())
        assert f"As frequent: of the same {words} of all tokens; 2 nulls" in text
    own = " ".join(good("--tokens", path, "--null", "own", "--draws", 200).split())
    assert "Those tested are in the fit of their own mean and covariance." in own
    found = record("--tokens", path, "--draws", 200)
    for row in found["results"]:
        near = {neighbor["token"] for neighbor in row["neighbors"]}
        assert not near & (
            {" king", " queen"} if "king" in row["direction"] else {" Monday", " Tuesday"}
        )


def test_sums_of_tokens_are_beside_as_many_random_tokens_and_vectors_are_not(
    probe: Path, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text('" king" - " queen"\ndays: " Monday" + " Tuesday"\n', encoding="utf-8")
    tokens, named = (
        record("--tokens", path, "--draws", 200, *null) for null in ([], ["--null", "difference"])
    )
    assert tokens["results"] == named["results"]
    assert tokens["settings"]["null_because"] == "directions are sums of tokens"
    assert named["settings"]["null_because"] is None
    text = " ".join(good("--tokens", path, "--draws", 200).split())
    assert "null: difference (directions are sums of tokens), 200 draws" in text
    vectors = record(probe, "--draws", 200)["settings"]
    assert (vectors["null"], vectors["null_because"]) == ("isotropic", "directions are vectors")
    assert "null: isotropic, 200 draws" in " ".join(good(probe, "--draws", 200).split())
    alike = record("--tokens", path, "--draws", 200, "--null", "isotropic")["settings"]
    assert (alike["null"], alike["null_because"]) == ("isotropic", None)


def test_a_cached_null_is_not_drawn_again(probe: Path, searched: list[int]) -> None:
    first = good(probe, "--draws", 1500)
    assert searched == [2048, 50]
    searched.clear()
    assert good(probe, "--draws", 1500) == first
    assert searched == [50]
    searched.clear()
    good(probe, "--draws", 2500)
    assert searched == [1024, 50]


def interrupted_after(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 10 directions, and Ctrl-C after some of them."""

    def some(self: Measurer, given: Directions, start: int = 0) -> Iterator[Measured]:
        for number, (_, vectors, own) in enumerate(given.blocks(start, 10)):
            if number == blocks:
                raise KeyboardInterrupt
            yield self.measure(vectors, own)

    monkeypatch.setattr(Measurer, "blocks", some)


def test_stopped_and_continued_is_as_if_uninterrupted(
    probe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, searched: list[int]
) -> None:
    at_once, save = tmp_path / "at_once.parquet", tmp_path / "result.parquet"
    want = good(probe, "--draws", 300, "--save", at_once)
    with monkeypatch.context() as stopped:
        interrupted_after(2, stopped)
        result = invoke(probe, "--draws", 300, "--save", save)
        assert result.exit_code == 130
        assert result.stderr == "tokensphere: stopped after 20 of 50 directions\n"
        assert "Stopped after 20 of 50 directions" in result.stdout
        assert len(read_columns(save)[0]["cosine"]) == 20
        result = invoke(probe, "--draws", 300, "--save", save)
        assert result.exit_code == 130 and "stopped after 40 of 50" in result.stderr
    searched.clear()
    assert good(probe, "--draws", 300, "--save", save) == want
    assert searched == [10]
    one, other = read_columns(save), read_columns(at_once)
    for name, column in other[0].items():
        np.testing.assert_array_equal(one[0][name], column)
    assert one[1] == other[1]
    searched.clear()
    assert good(probe, "--draws", 300, "--save", save) == want
    assert searched == []  # it is all there


def test_stopped_before_anything_is_done(
    probe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted_after(0, monkeypatch)
    save = tmp_path / "result.parquet"
    result = invoke(probe, "--draws", 300, "--save", save)
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.strip() == "tokensphere: stopped"
    assert not save.exists()


def test_a_file_of_another_test_is_not_touched(probe: Path, tmp_path: Path) -> None:
    save = tmp_path / "result.parquet"
    good(probe, "--draws", 100, "--save", save)
    before = save.read_bytes()
    fails("another k", probe, "--draws", 100, "--save", save, "-k", 5)
    np.save(probe, V * 2)
    fails("of other directions", probe, "--draws", 100, "--save", save)
    assert save.read_bytes() == before
    good(probe, "--draws", 100, "--save", save, "--fresh")
    assert save.read_bytes() != before
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 nothing")
    fails("broken.parquet", probe, "--save", broken)
    other = tmp_path / "other.txt"
    fails("must end in .parquet", probe, "--save", other)


def test_settling(probe: Path) -> None:
    text = " ".join(good(probe, "--draws", 128, "--settle", 0.05, "--most-draws", 1024).split())
    assert "on which side of 0.05 the p of the mean cosine of the 10 nearest lies" in text
    found = record(probe, "--draws", 128, "--settle", 0.05, "--most-draws", 1024)
    assert found["settled"]["n_draws"] == found["settings"]["n_null"] > 128
    sample = record(probe, "--null", f"sample:{probe}", "--settle", 0.05)["settled"]
    assert sample["n_draws"] == 50 and sample["exhausted"] is True and sample["looks"] == 1
    text = " ".join(good(probe, "--null", f"sample:{probe}", "--settle", 0.05).split())
    assert "the sample has no more rows to draw" in text
    fails("--most-draws is 100", probe, "--draws", 200, "--settle", 0.05, "--most-draws", 100)


def test_what_cannot_be_tested_is_listed(tmp_path: Path) -> None:
    bad = V.copy()
    bad[3], bad[7] = 0, np.inf
    path = tmp_path / "bad.npy"
    np.save(path, bad)
    text = " ".join(good(path, "--draws", 100).split())
    assert "2 directions cannot be tested (1 zero, 1 not finite)" in text
    assert [row["direction"] for row in record(path, "--draws", 100)["untestable"]] == [
        "bad.npy[3]",
        "bad.npy[7]",
    ]


def test_bad_input_is_one_line(probe: Path, tmp_path: Path) -> None:
    wide, zero = tmp_path / "wide.npy", tmp_path / "zero.npy"
    np.save(wide, np.ones((3, D + 1)))
    np.save(zero, np.zeros((3, D)))
    fails("give directions in a FILE, or --tokens FILE")
    fails("not both", probe, "--tokens", probe)
    fails("without an axis of length 32", wide)
    fails("none of the 3 directions can be tested (3 zero)", zero, "--draws", 10)
    fails("there is no file or folder", tmp_path / "none.npy")
    fails("unknown null 'normal'", probe, "--null", "normal")
    fails("unknown statistic 'spread': use one of nearness, cosine", probe, "--statistic", "spread")
    for null in ("own:3", f"covariance:{probe}"):
        fails("only sample:FILE, frequency:ids and frequency:norms have a colon", probe, "--null", null)
    fails("unknown tenths 'size': use one of ids, norms", probe, "--null", "frequency:size")
    fails("of vectors nobody knows these", probe, "--null", "frequency")
    fails(
        "a sample is given, but the null is 'frequency'", probe, "--null", "frequency", "--sample", probe
    )
    one = tmp_path / "one.npy"
    np.save(one, V[0])
    fails("the group 'one.npy' has 1; use another null", one, "--null", "own")
    fails("needs a file to draw directions from", probe, "--null", "sample")
    fails("two samples are given", probe, "--null", f"sample:{probe}", "--sample", probe)
    fails("--sample needs --null sample", probe, "--sample", probe)
    fails("the p of 'any' cannot be settled", probe, "--settle", 0.05, "--statistic", "any")
    fails("from 2 to", probe, "-k", 5000)
    fails("must end in .png", probe, "--plot", tmp_path / "x.gif")
    for arguments in (["--draws", 0], ["--settle", 1.5], ["--sort", "size"], ["-k", 1], ["--top", -1]):
        fails(str(arguments[0]), probe, *arguments)
