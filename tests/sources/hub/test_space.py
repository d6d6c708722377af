"""A repository by its name, from Python and the command line: first from a hub, then from the cache."""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.cli.running import run_cli
from tests.sources.hub.server import COMMIT, HubServer, gpt2_files, gpt2_large, used
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.sources.cache import entries as cache

_REASON = "huggingface_hub is missing: pip install 'tokensphere[hub]'"
pytest.importorskip("huggingface_hub", reason=_REASON)

REPO = "openai-community/gpt2-large"
FILES = gpt2_files(n=200)
TENSORS = gpt2_large(n=200)
MATRIX, NORM = TENSORS["wte.weight"], TENSORS["ln_f.weight"]
TOKENS = [*(b" token%d" % id for id in range(199)), b"<|endoftext|>"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with a small GPT-2, and an empty cache."""
    monkeypatch.delenv("TOKENSPHERE_MODEL", raising=False)
    with used(monkeypatch, tmp_path / "cache") as hub:
        hub.repos[REPO] = dict(FILES)
        yield hub


def is_mapped(array: npt.NDArray[Any]) -> bool:
    """Whether an array is a view of a file rather than memory of its own."""
    base: Any = array
    while isinstance(base, (np.ndarray, memoryview)):
        if isinstance(base, np.memmap):
            return True
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return isinstance(base, mmap.mmap)


def test_vectors_tokens_and_where_they_come_from(server: HubServer) -> None:
    seen: list[tuple[int, int]] = []
    space = ts.load(REPO, progress=lambda done, total: seen.append((done, total)))
    np.testing.assert_array_equal(space.vectors, MATRIX)
    assert space.vocabulary.tokens == TOKENS
    assert space.vocabulary.kind_counts() == {"normal": 199, "control": 1}
    about = space.provenance
    assert (about.model, about.revision, about.license) == (REPO, COMMIT, "mit")
    assert (about.tensor, about.matrix, about.dtype) == ("wte.weight", "input", "F32")
    assert about.sha256 == hashlib.sha256(MATRIX.tobytes()).hexdigest()
    assert about.source == f"hub: {REPO}"
    assert seen[-1] == (MATRIX.nbytes, MATRIX.nbytes)


Matrices = Literal["input", "output"]
BOTH: tuple[Matrices, ...] = ("input", "output")


def as_folder(tmp_path: Path) -> Path:
    """The repository's files on disk."""
    folder = tmp_path / "gpt2-large"
    folder.mkdir()
    for name, raw in FILES.items():
        (folder / name).write_bytes(raw)
    return folder


def test_the_same_as_from_the_files_on_disk(server: HubServer, tmp_path: Path) -> None:
    folder = as_folder(tmp_path)
    for matrix in BOTH:
        far, near = ts.load(REPO, matrix=matrix), ts.load(folder, matrix=matrix)
        np.testing.assert_array_equal(far.vectors, near.vectors)
        assert far.vocabulary.tokens == near.vocabulary.tokens
        assert far.vocabulary.kinds.tolist() == near.vocabulary.kinds.tolist()
        one, other = far.provenance, near.provenance
        assert (one.tensor, one.sha256, one.dtype) == (other.tensor, other.sha256, other.dtype)


def test_the_same_notes_as_from_the_files_on_disk(server: HubServer, tmp_path: Path) -> None:
    folder = as_folder(tmp_path)
    for matrix in BOTH:
        far, near = ts.load(REPO, matrix=matrix), ts.load(folder, matrix=matrix)
        assert far.provenance.notes == near.provenance.notes


def test_the_second_time_no_hub_is_needed(server: HubServer) -> None:
    first = ts.load(REPO)
    server.close()
    asked = len(server.asked)
    for model, revision in ((REPO, None), (REPO, "main"), (f"{REPO}@{COMMIT}", None)):
        again = ts.load(model, revision=revision)
        np.testing.assert_array_equal(again.vectors, MATRIX)
        assert again.provenance == first.provenance
        assert again.vocabulary.tokens == first.vocabulary.tokens
        assert is_mapped(again.vectors) and not again.vectors.flags.owndata
        assert not again.vectors.flags.writeable
    assert len(server.asked) == asked


def test_half_precision_becomes_memory(server: HubServer) -> None:
    half = {name: array.astype(np.float16) for name, array in TENSORS.items()}
    table: dict[str, Any] = {}
    at = 0
    for name, array in half.items():
        offsets = [at, at := at + array.nbytes]
        table[name] = {"dtype": "F16", "shape": list(array.shape), "data_offsets": offsets}
    head = json.dumps(table).encode()
    raw = len(head).to_bytes(8, "little") + head + b"".join(map(np.ndarray.tobytes, half.values()))
    server.repos[REPO]["model.safetensors"] = raw
    for _ in range(2):
        space = ts.load(REPO)
        np.testing.assert_array_equal(space.vectors, half["wte.weight"].astype(np.float32))
        assert space.provenance.dtype == "F16" and not is_mapped(space.vectors)


def test_an_analysis_of_a_mapped_matrix_leaves_the_file_alone(server: HubServer) -> None:
    space = ts.load(REPO)
    result = ts.nearest(space, [" token3"], k=3)
    assert len(result.ids[0]) == 3
    cache.verify(cache.entries()[0])


def test_output_norm_and_tensor(server: HubServer) -> None:
    output = ts.load(REPO, matrix="output", fold_norm=True)
    np.testing.assert_array_equal(output.vectors, MATRIX * NORM)
    assert "final norm" in " ".join(output.provenance.notes)
    assert "input and output" in " ".join(output.provenance.notes)
    server.repos[REPO]["vocab.txt"] = b""
    named = ts.load(REPO, tensor="wte.weight")
    np.testing.assert_array_equal(named.vectors, MATRIX)
    server.close()
    again = ts.load(REPO, matrix="output", fold_norm=True)
    np.testing.assert_array_equal(again.vectors, MATRIX * NORM)
    with pytest.raises(InputError, match="use matrix 'output'"):
        ts.load(REPO, fold_norm=True)


def test_a_lens_is_that_of_the_files_on_disk(server: HubServer, tmp_path: Path) -> None:
    near = ts.load(as_folder(tmp_path), lens="transformerlens")
    far = ts.load(REPO, lens="transformerlens")
    server.close()
    again = ts.load(REPO, lens="transformerlens")
    for space in (far, again):
        np.testing.assert_array_equal(space.vectors, near.vectors)
        assert space.lens == "transformerlens" and space.provenance.notes == near.provenance.notes
    assert not np.array_equal(near.vectors, MATRIX * NORM)


def test_a_vocabulary_of_ones_own(server: HubServer, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps([f"w{id}" for id in range(150)]))
    space = ts.load(REPO, vocabulary=path)
    assert space.vocabulary.token(149) == b"w149" and space.left_out == 50
    path.write_text(json.dumps([f"w{id}" for id in range(201)]))
    with pytest.raises(FormatError, match=r"201 tokens.* 200 rows"):
        ts.load(REPO, vocabulary=path)


def test_a_vocabulary_in_the_home_folder(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "t.json").write_text(json.dumps([f"t{i}" for i in range(150)]))
    assert ts.load(REPO, vocabulary="~/t.json").vocabulary.token(1) == b"t1"


def test_revisions(server: HubServer) -> None:
    assert ts.load(f"{REPO}@v1").provenance.revision == COMMIT
    assert ts.load(REPO, revision="v1").provenance.revision == COMMIT
    assert ts.load(f"{REPO}@v1", revision="v1").provenance.revision == COMMIT
    with pytest.raises(InputError, match="two revisions are named, 'v1' and 'main'"):
        ts.load(f"{REPO}@v1", revision="main")
    with pytest.raises(SourceError, match="@v9 does not exist"):
        ts.load(REPO, revision="v9")


def test_a_refresh_takes_what_the_hub_has_today(server: HubServer) -> None:
    ts.load(REPO)
    server.commit = COMMIT[::-1]
    server.repos[REPO] = gpt2_files(n=200, seed=1)
    np.testing.assert_array_equal(ts.load(REPO).vectors, MATRIX)
    new = ts.load(REPO, refresh=True)
    np.testing.assert_array_equal(new.vectors, gpt2_large(n=200, seed=1)["wte.weight"])
    assert new.provenance.revision == COMMIT[::-1]
    assert ts.load(f"{REPO}@{COMMIT}").provenance.revision == COMMIT
    old = run("info", "--model", REPO, "--revision", COMMIT, "--json")
    assert json.loads(old)["model"]["revision"] == COMMIT
    assert (
        json.loads(run("info", "--model", REPO, "--refresh", "--json"))["model"]["revision"]
        == COMMIT[::-1]
    )


def test_more_tokens_than_rows(server: HubServer) -> None:
    server.repos[REPO]["tokenizer.json"] = gpt2_files(n=205)["tokenizer.json"]
    with pytest.raises(FormatError, match=r"tokenizer\.json.* 20[45] tokens.* 200 rows"):
        ts.load(REPO)


def run(*arguments: str, status: int = 0) -> str:
    result = run_cli(*arguments)
    assert result.exit_code == status, (result.stderr, result.exception)
    assert result.stderr == "" if status == 0 else result.stderr.count("\n") == 1
    return result.stdout if status == 0 else result.stderr


def test_the_command_line_from_fetching_to_removing(server: HubServer, tmp_path: Path) -> None:
    said = json.loads(run("random", "--model", REPO, "--json", "-n", "2", "-k", "3"))
    assert said["model"]["model"] == REPO and said["model"]["revision"] == COMMIT
    expected = ts.nearest(ts.load(REPO), ts.RandomDirections(16, 2), k=3).to_dict()
    assert said["results"] == json.loads(json.dumps(expected["results"]))
    server.close()
    assert run("random", "--model", REPO) == run("random", "--model", f"{REPO}@main")
    assert "two revisions" in run("info", "--model", f"{REPO}@v1", "--revision", "main", status=2)
    (entry,) = json.loads(run("cache", "list", "--json"))["entries"]
    assert entry["model"] == REPO and entry["commit"] == COMMIT and entry["shape"] == [200, 16]
    assert entry["sha256"] == said["model"]["sha256"] and entry["bytes_on_disk"] > MATRIX.nbytes
    assert "1 of 1 matrices" in run("cache", "verify")
    file = cache.entries()[0].tensor_file
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert "its SHA-256 differs" in run("cache", "verify", status=1)
    assert "owner/name" in run("cache", "remove", f"{REPO}@", status=2)
    assert run("cache", "remove", "gpt2-large").startswith("removed 1 ")
    assert run("cache", "list") == f"nothing in {tmp_path / 'cache'}\n"


def test_a_cached_vocabulary_that_was_changed_is_fetched_again(
    server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a line of wrong tokens; and where nothing can be fetched, one line says so."""
    want = ts.load(REPO, matrix="output", fold_norm=True)
    entry = cache.find(REPO, matrix="output")
    assert entry is not None and entry.norm_file is not None
    for path in (entry.path / "tokenizer.json", entry.norm_file):
        raw = bytearray(path.read_bytes())
        raw[-20] ^= 1
        path.write_bytes(raw)
        with monkeypatch.context() as patch:
            patch.setenv("HF_HUB_OFFLINE", "1")
            with pytest.raises(SourceError, match="is not in the cache"):
                ts.load(REPO, matrix="output", fold_norm=True)
        again = ts.load(REPO, matrix="output", fold_norm=True)
        assert again.vocabulary.tokens == want.vocabulary.tokens
        np.testing.assert_array_equal(again.vectors, want.vectors)
        cache.verify(entry)
