"""Vocabularies of every kind beside a matrix, or given for one."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.files.case import Case, Want
from tests.formats.made import Array, ct2_quantised, ctranslate2, safetensors
from tokensphere.formats.gguf.writer import write_gguf

Files = Mapping[str, Any]
_SP = "github.com/google/sentencepiece, src/sentencepiece_model.proto"
_CONVERT = "github.com/huggingface/transformers, src/transformers/convert_slow_tokenizer.py"
_FAST = "github.com/huggingface/tokenizers, tokenizer.json of BPE with byte-level steps"
_SLOW = (
    "github.com/huggingface/transformers, src/transformers/tokenization_utils.py, added_tokens_decoder"
)
_TIKTOKEN = "github.com/openai/tiktoken, tiktoken/load.py"
_TEKKEN = "github.com/mistralai/mistral-common, src/mistral_common/tokens/tokenizers/tekken.py"
_RWKV = "github.com/BlinkDL/ChatRWKV, tokenizer/rwkv_tokenizer.py"
_CT2 = "github.com/OpenNMT/CTranslate2, python/ctranslate2/specs/model_spec.py"
_M2V = "github.com/MinishLab/model2vec, model2vec/persistence/persistence.py and model.py"


def rows(n: int, d: int = 4) -> Array:
    return np.random.default_rng(n).standard_normal((n, d)).astype("<f4")


def padding(low: int, high: int) -> list[str]:
    return [f"<padding id {id}>" for id in range(low, high)]


def spm(*pieces: tuple[str, int]) -> bytes:
    """A SentencePiece model: piece, score and type of each, then a trainer's part."""
    out = b""
    for piece, kind in pieces:
        raw = piece.encode()
        entry = b"\x0a" + bytes([len(raw)]) + raw + b"\x15" + struct.pack("<f", -1.5)
        entry += b"\x18" + bytes([kind])
        out += b"\x0a" + bytes([len(entry)]) + entry
    return out + b"\x12\x02\x18\x01"


SPM = spm(("<unk>", 2), ("<s>", 3), ("</s>", 3), ("▁a", 1), ("b", 1))
BYTE_LEVEL = {"type": "ByteLevel"}


def tokenizer(vocab: Mapping[str, int], added: Sequence[tuple[int, str, bool]] = ()) -> dict[str, Any]:
    return {
        "added_tokens": [{"id": id, "content": text, "special": s} for id, text, s in added],
        "pre_tokenizer": BYTE_LEVEL,
        "decoder": BYTE_LEVEL,
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    }


def tiktoken(*tokens: bytes) -> bytes:
    return b"".join(base64.b64encode(t) + b" %d\n" % i for i, t in enumerate(tokens))


def folder(
    files: Files, n: int, tokens: Sequence[str] | None = None, *, note: str = "", given: str = ""
) -> Callable[[Path], Want]:
    """A model of n rows with files beside it, or with one of them given."""

    def make(path: Path) -> Want:
        matrix = rows(n)
        model = path / "model"
        model.mkdir()
        raw = safetensors({"model.embed_tokens.weight": ("F32", matrix.shape, matrix.tobytes())})
        (model / "model.safetensors").write_bytes(raw)
        for name, content in files.items():
            where = path if name == given else model
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            (where / name).write_bytes(text)
        options = {"vocabulary": path / given} if given else {}
        return Want(model, matrix, tokens, options, note)

    return make


def array(files: Files, given: str, tokens: Sequence[str]) -> Callable[[Path], Want]:
    """A matrix without a model, and a file with its tokens."""

    def make(path: Path) -> Want:
        matrix = rows(len(tokens))
        np.save(path / "vectors.npy", matrix)
        for name, content in files.items():
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            (path / name).write_bytes(text)
        return Want(path / "vectors.npy", matrix, tokens, {"vocabulary": path / given})

    return make


def translation(side: str, *, tensor: str | None = None) -> Callable[[Path], Want]:
    """CTranslate2's model with a vocabulary for the source and one for the target, of equal size."""

    def make(path: Path) -> Want:
        source, target = rows(3), rows(3) + 1
        tensors = {
            **ct2_quantised("encoder/embeddings_0/weight", source),
            **ct2_quantised("decoder/projection/weight", target),
        }
        (path / "model.bin").write_bytes(ctranslate2(tensors))
        (path / "source_vocabulary.json").write_text(json.dumps(["<unk>", "▁le", "▁la"]))
        (path / "target_vocabulary.json").write_text(json.dumps(["<unk>", "▁the", "▁a"]))
        output = side == "target"
        tokens = ["<unk>", "▁the", "▁a"] if output else ["<unk>", "▁le", "▁la"]
        options = {"tensor": tensor} if tensor else {"matrix": "output" if output else "input"}
        return Want(path, target if output else source, tokens, options, tolerance=1 / 100)

    return make


