from __future__ import annotations

import json

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import noise, space_of, unit_rows, with_ten
from tokensphere.errors import InputError


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return with_ten(3)  # token 7 has no direction


@pytest.mark.parametrize("centered", [False, True])
def test_the_axes_of_a_plane_are_cosines(space: ts.EmbeddingSpace, centered: bool) -> None:
    found = ts.plane_map(space, ts.RandomDirections(16, 2, first=4), centered=centered)
    first, second = ts.random_directions(16, [4, 5]).astype(np.float64)
    rest = second - (first @ second) * first
    rows = unit_rows(space, centered=centered)
    there = found.points[found.there]
    np.testing.assert_allclose(there[:, 0], rows @ first, atol=1e-6)
    np.testing.assert_allclose(there[:, 1], rows @ rest / np.linalg.norm(rest), atol=1e-6)
    assert (np.linalg.norm(there, axis=1) <= 1 + 1e-6).all()  # within the sphere's shadow
    assert found.facts["cosine_of_directions"] == pytest.approx(first @ second, abs=1e-6)
    assert np.flatnonzero(~found.there).tolist() == [7]


def test_a_token_lies_where_its_own_direction_is(space: ts.EmbeddingSpace) -> None:
    found = ts.plane_map(space, [" token 3", " token 4"])
    np.testing.assert_allclose(found.points[3], [1, 0], atol=1e-6)
    assert found.points[4, 0] == pytest.approx(found.facts["cosine_of_directions"], abs=1e-6)
    assert np.linalg.norm(found.points[4]) == pytest.approx(1, abs=1e-6)
    assert found.axes[0] == "cosine with ␣token␣3"


def test_what_spans_no_plane_is_refused(space: ts.EmbeddingSpace) -> None:
    vector = np.arange(16.0)
    with pytest.raises(InputError, match="parallel"):
        ts.plane_map(space, np.stack([vector, -3 * vector]))
    with pytest.raises(InputError, match="needs two directions; 3 were given"):
        ts.plane_map(space, ts.RandomDirections(16, 3))
    with pytest.raises(InputError, match="zero vector"):
        ts.plane_map(space, np.stack([vector, 0 * vector]))


@pytest.mark.parametrize("centered", [False, True])
def test_principal_components_are_those_of_all_rows(centered: bool) -> None:
    space = space_of(noise(700, 20, seed=2, ratio=5, mean=1))
    found = ts.pca_map(space, centered=centered)
    rows = unit_rows(space, centered=centered)
    rows -= rows.mean(axis=0)
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    axes = vectors[:, ::-1][:, :2]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    np.testing.assert_allclose(found.points, rows @ axes, atol=1e-4)
    shares = values[::-1][:2] / values.sum()
    np.testing.assert_allclose(found.facts["shares_of_variance"], shares, rtol=1e-5)


def test_there_is_one_map_whatever_it_begins_with() -> None:
    space = space_of(noise(500, 30, seed=3, ratio=10))
    one, other = (ts.pca_map(space, seed=seed).points for seed in (0, 1))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_rows_that_are_all_one_direction_have_no_components() -> None:
    with pytest.raises(InputError, match="nothing to map"):
        ts.pca_map(space_of(np.ones((5, 4))))
    with pytest.raises(InputError, match="3 or more tokens"):
        ts.pca_map(space_of(np.eye(2)))


def test_a_map_is_a_result(space: ts.EmbeddingSpace) -> None:
    found = ts.plane_map(space, ts.RandomDirections(16, 2))
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(record["tokens"]) == record["n_tokens"] == 599
    assert record["settings"]["directions"] == [{"seed": 0, "index": 0}, {"seed": 0, "index": 1}]
    assert found.columns()["id"].tolist()[6:8] == [6, 8]  # type: ignore[union-attr]
    assert str(found).startswith("plane: x cosine with seed 0, index 0")
