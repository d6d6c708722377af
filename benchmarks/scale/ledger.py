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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from tokensphere.analysis.atlas.facts import ModelFacts
from tokensphere.analysis.atlas.tally import Tally
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.atlas import engine, unit
from tokensphere.atlas.executors import Crew
from tokensphere.atlas.folder import Asked, Folder, Unit
from tokensphere.atlas.models import Model
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
    rows: int = ROWS,
    do: Callable[..., unit.Outcome] = unit.do_unit,
) -> Spent:
    """Do all units of an atlas with so many threads, each unit lasting so long; rows of a vocabulary."""

    def measured(_where: Folder, _: AtlasSettings, one: Unit, *__: Any) -> ModelFacts | Tally:
        if not one.count:
            return replace(_facts(), model=one.model)
        time.sleep(seconds)
        return tally

    tally = ready_tally() if rows == ROWS else listed(ready_tally(), rows, BLOCK)
    schedule = Schedule(folder, SETTINGS, asked)
    with (
        patch.object(unit, "_measured", measured),
        patch.object(engine, "do_unit", do),
        ThreadPoolExecutor(workers) as executor,
    ):
        crew = Crew(executor, lambda: workers, threads=1)
        wall, cpu, mine = time.perf_counter(), time.process_time(), time.thread_time()
        failed = engine.run_units(folder, SETTINGS, schedule, crew, unit.Way(), told=lambda _: None)
        wall, cpu, mine = (now() - then for now, then in (
            (time.perf_counter, wall), (time.process_time, cpu), (time.thread_time, mine)))  # fmt: skip
    assert not failed and schedule.there == schedule.total, failed
    return Spent(schedule.total, wall, seconds * schedule.total / workers, mine, cpu - mine)


def sizes(path: Path) -> tuple[int, int, int]:
    """Files of a folder, their bytes, and what they hold on disk."""
    found = [each.stat() for each in path.rglob("*") if each.is_file()]
    blocks = [512 * getattr(each, "st_blocks", 0) for each in found]
    return len(found), sum(each.st_size for each in found), sum(blocks)


@cache
def ready_tally() -> Tally:
    """Counts as those of a unit, in a vocabulary of as many rows as the bundled model's."""
    rng = np.random.default_rng(0)
    settings = SurveySettings(0, 0, 10, SETTINGS.ks, True, False, "blockwise", 0, 19, 0.2)
    records = SurveyRecords.empty(settings, BLOCK)
    for array in (records.coherence, records.surrogate, records.nulls):
        array[:] = rng.normal(0.2, 0.05, array.shape).clip(-1, 1)
    for groups in (records.alike, records.alike_surrogate):
        groups[:] = rng.integers(1, 11, groups.shape)
    records.ids[:] = 0
    return listed(Tally.of(records, settings, ROWS), ROWS, BLOCK)


def listed(tally: Tally, rows: int, directions: int) -> Tally:
    """The same, with the lists of so many directions in a vocabulary of so many rows.

    As in the bundled model: on rows as they are two thirds of the tokens are listed by 20,000
    directions, one 130 times; on centred rows almost all, and almost evenly.
    """
    rng = np.random.default_rng(0)
    weights = rng.gamma(0.35, size=rows)
    count = directions * tally.k
    found = {
        "listed cosine": rng.multinomial(count, weights / weights.sum()),
        "listed centered": rng.multinomial(count, np.full(rows, 1 / rows)),
    }
    return Tally(tally.k, tally.ks, {**tally.counts, **found})


@cache
def _facts() -> ModelFacts:
    return ModelFacts("", None, "input", "float32", ROWS, ROWS, WIDTH, 0.1, 300.0, 1.0, 0.1, "0" * 32)
