"""What a shell is told on pressing Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from tokensphere.cli import main


def completed(*arguments: str) -> list[str]:
    """What stands to choose from for the last of the arguments; files as ``file``."""
    shell = BashComplete(main, {}, "tokensphere", "_TOKENSPHERE_COMPLETE")
    found = shell.get_completions([*arguments[:-1]], arguments[-1])
    return ["file" if item.type == "file" else str(item.value) for item in found]


def test_commands_options_and_choices() -> None:
    assert completed("ne") == ["nearest"] and completed("cache", "l") == ["list"]
    assert completed("test", "--most") == ["--most-draws"]
    assert completed("random", "--similarity", "e") == ["euclidean"]
    assert completed("test", "--statistic", "co") == ["cosine", "coherence"]
    assert completed("labels", "--kind", "gr") == ["grammar"]


def test_files_where_a_file_is_taken() -> None:
    for arguments in (["test"], ["test", "--tokens"], ["nearest", "--directions"], ["ratings"]):
        assert completed(*arguments, "pro") == ["file"], arguments
    assert completed("random", "--save", "") == ["file"]


def test_models_that_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path))
    assert completed("info", "-m", "smol") == ["smollm2-135m-instruct"]
    assert completed("info", "--model", "model.g") == ["file"]


def test_tokens_of_the_model(small_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKENSPHERE_MODEL", raising=False)
    small = ("-m", str(small_path))
    assert completed("nearest", *small, " ki") == [" king"]
    assert completed("pair", *small, "␣ki") == ["␣king"]
    assert completed("name", *small, "") == []
    loaded: list[object] = []
    monkeypatch.setattr("tokensphere.sources.load.load", lambda model, **_: loaded.append(model))
    assert completed("nearest", "-m", "owner/name", " ki") == [] and not loaded  # it may be far away


@pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="needs bash")
def test_in_bash(tmp_path: Path) -> None:
    command = tmp_path / "tokensphere"
    code = "import sys; sys.argv[0] = 'tokensphere'; from tokensphere.cli import main; main()"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    command.chmod(0o755)
    script = """
        eval "$(_TOKENSPHERE_COMPLETE=bash_source tokensphere)"
        COMP_WORDS=(tokensphere nearest '" Paragua') COMP_CWORD=2
        _tokensphere_completion tokensphere
        printf '<%s>' "${COMPREPLY[@]}"
    """
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    environment = {name: value for name, value in os.environ.items() if name != "TOKENSPHERE_MODEL"}
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, env=environment | path
    )
    assert (done.stdout, done.stderr) == ("< Paraguay>", "")
