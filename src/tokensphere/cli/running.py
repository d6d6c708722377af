"""What commands do: load the model, read directions and labels, do a job, print its result.

What is asked for is read from the options of the running command, see :mod:`tokensphere.cli.options`.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli import progress
from tokensphere.cli.app import INTERRUPTED, say, tell
from tokensphere.cli.stop import Stop
from tokensphere.errors import InputError

if TYPE_CHECKING:
    from tokensphere.analysis.nearest import Search
    from tokensphere.geometry.compute import Compute
    from tokensphere.geometry.directions import RandomDirections
    from tokensphere.geometry.similarity import SearchSettings
    from tokensphere.labels.table import LabelTable
    from tokensphere.saes.source import SAESource
    from tokensphere.sources.cache.arrays import NullFiles
    from tokensphere.space import EmbeddingSpace
    from tokensphere.views.progress import Bar


def asked() -> dict[str, Any]:
    """The options of the running command by their parameters."""
    return click.get_current_context().params


def load_model(sae: SAESource | None = None) -> EmbeddingSpace:
    """The model that is named, with the matrix and revision that are asked for.

    Parameters
    ----------
    sae : whose model it must be; that model is taken if none is named

    Raises
    ------
    InputError
        none is named, and the dictionary does not tell its model
    """
    from tokensphere.sources.load import load

    options, model = asked(), named_model()
    search_settings()  # what contradicts itself is told before anything is read
    if sae is not None:
        if model is None and sae.model is None:
            raise InputError(f"{sae.name} does not say which model it belongs to; {_NAME_IT}")
        if model is not None and sae.model not in (None, model):
            tell(f"note: by its files {sae.name} belongs to {sae.model}; {model} is taken, as named")
        model = model or sae.model
    given = {name: options[name] for name in ("revision", "tensor", "vocabulary", "refresh")}
    given |= {name: options[name] if typed(name) else None for name in ("matrix", "fold_norm")}
    if typed("lens"):
        given["lens"] = options["lens"]
    with progress.fetching(model) as show_bytes:
        return load(model, progress=show_bytes, **given)


def typed(name: str) -> bool:
    """Whether an option of the running command, by its parameter, has a value of the user's."""
    source = click.get_current_context().get_parameter_source(name)
    return source not in (None, click.core.ParameterSource.DEFAULT)


def named_model() -> str | None:
    """What --model names, or the argument of a command that has no other; None: the bundled one.

    Raises
    ------
    InputError
        both were typed, and differ
    """
    argument, named = asked().get("model_argument"), asked()["model"]
    source = click.get_current_context().get_parameter_source("model")
    if argument and named and argument != named:
        if source is click.core.ParameterSource.COMMANDLINE:
            raise InputError(f"two models are named, {argument!r} and {named!r}; give one")
    found: str | None = named if argument is None else argument
    return found


def search_settings() -> SearchSettings:
    """How neighbours are looked for."""
    from tokensphere.geometry.similarity import SearchSettings

    options = asked()
    given = {name: options[name] for name in SearchSettings().to_dict() if name in options}
    lens = options["lens"] if typed("lens") else None
    if lens not in (None, "cosine"):
        for name, shown in (("similarity", "dot"), ("centered", False)):
            if typed(name) and given[name] != shown:
                asked_for = "--centered" if name == "centered" else f"--similarity {given[name]}"
                raise InputError(
                    f"--lens {lens} ranks by dot on rows as they are; leave out {asked_for}, or the lens"
                )
        given |= {"similarity": "dot", "centered": False}
    if lens == "cosine" and given["similarity"] != "cosine":
        raise InputError(f"--lens cosine ranks by cosine; leave out --similarity {given['similarity']}")
    return SearchSettings(**given)


def center_by_default() -> None:
    """Have rows centred, as `test` has them, if nothing is said; distances are of rows as they are."""
    options = asked()
    by_lens = typed("lens") and options["lens"] != "cosine"
    if not (typed("centered") or by_lens or options["similarity"] == "euclidean"):
        options["centered"] = True


