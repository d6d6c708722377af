"""In how many dimensions rows vary, if they varied in all of these alike (docs/definitions.md 12)."""

from __future__ import annotations

import numpy as np

from tokensphere.geometry.rows import Rows
from tokensphere.geometry.surrogate import unit_covariance


def effective_dimensions(rows: Rows) -> float:
    """The participation ratio of the unit rows' covariance, ``(Σλ)² / Σλ²``, 1 to d.

    From traces alone: ``Σλ = tr C`` and ``Σλ² = ‖C‖²``.

    Parameters
    ----------
    rows : n rows, of which two usable ones differ

    Returns
    -------
    NaN where all unit rows are the same

    Examples
    --------
    >>> rows = Rows.of(np.concatenate([np.eye(6), -np.eye(6)]).astype(np.float32))
    >>> round(effective_dimensions(rows), 9)
    6.0
    """
    covariance = unit_covariance(rows)
    square = float(np.sum(covariance * covariance))
    return float(np.trace(covariance)) ** 2 / square if square else float("nan")
