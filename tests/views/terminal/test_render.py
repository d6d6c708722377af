from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

import tokensphere as ts
from tests import small_model
from tokensphere import views
from tokensphere.display import visible
from tokensphere.views import draw, render, to_text
from tokensphere.views.terminal.render import (
    Text,
    caption,
    cell,
    note,
    print_text,
    stacked,
    table,
    title,
)
from tokensphere.views.text import (
    LEFT_TO_RIGHT_MARK,
    anchor,
    cosine,
    crop,
    number,
    percent,
    short_title,
)

WIDTHS = [20, 30, 40, 60, 80, 100, 133, 200]


def printed(result: Any, width: int) -> list[str]:
    """The lines on a terminal, without the marks that take no room."""
    lines = to_text(result, width=width).splitlines()
    return [line.rstrip().replace(LEFT_TO_RIGHT_MARK, "") for line in lines]


def everything(small: ts.EmbeddingSpace, **options: Any) -> ts.Neighbors:
    """Lists that contain every difficult token."""
    asked: Any = [small_model.NASTY[i] for i in (1, 2, 4, 6, 9, 14, 24, 0)]
    return ts.nearest(small, asked, k=small.shape[0] - 1, **options)


def expected_cells(result: ts.Neighbors, direction: int) -> list[tuple[str, str]]:
    """Title and header, then token and value, of one direction, as they stand in their cells."""
    show = cosine if result.settings.similarity == "cosine" else number
    head = {"euclidean": "distance"}.get(result.settings.similarity, result.settings.similarity)
    title = short_title(result.names[direction].title, 28).strip(LEFT_TO_RIGHT_MARK)
    cells = [(title, head)]
    for id, value in zip(result.ids[direction], result.similarity[direction], strict=True):
        cells.append((crop(visible(result.vocabulary.token(int(id))), 24), show(float(value))))
    return cells


def offset_of(cell: str, line: str, start: int) -> tuple[int, int, int]:
    """Where a cell begins and ends on screen, and in the line, at `start` or later."""
    at = line.index(cell, start)
    begin = cell_len(line[:at])
    return begin, begin + cell_len(cell), at + len(cell)


def assert_columns_line_up(result: ts.Neighbors, lines: list[str], width: int) -> None:
    k = result.settings.k
    direction = row = 0
    while direction < len(result.names):
        table = lines[row : row + k + 1]
        first = direction
        columns: list[list[tuple[int, int, int, int]]] = []
        ends = [0] + [len(str(k))] * k
        for line, rank in zip(table[1:], range(1, k + 1), strict=True):
            assert line.startswith(f"{rank:>{len(str(k))}}  ")
        while direction < len(result.names):
            cells = expected_cells(result, direction)
            if table[0].find(cells[0][0], ends[0]) < 0:
                break
            places = []
            for i, (token, value) in enumerate(cells):
                left, _, end = offset_of(token, table[i], ends[i])
                value_left, right, ends[i] = offset_of(value, table[i], end)
                places.append((left, right, value_left, cell_len(table[i][:end])))
            columns.append(places)
            direction += 1
        assert direction > first, "a table without a direction"
        for places in columns:
            assert len({left for left, _, _, _ in places}) == 1
            assert len({right for _, right, _, _ in places}) == 1
            assert all(value_left - end >= 2 for _, _, value_left, end in places)
        for line, end in zip(table, ends, strict=True):
            assert line[end:].strip() == ""
            assert cell_len(line) <= width or direction == first + 1
        assert lines[row + k + 1] == ""
        row += k + 2


@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean"])
def test_columns_line_up_whatever_the_tokens(small: ts.EmbeddingSpace, similarity: Any) -> None:
    result = everything(small, similarity=similarity)
    for width in (8, 20, 60, 100, 200) if similarity == "cosine" else (60, 133):
        assert_columns_line_up(result, printed(result, width), width)


def test_random_directions_at_any_width(small: ts.EmbeddingSpace) -> None:
    result = ts.nearest(small, ts.RandomDirections(small_model.D, 7), k=12)
    for width in WIDTHS:
        lines = printed(result, width)
        if width >= 60:
            assert_columns_line_up(result, lines, width)
        tables = sum("seed 0, index" in line for line in lines)
        assert tables == 7 if width < 60 else tables < 7, width


def test_the_text_around_tables_fits(small: ts.EmbeddingSpace) -> None:
    results = (ts.pair(small, 0, 1, n_pairs=100), ts.nearest(small, 0, k=3))
    for width in WIDTHS:
        for result in results:
            lines = printed(result, width)
            caption = lines[lines.index("") + 1 :]  # below the table, which is never cut
            assert caption and all(cell_len(line) <= width for line in caption), width
        summary = printed(ts.info(small), width)
        assert all(cell_len(line) <= max(width, 60) for line in summary), width
        if width >= 40:
            assert str(small.provenance.sha256) in "".join(line.strip() for line in summary), width
        if width >= 100:
            assert any(line.endswith(f" {small.provenance.sha256}") for line in summary), width


def test_the_columns_of_a_pair_line_up(small: ts.EmbeddingSpace) -> None:
    for token in [small_model.NASTY[i] for i in (0, 1, 5, 7, 23, 24)]:
        result = ts.pair(small, token, " king", n_pairs=1000)
        for width in (100, 80, 60):
            lines = printed(result, width)
            table = lines[: lines.index("")]
            assert len(table) == 8, (token, width)
            if all(cell_len(line) <= width for line in table) and width == 100:
                assert len({cell_len(line) for line in table}) == 1, token
                for c in (result.raw, result.centered):
                    assert (
                        f"{c.rank_of_second_from_first:,}" in table[6] and f"{c.cosine:.3f}" in table[1]
                    ), token


