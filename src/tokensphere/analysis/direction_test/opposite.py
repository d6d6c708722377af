"""The other end of a direction, beside the null of the test that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tokensphere.analysis.direction_test.compare import compared
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.measure import REASONS, Measured
from tokensphere.analysis.direction_test.null import tenth_of
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.signatures import signature
from tokensphere.analysis.direction_test.statistics import KINDS
from tokensphere.analysis.naming.lists import name_lists
from tokensphere.arrays import Float64s
from tokensphere.directions.named import Directions, Name
from tokensphere.errors import InputError


@dataclass(frozen=True)
class OtherEnd:
    """The opposite of one direction, looked at by itself.

    Attributes
    ----------
    measured : its nearest tokens and statistics, of one direction
    test : the same beside the null, as a test of one direction, whose q is its p; None where the test
        has no null for it: the opposite of a sum of tokens has other signs
    """

    measured: Measured
    test: DirectionTest | None


def other_end(job: DirectionTestJob, test: DirectionTest, row: int) -> OtherEnd:
    """Look at the opposite of a direction of which only one end was tested.

    Parameters
    ----------
    job : whose vectors, and
    test : whose null it is
    row : of the direction, less than ``len(test)``

    Raises
    ------
    InputError
        there is no such direction, it cannot be tested, or the job has no vectors, as of a saved test
    """
    if not 0 <= row < len(test):
        raise InputError(f"there is no direction {row}: the test has 0 to {len(test) - 1}")
    if reason := REASONS[test.measured.reason[row]]:
        raise InputError(f"direction {row} is {reason}, so it has no other end")
    turned = _turned(job.directions, row)
    measured = job.measurer.measure(turned.read(0, 1), turned.own)
    part = _null_of(job, test, turned, row)
    if part is None:
        return OtherEnd(measured, None)
    drawn: dict[str, Float64s] = {kind.name: test[kind.name].nulls[part][None] for kind in KINDS}
    alone, beyond = np.zeros(1, dtype=np.intp), test.null.spec.extrapolate
    beside = replace(
        test,
        directions=turned,
        measured=measured,
        tested=compared(measured.values, drawn, alone, extrapolate=beyond),
        themes=name_lists(job.measurer.counter, measured.ids, test.themes.spec),
        null=replace(test.null, parts=(test.null.parts[part],), of=alone),
        settled=None,
        key={},
    )
    return OtherEnd(measured, beside)


def _turned(directions: Directions, row: int) -> Directions:
    """The opposite of one direction, called the same with a minus."""
    of, some = directions.names[row], slice(row, row + 1)
    return Directions.held(
        -directions.read(row, row + 1),
        [opposite_name(of)],
        "opposite of a direction",
        own=directions.own[some],
        weights=tuple(tuple(-weight for weight in one) for one in directions.weights[some]),
        rows=directions.rows,
    )


def opposite_name(of: Name) -> Name:
    """What the opposite of a direction is called."""
    return Name(f"{of.title} (−)", {**of.record, "opposite": True})


def _null_of(job: DirectionTestJob, test: DirectionTest, turned: Directions, row: int) -> int | None:
    """The number of the opposite's null; None if there is none.

    Of vectors it is that of the direction itself. Sums of tokens have one for each signature.
    """
    number, parts = int(test.null.of[row]), test.null.parts
    if not parts[number].own:
        return number
    title = signature(turned.own[0], turned.weights[0], tenth_of(test.null.spec, job.measurer)).title
    titles = [part.title for part in parts]
    return titles.index(title) if title in titles else None
