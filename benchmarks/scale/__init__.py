"""What an atlas of a thousand models costs besides its search: see docs/scale.md.

The ledger's files, claims and loop are the real ones; only what a unit counts is ready beforehand. The
schedule of a thousand models is the real one, too, told by a simulated clock what has ended.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.report import Table


def run(*, quick: bool) -> Iterator[Table]:
    """Cost of a unit, of the ledger, and of the schedule at full size."""
    from benchmarks.scale import cost, overhead, plans, workers

    yield from cost.tables(quick=quick)
    yield workers.run(1 if quick else 3, quick=quick)
    yield from overhead.tables(quick=quick)
    yield from plans.tables(quick=quick)
