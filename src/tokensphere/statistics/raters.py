"""How far several raters agree on the same things (docs/definitions.md 10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float64s, Int64s
from tokensphere.errors import InputError
from tokensphere.records import Record

RESAMPLES = 2_000


@dataclass(frozen=True)
class RatersAgree(Record, interval="alpha_interval_95"):
    """What several raters have in common in verdicts of yes and no.

    Attributes
    ----------
    raters : how many
    things : with two verdicts or more; the others say nothing of agreement
    complete : with a verdict of every rater
    alpha : Krippendorff's, at most 1: 1 is agreement, 0 what verdicts dealt at random reach; None where
        all verdicts are the same
    interval : its 95 % interval, None with it
    kappa : Fleiss's (1971) over the complete things, in the same way; None where they have one verdict
    """

    raters: int
    things: int
    complete: int
    alpha: float | None
    interval: tuple[float, float] | None
    kappa: float | None


def raters_agree(verdicts: npt.ArrayLike, *, seed: int = 0) -> RatersAgree:
    """How far raters agree, some verdicts missing perhaps.

    ``α = 1 − D_o / D_e`` for nominal data (Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability"), and Fleiss's κ, ``(P − P_e) / (1 − P_e)`` with P the mean share of pairs of
    raters who agree. The interval of α is from 2,000 draws of the things with replacement (percentile
    bootstrap, as Zapf et al. 2016 advise).

    Parameters
    ----------
    verdicts : int array of shape (raters, m), 1 for yes, 0 for no, −1 for none
    seed : of the resamples

    Raises
    ------
    InputError
        another shape or other values, fewer than two raters, or nothing that two of them rated

    Examples
    --------
    >>> found = raters_agree([[1, 1, 0, 0, -1], [1, 0, 0, 0, 1], [1, 1, 0, -1, -1]])
    >>> found.things, found.complete, round(found.alpha, 3), round(found.kappa, 3)
    (4, 3, 0.667, 0.55)
    """
    given = np.asarray(verdicts)
    if given.ndim != 2 or not np.isin(given, (0, 1, -1)).all():
        raise InputError("verdicts of raters are an array (raters, things) of 1, 0, or -1 for none")
    yes, no = (given == 1).sum(axis=0), (given == 0).sum(axis=0)
    several = yes + no >= 2
    if len(given) < 2 or not several.any():
        raise InputError("agreement needs two raters or more who rated something in common")
    counts = np.stack([yes[several], no[several]])
    once = np.ones((1, counts.shape[1]), dtype=np.int64)
    alpha = float(_alphas(counts, once)[0])
    complete = counts.sum(axis=0) == len(given)
    return RatersAgree(
        raters=len(given),
        things=counts.shape[1],
        complete=int(np.count_nonzero(complete)),
        alpha=None if np.isnan(alpha) else alpha,
        interval=None if np.isnan(alpha) else _interval(counts, seed),
        kappa=_fleiss(counts[:, complete], len(given)),
    )


def _alphas(counts: Int64s, times: Int64s) -> Float64s:
    """α with each thing taken so many times, (2, m), (b, m) -> (b,); NaN where one verdict is all."""
    yes, no = counts
    apart = times @ (2 * yes * no / (yes + no - 1))  # D_o and D_e, each times the number of verdicts
    all_yes, all_no = times @ yes, times @ no
    by_chance = 2.0 * all_yes * all_no / (all_yes + all_no - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(by_chance > 0, 1 - apart / by_chance, np.nan)


def _interval(counts: Int64s, seed: int) -> tuple[float, float]:
    # Things with the same counts are the same: a resample is how often each kind of them is drawn.
    kinds, sizes = np.unique(counts, axis=1, return_counts=True)
    m = counts.shape[1]
    drawn = _alphas(kinds, np.random.default_rng(seed).multinomial(m, sizes / m, size=RESAMPLES))
    drawn = np.where(np.isnan(drawn), 1.0, drawn)  # one verdict for all: nobody disagrees
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    return low, high


def _fleiss(counts: Int64s, raters: int) -> float | None:
    yes, no = counts
    share = yes.sum() / max(1, counts.sum())
    by_chance = share**2 + (1 - share) ** 2
    if by_chance == 1 or not counts.size:
        return None
    agree = float((1 - 2 * yes * no / (raters * (raters - 1))).mean())
    return float((agree - by_chance) / (1 - by_chance))
