"""Contestants that take turns, so that a slow minute of the machine hits all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

PAUSE = 0.1  # seconds between two turns: the threads of the last one go to sleep


@dataclass(frozen=True)
class Contestant:
    """Something to time: `run` does the work and returns its answer.

    `share` is the part of the whole work that `run` does; its time is divided by it.
    """

    name: str
    run: Callable[[], Any]
    share: float = 1.0


@dataclass(frozen=True)
class Spread:
    """Median, least and largest of some numbers."""

    median: float
    least: float
    largest: float

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Spread:
        numbers = list(numbers)
        return cls(statistics.median(numbers), min(numbers), max(numbers))

    def __str__(self) -> str:
        if self.least == self.largest:
            return _short(self.median)
        return f"{_short(self.median)} ({_short(self.least)}–{_short(self.largest)})"


def _short(x: float) -> str:
    return f"{x:.0f}" if x >= 100 else f"{x:.3f}" if x < 0.1 else f"{x:.2f}"


class Times(dict[str, dict[int, float]]):
    """Contestant -> round -> seconds; `cpu` has the seconds of all processors together."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__({name: {} for name in names})
        self.cpu: dict[str, dict[int, float]] = {name: {} for name in self}


def race(
    contestants: list[Contestant], rounds: int, *, slow: float, budget: float
) -> tuple[Times, dict[str, Any]]:
    """Seconds of every contestant in every round, and the answers of the warm-up.

    In every round each runs once, in an order that rotates; the warm-up before does not count.
    Whoever needed more than `slow` times as long as the first contestant takes part in two rounds.
    No round starts later than `budget` seconds after the begin, save the first two.
    """
    begin = time.perf_counter()
    warm = {each.name: _time(each) for each in contestants}
    first = warm[contestants[0].name][0]
    turns = {name: min(rounds, 2) if taken[0] > slow * first else rounds for name, taken in warm.items()}
    times = Times(warm)
    for number in range(rounds):
        if number >= 2 and time.perf_counter() - begin > budget:
            break
        shift = number % len(contestants)
        for each in contestants[shift:] + contestants[:shift]:
            if number < turns[each.name]:
                wall, cpu, _ = _time(each)
                times[each.name][number], times.cpu[each.name][number] = wall, cpu
    return times, {name: taken[2] for name, taken in warm.items()}


def _time(contestant: Contestant) -> tuple[float, float, Any]:
    time.sleep(PAUSE)
    start, cpu = time.perf_counter(), time.process_time()
    answer = contestant.run()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    return wall / contestant.share, cpu / contestant.share, answer


def ratio(above: dict[int, float], below: dict[int, float]) -> Spread:
    """``above / below`` in the rounds that both ran."""
    return Spread.of(above[number] / below[number] for number in above.keys() & below.keys())
