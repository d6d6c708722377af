from __future__ import annotations

from typing import Any

import numpy as np

from tests.analysis.tables import label
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.themes import (
    NOTHING,
    Theme,
    choose_themes,
    name_in_words,
    share_in_words,
)
from tokensphere.labels.table import LabelTable

N = 5000
LIST = np.arange(10)


def themes(
    *members: tuple[str, object], kinds: dict[str, str] | None = None, **options: Any
) -> list[str]:
    """The names of the labels that are chosen for the list 0 … 9; p-values as they are."""
    table = LabelTable.from_members(
        N,
        [(label(name, (kinds or {}).get(name, "meaning")), np.array(ids)) for name, ids in members],
    )
    counter = LabelCounter(table, np.ones(N, dtype=bool), 10)
    shared = counter.counts(LIST[None]).dense()[0]
    chosen = choose_themes(counter, LIST, counter.tested(shared), shared, **options)
    for theme in chosen:
        ids = set(table.members(theme.label.name).tolist())
        assert (theme.size, theme.shared) == (len(ids), len(ids & set(LIST.tolist())))
        assert theme.p == theme.p_familywise and (theme.k, theme.n) == (10, N)
    return [theme.label.name for theme in chosen]


VERBS = [0, 1, 2, 3, 4, 5, *range(100, 140)]


def test_the_most_significant_label_comes_first() -> None:
    weaker = [6, 7, 8, *range(200, 300)]
    assert themes(("weaker", weaker), ("verbs", VERBS)) == ["verbs", "weaker"]


def test_a_larger_set_around_a_stronger_label_adds_nothing() -> None:
    # All tokens of "verbs" end in s, as do three others of the list: weaker, and nearly a superset.
    ending = [0, 1, 2, 3, 4, 5, 6, 7, 8, *range(100, 700)]
    assert themes(("verbs", VERBS)) == ["verbs"] and themes(("ending", ending)) == ["ending"]
    assert themes(("verbs", VERBS), ("ending", ending)) == ["verbs"]
    # The same tokens of the list, but in the vocabulary a set of its own.
    own = [0, 1, 2, 3, 4, 5, 6, 7, 8, *range(1000, 1600)]
    assert themes(("verbs", VERBS), ("own", own)) == ["verbs", "own"]


def test_tokens_that_a_stronger_label_explains_add_nothing() -> None:
    part = [0, 1, 2, 3, *range(1000, 1030)]
    assert themes(("part", part)) == ["part"]
    assert themes(("verbs", VERBS), ("part", part)) == ["verbs"]
    # Four of five are nearly a subset, three of four are not.
    assert themes(("verbs", VERBS), ("nearly", [0, 1, 2, 3, 9, *range(2000, 2060)])) == ["verbs"]
    assert themes(("verbs", VERBS), ("new", [0, 1, 2, 9, *range(2000, 2050)])) == ["verbs", "new"]


def test_what_is_outward_stands_behind_words_and_hides_none() -> None:
    outward = [*LIST.tolist(), *range(2000, 2100)]  # all ten tokens are among them: the strongest
    for kind in ("form", "id", "kind"):
        kinds = {"outward": kind}
        assert themes(("outward", outward), ("verbs", VERBS), kinds=kinds) == ["verbs", "outward"]
        # So it is with verbs of which the vocabulary has hardly any elsewhere,
        within = [0, 1, 2, 3, 4, 5, *range(2000, 2040)]
        assert themes(("outward", outward), ("within", within), kinds=kinds) == ["within", "outward"]
        # but a second outward label is no news beside it.
        both = {**kinds, "verbs": kind}
        assert themes(("outward", outward), ("verbs", VERBS), kinds=both) == ["outward"]
    # Words hide words, and what is only outward.
    assert themes(("outward", outward), ("verbs", VERBS)) == ["outward"]
    assert themes(("outward", outward), ("verbs", VERBS), kinds={"verbs": "form"}) == ["outward"]


def test_ten_plural_nouns_with_a_space_are_plural_nouns() -> None:
    """Whichever of the two is rarer in the vocabulary, and so the more significant."""
    for spaces, plural in ((400, 900), (900, 400), (600, 600)):
        ids = [*LIST.tolist(), *range(50, 40 + max(spaces, plural))]
        members = (("with a space", ids[:spaces]), ("plural", ids[:plural]))
        kinds = {"with a space": "form", "plural": "grammar"}
        found = themes(*members, kinds=kinds)
        # The space is worth a word only where it says more: where fewer tokens have it.
        assert found == ["plural"] if plural <= spaces else ["plural", "with a space"]


def test_the_strongest_label_is_said_in_any_case() -> None:
    words = [(f"words {j}", [3 * j, 3 * j + 1, 3 * j + 2, *range(100 * j + 100, 100 * j + 140)])
             for j in range(3)]  # fmt: skip
    place = ("place", [*LIST.tolist(), *range(3000, 3010)])
    assert themes(*words) == ["words 0", "words 1", "words 2"]
    assert themes(*words, place, kinds={"place": "id"}) == ["words 0", "words 1", "place"]


