from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokensphere as ts
from tokensphere.labels.characters import signature
from tokensphere.labels.form import PREFIXES, SUFFIXES, form_members
from tokensphere.vocabulary import Kind, Vocabulary

BYTES = st.one_of(
    st.binary(max_size=8), st.text(max_size=8).map(lambda text: text.encode(errors="replace"))
)


def forms(tokens: list[bytes]) -> list[set[str]]:
    """The labels of form of each token, without their prefix."""
    vocabulary = Vocabulary(
        [token.decode("latin-1") for token in tokens], decode=lambda piece: piece.encode("latin-1")
    )
    found: list[set[str]] = [set() for _ in tokens]
    for label, ids in form_members(vocabulary):
        for id in ids.tolist():
            found[id].add(label.name.removeprefix("form:"))
    return found


def one(token: str) -> set[str]:
    """The labels of a token within a vocabulary that has spaces."""
    return forms([token.encode(), b" word", b" other"])[0]


def test_planted_tokens() -> None:
    for token, has in [
        (" Paris", "space capitalised length-5"),
        ("Paris", "no-space capitalised length-5"),
        (" NASA", "space all-capitals length-4"),
        ("getName", "no-space camel-case"),
        ("my_name", "underscore"),
        ("2026", "digits length-4"),
        ("x86", "digit-and-more length-3"),
        ("();", "punctuation bracket length-3"),
        ("\n\n  ", "white-space line-break"),
        ("====", "punctuation repeated"),
        (" café", "accent space length-4"),
        ("Привет", "script-cyrillic length-6 no-space"),
        ("日本語", "script-han length-3"),
        ("ひらカタ", "script-hiragana script-katakana"),
        ("한국", "script-hangul"),
        ("عربي", "script-arabic"),
        ("नमस्ते", "script-devanagari"),
        ("😀", "punctuation length-1"),
        (" unhappiness", "prefix-un suffix-ness space length-11"),
        ("internationalisation", "length-12 suffix-tion"),
    ]:
        assert set(has.split()) <= one(token), token


def test_what_they_have_not() -> None:
    for token, has_not in [
        (" ", "space punctuation length-1 repeated"),
        (" A", "capitalised all-capitals"),
        ("ing", "suffix-ing"),
        (" thing", "suffix-ing"),  # too little is left
        ("unhappy", "prefix-un"),  # it may be no start of a word
        (" paris", "capitalised accent"),
        ("--", "repeated digits"),
    ]:
        assert not set(has_not.split()) & one(token), token


def test_pieces_that_go_on_with_a_word() -> None:
    going, whole, sign = forms([b"##ing", b"king", b"##"])
    assert "continuation" in going and "length-3" in going and "punctuation" not in going
    assert "continuation" not in whole | sign


def test_incomplete_characters_and_tokens_without_form() -> None:
    assert forms([b"\xe2\x80"])[0] == {"incomplete"} and forms([b""])[0] == set()
    kinds = np.array([Kind.CONTROL, Kind.PADDING, Kind.UNUSED, Kind.UNKNOWN], dtype=np.uint8)
    vocabulary = Vocabulary(["<s>", "", "[unused1]", "<unk>"], kinds=kinds)
    assert all(not len(ids) for _, ids in form_members(vocabulary))


@given(tokens=st.lists(BYTES, min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_whatever_the_bytes_every_token_has_a_form(tokens: list[bytes]) -> None:
    for token, found in zip(tokens, forms(tokens), strict=True):
        lengths = [name for name in found if name.startswith("length-")]
        assert len(lengths) == (
            "incomplete" not in found and not token.decode().isspace() and token != b""
        )
        assert bool(found) == (token != b"")


def test_signatures_keep_lengths_and_classes() -> None:
    text = "Aé9_(.\n\t漢ж" + chr(0x300)
    assert len(signature(text)) == len(text)
    assert signature("Ab") == signature("Cd") != signature("cD")


@pytest.mark.slow
def test_a_naive_loop_finds_the_same_in_the_bundled_vocabulary(bundled: ts.EmbeddingSpace) -> None:
    vocabulary = bundled.vocabulary
    found = {label.name: set(ids.tolist()) for label, ids in form_members(vocabulary)}
    texts = {
        id: text
        for id in range(len(vocabulary))
        if vocabulary.kinds[id] != Kind.CONTROL and (text := vocabulary.text(id))
    }
    categories = {id: {unicodedata.category(c) for c in text.strip(" ")} for id, text in texts.items()}
    assert found["form:white-space"] == {id for id, text in texts.items() if text.isspace()}
    assert found["form:space"] == {
        id for id, text in texts.items() if text[0] == " " and text.strip(" ")
    }
    assert found["form:digits"] == {id for id, some in categories.items() if some == {"Nd"}}
    assert found["form:bracket"] == {
        id for id, t in texts.items() if categories[id] & {"Ps", "Pe"} or "<" in t or ">" in t
    }
    words = {id: text.removeprefix(" ") for id, text in texts.items()}
    words = {id: word.lower() for id, word in words.items() if word.isascii() and word.isalpha()}
    for suffix in SUFFIXES.split():
        want = {id for id, w in words.items() if w.endswith(suffix) and len(w) >= len(suffix) + 3}
        assert found[f"form:suffix-{suffix}"] == want
    begin = {id for id in words if texts[id][0] == " " or texts[id][0].isupper()}
    for prefix in PREFIXES.split():
        want = {id for id in begin if words[id].startswith(prefix) and len(words[id]) >= len(prefix) + 3}
        assert found[f"form:prefix-{prefix}"] == want
