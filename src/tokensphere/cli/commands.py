"""``random``, ``near``, ``pair`` and ``info``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from tokensphere.cli import options, running
from tokensphere.cli.app import main
from tokensphere.cli.naming import namer_if_asked
from tokensphere.errors import InputError


@main.command()
@options.number("-n", 3, "Number of directions.", least=1, to="count")
@options.random
@options.search
@options.device
@options.option("--save", "Write the directions, float32 of shape (n, d).", type=options.FILE,
                metavar="FILE.npy")  # fmt: skip
@options.naming
@options.any_model
@options.jsonl
@options.csv
def random(save: Path | None, **_: Any) -> None:
    """Random vectors and the tokens nearest to them.

    Directions are uniform on the sphere; "seed 0, index 7" is the same vector for everybody.
    """
    if save is not None:
        from tokensphere.formats.numpy import check_numpy_path

        check_numpy_path(save)
    space = running.load_model()
    from tokensphere.analysis.nearest import Search

    directions = running.random_directions(space)
    search = Search(space, directions, running.search_settings(), compute=running.compute())

    def saved() -> None:
        if save is not None:
            from tokensphere.formats.numpy import write_rows

            write_rows(directions, save)

    running.show_lists(search, namer_if_asked(space), before=saved)


@main.command()
@click.argument("tokens", nargs=-1, metavar="[TOKEN]...")
@options.option("--plus", "Add a token. May be repeated.", multiple=True, metavar="TOKEN")
@options.option("--minus", "Subtract a token. May be repeated.", multiple=True, metavar="TOKEN")
@options.option("--vector", "Directions in a NumPy, safetensors, GGUF or PyTorch file.",
                metavar="FILE[:TENSOR]")  # fmt: skip
@options.tokens
@options.axis
@options.search
@options.device
@options.naming
@options.model
@options.jsonl
@options.csv
def near(
    tokens: tuple[str, ...], plus: tuple[str, ...], minus: tuple[str, ...], vector: str | None,
    tokens_file: Path | None, **_: Any,
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
    space = running.load_model()
    from tokensphere.analysis.nearest import Search
    from tokensphere.directions.tokens import TokenSum

    directions: Any = list(tokens)
    with ExitStack() as files:
        if not named:
            directions = running.given_directions(space, files, vector)
        elif plus or minus:
            directions = TokenSum((*tokens, *plus), minus)
        search = Search(space, directions, running.search_settings(), compute=running.compute())
        running.show_lists(search, namer_if_asked(space))


@main.command()
@click.argument("first")
@click.argument("second")
@options.number("--pairs", 200_000, "Random pairs to rank the cosine among.", least=100)
@options.number("--seed", 0, "Of the random pairs.")
@options.model
@options.csv
def pair(first: str, second: str, pairs: int, seed: int, **_: Any) -> None:
    """The cosine of two tokens, and where it ranks among all pairs.

    \b
    tokensphere pair " female" " alt"
    """  # noqa: D301 - click wants the character
    space = running.load_model()
    from tokensphere.analysis.pair import pair as measure

    running.show(measure(space, first, second, n_pairs=pairs, seed=seed))


@main.command()
@options.flag("--system", "What computes here instead: versions, processor, which kernel and why.")
@options.any_model
@options.csv
def info(system: bool, **_: Any) -> None:
    """Shape, norms, mean cosine, kinds of tokens, licence."""
    if system:
        running.show_system()
        return
    space = running.load_model()
    from tokensphere.analysis.summary import summarize

    running.show(summarize(space))
