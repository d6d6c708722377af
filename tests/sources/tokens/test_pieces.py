from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokensphere.display import visible
from tokensphere.sources.tokens.pieces import (
    byte_of,
    decode_plain,
    decode_sentencepiece,
    decode_wordpiece,
    guess_decode,
    is_unused,
    kind_by_spelling,
    undo_phantom_space,
    with_plain,
)
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level


def test_every_byte_piece_is_its_byte() -> None:
    for byte in range(256):
        for piece in (f"<0x{byte:02X}>", f"<0x{byte:02x}>"):
            assert decode_sentencepiece(piece) == bytes([byte]), piece


@pytest.mark.parametrize("piece", ["<0x0>", "<0x0A", "<0xGG>", "<0x0A>>", "a<0x0A>", "<0x+1>", "<0x 1>"])
def test_what_only_looks_like_a_byte_is_text(piece: str) -> None:
    assert byte_of(piece) is None
    assert decode_sentencepiece(piece) == piece.encode()


@given(st.text(alphabet="ab é日\n\\", max_size=12))
def test_sentencepiece_gives_back_every_text(text: str) -> None:
    assert decode_sentencepiece(text.replace(" ", "▁")) == text.encode()


def test_another_sign_for_a_space() -> None:
    assert decode_sentencepiece("_a▁", space="_") == " a▁".encode()


@given(st.binary(max_size=12))
def test_plain_gives_back_bytes_that_are_no_text(raw: bytes) -> None:
    assert decode_plain(raw.decode("utf-8", "surrogateescape")) == raw


def test_plain_never_fails() -> None:
    assert decode_plain("\ud83d") == b"\xed\xa0\xbd"


def test_a_continuation_looks_different_from_a_word_and_is_another_form() -> None:
    vocabulary = Vocabulary(["ing", "##ing", "Ing"], decode=decode_wordpiece)
    assert len({visible(token) for token in vocabulary.tokens}) == 3
    assert vocabulary.forms.tolist() == [0, 1, 0]


def test_added_text_in_a_byte_level_vocabulary_is_text() -> None:
    decode = with_plain(decode_byte_level, ["café", "  "])
    assert decode("café").decode() == "café"
    assert decode("é") == b"\xe9"
    assert decode("  ") == b"  "
    assert with_plain(decode_byte_level, []) is decode_byte_level


@pytest.mark.parametrize(
    ("pieces", "decode"),
    [
        (["a", "Ġa", "Ġb", "##c", "▁"], decode_byte_level),
        (["a", "▁a", "▁b", "Ġ"], decode_sentencepiece),
        (["a", "##a", "##b", "Ġ"], decode_wordpiece),
        (["a", "b"], decode_plain),
        ([], decode_plain),
    ],
)
def test_most_beginnings_decide(pieces: list[str], decode: Callable[[str], bytes]) -> None:
    assert guess_decode(pieces) is decode


@pytest.mark.parametrize(
    "piece",
    ["[unused0]", "<unused99>", "<|reserved_special_token_250|>", "<reserved_106>", ">>UNUSED_12<<"],
)
def test_reserved_names(piece: str) -> None:
    assert is_unused(piece)
    assert kind_by_spelling(piece) == Kind.UNUSED


@pytest.mark.parametrize("piece", ["unused", "[unused]", "un[unused1]", "<reserved>", "[1]", ""])
def test_names_that_are_not_reserved(piece: str) -> None:
    assert not is_unused(piece)


def test_no_piece_makes_the_patterns_slow() -> None:
    for piece in ("<unused" + "_1" * 500_000, "<|" + "a" * 1_000_000, "[reserved" + "1" * 1_000_000):
        assert kind_by_spelling(piece) == Kind.NORMAL


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("<|endoftext|>", Kind.CONTROL), ("<|29.42|>", Kind.CONTROL), ("</s>", Kind.CONTROL),
        ("[PAD]", Kind.CONTROL), ("<unk>", Kind.UNKNOWN), ("[UNK]", Kind.UNKNOWN),
        ("<|", Kind.NORMAL), ("<|a|b|>", Kind.NORMAL), ("[", Kind.NORMAL), ("pad", Kind.NORMAL),
    ],
)  # fmt: skip
def test_kinds_by_spelling(piece: str, kind: Kind) -> None:
    assert kind_by_spelling(piece) == kind


@given(st.sampled_from(["paris", "##ing", "[unused3]", "#", "##", "日", "[", "]", "##]"]))
def test_the_phantom_space_is_undone(piece: str) -> None:
    respelled = piece[2:] if piece.startswith("##") else "▁" + piece
    assert undo_phantom_space(respelled) == piece
