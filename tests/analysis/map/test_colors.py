from __future__ import annotations

import json

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import grouped, space_of, unit_rows, with_ten
from tests.analysis.tables import N, label, overlapping
from tokensphere.analysis.map import colors
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return with_ten(3)


def test_numbers_and_what_their_legend_says(space: ts.EmbeddingSpace) -> None:
    norms = colors.norms(space)
    assert np.isnan(norms.values[7]) and norms.values.dtype == np.float32
    np.testing.assert_allclose(norms.values[8], np.linalg.norm(space.vectors[8]), rtol=1e-6)
    legend = norms.legend()
    assert legend["low"] <= legend["q01"] <= legend["median"] <= legend["q99"] <= legend["high"]
    json.dumps(legend, allow_nan=False)
    assert colors.ids(space).values.tolist() == list(range(N))


def test_cosines_with_a_direction(space: ts.EmbeddingSpace) -> None:
    found = colors.cosines(space, ts.RandomDirections(16, 1, first=3), centered=True)
    vector = ts.random_directions(16, 3)[0].astype(np.float64)
    rows = unit_rows(space, centered=True)
    np.testing.assert_allclose(found.values[space.usable], rows @ vector, atol=1e-6)
    assert found.words == "cosine with seed 0, index 3"
    with pytest.raises(InputError, match="needs one direction; 2 were given"):
        colors.cosines(space, ts.RandomDirections(16, 2))


def test_labels_of_a_kind_the_rarest_of_the_largest_wins(space: ts.EmbeddingSpace) -> None:
    found = colors.label_kind(space, overlapping(), "form")
    assert found.names[0] == "all"
    assert found.names[found.of[8]] == "quarter" and found.names[found.of[9]] == "all"
    sizes = [group["size"] for group in found.legend()["groups"]]
    assert sum(sizes) == N and found.legend()["without"] == 0
    with pytest.raises(InputError, match="use one of form, id, list, meaning"):
        colors.label_kind(space, overlapping(), "colour")


def test_no_more_groups_than_an_eye_tells_apart(space: ts.EmbeddingSpace) -> None:
    found = colors.label_kind(space, overlapping(), "meaning")
    assert len(found.names) == colors.MOST_GROUPS and "largest of 32" in found.words
    assert set(np.unique(found.of)) <= {*range(colors.MOST_GROUPS), colors.NO_GROUP}


def test_one_label(space: ts.EmbeddingSpace) -> None:
    found = colors.one_label(space, overlapping(), "ten")
    assert np.flatnonzero(found.of == 0).tolist() == list(range(10, 110, 10))
    with pytest.raises(InputError, match="there is no label 'eleven'"):
        colors.one_label(space, overlapping(), "eleven")
    with pytest.raises(InputError, match="labels for 3 tokens"):
        colors.one_label(space, LabelTable.from_members(3, []), "ten")


def test_clusters_are_groups_and_have_names() -> None:
    space = space_of(grouped(8, 40, d=24))
    table = LabelTable.from_members(
        320, [(label(f"group {g}"), range(40 * g, 40 * g + 40)) for g in range(8)]
    )
    found = colors.clusters(space, 8, counter=LabelCounter(table, space.usable, 10))
    for g in range(8):
        own = found.of[40 * g : 40 * g + 40]
        assert len(set(own.tolist())) == 1 and found.names[own[0]].endswith(f": group {g}")
    assert colors.clusters(space, 8).names[0] == "cluster 1"
    with pytest.raises(InputError, match="2 to 11"):
        colors.clusters(space, 40)


def test_kinds(space: ts.EmbeddingSpace) -> None:
    found = colors.kinds(space)
    assert list(found.names) == ["normal"] and (found.of == 0).all()
