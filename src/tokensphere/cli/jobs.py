"""Long work on the command line: a bar, Ctrl-C that keeps what is done, and its exit status."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli.options import progress_bar

if TYPE_CHECKING:
    from tokensphere.run import Done


def do(job: Any, what: str, *, save: Path | None, fresh: bool) -> Done[Any]:
    """Do a job, or as much of it as there is until Ctrl-C; `what` is counted, e.g. ``"directions"``."""
    from tokensphere.run import go_on

    with progress_bar(len(job) + job.draws, long=True) as progress:
        done = go_on(job, save=save, fresh=fresh, progress=progress)
    if done.stopped:
        click.echo(f"tokensphere: stopped after {len(done.part):,} of {len(job):,} {what}", err=True)
    return done
