"""What README shows is what the commands print, and its Python example runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tokensphere.cli import main
from tokensphere.sources.layout.table import LAYOUTS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ tokensphere (.*)\n((?:.*\n)*?)```", README)


# Figures that a processor's rounding may change in the last digit, and work of a minute.
APPROX = re.findall(r"```console approx\n\$ tokensphere (.*)\n((?:.*\n)*?)```", README)
SMALLER = {"survey": ["-n", "200"], "geometry": ["-n", "120", "--clusters", "20"]}


def test_there_are_examples() -> None:
    assert len(CONSOLE) >= 3 and len(APPROX) >= 2


@pytest.mark.parametrize(("command", "shown"), APPROX, ids=[command for command, _ in APPROX])
def test_the_output_shown_has_the_lines_of_the_output(command: str, shown: str) -> None:
    """The same headings and row labels, from a smaller run of the same command."""
    name = shlex.split(command)[0]
    result = CliRunner().invoke(main, [*shlex.split(command), *SMALLER[name]])
    assert result.exit_code == 0
    printed = " ".join(result.output.split())
    labels = {line.strip().split("  ")[0] for line in shown.splitlines()}
    labels = {label for label in labels if re.fullmatch(r"[A-Za-z][a-z, ]+", label) and len(label) > 5}
    missing = sorted(label for label in labels if label not in printed)
    assert len(labels) >= 5 and not missing


@pytest.mark.parametrize(("command", "shown"), CONSOLE, ids=[command for command, _ in CONSOLE])
def test_the_output_shown_is_the_output(command: str, shown: str) -> None:
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.output == shown


def test_the_python_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(code.replace("100_000", "300"), names)
    assert getattr(names["lists"], "ids").shape == (300, 10)  # noqa: B009


def test_the_layouts_shown_are_those_of_the_table() -> None:
    table = README[README.index("| layout | input |") :].split("\n\n")[0].splitlines()[2:]
    known = {layout.name: layout for layout in LAYOUTS}
    assert len(table) > 10 and f"a table of {len(LAYOUTS)} layouts" in README
    for line in table:
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        layout = known[name]
        for names, cell in zip((layout.input, layout.output, layout.norm), cells, strict=True):
            assert cell.strip("`") in names if names else not cell.startswith("`")
