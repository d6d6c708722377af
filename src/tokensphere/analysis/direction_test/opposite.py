"""The other end of a direction, beside the null of the test that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tokensphere.analysis.direction_test.compare import Beside, compared
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.measure import REASONS, Measured
from tokensphere.analysis.direction_test.null import tenth_of
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.signatures import signature
from tokensphere.analysis.direction_test.statistics import KINDS
from tokensphere.analysis.naming.lists import ListNames, name_lists
from tokensphere.directions.named import Own
from tokensphere.errors import InputError


@dataclass(frozen=True)
class OtherEnd:
    """The opposite of one direction, tested by itself.

    Attributes
    ----------
    measured : its nearest tokens and statistics, of one direction
    tested : by the name of a statistic its p beside the null, of one direction, so that q is p; None
        where the test has no null for it: the opposite of a sum of tokens has the other signs
    themes : what its tokens share
    """

    measured: Measured
    tested: Mapping[str, Beside] | None
    themes: ListNames


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
    directions = job.directions
    own: Own = directions.own[row : row + 1]
    found = job.measurer.measure(-directions.read(row, row + 1), own)
    part = _null_of(job, test, row)
    tested = None
    if part is not None:
        drawn = {kind.name: test[kind.name].nulls[part][None] for kind in KINDS}
        tested = compared(found.values, drawn, np.zeros(1, dtype=np.intp))
    return OtherEnd(found, tested, name_lists(job.measurer.counter, found.ids, test.themes.spec))


def _null_of(job: DirectionTestJob, test: DirectionTest, row: int) -> int | None:
    """The number of the opposite's null; None if there is none.

    Of vectors it is that of the direction itself. Sums of tokens have one for each signature.
    """
    number, parts, of = int(test.null.of[row]), test.null.parts, job.directions
    if not parts[number].own:
        return number
    turned = tuple(-weight for weight in of.weights[row])
    title = signature(of.own[row], turned, tenth_of(test.null.spec, job.measurer)).title
    titles = [part.title for part in parts]
    return titles.index(title) if title in titles else None
