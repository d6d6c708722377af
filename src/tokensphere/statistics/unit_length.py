"""The normal law whose draws, once brought to unit length, have a wanted mean and covariance.

To divide normal vectors ``z ~ N(a, V)`` by their lengths changes their covariance: what varies most is
cut most. Draws with the covariance of some unit rows are therefore, at unit length, rounder than these.
Here ``a`` and ``V`` are looked for whose draws are not. In the axes of the wanted covariance the
moments of ``u = z/‖z‖`` are integrals in one dimension, with ``Q = ‖z‖²`` and
``Q^{-s} = (1/Γ(s)) ∫ t^{s-1} e^{-tQ} dt``:

    E u_j  = π^{-1/2} ∫ t^{-1/2} E(t) a_j/(1 + 2 v_j t) dt
    E u_j² = ∫ E(t) (v_j/(1 + 2 v_j t) + a_j²/(1 + 2 v_j t)²) dt
    E(t)   = E e^{-tQ} = Π_i (1 + 2 v_i t)^{-1/2} exp(−t a_i²/(1 + 2 v_i t))

(as for ratios of quadratic forms: Sawa 1978, Econometrica 46). Both are matched by turns, along the axes
of the wanted covariance. That these stay the axes is exact for a mean of zero. Else division turns them
a little, since it joins what varies to the mean: next to nothing in tens of dimensions, much in two.
"""

from __future__ import annotations

import numpy as np

from tokensphere.arrays import Float64s

_LEAST = 1e-10  # of the largest variance; less is rounding
_ROUNDS, _CLOSE = 300, 1e-7
_POINTS = np.linspace(-18.0, 18.0, 289)  # of log t; the integrands are smooth, and nothing beyond


def before_unit_length(mean: Float64s, covariance: Float64s) -> tuple[Float64s, Float64s]:
    """Mean and covariance of the normal law, up to a scale.

    Parameters
    ----------
    mean, covariance : float64 arrays of shapes (d,) and (d, d): what unit rows have; the covariance not
        zero. If their second moments sum to other than 1, as with a covariance over m − 1, both are
        scaled

    Returns
    -------
    mean, covariance : of the same shapes; the axes of the covariance and its rank are kept

    Examples
    --------
    >>> mean, covariance = before_unit_length(np.zeros(2), np.diag([0.8, 0.2]))
    >>> round(float(np.sqrt(covariance[0, 0] / covariance[1, 1])), 4)  # E u₁² = σ₁/(σ₁ + σ₂)
    4.0
    """
    values, vectors = np.linalg.eigh(covariance)
    there = values > _LEAST * values[-1]
    wanted, axes = values[there], vectors[:, there]
    middle = axes.T @ mean
    beside = mean - axes @ middle  # of the mean, what lies outside of the axes
    square = float(beside @ beside)
    total = float(wanted.sum() + middle @ middle) + square
    wanted, middle, square = wanted / total, middle / np.sqrt(total), square / total
    a, v, longer = middle.copy(), wanted.copy(), 1.0
    for _ in range(_ROUNDS):
        shrunk, second, rest = _moments(a, v, longer**2 * square)
        moved = v * wanted / np.maximum(second - (a * shrunk) ** 2, 1e-300)
        a, longer = middle / shrunk, 1 / rest
        scale = float(moved.sum() + a @ a) + longer**2 * square
        a, longer, moved = a / np.sqrt(scale), longer / np.sqrt(scale), moved / scale
        done = np.abs(moved - v).max() < _CLOSE * v.max()
        v = moved
        if done:
            break
    return axes @ a + longer * beside / np.sqrt(total), (axes * v) @ axes.T


def _moments(a: Float64s, v: Float64s, beside: float) -> tuple[Float64s, Float64s, float]:
    """``E u_j / a_j``, ``E u_j²`` and ``E 1/‖z‖``; `beside` is a fixed part of ``‖z‖²``."""
    t = np.exp(_POINTS) / (v.sum() + a @ a + beside)
    wide = 1 / (1 + 2 * np.multiply.outer(t, v))  # (points, r)
    mean = np.exp(0.5 * np.log(wide).sum(axis=1) - t * (wide @ a**2 + beside))
    step = (_POINTS[1] - _POINTS[0]) * mean * t  # dt = t d log t
    half = step / np.sqrt(np.pi * t)
    return half @ wide, v * (step @ wide) + a**2 * (step @ wide**2), float(half.sum())
