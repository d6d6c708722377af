"""The options that several commands share, each as a decorator, such as ``@options.model``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from tokensphere.cli import complete
from tokensphere.errors import MOST, InputError
from tokensphere.formats.files import at_home

Command = TypeVar("Command", bound=Callable[..., Any])


class _File(click.ParamType):  # type: ignore[type-arg] # generic from click 8.5 on
    """A path, completed as one; what is there, the reader or writer of the file tells."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if not value:
            self.fail("the name of the file is empty", param, ctx)
        return at_home(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names of files."""
        return complete.files(ctx, param, incomplete)


FILE = _File()


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def option(names: str, help: str, *, to: str | None = None, **more: Any) -> Callable[[Command], Command]:
    """An option that shows its default, if it has one.

    Parameters
    ----------
    names : as they are typed, with spaces between them
    help : what it means
    to : the command's parameter, by default the last of the names
    more : for :func:`click.option`
    """
    typed = names.split()
    parameter = to or typed[-1].strip("-").replace("-", "_")
    return click.option(*typed, parameter, help=help, show_default="default" in more, **more)


def flag(names: str, help: str, *, to: str | None = None, **more: Any) -> Callable[[Command], Command]:
    """An option without a value."""
    return option(names, help, to=to, is_flag=True, **more)


def number(
    names: str, default: int, help: str, *, least: int = 0, to: str | None = None
) -> Callable[[Command], Command]:
    """An option that takes a count; or the name of a draw (a seed, an index), of any size."""
    kind = click.IntRange if names.endswith(("seed", "first")) else _Count
    return option(names, help, to=to, type=kind(least), default=default)


class _Count(click.IntRange):
    """Whole numbers that something can be counted by."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        count = super().convert(value, param, ctx)
        return self.fail(f"{count} is more than {MOST:,}.", param, ctx) if count > MOST else count


def choice(names: str, known: str, help: str, *, to: str | None = None) -> Callable[[Command], Command]:
    """An option that takes one of the words `known`, by default the first."""
    return option(names, help, to=to, type=click.Choice(known.split()), default=known.split()[0])


def k(least: int = 1, help: str = "Neighbours of each direction.") -> Callable[[Command], Command]:
    """Length of the lists."""
    return number("-k", 10, help, least=least)


def centered(default: bool = False) -> Callable[[Command], Command]:
    """Which rows are looked at."""
    said = "Rows less the mean of the (unit) rows, or as they are."
    return option("--centered/--raw", said, to="centered", default=default)


_FORMS = {"as_json": "--json", "jsonl": "--jsonl", "csv": "--csv"}  # of what is printed


def _only_one(context: click.Context, of: click.Parameter, value: bool) -> bool:
    """Refuse a second form of the output."""
    for name, typed in _FORMS.items():
        if value and name != of.name and context.params.get(name):
            first, second = sorted((typed, _FORMS[str(of.name)]), key=[*_FORMS.values()].index)
            raise InputError(f"give {first} or {second}, not both")
    return value


json = flag("--json", "Print JSON for machines.", to="as_json", callback=_only_one)
jsonl = flag("--jsonl", "Print JSON lines: an object for each direction, as it is found.",
             callback=_only_one)  # fmt: skip
csv = flag("--csv", "Print a table with commas, in UTF-8.", callback=_only_one)
matrix = choice("--matrix", "input output", "Embedding or unembedding.")
refresh = flag("--refresh", "Ask the hub for the revision's present commit, not the cached one.")
model = together(
    option("-m --model", "A name, file, folder or owner/name. [default: the bundled one]",
           envvar="TOKENSPHERE_MODEL", metavar="MODEL", shell_complete=complete.models),
    matrix,
    option("--revision", "Branch, tag or commit of a repository.", metavar="REV"),
    option("--tensor", "Name of the tensor, for an unknown layout.", metavar="NAME"),
    option("--vocabulary", "File with the tokens, e.g. for npy files.", type=FILE, metavar="FILE"),
    flag("--fold-norm", "Multiply the output matrix by the final norm's weight."),
    refresh,
    json,
)  # fmt: skip
only_model = together(  # of commands that take no other argument
    click.argument("model_argument", required=False, metavar="[MODEL]", shell_complete=complete.models),
    model,
)
lens = choice("--lens", "cosine logit transformerlens",
              "Which list: by cosine, by what a direction adds to the"
              " logits, or by that as TransformerLens has it.")  # fmt: skip
similarity = choice("--similarity", "cosine dot euclidean", "What 'near' means.")
forms = flag("--forms", "Of tokens that differ only in case or spacing, take the nearest.")
search = together(k(), lens, similarity, centered(), forms)
random = together(
    number("--seed", 0, "With the index, the name of a direction."),
    number("--first", 0, "Index of the first direction."),
)
device = option("--device", "Search with PyTorch there: cuda, cuda:1, mps, cpu, … The same result.",
                metavar="DEVICE")  # fmt: skip
directions = option("--directions", "Directions in a NumPy, safetensors, GGUF or PyTorch file.",
                    metavar="FILE[:TENSOR]", shell_complete=complete.files)  # fmt: skip
axis = option("--axis", "Axis of the tensor that has the dimensions, if several have their number.",
              type=int, metavar="N")  # fmt: skip
vectors = option("--vectors", "Of a dictionary: its decoder (default) or encoder.",
                 type=click.Choice(["decoder", "encoder"]))  # fmt: skip
both_ends = flag("--both-ends", "And the opposite of each direction.")
tokens = option("--tokens", 'Directions made of tokens, one a line: " king" - " queen".',
                to="tokens_file", type=FILE, metavar="FILE")  # fmt: skip
save = together(
    option("--save", "Keep every direction's numbers; what is there is continued.", type=FILE,
           metavar="FILE.parquet"),
    flag("--fresh", "Begin anew, whatever --save's file holds."),
)  # fmt: skip
plot = option("--plot", "Draw it, too (.png, .svg or .pdf).", type=FILE, metavar="FILE.png")
labels = option("--labels", "More labels: lines of token, tab, label; or Parquet with these columns.",
                to="labels_file", type=FILE, metavar="FILE")  # fmt: skip
kinds = option("--kind", "Only labels of this kind: form, grammar, meaning, … May be repeated.",
               to="kinds", multiple=True, metavar="KIND",
               shell_complete=complete.words("form grammar meaning list lemma id user"))  # fmt: skip
naming = together(
    flag("--name", "Say below each list what it shares, and how surprising; so do the next two."
         ' "≈ chance": no more than the lists of random directions.', to="named"),
    labels,
    kinds,
)  # fmt: skip
