from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import case
from tokensphere.errors import SourceError
from tokensphere.formats.tensors import TensorFile, TensorInfo
from tokensphere.sources.layout.config import Config
from tokensphere.sources.layout.search import Found, Matrix, find_matrix, same_bytes
from tokensphere.sources.layout.table import LAYOUTS, Layout

IO: tuple[Matrix, ...] = ("input", "output")


def entries(*names: str, shape: tuple[int, ...] = (9, 4)) -> dict[str, TensorInfo]:
    norms = ("norm.weight", "ln_f.weight", "Norm.weight", "layer_norm.weight", "gamma")
    return {
        name: TensorInfo(name, shape[-1:] if name.endswith(norms) else shape, "F32") for name in names
    }


LLAMA = ("model.embed_tokens.weight", "model.layers.0.mlp.weight", "model.norm.weight")
TYPED = [(layout, kind) for layout in LAYOUTS for kind in layout.model_types]


def test_a_model_type_leads_to_its_tensors() -> None:
    for layout, kind in TYPED:
        with case((layout.name, kind)):
            leads_to_its_tensors(layout, kind)


def leads_to_its_tensors(layout: Layout, kind: str) -> None:
    for own in layout.input:
        for prefix in ("", "wrapped.module."):
            tensors = entries(
                prefix + own, prefix + "block.weight", *[prefix + n for n in layout.output[:1]]
            )
            if layout.norm:
                tensors[prefix + layout.norm[0]] = TensorInfo(prefix + layout.norm[0], (4,), "F32")
            found = find_matrix(tensors, "input", config=Config(kind))
            assert (found.name, found.layout, found.tied) == (prefix + own, layout.name, False)
            assert found.norm == (prefix + layout.norm[0] if layout.norm else None)
            if layout.output:
                found = find_matrix(tensors, "output", config=Config(kind))
                assert (found.name, found.tied) == (prefix + layout.output[0], False)


def test_names_alone_lead_to_the_same_tensors() -> None:
    for layout in LAYOUTS:
        with case(layout.name):
            names_lead_to_its_tensors(layout)


def names_lead_to_its_tensors(layout: Layout) -> None:
    tensors = entries(layout.input[0], *layout.output[:1], "block.weight")
    if layout.norm:
        tensors[layout.norm[0]] = TensorInfo(layout.norm[0], (4,), "F32")
    found = find_matrix(tensors, "input")
    assert found.name == layout.input[0]
    if layout.output:
        assert find_matrix(tensors, "output").name == layout.output[0]
        assert found.norm == (layout.norm[0] if layout.norm else None)


@pytest.mark.parametrize(
    ("names", "layout", "own", "output"),
    [
        (("wte.weight", "wpe.weight", "ln_f.weight"), "GPT-2", "wte.weight", "wte.weight"),
        (
            ("shared.weight", "decoder.embed_tokens.weight", "decoder.final_layer_norm.weight"),
            "T5", "shared.weight", "",
        ),
        (
            ("model.decoder.embed_tokens.weight", "model.decoder.layer_norm.weight"),
            "Whisper", "model.decoder.embed_tokens.weight", "model.decoder.embed_tokens.weight",
        ),
        (
            ("decoder/embeddings/weight", "decoder/layer_norm/gamma", "encoder/layer_norm/gamma"),
            "CTranslate2", "decoder/embeddings/weight", "",
        ),
        (
            ("language_model.model.embed_tokens.weight", "language_model.lm_head.weight",
             "vision_tower.embeddings.position_embedding.weight"),
            "Llama", "language_model.model.embed_tokens.weight", "language_model.lm_head.weight",
        ),
        (
            ("model.language_model.embed_tokens.weight", "model.language_model.norm.weight",
             "lm_head.weight"),
            "Llama", "model.language_model.embed_tokens.weight", "lm_head.weight",
        ),
        (
            (*LLAMA, "model.layers.61.embed_tokens.weight"),
            "Llama", "model.embed_tokens.weight", "",
        ),
    ],
)  # fmt: skip
def test_files_as_they_are(names: tuple[str, ...], layout: str, own: str, output: str) -> None:
    tensors = entries(*names)
    found = find_matrix(tensors, "input")
    assert (found.name, found.layout) == (own, layout)
    if output:
        assert find_matrix(tensors, "output").name == output
        return
    with pytest.raises(SourceError, match=r"nothing says that .* serves for it; put .*config\.json"):
        find_matrix(tensors, "output")


