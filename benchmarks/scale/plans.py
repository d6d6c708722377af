"""Simulated plans: against the ideal, by how many models are open, and with workers that die."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.report import Table
from benchmarks.scale.cost import MODELS
from benchmarks.scale.makespan import BLOCK, FETCHED, UNITS, Fleet, simulate
from benchmarks.scale.shapes import Shape, drawn


def tables(*, quick: bool) -> Iterator[Table]:
    """Against the ideal; by how many models are open; with workers that die."""
    count = 100 if quick else MODELS
    yield _orders(drawn(count), quick=quick)
    yield _opened(drawn(count), quick=quick)
    yield _dying(drawn(count), 20 if quick else 100)


def _orders(models: Sequence[Shape], *, quick: bool) -> Table:
    rows, block, units, at_once = [], 10 * BLOCK, UNITS // 10, 64
    by_size = sorted(models, key=lambda one: -one.size)
    for workers in (10, 100) if quick else (100, 1_000):
        for spread in (0.0, 0.5):
            for name in ("as listed", "largest first", "fetched", "fetched, listed by size"):
                fleet = Fleet(workers, spread)
                run = simulate(
                    by_size if name.endswith("by size") else models, fleet, units=units, block=block,
                    fetched=name.startswith("fetched"), in_order=name == "as listed",
                    open_at_once=at_once,
                )  # fmt: skip
                rows.append((
                    f"{workers:,}", f"±{spread:.0%}", name, f"{run.makespan / 86_400:,.1f}",
                    f"{run.makespan / run.ideal - 1:.2%}", f"{(run.makespan - run.last) / 3600:.1f}",
                    f"{run.read / 1e12:,.0f}", f"{1e6 * run.schedule / sum(run.done.values()):.1f}",
                ))  # fmt: skip
    return Table(
        f"simulated: {len(models):,} models × {units:,} units of {block:,} directions",
        ("workers", "speeds", "order", "days", "above the ideal", "hours after the last unit began",
         "TB read by workers", "schedule CPU µs a unit"),
        rows,
        (
            "Ideal: all work shared evenly. As listed: units in the list's order, not by the schedule."
            " Largest first: the schedule, with all models at hand. Fetched: the schedule, with"
            f" {at_once} models open at once, at {FETCHED / 1e6:.0f} MB a second each; by size: with the"
            " largest first in the list, too. A worker of speed 1 is one core of the machine below.",
        ),
    )  # fmt: skip


def _opened(models: Sequence[Shape], *, quick: bool) -> Table:
    rows, workers = [], 100 if quick else 1_000
    for block, units in ((BLOCK, UNITS), (10 * BLOCK, UNITS // 10)):
        for at_once in (2, 10, 64):
            run = simulate(
                models, Fleet(workers), units=units, block=block, open_at_once=at_once, keep=at_once
            )
            rows.append((
                f"{block:,}", at_once, f"{run.makespan / 86_400:,.1f}",
                f"{run.makespan / run.ideal - 1:.1%}", f"{run.idle:.1%}", run.most_open,
                f"{run.most_held / 1e9:,.0f}",
            ))  # fmt: skip
    return Table(
        f"simulated: how many models may be open, {workers:,} workers",
        ("block", "--keep-models", "days", "above the ideal", "idle", "open at most", "GB in the cache"),
        rows,
        ("The cache holds what is open and the last ones that are done, as many as may be open.",),
    )


def _dying(models: Sequence[Shape], units: int) -> Table:
    rows = []
    for deaths in (0.0, 0.001, 0.01, 0.1):
        for block in (BLOCK, 10 * BLOCK):
            fleet, count = Fleet(100, deaths=deaths), units * BLOCK // block
            run = simulate(models, fleet, units=count, block=block, fetched=False)
            rows.append((
                deaths, f"{block:,}", f"{run.makespan / run.ideal - 1:.1%}",
                f"{run.lost / (run.busy + run.lost):.1%}", run.failed,
            ))  # fmt: skip
    return Table(
        f"simulated: workers that die, {len(models):,} models × {units * BLOCK:,} directions,"
        " 100 workers",
        ("deaths of a worker in an hour", "block", "above the ideal", "work lost", "models given up"),
        rows,
        (
            "Another takes its place at once. A model is given up when one of its units is lost three"
            " times before any of its blocks is done, or twenty times.",
        ),
    )
