"""``cache``: what was fetched from the hub, and what was computed."""

from __future__ import annotations

import click

from tokensphere.cli.app import main
from tokensphere.cli.options import json_option
from tokensphere.errors import InputError


@main.group()
def cache() -> None:
    """What was fetched from the hub, and what was computed: list, path, verify, remove."""


@cache.command("list")
@json_option
def cache_list(as_json: bool) -> None:
    """The matrices in the cache, and the arrays that were computed once."""
    from tokensphere.sources.cache.arrays import kept_arrays
    from tokensphere.sources.cache.entries import cache_root, entries
    from tokensphere.views.terminal.cache import cache_json, cache_table

    found, computed = entries(), kept_arrays()
    if as_json:
        click.echo(cache_json(cache_root(), found, computed=computed))
    else:
        click.echo(cache_table(cache_root(), found, computed))


@cache.command("path")
@json_option
def cache_path(as_json: bool) -> None:
    """Where the cache is."""
    from tokensphere.sources.cache.entries import cache_root
    from tokensphere.views.terminal.cache import cache_json

    click.echo(cache_json(cache_root(), []) if as_json else str(cache_root()))


@cache.command("verify")
@json_option
def cache_verify(as_json: bool) -> None:
    """Compute every SHA-256 again and compare."""
    from tokensphere.sources.cache.entries import cache_root, entries, verify
    from tokensphere.views.terminal.cache import cache_json

    found = entries()
    for entry in found:
        verify(entry)
    whole = f"{len(found)} of {len(found)} matrices are as they were fetched"
    click.echo(cache_json(cache_root(), found) if as_json else whole)


@cache.command("remove")
@click.argument("model")
@json_option
def cache_remove(model: str, as_json: bool) -> None:
    """Remove MODEL (owner/name or owner/name@revision) from the cache.

    Or what was computed and can be computed again: nulls, labels.
    """
    from tokensphere.sources.cache.arrays import FOLDERS, remove_arrays
    from tokensphere.sources.cache.entries import cache_root, entries
    from tokensphere.sources.cache.writer import remove
    from tokensphere.views.terminal.cache import cache_json

    if model in FOLDERS:
        kept = remove_arrays(model)
        files = f"{kept.files:,} {'file' if kept.files == 1 else 'files'}"
        gone = f"removed {files} of {model}, {kept.size / 1e6:,.1f} MB"
        click.echo(cache_json(cache_root(), [], computed=[kept]) if as_json else gone)
        return
    sizes = {(entry.repo, entry.commit, entry.tensor): entry.size for entry in entries()}
    removed = remove(model)
    if not removed:
        raise InputError(f"{model} is not in the cache; 'tokensphere cache list' shows what is")
    said = f"removed {len(removed)} {'matrix' if len(removed) == 1 else 'matrices'} of {model}"
    click.echo(cache_json(cache_root(), removed, sizes) if as_json else said)