def compute() -> Compute | None:
    """What searches, if --device says so."""
    if (device := asked()["device"]) is None:
        return None
    from tokensphere.geometry.compute import Compute

    return Compute(backend="torch", device=device)


def random_directions(space: EmbeddingSpace) -> RandomDirections:
    """As many as -n says, from --first on."""
    from tokensphere.geometry.directions import RandomDirections

    options = asked()
    first, seed = options.get("first", 0), options["seed"]
    return RandomDirections(space.shape[1], options["count"], first=first, seed=seed)


_NAME_IT = "name it with --model (-m): a name, file, folder or owner/name"


def given_sae(files: ExitStack, spec: str | None) -> SAESource | None:
    """The dictionary that is meant, open until `files` is closed; None if another thing is.

    Raises
    ------
    InputError
        --vectors is given, and it is none
    """
    vectors = asked()["vectors"]
    if spec is not None and (sae := _open_sae(files, spec)) is not None:
        return sae
    if vectors is not None:
        raise InputError(f"--vectors {vectors} is for dictionaries of a known layout; name the tensor")
    return None


def _open_sae(files: ExitStack, spec: str) -> SAESource | None:
    """The dictionary that a text names, if it names one."""
    folder = spec.rpartition("[")[0] if spec.endswith("]") else spec
    if ":" not in spec and not os.path.isdir(os.path.expanduser(folder)):  # noqa: PTH111, PTH112
        return None  # and nothing of the Hub is imported
    from tokensphere.saes.named import means_sae, open_sae

    if not means_sae(spec):
        return None
    options = asked()
    with progress.fetching(spec) as show_bytes:
        sae = open_sae(
            spec,
            vectors=options["vectors"] or "decoder",
            refresh=options["refresh"],
            progress=show_bytes,
        )
    for note in files.enter_context(sae).notes:
        tell(f"note: {note}")
    return sae


def given_directions(
    space: EmbeddingSpace, files: ExitStack, spec: str | None, sae: SAESource | None = None
) -> Any:
    """Directions in a file, open until `files` is closed, those of a dictionary, or of --tokens."""
    options = asked()
    if sae is not None:
        if options["axis"] is not None:
            raise InputError("the layout of a dictionary says its axis; leave out --axis")
        return sae
    if spec is None and options["tokens_file"] is not None:
        from tokensphere.directions.expressions import read_token_expressions

        return read_token_expressions(options["tokens_file"])
    if spec is not None and (sae := _open_sae(files, spec)) is not None:  # of a sample
        return sae
    from tokensphere.directions.file import open_directions

    return files.enter_context(open_directions(str(spec), space.shape[1], axis=options["axis"]))


def null_files(folder: str = "nulls") -> NullFiles | None:
    """What was computed once, in a folder of the cache; None where there is no home for one."""
    from tokensphere.sources.cache.arrays import NullFiles
    from tokensphere.sources.cache.entries import cache_root

    with suppress(InputError):
        return NullFiles(cache_root() / folder)
    return None


def labels_of(space: EmbeddingSpace) -> LabelTable:
    """The labels that come with tokensphere, and those of --labels."""
    from tokensphere.labels.build import make_labels

    table = make_labels(space.vocabulary, store=null_files("labels"))
    if (file := asked()["labels_file"]) is None:
        return table
    from tokensphere.labels.user import read_labels

    return table.joined(read_labels(file, space.vocabulary))


def check_paths() -> None:
    """Find out before the work begins whether its result can be written."""
    options = asked()
    if options.get("save") is not None:
        from tokensphere.formats.parquet import check_parquet_path

        check_parquet_path(options["save"])
    if options["plot"] is not None:
        import logging

        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it makes do without a home
        from tokensphere.views.figures.canvas import check_figure_path

        check_figure_path(options["plot"])


