"""``random``, ``nearest``, ``pair`` and ``info``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from tokensphere.cli import complete, options, running
from tokensphere.cli import typed as as_typed
from tokensphere.cli.app import main
from tokensphere.cli.naming import namer_if_asked
from tokensphere.errors import InputError


@main.command()
@click.argument("names", nargs=-1, metavar="[SEED/INDEX]...")
@options.number("-n", 3, "Number of directions.", least=1, to="count")
@options.random
@options.search
@options.device
@options.option("--save", "Write the directions, float32 of shape (n, d).", type=options.FILE,
                metavar="FILE.npy")  # fmt: skip
@options.naming
@options.model
@options.jsonl
@options.csv
def random(names: tuple[str, ...], save: Path | None, **_: Any) -> None:
    """Random vectors and the tokens nearest to them.

    \b
    tokensphere random
    tokensphere random 0/867 7/12

    Directions are uniform on the sphere; 0/867, "seed 0, index 867", is the same vector for everybody.
    """  # noqa: D301 - click wants the character
    if save is not None:
        from tokensphere.formats.numpy import check_numpy_path

        check_numpy_path(save)
    if names:
        as_typed.check_alone("SEED/INDEX", count="-n", seed="--seed", first="--first")
    space = running.load_model()
    from tokensphere.analysis.nearest import Search

    drawn: Any = (
        running.random_directions(space) if not names else as_typed.named_directions(space, names)
    )
    search = Search(space, drawn, running.search_settings(), compute=running.compute())

    def saved() -> None:
        if save is not None:
            from tokensphere.formats.numpy import write_rows

            write_rows(drawn, save)

    running.show_lists(search, namer_if_asked(space), before=saved)


@main.command()
@click.argument(
    "typed", nargs=-1, metavar="[TOKEN | FILE[:TENSOR] | SAE]...", shell_complete=complete.tokens
)
@options.option("--positive", "Add a token. May be repeated.", multiple=True, metavar="TOKEN",
                shell_complete=complete.tokens)  # fmt: skip
@options.option("--negative", "Subtract a token. May be repeated.", multiple=True, metavar="TOKEN",
                shell_complete=complete.tokens)  # fmt: skip
@options.directions
@options.tokens
@options.axis
@options.vectors
@options.both_ends
@options.search
@options.device
@options.naming
@options.model
@options.jsonl
@options.csv
def nearest(
    typed: tuple[str, ...], positive: tuple[str, ...], negative: tuple[str, ...],
    directions: str | None, tokens_file: Path | None, both_ends: bool, **_: Any,
) -> None:  # fmt: skip
    """The tokens nearest to tokens, their sums, or vectors. Short: near.

    \b
    tokensphere nearest " Paris"
    tokensphere nearest " Paris" " London" " Tokyo"
    tokensphere nearest " king - man + woman"
    tokensphere nearest 0/867
    tokensphere nearest probe.npy
    tokensphere nearest sae.safetensors:W_dec[8956] --both-ends
    tokensphere nearest --tokens pairs.txt

    A leading space is part of a token; of a sum that begins with one, all words have it. ␣Paris, ĠParis,
    ▁Paris and id:1234 are understood where no token is spelled so; 0/867 is a random direction. Rows
    are as they are for these; for a FILE, an SAE and --tokens FILE centred, as test has them.
    """  # noqa: D301 - click wants the character
    named = bool(typed or positive or negative)
    if named + (directions is not None) + (tokens_file is not None) > 1:
        raise InputError("give tokens, --directions or --tokens, and only one of them")
    if not (named or directions or tokens_file):
        raise InputError("nothing to look for: give a token, a sum of tokens, or --directions FILE")
    if (positive or negative) and len(typed) > 1:
        raise InputError("with --positive or --negative, give one token and the others as --positive")
    from tokensphere.analysis.nearest import Search
    from tokensphere.directions.given import make_directions
    from tokensphere.directions.tokens import TokenSum

    given: Any = list(typed)
    with ExitStack() as files:
        sae = running.given_sae(files, directions or as_typed.path_of(typed))
        space = running.load_model(sae)
        if not (positive or negative) and (sae or as_typed.is_file(space, typed)):
            directions, named = (directions or typed[0]), False
        if not named:
            running.center_by_default()
            given = running.given_directions(space, files, directions, sae)
        elif positive or negative:
            given = TokenSum((*typed, *positive), negative)
        if both_ends:
            given = make_directions(space, given, running.search_settings()).both_ends()
        search = Search(space, given, running.search_settings(), compute=running.compute())
        as_typed.tell_also(search.directions)
        running.show_lists(search, namer_if_asked(space))


@main.command()
@click.argument("first", metavar="TOKEN", shell_complete=complete.tokens)
@click.argument("second", metavar="TOKEN", shell_complete=complete.tokens)
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
@options.only_model
@options.csv
def info(system: bool, **_: Any) -> None:
    """Shape, norms, mean cosine, kinds of tokens, licence."""
    if system:
        running.show_system()
        return
    space = running.load_model()
    from tokensphere.analysis.info import info as about

    running.show(about(space))
