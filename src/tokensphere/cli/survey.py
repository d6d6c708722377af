"""``survey``: how often random neighbourhoods cohere; can be stopped, saved and continued."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tokensphere.cli.app import INTERRUPTED, main
from tokensphere.cli.jobs import do
from tokensphere.cli.naming import label_table_of, labels_option
from tokensphere.cli.options import (
    centered_option,
    check_paths,
    forms_option,
    fresh_option,
    json_option,
    k_option,
    load_model,
    model_options,
    number_option,
    plot_option,
    random_options,
    save_option,
    settings_of,
    show,
)


@main.command()
@click.argument("model", required=False)
@number_option("-n", 10_000, "Number of directions.", least=1, to="count")
@random_options
@k_option(2, "Neighbours in the lists shown; rates are given for 5, 10 and 20, too.")
@centered_option
@forms_option
@click.option("--surrogate", type=click.Choice(["matched", "gaussian"]), default="matched",
              show_default=True, help="Law of the vocabulary with no words.")  # fmt: skip
@number_option("--surrogate-seed", 0, "Of the vocabulary with no words.")
@click.option("--name", "named", is_flag=True,
              help="Say how often neighbours share a label, and which; so does --labels.")  # fmt: skip
@labels_option
@save_option
@fresh_option
@plot_option
@model_options
@json_option
def survey(
    model: str | None, count: int, seed: int, first: int, surrogate: Any, surrogate_seed: int,
    named: bool, labels_file: str | None, save: Path | None, fresh: bool, plot: Path | None,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """How often are random neighbourhoods coherent?

    Against a vocabulary with the same anisotropy but no words; rates are given for rows as they are and
    centred, with and without repeated forms. Ctrl-C shows what is done so far; with --save it is kept,
    and the same command with the same or a larger -n goes on from there.
    """
    check_paths(save, plot)
    space = load_model(model)
    from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob, check_count, name_survey
    from tokensphere.geometry.directions import RandomDirections

    check_count(count)
    job = SurveyJob(
        space,
        RandomDirections(space.shape[1], count, first=first, seed=seed),
        search=settings_of(options),
        surrogate=SurrogateSpec(surrogate, surrogate_seed),
    )
    # Before the work of minutes, so that a mistake in a file of labels costs none.
    labels = label_table_of(space, labels_file) if named or labels_file is not None else None
    done = do(job, "directions", save=save, fresh=fresh)
    result = job.result(done.part)
    if labels is not None:
        from tokensphere.sources.cache.arrays import NullFiles

        result = name_survey(space, result, labels=labels, store=NullFiles())
    if plot is not None:
        from tokensphere.views.figures.survey import plot_survey

        plot_survey(result, plot)
    show(result, as_json)
    if done.stopped:
        sys.exit(INTERRUPTED)
