"""A direction close up -> the picture of its four statistics, each beside its null."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tokensphere.analysis.direction_test.close_up import CloseUp
from tokensphere.views.figures.direction_test import plot_one

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_close_up(result: CloseUp, path: Path | None = None) -> Figure:
    """Draw the direction beside its null, also to `path`, see :func:`plot_direction_test`."""
    (row,) = result.ranked.rows.tolist()
    return plot_one(result.test, row, path)
