"""The names that families of models give to their embedding, unembedding and final norm: one table.

The names are those of the Hugging Face implementations (``modeling_*.py`` of each model type), of
llama.cpp's ``gguf-py/gguf/constants.py`` and of CTranslate2's ``transformer_spec.py``.
:mod:`~tokensphere.sources.layout.search` searches it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Norm = Literal["LayerNorm", "RMSNorm"]


@dataclass(frozen=True)
class Layout:
    """Where the models of one family keep their tensors.

    Attributes
    ----------
    name : of the family
    model_types : the values of ``model_type`` in ``config.json``
    input, output, norm : names of the embedding, the unembedding and the weight of the norm that comes
        right before the unembedding; the first that is there counts
    shares : without a tensor for the output, the input serves for both: the default of
        ``tie_word_embeddings`` in the configuration class of each of its types (transformers 4.57 or, of
        newer types, 5; of a model with vision, that of its text; of one with code of its own, its class)
    shared_by : the types of which that is true, where it is not of all
    head : what the names of the layers between the last hidden state and the output begin with; a model
        without any of them (an encoder alone) has no output
    norm_plus_one : the norm multiplies by 1 + weight
    norm_kind : whether that norm subtracts the mean (LayerNorm) or not (RMSNorm) in the models'
        implementations; None where the names do not say it
    other_kind, no_kind : the types whose norm is of the other kind, and those that do not say it
    scale_input : what the model does with a row of the input before it uses it
    note : what else a reader of a result should know
    """

    name: str
    model_types: tuple[str, ...]
    input: tuple[str, ...]
    output: tuple[str, ...]
    norm: tuple[str, ...]
    shares: bool = True
    shared_by: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    norm_plus_one: bool = False
    norm_kind: Norm | None = "RMSNorm"
    other_kind: tuple[str, ...] = ()
    no_kind: tuple[str, ...] = ()
    scale_input: str = ""
    note: str = ""

    def kind_of(self, model_type: str | None) -> Norm | None:
        """The kind of the norm in a model of this type; None where that is not known."""
        if model_type not in (self.model_types or (None,)) or model_type in self.no_kind:
            return None
        if model_type not in self.other_kind:
            return self.norm_kind
        return "RMSNorm" if self.norm_kind == "LayerNorm" else "LayerNorm"


def _layout(
    name: str,
    model_types: str = "",
    input: str = "[model.]embed_tokens",
    output: str = "lm_head",
    norm: str = "[model.]norm",
    **more: Any,
) -> Layout:
    """A layout from texts, with spaces between names; those of most models are the defaults.

    A name is a module's, whose weight is meant, or a tensor's own after ``=``. Where it begins with
    ``[model.]``, say, it stands for two, with and without: models are saved without their heads, too.
    In `input` ``TYPE`` is the first of the model types.
    """

    def tensors(text: str) -> tuple[str, ...]:
        names = _BRACKETS.sub(r"\1\2 \2", text).split()
        return tuple(name[1:] if name.startswith("=") else f"{name}.weight" for name in names)

    types = tuple(model_types.split())
    input = input.replace("TYPE", types[0] if types else "")
    return Layout(name, types, tensors(input), tensors(output), tensors(norm), **more)


_BRACKETS = re.compile(r"\[(\S+)\](\S+)")
_BERT_WORDS = "[TYPE.]embeddings.word_embeddings"
_BERT_OUTPUT = "cls.predictions.decoder"
_BERT_NORM = "cls.predictions.transform.LayerNorm"
_WTE = "[transformer.]wte"
_GPT_NORM = "[transformer.]ln_f"
_ROOT_D = "the model multiplies input embeddings by the square root of their dimension"
_SCALED = "the model multiplies input embeddings by a number of its config"
_FACTORS = "the embeddings may have fewer dimensions than the hidden layers, which a projection joins"

# Where the names of several layouts are there, the one with most of its tensors counts, then the first.
LAYOUTS: tuple[Layout, ...] = (
    _layout(
        "Llama",
        "llama llama4 llama4_text mistral mistral3 ministral ministral3 mixtral qwen2 qwen2_moe qwen2_vl"
        " qwen2_5_vl qwen3 qwen3_moe qwen3_vl smollm3 olmo2 olmo3 olmoe phi3 phimoe phi4_multimodal"
        " stablelm starcoder2 cohere cohere2 deepseek_v2 deepseek_v3 ernie4_5 ernie4_5_moe exaone4 glm"
        " glm4 glm4_moe gpt_oss helium seed_oss apertus arcee hunyuan_v1_dense minimax internlm baichuan"
        " llava llava_next",
        shares=False,
        shared_by=("smollm3", "starcoder2", "cohere", "cohere2", "ernie4_5", "ernie4_5_moe"),
        other_kind=("phimoe", "stablelm", "starcoder2", "cohere", "cohere2"),
        no_kind=("llava", "llava_next"),  # whose text is of several families
    ),
    _layout("OLMo 1", "olmo", norm="", norm_kind="LayerNorm", shares=False),  # its norms have no weights
    _layout(
        "Gemma", "gemma gemma2 gemma3 gemma3_text vaultgemma paligemma",
        norm_plus_one=True, scale_input=_ROOT_D,
    ),
    _layout("Gemma 3n and 4", "gemma3n gemma3n_text gemma4 gemma4_text", scale_input=_ROOT_D),
    _layout(
        "RecurrentGemma", "recurrent_gemma", norm="model.final_norm",
        norm_plus_one=True, scale_input=_ROOT_D,
    ),
    _layout(
        "Qwen3-Next", "qwen3_next qwen3_5 qwen3_5_text qwen3_5_moe qwen3_5_moe_text", norm_plus_one=True,
        shares=False,
    ),
    _layout("Nemotron", "nemotron", norm_plus_one=True, norm_kind="LayerNorm", shares=False),
    _layout(
        "Granite", "granite granitemoe granitemoeshared granitemoehybrid minicpm minicpm3",
        scale_input=_SCALED, shares=False, shared_by=("minicpm", "minicpm3"),
    ),
    _layout(
        "Phi", "phi persimmon", norm="[model.]final_layernorm", norm_kind="LayerNorm", shares=False,
    ),
    _layout(
        "Jamba", "jamba bamba zamba zamba2", norm="[model.]final_layernorm",
        shares=False, shared_by=("zamba", "zamba2"),
    ),
    _layout("Falcon-H1", "falcon_h1", norm="model.final_layernorm", scale_input=_SCALED, shares=False),
    _layout("LFM2", "lfm2 lfm2_moe", norm="model.embedding_norm"),
    _layout("XGLM", "xglm", norm="model.layer_norm", norm_kind="LayerNorm", scale_input=_ROOT_D),
    _layout("InternLM2", "internlm2", "model.tok_embeddings", "output", shares=False),
    _layout("Llama, original names", "", "tok_embeddings", "output", "norm", shares=False),
    _layout(
        "GPT-2", "gpt2 gpt_bigcode openai-gpt", f"{_WTE} transformer.tokens_embed", norm=_GPT_NORM,
        norm_kind="LayerNorm",
    ),
    _layout("GPT-Neo", "gpt_neo", _WTE, norm=_GPT_NORM, norm_kind="LayerNorm"),
    _layout(
        "GPT-J", "gptj codegen qwen", _WTE, norm=_GPT_NORM, norm_kind="LayerNorm",
        other_kind=("qwen",), shares=False,
    ),
    _layout(
        "GPT-NeoX", "gpt_neox", "[gpt_neox.]embed_in", "embed_out lm_head",
        "[gpt_neox.]final_layer_norm", norm_kind="LayerNorm", shares=False,
    ),
    _layout(
        "Falcon", "falcon RefinedWeb RefinedWebModel", "[transformer.]word_embeddings",
        norm=_GPT_NORM, norm_kind="LayerNorm",
    ),
    _layout(
        "BLOOM", "bloom", "[transformer.]word_embeddings", norm=_GPT_NORM,
        norm_kind="LayerNorm",
        scale_input="the model applies a norm (word_embeddings_layernorm) to input embeddings",
    ),
    _layout("MPT", "mpt", _WTE, norm="[transformer.]norm_f", norm_kind="LayerNorm"),
    _layout("DBRX", "dbrx", _WTE, norm="[transformer.]norm_f", norm_kind="LayerNorm", shares=False),
    _layout(
        "ChatGLM", "chatglm",
        "transformer.embedding.word_embeddings", "transformer.output_layer",
        "transformer.encoder.final_layernorm", norm_kind=None, shares=False,  # its config has "rmsnorm"
    ),
    _layout(
        "T5", "t5 mt5 umt5 longt5 switch_transformers",
        "shared encoder.embed_tokens decoder.embed_tokens",
        norm="decoder.final_layer_norm",
        shares=False, shared_by=("t5", "umt5", "longt5", "switch_transformers"),
        head=("decoder.",),
    ),
    _layout(
        "Whisper", "whisper",
        "[model.]decoder.embed_tokens", "proj_out", "[model.]decoder.layer_norm", norm_kind="LayerNorm",
    ),
    _layout(
        "Whisper, original names", "", "decoder.token_embedding", "", "decoder.ln",
        norm_kind="LayerNorm",
    ),
    _layout(
        "BART", "bart mbart m2m_100 marian pegasus nllb-moe blenderbot blenderbot-small led plbart mvp"
        " bigbird_pegasus pegasus_x",
        "[model.]shared model.encoder.embed_tokens model.decoder.embed_tokens"
        " encoder.embed_tokens decoder.embed_tokens",
        norm="[model.]decoder.layer_norm", norm_kind="LayerNorm",
        scale_input="the model may multiply input embeddings by the square root of their dimension"
        " (scale_embedding of its config)",
    ),
    _layout(
        "OPT", "opt",
        "[model.]decoder.embed_tokens", norm="[model.]decoder.final_layer_norm", norm_kind="LayerNorm",
        note=f"{_FACTORS} (OPT-350m: project_in, project_out)",
    ),
    _layout(
        "BERT", "bert nomic_bert ernie big_bird megatron-bert",
        _BERT_WORDS, _BERT_OUTPUT, _BERT_NORM, norm_kind="LayerNorm", head=("cls.predictions.",),
    ),
    _layout(
        "DistilBERT", "distilbert", _BERT_WORDS, "vocab_projector", "vocab_layer_norm",
        norm_kind="LayerNorm", head=("vocab_",),
    ),
    _layout(
        "RoBERTa", "roberta xlm-roberta xlm-roberta-xl camembert longformer data2vec-text xmod",
        _BERT_WORDS, "lm_head.decoder", "lm_head.layer_norm", norm_kind="LayerNorm", head=("lm_head.",),
    ),
    _layout(
        "MPNet", "mpnet", _BERT_WORDS, "lm_head.decoder", "lm_head.layer_norm", norm_kind="LayerNorm",
        head=("lm_head.",),
    ),
    _layout(
        "ALBERT", "albert", _BERT_WORDS, "predictions.decoder", "predictions.LayerNorm", note=_FACTORS,
        norm_kind="LayerNorm", head=("predictions.",),
    ),
    _layout(
        "ELECTRA", "electra", _BERT_WORDS,
        "generator_lm_head", "generator_predictions.LayerNorm", note=_FACTORS,
        norm_kind="LayerNorm", head=("generator_",),
    ),
    _layout(
        "DeBERTa", "deberta deberta-v2", _BERT_WORDS,
        _BERT_OUTPUT, f"{_BERT_NORM} lm_predictions.lm_head.LayerNorm",
        norm_kind="LayerNorm", head=("cls.predictions.", "lm_predictions."),
    ),
    _layout(
        "ModernBERT", "modernbert",
        "[model.]embeddings.tok_embeddings", "decoder", "head.norm", norm_kind="LayerNorm",
        head=("head.",),
    ),
    _layout(
        "CLIP text", "clip clip_text_model siglip siglip_text_model",
        "text_model.embeddings.token_embedding", "", "text_model.final_layer_norm",
        norm_kind="LayerNorm",
        shares=False,
    ),
    _layout(
        "Mamba", "mamba mamba2 falcon_mamba",
        "backbone.embeddings backbone.embedding embeddings",
        norm="[backbone.]norm_f", shares=False, shared_by=("mamba", "falcon_mamba"),
    ),
    _layout(
        "RWKV", "rwkv", "rwkv.embeddings emb", "head", "[rwkv.]ln_out",
        norm_kind="LayerNorm", shares=False,
        scale_input="the model applies a norm (ln0, pre_ln) to input embeddings",
    ),
    # Gemma's norms are stored with the 1 already added.
    _layout("GGUF", "", "token_embd", "output", "output_norm", norm_kind=None),
    _layout(
        "CTranslate2", "",
        # The encoder of a translator may have another embedding, with a vocabulary of its own.
        "=encoder/embeddings_0/weight =encoder/embeddings/weight =decoder/embeddings/weight",
        "=decoder/projection/weight", "=decoder/layer_norm/gamma", norm_kind=None,
        shares=False,  # its converter writes the output of a tied model, too, as an alias
    ),
    _layout("static, sentence-transformers", "", "embedding emb_layer", "", "", shares=False),
    _layout("static, Model2Vec", "model2vec", "=embeddings embedding", "", "", shares=False),
)  # fmt: skip


def is_known(model_type: str) -> bool:
    """Whether there is a layout of models of this type."""
    return any(model_type in layout.model_types for layout in LAYOUTS)


def has_factors(layout: str) -> bool:
    """Whether the models of a layout may have shorter rows for tokens than for hidden states."""
    return any(known.name == layout and known.note.startswith(_FACTORS) for known in LAYOUTS)
