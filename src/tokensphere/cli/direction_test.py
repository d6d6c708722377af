"""``test``: is a direction more than chance? Can be stopped, saved and continued."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli.app import main
from tokensphere.cli.naming import label_table_of, labels_option
from tokensphere.cli.options import json_option, load_model, model_options, rate_bar, show
from tokensphere.errors import InputError, TokensphereError

if TYPE_CHECKING:
    from tokensphere.analysis.direction_test.job import DirectionTesting
    from tokensphere.analysis.direction_test.measure import Measured
    from tokensphere.analysis.direction_test.result import DirectionTest
    from tokensphere.space import EmbeddingSpace

_INTERRUPTED = 130
_SAVE_AFTER = 30.0  # seconds of work that may be lost if the machine stops


def _test_options(command: Any) -> Any:
    """What is tested, beside which null, and how that is shown."""
    path = click.Path(dir_okay=False, path_type=Path)
    options = [
        click.option("--tokens", type=path, metavar="FILE",
                     help='Directions made of tokens, one a line: " king" - " queen".'),
        click.option("--axis", type=int, metavar="N",
                     help="Axis of the tensor that has the dimensions, if several have their number."),
        click.option("--null", "null", default="isotropic", show_default=True,
                     metavar="LAW", help="isotropic, covariance, difference, or sample:FILE."),
        click.option("--sample", metavar="FILE", help="Directions to draw from, for --null sample."),
        click.option("--nulls", "n_null", type=click.IntRange(1), default=10_000, show_default=True,
                     help="Directions of the null."),
        click.option("--settle", type=click.FloatRange(0, 1, min_open=True, max_open=True),
                     metavar="P", help="Draw on until it is clear which p are below this."),
        click.option("--most-nulls", type=click.IntRange(1), default=100_000, show_default=True,
                     help="The most that --settle draws."),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                     help="Of the null."),
        click.option("-k", "k", type=click.IntRange(2), default=10, show_default=True,
                     help="Neighbours of each direction."),
        click.option("--similarity", type=click.Choice(["cosine", "dot"]), default="cosine",
                     show_default=True, help="What 'near' means."),
        click.option("--centered/--raw", "centered", default=True, show_default=True,
                     help="Rows less their mean, or as they are."),
        click.option("--forms", is_flag=True,
                     help="Of tokens that differ only in case or spacing, take the nearest."),
        click.option("--both-ends", is_flag=True, help="Test the opposite of each direction, too."),
        click.option("--statistic", type=click.Choice(["nearness", "cosine", "coherence", "label"]),
                     default="nearness", show_default=True, help="Whose p is sorted and settled."),
        click.option("--sort", "by", type=click.Choice(["p", "q", "T", "name"]), default="p",
                     show_default=True, help="Which directions come first."),
        click.option("--top", type=click.IntRange(0), default=20, show_default=True,
                     help="How many directions to show; 0 for all."),
        click.option("--save", type=path, metavar="FILE.parquet",
                     help="Keep every direction's numbers; a test that is there is continued."),
        click.option("--fresh", is_flag=True, help="Begin anew, whatever --save's file holds."),
        click.option("--plot", type=path, metavar="FILE.png",
                     help="Draw it, too (.png, .svg or .pdf)."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@main.command("test")
@click.argument("directions", required=False, metavar="[FILE[:TENSOR]]")
@_test_options
@labels_option
@model_options
@json_option
def directiontest(
    directions: str | None, tokens: Path | None, axis: int | None, null: str, sample: str | None,
    n_null: int, settle: float | None, most_nulls: int, statistic: str, by: str, top: int,
    save: Path | None, fresh: bool, plot: Path | None, labels_file: str | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Is a direction more than chance? Its nearest tokens beside those of random directions.

    \b
    tokensphere test probe.npy
    tokensphere test sae.safetensors:W_dec --model openai-community/gpt2-large
    tokensphere test model.gguf:'blk.*.ffn_down.weight' --model model.gguf
    tokensphere test --tokens pairs.txt --null difference

    For each direction the p of four statistics: are its nearest tokens near (mean cosine of the k
    nearest), is one of them (largest cosine), are they alike (coherence T), do they share a label
    (label p)? Ctrl-C shows what is done so far; with --save it is kept, and the same command goes on
    from there.
    """  # noqa: D301 - click wants the character
    law, sample = _null(null, sample)
    if (directions is None) == (tokens is None):
        raise InputError("give directions in a FILE, or --tokens FILE, and not both")
    _check_paths(save, plot)
    if settle is not None and most_nulls < n_null:
        raise InputError(f"--most-nulls is {most_nulls}, below --nulls {n_null}; allow as many or more")
    space = load_model()
    from tokensphere.analysis.direction_test.job import DirectionTesting
    from tokensphere.sources.cache.arrays import NullFiles

    how = {name: options[name] for name in _HOW}
    with ExitStack() as files:
        testing = DirectionTesting(
            space, _directions(space, files, directions, tokens, axis), null=law, store=NullFiles(),
            sample=None if sample is None else _directions(space, files, sample, None, axis),
            labels=label_table_of(space, labels_file), **how,
        )  # fmt: skip
        there = _saved(save, testing) if save is not None and not fresh and save.exists() else None
        run = _Run(testing, save, [] if there is None else [there])
        result = run.result(n_null, settle, most_nulls, statistic)
        ranked = result.top(top, by=by, statistic=statistic)
        if plot is not None:
            from tokensphere.views.figures.direction_test import plot_directiontest

            plot_directiontest(ranked, plot)
        show(ranked, as_json)
    if run.stopped:
        sys.exit(_INTERRUPTED)


