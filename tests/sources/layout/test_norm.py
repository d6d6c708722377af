"""Lenses on small models of several families, against the recipe in double precision."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.formats.made import ctranslate2, safetensors_bytes
from tokensphere.errors import InputError, SourceError
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.geometry.lens import Lens
from tokensphere.sources.bundled import NORM, norm_path
from tokensphere.sources.layout.assemble import vector
from tokensphere.sources.layout.table import LAYOUTS

N, D, K = 400, 16, 8
Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]


def random(*shape: int, seed: int) -> Float32s:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


E, U, G, B = (random(*shape, seed=i) for i, shape in enumerate([(N, D), (N, D), (D,), (D,)]))
V = 5 * random(30, D, seed=9)


@dataclass(frozen=True)
class Family:
    """A model, and what its unembedding, gain and norm are."""

    config: dict[str, Any]
    tensors: dict[str, Float32s]
    unembedding: Float32s
    gain: Float64s
    layer_norm: bool = False
    capped: bool = False

    def w_u(self, lens: Lens) -> Float64s:
        """The matrix of shape (d, n) that directions are multiplied with."""
        w_u: Float64s = self.unembedding.T.astype(np.float64) * self.gain[:, None]
        if lens == "transformerlens":
            if self.layer_norm:
                w_u = w_u - w_u.mean(axis=0, keepdims=True)
            if not self.capped:
                w_u = w_u - w_u.mean(axis=1, keepdims=True)
        return w_u

    def write(self, folder: Path) -> Path:
        return write(folder, self.tensors, self.config)


def write(folder: Path, tensors: dict[str, Float32s], config: dict[str, Any] | None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    model = {"type": "WordLevel", "vocab": {f"t{id}": id for id in range(N)}}
    (folder / "tokenizer.json").write_text(json.dumps({"model": model}))
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


LLAMA = {"model.embed_tokens.weight": E, "lm_head.weight": U, "model.norm.weight": G}
TIED = {"model.embed_tokens.weight": E, "model.norm.weight": G}
FAMILIES = {
    "gpt2": Family(
        {"model_type": "gpt2"}, {"wte.weight": E, "ln_f.weight": G, "ln_f.bias": B},
        E, G.astype(np.float64), layer_norm=True,
    ),
    "llama": Family({"model_type": "llama"}, LLAMA, U, G.astype(np.float64)),
    "gemma2": Family(
        {"model_type": "gemma2", "final_logit_softcapping": 30.0}, TIED,
        E, 1 + G.astype(np.float64), capped=True,
    ),
    "cohere": Family(  # a LayerNorm without a bias, in a layout of RMSNorms
        {"model_type": "cohere"}, TIED, E, G.astype(np.float64), layer_norm=True,
    ),
    "nemotron": Family(
        {"model_type": "nemotron"}, {**LLAMA, "model.norm.bias": B},
        U, 1 + G.astype(np.float64), layer_norm=True,
    ),
}  # fmt: skip
LENSES: tuple[Lens, ...] = ("logit", "transformerlens")


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("name", FAMILIES)
def test_lists_and_values_are_those_of_the_recipe(tmp_path: Path, name: str, lens: Lens) -> None:
    """unit(v) @ W_U in double precision, by both commands that make lists."""
    family = FAMILIES[name]
    space = ts.load(family.write(tmp_path), lens=lens)
    unit = V.astype(np.float64) / np.linalg.norm(V.astype(np.float64), axis=1, keepdims=True)
    logits = unit @ family.w_u(lens)
    ids = np.argsort(-logits, axis=1)[:, :K]
    values = np.take_along_axis(logits, ids, axis=1)
    found = ts.nearest(space, V, k=K)
    np.testing.assert_array_equal(found.ids, ids)
    np.testing.assert_allclose(found.similarity, values, atol=2e-6)
    tested = ts.direction_test(
        space, V, null=ts.NullSpec(draws=20), search=ts.SearchSettings(K, "dot")
    )  # fmt: skip
    np.testing.assert_array_equal(tested.ids, ids)
    np.testing.assert_allclose(tested["cosine"].values, values[:, 0], atol=2e-6)
    alone = ts.close_up(space, V[0], null=ts.NullSpec(draws=20))
    np.testing.assert_array_equal(alone.ends.ids[0, :K], ids[0])
    assert ts.direction_test(space, V, null=ts.NullSpec(draws=20)).search.similarity == "dot"
    np.testing.assert_allclose(space.vectors, family.w_u(lens).T, atol=2e-6)
    assert space.lens == found.to_dict()["model"]["lens"] == lens and lens in str(found) + str(tested)


@pytest.mark.parametrize("name", FAMILIES)
def test_only_a_layernorms_mean_changes_ranks(tmp_path: Path, name: str) -> None:
    """The mean of all rows adds one number to the whole list of a direction."""
    folder = FAMILIES[name].write(tmp_path)
    logit, other = (ts.nearest(ts.load(folder, lens=lens), V, k=K) for lens in LENSES)
    same = (logit.ids == other.ids).all(axis=1)
    if FAMILIES[name].layer_norm:
        assert not same.all()
    else:
        assert same.all()
        shifts = logit.similarity - other.similarity
        np.testing.assert_allclose(shifts, shifts[:, :1].repeat(K, axis=1), atol=2e-6)


def test_a_layernorm_does_not_see_a_constant(tmp_path: Path) -> None:
    """Neither one that all entries of a folded row have more, nor one of a direction."""
    more = random(N, 1, seed=5) / G
    family = FAMILIES["gpt2"]
    one = ts.load(family.write(tmp_path / "one"), lens="transformerlens")
    moved = {**family.tensors, "wte.weight": (E + more).astype(np.float32)}
    other = ts.load(write(tmp_path / "other", moved, family.config), lens="transformerlens")
    np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-5)
    logit = ts.load(tmp_path / "other", lens="logit")
    assert np.abs(logit.vectors - E * G).max() > 1
    shifted = (V + 3).astype(np.float32)
    np.testing.assert_array_equal(ts.nearest(one, V, k=K).ids, ts.nearest(one, shifted, k=K).ids)


def test_logit_is_the_folded_output_by_dot(tmp_path: Path) -> None:
    folder = FAMILIES["llama"].write(tmp_path)
    lens, by_hand = ts.load(folder, lens="logit"), ts.load(folder, matrix="output", fold_norm=True)
    np.testing.assert_array_equal(lens.vectors, by_hand.vectors)
    assert lens.provenance.notes == by_hand.provenance.notes
    found, same = ts.nearest(lens, V, k=K), ts.nearest(by_hand, V, k=K, similarity="dot")
    np.testing.assert_array_equal(found.ids, same.ids)
    lengths = np.linalg.norm(V.astype(np.float64), axis=1)[:, None]
    np.testing.assert_allclose(found.similarity * lengths, same.similarity, rtol=1e-12)


def test_cosine_is_what_there_is_without_a_lens(tmp_path: Path) -> None:
    folder = FAMILIES["llama"].write(tmp_path)
    for matrix in (None, "output"):
        plain, lens = ts.load(folder, matrix=matrix), ts.load(folder, matrix=matrix, lens="cosine")
        assert plain.provenance == lens.provenance and "lens" not in plain.provenance.to_dict()
        np.testing.assert_array_equal(plain.vectors, lens.vectors)


def test_what_is_kept_knows_the_lens(tmp_path: Path) -> None:
    folder = FAMILIES["llama"].write(tmp_path)
    spaces = [ts.load(folder, lens=lens) for lens in (None, *LENSES)]
    keys = {json.dumps(space.key(), sort_keys=True) for space in spaces}
    assert len(keys) == 3
    for space in spaces:
        space.save(tmp_path / "kept.safetensors")
        again = ts.load(tmp_path / "kept.safetensors")
        assert again.provenance == space.provenance and again.key() == space.key()


def test_what_is_kept_opens_through_the_same_lens(tmp_path: Path) -> None:
    folder = FAMILIES["llama"].write(tmp_path)
    space = ts.load(folder, lens="logit")
    test = ts.direction_test(space, V, null=ts.NullSpec(draws=20))
    test.save(tmp_path / "test.parquet")
    assert ts.open_test(space, tmp_path / "test.parquet") == test
    with pytest.raises(InputError, match=r"open that one: .*, output matrix, lens logit"):
        ts.open_test(ts.load(folder, lens="transformerlens"), tmp_path / "test.parquet")


def test_tokens_are_named_beside_lists_of_the_lens(tmp_path: Path) -> None:
    space = ts.load(FAMILIES["llama"].write(tmp_path), lens="logit")
    ids = [3, 5, 8]
    found = ts.name_tokens(space, ids, n_random_directions=60)
    assert found.directions is not None and found.directions.settings == ts.SearchSettings(3, "dot")
    plain = ts.name_tokens(space, ids)  # knows no rows
    assert plain.themes == ts.name_tokens(ts.load(tmp_path), ids).themes
    with pytest.raises(InputError, match="ranks by dot on rows as they are, not by cosine"):
        ts.name_tokens(space, ids, n_random_directions=60, search=ts.SearchSettings())


def test_contradictions_are_refused(tmp_path: Path) -> None:
    folder = FAMILIES["llama"].write(tmp_path)
    for options, says in (
        ({"lens": "logit", "matrix": "input"}, "of the output matrix"),
        ({"lens": "transformerlens", "fold_norm": False}, "folds the norm in"),
        ({"lens": "cosine", "matrix": "output", "fold_norm": True}, "rows as they are"),
        ({"lens": "tuned"}, "unknown lens 'tuned'"),
    ):
        with pytest.raises(InputError, match=says):
            ts.load(folder, **options)
    space = ts.load(folder, lens="logit")
    for search in (ts.SearchSettings(), ts.SearchSettings(similarity="dot", centered=True)):
        with pytest.raises(InputError, match="ranks by dot on rows as they are, not by"):
            ts.direction_test(space, V, search=search)
        with pytest.raises(InputError, match="ranks by dot on rows as they are, not by"):
            ts.nearest(space, V, similarity=search.similarity, centered=search.centered)
        with pytest.raises(InputError, match="ranks by dot on rows as they are, not by"):
            ts.close_up(space, V[0], search=search)
    by_cosine: dict[str, Callable[[], object]] = {
        "a pair": lambda: ts.pair(space, 0, 1, n_pairs=200),
        "a survey": lambda: ts.survey(space, 100),
        "a geometry": lambda: ts.measure_geometry(space, n_directions=9),
        "a comparison": lambda: ts.compare(space, space),
    }
    for what, do in by_cosine.items():
        with pytest.raises(
            InputError, match=f"{what} is by cosine, and .* lens 'logit', which ranks by"
        ):
            do()
    with pytest.raises(InputError, match="ranks by dot on rows as they are, not by cosine"):
        ts.cards(space, ts.RandomDirections(D, 1))
    with pytest.raises(InputError, match="the page ranks by what is chosen on it"):
        space.explore()
    with pytest.raises(InputError, match="leave out matrix"):
        np.savez(tmp_path / "v.npz", vectors=E, tokens=np.array([f"t{i}" for i in range(N)]))
        ts.load(tmp_path / "v.npz", lens="logit")


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize(
    ("tensors", "config", "says"),
    [
        (LLAMA, None, "no config.json with a model_type"),
        (LLAMA, {"model_type": "novel"}, "not known of model type 'novel'.*fold_norm"),
        (LLAMA, {"model_type": "llava"}, "not known of model type 'llava'"),
        ({**LLAMA, "model.norm.bias": B}, {"model_type": "llama"}, "RMSNorm, but '.*' has a bias"),
        ({"wte.weight": E}, {"model_type": "gpt2"}, "no final norm that is known"),
        ({"bert.embeddings.word_embeddings.weight": E, "cls.predictions.decoder.weight": U,
          "cls.predictions.transform.LayerNorm.weight": G}, {"model_type": "bert"}, "more than a norm"),
    ],
)  # fmt: skip
def test_a_norm_that_is_not_known_is_refused(
    tmp_path: Path, tensors: dict[str, Float32s], config: Any, says: str, lens: Lens
) -> None:
    with pytest.raises(SourceError, match=says):
        ts.load(write(tmp_path, tensors, config), lens=lens)


def test_a_mixture_of_experts_is_not_what_transformerlens_folds(tmp_path: Path) -> None:
    folder = write(tmp_path, LLAMA, {"model_type": "mixtral", "num_local_experts": 8})
    np.testing.assert_array_equal(ts.load(folder, lens="logit").vectors, U * G)
    with pytest.raises(SourceError, match="mixture of experts"):
        ts.load(folder, lens="transformerlens")


def gguf(path: Path, **about: Any) -> Path:
    """A GGUF file of a small tied model, whose metadata may have floats and numbers."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    head = b""
    tokens = [f"t{id}" for id in range(N)]
    values: dict[str, Any] = {"general.architecture": "some", "tokenizer.ggml.model": "llama"}
    values |= {"tokenizer.ggml.tokens": tokens, **about}
    for name, value in values.items():
        head += text(name)
        if isinstance(value, list):
            head += struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
        elif isinstance(value, float):
            head += struct.pack("<If", 6, value)
        elif isinstance(value, int):
            head += struct.pack("<II", 4, value)
        else:
            head += struct.pack("<I", 8) + text(value)
    arrays = {"token_embd.weight": E, "output_norm.weight": G}
    data = b""
    for name, array in arrays.items():
        head += text(name) + struct.pack("<I", array.ndim)
        head += struct.pack(f"<{array.ndim}Q", *array.shape[::-1]) + struct.pack("<IQ", 0, len(data))
        data += array.tobytes() + bytes(-array.nbytes % 32)
    start = struct.pack("<4sIQQ", b"GGUF", 3, len(arrays), len(values)) + head
    path.write_bytes(start + bytes(-len(start) % 32) + data)
    return path


