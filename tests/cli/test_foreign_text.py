"""Text of others, from every source in `foreign.py`, through every outlet: nothing in it acts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tests.cases import case
from tests.cli import foreign
from tests.cli.running import Command
from tests.views.test_html import Reader
from tokensphere.display import MOST, printable, told
from tokensphere.errors import InputError, MissingExtraError, SourceError, UnknownTokenError
from tokensphere.sources.hub.http import refusal
from tokensphere.views import to_html, to_text

RUN = Command()
OUR_MARK = "\u200e"  # beside words that run from right to left; no source here has one
LONGEST_LINE = 4500  # of a table; sentences are not folded for a file
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("TOKENSPHERE_MODEL", raising=False)
    monkeypatch.setattr("tokensphere.analysis.survey.job._PAIRS", 1000)


def assert_harmless(text: str) -> None:
    acting = sorted({character for character in text if not character.isprintable()} - {"\n"})
    assert not acting, [hex(ord(character)) for character in acting]
    assert max(map(len, text.split("\n"))) < LONGEST_LINE


def values(parsed: Any) -> list[str]:
    if isinstance(parsed, dict):
        return [text for pair in parsed.items() for value in pair for text in values(value)]
    if isinstance(parsed, list):
        return [text for value in parsed for text in values(value)]
    return [parsed] if isinstance(parsed, str) else []


@pytest.mark.parametrize("text", foreign.TEXTS)
@pytest.mark.parametrize("source", foreign.SOURCES)
def test_nothing_in_it_acts(source: str, text: str, tmp_path: Path) -> None:
    shown = 0
    for arguments in foreign.SOURCES[source](tmp_path, foreign.TEXTS[text]):
        for more in ((), ("--json",)):
            with case(*arguments, *more):
                result = RUN.invoke(*arguments, *more)
                assert result.exit_code in (0, 2), (result.exit_code, result.exception)
                assert_harmless(result.stderr)
                if result.exit_code:
                    assert result.stdout == "" and result.stderr.startswith("tokensphere: ")
                    assert result.stderr.count("\n") == 1 and len(result.stderr) < MOST + 20
                elif more:
                    assert result.stdout.isascii() and values(json.loads(result.stdout))
                else:
                    assert_harmless(result.stdout)
                shown += 1
    assert shown
    for picture in tmp_path.glob("*.svg"):
        assert_harmless("\n".join(re.findall("<!--.*?-->", picture.read_text("utf-8"), re.S)))
    assert not list(tmp_path.glob(".*"))  # nothing half-written, no lock
