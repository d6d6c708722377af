"""Every format by file, by folder, by a name that tells nothing; and what is no model at all."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.cases import case
from tests.formats.made import ctranslate2 as ctranslate2_bytes
from tests.formats.made import safetensors_bytes
from tokensphere.errors import FormatError, InputError, MissingExtraError, SourceError, TokensphereError
from tokensphere.formats.gguf.writer import write_gguf

TOKENS = ["the", "Köln", "日本", "x", "0.5", "end"]
VECTORS = np.random.default_rng(11).standard_normal((len(TOKENS), 5)).astype(np.float32)
RAW = [token.encode() for token in TOKENS]
LLAMA = "model.embed_tokens.weight"


def tokenizer_json(tokens: list[str] = TOKENS) -> bytes:
    vocabulary = {token: id for id, token in enumerate(tokens)}
    return json.dumps({"model": {"type": "WordLevel", "vocab": vocabulary}}).encode()


def word2vec_text() -> bytes:
    rows = zip(TOKENS, VECTORS.tolist(), strict=True)
    lines = [f"{len(TOKENS)} {VECTORS.shape[1]}"]
    return "\n".join(lines + [f"{w} {' '.join(map(repr, row))}" for w, row in rows]).encode() + b"\n"


def word2vec_binary() -> bytes:
    rows = zip(RAW, VECTORS, strict=True)
    return b"%d %d\n" % VECTORS.shape + b"".join(w + b" " + row.tobytes() + b"\n" for w, row in rows)


def safetensors(path: Path) -> None:
    path.write_bytes(safetensors_bytes({LLAMA: VECTORS}))
    path.with_name("tokenizer.json").write_bytes(tokenizer_json())


def index(path: Path) -> None:
    shards = {"a.safetensors": {"model.norm.weight": VECTORS[0]}, "b.safetensors": {LLAMA: VECTORS}}
    for name, tensors in shards.items():
        path.with_name(name).write_bytes(safetensors_bytes(tensors))
    weights = {tensor: name for name, tensors in shards.items() for tensor in tensors}
    path.write_text(json.dumps({"weight_map": weights}))
    path.with_name("tokenizer.json").write_bytes(tokenizer_json())


def gguf(path: Path) -> None:
    metadata = {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": TOKENS}
    write_gguf(path, metadata, {"token_embd.weight": ("F32", VECTORS.shape, VECTORS.tobytes())})


def ctranslate2(path: Path) -> None:
    weight = ("float32", VECTORS.shape, VECTORS.tobytes())
    path.write_bytes(ctranslate2_bytes({"decoder/embeddings/weight": weight}))
    path.with_name("vocabulary.txt").write_text("\n".join(TOKENS) + "\n", encoding="utf-8")


def npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, vectors=VECTORS, tokens=np.array(TOKENS))


def saved(path: Path) -> None:
    ts.EmbeddingSpace.from_arrays(VECTORS, TOKENS).save(path)


def torch_bin(path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is missing: pip install 'tokensphere[torch]'")
    torch.save({LLAMA: torch.from_numpy(VECTORS)}, path)
    path.with_name("tokenizer.json").write_bytes(tokenizer_json())


def content(make: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(make())

    return write


Write = Callable[[Path], None]
BY_NAME: dict[str, Write] = {
    "model.safetensors": safetensors,
    "model.safetensors.index.json": index,
    "other.gguf": gguf,
    "model.bin": ctranslate2,
    "pytorch_model.bin": torch_bin,
    "a.npz": npz,
    "kept.safetensors": saved,
    "glove.txt": content(word2vec_text),
    "wiki.vec": content(word2vec_text),
    "google.bin": content(word2vec_binary),
    "google.w2v": content(word2vec_binary),
    "wiki.vec.gz": content(lambda: gzip.compress(word2vec_text())),
}


def assert_same(space: ts.EmbeddingSpace) -> None:
    np.testing.assert_array_equal(space.vectors, VECTORS)
    assert space.vectors.dtype == np.float32
    assert space.vocabulary.tokens == RAW
    assert len(space.provenance.sha256 or "") == 64 and space.left_out == 0


@pytest.mark.parametrize("name", BY_NAME)
def test_a_file_of_every_format(tmp_path: Path, name: str) -> None:
    BY_NAME[name](tmp_path / name)
    space = ts.load(tmp_path / name)
    assert_same(space)
    assert name in space.provenance.source or name == "kept.safetensors"
    assert_same(ts.load(str(tmp_path / name)))


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors", "model.safetensors.index.json", "other.gguf", "model.bin",
        "pytorch_model.bin", "kept.safetensors", "odd.safetensors",
    ],
)  # fmt: skip
def test_a_folder_of_every_format(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a model's folder"
    folder.mkdir()
    BY_NAME.get(name, safetensors)(folder / name)
    assert_same(ts.load(folder))
    assert_same(ts.load(f"{folder}{os.sep}"))


TELLING: list[Write] = [safetensors, gguf, ctranslate2, saved, npz]
TELLING += [BY_NAME[name] for name in ("glove.txt", "google.bin", "wiki.vec.gz")]


@pytest.mark.parametrize("write", [*TELLING, torch_bin])
def test_content_tells_where_the_name_does_not(tmp_path: Path, write: Write) -> None:
    for name in (
        "blob",
        "model.dat",
        "weights.old",
        "x.ckpt",
        "x.gguf",
        "x.npz",
        "x.index.json",
        "x.pt",
    ):
        write(tmp_path / name)
        with case(name):
            assert_same(ts.load(tmp_path / name))


def test_an_index_under_another_name(tmp_path: Path) -> None:
    for name in ("index", "model.json", "weights.bin"):
        index(tmp_path / name)
        with case(name):
            assert_same(ts.load(tmp_path / name))


def test_an_archive_cut_short_is_still_told_by_its_first_member(tmp_path: Path) -> None:
    npz(tmp_path / "x.pt")
    whole = (tmp_path / "x.pt").read_bytes()
    (tmp_path / "x.pt").write_bytes(whole[:-30])
    with pytest.raises(FormatError, match="no complete archive of arrays"):
        ts.load(tmp_path / "x.pt")
    other = whole.replace(b"vectors.npy", b"a/data.pkl\0")[:-30]
    (tmp_path / "x.npz").write_bytes(other.replace(b"a/data.pkl\0", b"ab/data.pkl"))
    with pytest.raises((FormatError, MissingExtraError), match=r"PyTorch"):
        ts.load(tmp_path / "x.npz")


def test_a_blob_of_numpy_with_its_tokens(tmp_path: Path) -> None:
    with (tmp_path / "blob").open("wb") as file:
        np.save(file, VECTORS)
    (tmp_path / "t.json").write_text(json.dumps(TOKENS))
    assert_same(ts.load(tmp_path / "blob", vocabulary=tmp_path / "t.json"))


@pytest.mark.parametrize(
    ("write", "name"), [(ctranslate2, "x.txt"), (gguf, "x.bin"), (gguf, "x.npy"), (safetensors, "x.bin")]
)
def test_content_wins_over_a_name_that_lies(tmp_path: Path, write: Write, name: str) -> None:
    write(tmp_path / name)
    assert_same(ts.load(tmp_path / name))


@pytest.mark.parametrize("name", ["GLOVE.TXT", "A.NPZ", "wiki.VEC"])
def test_names_in_capitals(tmp_path: Path, name: str) -> None:
    (npz if name == "A.NPZ" else BY_NAME["glove.txt"])(tmp_path / name)
    assert_same(ts.load(tmp_path / name))


@pytest.mark.parametrize("name", ["we[i]rd", "a*b", "日本", "x.gguf"])
def test_odd_names_of_folders(tmp_path: Path, name: str) -> None:
    try:
        (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("no folder can have this name here: use another file system")
    gguf(tmp_path / name / "one.gguf")
    assert_same(ts.load(tmp_path / name))


def test_folders_that_are_called_like_files(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).mkdir()
    gguf(tmp_path / "one.gguf")
    assert_same(ts.load(tmp_path))
    with pytest.raises(SourceError, match="holds no model"):
        ts.load(tmp_path / "model.bin")


def test_a_folder_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / "backup.gguf").mkdir()
    gguf(tmp_path / "one.gguf")
    assert_same(ts.load(tmp_path))


def linked_folder(tmp_path: Path) -> Path:
    """As the hub's own cache lays models out: names that are links to nameless files."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "snapshot").mkdir()
    safetensors(tmp_path / "blobs" / "4c1e")
    try:
        (tmp_path / "snapshot" / "model.safetensors").symlink_to(tmp_path / "blobs" / "4c1e")
        (tmp_path / "snapshot" / "tokenizer.json").symlink_to(tmp_path / "blobs" / "tokenizer.json")
    except OSError:
        pytest.skip("links cannot be made here: allow them to this user")
    return tmp_path / "snapshot"


