from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from tests.cases import case
from tokensphere.errors import FormatError, SourceError
from tokensphere.labels import lexicon as module
from tokensphere.labels.lexicon import MAGIC, PATH, lexicon, parse

DATA = PATH.parent
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def of(word: str, kind: str = "grammar") -> set[str]:
    found = (name.partition(":") for name in lexicon().labels_of(word))
    return {rest for start, _, rest in found if start == kind}


def test_words_are_sorted_and_different() -> None:
    words = lexicon().words
    assert words == sorted(set(words)) and len(words) > 100_000
    assert all(word.isascii() and word.isalpha() and len(word) <= 20 for word in words)
    assert [lexicon().numbers[word] for word in words[::997]] == list(range(len(words)))[::997]


def test_sets_of_labels_are_valid_and_used() -> None:
    found = lexicon()
    assert {label for profile in found.profiles for label in profile} == set(range(len(found.labels)))
    assert set(found.profile.tolist()) == set(range(len(found.profiles)))
    assert all(list(profile) == sorted(set(profile)) for profile in found.profiles)
    assert all(label.name.startswith(f"{label.kind}:") for label in found.labels)
    assert len({label.words for label in found.labels}) == len(found.labels)


def test_lemmas_are_words_in_small_letters_and_their_own_lemmas() -> None:
    found = lexicon()
    lemmas = {lemma for group in found.lemmas.values() for lemma in group}
    assert all(found.words[lemma].islower() for lemma in lemmas)
    ran = [found.words[lemma] for lemma in found.lemmas_of(found.numbers["ran"])]
    assert ran == ["run"]
    for word, lemma in {"mice": "mouse", "went": "go", "better": "good", "left": "leave"}.items():
        assert lemma in {found.words[n] for n in found.lemmas_of(found.numbers[word])}
    assert found.lemmas_of(found.numbers["tree"]) == (found.numbers["tree"],)
    assert found.lemmas_of(found.numbers["Paris"]) == ()


def test_grammar_of_planted_words() -> None:
    for word, has, has_not in [
        ("determines", "VBZ", "NN NNS VB"),
        ("the", "DT", "NN JJ RB VB"),
        ("a", "DT", "NN"),
        ("as", "IN", "NN"),
        ("in", "IN", "NN JJ"),
        ("will", "MD", "NN VB"),
        ("can", "MD", "NN VB"),
        ("who", "WH", "NN"),
        ("us", "PRP", "NN"),
        ("has", "AUX VBZ", "NNS"),
        ("sets", "VBZ NNS", "VB NN"),
        ("lives", "VBZ NNS", "VB"),
        ("leaves", "VBZ NNS", "VB"),
        ("walking", "VBG", "VBZ"),
        ("broken", "VBN", "VBD VB"),
        ("ran", "VBD", "VBZ NN"),
        ("saw", "VBD", "VB"),
        ("children", "NNS", "NN"),
        ("scissors", "NNS", "NN"),
        ("bigger", "JJR", "JJ"),
        ("biggest", "JJS", "JJ"),
        ("quickly", "RB", "JJ"),
        ("beautiful", "JJ", "NN VB"),
    ]:
        assert set(has.split()) <= of(word), word
        assert not set(has_not.split()) & of(word), word


def test_case_tells_names_from_words() -> None:
    assert "noun.location" in of("China", "meaning") and of("china", "meaning") == {"noun.artifact"}
    assert "month" in of("March", "list") and "month" not in of("march", "list")
    assert of("march") == {"NN", "VB"} and of("US") == {"NNP"}
    assert {"NNP", "JJ"} <= of("French")


def test_meanings_and_lists_of_planted_words() -> None:
    for day in DAYS:
        assert of(day, "list") == {"weekday"} and of(day, "meaning") == {"noun.time"}
    for word, meaning in {
        "dog": "noun.animal", "banana": "noun.food", "sadness": "noun.feeling", "river": "noun.object",
        "explain": "verb.communication", "teacher": "noun.person", "hammer": "noun.artifact",
    }.items():  # fmt: skip
        assert meaning in of(word, "meaning"), word
    assert of("bank", "meaning") == {"noun.group", "noun.object"}
    for word, name in {
        "Brazil": "country", "Berlin": "city", "oxygen": "chemical-element", "seven": "cardinal",
        "Sarah": "female-name", "purple": "colour", "sister": "family", "kilogram": "unit",
    }.items():  # fmt: skip
        assert name in of(word, "list"), word
    assert "fish" not in of("China", "list") and not of("nosuchword")


def test_the_header_says_what_the_notices_say() -> None:
    notice = (DATA / "NOTICE.md").read_text(encoding="utf-8")
    docs = Path(__file__).parents[2] / "docs" / "labels.md"
    for source in lexicon().sources:
        name, _, version = source["package"].partition(": ")[2].partition(" ")
        assert f"{name} {version}" in notice and len(source["sha256"]) == 64
        licence = (DATA / f"LICENSE.{name.partition('-')[0]}").read_text(encoding="utf-8")
        assert "Copyright" in licence and "ermission" in licence
        if docs.exists():  # not beside an installed package
            text = docs.read_text(encoding="utf-8")
            assert f"{name} {version}" in text and source["licence"] in text
    assert len(lexicon().sources) == 4
    assert PATH.stat().st_size < 1_500_000


def test_what_is_damaged_is_refused() -> None:
    content = PATH.read_bytes()
    header = json.loads(content[len(MAGIC) : content.index(b"\n", len(MAGIC))])
    body = len(content) - sum(header["sections"].values())
    changed = bytearray(content)
    changed[body + 1000] ^= 1
    wrong = [b"", b"x" + content, content[:-1], content + b"x", bytes(changed), MAGIC + b"{}\n"]
    wrong += [MAGIC + b"[" * 10**5 + b"\n", MAGIC + b"[]\n"]
    changes: list[dict[str, Any]] = [
        {"labels": header["labels"][:-1]}, {"labels": 3}, {"labels": [3]}, {"sources": 3},
        {"sections": []}, {"sections": {}}, {"n_words": 3},
        {"sections": dict.fromkeys(header["sections"], 0.5)}, {"sha256": None},
    ]  # fmt: skip
    raw = content[content.index(b"\n", len(MAGIC)) :]
    wrong += [MAGIC + json.dumps(header | change).encode() + raw for change in changes]
    for number, damaged in enumerate(wrong):
        with (
            case(number),
            pytest.raises(FormatError, match=r"the lexicon is damaged: .*; install tokensphere again"),
        ):
            parse(damaged)
    whole = parse(content)
    assert whole.words == lexicon().words
    np.testing.assert_array_equal(whole.profile, lexicon().profile)


def test_an_installation_without_it_says_so(tmp_path: Path) -> None:
    lexicon.cache_clear()
    try:
        gone = patch.object(module, "PATH", tmp_path / "gone.bin")
        with gone, pytest.raises(SourceError, match="install tokensphere again"):
            lexicon()
    finally:
        lexicon.cache_clear()
