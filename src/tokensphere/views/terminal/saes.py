"""Public releases of dictionaries -> a table for a terminal, CSV, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tokensphere._version import __version__
from tokensphere.views.csv import csv_lines
from tokensphere.views.terminal.cache import aligned

# Views know no releases: one is what has the attributes of saes.releases.Release.
Release = Any
_MOST = 40  # dictionaries of a release that are listed


def releases_table(releases: Sequence[Release], source: str, *, every: bool = False) -> str:
    """A line for each release; of a single one a line for each of its dictionaries.

    Parameters
    ----------
    releases : what was found
    source : where the table was read
    every : list all dictionaries of a single release, not only the first
    """
    count = sum(len(release.saes) for release in releases)
    if len(releases) == 1:
        return _one(releases[0], source, every=every)
    rows = [("release", "model", "SAEs", "one of them")]
    rows += [(one.name, one.model, f"{len(one.saes):,}", one.saes[0].id) for one in releases]
    return "\n\n".join(
        [
            aligned(rows, right={2}),
            f"{len(releases):,} releases of {count:,} dictionaries (the table of {source}).\n"
            "'tokensphere saes RELEASE' lists those of one; 'tokensphere test sae:RELEASE/ID' tests\n"
            "one, 'sae:RELEASE/*' all of them.",
        ]
    )


def _one(release: Release, source: str, *, every: bool) -> str:
    shown = release.saes if every else release.saes[:_MOST]
    rows = [
        ("what to type", "where it lies"),
        *((f"sae:{release.name}/{one.id}", one.path) for one in shown),
    ]
    more = len(release.saes) - len(shown)
    count = f"{len(release.saes):,} {'dictionary' if len(release.saes) == 1 else 'dictionaries'}"
    return "\n\n".join(
        [
            aligned(rows) + (f"\n… and {more:,} more (--all)" if more else ""),
            f"{count} of {release.name}, for {release.model}, in {release.repo}\n"
            f"(layout {release.layout}, the table of {source}).",
        ]
    )


def releases_csv(releases: Sequence[Release]) -> str:
    """A line for each dictionary."""
    heads = ("release", "id", "repository", "path", "model", "layout")
    return csv_lines(
        heads,
        [
            (one.name, sae.id, one.repo, sae.path, one.model, one.layout)
            for one in releases
            for sae in one.saes
        ],
    )


def releases_json(releases: Sequence[Release], source: str) -> str:
    """The releases with all that is known of them."""
    about = {"tokensphere": __version__, "source": source}
    return json.dumps({**about, "releases": [one.to_dict() for one in releases]}, indent=2)
