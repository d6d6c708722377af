"""How far two verdicts on the same things agree (docs/definitions.md 7)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Int64s
from tokensphere.errors import InputError
from tokensphere.records import Record
from tokensphere.statistics.intervals import Z


@dataclass(frozen=True)
class Agreement(Record, interval="kappa_interval_95"):
    """A 2 × 2 table of two verdicts on the same lists, and Cohen's kappa.

    Attributes
    ----------
    both, first_only, second_only, neither : numbers of lists, adding up to n
    kappa : ``(p_o − p_e) / (1 − p_e)``, in [−1, 1]: 1 is agreement, 0 what two independent verdicts
        with these rates reach; None where both verdicts are the same for all lists, so that
        agreement says nothing
    interval : its 95 % interval, None with it: kappa ± 1.96 standard errors, within [−1, 1]
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    kappa: float | None
    interval: tuple[float, float] | None


def agreement(first: npt.ArrayLike, second: npt.ArrayLike) -> Agreement:
    """How far two verdicts on the same m lists agree: has a theme, and is coherent.

    Kappa is Cohen's (1960), its standard error that of Fleiss, Cohen & Everitt (1969), for many lists.

    Parameters
    ----------
    first, second : bool arrays of shape (m,)

    Raises
    ------
    InputError
        arrays of different shapes, empty, or not of type bool

    Examples
    --------
    >>> found = agreement([True, True, False, False], [True, False, False, False])
    >>> found.both, found.first_only, found.second_only, found.neither, found.kappa
    (1, 1, 0, 2, 0.5)
    """
    one, other = np.asarray(first), np.asarray(second)
    if one.dtype != bool or other.dtype != bool or one.shape != other.shape or one.ndim != 1:
        raise InputError("two verdicts are compared as bool arrays of one length, one value a list")
    if not len(one):
        raise InputError("no lists: agreement needs 1 or more")
    cells = np.array([[np.count_nonzero(a & b) for b in (other, ~other)] for a in (one, ~one)])
    kappa, interval = _kappa(cells)
    (both, first_only), (second_only, neither) = cells.tolist()
    return Agreement(both, first_only, second_only, neither, kappa, interval)


def _kappa(cells: Int64s) -> tuple[float | None, tuple[float, float] | None]:
    n = int(cells.sum())
    share = cells / n
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    by_chance = float(rows @ columns)
    if by_chance == 1.0:
        return None, None
    kappa = (float(np.trace(share)) - by_chance) / (1 - by_chance)
    agree = sum(share[i, i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in range(2))
    differ = sum(share[i, 1 - i] * (columns[i] + rows[1 - i]) ** 2 for i in range(2))
    variance = agree + (1 - kappa) ** 2 * differ - (kappa - by_chance * (1 - kappa)) ** 2
    half = Z * sqrt(max(0.0, float(variance)) / n) / (1 - by_chance)
    return kappa, (max(-1.0, kappa - half), min(1.0, kappa + half))
