"""``name`` and ``labels``: what tokens have in common, and what is known of tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli.app import main
from tokensphere.cli.options import (
    centered_option,
    forms_option,
    json_option,
    load_model,
    model_options,
    number_option,
    progress_bar,
    settings_of,
    show,
    similarity_option,
    together,
)

if TYPE_CHECKING:
    from tokensphere.analysis.naming.neighbors import NamedNeighbors
    from tokensphere.analysis.nearest import Neighbors
    from tokensphere.labels.table import LabelTable
    from tokensphere.space import EmbeddingSpace

labels_option = click.option(
    "--labels", "labels_file", metavar="FILE",
    help="More labels: lines of token, tab, label; or Parquet with these columns.",
)  # fmt: skip
kinds_option = click.option(
    "--kind", "kinds", multiple=True, metavar="KIND",
    help="Only labels of this kind: form, grammar, meaning, … May be repeated.",
)  # fmt: skip
naming_options = together(
    click.option("--name", "named", is_flag=True,
                 help="Say below each list what it shares, and how surprising; so do the next two."),
    labels_option,
    kinds_option,
)  # fmt: skip


def label_table_of(space: EmbeddingSpace, labels_file: str | None) -> LabelTable:
    """The labels that come with tokensphere, and those of a file."""
    from tokensphere.labels.build import label_table
    from tokensphere.sources.cache.arrays import NullFiles
    from tokensphere.sources.cache.entries import cache_root

    table = label_table(space.vocabulary, store=NullFiles(cache_root() / "labels"))
    if labels_file is None:
        return table
    from tokensphere.labels.user import read_labels

    return table.joined(read_labels(Path(labels_file), space.vocabulary))


def named_if_asked(
    space: EmbeddingSpace, neighbors: Neighbors, options: dict[str, Any]
) -> Neighbors | NamedNeighbors:
    """The lists, with what they share if one of `naming_options` asks for it."""
    if not (options["named"] or options["labels_file"] or options["kinds"]):
        return neighbors
    from tokensphere.analysis.naming.lists import NamingSpec
    from tokensphere.analysis.naming.neighbors import name_neighbors
    from tokensphere.sources.cache.arrays import NullFiles

    labels = label_table_of(space, options["labels_file"])
    naming = NamingSpec(kinds=options["kinds"] or None)
    return name_neighbors(space, neighbors, naming=naming, labels=labels, store=NullFiles())


@main.command()
@click.argument("tokens", nargs=-1, required=True, metavar="TOKEN...")
@labels_option
@kinds_option
@click.option("-n", "--draws", "draws", type=click.IntRange(1), default=9_999, show_default=True,
              help="Lists of random tokens to compare with.")  # fmt: skip
@number_option("--directions", 999, "Random directions to compare with; 0 for none.")
@similarity_option
@centered_option
@forms_option
@number_option("--seed", 0, "Of all draws.")
@model_options
@json_option
def name(
    tokens: tuple[str, ...], labels_file: str | None, kinds: tuple[str, ...], draws: int,
    directions: int, seed: int, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """What tokens have in common, and whether that is more than chance.

    \b
    tokensphere name " determines" " distinguishes" " emphasizes" " consists" " operates"
    tokensphere name --labels mine.tsv " Paris" " London" " Tokyo"

    A name needs a label that 3 or more of the tokens share, and that is more than random tokens share
    in 95 of 100 lists, however many labels there are to look for.
    """  # noqa: D301 - click wants the character
    space = load_model()
    from tokensphere.analysis.naming.lists import NamingSpec
    from tokensphere.analysis.naming.tokens import name_tokens
    from tokensphere.sources.cache.arrays import NullFiles

    with progress_bar(draws + directions) as progress:
        result = name_tokens(
            space, list(tokens), naming=NamingSpec(draws, seed, kinds=kinds or None),
            labels=label_table_of(space, labels_file), n_directions=directions,
            search=settings_of(options), store=NullFiles(), progress=progress,
        )  # fmt: skip
    show(result, as_json)


@main.command()
@click.argument("model", required=False)
@labels_option
@click.option("--kind", metavar="KIND", help="Only labels of this kind: form, grammar, meaning, …")
@click.option("--label", metavar="NAME", help="The tokens of one label, the first 100 by id.")
@model_options
@json_option
def labels(
    model: str | None, labels_file: str | None, kind: str | None, label: str | None, as_json: bool,
    **_model: Any,
) -> None:  # fmt: skip
    """What is known of the tokens of MODEL: labels, how many tokens have each, and their sources."""
    space = load_model(model)
    from tokensphere.analysis.naming.labels import label_members, list_labels

    table = label_table_of(space, labels_file)
    if label is not None:
        show(label_members(space, table, label), as_json)
    else:
        show(list_labels(space, table, kind=kind), as_json)
