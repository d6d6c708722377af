"""How shares are written in the tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def share(holds: npt.NDArray[np.bool_]) -> str:
    """A share of independent cases and its standard error."""
    mean = float(np.mean(holds))
    return f"{100 * mean:.1f} ± {100 * np.sqrt(mean * (1 - mean) / max(holds.size, 1)):.1f} %"


def mean_share(rates: Sequence[float]) -> str:
    """The mean of shares of whole repetitions, and its standard error over these."""
    if len(rates) < 2:
        return percent(float(np.mean(rates)))
    error = float(np.std(rates, ddof=1)) / np.sqrt(len(rates))
    return f"{100 * float(np.mean(rates)):.1f} ± {100 * error:.1f} %"