def test_links_into_a_store_of_blobs(tmp_path: Path) -> None:
    assert_same(ts.load(linked_folder(tmp_path)))


def test_a_folder_of_links_gives_its_name(tmp_path: Path) -> None:
    assert ts.load(linked_folder(tmp_path)).provenance.model == "snapshot"


def test_what_results_call_the_model(tmp_path: Path) -> None:
    folder = tmp_path / "gpt-x"
    folder.mkdir()
    safetensors(folder / "model.safetensors")
    safetensors(folder / "tuned.safetensors")
    assert ts.load(folder).provenance.model == "gpt-x"
    assert ts.load(folder / "model.safetensors").provenance.model == "gpt-x"
    assert ts.load(folder / "tuned.safetensors").provenance.model == "tuned"


def test_a_folder_inside_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    safetensors(folder / "model.safetensors")
    monkeypatch.chdir(folder)
    space = ts.load(".")
    assert_same(space)
    assert space.provenance.model == "here"
    monkeypatch.chdir(tmp_path)
    assert_same(ts.load("here/model.safetensors"))  # which also looks like owner/name


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "holds no model .*model.safetensors.*gguf"),
        (["notes.txt"], "holds no model"),
        (["a.gguf", "b.gguf"], r"several models \(a\.gguf, b\.gguf\); name one"),
        (["a.safetensors", "b.safetensors", "c.gguf"], r"several models \(a\.safetensors, b\."),
    ],
)
def test_folders_without_one_model(tmp_path: Path, names: list[str], says: str) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SourceError, match=says):
        ts.load(tmp_path)


