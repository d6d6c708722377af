"""A test of directions -> HTML for a notebook: a row for each direction, and what a terminal says."""

from __future__ import annotations

from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.views.pages import page
from tokensphere.views.terminal.direction_test import around, in_columns

_NEAR = 80  # columns for what a direction is near


def direction_test(result: DirectionTest) -> str:
    """The most surprising directions."""
    return ranked_test(result.top())


def ranked_test(result: RankedTest) -> str:
    """These directions with their numbers, what their tokens share, and the tokens."""
    return page(around(result, [in_columns(result, _NEAR)] if len(result) else ()))
