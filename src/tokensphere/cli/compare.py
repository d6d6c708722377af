"""``compare``: models side by side, and how far every two agree on the tokens that they share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tokensphere.cli import complete, options, progress, running
from tokensphere.cli.app import main
from tokensphere.errors import InputError


@main.command()
@click.argument(
    "models", nargs=-1, required=True, metavar="MODEL MODEL...", shell_complete=complete.models
)
@options.number("-n", 1_000, "Random directions of each survey; 0 for no survey.", to="count")
@options.number("--seed", 0, "Of directions, and of what is put in random order.")
@options.k(2, "Nearest tokens of a direction, and of a token.")
@options.centered(True)
@options.number("--lists", 20_000, "Shared tokens whose nearest are looked for, at random.", least=2)
@options.matrix
@options.refresh
@options.device
@options.flag("--full", "Of three models or more every two in detail, too.")
@options.option("--page", "Write one page of HTML, too: tables, picture, tokens.", type=options.FILE,
                metavar="FILE.html")  # fmt: skip
@options.plot
@options.json
@options.csv
def compare(
    models: tuple[str, ...], count: int, seed: int, k: int, centered: bool, lists: int, refresh: bool,
    page: Path | None, **_: Any,
) -> None:  # fmt: skip
    """Do models agree? Side by side, with intervals.

    \b
    tokensphere compare smollm2-135m-instruct gpt2 ./my-model
    tokensphere compare gpt2 gpt2-large --page gpt2.html

    Each by itself: shape, norms, mean cosine, effective dimensions, how often random neighbourhoods
    cohere, hubs. Every two on the tokens that they share: how many of a token's nearest are the same,
    how cosines correlate (RSA), linear CKA, the best rotation; which tokens agree most and least, and
    which moved most. A model is named as --model names it elsewhere; NAME@REVISION takes a revision.
    """  # noqa: D301 - click wants the character
    if len(models) < 2:
        raise InputError(f"one model, {models[0]!r}, is nothing to compare; name two or more")
    running.check_paths()
    if page is not None:
        from tokensphere.views.page import check_page_path

        check_page_path(page)
    spaces = [_load(model, refresh) for model in models]
    from tokensphere.analysis.compare.measure import compare as measure
    from tokensphere.analysis.compare.measure import count_parts

    with progress.steps_of("compare", lambda: count_parts(len(spaces))) as step:
        result = measure(
            *spaces, n_directions=count, k=k, centered=centered, n_lists=lists, seed=seed,
            compute=running.compute(), store=running.null_files("surrogates"), progress=step,
        )  # fmt: skip
    try:
        if page is not None:
            result.page(page)
    finally:
        running.show(result)


def _load(model: str, refresh: bool) -> Any:
    """One of the models; what is wrong names it."""
    from tokensphere.sources.load import load

    matrix = running.asked()["matrix"] if running.typed("matrix") else None
    with progress.fetching(model) as show_bytes:
        return load(model, matrix=matrix, refresh=refresh, progress=show_bytes)
