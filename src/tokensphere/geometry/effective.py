"""In how many dimensions rows vary, if they varied in all of these alike (docs/definitions.md 12)."""

from __future__ import annotations

import numpy as np

from tokensphere.geometry.rows import Rows, blocks


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
    mean = rows.moments.mean_unit_row()
    total = np.zeros((rows.shape[1], rows.shape[1]))
    for part in blocks(len(rows)):
        unit = rows.moments.unit_rows(part)[1] - mean
        total += unit.T @ unit
    square = float(np.sum(total * total))
    return float(np.trace(total)) ** 2 / square if square else float("nan")
