"""What the ledger and the loop take of each unit, by how many there are and who works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.report import Table
from benchmarks.scale.cost import DIRECTIONS
from benchmarks.scale.ledger import (
    BLOCK,
    ROWS,
    SETTINGS,
    WIDTH,
    atlas_of,
    listed,
    ready_tally,
    run_through,
    sizes,
)
from tokensphere.atlas import kept
from tokensphere.atlas.folder import Asked, Folder, Unit
from tokensphere.atlas.run import atlas_state, open_atlas
from tokensphere.atlas.schedule import Schedule
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.atlas.unit import Outcome


def tables(*, quick: bool) -> Iterator[Table]:
    """Overhead by units and workers, and what looking at the folder takes."""
    yield _by_units(quick=quick)
    yield _tiny(quick=quick)
    yield _by_workers(quick=quick)
    yield _looked_at(quick=quick)
    yield _files()


def _by_units(*, quick: bool) -> Table:
    shapes = [(10, 10), (2, 100), (100, 2)]
    shapes += [] if quick else [(2, 500), (1000, 1), (20, 500), (1000, 10)]
    rows = []
    for models, units in shapes:
        with atlas_of(models, units) as (folder, asked):
            spent = run_through(folder, asked, workers=2)
            rows.append((f"{models * units:,}", f"{models:,}", f"{units:,}", *spent.each()))
    return Table(
        "overhead of a unit, by how many there are (2 workers, units of no duration)",
        ("units", "models", "units of each", "coordinator CPU ms", "worker CPU ms", "wall ms"),
        rows,
        ("Wall: from start to end over the number of units.",),
    )


def _tiny(*, quick: bool) -> Table:
    rows = []
    for models, units in [(10, 10), (20, 50)] + ([] if quick else [(20, 500)]):
        with atlas_of(models, units) as (folder, asked):
            spent = run_through(folder, asked, workers=100, rows=64)
            rows.append((f"{models * units:,}", *spent.each()))
    return Table(
        "overhead of a tiny unit (a vocabulary of 64), 100 workers",
        ("units", "coordinator CPU ms", "worker CPU ms", "wall ms"),
        rows,
        ("Workers are threads of one process; units have no duration.",),
    )


def _by_workers(*, quick: bool) -> Table:
    rows = list[tuple[object, ...]]()
    for workers, seconds in ((1, 0.0), (10, 0.5), (100, 5.0)):
        with atlas_of(2, 250 if quick else 1_000) as (folder, asked):
            spent = run_through(folder, asked, workers=workers, seconds=seconds)
            rows.append((f"{workers:,}", f"{seconds:g}", f"{spent.units:,}", *spent.each()))
    rows += [_only_loop(workers) for workers in (100, 1000, 3000)]
    return Table(
        "overhead of a unit, by how many workers there are",
        ("workers", "seconds of a unit", "units", "coordinator CPU ms", "worker CPU ms", "excess ms"),
        rows,
        (
            "Excess: (wall − seconds of a unit × units / workers) / units. Workers are threads of one"
            " process, which sleep for the seconds of a unit. In the last rows they do nothing else:"
            " the coordinator's loop alone, with as many units out as for so many workers.",
        ),
    )


def _only_loop(workers: int) -> tuple[object, ...]:
    seconds = workers / 200
    with atlas_of(20, max(100, workers // 5)) as (folder, asked):
        do = partial(_nothing, seconds)
        spent = run_through(folder, asked, workers=workers, seconds=seconds, do=do)
    coordinator, _, excess = spent.each()
    return f"{workers:,}, loop alone", f"{seconds:g}", f"{spent.units:,}", coordinator, "", excess


def _nothing(seconds: float, _path: Path, _: AtlasSettings, one: Unit, *__: Any) -> Outcome:
    """A unit that leaves no file."""
    time.sleep(seconds if one.count else 0)
    return Outcome(one, "done", seconds, size=ROWS * WIDTH)


def _looked_at(*, quick: bool) -> Table:
    """Status, report, and what a start does, of folders that are done and half done."""
    rows = []
    shapes = [(10, 50), (100, 5)] if quick else [(10, 50), (100, 50), (1000, 10), (20, 500)]
    for models, units in shapes:
        with atlas_of(models, units) as (folder, asked):
            run_through(folder, asked, workers=2)
            files, size, held = sizes(folder.path)
            for whole in (True, False):
                if not whole:
                    for one in asked:  # as while each has a unit left to do
                        folder.joined(one.model.id).unlink()
                        folder.result(one.units(SETTINGS)[-1]).unlink()
                rows.append((
                    f"{models:,} × {units:,}", "done" if whole else "one left of each",
                    f"{files / (models * units):.2f}", f"{size / models / units / 1000:.0f}",
                    f"{held / models / units / 1000:.0f}", *_times(folder, asked, models * units),
                ))  # fmt: skip
    return Table(
        "looking at a folder",
        ("models × units", "state", "files a unit", "kB a unit", "kB on disk", "status s", "report s",
         "look for damage s", "schedule s", "ms a unit"),
        rows,
        (
            f"Results as of {BLOCK:,} directions in a vocabulary of {ROWS:,}; each once. The look for"
            " damage and the schedule are what every process does at its start, the report at its end.",
        ),
    )  # fmt: skip


def _files() -> Table:
    """A unit's file by vocabulary and block, and what a thousand models come to."""
    rows = []
    for n in (ROWS, 128_256, 256_000):
        for block in (BLOCK, 10 * BLOCK):
            with atlas_of(1, 1) as (folder, asked):
                unit = asked[0].units(SETTINGS)[0]
                tally = listed(ready_tally(), n, block)
                kept.write_tally(folder, SETTINGS, unit, tally, "", {})
                size = folder.result(unit).stat().st_size
            units = DIRECTIONS // block
            rows.append((
                f"{n:,}", f"{block:,}", f"{size / 1000:,.0f}", f"{1000 * (units + 4):,}",
                f"{1000 * units * size / 1e9:,.0f}",
            ))  # fmt: skip
    return Table(
        "the ledger's size",
        ("rows", "block", "kB a unit", "files of 1,000 models", "GB of 1,000 models"),
        rows,
        ("Four files of a model besides its units: what is asked, facts, the sum, what was fetched.",),
    )


def _times(folder: Folder, asked: list[Asked], units: int) -> tuple[str, ...]:
    def damage() -> None:
        for one in asked:
            kept.remove_damaged(folder, SETTINGS, one)

    acts: list[Callable[[], Any]] = [
        lambda: atlas_state(folder.path),
        lambda: open_atlas(folder.path),
        damage,
        lambda: Schedule(folder, SETTINGS, asked),
    ]
    taken = []
    for act in acts:
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return *(f"{seconds:.2f}" for seconds in taken), f"{1000 * sum(taken) / units:.2f}"