def test_labels_stand_in_the_order_of_what_people_mean() -> None:
    """Every pair of kinds that share different tokens of a list, whichever is stronger."""
    ranked = [("meaning", "grammar", "list", "user"), ("lemma",), ("form", "kind"), ("id",)]
    rank = {kind: number for number, kinds in enumerate(ranked) for kind in kinds}
    for one in rank:
        for other in rank:
            kinds = {"one": one, "other": other}
            strong, weak = [0, 1, 2, 3, 4, *range(100, 110)], [5, 6, 7, 8, *range(200, 240)]
            want = ["other", "one"] if rank[other] < rank[one] else ["one", "other"]
            assert themes(("one", strong), ("other", weak), kinds=kinds) == want, kinds


def test_forms_of_one_word_are_not_said_again_as_verbs() -> None:
    lemma, verbs = [0, 1, 2, 3, 4, 5, 6, 40], [0, 1, 2, 3, 4, 5, *range(100, 300)]
    kinds = {"lemma": "lemma", "verbs": "grammar"}
    assert themes(("lemma", lemma), ("verbs", verbs), kinds=kinds) == ["lemma"]
    more = [*verbs, 7, 8, 9]
    assert themes(("lemma", lemma), ("verbs", more), kinds=kinds) == ["verbs", "lemma"]


def test_a_copy_is_named_once_by_the_shorter_words() -> None:
    assert themes(("the same, at length", VERBS), ("same", VERBS)) == ["same"]


def test_no_more_than_asked_for_and_none_that_is_not_significant() -> None:
    pairs = [(f"label {j}", [2 * j, 2 * j + 1, 9 - j, *range(100 * j, 100 * j + 40)]) for j in (1, 2)]
    assert len(themes(*pairs)) == 2 and len(themes(*pairs, most=1)) == 1
    assert themes(("half", range(0, N, 2)), ("two", [0, 1, *range(50, 60)])) == []


def theme(kind: str, words: str, shared: int = 6, size: int = 55) -> Theme:
    return Theme(label(words, kind), shared, 10, size, N, 1e-9, 1e-4)


def test_a_name_reads_well() -> None:
    verbs = theme("grammar", "verbs, 3rd person singular present")
    capital = theme("form", "capitalised", 8, 1000)
    assert verbs.text == ("6 of 10 are verbs, 3rd person singular present (1.1 % of the vocabulary are)")
    assert verbs.claim == "6 of 10 are verbs, 3rd person singular present"
    assert theme("form", "ending in -s", 7, 500).claim == "7 of 10 end in -s"
    assert verbs.short == "6/10 verbs, 3rd person singular present"
    assert name_in_words([verbs, capital]) == (
        f"{verbs.text}; 8 of 10 are capitalised (20 % of the vocabulary are)"
    )
    assert name_in_words([capital]).startswith("only outwardly alike: 8 of 10 are capitalised")
    assert name_in_words([]) == NOTHING
    assert theme("form", "ending in -s", 7, 500).text == (
        "7 of 10 end in -s (10 % of the vocabulary do)"
    )
    assert theme("form", "with a bracket").text.startswith("6 of 10 have a bracket (")
    assert theme("user", "with").text.startswith("6 of 10 are with (")
    assert verbs.to_dict()["text"] == verbs.text and verbs.to_dict()["label"] == verbs.label.name


def test_what_random_directions_share_as_well_is_marked_and_stands_behind() -> None:
    table = LabelTable.from_members(N, [
        (label("words"), [0, 1, 2, 3, 4, *range(200, 240)]),
        (label("lemma", "lemma"), [5, 6, 7, 300, 301]),
        (label("spelling", "form"), [6, 7, 8, 9, *range(400, 440)]),
    ])  # fmt: skip
    counter = LabelCounter(table, np.ones(N, dtype=bool), 10)
    shared = counter.counts(LIST[None]).dense()[0]

    def chosen(**p: float) -> tuple[Theme, ...]:
        beside = np.array([p[found.name] for found in counter.labels])
        return choose_themes(counter, LIST, counter.tested(shared), shared, p_directions=beside)

    for p, want in (
        ({"words": 0.5, "lemma": 0.05, "spelling": 0.01}, ["lemma", "spelling", "words"]),
        ({"words": 0.04, "lemma": 0.05, "spelling": 0.01}, ["words", "lemma", "spelling"]),
        ({"words": 0.051, "lemma": 0.9, "spelling": 1.0}, ["words", "lemma", "spelling"]),
    ):
        found = chosen(**p)
        assert [theme.label.name for theme in found] == want
        for theme in found:
            beyond = p[theme.label.name] <= 0.05
            assert (theme.p_directions, theme.beyond_directions) == (p[theme.label.name], beyond)
            assert theme.short.startswith("≈ chance: ") is (not beyond)
            assert theme.to_dict()["beyond_random_directions"] is beyond
        assert (
            name_in_words(found).count("≈ chance: ")
            == {1: 1, 0: 0, 3: 1}[sum(not theme.beyond_directions for theme in found)]
        )  # once where it is true of all
    assert name_in_words(found).startswith("≈ chance: 5 of 10 are words (")
    assert name_in_words(found[2:]).startswith("≈ chance, only outwardly alike: 4 of 10 are spelling (")


def test_shares_keep_a_digit() -> None:
    for share, words in {
        1: "100 %", 0.0995: "10 %", 0.0994: "9.9 %", 0.002: "0.2 %", 0.00035: "0.03 %",
        5 / 49_152: "0.01 %", 5 / 262_144: "0.002 %",
    }.items():  # fmt: skip
        assert share_in_words(share) == words, share
