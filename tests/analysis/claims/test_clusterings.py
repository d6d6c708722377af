from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import noise, space_of
from tokensphere.analysis.claims.clusterings import by_table, most_specific
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.errors import InputError
from tokensphere.geometry.variance import unit_offsets
from tokensphere.labels.table import Label, LabelTable

N = 300


def table(*members: tuple[str, Any], n: int = N) -> LabelTable:
    """Labels named ``kind:…``."""
    return LabelTable.from_members(
        n, [(Label(name, name.split(":")[0], name, "test"), ids) for name, ids in members]
    )


LABELS = table(
    ("meaning:wide", range(200)),
    ("meaning:narrow", range(150, 180)),
    ("meaning:tiny", range(4)),
    ("grammar:a", range(20)),
    ("grammar:b", range(20)),
    ("lemma:one", range(60, 200)),
)


def named(labels: np.ndarray, of: LabelTable = LABELS) -> list[str | None]:
    return [None if label < 0 else of.labels[label].name for label in labels.tolist()]


def test_of_several_labels_of_a_kind_the_rarest_is_taken() -> None:
    every = np.ones(N, dtype=bool)
    want = [
        "meaning:narrow" if 150 <= id < 180 else "meaning:wide" if id < 200 else None for id in range(N)
    ]
    assert named(most_specific(LABELS, "meaning", every)) == want  # "tiny" has fewer than 5 tokens
    equally_rare = named(most_specific(LABELS, "grammar", every))
    assert equally_rare == ["grammar:a" if id < 20 else None for id in range(N)]
    assert named(most_specific(LABELS, "list", every)) == [None] * N


def test_a_label_with_few_tokens_left_is_no_cluster() -> None:
    overlapping = table(("meaning:all", range(24)), ("meaning:most", range(20)))
    assert named(most_specific(overlapping, "meaning", np.ones(N, dtype=bool)), overlapping) == (
        ["meaning:most"] * 20 + [None] * 280
    )


def test_tokens_without_a_direction_do_not_count() -> None:
    usable = np.arange(N) >= 176  # of "narrow" 4 are left
    assert set(named(most_specific(LABELS, "meaning", usable))) == {"meaning:wide", None}
    assert (most_specific(LABELS, "meaning", usable)[:176] == -1).all()


def test_kinds_with_one_cluster_or_too_few_tokens_are_left_out() -> None:
    offsets = unit_offsets(space_of(noise(N, 8, seed=0)).rows)
    found = by_table(offsets, LABELS, k=10)
    assert [(one.name, one.names, one.partition.n) for one in found] == [
        ("meaning", ("meaning:wide", "meaning:narrow"), 200)
    ]
    assert by_table(offsets, LABELS, k=21) == []


def test_the_labels_that_come_with_the_package_are_always_looked_at() -> None:
    words = " red blue green dog cat horse run walk jump big small old".replace(" ", " ").split()
    space = space_of(noise(N, 8, seed=1), [f" {word}" for word in words])
    labels = table(("meaning:x", range(100)), ("meaning:y", range(100, 250)))
    result = measure_geometry(
        space, n_directions=50, clusters=(3,), labels=labels, labelling=np.arange(N) % 4
    )
    assert [one.name for one in result.clusters] == ["k-means 3", "meaning", "labelling"]
    assert [one.labelled for one in result.clusters] == [False, True, True]
    assert result.clusters[1].names == ("meaning:x", "meaning:y")
    with pytest.raises(InputError, match="labels are of 299 tokens, but there are 300"):
        measure_geometry(space, labels=table(("meaning:x", range(9)), n=299))


@pytest.mark.slow
def test_meaning_grammar_and_lemma_of_the_bundled_model(bundled: ts.EmbeddingSpace) -> None:
    result = measure_geometry(bundled, n_directions=100, clusters=())
    found = {one.name: one.partition.decomposition.icc for one in result.clusters}
    assert list(found) == ["meaning", "grammar", "lemma"]
    assert found["meaning"] == pytest.approx(0.03, abs=0.005)
    assert found["lemma"] > 0.5
