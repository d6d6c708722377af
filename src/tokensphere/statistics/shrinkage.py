"""Mean and covariance of few or many vectors: the covariance that is expected to be least wrong.

Of m vectors in d dimensions the sample covariance S has a rank below m, and eigenvalues that lie further
apart than the true ones: a normal law with it stays in the span of the vectors. Ledoit & Wolf ("A
well-conditioned estimator for large-dimensional covariance matrices", Journal of Multivariate Analysis
88, 2004, 365–411) draw it towards a sphere of the same trace,

    Σ* = λ μ I + (1 − λ) S,   μ = tr S / d,   λ = min(b², δ²) / δ²,
    δ² = ‖S − μ I‖²,   b² = (1/m²) Σ_k ‖x_k x_kᵀ − S‖²,

by as much as makes the expected squared error least when m and d are large. Of many vectors λ goes to 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float64s
from tokensphere.errors import InputError


@dataclass(frozen=True)
class Moments:
    """Mean and shrunk covariance of m vectors.

    Attributes
    ----------
    count : m
    mean : float64 array of shape (d,)
    covariance : ``Σ*``, float64 array of shape (d, d)
    shrinkage : λ, in [0, 1]
    """

    count: int
    mean: Float64s
    covariance: Float64s
    shrinkage: float


def shrunk_moments(blocks: Callable[[], Iterable[Float64s]]) -> Moments:
    """Mean and covariance, shrunk after Ledoit & Wolf (2004), of vectors that are read twice.

    Parameters
    ----------
    blocks : gives the vectors in blocks of shape (b, d), the same at each call

    Raises
    ------
    InputError
        fewer than 2 vectors

    Examples
    --------
    >>> rows = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    >>> found = shrunk_moments(lambda: [rows])
    >>> found.covariance.tolist(), found.shrinkage
    ([[1.0, 0.0], [0.0, 1.0]], 1.0)
    """
    count, total = 0, np.zeros(0)
    for block in blocks():
        total = block.sum(axis=0) + (total if count else 0.0)
        count += len(block)
    if count < 2:
        raise InputError(f"a covariance needs 2 vectors or more, but there are {count}")
    mean = total / count
    d = len(mean)
    product, fourth = np.zeros((d, d)), 0.0
    for block in blocks():
        offsets = block - mean
        product += offsets.T @ offsets
        fourth += float(np.sum(np.vecdot(offsets, offsets) ** 2))
    sample = product / count
    scale, square = float(np.trace(sample)) / d, float(np.sum(sample**2))
    spread = square - d * scale**2  # ‖S − μ I‖²
    error = (fourth / count - square) / count
    # Where nothing is left but rounding, S is the sphere already.
    shrinkage = min(max(error, 0.0) / spread, 1.0) if spread > 1e-12 * square else 1.0
    covariance = (1 - shrinkage) * sample
    covariance[np.diag_indices(d)] += shrinkage * scale
    return Moments(count, mean, covariance, shrinkage)
