"""The site: every page has its place, every public name and command its entry, every link its end.

That anchors exist and that names are found is what `make docs` says; here is what it does not see.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import click
import pytest

import tokensphere as ts
from tokensphere.cli import main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
COMMANDS = DOCS / "reference" / "commands.md"  # made by `make docs`
PAGES = set(DOCS.rglob("*.md")) | {COMMANDS}


def test_every_page_has_one_place_in_the_site() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = text[text.index("\nnav:") : text.index("\nmarkdown_extensions:")]
    named = re.findall(r"([\w/-]+\.md)$", nav, re.M)
    assert sorted(named) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


def test_every_link_leads_to_a_file_that_is_there() -> None:
    """From the site nothing outside of it can be reached."""
    outside = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    for page in sorted(PAGES - {COMMANDS}) + outside:
        for path in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
            if ":" not in path:
                target = (page.parent / path).resolve()
                assert target.is_file() or target == COMMANDS, (page.name, path)
                assert page in outside or target.is_relative_to(DOCS), (page.name, path)


def test_every_public_name_stands_once_in_the_reference() -> None:
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    names = re.findall(r"^::: tokensphere\.(\w+)$", text, re.M)
    assert sorted(names) == sorted(set(ts.__all__) - {"__version__"})


def all_commands(group: click.Group, path: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        below = all_commands(command, f"{path} {name}") if isinstance(command, click.Group) else []
        found += [(f"{path} {name}", command), *below]
    return found


def test_every_command_and_option_stands_in_the_page_of_commands() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "site" / "commands.py"))["page"]()
    sections = dict(re.findall(r"^## (tokensphere.*)\n((?:(?!## ).*\n)*)", page, re.M))
    commands = all_commands(main, "tokensphere")
    assert set(sections) == {"tokensphere", *(path for path, _ in commands)} and len(commands) > 10
    for path, command in commands:
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.opts[0] in sections[path], (path, option.name)
    assert "Sentinel" not in page


def test_docstrings_are_read_as_they_are_meant() -> None:
    """A name's text is its text, not a type; roles are code; other sections stay."""
    pytest.importorskip("griffe", reason="the documentation's tools are missing: make docs")
    told = runpy.run_path(str(ROOT / "scripts" / "site" / "docstrings.py"))["told"]
    head, tail = "Of {}.\n\nParameters\n----------\n", "\n\nRaises\n------\nE\n    a : b"
    text = head.format(":func:`~a.b`") + "k, m : how many\n    at most" + tail
    expected = head.format("`a.b`") + "k, m\n    how many\n    at most" + tail
    assert told(text) == expected
