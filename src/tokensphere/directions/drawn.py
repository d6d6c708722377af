"""Random directions, by range or each by its name: ``0/867`` is seed 0, index 867."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.arrays import Float32s
from tokensphere.directions.named import Directions, Lazy, Name
from tokensphere.geometry.directions import RandomDirections, random_directions
from tokensphere.vocabulary import Vocabulary

_NAME = re.compile(r"([0-9]{1,40})/([0-9]{1,18})", re.ASCII)


def read_name(text: str) -> tuple[int, int] | None:
    """Seed and index of a random direction, or None if `text` is no name of one.

    Examples
    --------
    >>> read_name("0/867"), read_name("0.867")
    ((0, 867), None)
    """
    found = _NAME.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def names_no_token(vocabulary: Vocabulary, given: Any) -> bool:
    """Whether this is the name of a random direction, and no token is spelled so."""
    return isinstance(given, str) and _NAME.fullmatch(given) is not None and given not in vocabulary


@dataclass(frozen=True)
class DrawnByName:
    """Random directions of d dimensions, each by its seed and index; one or more."""

    d: int
    names: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, which: slice) -> Float32s:
        """Those of a range, shape (m, d)."""
        drawn = [random_directions(self.d, index, seed=seed) for seed, index in self.names[which]]
        return np.concatenate([np.empty((0, self.d), dtype=np.float32), *drawn])


def of_range(given: RandomDirections) -> Directions:
    """Directions that follow each other under one seed."""
    seed, first = given.seed, given.first
    about = {"what": "random directions", "seed": seed, "first": first, "count": len(given)}
    return Directions(
        given.d,
        Lazy(len(given), lambda i: _name(seed, first + i)),
        read=lambda low, high: given[low:high],
        describe=lambda: about,
    )


def _name(seed: int, index: int) -> Name:
    return Name(f"seed {seed}, index {index}", {"seed": seed, "index": index})


def of_names(given: DrawnByName) -> Directions:
    """Directions each of its own seed and index; a single one is what it is in a range."""
    if len(given) == 1:
        ((seed, index),) = given.names
        return of_range(RandomDirections(given.d, 1, first=index, seed=seed))
    about = {"what": "random directions", "names": [f"{seed}/{index}" for seed, index in given.names]}
    return Directions(
        given.d,
        [_name(*name) for name in given.names],
        read=lambda low, high: given[low:high],
        describe=lambda: about,
    )
