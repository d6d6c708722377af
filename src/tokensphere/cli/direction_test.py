"""``test``: is a direction more than chance? Can be stopped, saved and continued."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from tokensphere.cli.app import INTERRUPTED, main
from tokensphere.cli.jobs import do
from tokensphere.cli.naming import label_table_of, labels_option
from tokensphere.cli.options import (
    axis_option,
    check_paths,
    forms_option,
    fresh_option,
    given_directions,
    json_option,
    k_option,
    load_model,
    model_options,
    number_option,
    plot_option,
    save_option,
    settings_of,
    show,
    together,
    tokens_option,
)
from tokensphere.errors import InputError

_null_options = together(
    click.option("--null", "null", default="isotropic", show_default=True, metavar="LAW",
                 help="isotropic, covariance, difference, or sample:FILE."),
    click.option("--sample", metavar="FILE", help="Directions to draw from, for --null sample."),
    number_option("--nulls", 10_000, "Directions of the null.", least=1, to="n_null"),
    click.option("--settle", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="P",
                 help="Draw on until it is clear which p are below this."),
    number_option("--most-nulls", 100_000, "The most that --settle draws.", least=1),
    number_option("--seed", 0, "Of the null."),
)  # fmt: skip
_near_options = together(
    k_option(2),
    click.option("--similarity", type=click.Choice(["cosine", "dot"]), default="cosine",
                 show_default=True, help="What 'near' means."),
    click.option("--centered/--raw", "centered", default=True, show_default=True,
                 help="Rows less their mean, or as they are."),
    forms_option,
)  # fmt: skip
_shown_options = together(
    click.option("--statistic", type=click.Choice(["nearness", "cosine", "coherence", "label"]),
                 default="nearness", show_default=True, help="Whose p is sorted and settled."),
    click.option("--sort", "by", type=click.Choice(["p", "q", "T", "name"]), default="p",
                 show_default=True, help="Which directions come first."),
    number_option("--top", 20, "How many directions to show; 0 for all."),
)  # fmt: skip


@main.command("test")
@click.argument("directions", required=False, metavar="[FILE[:TENSOR]]")
@tokens_option
@axis_option
@_null_options
@_near_options
@click.option("--both-ends", is_flag=True, help="Test the opposite of each direction, too.")
@_shown_options
@save_option
@fresh_option
@plot_option
@labels_option
@model_options
@json_option
def direction_test(
    directions: str | None, tokens_file: Path | None, axis: int | None, null: str, sample: str | None,
    n_null: int, settle: float | None, most_nulls: int, seed: int, both_ends: bool, statistic: str,
    by: str, top: int, save: Path | None, fresh: bool, plot: Path | None, labels_file: str | None,
    as_json: bool, **options: Any,
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
    law, sample = _law(null, sample)
    if (directions is None) == (tokens_file is None):
        raise InputError("give directions in a FILE, or --tokens FILE, and not both")
    check_paths(save, plot)
    if settle is not None and most_nulls < n_null:
        raise InputError(f"--most-nulls is {most_nulls}, below --nulls {n_null}; allow as many or more")
    space = load_model()
    from tokensphere.analysis.direction_test.job import DirectionTestJob, SettleSpec
    from tokensphere.analysis.direction_test.null import NullSpec
    from tokensphere.directions.given import make_directions
    from tokensphere.sources.cache.arrays import NullFiles

    search = settings_of(options)
    with ExitStack() as files:
        given = make_directions(
            space, given_directions(space, files, directions, tokens_file, axis), search
        )
        drawn_from = None if sample is None else given_directions(space, files, sample, None, axis)
        job = DirectionTestJob(
            space,
            given.both_ends() if both_ends else given,
            null=NullSpec(law, n_null, seed, drawn_from),
            search=search,
            labels=label_table_of(space, labels_file),
            settle=None if settle is None else SettleSpec(settle, statistic, most_nulls),
            store=NullFiles(),
        )
        done = do(job, "directions", save=save, fresh=fresh)
        ranked = job.result(done.part).top(top, by=by, statistic=statistic)
        if plot is not None:
            from tokensphere.views.figures.direction_test import plot_direction_test

            plot_direction_test(ranked, plot)
        show(ranked, as_json)
    if done.stopped:
        sys.exit(INTERRUPTED)


def _law(null: str, sample: str | None) -> tuple[Any, str | None]:
    """The law and the file of its sample."""
    law, colon, file = null.partition(":")
    if colon and law != "sample":
        raise InputError(f"--null {null!r:.100} is unknown: only sample takes a file, as sample:FILE")
    if file and sample:
        raise InputError("two samples are given, with --null sample:FILE and with --sample; give one")
    if law == "sample" and not (file or sample):
        raise InputError("--null sample needs a file to draw directions from: --null sample:FILE")
    return law, file or sample