LAYER, RMS = "some.attention.layer_norm_epsilon", "some.attention.layer_norm_rms_epsilon"


@pytest.mark.parametrize(
    ("about", "layer_norm", "capped"),
    [({LAYER: 1e-5}, True, False), ({RMS: 1e-5}, False, False),
     ({RMS: 1e-5, "some.final_logit_softcapping": 30.0}, False, True)],
)  # fmt: skip
def test_gguf_says_which_norm(
    tmp_path: Path, about: dict[str, float], layer_norm: bool, capped: bool
) -> None:
    """Whatever the family: its converter has already added the 1 of Gemma."""
    family = Family({}, {}, E, G.astype(np.float64), layer_norm, capped)
    path = gguf(tmp_path / "m.gguf", **about)
    for lens in LENSES:
        np.testing.assert_allclose(ts.load(path, lens=lens).vectors, family.w_u(lens).T, atol=2e-6)


def test_gguf_that_does_not_say_which_norm(tmp_path: Path) -> None:
    for about in ({}, {LAYER: 1e-5, RMS: 1e-5}):
        path = gguf(tmp_path / "m.gguf", **about)
        with pytest.raises(SourceError, match="neither or both of layer_norm_epsilon"):
            ts.load(path, lens="logit")
    with pytest.raises(SourceError, match="mixture of experts"):
        ts.load(gguf(path, **{RMS: 1e-5, "some.expert_count": 8}), lens="transformerlens")


