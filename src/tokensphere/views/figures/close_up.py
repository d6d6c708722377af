"""A direction close up -> the picture of its test: its numbers beside the null."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tokensphere.analysis.direction_test.close_up import CloseUp
from tokensphere.views.figures.direction_test import plot_direction_test

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_close_up(result: CloseUp, path: Path | None = None) -> Figure:
    """Draw the test that the direction belongs to, also to `path`, see :func:`plot_direction_test`."""
    return plot_direction_test(result.ranked, path)
