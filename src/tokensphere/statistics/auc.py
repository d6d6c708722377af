"""How well a number tells those with a yes from those with a no."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError
from tokensphere.records import Record
from tokensphere.statistics.intervals import Z

_STEPS = 60  # halvings of [0, 1]: more than a float64 can tell


@dataclass(frozen=True)
class Auc(Record, interval="interval_95"):
    """The chance that a thing with a yes has the larger number, of one of each drawn at random.

    Attributes
    ----------
    yes, no : how many there are of each
    auc : in [0, 1]; ½ where the number says nothing of the verdict, equal numbers counting half
    interval : its 95 % interval
    """

    yes: int
    no: int
    auc: float
    interval: tuple[float, float]


def auc(values: npt.ArrayLike, verdicts: npt.ArrayLike) -> Auc | None:
    """The area under the curve of a number as a test for a verdict: Mann & Whitney's U over all pairs.

    The interval is Newcombe's (2006, Statistics in Medicine 25, 559–573, method 5): the areas θ whose
    own standard error, by Hanley & McNeil's (1982) formula with both counts replaced by their mean, puts
    the one that was found within 1.96 of them. It stays within [0, 1] and has a length at 0 and 1.

    Parameters
    ----------
    values : floating array of shape (m,), finite
    verdicts : bool array of shape (m,)

    Returns
    -------
    Auc
        None where all verdicts are the same

    Raises
    ------
    InputError
        arrays of different shapes, verdicts that are not bool, or values that are not finite

    Examples
    --------
    >>> auc([0.1, 0.2, 0.3, 0.4], [False, True, False, True]).auc
    0.75
    """
    numbers, yes = np.asarray(values, dtype=np.float64), np.asarray(verdicts)
    if yes.dtype != bool or yes.ndim != 1 or numbers.shape != yes.shape:
        raise InputError("an area needs a number and a bool for each thing, in arrays of one length")
    if not np.isfinite(numbers).all():
        raise InputError("a number is NaN or infinite, so it cannot be ranked; leave that thing out")
    m, n = int(np.count_nonzero(yes)), int(np.count_nonzero(~yes))
    if not m or not n:
        return None
    order = np.sort(numbers[~yes])
    below = np.searchsorted(order, numbers[yes], side="left")
    ties = np.searchsorted(order, numbers[yes], side="right") - below
    found = float((below + ties / 2).sum()) / (m * n)
    return Auc(m, n, found, (_end(found, m, n, 0.0), _end(found, m, n, 1.0)))


def _end(found: float, m: int, n: int, limit: float) -> float:
    """The area between `found` and `limit` whose own 1.96 standard errors just reach `found`."""
    near, far = found, limit
    for _ in range(_STEPS):
        middle = (near + far) / 2
        if (middle - found) ** 2 <= Z**2 * _variance(middle, m, n):
            near = middle
        else:
            far = middle
    return near


def _variance(area: float, m: int, n: int) -> float:
    others = (m + n) / 2 - 1
    spread = (1 - area) / (2 - area) + area / (1 + area)
    return area * (1 - area) * (1 + others * spread) / (m * n)
