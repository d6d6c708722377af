"""From tensors and tokens to a space: which matrix, ties, norms, rows that stand for nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.formats.made import safetensors, safetensors_bytes
from tokensphere.analysis.info import info
from tokensphere.analysis.nearest import nearest
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.sources.layout.assemble import Choice, vector
from tokensphere.sources.layout.config import Config, read_config
from tokensphere.vocabulary import Kind

N, D = 9, 6
INPUT, OUTPUT, NORM = "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"
Array = npt.NDArray[np.float32]


def random(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


E, U, G = random(N, D, seed=1), random(N, D, seed=2), random(D, seed=3)


def write(folder: Path, tensors: dict[str, Array], n_tokens: int = N, **config: Any) -> Path:
    """A model's folder; its config.json only if there is something to say."""
    (folder / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    model = {"type": "WordLevel", "vocab": {f"t{id}": id for id in range(n_tokens)}}
    (folder / "tokenizer.json").write_text(json.dumps({"model": model}))
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def write_typed(folder: Path, dtype: str, raw: dict[str, tuple[tuple[int, ...], bytes]]) -> Path:
    """The same with tensors of any type, given as bytes."""
    tensors = {name: (dtype, shape, content) for name, (shape, content) in raw.items()}
    write(folder, {INPUT: E})
    (folder / "model.safetensors").write_bytes(safetensors(tensors))
    return folder


def notes_of(space: ts.EmbeddingSpace) -> str:
    return " | ".join(space.provenance.notes)


def test_input_and_output_are_two(tmp_path: Path) -> None:
    write(tmp_path, {INPUT: E, OUTPUT: U, NORM: G}, model_type="llama")
    first, second = ts.load(tmp_path), ts.load(tmp_path, matrix="output")
    np.testing.assert_array_equal(first.vectors, E)
    np.testing.assert_array_equal(second.vectors, U)
    assert (first.provenance.tensor, second.provenance.tensor) == (INPUT, OUTPUT)
    assert (first.provenance.matrix, second.provenance.matrix) == ("input", "output")
    assert first.provenance.notes == second.provenance.notes == ("tokens: tokenizer.json",)
    assert second.provenance.sha256 == hashlib.sha256(U.tobytes()).hexdigest()
    assert second.provenance.dtype == "F32"


@pytest.mark.parametrize(
    "config",
    [{"model_type": "llama", "tie_word_embeddings": True}, {"model_type": "starcoder2"},
     {"tie_word_embeddings": True}],
)  # fmt: skip
def test_tied_weights_are_said_to_be(tmp_path: Path, config: dict[str, Any]) -> None:
    write(tmp_path, {INPUT: E, NORM: G}, **config)
    space = ts.load(tmp_path, matrix="output")
    np.testing.assert_array_equal(space.vectors, E)
    assert "input and output are one matrix" in notes_of(space)
    assert space.provenance.tensor == INPUT and space.provenance.matrix == "output"


@pytest.mark.parametrize("inner", [False, True])
def test_untied_weights_that_are_not_there(tmp_path: Path, inner: bool) -> None:
    says: dict[str, Any] = {"tie_word_embeddings": False}
    write(
        tmp_path,
        {INPUT: E, NORM: G},
        model_type="llama",
        **({"text_config": says} if inner else says),
    )
    np.testing.assert_array_equal(ts.load(tmp_path).vectors, E)
    with pytest.raises(SourceError, match=r"no output matrix.*tensor=NAME: model\.embed_tokens"):
        ts.load(tmp_path, matrix="output")


@pytest.mark.parametrize("matrix", ["input", "output"])
def test_a_matrix_stored_twice(tmp_path: Path, matrix: Any) -> None:
    write(tmp_path, {INPUT: E, OUTPUT: E, NORM: G}, model_type="llama")
    other = OUTPUT if matrix == "input" else INPUT
    space = ts.load(tmp_path, matrix=matrix)
    assert f"tied: '{other}' holds the same values" in notes_of(space)
    almost = E.copy()
    almost[-1, -1] = np.nextafter(almost[-1, -1], np.float32(9))
    write(tmp_path, {INPUT: E, OUTPUT: almost, NORM: G}, model_type="llama")
    assert "tied" not in notes_of(ts.load(tmp_path, matrix=matrix))


def test_a_model_type_tells_layouts_apart_and_scales_are_noted(tmp_path: Path) -> None:
    tensors = {INPUT: E, NORM: G}
    write(tmp_path, tensors)
    assert "by the names of its tensors alone" in notes_of(ts.load(tmp_path))
    write(tmp_path, tensors, model_type="gemma2")
    assert "square root" in notes_of(ts.load(tmp_path))
    assert "names" not in notes_of(ts.load(tmp_path))
    assert "square root" not in notes_of(ts.load(tmp_path, matrix="output"))


def test_the_final_norm_folded_in(tmp_path: Path) -> None:
    write(tmp_path, {INPUT: E, OUTPUT: U, NORM: G}, model_type="llama")
    space = ts.load(tmp_path, matrix="output", fold_norm=True)
    np.testing.assert_array_equal(space.vectors, U * G)
    assert "final norm" in notes_of(space) and NORM in notes_of(space)
    assert space.provenance.sha256 == hashlib.sha256(U.tobytes()).hexdigest()


def test_gemmas_norm_is_stored_less_one(tmp_path: Path) -> None:
    write(tmp_path, {INPUT: E, NORM: G}, model_type="gemma2")
    space = ts.load(tmp_path, matrix="output", fold_norm=True)
    np.testing.assert_array_equal(space.vectors, E * (1 + G))


def test_the_norm_of_a_gguf_file(tmp_path: Path) -> None:
    """Whose converter has already added the 1 for Gemma."""
    metadata = {
        "general.architecture": "gemma2",
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [f"t{id}" for id in range(N)],
    }
    tensors = {"token_embd.weight": E, "output_norm.weight": G}
    raw = {name: ("F32", array.shape, array.tobytes()) for name, array in tensors.items()}
    write_gguf(tmp_path / "m.gguf", metadata, raw)
    space = ts.load(tmp_path, matrix="output", fold_norm=True)
    np.testing.assert_array_equal(space.vectors, E * G)
    assert "input and output are one matrix" in notes_of(space)


@pytest.mark.parametrize("dtype", ["BF16", "F16", "F64"])
def test_a_norm_of_any_plain_type(tmp_path: Path, dtype: str) -> None:
    if dtype == "BF16":
        upper = [(array.view("<u4") >> 16).astype("<u2") for array in (U, G)]
        wide = [(half.astype("<u4") << 16).view("<f4") for half in upper]
    else:
        upper = [array.astype("<f2" if dtype == "F16" else "<f8") for array in (U, G)]
        wide = [array.astype(np.float32) for array in upper]
    raw = {OUTPUT: (U.shape, upper[0].tobytes()), NORM: (G.shape, upper[1].tobytes())}
    space = ts.load(write_typed(tmp_path, dtype, raw), matrix="output", fold_norm=True)
    np.testing.assert_array_equal(space.vectors, wide[0] * wide[1])
    assert space.provenance.dtype == dtype


def test_norms_that_cannot_be_folded_in(tmp_path: Path) -> None:
    write(tmp_path, {INPUT: E, OUTPUT: U})
    with pytest.raises(SourceError, match="no final norm that is known"):
        ts.load(tmp_path, matrix="output", fold_norm=True)
    with pytest.raises(InputError, match="use matrix 'output'"):
        ts.load(tmp_path, fold_norm=True)
    write(tmp_path, {INPUT: E, OUTPUT: U, NORM: random(D + 1)})
    with pytest.raises(ts.TokensphereError, match=rf"width {D}, .*{NORM}' is {D + 1}"):
        ts.load(tmp_path, matrix="output", fold_norm=True)
    write(tmp_path, {INPUT: E, OUTPUT: U, NORM: random(D, 1)})
    with pytest.raises(SourceError, match="a vector of type"):
        ts.load(tmp_path, matrix="output", fold_norm=True)


def test_a_vector_of_a_type_that_is_no_number(tmp_path: Path) -> None:
    write_typed(tmp_path, "I8", {"v": ((4,), b"abcd")})
    expected = pytest.raises(SourceError, match=r"'v' .* is I8 of shape \(4,\)")
    with SafetensorsFile(tmp_path / "model.safetensors") as file, expected:
        vector(file, "v")


def test_an_unknown_layout_lists_its_matrices_and_one_can_be_named(tmp_path: Path) -> None:
    other = random(N + 2, D)
    tensors = {"a.b": E, "c": other, "bias": G, "conv": random(2, 2, 2)}
    write(tmp_path, tensors, model_type="strange")
    expected = rf"'strange'.*tensor=NAME: c \({N + 2} × {D}\), a\.b \({N} × {D}\)$"
    with pytest.raises(SourceError, match=expected):
        ts.load(tmp_path)
    space = ts.load(tmp_path, tensor="a.b")
    np.testing.assert_array_equal(space.vectors, E)
    assert space.provenance.tensor == "a.b"
    assert space.provenance.notes == ("tokens: tokenizer.json",)
    with pytest.raises(SourceError, match="no tensor 'x'; name one with tensor=NAME: c"):
        ts.load(tmp_path, tensor="x")
    for name in ("bias", "conv"):
        with pytest.raises(SourceError, match=f"'{name}' has the shape .*not a matrix"):
            ts.load(tmp_path, tensor=name)
    with pytest.raises(SourceError, match="no final norm"):
        ts.load(tmp_path, tensor="a.b", matrix="output", fold_norm=True)


def test_more_than_a_dozen_matrices_are_counted(tmp_path: Path) -> None:
    write(tmp_path, {f"m{i:02}": random(2, 2) for i in range(20)})
    with pytest.raises(SourceError, match=r"m11 \(2 × 2\) and 8 more$"):
        ts.load(tmp_path)
    write(tmp_path, {"v": G})
    with pytest.raises(SourceError, match="no two-dimensional tensor at all"):
        ts.load(tmp_path)


@pytest.mark.parametrize("way", ["tokenizer", "vocabulary"])
def test_fewer_rows_than_tokens(tmp_path: Path, way: str) -> None:
    write(tmp_path, {INPUT: E}, n_tokens=N + 3)
    (tmp_path / "t.txt").write_text("".join(f"{id}\n" for id in range(N + 3)))
    given = {"vocabulary": tmp_path / "t.txt"} if way == "vocabulary" else {}
    with pytest.raises(FormatError, match=rf"\b{N + 3} tokens.*\b{N} rows"):
        ts.load(tmp_path, **given)  # type: ignore[arg-type]


def test_rows_without_token_or_direction_take_part_in_nothing(tmp_path: Path) -> None:
    rows = np.vstack([E, random(4, D, seed=4)])
    rows[1], rows[2, 0], rows[3, 1] = 0, np.nan, np.inf
    rows[N] = rows[0]  # a padding row that would be the nearest of all
    space = ts.load(write(tmp_path, {INPUT: rows}, n_tokens=N))
    assert space.shape == (N + 4, D) and space.left_out == 3 + 4
    assert [Kind(kind) for kind in space.vocabulary.kinds[N:]] == [Kind.PADDING] * 4
    result = nearest(space, rows[0], k=N - 3)
    found = result.ids[0].tolist()
    assert sorted(found) == [0, *range(4, N)] and found[0] == 0
    assert result.left_out == 7
    with pytest.raises(InputError, match=f"between 1 and {N - 3}, the usable tokens"):
        nearest(space, rows[0], k=N - 2)
    summary = info(space)
    assert (summary.zero, summary.not_finite, summary.padding) == (1, 2, 4)
    assert summary.kinds == {"normal": N, "padding": 4}
    alone = ts.EmbeddingSpace.from_arrays(E[[0, *range(4, N)]], [f"t{i}" for i in range(N - 3)])
    expected = info(alone)
    assert summary.norms == pytest.approx(expected.norms, rel=1e-6)
    assert summary.mean_cosine == pytest.approx(expected.mean_cosine, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("shape", [(0, D), (N, 0)])
def test_a_matrix_of_nothing(tmp_path: Path, shape: tuple[int, int]) -> None:
    write(tmp_path, {INPUT: np.empty(shape, np.float32)})
    with pytest.raises(SourceError, match="not a matrix"):
        ts.load(tmp_path)


def test_choices_that_are_none() -> None:
    with pytest.raises(InputError, match="no matrix 'both'; use 'input' or 'output'"):
        Choice("both")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("says", "config"),
    [
        ({"model_type": "gpt2"}, Config("gpt2", None)),
        ({"tie_word_embeddings": False, "text_config": {"tie_word_embeddings": True}},
         Config(None, True)),
        ({"text_config": {"tie_word_embeddings": True}}, Config(None, True)),
        ({"text_config": [], "model_type": ["a"], "tie_word_embeddings": 1}, Config()),
    ],
)  # fmt: skip
def test_what_a_config_says(tmp_path: Path, says: dict[str, Any], config: Config) -> None:
    (tmp_path / "config.json").write_text(json.dumps(says))
    assert read_config(tmp_path) == config


def test_no_config_and_one_that_is_too_large(tmp_path: Path) -> None:
    assert read_config(tmp_path) == Config()
    with (tmp_path / "config.json").open("wb") as file:
        file.truncate(2**24 + 1)
    with pytest.raises(FormatError, match="too many"):
        read_config(tmp_path)