def test_of_several_the_usual_name_is_taken(tmp_path: Path) -> None:
    for name in ("a.safetensors", "b.safetensors", "c.gguf"):
        (tmp_path / name).write_bytes(b"x")
    safetensors(tmp_path / "model.safetensors")
    assert_same(ts.load(tmp_path))


SUFFIXES = (
    ".safetensors", ".safetensors.index.json", ".gguf", ".bin", ".npy", ".npz", ".txt", ".vec", ".gz",
    ".w2v", ".pt", ".pth", ".ckpt", ".json", ".dat", "",
)  # fmt: skip
GARBAGE = {
    "zeros": bytes(200),
    "ones": b"\xff" * 200,
    "text": b"this is not a model\n" * 10,
    "page": b"<!DOCTYPE html><html><body>404</body></html>",
    "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "noise": np.random.default_rng(5).bytes(4000),
    "one": b"1",
    "newline": b"\n",
    "zip": b"PK\x03\x04" + bytes(100),
    "gguf": b"GGUF" + b"\xff" * 100,
    "npy": b"\x93NUMPY" + b"\xff" * 100,
    "safetensors": b"\x20" + bytes(7) + b"{" + bytes(100),
    "spec": b"\x06\0\0\0\x09\0TestSpec\0" + b"\xff" * 100,
    "gzip": b"\x1f\x8b\x08" + b"\xff" * 50,
}


