"""The command line: parse, call one library function, show.

Everything heavy is imported inside the commands, so that ``--help`` needs no NumPy.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tokensphere._version import __version__
from tokensphere.errors import InputError, TokensphereError

if TYPE_CHECKING:
    from tokensphere.space import EmbeddingSpace

Command = TypeVar("Command", bound=Callable[..., Any])
_INTERRUPTED = 130
_SHOW_PROGRESS_FROM = 20_000


class _Commands(click.Group):
    """Errors become one line and exit status 2, Ctrl-C becomes 130, a closed pipe ends quietly."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Exit as stop:
            sys.exit(stop.exit_code)
        except (click.exceptions.Abort, KeyboardInterrupt):
            self._fail("stopped", _INTERRUPTED)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "tokensphere"
            self._fail(f"{error.format_message()} (try '{command} --help')")
        except click.ClickException as error:
            self._fail(error.format_message())
        except TokensphereError as error:
            self._fail(str(error))
        except MemoryError:
            self._fail("not enough memory for this; ask for fewer directions or a smaller model")
        except BrokenPipeError:
            # The reader (head, less) is gone: nothing more to say, and no flush at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)

    @staticmethod
    def _fail(message: str, status: int = 2) -> None:
        click.echo(f"tokensphere: {' '.join(message.split())}", err=True)
        sys.exit(status)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="tokensphere %(version)s")
def main() -> None:
    """Random vectors, nearest tokens, and the geometry of token embeddings.

    MODEL is the bundled model (smollm2-135m-instruct) unless you name another: the path of a GGUF
    file. The variable TOKENSPHERE_MODEL sets it for all commands.
    """


def _model_option(command: Command) -> Command:
    return click.option(
        "--model", "model_option", envvar="TOKENSPHERE_MODEL", metavar="MODEL",
        help="Model to use: a name or a file. [default: the bundled one]",
    )(command)  # fmt: skip


def _json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)


def _search_options(command: Command) -> Command:
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


def _load(positional: str | None, option: str | None) -> EmbeddingSpace:
    from tokensphere.sources.load import load

    context = click.get_current_context()
    source = context.get_parameter_source("model_option")
    if positional and option and positional != option:
        if source is click.core.ParameterSource.COMMANDLINE:
            raise InputError(f"two models are named, {positional!r} and {option!r}; give one")
    return load(positional or option)


def _show(result: Any, as_json: bool) -> None:
    from tokensphere import views

    if as_json:
        click.echo(views.to_json(result))
        return
    from rich.console import Console

    if sys.stdout.isatty():
        console = Console(highlight=False)
    else:
        width = int(os.environ.get("COLUMNS", "0") or 0) or views.WIDTH_WITHOUT_TERMINAL
        console = Console(highlight=False, width=width)
    with console.capture() as capture:
        console.print(views.render(result, console.width))
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None] | None]:
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


@main.command()
@click.argument("model", required=False)
@click.option(
    "-n", "count", type=click.IntRange(1), default=3, show_default=True, help="Number of directions."
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="With the index, the name of a direction.",
)
@click.option(
    "--first", type=click.IntRange(0), default=0, show_default=True, help="Index of the first direction."
)
@_search_options
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.npy",
    help="Write the directions, float32 of shape (n, d).",
)
@_model_option
@_json_option
def random(
    model: str | None, count: int, seed: int, first: int, k: int, similarity: Any, centered: bool,
    forms: bool, save: Path | None, model_option: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Random vectors and the tokens nearest to them.

    Directions are uniform on the sphere; "seed 0, index 7" is the same vector for everybody.
    """
    space = _load(model, model_option)
    from tokensphere.analysis.neighbors import nearest
    from tokensphere.geometry.directions import RandomDirections

    directions = RandomDirections(space.shape[1], count, first=first, seed=seed)
    with _progress(count) as progress:
        result = nearest(
            space, directions, k=k, similarity=similarity, centered=centered, forms=forms,
            progress=progress,
        )  # fmt: skip
    if save is not None:
        from tokensphere.views.npy import save_directions

        save_directions(directions, save)
    _show(result, as_json)


@main.command()
@click.argument("tokens", nargs=-1, metavar="[TOKEN]...")
@click.option("--plus", multiple=True, metavar="TOKEN", help="Add a token. May be repeated.")
@click.option("--minus", multiple=True, metavar="TOKEN", help="Subtract a token. May be repeated.")
@click.option(
    "--vector",
    type=click.Path(path_type=Path),
    metavar="FILE.npy",
    help="Directions from a NumPy file, shape (d,) or (m, d).",
)
@_search_options
@_model_option
@_json_option
def near(
    tokens: tuple[str, ...], plus: tuple[str, ...], minus: tuple[str, ...], vector: Path | None,
    k: int, similarity: Any, centered: bool, forms: bool, model_option: str | None, as_json: bool,
) -> None:  # fmt: skip
    """The tokens nearest to tokens, their sums, or vectors.

    \b
    tokensphere near " Paris"
    tokensphere near " Paris" " London" " Tokyo"
    tokensphere near " king" --minus " man" --plus " woman"
    tokensphere near --vector probe.npy

    A leading space is part of a token; ␣Paris and id:1234 are understood, too.
    """  # noqa: D301 - click wants the character
    if vector is not None and (tokens or plus or minus):
        raise InputError("give either tokens or --vector, not both")
    if not (tokens or plus or minus or vector):
        raise InputError("nothing to look for: give a token, --plus / --minus, or --vector FILE.npy")
    if (plus or minus) and len(tokens) > 1:
        raise InputError("with --plus or --minus, give one token and the others as --plus")
    space = _load(None, model_option)
    from tokensphere.analysis.neighbors import nearest

    settings: dict[str, Any] = {
        "k": k, "similarity": similarity, "centered": centered, "forms": forms,
    }  # fmt: skip
    if vector is not None:
        from tokensphere.sources.arrays import read_npy

        result = nearest(space, read_npy(vector), name=vector.name, **settings)
    elif plus or minus:
        result = nearest(space, positive=[*tokens, *plus], negative=list(minus), **settings)
    else:
        result = nearest(space, list(tokens), **settings)
    _show(result, as_json)


@main.command()
@click.argument("first")
@click.argument("second")
@click.option(
    "--pairs",
    type=click.IntRange(100),
    default=200_000,
    show_default=True,
    help="Random pairs to rank the cosine among.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the random pairs."
)
@_model_option
@_json_option
def pair(
    first: str, second: str, pairs: int, seed: int, model_option: str | None, as_json: bool
) -> None:
    """The cosine of two tokens, and where it ranks among all pairs.

    \b
    tokensphere pair " female" " alt"
    """  # noqa: D301 - click wants the character
    space = _load(None, model_option)
    from tokensphere.analysis.pair import pair as measure

    _show(measure(space, first, second, n_pairs=pairs, seed=seed), as_json)


@main.command()
@click.argument("model", required=False)
@_model_option
@_json_option
def info(model: str | None, model_option: str | None, as_json: bool) -> None:
    """Shape, norms, mean cosine, kinds of tokens, licence."""
    space = _load(model, model_option)
    from tokensphere.analysis.summary import summarize

    _show(summarize(space), as_json)
