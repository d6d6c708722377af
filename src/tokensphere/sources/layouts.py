"""Which tensor of a model holds its token embeddings: one table, and how it is searched.

The names are those of the Hugging Face implementations (``modeling_*.py`` of each model type), of
llama.cpp's ``gguf-py/gguf/constants.py`` and of CTranslate2's ``transformer_spec.py``. A model may sit
inside a larger one: then all its names bear a prefix (``language_model.model.embed_tokens.weight``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError, SourceError
from tokensphere.sources.tensors import TensorEntry, TensorFile

Matrix = Literal["input", "output"]


@dataclass(frozen=True)
class Layout:
    """Where the models of one family keep their tensors.

    Attributes
    ----------
    name : of the family
    model_types : the values of ``model_type`` in ``config.json``
    input, output, norm : names of the embedding, the unembedding and the weight of the norm that comes
        right before the unembedding; the first that is there counts
    shares : without a tensor for the output, the input serves for both
    norm_plus_one : the norm multiplies by 1 + weight
    scale_input : what the model does with a row of the input before it uses it
    note : what else a reader of a result should know
    """

    name: str
    model_types: tuple[str, ...]
    input: tuple[str, ...]
    output: tuple[str, ...] = ()
    norm: tuple[str, ...] = ()
    shares: bool = True
    norm_plus_one: bool = False
    scale_input: str = ""
    note: str = ""


_LM_HEAD = ("lm_head.weight",)
_EMBED_TOKENS = ("model.embed_tokens.weight", "embed_tokens.weight")
_MODEL_NORM = ("model.norm.weight", "norm.weight")
_GPT_NORM = ("transformer.ln_f.weight", "ln_f.weight")
_BERT_WORDS = "embeddings.word_embeddings.weight"
_BERT_OUTPUT = ("cls.predictions.decoder.weight",)
_BERT_NORM = ("cls.predictions.transform.LayerNorm.weight",)
_HEAD_NORM = ("lm_head.layer_norm.weight",)
_ROOT_D = "the model multiplies input embeddings by the square root of their dimension"
_SCALED = "the model multiplies input embeddings by a number of its config"
_FACTORS = "the embeddings may have fewer dimensions than the hidden layers, which a projection joins"

# Where the names of several layouts are there, the one with most of its tensors counts, then the first.
LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "Llama",
        (
            "llama", "llama4", "llama4_text", "mistral", "mistral3", "ministral", "ministral3",
            "mixtral", "qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "qwen3", "qwen3_moe", "qwen3_vl",
            "smollm3", "olmo2", "olmo3", "olmoe", "phi3", "phimoe", "phi4_multimodal",
            "stablelm", "starcoder2", "cohere", "cohere2", "deepseek_v2", "deepseek_v3", "ernie4_5",
            "ernie4_5_moe", "exaone4", "glm", "glm4", "glm4_moe", "gpt_oss", "helium", "seed_oss",
            "apertus", "arcee", "hunyuan_v1_dense", "minimax", "internlm", "baichuan", "llava",
            "llava_next",
        ),
        _EMBED_TOKENS, _LM_HEAD, _MODEL_NORM,
    ),
    Layout("OLMo 1", ("olmo",), _EMBED_TOKENS, _LM_HEAD),  # its norms have no weights
    Layout(
        "Gemma", ("gemma", "gemma2", "gemma3", "gemma3_text", "vaultgemma", "paligemma"),
        _EMBED_TOKENS, _LM_HEAD, _MODEL_NORM, norm_plus_one=True, scale_input=_ROOT_D,
    ),
    Layout(
        "Gemma 3n and 4", ("gemma3n", "gemma3n_text", "gemma4", "gemma4_text"),
        _EMBED_TOKENS, _LM_HEAD, _MODEL_NORM, scale_input=_ROOT_D,
    ),
    Layout(
        "RecurrentGemma", ("recurrent_gemma",),
        _EMBED_TOKENS, _LM_HEAD, ("model.final_norm.weight",), norm_plus_one=True, scale_input=_ROOT_D,
    ),
    Layout(
        "Qwen3-Next",
        ("qwen3_next", "qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text"),
        _EMBED_TOKENS, _LM_HEAD, _MODEL_NORM, norm_plus_one=True,
    ),
    Layout("Nemotron", ("nemotron",), _EMBED_TOKENS, _LM_HEAD, _MODEL_NORM, norm_plus_one=True),
    Layout(
        "Granite",
        ("granite", "granitemoe", "granitemoeshared", "granitemoehybrid", "minicpm", "minicpm3"),
        _EMBED_TOKENS, _LM_HEAD, _MODEL_NORM, scale_input=_SCALED,
    ),
    Layout(
        "Phi", ("phi", "persimmon"),
        _EMBED_TOKENS, _LM_HEAD, ("model.final_layernorm.weight", "final_layernorm.weight"),
        shares=False,
    ),
    Layout(
        "Jamba", ("jamba", "bamba", "zamba", "zamba2"),
        _EMBED_TOKENS, _LM_HEAD, ("model.final_layernorm.weight", "final_layernorm.weight"),
    ),
    Layout(
        "Falcon-H1", ("falcon_h1",),
        _EMBED_TOKENS, _LM_HEAD, ("model.final_layernorm.weight",), scale_input=_SCALED,
    ),
    Layout("LFM2", ("lfm2", "lfm2_moe"), _EMBED_TOKENS, _LM_HEAD, ("model.embedding_norm.weight",)),
    Layout(
        "XGLM", ("xglm",), _EMBED_TOKENS, _LM_HEAD, ("model.layer_norm.weight",), scale_input=_ROOT_D
    ),
    Layout(
        "InternLM2", ("internlm2",),
        ("model.tok_embeddings.weight",), ("output.weight",), _MODEL_NORM, shares=False,
    ),
    Layout(
        "Llama, original names", (),
        ("tok_embeddings.weight",), ("output.weight",), ("norm.weight",), shares=False,
    ),
    Layout(
        "GPT-2", ("gpt2", "gpt_bigcode", "openai-gpt"),
        ("transformer.wte.weight", "wte.weight", "transformer.tokens_embed.weight"),
        _LM_HEAD, _GPT_NORM,
    ),
    Layout("GPT-Neo", ("gpt_neo",), ("transformer.wte.weight", "wte.weight"), _LM_HEAD, _GPT_NORM),
    Layout(
        "GPT-J", ("gptj", "codegen", "qwen"),
        ("transformer.wte.weight", "wte.weight"), _LM_HEAD, _GPT_NORM, shares=False,
    ),
    Layout(
        "GPT-NeoX", ("gpt_neox",),
        ("gpt_neox.embed_in.weight", "embed_in.weight"),
        ("embed_out.weight", "lm_head.weight"),
        ("gpt_neox.final_layer_norm.weight", "final_layer_norm.weight"), shares=False,
    ),
    Layout(
        "Falcon", ("falcon", "RefinedWeb", "RefinedWebModel"),
        ("transformer.word_embeddings.weight", "word_embeddings.weight"), _LM_HEAD, _GPT_NORM,
    ),
    Layout(
        "BLOOM", ("bloom",),
        ("transformer.word_embeddings.weight", "word_embeddings.weight"), _LM_HEAD, _GPT_NORM,
        scale_input="the model applies a norm (word_embeddings_layernorm) to input embeddings",
    ),
    Layout(
        "MPT", ("mpt", "dbrx"),
        ("transformer.wte.weight", "wte.weight"), _LM_HEAD,
        ("transformer.norm_f.weight", "norm_f.weight"),
    ),
    Layout(
        "ChatGLM", ("chatglm",),
        ("transformer.embedding.word_embeddings.weight",), ("transformer.output_layer.weight",),
        ("transformer.encoder.final_layernorm.weight",), shares=False,
    ),
    Layout(
        "T5", ("t5", "mt5", "umt5", "longt5", "switch_transformers"),
        ("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"),
        _LM_HEAD, ("decoder.final_layer_norm.weight",),
    ),
    Layout(
        "Whisper", ("whisper",),
        ("model.decoder.embed_tokens.weight", "decoder.embed_tokens.weight"), ("proj_out.weight",),
        ("model.decoder.layer_norm.weight", "decoder.layer_norm.weight"),
    ),
    Layout(
        "Whisper, original names", (), ("decoder.token_embedding.weight",), (), ("decoder.ln.weight",)
    ),
    Layout(
        "BART", ("bart", "mbart", "m2m_100", "marian", "pegasus", "nllb-moe", "blenderbot"),
        (
            "model.shared.weight", "shared.weight",
            "model.decoder.embed_tokens.weight", "model.encoder.embed_tokens.weight",
            "decoder.embed_tokens.weight", "encoder.embed_tokens.weight",
        ),
        _LM_HEAD, ("model.decoder.layer_norm.weight", "decoder.layer_norm.weight"),
        scale_input="the model may multiply input embeddings by the square root of their dimension"
        " (scale_embedding of its config)",
    ),
    Layout(
        "OPT", ("opt",),
        ("model.decoder.embed_tokens.weight", "decoder.embed_tokens.weight"), _LM_HEAD,
        ("model.decoder.final_layer_norm.weight", "decoder.final_layer_norm.weight"),
        note=f"{_FACTORS} (OPT-350m: project_in, project_out)",
    ),
    Layout(
        "BERT", ("bert", "nomic_bert"),
        (f"bert.{_BERT_WORDS}", _BERT_WORDS), _BERT_OUTPUT, _BERT_NORM,
    ),
    Layout(
        "DistilBERT", ("distilbert",),
        (f"distilbert.{_BERT_WORDS}", _BERT_WORDS),
        ("vocab_projector.weight",), ("vocab_layer_norm.weight",),
    ),
    Layout(
        "RoBERTa", ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert"),
        (f"roberta.{_BERT_WORDS}", _BERT_WORDS), ("lm_head.decoder.weight",), _HEAD_NORM,
    ),
    Layout(
        "MPNet", ("mpnet",),
        (f"mpnet.{_BERT_WORDS}", _BERT_WORDS), ("lm_head.decoder.weight",), _HEAD_NORM,
    ),
    Layout(
        "ALBERT", ("albert",), (f"albert.{_BERT_WORDS}", _BERT_WORDS),
        ("predictions.decoder.weight",), ("predictions.LayerNorm.weight",), note=_FACTORS,
    ),
    Layout(
        "ELECTRA", ("electra",), (f"electra.{_BERT_WORDS}", _BERT_WORDS),
        ("generator_lm_head.weight",), ("generator_predictions.LayerNorm.weight",), note=_FACTORS,
    ),
    Layout(
        "DeBERTa", ("deberta", "deberta-v2"),
        (f"deberta.{_BERT_WORDS}", _BERT_WORDS), _BERT_OUTPUT,
        (*_BERT_NORM, "lm_predictions.lm_head.LayerNorm.weight"),
    ),
    Layout(
        "ModernBERT", ("modernbert",),
        ("model.embeddings.tok_embeddings.weight", "embeddings.tok_embeddings.weight"),
        ("decoder.weight",), ("head.norm.weight",),
    ),
    Layout(
        "CLIP text", ("clip", "clip_text_model", "siglip", "siglip_text_model"),
        ("text_model.embeddings.token_embedding.weight",), (), ("text_model.final_layer_norm.weight",),
        shares=False,
    ),
    Layout(
        "Mamba", ("mamba", "mamba2", "falcon_mamba"),
        ("backbone.embeddings.weight", "backbone.embedding.weight", "embeddings.weight"),
        _LM_HEAD, ("backbone.norm_f.weight", "norm_f.weight"),
    ),
    Layout(
        "RWKV", ("rwkv",),
        ("rwkv.embeddings.weight", "emb.weight"), ("head.weight",),
        ("rwkv.ln_out.weight", "ln_out.weight"), shares=False,
        scale_input="the model applies a norm (ln0, pre_ln) to input embeddings",
    ),
    Layout(
        "GGUF", (),
        # Gemma's norms are stored with the 1 already added.
        ("token_embd.weight",), ("output.weight",), ("output_norm.weight",),
    ),
    Layout(
        "CTranslate2", (),
        # The encoder of a translator may have another embedding, with a vocabulary of its own.
        ("decoder/embeddings/weight", "encoder/embeddings_0/weight", "encoder/embeddings/weight"),
        ("decoder/projection/weight",), ("decoder/layer_norm/gamma",),
    ),
    Layout("static, sentence-transformers", (), ("embedding.weight",), shares=False),
    Layout("static, Model2Vec", ("model2vec",), ("embeddings", "embedding.weight"), shares=False),
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """The tensor that :func:`find_matrix` chose.

    Attributes
    ----------
    name : of the tensor
    norm : name of the weight of the norm before the output, None where there is none
    layout : name of the :class:`Layout`, empty where the tensor is of no known one
    tied : the model has one matrix for input and output, under this name
    notes : what a reader of a result should know
    """

    name: str
    norm: str | None
    layout: str
    tied: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Match:
    """A layout whose names are in a file."""

    layout: Layout
    input: str | None
    output: str | None
    norm: str | None

    @property
    def roles(self) -> int:
        return sum(role is not None for role in (self.input, self.output, self.norm))


def find_matrix(
    tensors: Mapping[str, TensorEntry],
    matrix: Matrix,
    *,
    model_type: str | None = None,
    tensor: str | None = None,
    tied: bool | None = None,
) -> Found:
    """The tensor that holds the input embedding or the output unembedding.

    Parameters
    ----------
    tensors : name -> shape and type
    matrix : ``"input"`` or ``"output"``
    model_type : what ``config.json`` says; without it, or where the file has none of that type's
        names, the names alone decide
    tensor : the name that the user gave, which settles it
    tied : ``tie_word_embeddings`` of ``config.json``, if it is there: whether input and output are one

    Raises
    ------
    SourceError
        no tensor, or none for certain; the message lists the two-dimensional ones
    """
    if tensor is not None:
        return _given(tensors, tensor, model_type)
    match = _recognise(tensors, model_type)
    if match is None:
        of_type = f" (model type {model_type!r})" if model_type else ""
        raise SourceError(f"no known layout{of_type} has these tensors; {_ask(tensors)}")
    own, other = (match.output, match.input) if matrix == "output" else (match.input, match.output)
    name, notes = own or other or "", _notes(match.layout, matrix, model_type)
    if own is None:
        if not (match.layout.shares if tied is None else tied):
            raise SourceError(
                f"there is no {matrix} matrix, and {match.layout.name} does not use {other!r} for it;"
                f" {_ask(tensors)}"
            )
        notes.insert(0, f"no tensor for the {matrix} alone: {name!r} serves for input and output")
    _check_matrix(tensors, name)
    return Found(name, match.norm, match.layout.name, own is None, tuple(notes))


def _notes(layout: Layout, matrix: Matrix, model_type: str | None) -> list[str]:
    notes = []
    if layout.model_types and model_type not in layout.model_types:
        notes.append(f"taken for the layout {layout.name} by the names of its tensors alone")
    if matrix == "input" and layout.scale_input:
        notes.append(f"{layout.scale_input}; the rows are as stored")
    if layout.note:
        notes.append(layout.note)
    return notes


def _given(tensors: Mapping[str, TensorEntry], name: str, model_type: str | None) -> Found:
    """The tensor that the user named; the norm, if the tensor is in its place in a known layout."""
    if name not in tensors:
        raise SourceError(f"there is no tensor {name!r}; {_ask(tensors)}")
    _check_matrix(tensors, name)
    try:
        match = _recognise(tensors, model_type)
    except SourceError:
        match = None
    if match is None or name not in (match.input, match.output):
        return Found(name, None, "", False, ())
    return Found(name, match.norm, match.layout.name, False, ())


def _check_matrix(tensors: Mapping[str, TensorEntry], name: str) -> None:
    shape = tensors[name].shape
    if len(shape) != 2 or not all(shape):
        raise SourceError(f"tensor {name!r} has the shape {shape}, not a matrix; {_ask(tensors)}")


def _ask(tensors: Mapping[str, TensorEntry], most: int = 12) -> str:
    """A request for the tensor's name, with the two-dimensional ones, the largest first."""
    matrices = sorted(
        (entry for entry in tensors.values() if len(entry.shape) == 2),
        key=lambda entry: (-prod(entry.shape), entry.name),
    )
    if not matrices:
        return "the file has no two-dimensional tensor at all"
    listed = ", ".join(f"{e.name} ({e.shape[0]} × {e.shape[1]})" for e in matrices[:most])
    more = f" and {len(matrices) - most} more" if len(matrices) > most else ""
    return f"name one with --tensor NAME: {listed}{more}"


def _recognise(tensors: Mapping[str, TensorEntry], model_type: str | None) -> _Match | None:
    """The layout of these tensors, None if it is unknown."""
    of_type = [layout for layout in LAYOUTS if model_type in layout.model_types]
    for layouts in (of_type, LAYOUTS):
        matches = [match for layout in layouts if (match := _match(layout, tensors, ""))]
        if matches:
            return max(matches, key=lambda match: match.roles)  # the first of equals
        inside = _match_inside(layouts, tensors)
        if inside:
            return inside
    return None


def _match(layout: Layout, tensors: Mapping[str, TensorEntry], prefix: str) -> _Match | None:
    """The layout's tensors under `prefix`; the head of a model inside another may stand outside it."""

    def first(names: tuple[str, ...]) -> str | None:
        candidates = [prefix + name for name in names] + list(names)
        return next((name for name in candidates if name in tensors), None)

    own = next((prefix + name for name in layout.input if prefix + name in tensors), None)
    output = first(layout.output)
    # An output alone tells nothing: many layouts call it the same.
    if own is None and (output is None or not layout.shares or first(layout.norm) is None):
        return None
    return _Match(layout, own, output, first(layout.norm))


def _match_inside(
    layouts: list[Layout] | tuple[Layout, ...], tensors: Mapping[str, TensorEntry]
) -> _Match | None:
    """A layout all of whose names bear one prefix, if one tensor alone can be its input."""
    matches: list[_Match] = []
    for layout in layouts:
        for name in layout.input:
            ends = [full for full in tensors if full.endswith(("." + name, "/" + name))]
            found = [_match(layout, tensors, full[: -len(name)]) for full in ends]
            matches += [match for match in found if match]
            if ends:
                break
    inputs = dict.fromkeys(str(match.input) for match in matches)
    if len(inputs) > 1:
        several = ", ".join(list(inputs)[:4])
        raise SourceError(f"several tensors could be the embedding ({several}); {_ask(tensors)}")
    return max(matches, key=lambda match: match.roles, default=None)


