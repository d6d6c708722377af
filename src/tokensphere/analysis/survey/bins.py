"""A survey's lists in bins of how alike their tokens are, beside what chance puts there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.analysis.survey.result import Survey
from tokensphere.arrays import Float64s, Int64s
from tokensphere.records import record


@dataclass(frozen=True)
class CoherenceBins:
    """Bins of equal width over ``T`` of the lists shown, real and with no words.

    Attributes
    ----------
    edges : float64 array of shape (b + 1,), ascending
    counts : int64 array of shape (b,), lists in each bin
    shares : float64 array of shape (b,), the same as a share of all lists
    by_chance : float64 array of shape (b,), share of the lists with no words in each bin
    which : int64 array of shape (m,), the bin of each direction
    """

    edges: Float64s
    counts: Int64s
    shares: Float64s
    by_chance: Float64s
    which: Int64s = field(repr=False)

    def __len__(self) -> int:
        """Number of bins."""
        return len(self.counts)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return record(self)


def coherence_bins(survey: Survey, count: int | None = None) -> CoherenceBins:
    """Put a survey's lists in bins.

    Parameters
    ----------
    survey : the lists shown, and the same directions' with no words, are counted
    count : how many bins; by default as many as so many lists can fill, 12 to 60
    """
    real, null = (np.asarray(of, float) for of in (survey.coherence, survey.null_coherence))
    count = _fitting(len(real)) if count is None else count
    edges = np.linspace(min(real.min(), null.min()), max(real.max(), null.max()), count + 1)
    counts = np.histogram(real, edges)[0]
    # The last bin has its upper end, as np.histogram has it.
    which = np.minimum(np.searchsorted(edges, real, side="right") - 1, count - 1)
    return CoherenceBins(
        edges, counts, counts / len(real), np.histogram(null, edges)[0] / len(null), which
    )


def _fitting(count: int) -> int:
    return int(np.clip(3 * count ** (1 / 3), 12, 60))  # a little finer than Rice's rule
