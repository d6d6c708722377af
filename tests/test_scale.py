"""The plan for a thousand models (benchmarks/scale): what is simulated conserves work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.scale.cost import MEASURED, Cost
from benchmarks.scale.makespan import BLOCK, Fleet, Run, simulate
from benchmarks.scale.shapes import drawn

MODELS = drawn(12)
UNITS = 7


def run(fleet: Fleet, *, fetched: bool = True, in_order: bool = False) -> Run:
    return simulate(MODELS, fleet, units=UNITS, fetched=fetched, open_at_once=3, in_order=in_order)


@pytest.mark.parametrize("workers", [1, 5, 200])
def test_every_unit_is_done_once_and_no_earlier_than_can_be(workers: int) -> None:
    for fetched, in_order in ((True, False), (False, False), (False, True)):
        for spread in (0.0, 0.5):
            found = run(Fleet(workers, spread), fetched=fetched, in_order=in_order)
            assert len(found.done) == len(MODELS) * (1 + UNITS)
            assert set(found.done.values()) == {1}
            assert found.makespan >= found.ideal * (1 - 1e-12) > 0
            assert found.idle > -1e-12
            assert found.lost == 0
            assert found.most_open <= (3 if fetched else len(MODELS)) or in_order
    alone = run(Fleet(1))
    assert alone.makespan == pytest.approx(alone.ideal)


def test_workers_that_die_cost_time_but_no_unit() -> None:
    calm, none = run(Fleet(20), fetched=False), run(Fleet(20, deaths=1e-9), fetched=False)
    assert none.makespan == calm.makespan
    found = run(Fleet(20, deaths=0.02), fetched=False)
    assert found.lost > 0 and found.makespan > calm.makespan
    assert set(found.done.values()) == {1}
    if not found.failed:
        assert len(found.done) == len(calm.done)
        assert found.busy == pytest.approx(calm.busy)
    assert run(Fleet(20, deaths=0.02), fetched=False).makespan == found.makespan  # chance has a seed


@pytest.mark.parametrize("workers", [2, 5, 9])
def test_the_schedule_keeps_equal_workers_busy_until_a_unit_before_the_end(workers: int) -> None:
    found = run(Fleet(workers), fetched=False)  # Graham's bound of whatever begins at once what it can
    longest = max(MEASURED.unit(shape, BLOCK) for shape in MODELS)
    assert found.makespan <= found.ideal + longest


def test_what_a_unit_costs_comes_back_from_two_units() -> None:
    cost = Cost(product=3e-11, drawing=5.5)
    bundled = replace(MODELS[0], rows=49_152, width=576)
    found = Cost.of((100, cost.unit(bundled, 100)), (4_000, cost.unit(bundled, 4_000)))
    assert (found.product, found.drawing) == pytest.approx((3e-11, 5.5))
    split = cost.model(bundled, 10**6, 20_000) - cost.model(bundled, 10**6, 10**6)
    assert split == pytest.approx(49 * cost.fixed(bundled))
