from __future__ import annotations

import numpy as np
import pytest
from rich.console import Group
from rich.padding import Padding
from rich.rule import Rule

import tokensphere as ts
from tests.views.test_html import Reader
from tokensphere.views.pages import page
from tokensphere.views.terminal.render import (
    Text,
    cell,
    cells,
    note,
    stacked,
    table,
    table_with_text,
    title,
)

HEBREW, ARABIC = "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"


def test_each_part_has_its_element() -> None:
    content = Group(
        title("Of what"),
        Text(),
        Padding(stacked([Text("one"), Text("two")]), (0, 0, 0, 2)),
        table([cells(("a", "b"), "bold"), ["x", "1"], ["  y", "2"], ["", ""]]),
        table_with_text([(note("fact"), Text("value"))]),
        note("below"),
    )
    html = page(content)
    reader = Reader(html)
    assert reader.rows == [["a", "b"], ["x", "1"], ["y", "2"], ["fact", "value"]]
    assert reader.tags.count("p") == 3 and "one<br>two" in html
    assert reader.tags.count("table") == 2 and reader.tags.count("thead") == 1
    assert html.index("padding-left:2.0em") > html.index(">x<")  # a part of the row above


def test_a_first_row_of_other_styles_is_no_head() -> None:
    assert "thead" not in Reader(page(table([[cell("a", "bold"), cell("b", "cyan")], ["c", "d"]]))).tags


def test_text_of_any_kind_does_no_harm() -> None:
    evil = "<img src=x onerror=alert(1)>\x1b[2J\u202e"
    reader = Reader(page(Group(table([[evil, "a"]]), Text(evil))))
    assert set(reader.tags) <= {"div", "table", "tbody", "tr", "td", "bdi", "p"}
    assert reader.text.count("onerror=alert(1)") == 2 and reader.text.isprintable()


def test_words_from_right_to_left_keep_their_places() -> None:
    space = ts.EmbeddingSpace.from_arrays(np.eye(3), [HEBREW, ARABIC, "c"], name="m")
    html = ts.pair(space, 0, 1, n_pairs=100)._repr_html_()
    assert f'<bdi dir="ltr">{HEBREW} and {ARABIC}</bdi>' in html


def test_what_no_view_is_made_of_is_refused() -> None:
    with pytest.raises(TypeError, match="no HTML for Rule"):
        page(Rule())
