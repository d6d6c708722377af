"""One word for one thing: names that docs use exist; commands and functions share their words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import click
import pytest

import tokensphere as ts
from tokensphere.cli import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
NAMES = (ROOT / "docs" / "names.md").read_text(encoding="utf-8")
PUBLIC = [value for name in ts.__all__ if callable(value := getattr(ts, name))]
_CONTEXT = click.Context(main, info_name="tokensphere", **main.context_settings)


def commands(group: click.Group = main, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def typed(text: str) -> Iterator[str]:
    """The commands in a page: lines of blocks, and what stands in backticks with an argument."""
    blocks = text.replace("\\\n", " ")
    yield from re.findall(r"^(?: {4}|\$ )tokensphere +([a-z].*)$", blocks, flags=re.MULTILINE)
    yield from re.findall(r"`tokensphere +([a-z][^`]* [^`]*)`", " ".join(text.split("\n")))


def parse(line: str) -> None:
    """Parse a command as the shell and the command line would; nothing is done."""
    lexer = shlex.shlex(line.split(" | ")[0], posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, "#"
    words = list(lexer)
    _, command, rest = main.resolve_command(_CONTEXT, words)
    if isinstance(command, click.Group):
        _, command, rest = command.resolve_command(_CONTEXT, rest)
    assert command is not None
    command.make_context(words[0], rest, parent=_CONTEXT)


def test_a_command_of_the_past_is_found() -> None:
    for line in (
        "near --vector x",
        "pair a b model.gguf",
        "test p.npy --nulls 9",
        "name a -n 9",
        "none",
    ):
        with pytest.raises(click.UsageError):
            parse(line)
    assert list(typed("See `tokensphere pair a b`:\n\n    tokensphere info -m x  # it\n")) == [
        "info -m x  # it", "pair a b",
    ]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_docs_can_be_typed(page: Path) -> None:
    for line in typed(page.read_text(encoding="utf-8")):
        if "…" in line or "|" in line.replace(" | ", ""):
            continue
        try:
            parse(line)
        except click.BadOptionUsage:  # prose names an option without what it takes
            assert line.endswith(("--save", "--survey", "--test")), line
        except (click.UsageError, ts.TokensphereError) as error:
            raise AssertionError(f"{page.name}: tokensphere {line}: {error}") from error


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of docs/names.md."""
    section = NAMES.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_each_command_calls_what_has_its_word() -> None:
    known = {name.split(" ")[0] for name, _ in commands()}
    listed = {}
    for command, function, result, *_ in rows("Commands and functions"):
        word = command.split("`")[1]
        listed[word] = function
        for name in re.findall(r"`ts\.([A-Za-z_]+)`", function + result):
            assert hasattr(ts, name), name
        assert word in function.lower(), (word, function)
    assert set(listed) == {name for name in known if not name.startswith("cache")}


def test_options_and_parameters_are_the_same_words() -> None:
    options: dict[str, set[str]] = {}
    for name, command in commands():  # of a group those of all its commands
        flags = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
        options.setdefault(name.split(" ")[0], set()).update(flags)
    for option, where, parameter, *_ in rows("Options and parameters"):
        names = options if where == "all" else [one.strip("` ") for one in where.split(",")]
        for flag in re.findall(r"`(--?[a-z-]+)", option):
            for name in names:
                if not name.startswith("cache") and name not in ("ratings", "saes", "atlas", "compare"):
                    assert flag in options[name], (flag, name)
        names_in = re.findall(r"`([a-z_]+)`", parameter)
        owners = [getattr(ts, name) for name in re.findall(r"`ts\.([A-Za-z_]+)", parameter)]
        for name in names_in:
            assert any(name in signature(owner).parameters for owner in owners or PUBLIC), name


def test_an_option_sets_one_thing_and_has_one_default() -> None:
    """But for those whose number is the command's own, and what `test` centres by itself."""
    own = {"-n", "-k", "--centered", "--raw", "--draws", "--surrogates"}
    said: dict[str, set[tuple[str | None, str]]] = {}
    for _, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for flag in {*parameter.opts, *parameter.secondary_opts} - own:
                    said.setdefault(flag, set()).add((parameter.name, str(parameter.default)))
    assert not {flag: found for flag, found in said.items() if len(found) > 1}


def test_the_model_is_named_in_one_way() -> None:
    for name, command in commands():
        arguments = {p.name for p in command.params if isinstance(p, click.Argument)}
        flags = {flag for p in command.params for flag in p.opts}
        assert ("--model" in flags) == ("-m" in flags)
        assert "model" not in arguments or name == "cache remove"
        others = ("cache", "ratings", "saes", "atlas", "compare")
        assert "--model" in flags or name.split()[0] in others
