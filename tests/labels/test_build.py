from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokensphere as ts
from tokensphere.labels.build import make_labels
from tokensphere.labels.table import LabelTable
from tokensphere.vocabulary import Kind, Vocabulary

MODELS = Path(__file__).parents[2] / ".models"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def names(table: LabelTable, id: int) -> set[str]:
    return {label.name for label in table.of(id)}


def check(table: LabelTable, vocabulary: Vocabulary) -> None:
    """What holds for every table."""
    n = len(vocabulary)
    assert table.n_tokens == n and table.indptr[-1] == len(table.indices) == table.sizes.sum()
    assert (table.sizes > 0).all() and (table.sizes <= n).all()
    for number, label in enumerate(table.labels):
        assert label.name.startswith(f"{label.kind}:") and label.words and label.source
        if number % 25 == 0:
            assert len(table.members(number)) == table.sizes[number]
    tenths = [table.sizes[j] for j, label in enumerate(table.labels) if label.kind == "id"]
    assert sum(tenths) == int(np.sum(vocabulary.kinds != Kind.PADDING))
    lemmas = [table.sizes[j] for j, label in enumerate(table.labels) if label.kind == "lemma"]
    assert all(size >= 5 for size in lemmas)
    unlike = np.flatnonzero(~np.isin(vocabulary.kinds, (Kind.NORMAL, Kind.ADDED, Kind.BYTE)))
    for id in unlike[:50].tolist():
        assert {label.kind for label in table.of(id)} <= {"id", "kind", "list"}


def test_the_bundled_vocabulary(bundled: ts.EmbeddingSpace) -> None:
    vocabulary = bundled.vocabulary
    table = make_labels(vocabulary)
    check(table, vocabulary)
    members = set(table.members("list:weekday").tolist())
    assert {vocabulary.id(f" {day}") for day in DAYS} <= members and len(members) < 30
    assert "grammar:VBZ" in names(table, vocabulary.id(" determines"))
    the = names(table, vocabulary.id(" the"))
    assert "grammar:DT" in the and not the & {"grammar:NN", "grammar:JJ", "grammar:NNP"}
    assert not {label.kind for label in table.of(vocabulary.id("ly"))} & {"grammar", "meaning", "lemma"}
    forms = set(table.members("lemma:measure").tolist())
    assert {vocabulary.id(f" {form}") for form in ("measure", "measures", "measured")} <= forms
    control = table.members("kind:control")
    assert len(control) == vocabulary.kind_counts()["control"]


def test_a_table_is_made_once_and_goes_with_its_vocabulary() -> None:
    vocabulary = Vocabulary([" one", " two"])
    table = make_labels(vocabulary)
    assert make_labels(vocabulary) is table
    gone = weakref.ref(table)
    del vocabulary, table
    gc.collect()
    assert gone() is None


def test_the_order_of_the_tokens_does_not_matter_but_for_their_ids(bundled: ts.EmbeddingSpace) -> None:
    """All begin with a space: whether a token without one is a word depends on ids."""
    pieces = [
        text for id in range(0, 49152, 7) if (text := bundled.vocabulary.text(id)) and text[0] == " "
    ]
    order = np.random.default_rng(0).permutation(len(pieces))
    plain = make_labels(Vocabulary(pieces))
    mixed = make_labels(Vocabulary([pieces[id] for id in order]))
    assert {label.name for label in plain.labels} == {label.name for label in mixed.labels}
    for label in plain.labels:
        if label.kind != "id":
            want = set(plain.members(label.name).tolist())
            assert {int(order[id]) for id in mixed.members(label.name)} == want, label.name


def test_ids_are_cut_into_tenths() -> None:
    table = make_labels(Vocabulary([f"x{number}" for number in range(25)]))
    sizes = [len(table.members(f"id:{tenth}")) for tenth in range(1, 11)]
    assert sizes == [3] * 5 + [2] * 5
    assert table.members("id:1").tolist() == [0, 1, 2] and table.members("id:10").tolist() == [23, 24]


def test_kinds_are_labels_and_padding_has_nothing_else() -> None:
    kinds = np.array(list(Kind), dtype=np.uint8)
    table = make_labels(Vocabulary([f" word{kind}" for kind in Kind], kinds=kinds))
    assert names(table, Kind.PADDING) == {"kind:padding"}
    for kind in (Kind.BYTE, Kind.CONTROL, Kind.ADDED, Kind.UNUSED, Kind.UNKNOWN):
        assert table.members(f"kind:{kind.name.lower()}").tolist() == [int(kind)]
    assert not [label for label in table.labels if label.name == "kind:normal"]


def test_lemmas_need_five_tokens() -> None:
    forms = [" run", " runs", " ran", " running", " Running", " walk", " walks", " walked", " walking"]
    table = make_labels(Vocabulary(forms))
    assert table.members("lemma:run").tolist() == [0, 1, 2, 3, 4]
    assert "lemma:walk" not in table.numbers


@given(tokens=st.lists(st.binary(max_size=6), max_size=20))
@settings(max_examples=50, deadline=None)
def test_no_bytes_are_too_odd(tokens: list[bytes]) -> None:
    pieces = [token.decode("latin-1") for token in tokens]
    vocabulary = Vocabulary(pieces, decode=lambda piece: piece.encode("latin-1"))
    check(make_labels(vocabulary), vocabulary)


@pytest.mark.models
@pytest.mark.parametrize(
    "name", ["minilm", "whisper-tiny.en", "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"]
)
def test_real_vocabularies(name: str) -> None:
    vocabulary = ts.load(MODELS / name).vocabulary
    table = make_labels(vocabulary)
    check(table, vocabulary)
    lead = "" if name == "minilm" else " "
    days = [vocabulary.id(lead + (day if lead else day.lower())) for day in DAYS]
    assert set(days) <= set(table.members("list:weekday").tolist())
    assert "grammar:VBZ" in names(table, vocabulary.id(f"{lead}provides"))
    assert "grammar:NN" not in names(table, vocabulary.id(f"{lead}the"))
    known = {
        int(id) for label in table.labels if label.kind == "grammar" for id in table.members(label.name)
    }
    assert 0.5 < len(known) / len(vocabulary) < 0.8
    if name == "minilm":
        assert not {"grammar", "lemma"} & {label.kind for label in table.of(vocabulary.id("##ing"))}
        assert "form:continuation" in names(table, vocabulary.id("##ing"))
