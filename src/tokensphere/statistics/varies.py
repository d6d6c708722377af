"""Do several rates differ more than their intervals explain, and what do they go with?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np

from tokensphere.arrays import Float64s, Floats
from tokensphere.errors import InputError
from tokensphere.records import Record

_Z = 1.959963984540054  # of a 95 % interval
PERMUTATIONS = 9_999
_ALL = 7  # models whose orders are all looked at
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Spread(Record):
    """How far the true rates of several models lie apart.

    Attributes
    ----------
    count : of rates
    lowest, highest, mean : of the rates; the mean is of the models, each counting alike
    between : standard deviation of the true rates (DerSimonian & Laird 1986), in the rates' unit
    p : of rates that are all the same having so large a ``Q = Σ w (r − r̄)²`` (Cochran 1954), by χ²
    """

    count: int
    lowest: float
    highest: float
    mean: float
    between: float
    p: float


def spread(rates: Floats, intervals: Floats) -> Spread:
    """How far the rates lie apart beside their uncertainty.

    A rate's standard error is its 95 % interval's width over 2 · 1.96: the intervals have the
    uncertainty of the surrogates in them, which a count of directions has not, and are rather too wide:
    p is too large, and ``between`` too small, rather than the other way. Models count as independent;
    such as share much (two versions of one) differ less by chance, to the same effect.

    Parameters
    ----------
    rates : shape (m,), in [0, 1]
    intervals : shape (m, 2), 95 %

    Raises
    ------
    InputError
        fewer than two
    """
    from scipy.special import chdtrc  # the law of χ²; scipy.stats takes a second to load

    rates, ends = np.asarray(rates, dtype=np.float64), np.asarray(intervals, dtype=np.float64)
    if len(rates) < 2:
        raise InputError("to say how far rates lie apart takes two or more")
    variance = np.maximum((ends[:, 1] - ends[:, 0]) / (2 * _Z), 1e-9) ** 2
    weights = 1 / variance
    pooled = float(np.sum(weights * rates) / weights.sum())
    q = float(np.sum(weights * (rates - pooled) ** 2))
    free = len(rates) - 1
    scale = float(weights.sum() - np.sum(weights**2) / weights.sum())
    between = max(0.0, (q - free) / scale) ** 0.5
    return Spread(
        len(rates), float(rates.min()), float(rates.max()), float(rates.mean()), between,
        float(chdtrc(free, q)),
    )  # fmt: skip


@dataclass(frozen=True)
class Association(Record):
    """What a rate goes with, over several models.

    Attributes
    ----------
    name : of the other quantity
    kind : ``"number"``: Spearman's correlation; ``"word"``: share of the ranks' variance between g
        words, ``η² = H/(m − 1)`` with H of Kruskal and Wallis (1952); chance gives ``(g − 1)/(m − 1)``
    count : of models that have it
    strength : ρ in [−1, 1] or η² in [0, 1]
    p : share of the orders of the models that have one as strong, by permutation
    q : p among all associations looked at (Benjamini & Hochberg 1995)
    """

    name: str
    kind: str
    count: int
    strength: float
    p: float
    q: float = 1.0


def number_association(name: str, values: Floats, rates: Floats, *, seed: int = 0) -> Association:
    """Spearman's ρ of numbers with rates, two-sided; of up to 7 models all orders, else 9,999 of them.

    Parameters
    ----------
    name : of the numbers
    values, rates : shape (m,)
    seed : of the orders
    """
    x, y = _centred_ranks(values), _centred_ranks(rates)
    size = float(np.sqrt(np.sum(x * x) * np.sum(y * y)))
    if not size:
        return Association(name, "number", len(x), 0.0, 1.0)
    strength = float(x @ y) / size
    seen = [abs(order @ y) / size for order in _orders(x, seed)]
    return Association(
        name, "number", len(x), strength, _share(np.concatenate(seen), abs(strength), len(x))
    )


def word_association(name: str, words: Sequence[str], rates: Floats, *, seed: int = 0) -> Association:
    """How much of the ranks' variance lies between models with different words, by permutation.

    Parameters
    ----------
    name : of the words
    words : m of them
    rates : shape (m,)
    seed : of the orders
    """
    y = _centred_ranks(rates)
    total = float(np.sum(y * y))
    groups = np.unique(np.asarray(words, dtype=str), return_inverse=True)[1]
    if not total or groups.max(initial=0) == 0:
        return Association(name, "word", len(y), 0.0, 1.0)
    members = (groups == np.arange(groups.max() + 1)[:, None]).astype(np.float64)
    sizes = members.sum(axis=1)

    def between(orders: Float64s) -> Float64s:
        return np.asarray(((orders @ members.T) ** 2 / sizes).sum(axis=1) / total)

    strength = float(between(y[None])[0])
    seen = np.concatenate([between(order) for order in _orders(y, seed)])
    return Association(name, "word", len(y), strength, _share(seen, strength, len(y)))


def _centred_ranks(values: Floats) -> Float64s:
    from scipy.stats import rankdata

    ranks = np.asarray(rankdata(np.asarray(values, dtype=np.float64)), dtype=np.float64)
    return np.asarray(ranks - ranks.mean())


def _orders(values: Float64s, seed: int) -> list[Float64s]:
    """All orders of a few values, or many random ones, some at a time, shape (j, m)."""
    m = len(values)
    if m <= _ALL:
        from itertools import permutations

        return [np.array(list(permutations(values.tolist())))]
    rng = np.random.default_rng([seed, m])
    parts = []
    for start in range(0, PERMUTATIONS, _AT_ONCE):
        count = min(_AT_ONCE, PERMUTATIONS - start)
        parts.append(rng.permuted(np.tile(values, (count, 1)), axis=1))
    return parts


def _share(seen: Float64s, found: float, m: int) -> float:
    """Share of the orders that are as strong; of random ones, the one that was found among them."""
    as_strong = int(np.count_nonzero(seen >= found - 1e-9))
    if m <= _ALL:
        return as_strong / factorial(m)
    return (1 + as_strong) / (1 + len(seen))
