from __future__ import annotations

import json
import os
import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tokensphere.errors import FormatError, SourceError, TokensphereError
from tokensphere.sources import bundled
from tokensphere.sources.gguf import load_gguf
from tokensphere.sources.tokens.beside import NOTHING, Added, Beside
from tokensphere.sources.tokens.find import find_vocabulary
from tokensphere.sources.tokens.fit import fit_to_rows
from tokensphere.sources.tokens.readers import (
    read_vocabulary,
)
from tokensphere.vocabulary import Kind, Vocabulary

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False}
GPT2: dict[str, Any] = {
    "pre_tokenizer": BYTE_LEVEL,
    "decoder": BYTE_LEVEL,
    "added_tokens": [
        {"id": 3, "content": "<|endoftext|>", "special": True},
        {"id": 4, "content": "café", "special": False},
        {"id": 6, "content": "<|reserved_special_token_1|>", "special": True},
    ],
    "model": {
        "type": "BPE",
        "unk_token": "<|endoftext|>",
        "vocab": {"a": 0, "é": 1, "ĠParis": 2, "<|endoftext|>": 3},
        "merges": [],
    },
}
GEMMA: dict[str, Any] = {
    "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    "decoder": {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"},
        ],
    },
    "added_tokens": [
        {"id": 0, "content": "<bos>", "special": True},
        {"id": 4, "content": "▁▁", "special": False},
        {"id": 5, "content": "<unused0>", "special": False},
    ],
    "model": {
        "type": "BPE",
        "unk_token": "<unk>",
        "byte_fallback": True,
        "vocab": {"<bos>": 0, "<unk>": 1, "<0x0A>": 2, "▁Paris": 3, "▁▁": 4, "<unused0>": 5},
        "merges": [],
    },
}
BERT: dict[str, Any] = {
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "decoder": {"type": "WordPiece", "prefix": "##"},
    "added_tokens": [
        {"id": 0, "content": "[PAD]", "special": True},
        {"id": 1, "content": "[UNK]", "special": True},
    ],
    "model": {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "vocab": {"[PAD]": 0, "[UNK]": 1, "[unused0]": 2, "ing": 3, "##ing": 4},
    },
}
MARIAN: dict[str, Any] = {
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁"},
    "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁a", -1.5], ["b", -2]]},
}


def raw(content: object) -> bytes:
    return json.dumps(content).encode()


def kinds(vocabulary: Vocabulary) -> list[Kind]:
    return [Kind(kind) for kind in vocabulary.kinds]


def test_like_gpt2() -> None:
    vocabulary = read_vocabulary(raw(GPT2))
    assert vocabulary.tokens[:5] == [b"a", b"\xe9", b" Paris", b"<|endoftext|>", "café".encode()]
    assert vocabulary.tokens[5:] == [b"<unused id 5>", b"<|reserved_special_token_1|>"]
    expected = [Kind.NORMAL] * 3 + [Kind.CONTROL, Kind.ADDED, Kind.UNUSED, Kind.UNUSED]
    assert kinds(vocabulary) == expected


def test_like_gemma() -> None:
    vocabulary = read_vocabulary(raw(GEMMA), 6)
    assert vocabulary.tokens == [b"<bos>", b"<unk>", b"\n", b" Paris", b"  ", b"<unused0>"]
    expected = [Kind.CONTROL, Kind.UNKNOWN, Kind.BYTE, Kind.NORMAL, Kind.ADDED, Kind.UNUSED]
    assert kinds(vocabulary) == expected


def test_like_bert() -> None:
    vocabulary = read_vocabulary(raw(BERT))
    assert vocabulary.tokens == [b"[PAD]", b"[UNK]", b"[unused0]", b"ing", b"##ing"]
    expected = [Kind.CONTROL, Kind.UNKNOWN, Kind.UNUSED, Kind.NORMAL, Kind.NORMAL]
    assert kinds(vocabulary) == expected
    lines = "".join(piece + "\n" for piece in BERT["model"]["vocab"])
    other = read_vocabulary(lines.encode())
    assert (other.tokens, kinds(other)) == (vocabulary.tokens, expected)


