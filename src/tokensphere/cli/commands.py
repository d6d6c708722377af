"""``random``, ``near``, ``pair`` and ``info``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tokensphere.cli.app import main
from tokensphere.cli.naming import named_if_asked, naming_options
from tokensphere.cli.options import (
    json_option,
    load_model,
    model_options,
    progress_bar,
    search_options,
    show,
)
from tokensphere.errors import InputError


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
@search_options
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.npy",
    help="Write the directions, float32 of shape (n, d).",
)
@naming_options
@model_options
@json_option
def random(
    model: str | None, count: int, seed: int, first: int, k: int, similarity: Any, centered: bool,
    forms: bool, save: Path | None, named: bool, labels_file: str | None, kinds: tuple[str, ...],
    as_json: bool, **_model: Any,
) -> None:  # fmt: skip
    """Random vectors and the tokens nearest to them.

    Directions are uniform on the sphere; "seed 0, index 7" is the same vector for everybody.
    """
    space = load_model(model)
    from tokensphere.analysis.nearest import nearest
    from tokensphere.geometry.directions import RandomDirections

    directions = RandomDirections(space.shape[1], count, first=first, seed=seed)
    with progress_bar(count) as progress:
        result = nearest(
            space, directions, k=k, similarity=similarity, centered=centered, forms=forms,
            progress=progress,
        )  # fmt: skip
    if save is not None:
        from tokensphere.formats.numpy import write_rows

        write_rows(directions, save)
    show(named_if_asked(space, result, named, labels_file, kinds), as_json)


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
@search_options
@naming_options
@model_options
@json_option
def near(
    tokens: tuple[str, ...], plus: tuple[str, ...], minus: tuple[str, ...], vector: Path | None,
    k: int, similarity: Any, centered: bool, forms: bool, named: bool, labels_file: str | None,
    kinds: tuple[str, ...], as_json: bool, **_model: Any,
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
    space = load_model()
    from tokensphere.analysis.nearest import nearest

    settings: dict[str, Any] = {
        "k": k, "similarity": similarity, "centered": centered, "forms": forms,
    }  # fmt: skip
    if vector is not None:
        from tokensphere.formats.numpy import read_npy

        result = nearest(space, read_npy(vector), name=vector.name, **settings)
    elif plus or minus:
        result = nearest(space, positive=[*tokens, *plus], negative=list(minus), **settings)
    else:
        result = nearest(space, list(tokens), **settings)
    show(named_if_asked(space, result, named, labels_file, kinds), as_json)


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
@model_options
@json_option
def pair(first: str, second: str, pairs: int, seed: int, as_json: bool, **_model: Any) -> None:
    """The cosine of two tokens, and where it ranks among all pairs.

    \b
    tokensphere pair " female" " alt"
    """  # noqa: D301 - click wants the character
    space = load_model()
    from tokensphere.analysis.pair import pair as measure

    show(measure(space, first, second, n_pairs=pairs, seed=seed), as_json)


@main.command()
@click.argument("model", required=False)
@model_options
@json_option
def info(model: str | None, as_json: bool, **_model: Any) -> None:
    """Shape, norms, mean cosine, kinds of tokens, licence."""
    space = load_model(model)
    from tokensphere.analysis.summary import summarize

    show(summarize(space), as_json)
