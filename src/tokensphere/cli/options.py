"""What several commands share: options, loading the model, printing a result, progress bars."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tokensphere.errors import InputError

if TYPE_CHECKING:
    from tokensphere.space import EmbeddingSpace

Command = TypeVar("Command", bound=Callable[..., Any])
_SHOW_PROGRESS_FROM = 20_000


def model_options(command: Command) -> Command:
    """Which model, and what of it."""
    options = [
        click.option("--model", "model_option", envvar="TOKENSPHERE_MODEL", metavar="MODEL",
                     help="A name, file, folder or owner/name. [default: the bundled one]"),
        click.option("--matrix", type=click.Choice(["input", "output"]), default="input",
                     show_default=True, help="Embedding or unembedding."),
        click.option("--revision", metavar="REV", help="Branch, tag or commit of a repository."),
        click.option("--tensor", metavar="NAME", help="Name of the tensor, for an unknown layout."),
        click.option("--vocabulary", metavar="FILE", help="File with the tokens, e.g. for npy files."),
        click.option("--fold-norm", is_flag=True,
                     help="Multiply the output matrix by the final norm's weight."),
        click.option("--refresh", is_flag=True,
                     help="Ask the hub for the revision's present commit, not the cached one."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def json_option(command: Command) -> Command:
    """Text for people or JSON for machines."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)


def search_options(command: Command) -> Command:
    """How neighbours are looked for."""
    options = [
        click.option("-k", "k", type=click.IntRange(1), default=10, show_default=True,
                     help="Neighbours of each direction."),
        click.option("--similarity", type=click.Choice(["cosine", "dot", "euclidean"]),
                     default="cosine", show_default=True, help="What 'near' means."),
        click.option("--centered", is_flag=True, help="Subtract the mean of the (unit) rows first."),
        click.option("--forms", is_flag=True,
                     help="Of tokens that differ only in case or spacing, show the nearest."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def load_model(positional: str | None = None) -> EmbeddingSpace:
    """The model that the options of the running command name."""
    from tokensphere.sources.load import load

    context = click.get_current_context()
    options = context.params
    named = options["model_option"]
    source = context.get_parameter_source("model_option")
    if positional and named and positional != named:
        if source is click.core.ParameterSource.COMMANDLINE:
            raise InputError(f"two models are named, {positional!r} and {named!r}; give one")
    with _fetching(positional or named) as progress:
        return load(
            positional or named,
            matrix=options["matrix"],
            revision=options["revision"],
            tensor=options["tensor"],
            vocabulary=options["vocabulary"],
            fold_norm=options["fold_norm"],
            refresh=options["refresh"],
            progress=progress,
        )


@contextmanager
def _fetching(model: str | None) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error that appears when something is fetched."""
    if model is None or not sys.stderr.isatty():
        yield None
        return
    bar: Any = None
    task: Any = None

    def show(done: int, total: int) -> None:
        nonlocal bar, task
        if bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
            from rich.progress import TransferSpeedColumn as Speed

            columns = (BarColumn(), DownloadColumn(), Speed(), TimeRemainingColumn())
            bar = Progress(f"fetching {model}", *columns, console=Console(stderr=True), transient=True)
            bar.start()
            task = bar.add_task("", total=total)
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        if bar is not None:
            bar.stop()


def show(result: Any, as_json: bool) -> None:
    """Print a result."""
    from tokensphere import views

    if as_json:
        click.echo(views.to_json(result))
        return
    if sys.stdout.isatty():
        plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
        click.echo(views.to_text(result, color=not plain), color=True)
        return
    asked = os.environ.get("COLUMNS", "")
    width = int(asked) if asked.isdecimal() and 0 < len(asked) < 6 else 0
    click.echo(views.to_text(result, width=width or views.WIDTH_WITHOUT_TERMINAL))


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on standard error for long work, if somebody watches."""
    if total < _SHOW_PROGRESS_FROM or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress("directions", *columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("directions", total=total)
        yield lambda done: bar.advance(task, done)


@contextmanager
def rate_bar(total: int, done: int = 0) -> Iterator[Callable[[int], None] | None]:
    """A progress bar with rate and time left for work of minutes, if somebody watches.

    `done` of `total` were there before.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, speed_estimate_period=120) as bar:
        task = bar.add_task("directions", total=total, completed=done, rate="")

        def advance(count: int) -> None:
            bar.advance(task, count)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance
