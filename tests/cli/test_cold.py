"""What a command loads: a cold start is mostly imports, and each is noticed here by its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Whatever NumPy and Rich need themselves is no business of ours; it differs between their versions.
CODE = """
import sys
import numpy, numpy.random, click, rich.console, rich.table, rich.text, threadpoolctl
before = set(sys.modules)
import tokensphere.cli
try:
    tokensphere.cli.main(sys.argv[1:])
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


def loaded(arguments: list[str], cache: Path) -> set[str]:
    """The modules that a command loads, and all packages that they are in."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("TOKENSPHERE_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=given | {"TOKENSPHERE_CACHE": str(cache), "PYTHONUTF8": "1"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    modules = done.stdout.rpartition("LOADED")[2].split()
    return {name.rsplit(".", dots)[0] for name in modules for dots in range(name.count(".") + 1)}


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (["random"], NEVER + " " + NO_FILES),
        (["nearest", " Paris"], NEVER + " " + NO_FILES),
        (["name", " Paris", " London", " Rome", "--draws", "99", "--random-directions", "9"], NEVER),
        (["test", "--tokens", "sums.txt", "--draws", "99"], NEVER),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_loads_nothing_heavy_that_it_does_not_need(
    arguments: list[str], never: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sums.txt").write_text('" king" - " queen"\n', encoding="utf-8")
    modules = loaded(arguments, tmp_path / "cache")
    assert {"tokensphere.sources.bundled", "tokensphere.views.terminal"} <= modules
    assert modules & set(never.split()) == set()


def test_what_computes_is_told_without_loading_it(tmp_path: Path) -> None:
    modules = loaded(["info", "--system"], tmp_path)
    assert "tokensphere.analysis.system" in modules
    assert (
        modules & {"scipy", "torch", "tokensphere.sources.load", "tokensphere.sources.bundled"} == set()
    )


def test_modules_are_seen_by_their_names(tmp_path: Path) -> None:
    modules = loaded(["cache", "list"], tmp_path)
    assert {"tokensphere.sources.cache", "zipfile"} <= modules
