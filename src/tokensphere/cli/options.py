"""What several commands share: options, loading the model, directions, printing a result, progress."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tokensphere.errors import InputError

if TYPE_CHECKING:
    from tokensphere.geometry.similarity import SearchSettings
    from tokensphere.space import EmbeddingSpace

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(dir_okay=False, path_type=Path)
_LONG = 20_000  # draws or directions from which a bar is shown for work that is mostly short


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


model_options = together(
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
)  # fmt: skip

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")

similarity_option = click.option(
    "--similarity", type=click.Choice(["cosine", "dot", "euclidean"]), default="cosine",
    show_default=True, help="What 'near' means.",
)  # fmt: skip
centered_option = click.option(
    "--centered", is_flag=True, help="Subtract the mean of the (unit) rows first."
)
forms_option = click.option(
    "--forms", is_flag=True, help="Of tokens that differ only in case or spacing, take the nearest."
)
fresh_option = click.option("--fresh", is_flag=True, help="Begin anew, whatever --save's file holds.")
save_option = click.option(
    "--save", type=FILE, metavar="FILE.parquet",
    help="Keep every direction's numbers; what is there is continued.",
)  # fmt: skip
plot_option = click.option(
    "--plot", type=FILE, metavar="FILE.png", help="Draw it, too (.png, .svg or .pdf)."
)


def number_option(
    name: str, default: int, help: str, *, least: int = 0, to: str | None = None
) -> Callable[[Command], Command]:
    """An option that takes a whole number."""
    return click.option(
        name, to or name.strip("-").replace("-", "_"), type=click.IntRange(least), default=default,
        show_default=True, help=help,
    )  # fmt: skip


def k_option(
    least: int = 1, help: str = "Neighbours of each direction."
) -> Callable[[Command], Command]:
    """Length of the lists."""
    return number_option("-k", 10, help, least=least, to="k")


search_options = together(k_option(), similarity_option, centered_option, forms_option)
random_options = together(
    number_option("--seed", 0, "With the index, the name of a direction."),
    number_option("--first", 0, "Index of the first direction."),
)
axis_option = click.option(
    "--axis", type=int, metavar="N",
    help="Axis of the tensor that has the dimensions, if several have their number.",
)  # fmt: skip
tokens_option = click.option(
    "--tokens", "tokens_file", type=FILE, metavar="FILE",
    help='Directions made of tokens, one a line: " king" - " queen".',
)  # fmt: skip


def settings_of(options: dict[str, Any]) -> SearchSettings:
    """How neighbours are looked for, by the options of the running command."""
    from tokensphere.geometry.similarity import SearchSettings

    return SearchSettings(
        **{name: options[name] for name in SearchSettings().to_dict() if name in options}
    )


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
    asked = ("matrix", "revision", "tensor", "vocabulary", "fold_norm", "refresh")
    with _fetching(positional or named) as progress:
        return load(positional or named, progress=progress, **{name: options[name] for name in asked})


def given_directions(
    space: EmbeddingSpace, files: ExitStack, spec: str | None, tokens: Path | None, axis: int | None
) -> Any:
    """Directions in a file, open until `files` is closed, or those that a file of tokens describes."""
    if spec is None and tokens is not None:
        from tokensphere.directions.expressions import read_token_expressions

        return read_token_expressions(tokens)
    from tokensphere.directions.file import open_directions

    return files.enter_context(open_directions(str(spec), space.shape[1], axis=axis))


def check_paths(save: Path | None, plot: Path | None) -> None:
    """Find out before the work begins whether its result can be written."""
    if save is not None:
        from tokensphere.formats.parquet import check_parquet_path

        check_parquet_path(save)
    if plot is not None:
        from tokensphere.views.figures.canvas import check_figure_path

        check_figure_path(plot)


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
def progress_bar(total: int, *, long: bool = False) -> Iterator[Callable[[int], None] | None]:
    """A progress bar with rate and time left on standard error, if somebody watches.

    `long` work takes minutes; else a bar is shown only from some ten thousand on.
    """
    if not sys.stderr.isatty() or (total < _LONG and not long):
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
        task = bar.add_task("directions", total=total, rate="")

        def advance(count: int) -> None:
            bar.advance(task, count)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance
