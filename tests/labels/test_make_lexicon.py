"""How the lexicon is made: packs of words, and what is packed comes back."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokensphere.labels.lexicon import PATH, parse

SCRIPTS = Path(__file__).parents[2] / "scripts"
WORDS = st.text("abcDE", min_size=1, max_size=20)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of the scripts by its name."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module


@given(words=st.dictionaries(WORDS, st.frozensets(st.integers(0, 3)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_packed_comes_back(made: Any, words: dict[str, frozenset[int]]) -> None:
    entry = made("lexicon.entries").Entry
    labels = [{"name": f"t:{n}", "kind": "t", "words": f"{n}", "source": "x"} for n in range(4)]
    lemma = min(words)
    entries = {
        word: entry(frozenset(f"t:{n}" for n in numbers), (lemma,) if len(word) > 3 else ())
        for word, numbers in words.items()
    }
    content = made("lexicon.pack").pack(entries, labels, [])
    assert content == made("lexicon.pack").pack(dict(reversed(entries.items())), labels, [])
    found = parse(content)
    assert found.words == sorted(words)
    for word, numbers in words.items():
        assert found.labels_of(word) == [f"t:{n}" for n in sorted(numbers)]
        lemmas = [found.words[n] for n in found.lemmas_of(found.numbers[word])]
        assert lemmas == ([lemma] if len(word) > 3 else [word] if word.islower() else [])


def test_packs_of_words(made: Any) -> None:
    """The answers are those that the JavaScript library gives."""
    unpack = made("lexicon.efrt").unpack
    days = unpack("true¦fri2mon2s1t0wednesd3;hurs1ues1;aturd1und1;!d0;ay0;!s")
    assert {"fri", "friday", "fridays", "mon", "thurs", "tuesday", "wednesdays"} <= days
    assert len(days) == 18
    assert unpack("true¦lest,unless") == {"lest", "unless"}


def test_a_sense_is_read_with_its_case_and_count(made: Any) -> None:
    data = {
        "data.noun": b"  1 licence\n"
        b"00000100 14 n 02 China 0 dish_of 0 001 @i 00000200 n 0000 | a country\n"
        b"00000200 03 n 01 thing 0 001 ~i 00000100 n 0000 | a thing\n"
        b"00000300 06 n 01 china 0 000 | porcelain\n",
        "data.verb": b"", "data.adj": b"", "data.adv": b"",
        "index.sense": b"china%1:06:00:: 00000300 2 1\nchina%1:14:00:: 00000100 1 7\n"
        b"thing%1:03:00:: 00000200 1 0\n",
    }  # fmt: skip
    wordnet = made("lexicon.wordnet").WordNet(data)
    (country,), (porcelain,) = wordnet.of("China", "noun"), wordnet.of("china", "noun")
    assert country.instance and country.count == 7 and country.file == "noun.group"
    assert not porcelain.instance and porcelain.count == 1 and porcelain.file == "noun.artifact"
    assert wordnet.below("thing%1:03:00::") == {("noun", 200), ("noun", 100)}
    assert list(wordnet.spellings()) == ["China", "china", "thing"]


def test_a_package_that_is_not_the_pinned_one_is_refused(made: Any, tmp_path: Path) -> None:
    sources = made("lexicon.sources")
    (tmp_path / sources.BRILL.file).write_bytes(b"something else")
    with pytest.raises(sources.PackageError, match=r"has the SHA-256 .* but expected"):
        sources.read(sources.BRILL, tmp_path)


@pytest.mark.network
def test_the_shipped_file_is_the_one_that_is_made(made: Any, tmp_path: Path) -> None:
    content, licences = made("make_lexicon").compile_lexicon(tmp_path)
    assert content == PATH.read_bytes()
    assert set(licences) == {"wordnet", "brill", "compromise", "lemminflect"}
