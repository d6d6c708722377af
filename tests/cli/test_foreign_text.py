"""Text of others, from every source in `foreign.py`, through every outlet: nothing in it acts."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.cases import case
from tests.cli import foreign
from tests.cli.running import Command
from tests.views.test_html import Reader
from tokensphere.cli import main
from tokensphere.cli.progress import fetching
from tokensphere.display import MOST, told
from tokensphere.errors import InputError, MissingExtraError, SourceError, UnknownTokenError
from tokensphere.sources.hub.http import refusal
from tokensphere.views import to_html, to_text

RUN = Command()
PICTURES = "names_in_more_pictures"
SLOW = {(PICTURES, "evil"), *((name, "long") for name in foreign.SOURCES)}
LONGEST_LINE = 4500  # of a table; sentences are not folded for a file
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("TOKENSPHERE_MODEL", raising=False)
    monkeypatch.setattr("tokensphere.analysis.survey.job._PAIRS", 1000)


def assert_harmless(text: str, longest: int | None = LONGEST_LINE) -> None:
    acting = sorted({character for character in text if not character.isprintable()} - {"\n"})
    assert not acting, [hex(ord(character)) for character in acting]
    assert longest is None or max(map(len, text.split("\n"))) < longest


def values(parsed: Any) -> list[str]:
    if isinstance(parsed, dict):
        return [text for pair in parsed.items() for value in pair for text in values(value)]
    if isinstance(parsed, list):
        return [text for value in parsed for text in values(value)]
    return [parsed] if isinstance(parsed, str) else []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param(name, text, marks=[pytest.mark.slow] if (name, text) in SLOW else [])
        for text in foreign.TEXTS
        for name in foreign.SOURCES
        if (name, text) != (PICTURES, "long")
    ],
)
def test_nothing_in_it_acts(source: str, text: str, tmp_path: Path) -> None:
    shown = 0
    for arguments in foreign.SOURCES[source](tmp_path, foreign.TEXTS[text]):
        for more in (
            ((),) if "--plot" in arguments else ((), ("--json",), ("--csv",))
        ):  # pictures: seconds
            with case(*arguments, *more):
                result = RUN.invoke(*arguments, *more)
                assert result.exit_code in (0, 1, 2), (result.exit_code, result.exception)
                assert_harmless(result.stderr)
                if result.exit_code:
                    assert result.stdout == "" and result.stderr.startswith("tokensphere: ")
                    assert result.stderr.count("\n") == 1 and len(result.stderr) < MOST + 20
                elif more == ("--json",):
                    assert result.stdout.isascii() and values(json.loads(result.stdout))
                else:  # what machines read is whole
                    assert_harmless(result.stdout, None if more == ("--csv",) else LONGEST_LINE)
                shown += 1
    assert shown
    for picture in tmp_path.glob("*.svg"):
        assert_harmless("\n".join(re.findall("<!--.*?-->", picture.read_text("utf-8"), re.S)))
    assert not list(tmp_path.glob(".*"))  # nothing half-written, no lock


def assert_escaped(text: str) -> None:
    """The text is there, and harmless."""
    assert_harmless(text)
    assert r"\x1b]0;pwned" in text


def evil_space() -> ts.EmbeddingSpace:
    evil = foreign.EVIL
    return ts.EmbeddingSpace.from_arrays(np.eye(4) + 0.1, [evil, "b", f" {evil}", "d"], name=evil)


def evil_results() -> list[Any]:
    space = evil_space()
    directions = ts.make_directions(space, [[1.0, 0.5, 0.2, 0.1]]).called([foreign.EVIL])
    neighbors = ts.nearest(space, directions, k=4)
    return [neighbors, ts.pair(space, 0, 2, n_pairs=100), ts.info(space)]


def test_with_the_terminals_colours_too() -> None:
    for result in evil_results():
        with case(type(result)):
            assert_escaped(_STYLE.sub("", to_text(result, color=True)))
            assert_escaped(str(result))


def test_in_notebooks() -> None:
    for result in evil_results():
        reader = Reader(to_html(result))
        assert "b" not in reader.tags
        assert_escaped(reader.text)
        assert_harmless(to_html(result))
    assert repr(evil_space()).isprintable()


def test_errors_of_the_library() -> None:
    for kind in (InputError, UnknownTokenError, SourceError, MissingExtraError):
        for text in foreign.TEXTS.values():
            said = str(kind(f"the name {text} is wrong; give another"))
            assert_escaped(said)
            assert "\n" not in said and len(said) <= MOST
            assert said.startswith("the name ") and said.endswith("is wrong; give another")
            assert str(pickle.loads(pickle.dumps(kind(said)))) == said == told(said)
        assert kind("a", 3).args == ("a", 3)


def test_what_a_hub_says() -> None:
    for status in (401, 403, 404, 418, 429, 500):
        for text in foreign.TEXTS.values():
            error = refusal("owner/name", status, {"x-error-message": text})
            said = str(getattr(error, "error", error))
            assert_escaped(said)
            assert "owner/name" in said and len(said) < 400


def test_what_is_fetched_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    for text in foreign.TEXTS.values():
        with fetching(f"o/[bold]{{x}}{text}") as show:
            assert show is not None
            show(1, 2)
    assert "\x1b]" not in shown.getvalue() and "\u202e" not in shown.getvalue()
    assert r"o/[bold]{x}\x1b]0;pwned" in shown.getvalue()


class Output(io.TextIOWrapper):
    """A standard output in some encoding."""

    def __init__(self, encoding: str) -> None:
        self.raw_bytes = io.BytesIO()
        super().__init__(self.raw_bytes, encoding=encoding)

    def text(self) -> str:
        self.flush()
        return self.raw_bytes.getvalue().decode(self.encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252", "utf-16", "cp037"])
def test_in_whatever_encoding_the_output_has(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = foreign.model(tmp_path / "m.gguf", tokens=[*foreign.TOKENS, foreign.EVIL, "漢字", " \u05d0"])
    said = {}
    for more in ((), ("--json",)):
        out, err = Output(encoding), Output(encoding)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        main(["nearest", "t1", "-k", "62", "--model", str(path), *more])
        said[more] = out.text()
        assert err.text() == ""
    parsed = json.loads(said["--json",])
    texts = {neighbor["token"] for neighbor in parsed["results"][0]["neighbors"]}
    assert {foreign.EVIL, "漢字"} <= texts
    assert_escaped(said[()].replace("\u200e", ""))  # our own mark beside words from right to left
    if encoding in ("ascii", "latin-1"):
        assert r"\u6f22\u5b57" in said[()]
    with pytest.raises(SystemExit):
        main(["info", "--matrix", foreign.EVIL, "--model", str(path)])
    assert_escaped(err.text())


def test_names_of_files_that_are_not_utf_8(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this system has no such names")
    model, vectors = foreign.model(folder / "m\udcff.gguf"), folder / "v\udcff.npy"
    np.save(vectors, foreign.V)
    saved = folder / "s\udcff.parquet"
    test = ("test", vectors, "--model", model, *foreign.QUICK, "--save", saved)
    first = RUN.good(*test, "--plot", folder / "p\udcff.svg")
    assert_harmless(first)
    assert r"v\xff.npy[" in first
    assert RUN.good(*test) == first  # from what was saved
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["m\udcff.gguf", "p\udcff.svg", "s\udcff.parquet", "v\udcff.npy"]
    about = json.loads(RUN.good(*test, "--json"))["directions"]
    assert Path(about["path"]) == vectors
    assert_harmless(RUN.good("info", "--model", model))
    RUN.fails(r"no\udcff.gguf", "info", "--model", folder / "no\udcff.gguf")
    survey = ("survey", "--model", model, "-n", 100, "--surrogates", 2, "--save", folder / "u.parquet")
    assert RUN.good(*survey) == RUN.good(*survey)
