"""Which other directions of a set point the same way, or the opposite one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokensphere.analysis.direction_test.measure import why_untestable
from tokensphere.arrays import Float64s
from tokensphere.directions.named import Directions, Vectors
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.similarity import vector_lengths
from tokensphere.records import Record


@dataclass(frozen=True)
class Sibling(Record):
    """Another direction.

    Attributes
    ----------
    row : its number
    cosine : to the one that was asked for, in [−1, 1]
    """

    row: int
    cosine: float


def siblings(directions: Directions, row: int, count: int = 5) -> list[Sibling]:
    """The directions of largest cosine to one of them, by its size: the opposite is as near as the same.

    All are read once, in blocks.

    Parameters
    ----------
    directions : m of them; those that are zero, constant or not finite are left out
    row : which one
    count : how many, at least 1; of both ends of each direction the other end is none

    Raises
    ------
    InputError
        there is no such direction, or it is zero, constant or not finite
    """
    check_whole("the number of siblings", count, 1)
    if not 0 <= row < len(directions):
        raise InputError(f"there is no direction {row}: they go from 0 to {len(directions) - 1}")
    own = directions.read(row, row + 1)
    if why_untestable(own)[0]:
        raise InputError(f"direction {row} is zero, constant or not finite, so it has no siblings")
    unit = _unit(own)[0]
    cosines = np.full(len(directions), np.nan)
    for low, vectors, _ in directions.blocks(0, QUERIES_AT_ONCE):
        good = np.flatnonzero(why_untestable(vectors) == 0)
        cosines[low + good] = _unit(vectors[good]) @ unit
    cosines[row // directions.ends * directions.ends] = np.nan
    if directions.ends == 2:  # the other ends say nothing new
        cosines[1::2] = np.nan
    order = np.argsort(-np.abs(cosines), kind="stable")[:count]  # NaN comes last
    return [Sibling(int(i), float(cosines[i])) for i in order if not np.isnan(cosines[i])]


def _unit(vectors: Vectors) -> Float64s:
    scaled = vectors.astype(np.float64)
    scaled /= np.abs(scaled).max(axis=1, keepdims=True, initial=0)  # or squares may overflow
    return np.asarray(scaled / vector_lengths(scaled)[:, None])