def test_ctranslate2_shows_a_layernorm_by_its_bias(tmp_path: Path) -> None:
    def variables(*, bias: bool) -> dict[str, Any]:
        arrays = {"decoder/embeddings/weight": E, "decoder/projection/weight": U}
        arrays |= {"decoder/layer_norm/gamma": G} | ({"decoder/layer_norm/beta": B} if bias else {})
        return {name: ("float32", array.shape, array.tobytes()) for name, array in arrays.items()}

    folder = write(tmp_path, LLAMA, None)
    (folder / "model.safetensors").unlink()
    (folder / "model.bin").write_bytes(ctranslate2(variables(bias=True)))
    family = Family({}, {}, U, G.astype(np.float64), layer_norm=True)
    np.testing.assert_allclose(
        ts.load(folder, lens="transformerlens").vectors, family.w_u("transformerlens").T, atol=2e-6
    )
    (folder / "model.bin").write_bytes(ctranslate2(variables(bias=False)))
    with pytest.raises(SourceError, match="LayerNorm or an RMSNorm"):
        ts.load(folder, lens="logit")


@pytest.mark.parametrize("flag", [None, 0, 1])
def test_ctranslate2_says_by_a_flag_whether_the_norm_adds_one(tmp_path: Path, flag: int | None) -> None:
    arrays = {"decoder/embeddings/weight": E, "decoder/projection/weight": U}
    arrays |= {"decoder/layer_norm/gamma": G}
    variables: dict[str, Any] = {
        name: ("float32", array.shape, array.tobytes()) for name, array in arrays.items()
    }
    if flag is not None:
        variables["decoder/layer_norm/layer_norm_use_residual"] = ("int8", (), bytes([flag]))
    folder = write(tmp_path, LLAMA, None)
    (folder / "model.safetensors").unlink()
    (folder / "model.bin").write_bytes(ctranslate2(variables))
    space = ts.load(folder, matrix="output", fold_norm=True)
    np.testing.assert_array_equal(space.vectors, U * (G + np.float32(flag or 0)))


def test_the_bundled_model_has_its_norm(bundled: ts.EmbeddingSpace) -> None:
    with SafetensorsFile(norm_path()) as file:
        gain = vector(file, NORM)
    space = ts.load(lens="logit")
    np.testing.assert_array_equal(space.vectors[::99], bundled.vectors[::99] * gain)
    assert space.lens == "logit" and space.provenance.sha256 == bundled.provenance.sha256


def test_types_with_exceptions_are_types_of_their_layout() -> None:
    for layout in LAYOUTS:
        for model_type in (*layout.other_kind, *layout.no_kind):
            assert model_type in layout.model_types
        assert set(layout.other_kind).isdisjoint(layout.no_kind)
    kinds = {one: layout.kind_of(one) for layout in LAYOUTS for one in layout.model_types}
    for model_type in (
        "gpt2",
        "gpt_neox",
        "gptj",
        "opt",
        "phi",
        "phimoe",
        "cohere",
        "stablelm",
        "falcon",
    ):
        assert kinds[model_type] == "LayerNorm"
    for model_type in ("llama", "gemma", "qwen", "qwen3", "phi3", "t5", "mamba", "olmo2", "gpt_oss"):
        assert kinds[model_type] == "RMSNorm"