def test_unigram() -> None:
    vocabulary = read_vocabulary(raw(MARIAN))
    assert vocabulary.tokens == [b"<unk>", b" a", b"b"]
    assert kinds(vocabulary) == [Kind.UNKNOWN, Kind.NORMAL, Kind.NORMAL]


@pytest.mark.parametrize(
    ("parts", "token"),
    [
        ({}, "▁Ġa"),
        ({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [BYTE_LEVEL]}}, "▁Ġa"),
        ({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Metaspace"}]}}, " Ġa"),
        ({"pre_tokenizer": {"type": "Metaspace", "replacement": "Ġ"}}, "▁ a"),
        ({"normalizer": {"type": "Prepend", "prepend": "▁"}}, " Ġa"),
        ({"decoder": {"type": "ByteFallback"}}, " Ġa"),
        ({"decoder": {"type": "Replace", "pattern": {"String": "x"}, "content": ""}}, "▁Ġa"),
        ({"post_processor": BYTE_LEVEL}, "▁Ġa"),
    ],
)
def test_the_steps_tell_the_spelling(parts: dict[str, Any], token: str) -> None:
    content = {"model": {"type": "BPE", "vocab": {"▁Ġa": 0}}, **parts}
    assert read_vocabulary(raw(content)).text(0) == token


def test_byte_level_inside_a_sequence() -> None:
    steps = {"type": "Sequence", "pretokenizers": [{"type": "Split"}, BYTE_LEVEL]}
    content = {"pre_tokenizer": steps, "model": {"type": "BPE", "vocab": {"Ġa": 0}}}
    assert read_vocabulary(raw(content)).tokens == [b" a"]


def test_old_files_do_not_name_the_type() -> None:
    for content in (GPT2, GEMMA, BERT, MARIAN):
        model = {key: value for key, value in content["model"].items() if key != "type"}
        if content is BERT:
            model["continuing_subword_prefix"] = "##"
        old = read_vocabulary(raw({**content, "model": model}))
        assert old.tokens == read_vocabulary(raw(content)).tokens


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"vocab": {"a": 10**12}}, "the id 1000000000000, but has only 1 tokens"),
        ({"vocab": {"a": 0, "b": 0}}, "the id 0 to both 'a' and 'b'"),
        ({"vocab": {"a": -1}}, "the id -1, not 0 or more"),
        ({"vocab": {"a": True}}, "the id True"),
        ({"vocab": {"a": 1.0}}, "the id 1.0"),
        ({"vocab": {"a": None}}, "the id None"),
        ({"vocab": {"a": 10**60}}, "a number of more than 38 digits"),
        ({"vocab": {}}, "has no tokens"),
        ({"vocab": {"a\ud800": 0}}, "half a character"),
        ({"vocab": 7}, "has 7 as its 'vocab', not an object"),
        ({}, "has None as its 'vocab'"),
        ({"type": "Unigram", "vocab": [[7, 0.0]]}, "has 7 where a token"),
        ({"type": "Unigram", "vocab": [[]]}, "has a list of 0 where a token"),
        ({"type": "Unigram", "vocab": {"a": 0}}, "has a dict of 1 as its 'vocab', not a list"),
    ],
)
def test_a_model_that_contradicts_itself(model: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_vocabulary(raw({"model": {"type": "BPE", **model}}))


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ([{"id": 0, "content": "a"}, {"id": 0, "content": "b"}], "the id 0 to both"),
        ([{"id": -3, "content": "a"}], "the id -3"),
        ([{"content": "a"}], "the id None"),
        ([{"id": 0}], "has None where a token"),
        (["a"], "added token, not an object"),
        ({"a": 0}, "not a list"),
        ([{"id": 10**12, "content": "a"}], "but has only 2 tokens"),
    ],
)
def test_added_tokens_that_contradict_themselves(added: object, message: str) -> None:
    model = {"type": "BPE", "vocab": {"x": 0}}
    with pytest.raises(FormatError, match=message):
        read_vocabulary(raw({"model": model, "added_tokens": added}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no complete JSON"),
        (raw(GPT2)[:-9], "no complete JSON"),
        (b"\xff\xfe", "no complete JSON"),
        (b'{"model": ' + b"[" * 50_000, "nested too deeply|no complete JSON"),
        (b'{"model": ' + b"[" * 200_000, "200,001 lists and objects"),
        (b'{"model": ' + b"1" * 9_999, "no complete JSON"),
        (b"[]", "has no tokens"),
        (b"{}", "has None as its 'model'"),
    ],
)
def test_broken_json(content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read_vocabulary(content, name="tokenizer.json")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


def test_nesting_that_json_bears_is_no_recursion_here() -> None:
    steps = b'{"a":' * 900 + b"1" + b"}" * 900
    content = b'{"model": {"type": "BPE", "vocab": {"a": 0}}, "decoder": ' + steps + b"}"
    assert read_vocabulary(content).tokens == [b"a"]


def test_a_model_of_another_type() -> None:
    with pytest.raises(SourceError, match="model of type 'Magic'"):
        read_vocabulary(raw({"model": {"type": "Magic", "vocab": {}}}))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot open"):
        read_vocabulary(tmp_path / "tokenizer.json")


def test_a_great_id_allocates_nothing() -> None:
    content = raw({"model": {"type": "BPE", "vocab": {"a": 10**12, "b": 10**9}}})
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            read_vocabulary(content)
        with pytest.raises(FormatError, match=r"1000000000001 tokens .* has 50 rows"):
            read_vocabulary(content, 50)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_vocab_json_with_added_tokens(tmp_path: Path) -> None:
    vocab, added = tmp_path / "vocab.json", tmp_path / "added_tokens.json"
    vocab.write_bytes(raw({"<|endoftext|>": 0, "Ġa": 1, "é": 2}))
    added.write_bytes(raw({"<|im_end|>": 3, "café": 4}))
    vocabulary = find_vocabulary(tmp_path, 5)
    assert vocabulary.tokens == [b"<|endoftext|>", b" a", b"\xe9", b"<|im_end|>", "café".encode()]
    expected = [Kind.CONTROL, Kind.NORMAL, Kind.NORMAL, Kind.CONTROL, Kind.ADDED]
    assert kinds(vocabulary) == expected
    assert vocabulary.notes == ("tokens: vocab.json, 2 added by added_tokens.json",)
    added.write_bytes(raw({"x": 2}))
    with pytest.raises(FormatError, match=r"added_tokens.json .*gives the id 2 to both"):
        find_vocabulary(tmp_path, 5)


def test_vocab_txt_splits_at_newlines_only() -> None:
    pieces = ["a", "\u2028", "\x85", "b\u2029c", "\x0b", "", "d\x1c"]
    assert read_vocabulary("\n".join(pieces).encode()).pieces == pieces
    assert read_vocabulary(("\n".join(pieces) + "\n").encode()).pieces == pieces
    assert read_vocabulary(b"a\r\nb\r\n").pieces == ["a", "b"]
    assert read_vocabulary(b"a\r\nb").pieces == ["a", "b"]
    assert read_vocabulary(b"a\n\r\nb\n").pieces == ["a", "\r", "b"]
    with pytest.raises(FormatError, match="UTF-8"):
        read_vocabulary(b"a\n\xff\n")
    with pytest.raises(FormatError, match="no tokens"):
        read_vocabulary(b"")


def test_ctranslate2_vocabularies() -> None:
    byte_level = read_vocabulary("!\nĠa\né\n<|0.02|>\n".encode())
    assert byte_level.tokens == [b"!", b" a", b"\xe9", b"<|0.02|>"]
    assert kinds(byte_level)[3] == Kind.CONTROL
    content = json.dumps(["<unk>", "<s>", "▁a", "<0x0A>"], indent=1).encode()
    sentencepiece = read_vocabulary(content)
    assert sentencepiece.tokens == [b"<unk>", b"<s>", b" a", b"\n"]
    assert kinds(sentencepiece) == [Kind.UNKNOWN, Kind.CONTROL, Kind.NORMAL, Kind.BYTE]
    assert read_vocabulary(b"[\n]\nb\n").pieces == ["[", "]", "b"]


def test_tokens_of_a_user(tmp_path: Path) -> None:
    text, listed = tmp_path / "tokens.txt", tmp_path / "tokens.json"

    def given(path: Path) -> Vocabulary:
        return read_vocabulary(path, exact=True)

    text.write_bytes("\ufeffking\n queen \nĠ\n<s>\n".encode())
    vocabulary = given(text)
    assert vocabulary.tokens == [b"king", b" queen ", "Ġ".encode(), b"<s>"]
    assert not vocabulary.kinds.any()
    listed.write_bytes(raw(["a", " b"]))
    assert given(listed).tokens == [b"a", b" b"]
    listed.write_bytes(raw({" b": 1, "a": 0}))
    assert given(listed).tokens == [b"a", b" b"]
    for content in (["a", 7], {"a": "0"}, "a", 7, None):
        listed.write_bytes(raw(content))
        with pytest.raises(TokensphereError):
            given(listed)


def sentencepiece_model(pieces: list[tuple[str, int]]) -> bytes:
    entries = [b"\x0a" + bytes([len(p.encode())]) + p.encode() + b"\x18" + bytes([k]) for p, k in pieces]
    return b"".join(b"\x0a" + bytes([len(entry)]) + entry for entry in entries)


SPM = sentencepiece_model([("<unk>", 2), ("<s>", 3), ("<0x0A>", 6), ("▁a", 1), ("▁▁", 4), ("x", 5)])


def test_tokenizer_model() -> None:
    vocabulary = read_vocabulary(SPM)
    assert vocabulary.tokens == [b"<unk>", b"<s>", b"\n", b" a", b"  ", b"x"]
    expected = [Kind.UNKNOWN, Kind.CONTROL, Kind.BYTE, Kind.NORMAL, Kind.ADDED, Kind.UNUSED]
    assert kinds(vocabulary) == expected
    with pytest.raises(FormatError, match="no complete SentencePiece model"):
        read_vocabulary(SPM[:-3])


def test_rows_beyond_the_tokens_are_padding() -> None:
    vocabulary = fit_to_rows(read_vocabulary(raw(GPT2)), 10)
    assert len(vocabulary) == 10
    assert vocabulary.kind_counts()["padding"] == 3
    assert len({vocabulary.visible(id) for id in range(10)}) == 10
    assert vocabulary.tokens[4] == "café".encode()
    assert fit_to_rows(vocabulary, 10) is vocabulary
    with pytest.raises(FormatError, match=r"10 tokens .* has 9 rows"):
        fit_to_rows(vocabulary, 9)


TEKKEN = {
    "config": {"default_vocab_size": 3, "default_num_special_tokens": 1},
    "vocab": [{"rank": 0, "token_bytes": "YQ=="}, {"rank": 1, "token_bytes": "/w=="}],
    "special_tokens": [{"rank": 0, "token_str": "<unk>"}],
}
FILES: list[tuple[str, bytes]] = [
    *(("tokenizer.json", raw(content)) for content in (GPT2, GEMMA, BERT, MARIAN)),
    ("vocab.json", raw({"<|endoftext|>": 0, "Ġa": 1, "é": 2})),
    ("vocab.txt", "[PAD]\n[UNK]\né\n##b\n".encode()),
    ("vocabulary.json", raw(["<unk>", "▁a", "<0x0A>"])),
    ("tokenizer.model", SPM),
    ("qwen.tiktoken", b"IQ== 0\nIg== 1\nIw== 2\nJA== 3\n"),
    ("tekken.json", raw(TEKKEN)),
    ("rwkv.txt", b"1 'a' 1\n2 b'\\xff' 1\n3 ' a' 2\n"),
    ("dict.txt", "▁the 900\nof 7 #fairseq:overwrite\nmadeupword0000 0\n".encode()),
    ("m.vocab", "<unk>\t0\n▁a\t-3.25\n<0x0A>\t-1e-05\n".encode()),
    ("words.txt", b"<eps> 0\nthe 2\nof 1\n"),
    ("whitespacetokenizer_config.json", raw({"vocab": ["PADDING_TOKEN", "a"], "stop_words": []})),
]
BESIDE = Beside(("xlm-roberta",), (Added("added_tokens.json", 7, "<x>", False),))


def damage(content: bytes, dice: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(damaged) + 1)
        match dice.randrange(5):
            case 0:
                del damaged[at:]
            case 1:
                damaged[at:at] = dice.choice(
                    [b'"', b"[", b"9", b"\\ud800", b"-", b"null", b"\xff", b"1e9"]
                )
            case 2:
                damaged[at : at + 1] = bytes([dice.randrange(256)])
            case 3:
                del damaged[at : at + dice.randint(1, 20)]
            case _:
                start = dice.randrange(len(content))
                damaged[at:at] = content[start : start + dice.randint(1, 30)]
    return bytes(damaged)


def read_damaged(times: int, seed: int) -> None:
    dice = random.Random(seed)
    for turn in range(times):
        name, content = FILES[turn % len(FILES)]
        beside = BESIDE if dice.randrange(2) else NOTHING
        try:
            vocabulary = read_vocabulary(damage(content, dice), name=name, beside=beside)
        except TokensphereError as error:
            assert "\n" not in str(error)
            continue
        assert len(vocabulary.tokens) == len(vocabulary.kinds) <= 70_000


def test_damaged_files() -> None:
    read_damaged(400, seed=1)


@pytest.mark.fuzz
def test_many_damaged_files() -> None:
    read_damaged(20_000, seed=2)


@pytest.fixture
def models() -> Path:
    folder = Path(os.environ.get("TOKENSPHERE_MODELS", ".models"))
    if not folder.is_dir():
        pytest.skip(f"no real models in {folder}: run `make models`, or set TOKENSPHERE_MODELS")
    return folder


def real(folder: Path) -> Path:
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing: run `make models`, or set TOKENSPHERE_MODELS")
    return folder


@pytest.mark.models
def test_whisper_has_the_same_tokens_in_both_files(models: Path) -> None:
    folder = real(models / "whisper-tiny.en")
    one = read_vocabulary(folder / "tokenizer.json")
    other = read_vocabulary(folder / "vocabulary.txt")
    assert len(one) == 50_363 and len(other) == 51_864
    assert one.tokens == other.tokens[: len(one)]
    assert np.array_equal(one.kinds, other.kinds[: len(one)])
    assert one.text(one.id(" SolidGoldMagikarp")) == " SolidGoldMagikarp"
    assert find_vocabulary(folder, 51_864).kind_counts()["padding"] == 51_864 - 50_363


@pytest.mark.models
def test_minilm_has_the_same_tokens_in_both_files(models: Path) -> None:
    folder = real(models / "minilm")
    one = read_vocabulary(folder / "tokenizer.json")
    other = read_vocabulary(folder / "vocab.txt")
    assert len(one) == 30_522
    assert one.tokens == other.tokens
    assert np.array_equal(one.kinds, other.kinds)
    assert one.kind_counts() == {"normal": 29_523, "control": 4, "unused": 994, "unknown": 1}


@pytest.mark.models
def test_smollm2_has_the_tokens_of_the_bundled_model(models: Path) -> None:
    paths = sorted(real(models / "smollm2").glob("*.gguf"))
    if not paths:
        pytest.skip(f"no GGUF file in {models / 'smollm2'}: run `make models`")
    one, other = load_gguf(paths[0]).vocabulary, bundled.load_bundled().vocabulary
    assert one.tokens == other.tokens
    assert np.array_equal(one.kinds, other.kinds)


def with_added(n_model: int, added_id: int) -> bytes:
    vocab = {chr(97 + id): id for id in range(n_model)}
    added = [{"id": added_id, "content": "<image>", "special": True}]
    return json.dumps(
        {"model": {"type": "BPE", "vocab": vocab, "merges": []}, "added_tokens": added}
    ).encode()


def test_an_added_token_without_a_row_is_left_out() -> None:
    vocabulary = read_vocabulary(with_added(4, 4), n_rows=4)
    assert vocabulary.tokens == [b"a", b"b", b"c", b"d"]


def test_an_added_token_with_a_row_is_kept() -> None:
    assert read_vocabulary(with_added(4, 4), n_rows=5).tokens[4] == b"<image>"


def test_the_models_own_tokens_need_rows() -> None:
    with pytest.raises(FormatError, match=r"5.*4"):
        read_vocabulary(with_added(5, 5), n_rows=4)