def test_right_to_left_words_are_held_in_their_cells(small: ts.EmbeddingSpace) -> None:
    text = to_text(everything(small))
    for word in ("שלום", "مرحبا", "␣שלום␣עולם"):
        assert LEFT_TO_RIGHT_MARK + word + LEFT_TO_RIGHT_MARK in text
    assert LEFT_TO_RIGHT_MARK + "␣king" not in text
    assert anchor("king") == "king" and cell_len(anchor("שלום")) == cell_len("שלום")


def test_nothing_that_moves_the_cursor_is_printed(small: ts.EmbeddingSpace) -> None:
    for result in (everything(small), ts.pair(small, b"\x1b[31m", b"\n\n", n_pairs=100)):
        text = "\n".join(printed(result, 90))
        assert all(line.isprintable() for line in text.split("\n"))


def test_markup_in_tokens_is_text() -> None:
    tokens = ["[bold]x[/bold]", "[/]", ":smile:", "[link=http://a]", "\\[b]"]
    space = ts.EmbeddingSpace.from_arrays(np.eye(5) + 0.1, tokens, name="[red]m[/red]")
    result = ts.nearest(space, ts.RandomDirections(5, 1), k=5)
    text = "\n".join(printed(result, 80))
    for token in [*map(visible, map(str.encode, tokens)), "[red]m[/red]"]:
        assert token in text


def test_rows_left_out_are_mentioned() -> None:
    vectors = np.eye(4)
    vectors[0] = 0
    space = ts.EmbeddingSpace.from_arrays(vectors, list("abcd"))
    assert "1 rows left out" in to_text(ts.nearest(space, [1.0, 2.0, 3.0, 4.0], k=2))


def test_what_has_no_view() -> None:
    with pytest.raises(TypeError, match="no view for int"):
        render(3)
    with pytest.raises(TypeError, match="no picture of int"):
        draw(3, Path("3.png"))


def test_crop_keeps_to_its_width() -> None:
    texts = ["king", "日本語カタカナ漢字", "e\u0301" * 30, "x" * 60, "👍" * 20, "שלום" * 9]
    for text, width in product(texts, range(2, 70)):
        cropped = crop(text, width)
        assert cell_len(cropped) <= width, (text, width)
        assert cropped == text or (cropped.endswith("…") and text.startswith(cropped[:-1])), text
        assert (cropped == text) == (cell_len(text) <= width), (text, width)


def test_numbers_are_not_hidden() -> None:
    shown = [number(value) for value in (0, 1.23456, -0.5, 1e-5, 999_999.0, 1e6, -3e-30)]
    assert shown == ["0.000", "1.235", "-0.500", "1.0e-05", "999999.000", "1.0e+06", "-3.0e-30"]
    assert [percent(share) for share in (0, 0.5, 0.0123, 0.00012, 0.0000034, 1)] == [
        "0.0 %", "50.0 %", "1.2 %", "0.012 %", "0.0003 %", "100.0 %",
    ]  # fmt: skip
    for exponent in range(-9, 0):
        assert float(percent(3 * 10.0**exponent).split()[0]) > 0


def test_whatever_text_is_made_of_does_no_harm() -> None:
    evil = "\x1b[2J\r\n\u202e[b]\x85"
    shown = r"\x1b[2J\r\n\u202e[b]\u0085"
    made = [Text(evil), Text().append(evil), cell(evil), note(evil), title(evil), caption(evil)]
    assert [text.plain for text in made] == len(made) * [shown]
    assert print_text(table([[evil, cell(evil)]]), 10) == f"{shown}  {shown}"
    assert print_text(stacked([Text("a"), Text(evil)]), 80) == f"a\n{shown}"
    assert len(Text("x" * 10**6).plain) < 5000
    marked = anchor(f"\u05d0{LEFT_TO_RIGHT_MARK}")
    assert Text(marked).plain == LEFT_TO_RIGHT_MARK + "\u05d0\\u200e" + LEFT_TO_RIGHT_MARK


def test_views_know_no_other_text_than_this() -> None:
    files = [path for path in Path(views.__file__).parent.rglob("*.py") if path.name != "render.py"]
    assert len(files) > 10
    for path in files:
        assert "rich.text" not in path.read_text(encoding="utf-8"), path


def test_marks_without_width_are_cut_too() -> None:
    cropped = crop("e" + 1000 * "\u0301", 5)
    assert cell_len(cropped) <= 5 and len(cropped) < 50 and cropped.endswith("…")


@pytest.mark.parametrize("width", [8, 13, 28, 40])
def test_a_title_that_is_cut_keeps_what_tells_it_from_others(width: int) -> None:
    for name in ("layers.{}.mlp.down_proj.weight[{}] (−)", "層{}の特徴の番号は[{}]", "שכבה {} [{}]"):
        for layer, row in ((3, 7), (29, 12), (10**30, 5)):
            title = name.format(layer, row)
            shown = short_title(title, width).strip(LEFT_TO_RIGHT_MARK)
            assert cell_len(shown) <= width
            begin, cut, end = shown.partition("…")
            assert shown == title if not cut else title.startswith(begin) and title.endswith(end)
            assert not cut or cell_len(shown) >= width - 3  # a wide character or a space may not fit
            assert not cut or len(end) >= width // 2 - 1 or not end.isascii() or not title.isascii()
