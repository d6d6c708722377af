"""What a share beyond its own null will be, before all draws are there (docs/definitions.md 6).

After j of S draws a value has j + 1 possible places among its own, too few for a p of 0.05. But how many
values have which place tells how likely a draw is to be beyond a value, all over the values: a binomial
mixture, of which the share after S draws is a mean.
"""

from __future__ import annotations

from functools import lru_cache
from math import floor

import numpy as np

from tokensphere.arrays import Float64s, Floats
from tokensphere.statistics.intervals import Z, wilson
from tokensphere.statistics.own_null import Beyond, counts_beyond, effective_count, own_null

_ENDS = 25  # of the uniform laws that are mixed
_SHARES = 60  # that are tried
_ROUNDS = 40  # of the EM algorithm
_HALVINGS = 25
_SLIGHT = 1e-5  # weight of a law that has none, or no mixture might have the share
# By what a world moves all values alike, until several tell: 0.08 standard deviations of normal values,
# as a share of ``r (1 − r)`` at ``r = ½``, where the normal density squared is 0.16.
_ONE_WORLD = 4 * 0.16 * 0.08**2
_LEAST = 1e-300


def foresee(values: Floats, null: Floats, draws: int, *, level: float = 0.05) -> Beyond:
    """The share of values with a p of `level` or less beside `draws` draws, from the first j of them.

    The chance ``π`` that a draw is at least as large as its value is, over the values, taken to have a
    density that decreases, as that of a p-value does (Langaas, Lindqvist & Ferkingstad 2005): a mixture
    of uniform laws on ``[0, t]``. Of the numbers of draws beyond a value, binomial given ``π``, the
    mixture has a likelihood; that of a share is the largest of the mixtures with this share (by EM, the
    constraint as in Owen 2001). The interval is of the shares that the likelihood ratio does not reject
    at 5 %, the estimate their mean, weighted by likelihood. Beside a single draw many mixtures are as
    likely, and the interval says so. Values count as many as tell as much independently
    (:func:`~tokensphere.statistics.own_null.own_null`).

    Parameters
    ----------
    values : floating array of shape (m,)
    null : floating array of shape (m, j), j from 1 to `draws`; with all of them, what `own_null` finds
    draws : S, enough to tell the level
    level : in (0, 1)

    Raises
    ------
    InputError
        no values or no draws, or other shapes
    """
    found = own_null(values, null, levels=(level,))
    done = found.draws
    if done >= draws:
        return found.at[0]
    allowed = floor(level * (draws + 1) + 1e-9) - 1
    counts = np.bincount(counts_beyond(values, null), minlength=done + 1) / len(values)
    effective = _effective(effective_count(values, null), len(values), done)
    likelihood, share = _laws(done, draws, allowed)
    chance = (allowed + 1) / (draws + 1)
    shares = chance + (1 - chance) * np.linspace(0, 1, _SHARES + 2)[1:-1] ** 2
    log = effective * _profile(counts, likelihood, share, shares)
    log -= log.max()
    weight = np.exp(log) * np.gradient(shares)
    low, high = _ends(shares, log)
    if low == shares[0]:  # chance is not excluded, and is no less uncertain itself
        low = wilson(chance, effective)[0]
    rate = _between_moments(float(weight @ shares / weight.sum()), counts, draws, allowed)
    return Beyond(level, chance, rate, (min(low, rate), max(high, rate)))


def _effective(found: float, m: int, done: int) -> float:
    """As many independent values; what worlds differ by is not known from a single one."""
    seen = max(1 / found - 1 / m, 0.0)
    return 1 / (1 / m + _ONE_WORLD / done + seen * (1 - 1 / done))


@lru_cache(maxsize=128)
def _laws(done: int, draws: int, allowed: int) -> tuple[Float64s, Float64s]:
    """Of uniform laws of ``π`` on [0, t]: how likely each number of draws beyond is, and the share.

    Shapes (j + 1, T) and (T,); by Gauss–Legendre quadrature that is exact for their polynomials.
    """
    from scipy.special import bdtr, comb

    nodes, weights = np.polynomial.legendre.leggauss(draws // 2 + 1)
    chance = np.linspace(0, 1, _ENDS)[:, None] ** 1.5 * (nodes + 1) / 2
    count = np.arange(done + 1)[:, None, None]
    likelihood = comb(done, count) * chance**count * (1 - chance) ** (done - count)
    return likelihood @ weights / 2, bdtr(float(allowed), draws, chance) @ weights / 2


def _profile(counts: Float64s, likelihood: Float64s, share: Float64s, shares: Float64s) -> Float64s:
    """For each share the largest mean log-likelihood of a mixture with that share."""
    off = share - shares[:, None]
    mixture = np.full(off.shape, 1 / off.shape[1])
    for _ in range(_ROUNDS):
        mixture = _with_share(mixture, off)
        mixture = mixture * ((counts / np.maximum(mixture @ likelihood.T, _LEAST)) @ likelihood)
    mixture = _with_share(mixture, off)
    there = counts > 0
    fits = np.log(np.maximum(mixture @ likelihood[there].T, _LEAST))
    return np.asarray(fits @ counts[there])


def _with_share(mixture: Float64s, off: Float64s) -> Float64s:
    """The M step: weights ``g_t / (1 + λ off_t)``, λ such that they have no mean `off`; by halving."""
    mixture = np.maximum(mixture, _SLIGHT)
    low, high = -1 / off.max(axis=1), -1 / off.min(axis=1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        up = np.sum(mixture * off / (1 + middle[:, None] * off), axis=1) > 0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    tilted = mixture / (1 + ((low + high) / 2)[:, None] * off)
    return np.asarray(tilted / tilted.sum(axis=1, keepdims=True))


def _ends(shares: Float64s, log: Float64s) -> tuple[float, float]:
    """Where the likelihood falls below what 95 % intervals have."""
    cut = -(Z**2) / 2
    inside = np.flatnonzero(log >= cut)
    first, last = int(inside[0]), int(inside[-1])
    ends = []
    for at, beyond in ((first, first - 1), (last, last + 1)):
        if not 0 <= beyond < len(shares):
            ends.append(float(shares[at]))
            continue
        part = (log[at] - cut) / (log[at] - log[beyond])
        ends.append(float(shares[at] + part * (shares[beyond] - shares[at])))
    return ends[0], ends[1]


def _between_moments(rate: float, counts: Float64s, draws: int, allowed: int) -> float:
    """The rate, within what holds whatever the density, where none of the draws may be beyond.

    Shares beyond all of k draws are moments of ``1 − π``, so they fall, and are log-convex in k.
    """
    done = len(counts) - 1
    if allowed or not counts[0]:
        return rate
    # beyond all of all but one of the draws: also of those with one beyond, the one left out
    before = counts[0] + counts[1] / done
    return float(np.clip(rate, counts[0] * (counts[0] / before) ** (draws - done), counts[0]))
