"""How often lists have a theme, and whether that agrees with their geometry (STATISTICS 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.pair import wilson
from tokensphere.errors import InputError

_Z = 1.959963984540054  # the 97.5 % quantile of the standard normal law


@dataclass(frozen=True)
class Rate:
    """In how many of some lists something holds.

    Attributes
    ----------
    count, n : in `count` of `n` lists
    share : ``count / n``, in [0, 1]
    interval : its 95 % Wilson interval (Wilson 1927)
    """

    count: int
    n: int
    share: float
    interval: tuple[float, float]

    @classmethod
    def of(cls, count: int, n: int) -> Rate:
        """The rate of `count` in `n`, n at least 1."""
        return cls(count, n, count / n, wilson(count / n, n))

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            "count": self.count,
            "n": self.n,
            "share": self.share,
            "interval_95": list(self.interval),
        }


@dataclass(frozen=True)
class ThemeRates:
    """How many lists share something beyond chance.

    Attributes
    ----------
    with_theme : lists whose smallest p is significant family-wise
    by_kind : the same by the kind of the list's strongest label, most frequent first; adds up to it
    level : the family-wise level; lists of random tokens reach it that often, or, p-values being
        discrete, a little more seldom
    """

    with_theme: Rate
    by_kind: dict[str, Rate]
    level: float

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            "level": self.level,
            "with_theme": self.with_theme.to_dict(),
            "by_kind": {kind: rate.to_dict() for kind, rate in self.by_kind.items()},
        }


def theme_rates(
    p_familywise: npt.ArrayLike, kinds: Sequence[str | None], *, level: float = 0.05
) -> ThemeRates:
    """The share of lists with a theme, and of which kind their strongest label is.

    Parameters
    ----------
    p_familywise : float array of shape (m,), from :func:`familywise`, of the smallest p of each list
    kinds : the kind of each list's strongest label; None where it has none
    level : family-wise level

    Raises
    ------
    InputError
        no list, or as many kinds as lists are not given
    """
    p = np.asarray(p_familywise, dtype=np.float64)
    if p.ndim != 1 or not len(p) or len(kinds) != len(p):
        raise InputError(f"p of shape {p.shape} and {len(kinds)} kinds: need one of each for every list")
    found = [kind for kind, small in zip(kinds, (p <= level).tolist(), strict=True) if small and kind]
    counts = {kind: found.count(kind) for kind in set(found)}
    ordered = sorted(counts, key=lambda kind: (-counts[kind], kind))
    return ThemeRates(
        with_theme=Rate.of(len(found), len(p)),
        by_kind={kind: Rate.of(counts[kind], len(p)) for kind in ordered},
        level=level,
    )


@dataclass(frozen=True)
class Agreement:
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

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            "both": self.both,
            "first_only": self.first_only,
            "second_only": self.second_only,
            "neither": self.neither,
            "kappa": self.kappa,
            "kappa_interval_95": None if self.interval is None else list(self.interval),
        }


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
    cells = np.array(
        [
            [np.count_nonzero(one & other), np.count_nonzero(one & ~other)],
            [np.count_nonzero(~one & other), np.count_nonzero(~one & ~other)],
        ]
    )
    kappa, interval = _kappa(cells)
    (both, first_only), (second_only, neither) = cells.tolist()
    return Agreement(both, first_only, second_only, neither, kappa, interval)


def _kappa(cells: npt.NDArray[np.int64]) -> tuple[float | None, tuple[float, float] | None]:
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
    half = _Z * sqrt(max(0.0, float(variance)) / n) / (1 - by_chance)
    return kappa, (max(-1.0, kappa - half), min(1.0, kappa + half))
