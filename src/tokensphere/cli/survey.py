"""``survey``: how often random neighbourhoods cohere; can be stopped, saved and continued."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli.app import INTERRUPTED, main
from tokensphere.cli.naming import label_table_of, labels_option
from tokensphere.cli.options import json_option, load_model, model_options, rate_bar, show
from tokensphere.errors import InputError

if TYPE_CHECKING:
    from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
    from tokensphere.analysis.survey.result import Survey
    from tokensphere.labels.table import LabelTable
    from tokensphere.space import EmbeddingSpace

_VERSION = 2  # of what the records are; raised whenever the same settings would give others
_SAVE_AFTER = 30.0  # seconds of work that may be lost if the machine stops


@main.command()
@click.argument("model", required=False)
@click.option(
    "-n",
    "count",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Number of directions.",
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
@click.option(
    "-k",
    "k",
    type=click.IntRange(2),
    default=10,
    show_default=True,
    help="Neighbours in the lists shown; rates are given for 5, 10 and 20, too.",
)
@click.option(
    "--centered", is_flag=True, help="Show the lists on centred rows; rates are given for both."
)
@click.option(
    "--forms", is_flag=True, help="Show lists with one token a form; rates are given for both."
)
@click.option(
    "--surrogate",
    type=click.Choice(["matched", "gaussian"]),
    default="matched",
    show_default=True,
    help="Law of the vocabulary with no words.",
)
@click.option(
    "--surrogate-seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Of the vocabulary with no words.",
)
@click.option(
    "--name",
    "named",
    is_flag=True,
    help="Say how often neighbours share a label, and which; so does --labels.",
)
@labels_option
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.parquet",
    help="Keep every direction's numbers; a survey that is there is continued.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.png",
    help="Draw it, too (.png, .svg or .pdf).",
)
@model_options
@json_option
def survey(
    model: str | None, count: int, seed: int, first: int, k: int, centered: bool, forms: bool,
    surrogate: Any, surrogate_seed: int, named: bool, labels_file: str | None, save: Path | None,
    plot: Path | None, as_json: bool, **_model: Any,
) -> None:  # fmt: skip
    """How often are random neighbourhoods coherent?

    Against a vocabulary with the same anisotropy but no words. Ctrl-C shows what is done so far; with
    --save it is kept, and the same command with the same or a larger -n goes on from there.
    """
    _check_paths(save, plot)
    space = load_model(model)
    from tokensphere.analysis.survey.job import check_count, summarize_survey, survey_settings

    check_count(count)
    settings = survey_settings(
        space, seed=seed, first=first, k=k, centered=centered, forms=forms, surrogate=surrogate,
        surrogate_seed=surrogate_seed,
    )  # fmt: skip
    # Before the work of minutes, so that a mistake in a file of labels costs none.
    labels = label_table_of(space, labels_file) if named or labels_file is not None else None
    there = _saved(save, space, settings) if save is not None else None
    records = _run(space, settings, count, there, save)
    result = summarize_survey(space, settings, records, asked=count)
    if labels is not None:
        result = _named(space, result, labels)
    if plot is not None:
        from tokensphere.views.figures.survey import plot_survey

        plot_survey(result, plot)
    show(result, as_json)
    if len(records) < count:
        sys.exit(INTERRUPTED)


def _check_paths(save: Path | None, plot: Path | None) -> None:
    if save is not None:
        from tokensphere.formats.parquet import check_parquet_path

        check_parquet_path(save)
    if plot is not None:
        from tokensphere.views.figures.canvas import check_figure_path

        check_figure_path(plot)


def _metadata(space: EmbeddingSpace, settings: SurveySettings) -> dict[str, Any]:
    """What the records depend on, for the file."""
    return {
        "what": "survey",
        "version": _VERSION,
        "model": space.provenance.to_dict(),
        "settings": settings.to_dict(),
    }


def _saved(save: Path, space: EmbeddingSpace, settings: SurveySettings) -> SurveyRecords | None:
    """The records in the file, if it is there and is of this survey."""
    if not save.exists():
        return None
    from tokensphere.analysis.survey.records import SurveyRecords
    from tokensphere.formats.parquet import read_columns

    columns, metadata = read_columns(save)
    wanted = _metadata(space, settings)
    parts = ("settings", "model")
    whole = all(isinstance(metadata.get(part), dict) for part in parts)
    if metadata.get("what") != "survey" or not whole:
        raise InputError(f"{save} holds no survey; name another file")
    if metadata.get("version") != _VERSION:
        raise InputError(f"{save} holds a survey of another version of tokensphere; name another file")
    for part in parts:
        kept, now = metadata[part], wanted[part]
        for name in now:
            if kept.get(name) != now[name] and name not in {"source", "license", "model"}:
                raise InputError(
                    f"{save} holds another survey: its {name} is {kept.get(name)!r}, not {now[name]!r};"
                    " name another file"
                )
    return SurveyRecords.from_columns(columns, settings)


def _run(
    space: EmbeddingSpace,
    settings: SurveySettings,
    count: int,
    there: SurveyRecords | None,
    save: Path | None,
) -> SurveyRecords:
    """The records of `count` directions, those that are there and new ones; fewer after Ctrl-C."""
    from tokensphere.analysis.survey.records import SurveyRecords

    parts = [] if there is None else [there]
    done = sum(map(len, parts))
    if done < count:
        done = _survey_on(space, settings, parts, done, count, save)
    if not parts:
        raise KeyboardInterrupt
    records = SurveyRecords.join(parts)
    if save is not None and (there is None or len(records) > len(there)):
        _save(save, space, settings, records)
    return records.take(min(count, len(records)))


def _survey_on(
    space: EmbeddingSpace,
    settings: SurveySettings,
    parts: list[SurveyRecords],
    done: int,
    count: int,
    save: Path | None,
) -> int:
    """Add blocks to `parts` until there are `count` directions, or Ctrl-C comes."""
    from tokensphere.analysis.survey.measure import SurveyRun
    from tokensphere.analysis.survey.records import SurveyRecords

    try:
        with rate_bar(count, done) as progress:
            run = SurveyRun(space, settings)
            saved = time.monotonic()
            for part in run.blocks(done, count):
                parts.append(part)
                done += len(part)
                if progress is not None:
                    progress(len(part))
                if save is not None and done < count and time.monotonic() - saved > _SAVE_AFTER:
                    parts[:] = [SurveyRecords.join(parts)]
                    _save(save, space, settings, parts[0])
                    saved = time.monotonic()
    except KeyboardInterrupt:
        from tokensphere.analysis.survey.job import check_count

        if not done:
            raise
        click.echo(f"tokensphere: stopped after {done:,} of {count:,} directions", err=True)
        check_count(done)
    return done


def _save(save: Path, space: EmbeddingSpace, settings: SurveySettings, records: SurveyRecords) -> None:
    from tokensphere.formats.parquet import write_columns

    write_columns(save, records.to_columns(settings), _metadata(space, settings))


def _named(space: EmbeddingSpace, result: Survey, labels: LabelTable) -> Survey:
    from tokensphere.analysis.survey.job import name_survey
    from tokensphere.sources.cache.arrays import NullFiles

    return name_survey(space, result, labels=labels, store=NullFiles())
