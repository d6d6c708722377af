"""What a user names: the bundled model, a path in any spelling, or neither."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.errors import FormatError, InputError, MissingExtraError, SourceError, TokensphereError
from tokensphere.sources import bundled as module
from tokensphere.sources.hub import client as hub

TOKENS = ["a", "b", "c"]
VECTORS = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and nothing may be fetched."""
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "empty cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def write(path: Path) -> Path:
    np.savez(path, vectors=VECTORS, tokens=np.array(TOKENS))
    return path


def assert_same(space: ts.EmbeddingSpace) -> None:
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.vocabulary.pieces == TOKENS


def test_the_bundled_model_by_its_name(bundled: ts.EmbeddingSpace) -> None:
    for space in (ts.load(module.NAME), ts.load(None), ts.load(Path(module.NAME))):
        assert space.provenance == bundled.provenance
        assert space.shape == bundled.shape
    np.testing.assert_array_equal(ts.load(module.NAME).vectors[::999], bundled.vectors[::999])
    output = ts.load(matrix="output")
    assert output.provenance.matrix == "output"
    assert output.provenance.sha256 == bundled.provenance.sha256


@pytest.mark.parametrize(
    "options",
    [
        {"tensor": "x"}, {"vocabulary": "x.txt"}, {"revision": "main"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("model", [None, module.NAME])
def test_the_bundled_model_takes_no_options(model: str | None, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"{module.NAME}.*leave out"):
        ts.load(model, **options)


@pytest.mark.parametrize("model", [None, "absent.npz", "owner/name"])
def test_there_are_two_matrices_and_no_third(model: str | None) -> None:
    with pytest.raises(InputError, match="no matrix 'both'; use 'input' or 'output'"):
        ts.load(model, matrix="both")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="use matrix 'output'"):
        ts.load(model, fold_norm=True)


@pytest.mark.parametrize("kind", [str, Path])
def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path / "v.npz")
    assert_same(ts.load(kind("~/v.npz")))
    np.save(tmp_path / "v.npy", VECTORS)
    (tmp_path / "t.txt").write_text("a\nb\nc\n")
    assert_same(ts.load(kind("~/v.npy"), vocabulary=kind("~/t.txt")))
    with pytest.raises(SourceError, match=r"no file or folder '~/absent\.npz'"):
        ts.load(kind("~/absent.npz"))
    with pytest.raises(SourceError, match="no file or folder"):
        ts.load("~nobody-of-that-name/v.npz")


@pytest.mark.parametrize("name", ["a b.npz", "日本語.npz", "-n.npz", "a@b.npz", "#.npz", "%7E.npz"])
def test_names_of_files_may_be_odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write(tmp_path / name)
    assert_same(ts.load(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    assert_same(ts.load(name))


def test_a_file_comes_before_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "owner").mkdir()
    write(tmp_path / "owner" / "name.npz").rename(tmp_path / "owner" / "vectors.npz")
    monkeypatch.chdir(tmp_path)
    assert_same(ts.load("owner/vectors.npz"))


@pytest.mark.parametrize("revision", ["main", ""])
def test_what_is_here_has_no_revisions(tmp_path: Path, revision: str) -> None:
    with pytest.raises(InputError, match=f"on this machine, so it has no revision '{revision}'"):
        ts.load(write(tmp_path / "v.npz"), revision=revision)


@pytest.mark.parametrize(
    "model",
    [
        "absent", "absent.gguf", "dir/absent.safetensors", "./owner/name", "../owner/name",
        "/owner/name", "a/b/c", "a/b/", "~/name", "owner/v.txt", "", " ", "a\0b",
        "x" * 5000, "a/" + "x" * 300 + ".npy",
    ],
)  # fmt: skip
def test_names_of_nothing(model: str) -> None:
    with pytest.raises(TokensphereError) as caught:
        ts.load(model)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("model", ["absent", "absent.gguf", "dir/absent.safetensors", "./owner/name"])
def test_a_path_to_nothing_says_what_could_be_meant(model: str) -> None:
    with pytest.raises(SourceError, match=rf"no file or folder '{model}'.*owner/name.*{module.NAME}"):
        ts.load(model)


@pytest.mark.parametrize("model", ["owner/name", "owner/name@v1", "owner/name.with.dots"])
def test_a_repository_that_cannot_be_fetched(model: str) -> None:
    with pytest.raises((SourceError, MissingExtraError), match=r"owner/name"):
        ts.load(model)


@pytest.mark.parametrize("model", ["owner/na me", "ow ner/name", "owner/name@", "owner/-n", "a--b/c"])
def test_names_that_no_repository_has(model: str) -> None:
    with pytest.raises(InputError, match="no repository of a hub; write owner/name"):
        ts.load(model)


def test_all_options_reach_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, ...]] = []

    def fetch(*given: Any, **named: Any) -> None:
        seen.append((*given, named))
        raise SourceError("enough seen")

    def progress(done: int, total: int) -> None: ...

    monkeypatch.setattr(hub, "fetch", fetch)
    with pytest.raises(SourceError, match="enough seen"):
        ts.load("o/n", revision="v1", matrix="output", tensor="t", fold_norm=True, progress=progress)
    asked = {"matrix": "output", "tensor": "t", "norm": True, "progress": progress}
    assert len(seen) == 1 and seen[0][:2] == ("o/n", "v1")
    assert {name: seen[0][2][name] for name in asked} == asked


def test_npy_without_tokens_says_what_to_do(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VECTORS)
    with pytest.raises(SourceError, match="no tokens; give a file"):
        ts.load(tmp_path / "v.npy")
    (tmp_path / "t.txt").write_text("a\nb\n")
    with pytest.raises(FormatError, match=r"3 vectors.* 2 tokens"):
        ts.load(tmp_path / "v.npy", vocabulary=tmp_path / "t.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "model.gguf"
    os.mkfifo(pipe)
    with pytest.raises(ts.SourceError, match="it is a pipe, no regular file; save what comes"):
        ts.load(pipe)


@pytest.mark.parametrize("model", [3, b"model.gguf", 1.5])
def test_what_is_no_name_is_refused(model: object) -> None:
    with pytest.raises(ts.InputError, match="a name or a path"):
        ts.load(cast("Any", model))


def test_an_address_of_a_file_here(tmp_path: Path) -> None:
    path = write(tmp_path / "a b.npz")
    assert_same(ts.load(path.as_uri()))
    assert_same(ts.load(f"file://localhost{path}"))


def test_an_error_of_the_system_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(SourceError, match=r"cannot read .*: Permission denied; make it readable"):
        ts.load(tmp_path)
