"""The sections in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks import report
from benchmarks.calibration.page import write
from benchmarks.report import Table

SECTIONS = ("survey", "rate", "tests", "tails", "names", "claims", "shares")


def run(sections: Sequence[str] = (), *, quick: bool) -> Iterator[Table]:
    """The tables of some sections, or of all; a section loads when its turn comes."""
    for section in SECTIONS:
        if not sections or section in sections:
            made: Callable[..., Iterator[Table]] = import_module(f"benchmarks.calibration.{section}").run
            yield from made(quick=quick)


def show(sections: Sequence[str] = (), *, quick: bool, page: Path | None) -> None:
    """Print the tables as they come, and put them in the place of those that a page has."""
    for table in run(sections, quick=quick):
        report.show(table)
        if page is not None:
            write(page, [table])
