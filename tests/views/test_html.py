from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np

import tokensphere as ts
from tests import small_model
from tokensphere.views import to_html

VOID = {"br", "hr", "img"}


class Reader(HTMLParser):
    """Collects tags and text, and insists that tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def test_the_table_holds_what_the_result_holds(small: ts.EmbeddingSpace) -> None:
    asked: list[str | bytes | int] = [small_model.SCRIPT, " king"]
    result = ts.nearest(small, asked, k=small.shape[0] - 1)
    reader = Reader(to_html(result))
    assert set(reader.tags) <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "code"}
    assert reader.rows[0][1::2] == ["<script>alert(1)</script>", "␣king"]
    for rank, row in enumerate(reader.rows[1:]):
        assert row[0] == str(rank + 1)
        assert row[1::2] == [small.vocabulary.visible(int(id)) for id in result.ids[:, rank]]
        assert [float(cell) for cell in row[2::2]] == [round(v, 3) for v in result.similarity[:, rank]]
    assert small_model.NAME in reader.text


def test_names_and_models_are_escaped() -> None:
    evil = '"><img src=x onerror=alert(1)>'
    space = ts.EmbeddingSpace.from_arrays(np.eye(3), [evil, "b", "&lt;"], name=evil)
    for result in (
        ts.nearest(space, ts.make_directions(space, [[1.0, 0.5, 0.2]]).called([evil]), k=3),
        ts.pair(space, 0, 2, n_pairs=100),
        ts.info(space),
    ):
        reader = Reader(to_html(result))
        assert "img" not in reader.tags and "onerror=alert(1)" in reader.text


def test_many_directions_are_cut_and_counted(small: ts.EmbeddingSpace) -> None:
    result = ts.nearest(small, ts.RandomDirections(small_model.D, 1500), k=2)
    reader = Reader(to_html(result))
    shown = (len(reader.rows[0]) - 1) // 2
    assert 0 < shown < 1500
    assert f"{1500 - shown:,} more directions" in reader.text
