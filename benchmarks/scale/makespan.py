"""The real schedule with a simulated clock: when a thousand models would be done.

Nothing is computed and no file is written: of a unit its duration is known, which a heap of events puts
in order, and :class:`tokensphere.atlas.schedule.Schedule` is told what has ended. So what is given out,
and in which order, is what it would be.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.scale.cost import MEASURED, Cost
from benchmarks.scale.shapes import Shape
from tokensphere.atlas.folder import Asked, Folder, Unit
from tokensphere.atlas.models import Model
from tokensphere.atlas.schedule import Schedule
from tokensphere.atlas.settings import AtlasSettings, begin
from tokensphere.atlas.unit import Outcome

BLOCK, UNITS = 20_000, 500
FETCHED = 50e6  # bytes of one stream, assumed


@dataclass(frozen=True)
class Fleet:
    """Who works.

    Attributes
    ----------
    workers : of one core each
    spread : of their speeds, which lie evenly between 1 − spread and 1 + spread
    deaths : of each, in an hour; another takes its place at once, and begins again
    seed : of chance
    """

    workers: int
    spread: float = 0.0
    deaths: float = 0.0
    seed: int = 0


@dataclass
class Run:
    """How it went.

    Attributes
    ----------
    makespan : seconds until all was done
    busy, lost : seconds of a worker of speed 1, at work that counted, and at work of workers that died
    speed : of all workers together
    last : when the last unit was begun, in seconds
    done : how often each unit was done
    failed : models that were given up
    most_open, most_held : fetched models that were begun and not done; bytes of them in the cache, with
        those that are kept
    read : bytes that workers read because they had another model, or none
    schedule : CPU seconds of the schedule
    """

    makespan: float = 0.0
    busy: float = 0.0
    lost: float = 0.0
    speed: float = 0.0
    last: float = 0.0
    done: Counter[Unit] = field(default_factory=Counter)
    failed: int = 0
    most_open: int = 0
    most_held: int = 0
    read: int = 0
    schedule: float = 0.0

    @property
    def ideal(self) -> float:
        """Seconds that no schedule can beat: all that counted, shared evenly."""
        return self.busy / self.speed

    @property
    def idle(self) -> float:
        """Part of all workers' time in which they had nothing to do."""
        return 1 - (self.busy + self.lost) / (self.speed * self.makespan)


def simulate(
    models: Sequence[Shape],
    fleet: Fleet,
    *,
    units: int = UNITS,
    block: int = BLOCK,
    fetched: bool = True,
    open_at_once: int = 10,
    keep: int = 10,
    in_order: bool = False,
    cost: Cost = MEASURED,
) -> Run:
    """Do all units of all models in simulated time.

    Parameters
    ----------
    models : their shapes
    fleet : who works
    units, block : of each model; directions of each
    fetched : whether models come from a hub, or are all there
    open_at_once, keep : as the schedule and the cache have them
    in_order : one model after the other as they are listed, not by the schedule
    cost : of a unit
    """
    settings = AtlasSettings(block=block)
    shape_of: dict[str, Shape] = {}
    asked = []
    for number, shape in enumerate(models):
        model = Model(f"{'owner' if fetched else '.'}/model-{number}")
        shape_of[model.id] = shape
        asked.append(Asked(model, units * block))
    with (
        tempfile.TemporaryDirectory(prefix="scale-") as path,
        patch.dict(os.environ, TOKENSPHERE_CACHE=f"{path}/cache"),
    ):
        folder = Folder(Path(path, "atlas"))
        begin(folder.path, settings)
        schedule = Schedule(folder, settings, asked, open_at_once=open_at_once)
    order = iter([unit for one in asked for unit in (Unit(one.model.id), *one.units(settings))])
    return _Clock(schedule, order if in_order else None, shape_of, fleet, cost, units, keep).run()


class _Clock:
    """The events of a run."""

    def __init__(
        self, schedule: Schedule, order: Iterator[Unit] | None, shape_of: dict[str, Shape], fleet: Fleet,
        cost: Cost, units: int, keep: int,
    ) -> None:  # fmt: skip
        self._schedule, self._order, self._shape_of = schedule, order, shape_of
        self._cost, self._units, self._keep = cost, units, keep
        self._fleet, self._rng = fleet, np.random.default_rng(fleet.seed)
        self._speed = 1 + fleet.spread * np.linspace(-1, 1, fleet.workers)
        self._has = [""] * fleet.workers  # the model that a worker has loaded
        self._fetched: dict[str, int] = {}  # model -> units of it that are done, of those in the cache
        self._kept: list[str] = []
        self.found = Run(speed=float(self._speed.sum()))

    def run(self) -> Run:
        """Until all is done."""
        found, events, now = self.found, list[tuple[float, int, Unit, bool]](), 0.0
        idle = list(range(len(self._has)))
        while True:
            while idle and (unit := self._next()) is not None:
                heappush(events, self._begin(now, idle.pop(), unit))
                found.last = now
            if not events:
                break
            now, worker, unit, lived = heappop(events)
            self._end(unit, lived)
            idle.append(worker)
        found.makespan, found.failed = now, len(self._schedule.failed)
        return found

    def _next(self) -> Unit | None:
        if self._order is not None:
            return next(self._order, None)
        began = time.thread_time()
        unit = self._schedule.next()
        self.found.schedule += time.thread_time() - began
        return unit

    def _begin(self, now: float, worker: int, unit: Unit) -> tuple[float, int, Unit, bool]:
        shape, found = self._shape_of[unit.model], self.found
        if unit.count:
            seconds = self._cost.unit(shape, unit.count)
        else:
            seconds = self._cost.product * shape.size * shape.width + shape.fetched / FETCHED
            self._fetched.setdefault(unit.model, 0)
            self._hold()
        if self._has[worker] != unit.model:
            self._has[worker] = unit.model
            found.read += shape.fetched
        seconds /= self._speed[worker]
        lives = self._rng.exponential(3600 / self._fleet.deaths) if self._fleet.deaths else np.inf
        lived = bool(lives >= seconds)
        taken, speed = min(seconds, lives), float(self._speed[worker])
        if lived:
            found.busy += taken * speed
        else:
            found.lost += taken * speed
            self._has[worker] = ""
        return now + taken, worker, unit, lived

    def _end(self, unit: Unit, lived: bool) -> None:
        self.found.done[unit] += lived
        if self._order is not None:
            return
        began = time.thread_time()
        if lived:
            self._schedule.ended(Outcome(unit, "done", size=self._shape_of[unit.model].size))
        elif not self._schedule.lost(unit):
            self._schedule.ended(Outcome(unit, "failed", reason="lost"))
        self.found.schedule += time.thread_time() - began
        if lived and unit.count:
            self._fetched[unit.model] += 1
            if self._fetched[unit.model] == self._units:
                del self._fetched[unit.model]
                self._kept = [*self._kept, unit.model][-self._keep :]

    def _hold(self) -> None:
        """How much the cache has now."""
        there = [*self._fetched, *self._kept]
        self.found.most_open = max(self.found.most_open, len(self._fetched))
        self.found.most_held = max(self.found.most_held, sum(self._shape_of[id].fetched for id in there))