def static(mapping: bool, weights: bool, *, beyond: int = 0) -> Callable[[Path], Want]:
    """Model2Vec's folder."""

    def make(path: Path) -> Want:
        matrix = rows(3)
        index = np.array([0, 2, 2, 1, 0], dtype="<i8") if mapping else np.arange(3, dtype="<i8")
        weight = np.linspace(0.5, 2, len(index)).astype("<f4")
        tensors = {"embeddings": ("F32", matrix.shape, matrix.tobytes())}
        if mapping:
            tensors["mapping"] = ("I64", index.shape, (index + beyond).tobytes())
        if weights:
            tensors["weights"] = ("F32", weight.shape, weight.tobytes())
        (path / "model.safetensors").write_bytes(safetensors(tensors))
        pieces = [f"t{i}" for i in range(len(index))]
        content = tokenizer({piece: id for id, piece in enumerate(pieces)})
        (path / "tokenizer.json").write_text(json.dumps(content))
        (path / "config.json").write_text(json.dumps({"model_type": "model2vec"}))
        want = matrix[index] * weight[:, None] if weights else matrix[index]
        return Want(path, want, pieces, note="Model2Vec")

    return make


def gguf(path: Path) -> Want:
    matrix = rows(5)
    metadata: dict[str, Any] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": ["a", "[PAD1]", "Ġb", "[PAD3]", "[PAD4]"],
        "tokenizer.ggml.token_type": np.array([1, 5, 1, 5, 5], dtype=np.int32),
    }
    tensors = {"token_embd.weight": ("F32", matrix.shape, matrix.tobytes())}
    write_gguf(path / "a.gguf", metadata, tensors)
    return Want(
        path / "a.gguf", matrix, ["a", "<unused id 1>", "Ġb", *padding(3, 5)], note="3 rows without"
    )


def gguf_given(path: Path) -> Want:
    """A GGUF file's vocabulary for a matrix from elsewhere."""
    want = gguf(path)
    matrix = np.asarray(want.rows) + 1
    np.save(path / "vectors.npy", matrix)
    return Want(path / "vectors.npy", matrix, want.tokens, {"vocabulary": path / "a.gguf"})


def config(**said: Any) -> dict[str, Any]:
    return {"config.json": said}


DECODER = {"added_tokens_decoder": {"3": {"content": "<x>", "special": True}, "9": {"content": "<y>"}}}
TEKKEN = {
    "config": {"default_vocab_size": 5, "default_num_special_tokens": 3, "version": "v3"},
    "vocab": [
        {"rank": i, "token_bytes": base64.b64encode(t).decode(), "token_str": None}
        for i, t in enumerate([b"a", b"\xff", b"cut"])
    ],
    "special_tokens": [{"rank": 0, "token_str": "<unk>", "is_control": True}],
}
BARE = {"a": 0, "Ġb": 1, "Ġc": 2}

