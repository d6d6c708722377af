from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from rich.cells import cell_len

import tokensphere as ts
from tests import small_model
from tests.views.terminal.test_render import printed
from tests.views.test_html import Reader
from tokensphere.analysis.naming.neighbors import NamedNeighbors, name_neighbors
from tokensphere.analysis.naming.themes import NOTHING
from tokensphere.labels.table import Label, LabelTable
from tokensphere.statistics.draws import MemoryStore
from tokensphere.views import to_html, to_json, to_text
from tokensphere.views.terminal import named as view
from tokensphere.views.text import LEFT_TO_RIGHT_MARK

CITIES = ["Paris", " Paris", " paris", " London", " Tokyo"]
EVIL = "<img src=x>"


@pytest.fixture(scope="module")
def result(small: ts.EmbeddingSpace) -> NamedNeighbors:
    """One list of cities, the others of whatever is near; two labels of words and one of form."""
    city = [small.vocabulary.id(token) for token in CITIES]
    members: list[tuple[Label, npt.ArrayLike]] = [
        (Label("user:city", "user", f"cities {EVIL}", "by hand"), city),
        (Label("form:low", "form", "ids below 30", "the id"), range(30)),
        (Label("user:ערים", "user", "ערים", "in Hebrew"), [40, 41, 42, 43, 44]),
    ]
    table = LabelTable.from_members(small.shape[0], members)
    found = ts.nearest(small, ts.RandomDirections(small_model.D, 7), k=5)
    ids = found.ids.copy()
    ids[0] = city
    ids[1] = range(40, 45)
    ids[2] = [small.vocabulary.id(token) for token in (" king", " man", " one", " two", " three")]
    ids[3] = [1, 2, 45, 46, 47]
    lists = ts.Neighbors(
        ids, found.similarity, found.names, found.settings, 0, found.provenance, found.vocabulary
    )
    return name_neighbors(
        small, lists, labels=table, naming=ts.NamingSpec(999, level=0.1), store=MemoryStore()
    )


def test_a_line_says_what_is_shared_and_how_surprising_that_is(result: NamedNeighbors) -> None:
    n = result.names.counter.n
    theme = result.themes(0)[0]
    p = "≤ 0.001" if theme.p_familywise == 0.001 else f"= {theme.p_familywise:.3g}"
    assert view.lines(result, 0)[0] == f"5 of 5 are cities {EVIL} ({500 / n:.2g} % of all tokens; p {p})"
    (outward,) = view.lines(result, 2)
    assert outward.startswith("only outwardly alike: 5 of 5 have ids below 30 (")
    (nothing,) = view.lines(result, 3)
    assert nothing == f"{NOTHING} (p = {result.p_list(3):.3g})"
    for j in range(7):
        assert len(view.lines(result, j)) == max(1, len(result.themes(j)))


def test_what_random_directions_share_as_well_has_a_mark(result: NamedNeighbors) -> None:
    """In words, not by colour alone, with the p that says so; explained below where there is one."""
    assert all(theme.p_directions is not None for j in range(7) for theme in result.themes(j))

    def beside(smallest: float) -> NamedNeighbors:
        null = replace(result.names.beside, smallest=np.full(999, smallest))  # type: ignore[type-var]
        return replace(result, names=replace(result.names, beside=null))

    never, always = beside(1.0), beside(0.0)
    for j in range(7):
        for rare, common in zip(view.lines(never, j), view.lines(always, j), strict=True):
            if never.themes(j):
                mark = "≈ chance, only" if rare.startswith("only") else f"≈ chance: {rare[:3]}"
                assert common.startswith(mark) and common.endswith(", of random directions 1)")
            else:
                assert common == rare
    assert "≈ chance: so do the nearest tokens of random directions" in view.caption(always)
    assert "≈" not in view.caption(never) and "≈" not in str(never)
    assert "≈ chance" in to_text(always) and "≈ chance" in to_html(always)


def test_a_p_at_its_floor_has_a_sign(result: NamedNeighbors) -> None:
    def p(value: float, draws: int) -> str:
        spec = replace(result.names.spec, draws=draws)
        names = replace(result.names, p_familywise=np.full(7, value), spec=spec)
        (line,) = view.lines(replace(result, names=names), 3)
        return line.removeprefix(f"{NOTHING} (").removesuffix(")")

    assert p(1 / 1000, 999) == "p ≤ 0.001" and p(2 / 1000, 999) == "p = 0.002"
    assert p(1 / 10_000, 9_999) == "p ≤ 0.0001" and p(1.0, 9_999) == "p = 1"
    assert p(0.0504, 9_999) == "p = 0.0504"  # never looks like the level of 5 %


@pytest.mark.parametrize("width", [30, 60, 80, 100, 160, 400])
def test_the_tables_are_those_without_names(result: NamedNeighbors, width: int) -> None:
    """Each stands as it does alone, and below it what its own directions share, in their order."""
    with_names, alone = printed(result, width), printed(result.neighbors, width)
    k, at, first = result.neighbors.settings.k, 0, 0
    tables = [i for i, line in enumerate(alone) if line.endswith("cosine")]
    for start in tables:
        table = alone[start : start + k + 1]
        at = next(i for i in range(at, len(with_names)) if with_names[i] == table[0])
        assert with_names[at : at + k + 1] == table
        count = table[0].count("cosine")
        end = with_names.index("", at + k + 2)
        block = with_names[at + k + 2 : end]
        assert with_names[at + k + 1] == ""
        _assert_block(result, block, range(first, first + count), width)
        first, at = first + count, end
    assert first == 7
    rest = " ".join(line for line in with_names[at:] if line)
    assert rest == f"{' '.join(line for line in alone[start + k + 2 :])} {view.caption(result)}"


def _assert_block(result: NamedNeighbors, block: list[str], directions: range, width: int) -> None:
    titles = [result.neighbors.names[j].title for j in directions]
    beside = width - max(map(cell_len, titles)) >= view._ROOM
    indent = max(map(cell_len, titles)) + 2 if beside else 2
    starts = [block.index(line) for line in block if line.startswith(tuple(titles))]
    assert len(starts) == len(titles)
    for j, title, start, end in zip(directions, titles, starts, [*starts[1:], len(block)], strict=True):
        own = block[start:end]
        if beside:
            own[0] = " " * indent + own[0].removeprefix(title)[indent - cell_len(title) :]
        else:
            assert own.pop(0) == title
        assert all(line[:indent].isspace() and line[indent] != " " for line in own)
        said = " ".join(line.strip() for line in own)
        assert said == " ".join(view.lines(result, j))
        assert all(cell_len(line) <= width for line in own)


def test_right_to_left_words_are_kept_in_their_place(result: NamedNeighbors) -> None:
    (line,) = [line for line in to_text(result, width=160).splitlines() if "ערים" in line]
    assert line.count(LEFT_TO_RIGHT_MARK) == 2


def test_html_has_the_lines_below_the_columns(result: NamedNeighbors) -> None:
    html = to_html(result)
    reader = Reader(html)
    assert EVIL not in html and "img" not in reader.tags and "tfoot" in reader.tags
    *lists, foot = reader.rows
    assert [row[1:] for row in lists] == [row[1:] for row in Reader(to_html(result.neighbors)).rows]
    assert foot == ["", *("".join(view.lines(result, j)) for j in range(7))]
    assert view.caption(result) in reader.text


def test_printing_is_the_view(result: NamedNeighbors) -> None:
    assert str(result) == to_text(result) and result._repr_html_() == to_html(result)
    assert to_json(result).count('"p_familywise"') == 7 + sum(len(result.themes(j)) for j in range(7))
