"""More of what is packed, tied or odd in size: scales under other names, heads under other names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.files.case import Case, Want
from tests.files.of_packed import LLAMA, Array, D, E, N, X, f32, folder, mlx
from tests.files.of_scaled import eight_bits
from tests.files.of_ties_and_shards import E as GGUF_E
from tests.files.of_ties_and_shards import G as GGUF_G
from tests.files.of_ties_and_shards import gguf
from tests.formats.made import ct2_quantised, ctranslate2

U = np.random.default_rng(21).standard_normal((N, D)).astype(np.float32)
NORM, ONES = "model.norm.weight", np.ones(D, np.float32)
A_ROW = np.linspace(0.5, 9, N).astype(np.float32)
FP8, INT8 = eight_bits("F8_E4M3"), eight_bits("I8")


def _model(
    tensors: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    rows: Array | None = None,
    n: int = N,
    **more: Any,
) -> Callable[[Path], Want]:
    """A folder of floats and of what is given with its type; `more` is of what is wanted."""

    def make(path: Path) -> Want:
        stored = {name: t if isinstance(t, tuple) else f32(t) for name, t in tensors.items()}
        return Want(folder(path, stored, n, **(config or {})), rows, **more)

    return make


def _fp8(name: str, scale: Any, rows: Array | None = None, **config: Any) -> Callable[[Path], Want]:
    tensors = {f"{X}.weight": ("F8_E4M3", (N, D), FP8[0]), f"{X}.{name}": scale}
    return _model(tensors, LLAMA | config, rows)


def _int8(
    more: Mapping[str, Any], rows: Array | None = None, width: int = D, **config: Any
) -> Callable[[Path], Want]:
    raw = np.frombuffer(INT8[0], np.int8).reshape(N, D)[:, :width].tobytes()
    tensors: dict[str, Any] = {f"{X}.weight": ("I8", (N, width), raw)}
    tensors |= {f"{X}.{name}" if name[0] != "/" else name[1:]: value for name, value in more.items()}
    return _model(tensors, config, rows)


def _output(
    tensors: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    rows: Array | None = None,
    **more: Any,
) -> Callable[[Path], Want]:
    return _model(tensors, config, rows, options={"matrix": "output", **more})


def _groups(of: int) -> dict[str, Any]:
    said = {"weights": {"num_bits": 8, "type": "int", "strategy": "group", "group_size": of}}
    return {"quant_method": "compressed-tensors", "config_groups": {"group_0": said}}


def _grouped(width: int, size: int) -> Array:
    scales = np.arange(1, 2 * N + 1).reshape(N, 2)
    values = INT8[1][:, :width]
    return np.array([[values[i, j] * scales[i, j // size] for j in range(width)] for i in range(N)])


TWO_SCALES = np.arange(1, 2 * N + 1).reshape(N, 2)


def _marian(matrix: str, rows: Array, token: str) -> Callable[[Path], Want]:
    """Embeddings and vocabularies of their own for both languages."""

    def make(path: Path) -> Want:
        tensors = {
            "model.encoder.embed_tokens.weight": f32(E),
            "model.decoder.embed_tokens.weight": f32(U),
            "lm_head.weight": f32(U + 1),
        }
        folder(path, tensors, model_type="marian", share_encoder_decoder_embeddings=False, d_model=D)
        (path / "tokenizer.json").unlink()
        for name, letter in (("vocab.json", "s"), ("target_vocab.json", "t")):
            (path / name).write_text(json.dumps({f"{letter}{id}": id for id in range(N)}))
        tokens = [f"{token}{id}" for id in range(N)]
        return Want(path, rows, tokens, {"matrix": matrix})

    return make


def _ctranslate2(matrix: str, rows: Array | None, **changed: Any) -> Callable[[Path], Want]:
    """A translator: embeddings of both sides, and a projection."""

    def make(path: Path) -> Want:
        variables = {
            **ct2_quantised("encoder/embeddings_0/weight", E),
            **ct2_quantised("decoder/embeddings/weight", U),
            **ct2_quantised("decoder/projection/weight", U + 1),
        }
        for end, values in changed.items():
            array = np.asarray(values, dtype="<f4")
            variables[f"encoder/embeddings_0/weight_{end}"] = ("float32", array.shape, array.tobytes())
        (path / "model.bin").write_bytes(ctranslate2(variables))
        for name, letter in (("source", "s"), ("target", "t")):
            tokens = [f"{letter}{id}" for id in range(N)]
            (path / f"{name}_vocabulary.json").write_text(json.dumps(tokens))
        letter = "s" if matrix == "input" else "t"
        tokens = [f"{letter}{id}" for id in range(N)]
        return Want(path, rows, tokens, {"matrix": matrix}, tolerance=0.01)

    return make


def _gguf(tensors: Mapping[str, Array], matrix: str = "input") -> Callable[[Path], Want]:
    def make(path: Path) -> Want:
        (path / "m.gguf").write_bytes(gguf(tensors))
        return Want(path, options={"matrix": matrix})

    return make


def _sized(name: str, rows: int, width: int, tokens: int, **config: Any) -> Callable[[Path], Want]:
    matrix = np.random.default_rng(8).standard_normal((rows, width)).astype(np.float32)
    return _model({name: matrix}, config, matrix, tokens)


WRAPPED = {"language_model.model.embed_tokens.weight": E, "language_model.model.norm.weight": ONES}
LLADA = {"model.transformer.wte.weight": E, "model.transformer.ln_f.weight": ONES,
         "model.transformer.ff_out.weight": U}  # fmt: skip
QWEN_IN = {"model_type": "qwen2", "hidden_size": D}
DEEPSEEK = "deepseek-ai/DeepSeek-V3 inference/convert.py: weight_scale_inv becomes scale"
COMFY = "comfyanonymous/ComfyUI comfy/ops.py: scaled_fp8_ops, scale_weight, scaled_fp8"
CT = "vllm-project/compressed-tensors compressors, quantization/lifecycle/forward.py"
VLLM = "vllm-project/vllm pull 41365 (FP8 embeddings and heads), issue 40999"
TEXT = "huggingface/transformers configuration_utils.py get_text_config; pulls 43429 and 45857"
ENCODERS = "huggingface/transformers models/*/modeling_*.py: _tied_weights_keys of ...ForMaskedLM"
CT2 = "OpenNMT/CTranslate2 python/ctranslate2/specs/transformer_spec.py, model_spec.py"
LLAMACPP = "ggml-org/llama.cpp src/llama-arch.cpp, gguf-py/gguf/constants.py"
TINY = "hf-internal-testing and trl-internal-testing on huggingface.co: models to test programs with"
GPT = {"model_type": "gpt2"}
UNKNOWN = "does to its values is not known"

CASES = [
    Case("FP8 with a scale called scale", DEEPSEEK, _fp8("scale", A_ROW),
         f"tokens.scale' beside.*{UNKNOWN}"),
    Case("FP8 with a scale called weight.scale", VLLM, _fp8("weight.scale", A_ROW), UNKNOWN),
    Case("FP8 with scales called scales", VLLM, _fp8("scales", A_ROW), UNKNOWN),
    Case("FP8 with the scale's inverse", VLLM, _fp8("weight_scale_inverse", A_ROW), UNKNOWN),
    Case("FP8 with a scale of the inputs, too", VLLM, _model({
        f"{X}.weight": ("F8_E4M3", (N, D), FP8[0]), f"{X}.weight_scale": A_ROW,
        f"{X}.input_scale": np.float32(3)}, LLAMA, FP8[1] * A_ROW[:, None])),
    Case("FP8 with a scale a column", VLLM,
         _fp8("weight_scale", np.arange(1, D + 1)[None], FP8[1] * np.arange(1, D + 1))),
    Case("FP8 with scales on their side", VLLM, _fp8("weight_scale", A_ROW[None]), "do not fit"),
    Case("FP8 with groups that all rows share", VLLM,
         _fp8("weight_scale", np.arange(1, 5)[None]), r"scales of the shape \(1, 4\) do not fit"),
    Case("FP8 with a scale that is no number", VLLM,
         _fp8("weight_scale", np.r_[np.nan, A_ROW[1:]]), "that are no numbers"),
    Case("FP8 with scales of zero", VLLM, _fp8("weight_scale", A_ROW * 0), "all rows the same"),
    Case("FP8, E4M3 of AMD", "ROCm: float8_e4m3fnuz; pytorch torch/float8", _model(
        {f"{X}.weight": ("F8_E4M3FNUZ", (N, D), FP8[0]), f"{X}.weight_scale": A_ROW}), "FNUZ"),
    Case("FP8 that a program cast and did not scale", COMFY, _fp8("bias", A_ROW, FP8[1])),
    Case("FP8 without its scale in a file of scaled ones", COMFY, _model(
        {f"{X}.weight": ("F8_E4M3", (N, D), FP8[0]), "scaled_fp8": ("F8_E4M3", (2,), b"\0\0")}),
        "no scales beside it"),
    Case("FP8 without its scale, and a quantization_config of no method",
         "transformers quantizers/auto.py: quant_method may be left out",
         _model({f"{X}.weight": ("F8_E4M3", (N, D), FP8[0])},
                LLAMA | {"quantization_config": {"activation_scheme": "dynamic"}}),
         "no scales beside it"),
    Case("int8 whose columns are in another order", CT + ": actorder, weight_g_idx", _int8({
        "weight_scale": np.arange(1, 4 * N + 1).reshape(N, 4),
        "weight_g_idx": ("I32", (D,), np.arange(D, dtype="<i4").tobytes())}),
         "g_idx' orders or scales its columns"),
    Case("int8 with zero points under another name", CT,
         _int8({"weight_scale": A_ROW, "zero_point": A_ROW}), UNKNOWN),
    Case("int8 with zero points of uint8", CT,
         _int8({"weight_scale": A_ROW, "weight_zero_point": ("U8", (N,), bytes(N))}),
         "zero points.*do not fit"),
    Case("uint8 with an offset", CT, _model({
        f"{X}.weight": ("U8", (N, D), INT8[0]), f"{X}.weight_scale": A_ROW,
        f"{X}.weight_zero_point": ("U8", (N,), bytes([128] * N))}), "way that is not known"),
    Case("int8 in groups of 64, the last cut", CT,
         _int8({"weight_scale": TWO_SCALES}, _grouped(96, 64), 96, quantization_config=_groups(64))),
    Case("int8 in groups of which nothing tells the size", CT,
         _int8({"weight_scale": TWO_SCALES}, width=96), "do not fit"),
    Case("int8 in groups of another size than config.json says", CT,
         _int8({"weight_scale": TWO_SCALES}, quantization_config=_groups(32)), "do not fit"),
    Case("int4 in pairs, by the norm's length", "zai-org/ChatGLM-6B quantization.py: QuantizedEmbedding",
         _int8({"weight_scale": A_ROW, f"/{NORM}": ONES}, width=D // 2),
         r"width 64, but in the same model the length of 'model.norm.weight' is 128"),
    Case("MLX of which config.json says other bits that would fit, by the norm's length",
         "ml-explore/mlx-lm mlx_lm/utils.py: quantization", lambda path: Want(folder(
             path, mlx(X, 8, 32)[0], model_type="llama", quantization={"bits": 4, "group_size": 64})),
         "width 256, .*'model.norm.weight' is 128"),
    Case("FP8 codes in BF16, scales beside them", VLLM,
         _model({f"{X}.weight": FP8[1], f"{X}.weight_scale_inv": A_ROW}, LLAMA),
         "codes of 8 bits as floats"),
    Case("int8 codes in BF16, scales beside them", VLLM,
         _model({f"{X}.weight": INT8[1], f"{X}.weight_scale": A_ROW}, LLAMA),
         "codes of 8 bits as floats"),
    Case("floats with scales for later", CT + ": format dense",
         _model({f"{X}.weight": E, f"{X}.weight_scale": A_ROW}, LLAMA, E)),
    Case("bitsandbytes 8 bit with a scale that is no number",
         "bitsandbytes nn/modules.py (Linear8bitLt)",
         _int8({"SCB": np.r_[np.nan, A_ROW[1:]]}), "that are no numbers"),
    Case("MLX in a mode of floats, which has biases all the same",
         "ml-explore/mlx mlx.core.quantize: mode",
         lambda path: Want(folder(path, mlx(X, 4, 32)[0], **LLAMA, quantization={
             "bits": 4, "group_size": 32, "mode": "mxfp4"})), "in the mode 'mxfp4'"),
    Case("a plain matrix beside a packed one of its name", "AutoGPTQ nn_modules/qlinear",
         _model({f"{X}.weight": E, f"{X}.qweight": ("I32", (N // 8, D), bytes(N * D // 2))}),
         "a plain matrix and a packed one, and"),
    Case("an embedding with LoRA's changes beside it, in a whole model",
         "huggingface/peft tuners/lora/layer.py: lora_embedding_A",
         _model({f"{X}.weight": E, f"{X}.lora_embedding_A": U[:2], NORM: ONES}, LLAMA),
         "changes 'model.embed_tokens.weight' by .*lora_embedding_A"),
    Case("a tied model with LoRA in its layers",
         "microsoft/Phi-4-multimodal-instruct: qkv_proj.lora_A.speech",
         _output({f"{X}.weight": E, "model.layers.0.self_attn.qkv_proj.lora_A.speech.weight": U[:2],
                  NORM: ONES}, LLAMA | {"tie_word_embeddings": True}, E)),
    Case("a matrix with norms of its own", "pytorch torch/nn/utils/weight_norm.py: weight_g, weight_v",
         _model({f"{X}.weight_g": A_ROW[:, None], f"{X}.weight_v": E}), "form that cannot be read"),
    Case("a matrix in three dimensions", "transformers modeling_*.py",
         _model({f"{X}.weight": E[None]}), "not a matrix"),
    Case("CTranslate2, the source of a translator with two embeddings", CT2, _ctranslate2("input", E)),
    Case("CTranslate2, the output of a translator with two embeddings", CT2, _ctranslate2("output",
         U + 1)),
    Case("CTranslate2, scales of zero", CT2, _ctranslate2("input", None, scale=A_ROW * 0),
         "zeros or what is no"),
    Case("CTranslate2, zero points", CT2 + ": weight_zero of AWQ", _ctranslate2("input", None,
         zero=A_ROW),
         "weight_zero', so that"),
    Case("GGUF with a scale beside its matrix", LLAMACPP + ": .scale",
         _gguf({"token_embd.weight": GGUF_E, "token_embd.scale": GGUF_G[:1]}), UNKNOWN),
    Case("an adapter in GGUF", LLAMACPP + "; convert_lora_to_gguf.py",
         _gguf({"token_embd.weight.lora_a": GGUF_E, "token_embd.weight.lora_b": GGUF_E}),
         "this is an adapter"),
    Case("a GGUF that ranks", LLAMACPP + ": cls.output", _gguf({
        "token_embd.weight": GGUF_E, "output_norm.weight": GGUF_G, "cls.output.weight": GGUF_E[:2]},
         "output"),
        "'cls.output.weight' in its place"),
    Case("LLaDA's output under OLMo's name", "GSAI-ML/LLaDA-8B-Base; allenai/OLMo olmo/model.py: ff_out",
         _output(LLADA, {"model_type": "llada", "d_model": D, "vocab_size": N}), "nothing says"),
    Case("LLaDA's output without a config", "GSAI-ML/LLaDA-8B-Base; allenai/OLMo olmo/model.py: ff_out",
         _output(LLADA),
         r"'model.transformer.ff_out.weight' \(40 × 128\) may be it: name it with tensor"),
    Case("LLaDA's output by its name", "GSAI-ML/LLaDA-8B-Base; allenai/OLMo olmo/model.py: ff_out",
         _output(LLADA, None, U, tensor="model.transformer.ff_out.weight")),
    Case("fairseq's output_projection",
         "facebookresearch/fairseq models/transformer/transformer_decoder.py",
         _output({"decoder.embed_tokens.weight": E, "decoder.output_projection.weight": U,
                  "decoder.layer_norm.weight": ONES}), "output_projection.weight'.*may be it"),
    Case("a generator beside GPT-2's embedding", "OpenNMT-py onmt/model_builder.py: generator",
         _output({"wte.weight": E, "ln_f.weight": ONES, "generator.weight": U}),
         "'generator.weight'.*may be it"),
    Case("a head within the model", "allenai/OLMo; QwenLM, models of remote code",
         _output({f"{X}.weight": E, NORM: ONES, "model.lm_head.weight": U}, LLAMA),
         "'model.lm_head.weight'.*may be"),
    Case("GPT-2 that classifies", ENCODERS.replace("MaskedLM", "SequenceClassification"),
         _output({"transformer.wte.weight": E, "transformer.ln_f.weight": ONES, "score.weight": U[:2]},
         GPT),
         "'score.weight' in its place"),
    Case("BERT without a head", ENCODERS,
         _output({"embeddings.word_embeddings.weight": E}, {"model_type": "bert"}), "is an encoder"),
    Case("BERT with its head, whose matrix is the embedding", ENCODERS, _output({
        "bert.embeddings.word_embeddings.weight": E, "cls.predictions.transform.dense.weight": U.T @ U,
        "cls.predictions.transform.LayerNorm.gamma": ONES}, {"model_type": "bert"}, E)),
    Case("ELECTRA that discriminates", ENCODERS, _output({
        "electra.embeddings.word_embeddings.weight": E,
         "discriminator_predictions.dense.weight": U.T @ U},
        {"model_type": "electra"}), "another head"),
    Case("DeBERTa-v3 with its head", "microsoft/deberta-v3-base: lm_predictions.lm_head", _output({
        "deberta.embeddings.word_embeddings.weight": E, "lm_predictions.lm_head.dense.weight": U.T @ U,
        "lm_predictions.lm_head.LayerNorm.weight": ONES}, {"model_type": "deberta-v2"}, E)),
    Case("T5's encoder", "transformers models/t5/modeling_t5.py: T5EncoderModel", _output(
        {"shared.weight": E, "encoder.final_layer_norm.weight": ONES}, {"model_type": "t5"}),
         "is an encoder"),
    Case("ESM by the names of another family", "facebook/esm2_t6_8M_UR50D", _output(
        {"esm.embeddings.word_embeddings.weight": E}, {"model_type": "esm", "hidden_size": D}),
         "nothing says"),
    Case("T5's output, its decoder's embedding", "transformers models/t5/modeling_t5.py", _output(
        {"encoder.embed_tokens.weight": E, "decoder.embed_tokens.weight": U,
         "decoder.final_layer_norm.weight": ONES}, {"model_type": "t5"}, U)),
    Case("Marian's source, with embeddings of both languages",
         "transformers models/marian/modeling_marian.py: share_encoder_decoder_embeddings",
         _marian("input", E, "s")),
    Case("Marian's output, with embeddings of both languages",
         "transformers models/marian/modeling_marian.py: share_encoder_decoder_embeddings",
         _marian("output", U + 1, "t")),
    Case("the text part says one matrix, the whole does not", TEXT, _output(WRAPPED, {
        "model_type": "llava", "tie_word_embeddings": False,
        "text_config": QWEN_IN | {"tie_word_embeddings": True}}, E)),
    Case("the whole says one matrix, the text part does not", "vllm-project/vllm issue 51063",
         _output(WRAPPED, {
        "model_type": "mistral3", "tie_word_embeddings": True,
        "text_config": {"tie_word_embeddings": False}}), "does not serve for it"),
    Case("InternVL, whose llm_config says one matrix", "OpenGVLab/InternVL2_5-1B config.json",
         _output(WRAPPED, {
        "model_type": "internvl_chat", "llm_config": QWEN_IN | {"tie_word_embeddings": True}}, E)),
    Case("the norm of a Gemma in a model of another name", "google/shieldgemma-2-4b-it config.json",
         _output(
        {**WRAPPED, "language_model.lm_head.weight": U},
        {"model_type": "shieldgemma2", "text_config": {"model_type": "gemma3_text"}}, U * 2,
         fold_norm=True)),
    Case("an embedding in a layer that predicts further tokens",
         "zai-org/GLM-4.5; deepseek-ai/DeepSeek-V3: MTP",
         _model({"model.language_model.embed_tokens.weight": E, "lm_head.weight": U,
                 "model.language_model.layers.46.embed_tokens.weight": U}, {"model_type": "glm4v_moe"},
         E)),
    Case("Gemma 3n without a config", "google/gemma-3n-E2B-it model.safetensors.index.json",
         _model({"model.language_model.embed_tokens.weight": E, "model.language_model.norm.weight": ONES,
                 "model.embed_vision.embedding.weight": U[:9]}, None, E)),
    Case("BLIP-2, whose Q-Former has words, too", "Salesforce/instructblip-vicuna-7b config.json",
         _model({"language_model.model.decoder.embed_tokens.weight": E,
                 "qformer.embeddings.word_embeddings.weight": U[:, :64]},
                {"model_type": "blip-2", "text_config": {"model_type": "opt"},
                 "qformer_config": {"hidden_size": 64}}, E)),
    Case("the width of a Q-Former alone", "Salesforce/instructblip-vicuna-7b config.json", _model(
        WRAPPED, {"model_type": "instructblip", "qformer_config": {"hidden_size": 64}}, E)),
    Case("the width of a perceiver alone", "HuggingFaceM4/idefics2-8b config.json", _model(
        WRAPPED, {"model_type": "idefics2", "perceiver_config": {"hidden_size": 64}}, E)),
    Case("a tiny model of 1,024 rows for 700 tokens", TINY, _sized(
        f"{X}.weight", 1024, 16, 700, model_type="llama", hidden_size=16, vocab_size=1024)),
    Case("a tiny GPT-2 of width 2", "sshleifer/tiny-gpt2", _sized(
        "transformer.wte.weight", 600, 2, 600, model_type="gpt2", n_embd=2, vocab_size=600)),
    Case("Phi-2's spare rows", "microsoft/phi-2: 51,200 rows for 50,295 tokens", _sized(
        f"{X}.weight", 2200, 16, 2100, model_type="phi", hidden_size=16, vocab_size=2200)),
    Case("T5 of amino acids", "Rostlab/prot_t5_xl_uniref50: 128 rows for 28 tokens", _sized(
        "shared.weight", 128, 16, 28, model_type="t5", d_model=16, vocab_size=128)),
    Case("more columns than rows, of amino acids", "facebook/esm2_t33_650M_UR50D: 33 tokens", _sized(
        "esm.embeddings.word_embeddings.weight", 33, 256, 33, model_type="esm", hidden_size=256)),
    Case("Gemma 3n's rows for layers", "google/gemma-3n-E2B-it config.json", _sized(
        "model.language_model.embed_tokens.weight", 64, 16, 64, model_type="gemma3n",
        text_config={"hidden_size": 16, "vocab_size": 64, "vocab_size_per_layer_input": 60})),
]  # fmt: skip
