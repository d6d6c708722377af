"""The command line: parse, call one library function, show.

Everything heavy is imported inside the commands, so that ``--help`` needs no NumPy.
"""

from __future__ import annotations

import contextlib
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
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # an output that lacks ␣ gets an escape, not a crash
                stream.reconfigure(errors="backslashreplace")
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
            sys.stdout.flush()  # a full disk shows only now
            return result
        except click.exceptions.Exit as stop:
            sys.exit(stop.exit_code)
        except (click.exceptions.Abort, KeyboardInterrupt):
            self._fail("stopped", _INTERRUPTED)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            sys.exit(2)
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
            _forget_output()
            sys.exit(0)
        except OSError as error:
            _forget_output()
            self._fail(f"cannot write the output: {error.strerror or error}")

    @staticmethod
    def _fail(message: str, status: int = 2) -> None:
        click.echo(f"tokensphere: {' '.join(message.split())}", err=True)
        sys.exit(status)


def _forget_output() -> None:
    """Nobody takes our output any more: drop what is buffered, also at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="tokensphere %(version)s")
def main() -> None:
    """Random vectors, nearest tokens, and the geometry of token embeddings.

    MODEL is the bundled model (smollm2-135m-instruct) unless you name another: a file (safetensors,
    GGUF, npy, word2vec, GloVe, CTranslate2, PyTorch), a model's folder, or a repository owner/name
    of the Hugging Face Hub, of which only the embedding is fetched. The variable TOKENSPHERE_MODEL
    sets it for all commands.
    """


def _model_options(command: Command) -> Command:
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
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


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


def _load(positional: str | None = None) -> EmbeddingSpace:
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


def _show(result: Any, as_json: bool) -> None:
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
@_model_options
@_json_option
def random(
    model: str | None, count: int, seed: int, first: int, k: int, similarity: Any, centered: bool,
    forms: bool, save: Path | None, as_json: bool, **_model: Any,
) -> None:  # fmt: skip
    """Random vectors and the tokens nearest to them.

    Directions are uniform on the sphere; "seed 0, index 7" is the same vector for everybody.
    """
    space = _load(model)
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
@_model_options
@_json_option
def near(
    tokens: tuple[str, ...], plus: tuple[str, ...], minus: tuple[str, ...], vector: Path | None,
    k: int, similarity: Any, centered: bool, forms: bool, as_json: bool, **_model: Any,
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
    space = _load()
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
@_model_options
@_json_option
def pair(first: str, second: str, pairs: int, seed: int, as_json: bool, **_model: Any) -> None:
    """The cosine of two tokens, and where it ranks among all pairs.

    \b
    tokensphere pair " female" " alt"
    """  # noqa: D301 - click wants the character
    space = _load()
    from tokensphere.analysis.pair import pair as measure

    _show(measure(space, first, second, n_pairs=pairs, seed=seed), as_json)


@main.command()
@click.argument("model", required=False)
@_model_options
@_json_option
def info(model: str | None, as_json: bool, **_model: Any) -> None:
    """Shape, norms, mean cosine, kinds of tokens, licence."""
    space = _load(model)
    from tokensphere.analysis.summary import summarize

    _show(summarize(space), as_json)


@main.group()
def cache() -> None:
    """What was fetched from the hub: list, path, verify, remove."""


@cache.command("list")
@_json_option
def cache_list(as_json: bool) -> None:
    """The matrices in the cache."""
    from tokensphere.sources.cache import cache_root, entries
    from tokensphere.views.cache import cache_json, cache_table

    found = entries()
    if as_json:
        click.echo(cache_json(cache_root(), found))
    else:
        click.echo(cache_table(cache_root(), found))


@cache.command("path")
@_json_option
def cache_path(as_json: bool) -> None:
    """Where the cache is."""
    from tokensphere.sources.cache import cache_root
    from tokensphere.views.cache import cache_json

    click.echo(cache_json(cache_root(), []) if as_json else str(cache_root()))


@cache.command("verify")
@_json_option
def cache_verify(as_json: bool) -> None:
    """Compute every SHA-256 again and compare."""
    from tokensphere.sources.cache import cache_root, entries, verify
    from tokensphere.views.cache import cache_json

    found = entries()
    for entry in found:
        verify(entry)
    whole = f"{len(found)} of {len(found)} matrices are as they were fetched"
    click.echo(cache_json(cache_root(), found) if as_json else whole)


@cache.command("remove")
@click.argument("model")
@_json_option
def cache_remove(model: str, as_json: bool) -> None:
    """Remove MODEL (owner/name or owner/name@revision) from the cache."""
    from tokensphere.sources.cache import cache_root
    from tokensphere.sources.cache_writer import remove
    from tokensphere.views.cache import cache_json

    removed = remove(model)
    said = f"removed {len(removed)} matrices of {model}"
    click.echo(cache_json(cache_root(), removed) if as_json else said)
