"""``name`` and ``labels``: what tokens have in common, and what is known of tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli import complete, options, progress, running
from tokensphere.cli.app import main

if TYPE_CHECKING:
    from tokensphere.analysis.naming.neighbors import NamedNeighbors
    from tokensphere.analysis.nearest import Neighbors
    from tokensphere.space import EmbeddingSpace


def namer_if_asked(space: EmbeddingSpace) -> Callable[[Neighbors], NamedNeighbors] | None:
    """What says of lists what they share, if one of `options.naming` asks for it."""
    given = running.asked()
    if not (given["named"] or given["labels_file"] or given["kinds"]):
        return None
    from tokensphere.analysis.naming.directions import N_DIRECTIONS
    from tokensphere.analysis.naming.lists import NamingSpec
    from tokensphere.analysis.naming.neighbors import namer

    naming, labels = NamingSpec(kinds=given["kinds"] or None), running.labels_of(space)
    with progress.counting(naming.draws + N_DIRECTIONS, "draws") as advance:
        return namer(
            space, running.search_settings(), naming=naming, labels=labels,
            store=running.null_files(), progress=advance,
        )  # fmt: skip


@main.command()
@click.argument("tokens", nargs=-1, required=True, metavar="TOKEN...",
                shell_complete=complete.tokens)  # fmt: skip
@options.labels
@options.kinds
@options.number("--draws", 9_999, "Lists of random tokens to compare with.", least=1)
@options.number("--random-directions", 999, "Random directions to compare with; 0 for none.")
@options.similarity
@options.centered()
@options.forms
@options.number("--seed", 0, "Of all draws.")
@options.model
@options.csv
def name(
    tokens: tuple[str, ...],
    kinds: tuple[str, ...],
    draws: int,
    random_directions: int,
    seed: int,
    **_: Any,
) -> None:
    """What tokens have in common, and whether that is more than chance.

    \b
    tokensphere name " determines" " distinguishes" " emphasizes" " consists" " operates"
    tokensphere name --labels mine.tsv " Paris" " London" " Tokyo"

    A name needs a label that 3 or more of the tokens share, and that is more than random tokens share
    in 95 of 100 lists, however many labels there are to look for. Before one that is no more than
    random directions' nearest tokens share stands "≈ chance": more than 5 in 100 of them do.
    """  # noqa: D301 - click wants the character
    space = running.load_model()
    from tokensphere.analysis.naming.lists import NamingSpec
    from tokensphere.analysis.naming.tokens import name_tokens

    search = running.search_settings()
    with progress.counting(draws + random_directions, "draws") as advance:
        result = name_tokens(
            space, list(tokens), naming=NamingSpec(draws, seed, kinds=kinds or None),
            labels=running.labels_of(space), n_random_directions=random_directions, search=search,
            store=running.null_files(), progress=advance,
        )  # fmt: skip
    running.show(result)


@main.command()
@options.labels
@options.kinds
@options.option("--label", "The tokens of one label, the first 100 by id.", metavar="NAME")
@options.model
@options.csv
def labels(kinds: tuple[str, ...], label: str | None, **_: Any) -> None:
    """What is known of the tokens of a model: labels, how many tokens have each, and their sources."""
    space = running.load_model()
    from tokensphere.analysis.naming.labels import label_members, list_labels

    table = running.labels_of(space)
    if label is not None:
        running.show(label_members(space, table, label))
    else:
        running.show(list_labels(space, table, kinds=kinds or None))
