"""README is short, links to what there is, and its figure is one."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 145


def test_the_post_has_one_answer() -> None:
    """Of the rates that are measured, one stands in README, and as in the page that tells how."""
    (rate,) = set(re.findall(r"\*\*([\d.]+) %\*\*", README))
    page = (ROOT / "docs" / "random-neighbourhoods.md").read_text(encoding="utf-8")
    assert f"**In the bundled model {rate} % of random vectors" in page
    prose = re.sub(r"^```console\n.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"[\d.]+ %", prose)) <= {f"{rate} %", "20 %", "22.9 %", "5 %", "95 %"}