def do_and_show(
    job: Any, result: Callable[[Any], Any], so_far: Callable[[Any], str] | None = None
) -> None:
    """Do a job of directions and show its result; Ctrl-C keeps, and shows, what is done until then.

    Parameters
    ----------
    job : the work
    result : of what is done
    so_far : what can be told of it on the way, in a line or two
    """
    from tokensphere.run import go_on

    options = asked()
    total = len(job) + job.draws
    with progress.counting(total, job.counted, long=True, besides=job.besides) as bar:
        told = None
        if bar is not None and so_far is not None:
            told = _teller(bar, so_far)
        done = go_on(job, save=options["save"], fresh=options["fresh"], progress=bar, told=told)
    if done.stopped:
        stopped = f"stopped after {len(done.part):,} of {len(job):,} directions"
        tell(stopped)
    show(result(done.part))
    if done.stopped:
        sys.exit(INTERRUPTED)


def _teller(bar: Bar, so_far: Callable[[Any], str]) -> Callable[[Any], None]:
    return lambda part: bar.known(so_far(part))


def show(result: Any) -> None:
    """Draw a result if --plot asks for it, and print it, also if it cannot be drawn."""
    from tokensphere import views

    try:
        if (path := asked().get("plot")) is not None:
            views.draw(result, path)
    finally:
        _print(result)


def show_system() -> None:
    """Print what computes here."""
    from tokensphere.analysis.system import describe_system
    from tokensphere.sources.cache.entries import cache_root

    context, cache = click.get_current_context(), None
    typed = click.core.ParameterSource.COMMANDLINE
    if any(context.get_parameter_source(name) is typed for name in {*asked()} - {"system", "as_json"}):
        raise InputError("--system says nothing of a model: leave out --model and what goes with it")
    with suppress(InputError):
        cache = cache_root()
    show(describe_system(cache))


def show_lists(
    search: Search, name: Callable[[Any], Any] | None = None, before: Callable[[], None] = lambda: None
) -> None:
    """Print lists as they are found; Ctrl-C ends that as if there were no more of them.

    Parameters
    ----------
    search : what is looked for
    name : makes of some lists what is shown of them
    before : what is done when there are lists to print, before the first is
    """
    from tokensphere import views

    options, total, done = asked(), len(search), 0
    watched = sys.stdout.isatty()  # the lists themselves tell how far it is
    stop = Stop()

    def found() -> Iterator[Any]:
        nonlocal done
        for part in stop.in_turn(search.parts()):
            shown = part if name is None else name(part)
            if not done:
                before()
            done += len(part)
            yield shown
            if advance is not None:
                advance(len(part))

    with progress.counting(0 if watched else total) as advance, stop:
        if options["csv"]:
            say_csv(views.csv_in_parts(found()))
        else:
            if options["as_json"]:
                texts = views.json_in_parts(found())
            elif options["jsonl"]:
                texts = views.json_lines(found())
            else:
                texts = views.text_in_parts(found(), **_terminal())
            for text in texts:
                say(text, color=watched or None, end="")
    if done < total:
        tell(f"stopped after {done:,} of {total:,} directions")
        sys.exit(INTERRUPTED)


def _print(result: Any) -> None:
    from tokensphere import views

    if asked().get("csv"):
        say_csv(views.csv_in_parts([result]))
    elif asked()["as_json"]:
        say(views.to_json(result))
    else:
        say(
            views.to_text(result, full=asked().get("full", False), **_terminal()),
            color=sys.stdout.isatty() or None,
        )


def say_csv(texts: Iterable[str]) -> None:
    """Print CSV, in UTF-8 whatever the output's encoding is, unless it is a terminal's."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    for text in texts:
        say(text, end="")


def _terminal() -> dict[str, Any]:
    """The width of the output, and whether it has colours."""
    from tokensphere import views

    if sys.stdout.isatty():
        plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
        from shutil import get_terminal_size  # which loads all compressions

        width = get_terminal_size((views.WIDTH_WITHOUT_TERMINAL, 24)).columns
        return {"width": width, "color": not plain}
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and 0 < len(columns) < 6 else 0
    return {"width": width or views.WIDTH_WITHOUT_TERMINAL, "color": False}
