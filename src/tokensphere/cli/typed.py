"""Directions as they are typed: names of random ones, and what is said of tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tokensphere.cli import running
from tokensphere.cli.app import tell
from tokensphere.errors import InputError

if TYPE_CHECKING:
    from tokensphere.directions.drawn import DrawnByName
    from tokensphere.directions.named import Directions
    from tokensphere.space import EmbeddingSpace


def named_directions(space: EmbeddingSpace, names: Sequence[str]) -> DrawnByName:
    """Those that are typed as SEED/INDEX."""
    from tokensphere.directions.drawn import DrawnByName, read_name

    found = []
    for name in names:
        if (one := read_name(name)) is None:
            raise InputError(
                f"{name!r:.200} names no random direction, which are SEED/INDEX, such as 0/867; a model"
                " is named by --model (-m)"
            )
        found.append(one)
    return DrawnByName(space.shape[1], tuple(found))


def is_file(space: EmbeddingSpace, typed: Sequence[str]) -> bool:
    """Whether what is typed in place of tokens is a file of directions; a token comes first.

    Raises
    ------
    InputError
        it is one among others
    """
    unknown = [one for one in typed if space.vocabulary.find(one) is None]
    if not unknown:
        return False
    from tokensphere.directions.file import means_file

    files = list(filter(means_file, unknown))
    if files and len(typed) > 1:
        raise InputError(f"{files[0]!r:.200} is a file of directions; look for it alone, or use test")
    return bool(files)


def path_of(typed: Sequence[str]) -> str | None:
    """What is typed, if it is one thing that looks like a path or name of a dictionary, not a token."""
    alone = typed[0] if len(typed) == 1 else ""
    return alone if re.search(r"[/\\]|^sae:|\]$", alone) else None


def check_alone(what: str, **options: str) -> None:
    """Refuse options, by their parameters, that say what is said already."""
    context = click.get_current_context()
    for name, typed in options.items():
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise InputError(f"{what} says which directions; leave out {typed}")


def tell_also(directions: Directions) -> None:
    """Say which tokens exist with a space that were typed without; in JSON it stands anyway."""
    options = running.asked()
    if not options["typed"] or options["as_json"] or options["jsonl"]:
        return
    from tokensphere.display import visible

    also = [one["token"] for name in directions.names for one in name.record.get("also", ())]
    if also:
        shown = ", ".join(f"'{visible(token.encode())}'" for token in dict.fromkeys(also))
        tell(f"note: with a space, as words in a text have it, {shown} exists, too")