def test_an_empty_file(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        path = tmp_path / f"model{suffix}"
        path.touch()
        with case(suffix), pytest.raises(SourceError, match="is empty; download it again"):
            ts.load(path)


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_told_in_one_line(tmp_path: Path, kind: str) -> None:
    for suffix in SUFFIXES:
        path = tmp_path / f"model{suffix}"
        path.write_bytes(GARBAGE[kind])
        with case(suffix):
            with pytest.raises(TokensphereError) as caught:
                ts.load(path)
            assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


class Evil:
    """Unpickling this would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        path = tmp_path / f"model{suffix}"
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            path.write_bytes(pickle.dumps(Evil(tmp_path / "struck"), protocol))
            with case((suffix, protocol)), pytest.raises(TokensphereError):
                ts.load(path)
    assert not (tmp_path / "struck").exists()


@pytest.mark.parametrize("raw", [b"{", b"", b"\xff", b"[" * 50_000, b"[]", b"3", b"null", b'"a"'])
def test_a_broken_config(tmp_path: Path, raw: bytes) -> None:
    safetensors(tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_bytes(raw)
    with pytest.raises(FormatError, match=r"config\.json is not (valid JSON|a JSON object)") as caught:
        ts.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"{}", b'{"model_type": 3, "tie_word_embeddings": "x"}'])
def test_a_config_that_says_nothing(tmp_path: Path, raw: bytes) -> None:
    safetensors(tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_bytes(raw)
    assert_same(ts.load(tmp_path))


@pytest.mark.parametrize("name", ["a.npz", "glove.txt", "kept.safetensors"])
@pytest.mark.parametrize(
    "options", [{"matrix": "output"}, {"tensor": "x"}, {"matrix": "output", "fold_norm": True}]
)
def test_options_that_a_file_with_one_matrix_has_no_use_for(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    BY_NAME[name](tmp_path / name)
    with pytest.raises(InputError, match="holds one matrix: leave out"):
        ts.load(tmp_path / name, **options)


@pytest.mark.parametrize("name", ["glove.txt", "kept.safetensors"])
def test_a_vocabulary_for_what_has_its_own_words(tmp_path: Path, name: str) -> None:
    BY_NAME[name](tmp_path / name)
    (tmp_path / "t.txt").write_text("\n".join(TOKENS))
    with pytest.raises(InputError, match="holds one matrix"):
        ts.load(tmp_path / name, vocabulary=tmp_path / "t.txt")


@pytest.mark.parametrize("name", ["model.safetensors", "other.gguf", "model.bin", "a.npz"])
def test_a_vocabulary_in_place_of_the_own(tmp_path: Path, name: str) -> None:
    BY_NAME[name](tmp_path / name)
    mine = [f" my {token}" for token in TOKENS]
    (tmp_path / "mine.json").write_text(json.dumps(mine))
    space = ts.load(tmp_path / name, vocabulary=tmp_path / "mine.json")
    assert space.vocabulary.tokens == [token.encode() for token in mine]
    np.testing.assert_array_equal(space.vectors, VECTORS)
    with pytest.raises(SourceError, match=r"absent\.json"):
        ts.load(tmp_path / name, vocabulary=tmp_path / "absent.json")


@pytest.mark.parametrize("name", ["model.safetensors", "model.bin"])
def test_no_vocabulary_anywhere(tmp_path: Path, name: str) -> None:
    BY_NAME[name](tmp_path / name)
    for file in ("tokenizer.json", "vocabulary.txt"):
        (tmp_path / file).unlink(missing_ok=True)
    with pytest.raises(SourceError, match=r"has no vocabulary .*tokenizer\.json"):
        ts.load(tmp_path)


def test_a_vocabulary_whose_name_no_file_can_have(tmp_path: Path) -> None:
    gguf(tmp_path / "one.gguf")
    with pytest.raises(TokensphereError):
        ts.load(tmp_path / "one.gguf", vocabulary="a\0.txt")


def test_saved_and_loaded_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    wild = VECTORS.copy()
    wild[0], wild[1, 0] = 0, np.nan
    wild[2, :2] = -0.0, 1e-45
    space = ts.EmbeddingSpace.from_arrays(wild, TOKENS, name="mine")
    for name in ("kept.safetensors", "kept.dat"):
        space.save(tmp_path / name)
        again = ts.load(tmp_path / name)
        assert again.vectors.tobytes() == wild.tobytes()
        assert again.vocabulary.tokens == RAW and again.vocabulary.pieces == TOKENS
        assert again.provenance == space.provenance and again.left_out == space.left_out == 2


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    safetensors(path)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file: run as another")
    with pytest.raises(SourceError, match="cannot open"):
        ts.load(path)
