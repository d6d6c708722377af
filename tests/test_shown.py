"""What README and the pages of docs show is what the commands print, and their Python runs."""

from __future__ import annotations

import re
import runpy
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tests.cli.running import run_cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"^(<!-- digits may differ -->\n)?```console\n\$ ((?:.*\\\n)*.*)\n((?:.*\n)*?)```$", re.MULTILINE
)
# Rounding may change their last digits, and they take a minute: smaller runs show the words.
SMALLER = {"survey": ["-n", "100"], "geometry": ["-n", "40", "--clusters", "5"]}
QUICK = ("tokensphere random", "tokensphere nearest")


@dataclass(frozen=True)
class Shown:
    """A block of a page: `command`, and the `output` below it, whose digits may differ if `approx`."""

    page: str
    approx: bool
    command: str
    output: str

    @property
    def name(self) -> str:
        return self.command.split()[1]

    @property
    def marks(self) -> list[pytest.MarkDecorator]:
        """What takes seconds, and what needs models that are fetched."""
        quick = self.command.startswith(QUICK) and not re.search(r"--name|_sae|sae_", self.command)
        models = [pytest.mark.models] * (".models/" in self.command)
        return models or [pytest.mark.slow] * (not quick)


def shown() -> Iterator[Shown]:
    for page in PAGES:
        for approx, command, output in BLOCK.findall(page.read_text(encoding="utf-8")):
            yield Shown(page.stem, bool(approx), command.replace("\\\n", " "), output)


BY_ITS_WORDS = [one for one in shown() if one.name in SMALLER and one.approx]
EXACT = [one for one in shown() if one.name not in SMALLER and not one.approx]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is computed once serves all."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands run: examples and models are there, and what examples write."""
    folder = tmp_path_factory.mktemp("here")
    for name in ("examples", ".models"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def make_dictionaries(command: str) -> None:
    """The dictionaries that a command names, as the example writes them."""
    for name in set(re.findall(r"\b(?:shuffled_sae|sae_folder)\b", command)):
        if not Path(name).is_dir():
            more = ["--shuffled"] if name == "shuffled_sae" else []
            run_example("examples/dictionary.py", name, *more)


def run_example(script: str, *arguments: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [script, *arguments])
        runpy.run_path(str(ROOT / script), run_name="__main__")


def printed(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What `tokensphere …` or `python examples/….py` prints, of which `| head -N` may be left."""
    command, _, cut = command.partition(" | ")
    program, *arguments = shlex.split(command)
    if program == "python":
        run_example(*arguments)
        output = capsys.readouterr().out
    else:
        assert program == "tokensphere"
        make_dictionaries(command)
        output = run_cli(*arguments).output
    if cut:
        which, count = re.fullmatch(r"(head|tail) -(\d+)", cut).groups()  # type: ignore[union-attr]
        lines = output.splitlines(keepends=True)
        output = "".join(lines[: int(count)] if which == "head" else lines[-int(count) :])
    return output


def assert_shows(output: str, shown: str) -> None:
    """`shown` is `output`, where a line … stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…\n" else re.escape(line) for line in shown.splitlines(keepends=True)
    )
    assert re.fullmatch(pattern, output), f"printed:\n{output}\nshown:\n{shown}"


def test_there_are_examples() -> None:
    assert len(EXACT) >= 10 and len(BY_ITS_WORDS) >= 2
    assert {"README", "tutorial", "recipes", "direction-tests"} <= {one.page for one in EXACT}


@pytest.mark.parametrize(
    "one", [pytest.param(one, marks=one.marks, id=f"{one.page}: {one.command[:40]}") for one in EXACT]
)
def test_the_output_shown_is_the_output(
    one: Shown,
    cache: Path,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(here)
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(cache))
    monkeypatch.setenv("COLUMNS", "100")
    assert_shows(printed(one.command, capsys), one.output)


def missing_labels(one: Shown, *, model: str) -> list[str]:
    """Headings and row labels that are shown, and not printed by a smaller run of the same command."""
    result = run_cli(*shlex.split(one.command)[1:], *SMALLER[one.name], "--model", model)
    assert result.exit_code == 0, result.stderr
    output = " ".join(result.output.split())
    labels = {line.strip().split("  ")[0] for line in one.output.splitlines()}
    labels = {label for label in labels if re.fullmatch(r"[A-Za-z][a-z, ]+", label) and len(label) > 5}
    assert len(labels) >= 5
    return sorted(label for label in labels if label not in output)


@pytest.mark.parametrize("one", BY_ITS_WORDS, ids=lambda one: f"{one.page}: {one.command[:30]}")
def test_the_output_shown_has_the_lines_of_the_output(one: Shown, small_path: Path) -> None:
    assert not missing_labels(one, model=str(small_path))


@pytest.mark.slow
@pytest.mark.parametrize("one", BY_ITS_WORDS, ids=lambda one: f"{one.page}: {one.command[:30]}")
def test_so_it_has_for_the_bundled_model(one: Shown) -> None:
    assert not missing_labels(one, model="smollm2-135m-instruct")


def python() -> Iterator[tuple[str, str]]:
    """Examples of Python, but for scripts that want a model."""
    for page in PAGES:
        for code in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
            if "sys.argv" not in code:
                yield page.stem, code


@pytest.mark.slow
@pytest.mark.parametrize(("page", "code"), [pytest.param(*one, id=one[0]) for one in python()])
def test_python_that_is_shown_runs(
    page: str, code: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(cache))
    np.save("probe.npy", ts.random_directions(576, range(30), seed=5))
    names: dict[str, object] = {}
    exec(code.replace("100_000", "300"), names)
    assert isinstance(names["space"], ts.EmbeddingSpace), page
