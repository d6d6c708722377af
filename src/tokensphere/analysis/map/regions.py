"""How alike tokens are that lie together on a map, wherever one looks: what a choice by eye is worth.

A set that was chosen because it lies together on a map of the same vectors is more alike than random
sets, whatever it is: the map put it together. It is a little less unfair to compare it with other
regions of the same map that hold as many tokens. They are as little chosen by meaning, but they are
real words, too, and may have one: a set that is no more alike than they are is ordinary *for this
map*, not without meaning. What would be due to the map alone could be told by the same map of a
vocabulary with no words (geometry/surrogate), with regions drawn around in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.map.kept import MapNeighbors
from tokensphere.analysis.random_sets import LARGEST_DRAWN, RandomSets
from tokensphere.arrays import Float64s
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry.directions import stream


@dataclass(frozen=True)
class Regions:
    """T of regions of a map.

    Attributes
    ----------
    size : tokens of each, m
    coherence : T of the m tokens that are nearest to each of R random tokens on the map, shape (R,);
        of more than 512 tokens that of 512 of them, at random, whose expectation is the same
    """

    size: int
    coherence: Float64s

    def beyond(self, coherence: float) -> float:
        """``(1 + #{regions as alike}) / (1 + R)`` for the T of a set."""
        return (1 + int(np.sum(self.coherence >= coherence))) / (1 + len(self.coherence))

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {"size": self.size, "coherence": self.coherence.tolist()}


def map_regions(
    sets: RandomSets, near: MapNeighbors, size: int, *, regions: int = 99, seed: int = 0
) -> Regions:
    """How alike the tokens of regions of a map are, around random tokens.

    Parameters
    ----------
    sets : of the space that the map is of
    near : finds what is near on the map
    size : tokens of a region, from 2 to all
    regions : how many
    seed : of their middles

    Raises
    ------
    InputError
        a size that there is not on the map
    """
    check_whole("the number of regions", regions, 1)
    ids = np.intersect1d(near.ids, sets.ids)
    if not 2 <= size <= len(ids):
        raise InputError(f"regions of {size:,} tokens: need 2 to {len(ids):,}")
    rng = stream(seed, size)
    found = np.empty(regions)
    for row, middle in enumerate(rng.choice(ids, regions)):
        x, y = near.map.points[middle].tolist()
        region = near.around(x, y, size)
        region = region[sets.coherence.usable[region]]
        if len(region) > LARGEST_DRAWN:
            region = rng.choice(region, LARGEST_DRAWN, replace=False)
        found[row] = sets.of(region) if len(region) > 1 else np.nan
    return Regions(size, found)
