"""The real ledger and loop with units that count nothing: what each costs besides its search.

A worker claims, writes a result of the usual size, looks whether its model is whole, joins it and lets
go, all as in :func:`tokensphere.atlas.unit.do_unit`; only the counts are ready before. Workers are
threads, whose units last as long as is asked, so that a hundred of them fit on any machine.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.report import Table
from tokensphere.analysis.atlas.facts import ModelFacts
from tokensphere.analysis.atlas.tally import Tally
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.atlas import engine, kept, unit
from tokensphere.atlas.executors import Crew
from tokensphere.atlas.folder import Asked, Folder, Unit
from tokensphere.atlas.models import Model
from tokensphere.atlas.run import atlas_state, open_atlas
from tokensphere.atlas.schedule import Schedule
from tokensphere.atlas.settings import AtlasSettings, begin

ROWS, WIDTH = 49_152, 576  # the bundled model's
BLOCK = 20_000
SETTINGS = AtlasSettings(block=BLOCK)


@dataclass(frozen=True)
class Spent:
    """What a run took.

    Attributes
    ----------
    units : that it did
    wall, ideal : seconds; the ideal are the units' own seconds over the workers
    coordinator, workers : CPU seconds
    """

    units: int
    wall: float
    ideal: float
    coordinator: float
    workers: float

    def each(self) -> tuple[str, ...]:
        """Milliseconds of a unit: CPU of the coordinator and of its worker, and the wall's excess."""
        excess = self.wall - self.ideal
        return tuple(f"{1000 * s / self.units:.2f}" for s in (self.coordinator, self.workers, excess))


def tables(*, quick: bool) -> Iterator[Table]:
    """Overhead by units and workers, and what looking at the folder takes."""
    yield _by_units(quick=quick)
    yield _by_workers(quick=quick)
    yield _looked_at(quick=quick)


def _by_units(*, quick: bool) -> Table:
    shapes = [(10, 10), (20, 50), (2, 500), (1000, 1)]
    shapes += [] if quick else [(20, 500), (200, 50), (1000, 10), (2, 5000)]
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


def _by_workers(*, quick: bool) -> Table:
    rows = []
    for workers, seconds in ((1, 0.0), (10, 0.2), (100, 2.0)):
        models, units = (2, 500) if quick or workers == 1 else (20, 500)
        if quick and workers == 100:
            models, units = 2, 1000
        with atlas_of(models, units) as (folder, asked):
            spent = run_through(folder, asked, workers=workers, seconds=seconds)
            rows.append((f"{workers:,}", f"{seconds:g}", f"{models * units:,}", *spent.each()))
    for workers in (100, 1000, 3000):
        rows.append(_only_loop(workers))
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
    models, units, seconds = 20, 500, workers / 200
    with atlas_of(models, units) as (folder, asked):
        did = _nothing(folder, seconds)
        spent = run_through(folder, asked, workers=workers, seconds=seconds, do=did)
    return (f"{workers:,}, loop alone", f"{seconds:g}", f"{models * units:,}",
            spent.each()[0], "", spent.each()[2])  # fmt: skip


def _nothing(folder: Folder, seconds: float) -> Callable[..., unit.Outcome]:
    """A unit that leaves no file."""

    def do(path: Path, settings: AtlasSettings, one: Unit, way: unit.Way) -> unit.Outcome:
        time.sleep(seconds if one.count else 0)
        return unit.Outcome(one, "done", seconds, size=ROWS * WIDTH)

    return do


def _looked_at(*, quick: bool) -> Table:
    """Status, report, and what a start does, of folders that are done and half done."""
    rows = []
    shapes = [(10, 50), (100, 50)] + ([] if quick else [(1000, 10), (20, 500)])
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
            f"Results as of {BLOCK:,} directions in a vocabulary of {ROWS:,}; each once. The look for damage and"
            " the schedule are what every process does at its start; the report what `run` does at its end.",
        ),
    )  # fmt: skip


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


@contextmanager
def atlas_of(models: int, units: int) -> Iterator[tuple[Folder, list[Asked]]]:
    """A new atlas of models that do not exist, of so many units each."""
    path = Path(tempfile.mkdtemp(prefix="scale-"))
    with patch.dict(os.environ, TOKENSPHERE_CACHE=str(path / "cache")):
        try:
            folder = Folder(path / "atlas")
            begin(folder.path, SETTINGS)
            asked = [folder.ask(Model(f"./model-{n}"), units * BLOCK) for n in range(models)]
            yield folder, asked
        finally:
            shutil.rmtree(path)


def run_through(
    folder: Folder,
    asked: list[Asked],
    *,
    workers: int,
    seconds: float = 0.0,
    do: Callable[..., unit.Outcome] = unit.do_unit,
) -> Spent:
    """Do all units of an atlas with so many threads, each unit lasting so long."""

    def measured(where: Folder, settings: AtlasSettings, one: Unit, *_: Any) -> ModelFacts | Tally:
        if not one.count:
            return replace(_facts(), model=one.model)
        time.sleep(seconds)
        return ready_tally()

    ready_tally()
    schedule = Schedule(folder, SETTINGS, asked)
    with (
        patch.object(unit, "_measured", measured),
        patch.object(engine, "do_unit", do),
        Threads(workers) as executor,
    ):
        crew = Crew(executor, lambda: workers, threads=1)
        wall, cpu, mine = time.perf_counter(), time.process_time(), time.thread_time()
        failed = engine.run_units(folder, SETTINGS, schedule, crew, unit.Way(), told=lambda _: None)
        wall, cpu, mine = (now() - then for now, then in (
            (time.perf_counter, wall), (time.process_time, cpu), (time.thread_time, mine)))  # fmt: skip
    assert not failed and schedule.there == schedule.total, failed
    return Spent(schedule.total, wall, seconds * schedule.total / workers, mine, cpu - mine)


class Threads(Executor):
    """A pool of threads that takes what is submitted as any other; none is started before it is needed."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """To be done by the next thread."""
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for all."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def sizes(path: Path) -> tuple[int, int, int]:
    """Files of a folder, their bytes, and what they hold on disk."""
    found = [each.stat() for each in path.rglob("*") if each.is_file()]
    blocks = [512 * getattr(each, "st_blocks", 0) for each in found]
    return len(found), sum(each.st_size for each in found), sum(blocks)


@cache
def ready_tally() -> Tally:
    """Counts of a block of random directions, as many as a unit has, in a vocabulary as the bundled one."""
    rng = np.random.default_rng(0)
    settings = SurveySettings(0, 0, 10, SETTINGS.ks, True, False, "blockwise", 0, 19, 0.2)
    records = SurveyRecords.empty(settings, BLOCK)
    for array in (records.coherence, records.surrogate, records.nulls):
        array[:] = rng.normal(0.2, 0.05, array.shape).clip(-1, 1)
    for array in (records.alike, records.alike_surrogate):
        array[:] = rng.integers(1, 11, array.shape)
    # Tokens are listed as unequally as in a real vocabulary: some in a hundred lists, some in none.
    places = (ROWS * rng.random(records.ids.shape) ** 1.5).astype(np.int32)
    records.ids[:] = places
    return Tally.of(records, settings, ROWS)


@cache
def _facts() -> ModelFacts:
    return ModelFacts("", None, "input", "float32", ROWS, ROWS, WIDTH, 0.1, 300.0, 1.0, 0.1, "0" * 32)
