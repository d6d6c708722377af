"""Normal laws whose draws have, at unit length, the moments that were asked for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import case, every
from tokensphere.statistics.unit_length import before_unit_length

Floats = npt.NDArray[np.float64]


def unit_draws(mean: Floats, covariance: Floats, count: int, seed: int) -> Floats:
    z = np.random.default_rng(seed).multivariate_normal(mean, covariance, count, method="eigh")
    return np.asarray(z / np.linalg.norm(z, axis=1)[:, None])


def moments(u: Floats) -> tuple[Floats, Floats]:
    return u.mean(axis=0), np.cov(u.T, bias=True)


@pytest.mark.slow
@every(("d", "spread"), [(2, 0.5), (3, 2.0), (12, 1.0), (60, 1.5)])
def test_draws_at_unit_length_have_the_moments_that_some_others_had(d: int, spread: float) -> None:
    rng = np.random.default_rng(d)
    root = rng.standard_normal((d, d)) * np.exp(spread * rng.standard_normal(d))
    for centre in (0.0, 1.0) if d > 3 else (0.0,):
        mean = centre * rng.standard_normal(d) * np.sqrt(np.trace(root @ root.T) / d)
        wanted = moments(unit_draws(mean, root @ root.T, 40_000, 1))
        found = moments(unit_draws(*before_unit_length(*wanted), 40_000, 2))
        plain = moments(unit_draws(*wanted, 40_000, 2))
        errors = [
            np.linalg.norm(one[1] - wanted[1]) / np.linalg.norm(wanted[1]) for one in (found, plain)
        ]
        with case(centre):
            assert errors[0] < (0.1 if centre else 0.02)
            np.testing.assert_allclose(found[0], wanted[0], atol=0.02)
            assert 2 * errors[0] < errors[1]  # what is asked for, drawn as it is, is rounder


def test_two_dimensions_by_their_closed_form() -> None:
    """``E u₁² = σ₁/(σ₁ + σ₂)`` for a centred normal law of the plane."""
    for share in (0.5, 0.6, 0.9, 0.99):
        _, found = before_unit_length(np.zeros(2), np.diag([share, 1 - share]))
        ratio = np.sqrt(found[0, 0] / found[1, 1])
        assert ratio == pytest.approx(share / (1 - share), rel=1e-3)


@pytest.mark.usefixtures("one_blas_thread")
@every("d", [1, 2, 7, 300])
def test_a_round_law_stays_round(d: int) -> None:
    mean, found = before_unit_length(np.zeros(d), np.eye(d) / d)
    np.testing.assert_allclose(found / found[0, 0], np.eye(d), atol=1e-9)
    assert not mean.any()


def test_rotation_turns_it_along_and_scale_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    u = unit_draws(rng.standard_normal(6), np.diag(np.arange(1.0, 7) ** 2), 1000, 3)
    turn, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    mean, covariance = before_unit_length(*moments(u))
    turned_mean, turned = before_unit_length(*moments(u @ turn))
    np.testing.assert_allclose(turned_mean, mean @ turn, atol=1e-6)
    np.testing.assert_allclose(turned, turn.T @ covariance @ turn, atol=1e-6)
    again, scaled = before_unit_length(3 * moments(u)[0], 9 * moments(u)[1])
    np.testing.assert_allclose(scaled / np.trace(scaled), covariance / np.trace(covariance), atol=1e-9)
    np.testing.assert_allclose(again / np.linalg.norm(again), mean / np.linalg.norm(mean), atol=1e-9)


@every("m", [2, 3, 20])
def test_few_rows_stay_in_their_span(m: int) -> None:
    u = unit_draws(np.ones(40), np.eye(40), m, 4)
    mean, covariance = before_unit_length(u.mean(axis=0), np.cov(u.T))
    assert np.linalg.matrix_rank(covariance, tol=1e-9 * np.trace(covariance)) == m - 1
    outside = np.eye(40) - np.linalg.pinv(u) @ u
    assert np.abs(outside @ mean).max() < 1e-9 and np.abs(outside @ covariance).max() < 1e-9
    assert np.isfinite(mean).all() and np.isfinite(covariance).all()
