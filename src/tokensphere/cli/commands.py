"""``random``, ``near``, ``pair`` and ``info``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from tokensphere.cli.app import main
from tokensphere.cli.naming import named_if_asked, naming_options
from tokensphere.cli.options import (
    FILE,
    axis_option,
    given_directions,
    json_option,
    load_model,
    model_options,
    number_option,
    progress_bar,
    random_options,
    search_options,
    settings_of,
    show,
    tokens_option,
)
from tokensphere.errors import InputError


@main.command()
@click.argument("model", required=False)
@number_option("-n", 3, "Number of directions.", least=1, to="count")
@random_options
@search_options
@click.option("--save", type=FILE, metavar="FILE.npy",
              help="Write the directions, float32 of shape (n, d).")  # fmt: skip
@naming_options
@model_options
@json_option
def random(
    model: str | None, count: int, seed: int, first: int, save: Path | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Random vectors and the tokens nearest to them.

    Directions are uniform on the sphere; "seed 0, index 7" is the same vector for everybody.
    """
    space = load_model(model)
    from tokensphere.analysis.nearest import nearest
    from tokensphere.geometry.directions import RandomDirections

    directions = RandomDirections(space.shape[1], count, first=first, seed=seed)
    with progress_bar(count) as progress:
        result = nearest(space, directions, progress=progress, **settings_of(options).to_dict())
    if save is not None:
        from tokensphere.formats.numpy import write_rows

        write_rows(directions, save)
    show(named_if_asked(space, result, options), as_json)


@main.command()
@click.argument("tokens", nargs=-1, metavar="[TOKEN]...")
@click.option("--plus", multiple=True, metavar="TOKEN", help="Add a token. May be repeated.")
@click.option("--minus", multiple=True, metavar="TOKEN", help="Subtract a token. May be repeated.")
@click.option("--vector", metavar="FILE[:TENSOR]",
              help="Directions in a NumPy, safetensors, GGUF or PyTorch file.")  # fmt: skip
@tokens_option
@axis_option
@search_options
@naming_options
@model_options
@json_option
def near(
    tokens: tuple[str, ...], plus: tuple[str, ...], minus: tuple[str, ...], vector: str | None,
    tokens_file: Path | None, axis: int | None, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """The tokens nearest to tokens, their sums, or vectors.

    \b
    tokensphere near " Paris"
    tokensphere near " Paris" " London" " Tokyo"
    tokensphere near " king" --minus " man" --plus " woman"
    tokensphere near --vector probe.npy
    tokensphere near --tokens pairs.txt

    A leading space is part of a token; ␣Paris and id:1234 are understood, too.
    """  # noqa: D301 - click wants the character
    named = bool(tokens or plus or minus)
    if named + (vector is not None) + (tokens_file is not None) > 1:
        raise InputError("give tokens, --vector or --tokens, and only one of them")
    if not (named or vector or tokens_file):
        raise InputError("nothing to look for: give a token, --plus / --minus, or --vector FILE")
    if (plus or minus) and len(tokens) > 1:
        raise InputError("with --plus or --minus, give one token and the others as --plus")
    space = load_model()
    from tokensphere.analysis.nearest import nearest

    search = settings_of(options).to_dict()
    with ExitStack() as files:
        if not named:
            given = given_directions(space, files, vector, tokens_file, axis)
            result = nearest(space, given, **search)
        elif plus or minus:
            result = nearest(space, positive=[*tokens, *plus], negative=list(minus), **search)
        else:
            result = nearest(space, list(tokens), **search)
        show(named_if_asked(space, result, options), as_json)


@main.command()
@click.argument("first")
@click.argument("second")
@number_option("--pairs", 200_000, "Random pairs to rank the cosine among.", least=100)
@number_option("--seed", 0, "Of the random pairs.")
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
