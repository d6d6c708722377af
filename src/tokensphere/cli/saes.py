"""``saes``: the public releases of dictionaries that ``sae:RELEASE/ID`` names."""

from __future__ import annotations

from typing import Any

import click

from tokensphere.cli import options, running
from tokensphere.cli.app import main, say
from tokensphere.errors import InputError


@main.command()
@click.argument("words", nargs=-1, metavar="[WORD]...")
@options.flag("--all", "List all dictionaries of a release, not only the first.", to="every")
@options.json
@options.csv
def saes(words: tuple[str, ...], every: bool, **_: Any) -> None:
    """Public releases of sparse autoencoders and their kin, by words of their names.

    \b
    tokensphere saes gemma-2 transcoder
    tokensphere saes gpt2-small-res-jb

    What is found is tested as sae:RELEASE/ID; the table comes with tokensphere and asks no network.
    """  # noqa: D301 - click wants the character
    from tokensphere.saes.releases import list_saes, table
    from tokensphere.views.terminal.saes import releases_csv, releases_json, releases_table

    found, source = list_saes(*words), table().source
    exact = [release for release in found if list(words) == [release.name]]
    found = exact or found
    if not found:
        raise InputError(f"no release has {' and '.join(map(repr, words))} in its name; try fewer words")
    asked = running.asked()
    if asked["csv"]:
        running.say_csv([releases_csv(found)])
    elif asked["as_json"]:
        say(releases_json(found, source))
    else:
        say(releases_table(found, source, every=every))
