"""What the package brings with it, wherever it was installed from; `make dist` asks the wheel."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path

import tokensphere as ts

PACKAGE = Path(ts.__file__).parent


def test_types_are_told() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_each_licence_stands_beside_its_data_and_in_the_metadata() -> None:
    about = metadata("tokensphere")
    named = {Path(path).name for path in about.get_all("License-File") or ()}
    there = {
        path.name
        for path in (PACKAGE / "data").iterdir()
        if path.suffix not in {".gguf", ".bin", ".safetensors", ".gz"}
    }
    assert named == there | {"LICENSE"}
    assert len(there) == 6 and about["License-Expression"].count(" AND ") == 3


def test_the_index_s_page_has_no_link_that_leads_nowhere() -> None:
    """README's links lead into the repository; of the metadata none is relative."""
    page = metadata("tokensphere")["Description"]
    assert "# tokensphere" in page and "alignmentforum.org" in page
    links = re.findall(r"\]\(([^)]*)\)", page)
    assert links and all(link.startswith("https://") for link in links)


def test_the_citation_is_of_this_version() -> None:
    text = (Path(__file__).parents[1] / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {ts.__version__}\n" in text
    assert "cff-version: 1.2.0\n" in text
