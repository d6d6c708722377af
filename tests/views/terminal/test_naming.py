from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from rich.cells import cell_len

import tokensphere as ts
from tokensphere.analysis.naming.labels import label_members, list_labels
from tokensphere.analysis.naming.tokens import Naming, name_tokens
from tokensphere.labels.table import Label, LabelTable
from tokensphere.statistics.draws import MemoryStore
from tokensphere.views import to_html, to_json, to_text
from tokensphere.views.text import number, p_text

CITIES = [" Paris", " London", " Tokyo", "Paris", " paris"]


@pytest.fixture(scope="module")
def table(small: ts.EmbeddingSpace) -> LabelTable:
    rng = np.random.default_rng(0)
    ids = [small.vocabulary.id(city) for city in CITIES]
    members: list[tuple[Label, npt.ArrayLike]] = [
        (Label("list:city", "list", "cities", "by hand"), ids),
        (Label("form:space", "form", "tokens that start with a space", "the token"), range(0, 50, 2)),
        (Label("user:עיר", "user", "ערים" * 20, "a long label in Hebrew"), ids),
    ]
    members += [
        (Label(f"lemma:{j}", "lemma", f"forms of “{j}”", "test"), rng.choice(50, 6)) for j in range(230)
    ]
    return LabelTable.from_members(small.shape[0], members)


def named(small: ts.EmbeddingSpace, table: LabelTable, *tokens: str, directions: int = 0) -> Naming:
    return name_tokens(
        small,
        tokens,
        labels=table,
        naming=ts.NamingSpec(99),
        n_random_directions=directions,
        store=MemoryStore(),
    )


def test_a_name_that_is_no_more_than_chance_is_marked(
    small: ts.EmbeddingSpace, table: LabelTable
) -> None:
    result = named(small, table, *CITIES, directions=19)
    assert result.beyond_directions is True
    themes = tuple(replace(theme, beyond_directions=False) for theme in result.themes)
    text = to_text(replace(result, themes=themes), width=120)
    assert "≈ chance: 5 of 5 are cities (" in text and "\n≈  cities " in text
    assert "• names the list" not in text and "≈ does, too, but random directions'" in text
    assert "≈" not in to_text(result, width=120)


def test_a_name_and_its_labels(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    result = named(small, table, *CITIES, directions=19)
    text = to_text(result, width=120)
    lines = text.splitlines()
    assert lines[0] == "␣Paris  ␣London  ␣Tokyo  Paris  ␣paris"
    assert lines[2] == result.text and lines[2].startswith("5 of 5 are cities (")
    (row,) = [line for line in lines if line.startswith("•  cities ")]
    assert row.split()[2] == "5/5" and "≤ 0.010" in row
    assert f"{100 * 5 / result.n:.1f} %" in row
    assert "p of the whole list ≤ 0.010" in text and "(99 draws, seed 0)" in text.replace("\n", " ")
    assert "beside random directions p" in text and "19 directions, cosine" in text.replace("\n", " ")
    assert str(result) == to_text(result) and "<table" in to_html(result)
    assert to_json(result).startswith("{")


def test_columns_are_aligned(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    lines = to_text(named(small, table, *CITIES, directions=19), width=200).splitlines()
    head = next(line for line in lines if "family-wise" in line)
    rows = lines[lines.index(head) + 1 : lines.index("", lines.index(head))]
    assert rows
    plain = [line.replace("\u200e", "") for line in rows]
    for title in ("here", "family-wise"):
        end = cell_len(head[: head.index(title) + len(title)])
        for line in plain:
            assert re.fullmatch(r".*[\d%]", line[:end]) and line[end : end + 2].strip() == ""


def test_nothing_in_common_has_no_table(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    only = LabelTable.from_members(small.shape[0], [(Label("a", "list", "a", "b"), range(5))])
    text = to_text(named(small, only, " one", " two", " three"))
    assert "nothing in common beyond chance" in text and "everywhere" not in text
    assert "random directions" not in text


def test_no_more_than_forty_tokens_are_shown(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    result = name_tokens(small, range(50), labels=table, naming=ts.NamingSpec(9), store=MemoryStore())
    text = to_text(result, width=1000)
    assert text.splitlines()[0].endswith("  … and 10 more") and len(result.ids) == 50
    forty = name_tokens(small, range(40), labels=table, naming=ts.NamingSpec(9), store=MemoryStore())
    assert " more" not in to_text(forty, width=1000).splitlines()[0]


def test_no_more_than_ten_labels_are_shown(small: ts.EmbeddingSpace) -> None:
    members = [(Label(f"l{j}", "list", f"label {j}", "s"), [*range(8), 10 + j]) for j in range(14)]
    every = LabelTable.from_members(small.shape[0], members)
    text = to_text(name_tokens(small, [0, 1, 2, 3], labels=every, naming=ts.NamingSpec(99)))
    assert sum("label " in line and "4/4" in line for line in text.splitlines()) == 10
    assert "4 more labels are shared by 3 tokens or more" in text


def test_labels_by_kind_in_one_table(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    text = to_text(list_labels(small, table))
    lines = [line.replace("\u200e", "") for line in text.splitlines()]
    heads = [line for line in lines if line.endswith("source")]
    assert [head.split()[0] for head in heads] == ["list", "form", "user", "lemma"]
    assert len({head.index("source") for head in heads}) == 1
    (city,) = [line for line in lines if line.startswith("cities")]
    assert city.split()[1] == "5" and city.endswith("by hand")
    assert city.index("list:city") == heads[0].index("name")
    assert sum("forms of" in line for line in lines) == 20 and "210 more: --kind lemma" in text
    alone = to_text(list_labels(small, table, kinds="lemma"))
    assert sum("forms of" in line for line in alone.splitlines()) == 230
    assert "233 labels of 51 tokens" in text and "230 labels" in alone


def test_members_of_a_label(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    text = to_text(label_members(small, table, "list:city"))
    assert text.startswith("cities (list:city)\n\nParis  ␣Paris  ␣paris  ␣London  ␣Tokyo\n")
    assert "5 of 51 tokens" in text and "more" not in text
    some = to_text(label_members(small, table, "form:space", most=10))
    assert "15 more, by id, are not shown" in some


def test_views_have_no_cut_in_narrow_terminals(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    wide = to_text(list_labels(small, table), width=300).splitlines()
    narrow = to_text(list_labels(small, table), width=30).splitlines()
    assert [line for line in wide if "cities" in line] == [line for line in narrow if "cities" in line]
    assert p_text(0.01, 1 / 100, number) == "≤ 0.010" and p_text(0.02, 1 / 100, number) == "0.020"
