"""``cache``: what was fetched from the hub, and what was computed."""

from __future__ import annotations

from typing import Any

import click

from tokensphere.cli import options, running
from tokensphere.cli.app import main, say
from tokensphere.display import printable
from tokensphere.errors import InputError


@main.group()
def cache() -> None:
    """What was fetched from the hub, and what was computed: list, path, verify, remove."""


def _show(said: str, *about: Any) -> None:
    """Print what is said, or with --json what it is about, see ``cache_json``."""
    from tokensphere.sources.cache.entries import cache_root
    from tokensphere.views.terminal.cache import cache_json

    say(cache_json(cache_root(), *about) if running.asked()["as_json"] else said)


@cache.command("list")
@options.json
@options.csv
def cache_list(**_: Any) -> None:
    """The matrices in the cache, and the arrays that were computed once."""
    from tokensphere.sources.cache.arrays import kept_arrays
    from tokensphere.sources.cache.entries import cache_root, entries
    from tokensphere.views.terminal.cache import cache_csv, cache_table

    found, computed = entries(), kept_arrays()
    if running.asked()["csv"]:
        running.say_csv([cache_csv(found, computed)])
        return
    _show(cache_table(cache_root(), found, computed), found, None, computed)


@cache.command("path")
@options.json
def cache_path(**_: Any) -> None:
    """Where the cache is."""
    from tokensphere.sources.cache.entries import cache_root

    _show(printable(str(cache_root())), [])


@cache.command("verify")
@options.json
def cache_verify(**_: Any) -> None:
    """Compute every SHA-256 again and compare."""
    from tokensphere.sources.cache.entries import entries, verify

    found = entries()
    for entry in found:
        verify(entry)
    _show(f"{len(found)} of {len(found)} matrices are as they were fetched", found)


@cache.command("remove")
@click.argument("model")
@options.json
def cache_remove(model: str, **_: Any) -> None:
    """Remove MODEL (owner/name or owner/name@revision) from the cache.

    Or what was computed and can be computed again: nulls, labels, surrogates, surveys, claims.
    """
    from tokensphere.sources.cache.arrays import FOLDERS, remove_arrays
    from tokensphere.sources.cache.entries import entries
    from tokensphere.sources.cache.writer import remove
    from tokensphere.sources.hub.names import parse

    if model in FOLDERS:
        kept = remove_arrays(model)
        files = f"{kept.files:,} {'file' if kept.files == 1 else 'files'}"
        _show(f"removed {files} of {model}, {kept.size / 1e6:,.1f} MB", [], None, [kept])
        return
    sizes = {(entry.repo, entry.commit, entry.tensor): entry.size for entry in entries()}
    named = parse(model)  # an old name, or an address
    if named is not None:
        model = named.repo if named.revision is None else f"{named.repo}@{named.revision}"
    removed = remove(model)
    if not removed:
        raise InputError(f"{model} is not in the cache; 'tokensphere cache list' shows what is")
    matrices = f"{len(removed)} {'matrix' if len(removed) == 1 else 'matrices'}"
    _show(f"removed {matrices} of {model}", removed, sizes)
