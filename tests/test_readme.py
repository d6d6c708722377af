"""What README shows is what the commands print, and its Python example runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import run_cli
from tokensphere.sources.layout.table import LAYOUTS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ tokensphere (.*)\n((?:.*\n)*?)```", README)


# Figures that a processor's rounding may change in the last digit, and work of a minute.
APPROX = re.findall(r"```console approx\n\$ tokensphere (.*)\n((?:.*\n)*?)```", README)
SMALLER = {"survey": ["-n", "100"], "geometry": ["-n", "40", "--clusters", "5"]}


def test_there_are_examples() -> None:
    assert len(CONSOLE) >= 3 and len(APPROX) >= 2


def missing_labels(command: str, shown: str, *, model: str) -> list[str]:
    """Headings and row labels that are shown, and not printed by a smaller run of the same command."""
    options = [*SMALLER[shlex.split(command)[0]], "--model", model]
    result = run_cli(*shlex.split(command), *options)
    assert result.exit_code == 0, result.stderr
    printed = " ".join(result.output.split())
    labels = {line.strip().split("  ")[0] for line in shown.splitlines()}
    labels = {label for label in labels if re.fullmatch(r"[A-Za-z][a-z, ]+", label) and len(label) > 5}
    assert len(labels) >= 5
    return sorted(label for label in labels if label not in printed)


def test_the_output_shown_has_the_lines_of_the_output(small_path: Path) -> None:
    for command, shown in APPROX:
        assert not missing_labels(command, shown, model=str(small_path)), command


@pytest.mark.slow
def test_so_it_has_for_the_bundled_model() -> None:
    for command, shown in APPROX:
        assert not missing_labels(command, shown, model="smollm2-135m-instruct"), command


# What takes seconds; .ci/run looks at these, too.
_LONG = ("pair", "test")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        pytest.param(*example, marks=[pytest.mark.slow] * example[0].startswith(_LONG), id=example[0])
        for example in CONSOLE
    ],
)
def test_the_output_shown_is_the_output(command: str, shown: str) -> None:
    result = run_cli(*shlex.split(command))
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
