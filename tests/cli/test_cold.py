"""What a command loads: a cold start is mostly imports, and each is noticed here by its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases import case

# Whatever NumPy and Rich need themselves is no business of ours; it differs between their versions.
CODE = """
import sys
import numpy, numpy.random, click, rich.console, rich.table, rich.text, threadpoolctl
before = set(sys.modules)
import tokensphere.cli
for command in sys.argv[1:]:
    try:
        tokensphere.cli.main(command.split("|"))
    except SystemExit as stop:
        assert not stop.code, stop.code
    print("LOADED", *(set(sys.modules) - before))
"""
# To import one of them takes 5 ms to 0.3 s.
NEVER = """scipy pyarrow matplotlib safetensors torch ssl http email unittest importlib.metadata
subprocess multiprocessing asyncio urllib.request difflib rich.progress tokensphere.sources.named
tokensphere.sources.hub tokensphere.sources.ollama tokensphere.sources.tokens.readers"""
NO_FILES = """tokensphere.formats.compressed tokensphere.labels tokensphere.sources.cache
zipfile shutil logging concurrent numpy.ma"""


def loaded(cache: Path, *commands: list[str]) -> list[set[str]]:
    """The modules that commands load, after each all so far, and all packages that they are in."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("TOKENSPHERE_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *map("|".join, commands)],
        capture_output=True,
        encoding="utf-8",
        env=given | {"TOKENSPHERE_CACHE": str(cache), "PYTHONUTF8": "1"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("LOADED ")]
    assert len(lines) == len(commands)
    return [
        {name.rsplit(".", dots)[0] for name in names for dots in range(name.count(".") + 1)}
        for names in lines
    ]


@pytest.mark.parametrize(
    ("commands", "never"),
    [
        ([["random"], ["nearest", " Paris"]], NEVER + " " + NO_FILES),
        (
            [
                ["name", " Paris", " London", " Rome", "--draws", "99", "--random-directions", "9"],
                ["test", "--tokens", "sums.txt", "--draws", "99"],
            ],
            NEVER,
        ),
    ],
    ids=["random, nearest", "name, test"],
)
def test_a_command_loads_nothing_heavy_that_it_does_not_need(
    commands: list[list[str]], never: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sums.txt").write_text('" king" - " queen"\n', encoding="utf-8")
    for command, modules in zip(commands, loaded(tmp_path / "cache", *commands), strict=True):
        with case(*command):
            assert {"tokensphere.sources.bundled", "tokensphere.views.terminal"} <= modules
            assert modules & set(never.split()) == set()


def test_what_computes_is_told_without_loading_it(tmp_path: Path) -> None:
    (modules,) = loaded(tmp_path, ["info", "--system"])
    assert "tokensphere.analysis.system" in modules
    assert (
        modules & {"scipy", "torch", "tokensphere.sources.load", "tokensphere.sources.bundled"} == set()
    )


def test_modules_are_seen_by_their_names(tmp_path: Path) -> None:
    (modules,) = loaded(tmp_path, ["cache", "list"])
    assert {"tokensphere.sources.cache", "zipfile"} <= modules
