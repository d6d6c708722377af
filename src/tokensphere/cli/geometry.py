"""``geometry``: orthogonality, where the variance lies, and the post's claims."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli.app import main
from tokensphere.cli.options import (
    FILE,
    check_paths,
    json_option,
    k_option,
    load_model,
    model_options,
    number_option,
    plot_option,
    show,
)
from tokensphere.errors import InputError

if TYPE_CHECKING:
    from tokensphere.analysis.survey.result import CoherentShare
    from tokensphere.space import EmbeddingSpace


@main.command()
@click.argument("model", required=False)
@number_option("-n", 2000, "Number of random directions.", least=2, to="count")
@number_option("--seed", 0, "Of directions, clusters and random partitions.")
@click.option("--clusters", default="100,300,1000", show_default=True, metavar="N,N,…",
              help="Numbers of clusters for k-means; 'none' with --labelling.")  # fmt: skip
@click.option("--labelling", type=FILE, metavar="FILE.tsv",
              help="Clusters of your own: lines of token, tab, label.")  # fmt: skip
@k_option()
@plot_option
@model_options
@json_option
def geometry(
    model: str | None, count: int, seed: int, clusters: str, labelling: Path | None, k: int,
    plot: Path | None, as_json: bool, **_model: Any,
) -> None:  # fmt: skip
    """Are random vectors near anything, and do clusters matter? The post's claims, measured.

    How far random directions are from all tokens, where the variance of the cosine lies (within
    clusters of tokens or between them), and how many clusters the nearest tokens come from; then six
    claims, what was measured, what chance gives, and a verdict.
    """
    numbers = _numbers(clusters)
    check_paths(None, plot)
    space = load_model(model)
    from tokensphere.analysis.claims.measure import measure_geometry

    labels = None
    if labelling is not None:
        from tokensphere.labels.labelling import read_labelling

        read = read_labelling(labelling, space.vocabulary)
        labels = read.labels
        if read.unknown:
            lines = "1 line of" if read.unknown == 1 else f"{read.unknown:,} lines of"
            name = "names" if read.unknown == 1 else "name"
            click.echo(f"tokensphere: {lines} {labelling} {name} no token of this vocabulary", err=True)
    with _parts_of_the_work() as progress:
        result = measure_geometry(
            space, n_directions=count, seed=seed, clusters=numbers, labelling=labels,
            labelling_name=labelling.name if labelling else "labelling", k=k, progress=progress,
        )  # fmt: skip
        if progress is not None:
            progress("a survey")
        if (share := _coherent_share(space, count, k, seed)) is not None:
            result = result.with_coherence(share)
    if plot is not None:
        from tokensphere.views.figures.claims import plot_geometry

        plot_geometry(result, plot)
    show(result, as_json)


def _coherent_share(space: EmbeddingSpace, count: int, k: int, seed: int) -> CoherentShare | None:
    """What a survey of as many directions finds; None if there are too few of them, or of tokens."""
    from tokensphere.analysis.survey.job import survey
    from tokensphere.geometry.directions import RandomDirections
    from tokensphere.geometry.similarity import SearchSettings

    directions = RandomDirections(space.shape[1], count, seed=seed)
    try:
        return survey(space, directions, search=SearchSettings(k), ks=(k,)).coherent_share()
    except InputError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    """What ``--clusters`` says, as numbers."""
    if text.strip().lower() == "none":
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise InputError(f"--clusters is {text!r}, but must be whole numbers with commas, as in 100,300")
    return tuple(map(int, parts))


@contextmanager
def _parts_of_the_work() -> Iterator[Callable[[str], None] | None]:
    """What is being done, on standard error, if somebody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("geometry") as status:
        yield lambda part: status.update(part)