CASES = [
    Case("rows beyond tokenizer.json are said", _FAST,
         folder({"tokenizer.json": tokenizer(BARE)}, 5, [*BARE, *padding(3, 5)],
                note=r"tokens: tokenizer\.json, 2 rows without a token")),
    Case("tokenizer_config.json adds to vocab.json, and its token without a row is left out", _SLOW,
         folder({"vocab.json": BARE, "tokenizer_config.json": DECODER}, 4, [*BARE, "<x>"],
                note=r"tokens: vocab\.json, 2 added by tokenizer_config\.json, 1 added token without")),
    Case("tokenizer_config.json adds to tokenizer.json", _SLOW,
         folder({"tokenizer.json": tokenizer(BARE), "tokenizer_config.json": DECODER}, 4,
                [*BARE, "<x>"])),
    Case("tokenizer.json is believed where tokenizer_config.json disagrees", _SLOW,
         folder({"tokenizer.json": tokenizer(BARE),
                 "tokenizer_config.json": {"added_tokens_decoder": {"2": {"content": "<z>"}}}}, 3,
                list(BARE), note=r"id 2 is 'Ġc' there, '<z>' in tokenizer_config\.json")),
    Case("added_tokens.json beside vocab.json", _SLOW,
         folder({"vocab.json": BARE, "added_tokens.json": {"<e>": 3}}, 4, [*BARE, "<e>"],
                note="1 added by added_tokens.json")),
    Case("added_tokens.json that takes an id of vocab.json", _SLOW,
         folder({"vocab.json": BARE, "added_tokens.json": {"<e>": 2}}, 4),
         refused="gives the id 2 to both 'Ġc' and '<e>'"),
    Case("a stale tokenizer.json of more tokens beside a vocab.txt that fits", _FAST,
         folder({"tokenizer.json": tokenizer(BARE), "vocab.txt": b"x\ny\n"}, 2, ["x", "y"],
                note="in place of another file with more tokens")),
    Case("more tokens than rows, and nothing else", _FAST,
         folder({"tokenizer.json": tokenizer(BARE)}, 2), refused="ids for 3 tokens .* has 2 rows"),
    Case("a tokenizer.model", _SP,
         folder({"tokenizer.model": SPM}, 5, ["<unk>", "<s>", "</s>", "▁a", "b"])),
    Case("T5's spiece.model with rows for its extra ids", _SP,
         folder({"spiece.model": SPM}, 7, ["<unk>", "<s>", "</s>", "▁a", "b", *padding(5, 7)])),
    Case("DeBERTa's spm.model with a mask in its tokenizer_config.json", _SP,
         folder({"spm.model": SPM, "tokenizer_config.json": {
             "added_tokens_decoder": {"5": {"content": "[MASK]", "special": True}}}}, 6,
                ["<unk>", "<s>", "</s>", "▁a", "b", "[MASK]"])),
    Case("XLM-R's sentencepiece.bpe.model", _CONVERT,
         folder({"sentencepiece.bpe.model": SPM, **config(model_type="xlm-roberta")}, 7,
                ["<s>", "<pad>", "</s>", "<unk>", "▁a", "b", "<mask>"])),
    Case("multilingual E5: a BERT with XLM-R's tokenizer", _CONVERT,
         folder({"sentencepiece.bpe.model": SPM, **config(model_type="bert"),
                 "tokenizer_config.json": {"tokenizer_class": "XLMRobertaTokenizerFast"}}, 7,
                ["<s>", "<pad>", "</s>", "<unk>", "▁a", "b", "<mask>"])),
    Case("CamemBERT's sentencepiece.bpe.model", _CONVERT,
         folder({"sentencepiece.bpe.model": SPM, **config(model_type="camembert")}, 10,
                ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>", "▁a", "b",
                 "<mask>"])),
    Case("mBART's sentencepiece.bpe.model ends with 25 languages", _CONVERT,
         folder({"sentencepiece.bpe.model": SPM, **config(model_type="mbart")}, 32,
                note=r"tokens: sentencepiece\.bpe\.model$")),
    Case("a sentencepiece.bpe.model of nobody knows which model", _CONVERT,
         folder({"sentencepiece.bpe.model": SPM}, 7), refused="does not say the ids .* config.json"),
    Case("Marian's vocab.json goes before its source.spm", _CONVERT,
         folder({"source.spm": SPM, "target.spm": SPM, "vocab.json": {"</s>": 0, "<unk>": 1, "▁a": 2}},
                3, ["</s>", "<unk>", "▁a"])),
    Case("Marian's source.spm alone", _CONVERT,
         folder({"source.spm": SPM, **config(model_type="marian")}, 5),
         refused="of 'marian' does not say the ids"),
    Case("a damaged SentencePiece model", _SP,
         folder({"tokenizer.model": SPM[:-9]}, 5), refused="no complete SentencePiece model"),
    Case("Llama 3's tokenizer.model is tiktoken's", _TIKTOKEN,
         folder({"tokenizer.model": tiktoken(b"a", b" b", b"\xff"), **config(model_type="llama")}, 13,
                ["a", "Ġb", "ÿ", "<|begin_of_text|>", "<|end_of_text|>",
                 *(f"<unused id {i}>" for i in range(5, 9)), "<|start_header_id|>",
                 "<|end_header_id|>", "<unused id 11>", "<|eot_id|>"], note="5 rows without a token")),
    Case("Qwen's qwen.tiktoken", "github.com/QwenLM/Qwen-Audio, tokenization_qwen.py (SPECIAL_TOKENS)",
         folder({"qwen.tiktoken": tiktoken(b"a", b" b"), **config(model_type="qwen")}, 210)),
    Case("another tiktoken file, with the special tokens in tokenizer_config.json", _TIKTOKEN,
         folder({"x.tiktoken": tiktoken(b"a", b" b", b"c"), "tokenizer_config.json": DECODER}, 4,
                ["a", "Ġb", "c", "<x>"])),
    Case("a damaged tiktoken file", _TIKTOKEN,
         folder({"x.tiktoken": tiktoken(*(b"%d" % i for i in range(900))) + b"?? 900\n"}, 901),
         refused="no token in base64 and rank in line 901"),
    Case("Mistral's tekken.json", _TEKKEN,
         folder({"tekken.json": TEKKEN}, 5, ["<unk>", "<SPECIAL_1>", "<SPECIAL_2>", "a", "ÿ"])),
    Case("a tekken.json that promises more tokens than it has", _TEKKEN,
         folder({"tekken.json": {**TEKKEN, "vocab": []}}, 5), refused="says 5 tokens, but has 0"),
    Case("RWKV's vocabulary", _RWKV,
         folder({"rwkv_vocab_v20230424.txt": b"1 '\\x00' 1\n2 b'\\xff' 1\n3 ' a' 2\n4 \"'\" 1\n"}, 6,
                ["<|endoftext|>", "Ā", "ÿ", "Ġa", "'", "<padding id 5>"])),
    Case("RWKV's vocabulary with a wrong length", _RWKV,
         folder({"rwkv_vocab_v20230424.txt": b"1 'a' 1\n2 'b' 7\n"}, 6), refused="no token in line 2"),
    Case("CTranslate2's source vocabulary", _CT2, translation("source")),
    Case("CTranslate2's target vocabulary", _CT2, translation("target")),
    Case("CTranslate2's target vocabulary for a tensor by name", _CT2,
         translation("target", tensor="decoder/projection/weight")),
    Case("GGUF's rows called [PAD3]", "github.com/ggml-org/llama.cpp, convert_hf_to_gguf.py",
         gguf),
    Case("GGUF given for an array", "github.com/ggml-org/ggml, docs/gguf.md", gguf_given),
    Case("a list with a byte-order mark", "docs.python.org/3/library/codecs.html, utf-8-sig",
         array({"t.txt": "\ufeffking\n queen\n".encode()}, "t.txt", ["king", " queen"])),
    Case("a list under any name", "tokensphere's own documentation",
         array({"tokens.lst": b"king\n queen\n"}, "tokens.lst", ["king", " queen"])),
    Case("a JSON list with a byte-order mark", "rfc-editor.org/rfc/rfc8259, section 8.1",
         array({"t.json": b'\xef\xbb\xbf["a", "b"]'}, "t.json", ["a", "b"])),
    Case("tokenizer.json given for an array", _FAST,
         array({"tokenizer.json": tokenizer(BARE)}, "tokenizer.json", list(BARE))),
    Case("a SentencePiece model given for an array", _SP,
         array({"x.model": SPM}, "x.model", ["<unk>", "<s>", "</s>", "▁a", "b"])),
    Case("a vocab.json given for a model", "github.com/openai/gpt-2, src/encoder.py: encoder.json",
         folder({"vocab.json": BARE}, 3, list(BARE), given="vocab.json")),
    Case("a configuration given as a vocabulary", _SLOW,
         folder({"tokenizer_config.json": DECODER}, 4, given="tokenizer_config.json"),
         refused="is a configuration and has no vocabulary"),
    Case("a pointer of Git LFS given as a vocabulary", "github.com/git-lfs/git-lfs, docs/spec.md",
         folder({"v.txt": b"version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 9\n"}, 3,
                given="v.txt"), refused="is Git LFS's pointer to a file"),
    Case("Model2Vec with rows that tokens share", _M2V, static(True, False)),
    Case("Model2Vec with weights", _M2V, static(False, True)),
    Case("Model2Vec with shared rows and weights", _M2V, static(True, True)),
    Case("Model2Vec with a mapping beyond its rows", _M2V, static(True, False, beyond=1),
         refused="'mapping' that does not lead into its 3 rows"),
]  # fmt: skip
