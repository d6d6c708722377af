from __future__ import annotations

import itertools
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

import tokensphere as ts
from tests import small_model
from tests.cases import case, every
from tokensphere.display import parse_visible, printable, told, visible

TOKENS = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(alphabet="\\xenrtu0189afU ␣◌\n\t\u0301\u200b", max_size=10).map(str.encode),
    st.lists(
        st.sampled_from([b"\\", b"x", b"e2", b"\xe2", b"\x80", b"\xa3", b" ", b"\xcc\x81", b"n"]),
        max_size=8,
    ).map(b"".join),
)


def assert_shown_well(shown: str) -> None:
    assert shown and shown.isprintable()
    assert shown.splitlines() == [shown]
    assert " " not in shown
    shown.encode("utf-8")


@given(TOKENS)
@settings(max_examples=300, deadline=None)
@example(b"")
@example(b"\\e")
@example(b"\\x41")
@example("␣".encode())
@example("◌\u0301".encode())
@example(b"\xed\xb0\x80")
@example(b"\xf4\x90\x80\x80")
def test_every_token_comes_back_from_its_picture(token: bytes) -> None:
    shown = visible(token)
    assert_shown_well(shown)
    assert parse_visible(shown) == token


@given(st.lists(TOKENS, min_size=2, max_size=30, unique=True))
@settings(max_examples=100, deadline=None)
def test_different_tokens_look_different(tokens: list[bytes]) -> None:
    assert len({visible(token) for token in tokens}) == len(tokens)


def test_all_tokens_of_one_and_two_bytes() -> None:
    tokens = [bytes([a]) for a in range(256)]
    tokens += [bytes(pair) for pair in itertools.product(range(0, 256, 3), range(256))]
    shown = [visible(token) for token in tokens]
    assert [parse_visible(text) for text in shown] == tokens
    assert len(set(shown)) == len(tokens)


def test_every_character_of_unicode_comes_back_and_takes_room() -> None:
    for code in itertools.chain(range(0x11000), range(0x11000, 0x110000, 61)):
        token = chr(code).encode("utf-8", "surrogatepass")
        shown = visible(token)
        assert parse_visible(shown) == token
        assert shown.isprintable() and shown.splitlines() == [shown], hex(code)
        assert cell_len(shown) > 0, hex(code)


def test_every_token_of_the_bundled_model(bundled: ts.EmbeddingSpace) -> None:
    tokens = bundled.vocabulary.tokens
    shown = [visible(token) for token in tokens]
    for text in shown:
        assert_shown_well(text)
    assert [parse_visible(text) for text in shown] == tokens


def test_difficult_tokens_take_room_and_come_back() -> None:
    for token in small_model.NASTY:
        shown = visible(token)
        with case(token):
            assert_shown_well(shown)
            assert cell_len(shown) >= 1
            assert parse_visible(shown) == token


def test_how_tokens_are_shown() -> None:
    for token, shown in [
        (b" Paris", "␣Paris"),
        (b"  a b ", "␣␣a␣b␣"),
        (b"\n\t\r", r"\n\t\r"),
        (b"\\", r"\\"),
        (b"\x00\x1b\x7f", r"\x00\x1b\x7f"),
        (b"\xe2\x80", r"\xe2\x80"),
        ("日本".encode(), "日本"),
        ("שלום".encode(), "שלום"),
        ("\u00a0".encode(), r"\u00a0"),
        ("\u200b".encode(), r"\u200b"),
        ("\ufe0f".encode(), r"\ufe0f"),
        ("\U000e0101".encode(), r"\U000e0101"),
        ("\u0301".encode(), "◌\u0301"),
        ("e\u0301".encode(), "e\u0301"),
        (" \u0301".encode(), "␣◌\u0301"),
        ("␣".encode(), r"\u2423"),
        ("◌".encode(), r"\u25cc"),
        (b"", r"\e"),
    ]:
        assert visible(token) == shown


def test_no_control_and_no_direction_mark_reaches_the_screen() -> None:
    marks = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x9b\x85\u2028\u2029"
    for mark in marks:
        shown = visible(f"a{mark}b".encode())
        assert unicodedata.category(mark) not in {unicodedata.category(c) for c in shown}


@given(st.text(max_size=12))
@settings(max_examples=250, deadline=None)
def test_any_text_can_be_parsed(text: str) -> None:
    """What a user types is no picture of a token always, but never an error."""
    assert isinstance(parse_visible(text), bytes)
    assert isinstance(parse_visible("\\" + text), bytes)
    assert parse_visible(r"\U7fffffff" + "a") == b"a"


def test_nothing_that_is_printable_acts() -> None:
    shown = printable("".join(map(chr, [*range(0x11000), *range(0xE0000, 0xE0200), 0x10FFFF])))
    assert shown.isprintable() and printable(shown) == shown
    assert shown.startswith(r"\x00\x01") and ' !"#' in shown and r"[\]" in shown
    assert printable("a\u200eb\n", keep="\u200e") == "a\u200eb\\n"


@every(
    "text", ["", "x" * 999, "x" * 1000, "x" * 1001, "\u202e" * 1000, "a\n" * 200_000, "\udcff" * 5000]
)
def test_what_is_told_has_an_end(text: str) -> None:
    said = told(text)
    assert said.isprintable() and len(said) <= 1000 and told(said) == said
    assert said[:100] == printable(text[:100])[:100] and said[-100:] == printable(text[-100:])[-100:]
    assert (said == text) == (text.isprintable() and len(text) <= 1000)
