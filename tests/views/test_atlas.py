"""The page of an atlas: one file, of which nothing is fetched, nothing runs and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tokensphere as ts
from tests.analysis.atlas.made import SETTINGS, atlas, model, some
from tests.views.test_html import Reader
from tokensphere.analysis.atlas.result import Atlas
from tokensphere.views import write_page

EVIL = '"><img src=x onerror=alert(1)><script>alert(1)</script>'


class Page(Reader):
    """A page has tags that are never closed."""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta" and not tag.startswith("!"):
            super().handle_starttag(tag, attrs)


def test_the_page_has_all_and_fetches_nothing(tmp_path: Path) -> None:
    result = Atlas.of(
        SETTINGS, [*atlas(50, 40).models, model(EVIL, 0.2, of=EVIL), model("x", None, failed=EVIL)]
    )
    result.page(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    page = Page(text)
    titles = {row[0] for row in page.rows}
    assert {one.title for one in result.models if one.title != EVIL} <= titles
    assert page.tags.count("img") == 1 and "script" not in page.tags
    assert text.count("data:image/png;base64,") == 1 and "default-src 'none'" in text
    assert not re.search(r"""(src|href)=["'](?!data:)""", text) and "://" not in text
    assert page.text.count("alert(1)") >= 3
    assert "surrogate blockwise, surrogate seed 0, surrogates 19" in page.text


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    for path in ("page.txt", "page"):
        with pytest.raises(ts.InputError, match=r"must end in \.html"):
            some().page(tmp_path / path)
    with pytest.raises(ts.InputError):
        some().page(tmp_path / "none" / "page.html")
    with pytest.raises(TypeError, match="no page of Info"):
        write_page(ts.info(ts.EmbeddingSpace.from_arrays([[1.0, 0], [0, 1]], ["a", "b"])), "x.html")
    assert not list(tmp_path.iterdir())
