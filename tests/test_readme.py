"""What README shows is what the commands print, and its Python example runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tokensphere.cli import main

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ tokensphere (.*)\n((?:.*\n)*?)```", README)


def test_there_are_examples() -> None:
    assert len(CONSOLE) >= 3


@pytest.mark.parametrize(("command", "shown"), CONSOLE, ids=[command for command, _ in CONSOLE])
def test_the_output_shown_is_the_output(command: str, shown: str) -> None:
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.output == shown


def test_the_python_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(code.replace("100_000", "300"), names)
    assert getattr(names["lists"], "ids").shape == (300, 10)  # noqa: B009