_HOW = ("k", "similarity", "centered", "forms", "both_ends", "seed")


def _null(null: str, sample: str | None) -> tuple[str, str | None]:
    """The law and the file of its sample."""
    law, colon, file = null.partition(":")
    if colon and law != "sample":
        raise InputError(f"--null {null!r:.100} is unknown: only sample takes a file, as sample:FILE")
    if file and sample:
        raise InputError("two samples are given, with --null sample:FILE and with --sample; give one")
    if law == "sample" and not (file or sample):
        raise InputError("--null sample needs a file to draw directions from: --null sample:FILE")
    return law, file or sample


def _check_paths(save: Path | None, plot: Path | None) -> None:
    if save is not None:
        from tokensphere.formats.parquet import check_parquet_path

        check_parquet_path(save)
    if plot is not None:
        from tokensphere.views.figures.canvas import check_figure_path

        check_figure_path(plot)


def _directions(
    space: EmbeddingSpace, files: ExitStack, spec: str | None, tokens: Path | None, axis: int | None
) -> Any:
    """Directions in a file, open until `files` is closed, or those that a file of tokens describes."""
    if spec is None and tokens is not None:
        from tokensphere.directions.expressions import read_token_expressions

        return read_token_expressions(tokens)
    from tokensphere.directions.file import open_directions

    return files.enter_context(open_directions(str(spec), space.shape[1], axis=axis))


def _saved(save: Path, testing: DirectionTesting) -> Measured:
    """What the file has of this test."""
    from tokensphere.analysis.direction_test.saved import from_columns
    from tokensphere.formats.parquet import read_columns

    columns, metadata = read_columns(save)
    try:
        return from_columns(columns, metadata, testing.measured_from)
    except TokensphereError as error:
        raise type(error)(f"cannot go on from {save}: {error}") from error


class _Run:
    """A test that Ctrl-C stops without losing what is done."""

    def __init__(self, testing: DirectionTesting, save: Path | None, parts: list[Measured]) -> None:
        self.testing, self._save, self._parts = testing, save, parts
        self.stopped = False

    def result(
        self, n_null: int, settle: float | None, most_nulls: int, statistic: str
    ) -> DirectionTest:
        """The result of all directions, or of those that are done; saved if that is asked for."""
        from tokensphere.analysis.direction_test.measure import check_statistic

        done, draws, settled = sum(map(len, self._parts)), None, None
        try:
            with rate_bar(len(self.testing) + n_null, done) as progress:
                draws = self.testing.null(n_null, progress=progress)
                self._go_on(done, draws, progress)
            if settle is not None:
                draws, settled = self.testing.settle(
                    self.testing.join(self._parts), n_null, most=most_nulls, level=settle,
                    column=check_statistic(statistic),
                )  # fmt: skip
        except KeyboardInterrupt:
            if not self._parts or draws is None:  # of the null, what is done is in the cache
                raise
            self.stopped = True
            done = sum(map(len, self._parts))
            click.echo(
                f"tokensphere: stopped after {done:,} of {len(self.testing):,} directions", err=True
            )
        result = self.testing.result(self.testing.join(self._parts), draws, settled)
        self._keep(result)
        return result

    def _go_on(self, done: int, draws: Any, progress: Any) -> None:
        """Measure block after block; what has been measured is kept now and then."""
        saved = time.monotonic()
        for part in self.testing.blocks(done):
            self._parts.append(part)
            done += len(part)
            if progress is not None:
                progress(len(part))
            if self._save and done < len(self.testing) and time.monotonic() - saved > _SAVE_AFTER:
                self._parts[:] = [self.testing.join(self._parts)]
                if not self._parts[0].reason.all():
                    self._keep(self.testing.result(self._parts[0], draws))
                saved = time.monotonic()

    def _keep(self, result: DirectionTest) -> None:
        if self._save is None:
            return
        from tokensphere.analysis.direction_test.saved import to_columns, to_metadata
        from tokensphere.formats.parquet import write_columns

        metadata = to_metadata(result, self.testing.measured_from)
        write_columns(self._save, to_columns(result), metadata)
