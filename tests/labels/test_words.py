from __future__ import annotations

import numpy as np

from tokensphere.labels.lexicon import lexicon
from tokensphere.labels.words import has_spaces, is_cased, known_words
from tokensphere.vocabulary import Kind, Vocabulary

FILL = [f" {word}" for word in ("Table", "House", "of", "Green", "stone", "water", "music", "night")]


def words(pieces: list[str], kinds: list[int] | None = None) -> dict[str, list[str]]:
    """Token -> the words of the lexicon that it stands for."""
    given = None if kinds is None else np.array(kinds, dtype=np.uint8)
    tokens, numbers = known_words(Vocabulary(pieces, kinds=given), lexicon())
    found: dict[str, list[str]] = {}
    for id, number in zip(tokens.tolist(), numbers.tolist(), strict=True):
        found.setdefault(pieces[id], []).append(lexicon().words[number])
    return found


def test_what_begins_with_a_space_is_a_word() -> None:
    found = words([" ant", " determines", " Determines", " DETERMINES", " ly", " qzx", " 12", *FILL])
    assert found[" ant"] == ["ant"]
    assert all(
        found[f" {case}"] == ["determines"] for case in ("determines", "Determines", "DETERMINES")
    )
    assert not {" ly", " qzx", " 12"} & set(found)


def test_without_a_space_small_letters_need_a_twin_that_is_more_frequent() -> None:
    found = words(["ant", "king", " ant", " king", "heart", "planet", " heart", " planet", *FILL])
    assert "ant" not in found and "king" not in found  # their twins have higher ids
    assert "heart" not in found and found["planet"] == ["planet"]  # 6 letters
    found = words([" ant", " king", "ant", "king", "table", *FILL])
    assert "ant" not in found and found["king"] == ["king"]  # 4 letters
    assert "table" not in found  # no twin: it could only be a piece


def test_without_a_space_capitals_need_letters_or_a_twin() -> None:
    found = words(["Paris", "Con", " Con", " The", "The", "VENT", "TIME", " TIME", *FILL])
    assert found["Paris"] == ["Paris"] and found["The"] == ["the"] and found["TIME"] == ["time"]
    assert "Con" not in found and "VENT" not in found


def test_short_words_in_all_capitals_are_acronyms() -> None:
    found = words([" US", " WHO", " IT", " us", " NASA", " WITH", *FILL])
    assert found[" US"] == ["US"] and found[" us"] == ["us"] and found[" NASA"] == ["NASA"]
    assert " WHO" not in found or found[" WHO"] == ["WHO"]
    assert found[" WITH"] == ["with"]


def test_continuations_are_no_words_and_uncased_words_may_be_names() -> None:
    pieces = ["##king", "king", "##ing", "paris", "march", "china", "ant", "[PAD]", "house", "stone"]
    found = words(pieces)
    assert found["king"] == ["king"] and found["ant"] == ["ant"] and found["paris"] == ["Paris"]
    assert found["march"] == ["march", "March"] and found["china"] == ["china", "China"]
    assert not {"##king", "##ing", "[PAD]"} & set(found)


def test_control_tokens_are_no_words() -> None:
    pieces = [" king", " queen", " throne", *FILL]
    kinds = [Kind.NORMAL, Kind.CONTROL, Kind.ADDED] + [Kind.NORMAL] * len(FILL)
    assert {" king", " throne"} <= set(words(pieces, [int(kind) for kind in kinds]))
    assert " queen" not in words(pieces, [int(kind) for kind in kinds])


def test_conventions_are_seen_from_the_tokens() -> None:
    assert has_spaces([b" a", b" b", b"c"]) and not has_spaces([b"a"] * 100 + [b" a"])
    assert not has_spaces([b" ", b"  ", b" 1"])
    assert is_cased(["a", "B"]) and not is_cased(["a"] * 1000 + ["B"]) and not is_cased([])


def test_nothing_to_find() -> None:
    nothing: list[list[str]] = [[], [""], [" "], ["##"], ["\n", "\t", "é"]]
    for pieces in nothing:
        assert words(pieces) == {}, pieces
