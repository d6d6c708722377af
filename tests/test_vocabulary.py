from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokensphere as ts
from tests import small_model
from tests.cases import case
from tokensphere.errors import InputError, UnknownTokenError
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level, token_ids


def test_byte_level_decodes_all_256_bytes() -> None:
    pieces = [small_model.spell(bytes([byte])) for byte in range(256)]
    assert len(set(pieces)) == 256 and all(len(piece) == 1 for piece in pieces)
    assert [decode_byte_level(piece) for piece in pieces] == [bytes([byte]) for byte in range(256)]
    assert small_model.spell(b" ") == "Ġ" and small_model.spell(b"\n") == "Ċ"


@given(st.binary(max_size=20))
def test_byte_level_decodes_any_bytes(token: bytes) -> None:
    assert decode_byte_level(small_model.spell(token)) == token


def test_pieces_outside_the_alphabet_are_their_own_text() -> None:
    assert decode_byte_level("日本") == "日本".encode()
    assert decode_byte_level("a b") == b"a b"
    for character in map(chr, [*range(0x21), *range(0x7F, 0xA1), 0xAD, 0x144, 0x20AC]):  # bytes of none
        assert decode_byte_level(f"é{character}") == f"é{character}".encode()
    assert decode_byte_level("\ud800") == b"\xed\xa0\x80"
    assert decode_byte_level("") == b""


@pytest.fixture
def vocabulary() -> Vocabulary:
    kinds = np.zeros(9, dtype=np.uint8)
    kinds[0], kinds[1], kinds[8] = Kind.CONTROL, Kind.UNUSED, Kind.PADDING
    pieces = ["Paris", "Ġnone", "Paris", "ĠParis", "Paris", "paris", "id:3", "âĢ", "pad"]
    return Vocabulary(pieces, decode=decode_byte_level, kinds=kinds)


def test_bytes_text_and_kinds(vocabulary: Vocabulary) -> None:
    assert len(vocabulary) == 9
    assert vocabulary.token(3) == b" Paris" and vocabulary.text(3) == " Paris"
    assert vocabulary.token(1) == "Ġnone".encode()  # of no kind that is decoded
    assert vocabulary.token(7) == b"\xe2\x80" and vocabulary.text(7) is None
    assert vocabulary.visible(7) == r"\xe2\x80"
    assert vocabulary.kind_counts() == {"normal": 6, "control": 1, "unused": 1, "padding": 1}
    assert vocabulary.tokens == [vocabulary.token(id) for id in range(9)]


def test_ids_of_tokens(vocabulary: Vocabulary) -> None:
    assert vocabulary.id("Paris") == 2  # a normal one before the control token, then the lowest
    assert vocabulary.id(b"Paris") == 2
    assert vocabulary.id(" Paris") == 3 == vocabulary.id("␣Paris")
    assert vocabulary.id("id:3") == 6  # the token that reads like that
    assert vocabulary.id("id:4") == 4
    assert vocabulary.id(7) == 7 == vocabulary.id(cast(int, np.int64(7)))
    assert vocabulary.id(rb"\xe2\x80".decode()) == 7 == vocabulary.id(b"\xe2\x80")
    assert vocabulary.id("pad") == 8
    assert " Paris" in vocabulary and b"\xe2\x80" in vocabulary
    assert "Rome" not in vocabulary and 3 not in vocabulary
    assert token_ids(vocabulary, ["paris", 0, b" Paris"]) == [5, 0, 3]


def test_ids_that_do_not_exist(vocabulary: Vocabulary) -> None:
    for id in (-1, 9, 10**30):
        for token in (id, f"id:{id}"):
            with case(token), pytest.raises(UnknownTokenError, match="no token"):
                vocabulary.id(token)


def test_what_is_no_token(vocabulary: Vocabulary) -> None:
    wrong: list[Any] = [None, 1.5, True, ["Paris"]]
    for token in wrong:
        with case(token), pytest.raises(InputError, match="a token is a text, bytes or an id, not"):
            vocabulary.id(token)


def test_a_lone_surrogate_is_an_unknown_token(vocabulary: Vocabulary) -> None:
    with pytest.raises(UnknownTokenError):
        vocabulary.id("\ud800")


def test_an_absurdly_long_id_is_unknown(vocabulary: Vocabulary) -> None:
    with pytest.raises(UnknownTokenError):
        vocabulary.id("id:" + "9" * 5000)


def test_errors_suggest_what_there_is(small: ts.EmbeddingSpace) -> None:
    for token, expected in {
        "Monday ": "' Monday'", "MONDAY": "' Monday'", "monday": "' Monday'", " pariss": "' paris'",
        "  king": "' king'", "Tuesdya": "' Tuesday'", "quene": "' queen'",
    }.items():  # fmt: skip
        with case(token):
            with pytest.raises(UnknownTokenError) as caught:
                small.vocabulary.id(token)
            message = str(caught.value)
            assert "did you mean" in message and expected.replace(" ", "␣") in message
            assert "\n" not in message
            assert isinstance(caught.value, KeyError) and isinstance(caught.value, ValueError)


def test_suggestions_exist_and_are_few(small: ts.EmbeddingSpace) -> None:
    for token in ("King", "kings", "paris ", "", "   x", b"\xff\xfe", "z" * 500):
        found = small.vocabulary.suggestions(token, limit=3)
        assert len(found) <= 3 and len(set(found)) == len(found)
        assert all(suggestion in small.vocabulary for suggestion in found)
    with pytest.raises(UnknownTokenError, match="it may be split into several tokens"):
        small.vocabulary.id("qqqqqqqq")


def test_forms_are_equal_for_case_and_white_space_alone() -> None:
    tokens = [" king", "king", "KING", "King\n", "kings", "Straße", "strasse", "", " ", "日本"]
    forms = ts.EmbeddingSpace.from_arrays(np.eye(10), tokens).vocabulary.forms.tolist()
    assert len(set(forms[:4])) == 1
    assert forms[5] == forms[6] and forms[7] == forms[8]
    assert len({forms[0], forms[4], forms[5], forms[7], forms[9]}) == 5


def test_forms_of_tokens_that_are_no_text() -> None:
    forms = Vocabulary(["âĢ", "âĢ", "ĠâĢ", "Ã"], decode=decode_byte_level).forms.tolist()
    assert forms[0] == forms[1] and len(set(forms)) == 3


def test_every_token_needs_a_kind() -> None:
    with pytest.raises(InputError, match="3 tokens, but 2 kinds"):
        Vocabulary(["a", "b", "c"], kinds=np.zeros(2, dtype=np.uint8))


def test_records_have_the_bytes_and_the_text_where_there_is_one(vocabulary: Vocabulary) -> None:
    assert vocabulary.record(3) == {"id": 3, "token": " Paris", "bytes": b" Paris".hex()}
    assert vocabulary.record(7)["token"] is None
    for id in range(9):
        assert bytes.fromhex(vocabulary.record(id)["bytes"]) == vocabulary.token(id)


def test_the_digest_is_that_of_the_tokens_and_their_kinds() -> None:
    given = [["a", "b"], ["ab", ""], ["a", "c"], ["b", "a"]]
    digests = [Vocabulary(pieces).digest for pieces in given]
    digests.append(Vocabulary(["a", "b"], kinds=np.array([0, Kind.CONTROL], dtype=np.uint8)).digest)
    assert len(set(digests)) == 5 and Vocabulary(["a", "b"]).digest == digests[0]
