"""Where the k-th best product lay for earlier queries, and so may lie for the next ones."""

from __future__ import annotations

import numpy as np

from tokensphere.arrays import Float32s, Floats

_ENOUGH = 256  # queries to learn from
_MARGIN = 0.25  # between the least seen and what is expected, in terms of least to median


class ExpectedFloors:
    """Learns from queries that are alike, e.g. random directions, what others may expect.

    A search that knows where its floors will end looks at fewer rows on the way. It stays exact: a
    query whose expectation was too high is noticed, and asked again without.

    Parameters
    ----------
    mean : float array of shape (d,), the mean of the rows that are ranked; None if it is about zero
        Where rows have a direction in common, a query's products follow its own with their mean.
    """

    def __init__(self, mean: Floats | None = None) -> None:
        self.mean = mean
        self._rest: float | None = None

    def of(self, queries: Floats) -> Float32s | None:
        """What to expect of queries of shape (m, d) and unit length; None if nothing is known yet."""
        if self._rest is None:
            return None
        return (self._by_mean(queries) + self._rest).astype(np.float32)

    def learn(self, queries: Floats, floors: Floats) -> None:
        """Take note of floors of shape (m,) that are final."""
        if len(queries) < _ENOUGH:
            return
        rest = floors - self._by_mean(queries)
        least = float(rest.min())
        self._rest = least - _MARGIN * (float(np.median(rest)) - least)

    def _by_mean(self, queries: Floats) -> Floats:
        return np.zeros(len(queries)) if self.mean is None else np.asarray(queries @ self.mean)
