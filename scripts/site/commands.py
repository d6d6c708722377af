"""The page of all commands, made of what ``--help`` knows.

python scripts/site/commands.py > docs/reference/commands.md
"""

import inspect
import sys
from collections.abc import Iterator

import click

from tokensphere.cli import main

HEAD = """\
# Commands

Made from what `--help` says. `-h` works on every command, and `TOKENSPHERE_MODEL` names the model for
all of them.
"""


Found = tuple[click.Command, click.Context]


def commands(command: click.Command, context: click.Context) -> Iterator[Found]:
    """A command, and if it is a group those in it, one after the other."""
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from commands(child, click.Context(child, info_name=name, parent=context))


def cell(text: str) -> str:
    """Text as it stands in a table's cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")


def paragraphs(help: str) -> Iterator[str]:
    """Those of a help text; what click must not wrap becomes a block of code."""
    for one in inspect.cleandoc(help).split("\f")[0].split("\n\n"):
        kept = one.startswith("\b\n")
        yield f"```text\n{one[2:]}\n```" if kept else one


def section(command: click.Command, context: click.Context) -> str:
    """A command's usage, help and options in Markdown."""
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"## {context.command_path}", f"```text\n{context.command_path} {usage}\n```"]
    parts += paragraphs(command.help or "")
    options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    records = [one.get_help_record(context) for one in options]
    rows = [f"| `{record[0]}` | {cell(record[1])} |" for record in records if record]
    return "\n\n".join([*parts, "\n".join(["| option | |", "|---|---|", *rows])])


def page() -> str:
    """The whole page."""
    root = click.Context(main, info_name="tokensphere", **main.context_settings)
    return "\n\n".join([HEAD.rstrip(), *(section(*one) for one in commands(main, root))]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
