"""RSA, CKA, Procrustes and shared lists: naive loops, invariances, and what chance gives."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest

from tokensphere.arrays import Float64s, Int64s
from tokensphere.errors import InputError
from tokensphere.geometry.alike import linear_cka, rsa
from tokensphere.geometry.effective import effective_dimensions
from tokensphere.geometry.procrustes import turn
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.shared_lists import share_lists

RNG = np.random.default_rng(5)


def unit(rows: Float64s) -> Float64s:
    return np.asarray(rows / np.linalg.norm(rows, axis=1)[:, None])


def related(n: int = 23, d: int = 6, e: int = 4) -> tuple[Float64s, Float64s]:
    """Two matrices that agree in part, off the origin."""
    x = RNG.standard_normal((n, d)) + 0.7
    return x, x @ RNG.standard_normal((d, e)) + RNG.standard_normal((n, e)) - 0.3


def naive_rsa(x: Float64s, y: Float64s) -> float:
    i, j = np.triu_indices(len(x), 1)
    return float(np.corrcoef((x @ x.T)[i, j], (y @ y.T)[i, j])[0, 1])


def naive_hsic(k: Float64s, m: Float64s) -> float:
    """Song et al. 2007, equation 5, by its matrices."""
    n, k, m = len(k), k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    one = np.ones(n)
    inner = np.trace(k @ m) + (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
    return float((inner - 2 / (n - 2) * (one @ k @ m @ one)) / (n * (n - 3)))


def naive_cka(x: Float64s, y: Float64s) -> float:
    k, m = x @ x.T, y @ y.T
    return naive_hsic(k, m) / sqrt(naive_hsic(k, k) * naive_hsic(m, m))


def biased_cka(x: Float64s, y: Float64s) -> float:
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return float(np.linalg.norm(x.T @ y) ** 2 / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y))


def test_they_are_what_loops_over_all_pairs_give_also_without_each_row() -> None:
    for e in (4, 9):
        x, y = related(e=e)
        found, cka = rsa(x, y), linear_cka(x, y)
        assert found.value == pytest.approx(naive_rsa(x, y), abs=1e-12)
        assert cka.debiased.value == pytest.approx(naive_cka(x, y), abs=1e-12)
        assert cka.biased == pytest.approx(biased_cka(x, y), abs=1e-12)
        for row in range(len(x)):
            rest = np.delete(x, row, axis=0), np.delete(y, row, axis=0)
            assert found.without[row] == pytest.approx(naive_rsa(*rest), abs=1e-12)
            assert cka.debiased.without[row] == pytest.approx(naive_cka(*rest), abs=1e-12)


def test_turning_scaling_and_another_order_of_both_change_nothing() -> None:
    x, y = related()
    turned = x @ np.linalg.qr(RNG.standard_normal((6, 6)))[0] * 7e-20
    order = RNG.permutation(len(x))
    for one, other in ((turned, y), (x[order], y[order]), (y, x)):
        assert rsa(one, other).value == pytest.approx(rsa(x, y).value, abs=1e-10)
        assert linear_cka(one, other).debiased.value == pytest.approx(
            linear_cka(x, y).debiased.value, abs=1e-10
        )
    assert linear_cka(x + 5, y).debiased.value == pytest.approx(linear_cka(x, y).debiased.value)
    a, b = unit(x), unit(y)
    spun = a @ np.linalg.qr(RNG.standard_normal((6, 6)))[0]
    assert turn(spun, b).distance == pytest.approx(turn(a, b).distance, abs=1e-10)
    np.testing.assert_allclose(turn(spun, b).cosines, turn(a, b).cosines, atol=1e-9)
    assert turn(b, a).distance == pytest.approx(turn(a, b).distance, abs=1e-12)


def test_the_same_is_the_same() -> None:
    x = unit(related()[0])
    assert rsa(x, x.copy()).value == 1 and linear_cka(x, x.copy()).debiased.value == 1
    assert set(rsa(x, x.copy()).without) == {1.0}
    assert linear_cka(x, x).biased == pytest.approx(1, abs=1e-14)
    assert turn(x, x).distance == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(turn(x, x).cosines, 1, atol=1e-12)
    widened = np.column_stack([x, np.zeros((len(x), 3))])
    assert turn(x, widened).distance == pytest.approx(0, abs=1e-12)


def test_chance_is_what_random_orders_give() -> None:
    """Mean and spread of both over orders; of the biased CKA its mean; of the distance, too."""
    x, y = related(n=14)
    y = y**3  # of heavy tails
    found = {"rsa": rsa(x, y), "cka": linear_cka(x, y).debiased}
    values: dict[str, list[float]] = {"rsa": [], "cka": [], "biased": []}
    for _ in range(4000):
        z = y[RNG.permutation(len(y))]
        values["rsa"].append(naive_rsa(x, z))
        values["cka"].append(naive_cka(x, z))
        values["biased"].append(biased_cka(x, z))
    for name, one in found.items():
        assert abs(np.mean(values[name])) < 4 * one.chance_sd / sqrt(4000)
        assert np.std(values[name]) == pytest.approx(one.chance_sd, rel=0.06), name
    assert np.mean(values["biased"]) == pytest.approx(linear_cka(x, y).biased_by_chance, rel=0.04)
    a, b = unit(RNG.standard_normal((400, 8))), unit(RNG.standard_normal((400, 5)))
    unrelated = turn(a, b)
    assert 0.95 < unrelated.distance == pytest.approx(unrelated.distance_by_chance, abs=0.02)
    assert abs(unrelated.cosines.mean()) < 4 / sqrt(400 * 8)  # not the √(d/n) of the rows it fits
    assert abs(unrelated.cosine_by_chance) < 4 / sqrt(240 * 8)
    off = turn(unit(a + 1), unit(b + 1))  # what all have in common is found by chance, too
    assert 0.4 < off.cosine_by_chance == pytest.approx(off.cosines.mean(), abs=0.05)


@pytest.mark.usefixtures("one_blas_thread")
def test_only_the_biased_cka_of_unrelated_rows_is_large() -> None:
    x, y = RNG.standard_normal((60, 300)), RNG.standard_normal((60, 300))
    found = linear_cka(x, y)
    assert found.biased > 0.8 and found.biased == pytest.approx(found.biased_by_chance, abs=0.02)
    assert abs(found.debiased.value) < 4 * found.debiased.chance_sd
    assert abs(rsa(unit(x), unit(y)).value) < 4 / 60


def naive_lists(x: Float64s, k: int) -> Int64s:
    cosines = unit(x) @ unit(x).T
    np.fill_diagonal(cosines, -2)
    return np.asarray(np.argsort(-cosines, axis=1, kind="stable")[:, :k])


def naive_overlap(x: Float64s, y: Float64s, k: int, some: Int64s) -> Float64s:
    a, b = naive_lists(x, k), naive_lists(y, k)
    return np.array([len({*a[i]} & {*b[i]}) / k for i in some])


def test_shared_lists_are_counted_and_so_they_are_without_each_thing() -> None:
    x, y = related(n=26, d=3, e=3)
    k, n = 4, 26
    for whose in (np.arange(n), np.sort(RNG.permutation(n)[:9])):
        a, b = naive_lists(x, k + 1)[whose], naive_lists(y, k + 1)[whose]
        found = share_lists(a, b, k, whose, n)
        np.testing.assert_array_equal(found.counts / k, naive_overlap(x, y, k, whose))
        assert found.mean == pytest.approx(found.counts.mean() / k)
        pairs = [len({*a[i, :k]} & {*b[j, :k]}) / k
                 for i in range(len(whose)) for j in range(len(whose)) if i != j]  # fmt: skip
        assert found.by_hubs == pytest.approx(np.mean(pairs))
        for out in range(n):
            rest = np.delete(np.arange(n), out)
            some = np.searchsorted(rest, whose[whose != out])
            naive = naive_overlap(x[rest], y[rest], k, some).mean()
            assert found.without[out] == pytest.approx(naive), out


def test_lists_of_unrelated_rows_share_as_many_as_random_lists() -> None:
    x, y = RNG.standard_normal((1500, 20)), RNG.standard_normal((1500, 20))
    a, b = naive_lists(x, 11), naive_lists(y, 11)
    found = share_lists(a, b, 10, np.arange(1500), 1500)
    assert found.by_chance == 10 / 1499
    assert found.mean == pytest.approx(found.by_chance, abs=0.002)
    hub = np.column_stack([np.full(1500, 7), a[:, :10]])  # one that is in all lists
    other = np.column_stack([np.full(1500, 7), b[:, :10]])
    found = share_lists(hub, other, 10, np.arange(1500), 1500)
    assert found.mean == pytest.approx(found.by_hubs, abs=0.002) and found.by_hubs > 0.1


def test_effective_dimensions_are_those_of_the_spectrum() -> None:
    x = (RNG.standard_normal((300, 7)) * np.arange(1, 8) + 2).astype(np.float32)
    values = np.linalg.eigvalsh(np.cov(unit(x.astype(float)).T))
    expected = values.sum() ** 2 / (values**2).sum()
    assert effective_dimensions(Rows.of(x)) == pytest.approx(expected, rel=1e-9)
    assert effective_dimensions(Rows.of(7 * x[:, ::-1].copy())) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("measure", [rsa, linear_cka, turn])
def test_what_cannot_be_compared_is_refused(measure: Callable[..., object]) -> None:
    x = unit(related()[0])
    for one, other in ((x, x[:-1]), (x[:3], x[:3]), (x[:, 0], x)):
        with pytest.raises(InputError):
            measure(one, other)


def test_rows_that_are_all_the_same_have_no_correlation() -> None:
    x = unit(related()[0])
    assert np.isnan(rsa(x, np.tile(x[0], (len(x), 1))).value)
    assert np.isnan(linear_cka(x, np.ones_like(x)).debiased.value)
