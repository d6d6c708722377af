"""Commands on models of the user's own: files, folders, and what is in the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.cli.running import Command
from tokensphere.geometry.lens import Lens
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.layout.search import Found

N, D = 30, 8
TOKENS = [f"t{id}" for id in range(N)]
RNG = np.random.default_rng(6)
EMBEDDING, HEAD = (RNG.standard_normal((N, D)).astype(np.float32) for _ in range(2))
NORM = RNG.standard_normal(D).astype(np.float32)
INPUT, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
REPO = "owner/name"
COMMIT = "89abcdef" * 5
RUN = Command()
good, record, fails = RUN.good, RUN.record, RUN.fails


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, no network, and nothing of the user's shell."""
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("TOKENSPHERE_MODEL", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)


def tokenizer_json(tokens: list[str] = TOKENS) -> bytes:
    model = {"type": "WordLevel", "vocab": {token: id for id, token in enumerate(tokens)}}
    return json.dumps({"model": model}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Llama of one matrix for the input, another for the output, and a norm."""
    folder = tmp_path / "my-llama"
    folder.mkdir()
    tensors = {INPUT: EMBEDDING, OUTPUT: HEAD, "model.norm.weight": NORM}
    table: dict[str, Any] = {}
    at = 0
    for name, array in tensors.items():
        offsets = [at, at := at + array.nbytes]
        table[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": offsets}
    head = json.dumps(table).encode()
    body = b"".join(array.tobytes() for array in tensors.values())
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + body)
    (folder / "tokenizer.json").write_bytes(tokenizer_json())
    (folder / "config.json").write_text('{"model_type": "llama", "tie_word_embeddings": false}')
    return folder


def cached(commit: str = COMMIT, revision: str = "main", scale: float = 1.0) -> None:
    """Put `EMBEDDING` into the cache as if it had been fetched."""
    raw = (EMBEDDING * np.float32(scale)).tobytes()
    cache_writer.store(
        REPO,
        revision,
        commit,
        tensor=INPUT,
        dtype="F32",
        shape=EMBEDDING.shape,
        size=len(raw),
        fill=lambda write: write(0, raw),
        files={"tokenizer.json": tokenizer_json()},
        license="mit",
    )
    found = Found(INPUT, None, "Llama", False, ())
    cache_writer.record(REPO, revision, commit, found, matrix="input", tensor=None)


def test_every_command_on_a_folder(folder: Path) -> None:
    for arguments in (
        ["random", "--model", folder], ["info", "--model", folder],
        ["nearest", "t3", "--model", folder], ["pair", "t3", "t4", "--model", folder],
    ):  # fmt: skip
        model = record(*arguments)["model"]
        assert model["model"] == "my-llama" and model["tensor"] == INPUT
        assert "my-llama" in good(*arguments)


def test_results_are_those_of_the_library(folder: Path) -> None:
    expected = ts.nearest(ts.load(folder), ["t3"], k=4).to_dict()
    assert record("nearest", "t3", "-k", 4, "--model", folder)["results"] == json.loads(
        json.dumps(expected["results"])
    )


def test_options_of_the_model(folder: Path, tmp_path: Path) -> None:
    output = record("info", "--model", folder, "--matrix", "output")
    assert output["model"]["tensor"] == OUTPUT and output["model"]["matrix"] == "output"
    folded = record("info", "--model", folder, "--matrix", "output", "--fold-norm")
    assert folded["norms"] != output["norms"] and "norm" in " ".join(folded["model"]["notes"])
    assert record("info", "--model", folder, "--tensor", OUTPUT)["norms"] == output["norms"]
    (tmp_path / "t.txt").write_text("".join(f"my {token}\n" for token in TOKENS))
    assert good("nearest", "my t3", "--model", folder, "--vocabulary", tmp_path / "t.txt")
    np.save(tmp_path / "v.npy", EMBEDDING)
    same = record("info", "--model", tmp_path / "v.npy", "--vocabulary", tmp_path / "t.txt")
    assert same["norms"] == record("info", "--model", folder)["norms"]


def test_a_vocabulary_of_another_format(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(60))
    said = fails("", "info", "--model", folder, "--vocabulary", tmp_path / "t.xls")
    assert "is of no known kind" in said


def test_the_variable_names_the_model_and_an_argument_wins(
    folder: Path, small_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    assert record("info")["model"]["model"] == small_model.NAME
    assert record("info", "--model", folder)["model"]["model"] == "my-llama"


def test_what_is_left_out_is_told(folder: Path) -> None:
    (folder / "tokenizer.json").write_bytes(tokenizer_json(TOKENS[:-4]))
    assert record("info", "--model", folder)["left_out"] == {"zero": 0, "not_finite": 0, "padding": 4}
    assert "4 padding" in good("info", "--model", folder)
    said = record("nearest", "t3", "-k", N - 5, "--model", folder)
    assert said["left_out"] == 4
    found = {neighbor["id"] for neighbor in said["results"][0]["neighbors"]}
    assert found <= set(range(N - 4))


def ids_of(result: dict[str, Any]) -> list[int]:
    return [neighbor["id"] for neighbor in result["neighbors"]]


def test_lists_through_a_lens(folder: Path, tmp_path: Path) -> None:
    """``nearest``, ``test`` and the library have the same."""
    directions = 3 * RNG.standard_normal((2, D))
    np.save(tmp_path / "v.npy", directions)
    of = ("--model", folder, "-k", 3)
    lenses: list[Lens] = ["cosine", "logit", "transformerlens"]
    for lens in lenses:
        near = record("nearest", "--directions", tmp_path / "v.npy", "--lens", lens, *of)
        want = ts.nearest(ts.load(folder, lens=lens), directions, k=3)
        assert [ids_of(one) for one in near["results"]] == want.ids.tolist()
        assert near["model"].get("lens") == (None if lens == "cosine" else lens)
        assert (f"lens {lens}" in good("random", "--lens", lens, *of)) == (lens != "cosine")
        raw = ["--raw"] if lens == "cosine" else []
        tested = record("test", tmp_path / "v.npy", "--lens", lens, "--draws", 9, *raw, *of)
        assert sorted(map(ids_of, tested["results"])) == sorted(want.ids.tolist())
    for options, says in (
        (
            ["--lens", "logit", "--similarity", "cosine"],
            "--lens logit ranks by dot",
        ),
        (["--lens", "logit", "--centered"], "leave out --centered"),
        (["--lens", "cosine", "--similarity", "dot"], "--lens cosine ranks by cosine"),
        (["--lens", "logit", "--matrix", "input"], "is of the output matrix"),
        (["--lens", "cosine", "--matrix", "output", "--fold-norm"], "leave out fold_norm"),
    ):
        fails(says, "nearest", "0/1", "--model", folder, *options)


def test_options_that_do_not_fit(folder: Path) -> None:
    there = "--tensor NAME: lm_head.weight (30 × 8), model.embed_tokens.weight"
    for options, says in (
        (["--fold-norm"], "use matrix 'output'"),
        (["--revision", "main"], "has no revision 'main'"),
        (["--tensor", "absent"], there),
        (["--tensor", "model.norm.weight"], "not a matrix"),
        (["--matrix", "both"], "'both' is not one of"),
        (["--vocabulary", "absent.txt"], "cannot read the vocabulary absent.txt: No such file"),
    ):
        fails(says, "info", "--model", folder, *options)
    for option in ("--tensor", "--vocabulary", "--revision"):
        fails("leave out", "info", option, "x")  # of the bundled model


def test_a_model_that_is_not_there() -> None:
    for model in ("absent.gguf", "./owner/name", "nonsense", "a/b/c"):
        fails(f"no file or folder '{model}'", "random", "--model", model)


def test_a_repository_that_is_not_in_the_cache(tmp_path: Path) -> None:
    assert "not in the cache" in fails("", "random", "--model", REPO)
    assert "no repository of a hub" in fails("", "random", "--model", "owner/na me")
    assert not (tmp_path / "cache").exists()


def test_a_repository_in_the_cache() -> None:
    cached()
    model = record("random", "--model", REPO)["model"]
    assert (model["model"], model["revision"], model["license"]) == (REPO, COMMIT, "mit")
    assert record("nearest", "t3", "--model", f"{REPO}@{COMMIT}")["model"] == model
    assert record("info", "--model", REPO, "--revision", "main")["model"] == model


def test_an_empty_cache(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    assert good("cache", "path") == f"{root}\n"
    assert good("cache", "list") == f"nothing in {root}\n"
    for command in ("path", "list", "verify"):
        said = record("cache", command)
        assert said["path"] == str(root) and said["entries"] == []
    assert "0 of 0" in good("cache", "verify")
    assert f"{REPO} is not in the cache" in fails("", "cache", "remove", REPO)
    assert f"{REPO} is not in the cache" in fails("", "cache", "remove", REPO, "--json")
    assert not root.exists()


def test_the_cache_from_list_to_remove() -> None:
    cached()
    cached("0" * 40, revision="v1", scale=2)
    first, second = record("cache", "list")["entries"]
    assert {first["commit"], second["commit"]} == {COMMIT, "0" * 40}
    assert first["sha256"] != second["sha256"] and first["shape"] == [N, D]
    table = good("cache", "list")
    assert table.count(REPO) == 2 and COMMIT[:12] in table and "30 × 8" in table
    assert "2 of 2 matrices" in good("cache", "verify")
    assert [e["sha256"] for e in record("cache", "verify")["entries"]] == [
        first["sha256"], second["sha256"]
    ]  # fmt: skip
    assert good("cache", "remove", f"{REPO}@v1").startswith("removed 1 ")
    assert [entry["commit"] for entry in record("cache", "list")["entries"]] == [COMMIT]
    assert good("cache", "remove", REPO).startswith("removed 1 ")
    assert record("cache", "list")["entries"] == []
    assert "not in the cache" in fails("", "info", "--model", REPO)


def test_what_was_removed_as_json() -> None:
    cached()
    assert record("cache", "list")["entries"] == record("cache", "remove", REPO)["entries"]
    assert record("cache", "list")["entries"] == []


def test_damage_in_the_cache_is_found(tmp_path: Path) -> None:
    cached()
    (file,) = (tmp_path / "cache").rglob("tokenizer.json")
    file.write_bytes(file.read_bytes().replace(b"t7", b"T7"))
    for options in ([], ["--json"]):
        said = fails("", "cache", "verify", *options)
        assert "tokenizer.json" in said and f"remove {REPO} from the cache" in said


def test_commands_of_the_cache_that_are_wrong() -> None:
    assert "no repository" in fails("", "cache", "remove", "../../etc")
    assert "Missing argument" in fails("", "cache", "remove")
    assert "No such command" in fails("", "cache", "burn")
