from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.damage import changed, read_or_refused
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.sources.saved import load_saved, save_space
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level

PIECES = ["Ġthe", "the", "âĢ", "", "\ud800x", "<s>", "<s>", "a\0b\n", "日本", "\udcff", "pad", "Ġthe"]
KINDS = [
    0,
    0,
    Kind.BYTE,
    0,
    0,
    Kind.CONTROL,
    0,
    Kind.ADDED,
    Kind.UNUSED,
    Kind.UNKNOWN,
    Kind.PADDING,
    Kind.CONTROL,
]


def difficult_space() -> EmbeddingSpace:
    """Pieces of all kinds, twice the same one, no UTF-8; vectors with every kind of float."""
    vectors = np.random.default_rng(0).standard_normal((len(PIECES), 3)).astype(np.float32)
    vectors[0] = [np.nan, -0.0, np.inf]
    vectors[1] = np.array([0x7F800001, 1, 0x80000000], dtype=np.uint32).view(np.float32)
    vocabulary = Vocabulary(PIECES, decode=decode_byte_level, kinds=np.array(KINDS, dtype=np.uint8))
    provenance = Provenance(
        "Modèl", "mem\udcffory", revision="r", tensor="t", matrix="output", dtype="Q8_0",
        sha256="ab" * 32, license="MIT", notes=("one", "zwei ✓"),
    )  # fmt: skip
    return EmbeddingSpace(vectors, vocabulary, provenance)


def assert_same(found: EmbeddingSpace, expected: EmbeddingSpace) -> None:
    assert found.vectors.dtype == np.float32 and found.vectors.flags.c_contiguous
    assert found.vectors.shape == expected.vectors.shape
    assert found.vectors.tobytes() == expected.vectors.tobytes()
    assert found.vocabulary.tokens == expected.vocabulary.tokens
    assert list(found.vocabulary.pieces) == list(expected.vocabulary.pieces)
    assert found.vocabulary.kinds.tobytes() == expected.vocabulary.kinds.tobytes()
    assert found.provenance == expected.provenance


def test_a_space_comes_back_bit_for_bit(tmp_path: Path) -> None:
    space = difficult_space()
    save_space(space, tmp_path / "s.space")
    assert_same(load_saved(tmp_path / "s.space"), space)
    assert [found.name for found in tmp_path.iterdir()] == ["s.space"]


def test_saving_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    save_space(difficult_space(), first)
    save_space(load_saved(first), str(second))
    assert first.read_bytes() == second.read_bytes()


def test_vectors_need_not_lie_in_a_row(tmp_path: Path) -> None:
    wide = np.random.default_rng(1).standard_normal((4, 10)).astype(np.float32)
    space = EmbeddingSpace(wide[:, ::2], Vocabulary(list("abcd")), Provenance("m", "memory"))
    save_space(space, tmp_path / "s")
    assert_same(load_saved(tmp_path / "s"), space)
    assert load_saved(tmp_path / "s").provenance.sha256 is not None


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    space = difficult_space()
    save_space(space, tmp_path / "s.safetensors")
    tensors = numpy.load_file(tmp_path / "s.safetensors")
    assert tensors["embedding"].tobytes() == space.vectors.tobytes()
    assert tensors["token_ends"][0] == len(space.vocabulary.token(0))


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"before")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    for function in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, function, fail)
            with pytest.raises(InputError, match=r"cannot write .* No space left"):
                save_space(difficult_space(), path)
        assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match="cannot write"):
        save_space(difficult_space(), tmp_path / "none" / "s")


def test_the_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    save_space(difficult_space(), tmp_path / "s")
    (tmp_path / "other").touch()
    assert (tmp_path / "s").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save_space(difficult_space(), path)
    whole = path.read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    end = whole.index(b'{"tokensphere"')
    for at in range(start, end):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(FormatError, match="SHA-256"):
            load_saved(path)
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            load_saved(path)


def rewritten(path: Path, **changes: Any) -> Path:
    """The file with another description of itself."""
    whole = path.read_bytes()
    start = whole.index(b'{"tokensphere"')
    about = json.loads(whole[start:]) | changes
    raw = json.dumps(about).encode()
    size = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + size])
    begin = header["about"]["data_offsets"][0]
    header["about"] |= {"shape": [len(raw)], "data_offsets": [begin, begin + len(raw)]}
    text = json.dumps(header).encode()
    changed = path.with_name("changed")
    changed.write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + size : start] + raw)
    return changed


def test_what_the_file_says_of_itself_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save_space(difficult_space(), path)
    assert_same(load_saved(rewritten(path)), difficult_space())
    with pytest.raises(SourceError, match="version 2"):
        load_saved(rewritten(path, tokensphere=2))
    good = difficult_space().provenance.to_dict()
    for provenance in (None, {}, good | {"model": 3}, good | {"notes": "x"}, good | {"more": "x"}):
        with pytest.raises(FormatError, match="provenance"):
            load_saved(rewritten(path, provenance=provenance))
    others: list[dict[str, Any]] = [
        {"model": "other"}, {"sha256": "cd" * 32}, {"notes": []}, {"license": None},
    ]  # fmt: skip
    for other in others:
        with pytest.raises(FormatError, match="its provenance has another SHA-256"):
            load_saved(rewritten(path, provenance=good | other))
    for version in (None, "1", [1]):
        with pytest.raises(FormatError, match="laid out"):
            load_saved(rewritten(path, tokensphere=version))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot open"):
        load_saved(tmp_path / "none")
    text = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (tmp_path / "model").write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))
    with pytest.raises(FormatError, match="no saved space"):
        load_saved(tmp_path / "model")


def damaged_files(tmp_path: Path, count: int) -> None:
    path = tmp_path / "s"
    save_space(difficult_space(), path)
    whole = path.read_bytes()
    rng = np.random.default_rng(9)

    def read(content: bytes) -> None:
        path.write_bytes(content)
        load_saved(path)

    read_or_refused(read, (changed(whole, rng, 48, 57, 34, 44) for _ in range(count)))


def test_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 400)


@pytest.mark.fuzz
def test_much_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 20_000)
