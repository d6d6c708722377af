"""``ratings``: what raters said in the page, alone and beside each other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from tokensphere.cli import options, running
from tokensphere.cli.app import main


@main.command()
@click.argument("files", nargs=-1, required=True, type=options.FILE, metavar="FILE...")
@options.json
@options.csv
def ratings(files: tuple[Path, ...], **_: Any) -> None:
    """Is it 20 % to people's eyes? What raters said of blinded lists, and how far they agree.

    \b
    tokensphere ratings anna.json
    tokensphere ratings anna.json bert.json --json

    FILEs are saved by the page of ratings. For each rater the rate of lists that share something, of
    random directions, of chance and of planted ones, with 95 % intervals; of one rater alone the
    agreement with T and labels, too. Of raters of the same lists Cohen's kappa for every two, and
    Krippendorff's alpha and Fleiss's kappa for all of them.
    """  # noqa: D301 - click wants the character
    from tokensphere.analysis.rating.compare import compare_ratings
    from tokensphere.ratings import read_ratings

    found = [read_ratings(path) for path in files]
    alike = Counter(path.stem for path in files)
    names = [path.stem if alike[path.stem] == 1 else str(path) for path in files]
    running.show(compare_ratings(found, names))
