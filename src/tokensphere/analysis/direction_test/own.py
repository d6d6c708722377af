"""The null ``own``: normal, with the mean and covariance of those tested (docs/definitions.md 1).

Lengths mean nothing, so of unit rows, and for draws at unit length. Where there are groups each has a
null of its own. The directions that are tested are in the fit. Of fewer directions than dimensions the
draws stay in their span, as they do themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from tokensphere.analysis.direction_test.measure import why_untestable
from tokensphere.arrays import Float64s, Intps
from tokensphere.directions.named import Directions
from tokensphere.errors import InputError
from tokensphere.geometry.compute import workers
from tokensphere.geometry.laws import NullLaw, gaussian_law
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.similarity import vector_lengths
from tokensphere.statistics.unit_length import before_unit_length


class Cloud:
    """The directions of a group as points on the sphere, read when they are asked for.

    Parameters
    ----------
    directions : all that are tested
    members : numbers of those of the group, ascending, shape (j,)
    name : of the group; empty if they are all
    """

    def __init__(self, directions: Directions, members: Intps, name: str) -> None:
        self._directions, self._members, self._name = directions, members, name

    def rows(self) -> Iterator[Float64s]:
        """Those that can be tested, at unit length, in blocks of shape (b, d)."""
        low, end = int(self._members[0]), int(self._members[-1]) + 1
        for start in range(low, end, QUERIES_AT_ONCE):
            stop = min(start + QUERIES_AT_ONCE, end)
            first, last = np.searchsorted(self._members, [start, stop])
            vectors = self._directions.read(start, stop)[self._members[first:last] - start]
            good = vectors[why_untestable(vectors) == 0].astype(np.float64)
            good /= np.abs(good).max(axis=1, keepdims=True, initial=0)  # or squares may overflow
            yield good / vector_lengths(good)[:, None]

    def digest(self) -> str:
        """SHA-256 of which directions they are: all that the law depends on, beside the model."""
        hasher = sha256(json.dumps(self._directions.key, sort_keys=True).encode())
        hasher.update(np.ascontiguousarray(self._members, dtype=np.int64).data)
        return hasher.hexdigest()

    def middle(self) -> tuple[int, Float64s]:
        """How many rows there are, m, and their mean, float64 of shape (d,).

        Raises
        ------
        InputError
            fewer than 2 directions, or all are the same
        """
        of = f"group {self._name!r:.60}" if self._name else "set that is tested"
        count, total = 0, np.zeros(0)
        for block in self.rows():
            total = block.sum(axis=0) + (total if count else 0.0)
            count += len(block)
        if count < 2:
            raise InputError(
                f"the null 'own' needs 2 directions or more that can be tested, but the {of} has"
                f" {count}; use another null"
            )
        mean = total / count
        spread = sum(float(np.sum((block - mean) ** 2)) for block in self.rows())
        if not spread > 1e-12 * count:
            raise InputError(f"all directions of the {of} are the same; use another null than 'own'")
        return count, mean

    def law(self, seed: int) -> NullLaw:
        """Draws that have, at unit length, the mean and covariance of the rows (over m − 1)."""
        count, mean = self.middle()
        with workers(1):  # the same to the bit whatever the BLAS would use
            products = np.zeros((len(mean), len(mean)))
            for block in self.rows():
                offsets = block - mean
                products += offsets.T @ offsets
            middle, covariance = before_unit_length(mean, products / (count - 1))
        return gaussian_law(covariance, seed, mean=middle, key="own")
