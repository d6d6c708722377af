"""Commands as a user types them, and what they must print in any case."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import click
from click.testing import CliRunner, Result

import tokensphere as ts
from tokensphere.cli import main

# Before click 8.2 the two streams were one unless it was told.
_APART: dict[str, Any] = (
    {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
)


def run_cli(*arguments: str) -> Result:
    """What `tokensphere` does with these arguments."""
    return CliRunner(**_APART).invoke(main, arguments)


@dataclass(frozen=True)
class Command:
    """A command, or with no name all of them.

    Attributes
    ----------
    name : what stands before the arguments
    model : what it must say that the model is
    """

    name: str = ""
    model: str | None = None

    def invoke(self, *arguments: object) -> Result:
        return run_cli(*self.name.split(), *map(str, arguments))

    def good(self, *arguments: object) -> str:
        """What it prints; it succeeds and says nothing on standard error."""
        result = self.invoke(*arguments)
        assert result.exit_code == 0, (result.stderr, result.exception)
        assert result.stderr == ""
        return result.stdout

    def record(self, *arguments: object) -> dict[str, Any]:
        """The same as JSON, with the version that made it."""
        parsed: dict[str, Any] = json.loads(self.good(*arguments, "--json"))
        assert parsed["tokensphere"] == ts.__version__
        if self.model is not None:
            assert parsed["model"]["sha256"] and parsed["model"]["model"] == self.model
        return parsed

    def fails(self, match: str, *arguments: object) -> str:
        """The one line of an error, which has `match` in it."""
        result = self.invoke(*arguments)
        assert_one_line(result, match)
        return result.stderr


def assert_one_line(result: Result, match: str = "", status: int | None = None) -> None:
    """Nothing is printed but one line on standard error.

    The exit status, where it is not given, is 2 if what was typed cannot be used, else 1.
    """
    if status is None:
        error = result.exception and result.exception.__context__  # what the command ended with
        status = 2 if isinstance(error, (ts.InputError, click.UsageError)) else 1
    assert result.exit_code == status, (result.exit_code, result.exception)
    assert result.stdout == ""
    assert result.stderr.endswith("\n") and result.stderr.count("\n") == 1
    assert result.stderr.startswith("tokensphere: ") and "Traceback" not in result.stderr
    assert match in result.stderr, result.stderr


def at_terminal(*arguments: object) -> str:
    """What a command that ends well tells on standard error if that is a terminal; spaces as one."""
    here, there = os.openpty()
    command = [sys.executable, "-m", "tokensphere", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=there) as process:
        os.close(there)
        seen = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while part := os.read(here, 4096):
                seen += part
    os.close(here)
    assert process.returncode == 0
    return " ".join(seen.decode().split())