def test_a_missing_output_is_tied_and_said() -> None:
    found = find_matrix(entries(*LLAMA), "output", config=Config("llama", True))
    assert found == Found(
        LLAMA[0], "model.norm.weight", "Llama", True,
        ("input and output are one matrix, 'model.embed_tokens.weight': tie_word_embeddings in"
         " config.json, and no file has a tensor for the output",),
        4,
    )  # fmt: skip


def test_a_tied_model_may_be_stored_under_the_name_of_its_head() -> None:
    tensors = entries("lm_head.weight", "model.norm.weight")
    found = find_matrix(tensors, "input", config=Config("qwen2", True))
    assert (found.name, found.tied) == ("lm_head.weight", True)


def test_models_that_do_not_share_are_not_taken_to_do_so() -> None:
    base = entries("gpt_neox.embed_in.weight", "gpt_neox.final_layer_norm.weight")
    with pytest.raises(SourceError, match=r"no output matrix.*tensor=NAME: gpt_neox\.embed_in"):
        find_matrix(base, "output", config=Config("gpt_neox"))
    assert find_matrix(base, "output", config=Config("gpt_neox", True)).tied
    with pytest.raises(SourceError, match="no output matrix"):
        find_matrix(entries(*LLAMA), "output", config=Config("llama", False))


def test_the_tensor_that_the_user_names_is_taken() -> None:
    tensors = entries(*LLAMA, "other.weight")
    assert find_matrix(tensors, "input", tensor="other.weight") == Found(
        "other.weight", None, "", False, ()
    )
    assert find_matrix(tensors, "output", tensor=LLAMA[0]).norm == "model.norm.weight"
    with pytest.raises(SourceError, match="no tensor 'absent'; name one with tensor=NAME: "):
        find_matrix(tensors, "input", tensor="absent")
    with pytest.raises(SourceError, match=r"has the shape \(4,\), not a matrix"):
        find_matrix(tensors, "input", tensor="model.norm.weight")


def test_unknown_layouts_list_matrices_the_largest_first() -> None:
    tensors = {f"m{i:02}": TensorInfo(f"m{i:02}", (i, 7), "F32") for i in range(1, 21)} | entries(
        "ln_f.weight"
    )
    with pytest.raises(SourceError) as caught:
        find_matrix(tensors, "input", config=Config("novel"))
    message = str(caught.value)
    assert "no known layout (model type 'novel')" in message
    assert "tensor=NAME: m20 (20 × 7), m19 (19 × 7)" in message
    assert "m09 (9 × 7) and 8 more" in message
    assert "ln_f" not in message
    with pytest.raises(SourceError, match="no two-dimensional tensor at all"):
        find_matrix({}, "input")


def test_a_choice_between_embeddings_is_left_to_the_user() -> None:
    tensors = entries("encoder.model.embed_tokens.weight", "other.model.embed_tokens.weight")
    with pytest.raises(SourceError, match="several tensors could be the embedding"):
        find_matrix(tensors, "input", config=Config("llama"))


def test_a_known_name_with_another_shape_is_refused() -> None:
    for matrix in IO:
        with pytest.raises(SourceError, match="not a matrix"):
            find_matrix(entries("wte.weight", "lm_head.weight", shape=(2, 3, 4)), matrix)


def test_notes_say_what_the_model_does_beyond_the_matrix() -> None:
    found = find_matrix(entries(*LLAMA), "input", config=Config("gemma2"))
    assert found.notes == (
        "the model multiplies input embeddings by the square root of their dimension;"
        " the rows are as stored",
        "there is no output matrix of its own",
    )
    assert "by the names of its tensors alone" in find_matrix(entries(*LLAMA), "input").notes[0]


class InMemory(TensorFile):
    """A file in memory."""

    path = Path("memory")

    def __init__(self, **raw: npt.NDArray[np.uint8]) -> None:
        self.bytes = raw
        self.tensors = {name: TensorInfo(name, (len(raw[name]), 1), "U8") for name in raw}

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        return self.bytes[name]


def test_same_bytes_sees_the_last_byte() -> None:
    a = np.zeros(3 * 2**20 + 7, np.uint8)
    b = a.copy()
    b[-1] = 1
    file = InMemory(a=a, same=a.copy(), b=b, short=a[:-1])
    assert same_bytes(file, "a", "same")
    assert not same_bytes(file, "a", "b")
    assert not same_bytes(file, "a", "short")