def same_bytes(file: TensorFile, a: str, b: str) -> bool:
    """Whether two tensors of a file have the same type, shape and bytes."""
    first, second = file.tensors[a], file.tensors[b]
    if (first.dtype, first.shape) != (second.dtype, second.shape):
        return False
    left, right = file.raw(a), file.raw(b)
    step = 2**20  # so that two large matrices that differ early are not read to their ends
    return left.size == right.size and all(
        np.array_equal(left[low : low + step], right[low : low + step])
        for low in range(0, left.size, step)
    )


def fold_norm(
    matrix: npt.NDArray[np.float32], norm_weight: npt.NDArray[np.float32], layout: str
) -> npt.NDArray[np.float32]:
    """The output matrix with the final norm's weight in its columns.

    What a hidden state is multiplied by after it was normalised belongs as well to the matrix: with the
    weight folded in, a row is the direction in which its token is read from the normalised state. The
    bias of the norm and the subtraction of the mean, where a model has them, are left out.

    Parameters
    ----------
    matrix : float32 array of shape (n, d)
    norm_weight : float32 array of shape (d,)
    layout : name of the layout; some store their weight less one

    Returns
    -------
    float32 array of shape (n, d), a new one

    Raises
    ------
    InputError
        the weight has another length than the rows, or no layout has that name
    """
    if matrix.ndim != 2 or norm_weight.shape != matrix.shape[1:]:
        raise InputError(
            f"the norm's weight has the shape {norm_weight.shape}, not that of a row, {matrix.shape[1:]}"
        )
    known = next((known for known in LAYOUTS if known.name == layout), None)
    if known is None:
        raise InputError(
            f"there is no layout {layout!r}; there are {', '.join(k.name for k in LAYOUTS)}"
        )
    weight = norm_weight.astype(np.float32) + np.float32(known.norm_plus_one)
    folded: npt.NDArray[np.float32] = matrix * weight
    return folded
