"""How far something lies from what chance gives, in units of chance's own spread."""

from __future__ import annotations

import numpy as np

from tokensphere.arrays import Float64s

LOW, HIGH = 0.16, 0.84  # of a normal law, about one standard deviation off the middle


def effects(values: Float64s, null: Float64s) -> Float64s:
    """``(value − median) / ((q84 − q16) / 2)``, the quantiles those of the null.

    Parameters
    ----------
    values : float64 array of shape (m,)
    null : float64 array of shape (B,)

    Returns
    -------
    float64 array of shape (m,); NaN where the value is, or where the null has no spread

    Examples
    --------
    >>> effects(np.array([50.0, 118]), np.arange(101.0)).round(3).tolist()
    [0.0, 2.0]
    """
    low, middle, high = np.quantile(null, [LOW, 0.5, HIGH])
    if not high > low:
        return np.full(values.shape, np.nan)
    return np.asarray((values - middle) / ((high - low) / 2))
