"""The page of promises names tests that there are, and only those that can fail."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_promise_names_tests_that_there_are() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "promise" not in line]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)`", row)
        assert named, row
        for path in named:
            text = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(r"^def test_", text, re.M) and re.search(r"assert|raises", text), path


def test_the_index_leads_there() -> None:
    assert "(reliability.md)" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
