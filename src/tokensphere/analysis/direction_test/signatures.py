"""What a direction of tokens is made of, but for which tokens: its signature (docs/definitions.md 1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import gcd
from typing import Literal, get_args

import numpy as np

from tokensphere.arrays import Bools, Float64s, Int64s, Intps
from tokensphere.directions.named import Directions

TenthsOf = Literal["ids", "norms"]
TENTHS_OF: tuple[TenthsOf, ...] = get_args(TenthsOf)
TENTHS = 10


@dataclass(frozen=True)
class Signature:
    """The weights of a direction's different tokens, descending; a common factor means nothing.

    Attributes
    ----------
    weights : of each token; 0 for one that is added as often as it is subtracted
    tenths : for each token which tenth of the vocabulary it is of, 0 … 9; empty if that does not count
    """

    weights: tuple[int, ...]
    tenths: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """For people.

        Examples
        --------
        >>> Signature((1, 1, -1)).title, Signature((1,)).title, Signature((2, -1), (0, 9)).title
        ('2 − 1', '1 − 0', 'weights 2, −1 of tenths 1, 10')
        """
        if set(self.weights) <= {1, -1}:
            text = f"{self.weights.count(1)} − {self.weights.count(-1)}"
        else:
            text = "weights " + ", ".join(str(weight).replace("-", "−") for weight in self.weights)
        tenths = ", ".join(str(tenth + 1) for tenth in self.tenths)
        return f"{text} of tenths {tenths}" if tenths else text


PAIR = Signature((1, -1))


def signature(tokens: tuple[int, ...], weights: tuple[int, ...], tenth: Intps | None) -> Signature:
    """The signature of one direction; a token that stands in it twice counts once, with both weights.

    Parameters
    ----------
    tokens : ids
    weights : of each of these
    tenth : of every token its tenth, shape (n,), if that counts

    Examples
    --------
    >>> signature((7, 3, 7, 5), (1, -1, 1, -1), None)
    Signature(weights=(2, -1, -1), tenths=())
    """
    of: dict[int, int] = defaultdict(int)
    for token, weight in zip(tokens, weights, strict=True):
        of[token] += weight
    factor = gcd(*of.values())
    found = sorted(
        (-weight // factor, 0 if tenth is None else int(tenth[token])) for token, weight in of.items()
    )
    every = tuple(-weight for weight, _ in found)
    return Signature(every, () if tenth is None else tuple(place for _, place in found))


def signatures(
    directions: Directions, tenth: Intps | None = None
) -> tuple[tuple[Signature, ...], Intps]:
    """The different signatures of directions that are made of tokens, and of each which it has, (m,)."""
    numbers: dict[Signature, int] = {}
    of = np.empty(len(directions), dtype=np.intp)
    for row, (tokens, weights) in enumerate(zip(directions.own, directions.weights, strict=True)):
        of[row] = numbers.setdefault(signature(tokens, weights, tenth), len(numbers))
    return tuple(numbers), of


def tenths(usable: Bools, norms: Float64s | None = None) -> tuple[Intps, list[Int64s]]:
    """Tenths of the usable tokens in the order of their ids, or of their norms.

    Parameters
    ----------
    usable : bool array of shape (n,)
    norms : float64 array of shape (n,)

    Returns
    -------
    of every token its tenth, 0 … 9, shape (n,); −1 for those that are not usable
    the ids of each tenth
    """
    ids = np.flatnonzero(usable)
    if norms is not None:
        ids = ids[np.argsort(norms[ids], kind="stable")]
    tenth = np.full(len(usable), -1, dtype=np.intp)
    tenth[ids] = np.arange(len(ids)) * TENTHS // max(len(ids), 1)
    return tenth, [np.flatnonzero(tenth == number) for number in range(TENTHS)]
