"""A result of every kind, of the small model."""

from __future__ import annotations

from typing import Any

import numpy as np

import tokensphere as ts
from tests import small_model
from tests.analysis.atlas import made
from tests.analysis.compare.models import two_models
from tests.analysis.rating.made import at_random, rated, ratings
from tokensphere.analysis.system import describe_system
from tokensphere.labels.table import Label, LabelTable


def make_labels(space: ts.EmbeddingSpace) -> LabelTable:
    labels = [(Label(f"l{j}", "list", f"label {j}", "test"), range(j, j + 9)) for j in range(0, 36, 5)]
    return LabelTable.from_members(space.shape[0], labels)


def every_result(small: ts.EmbeddingSpace) -> dict[str, Any]:
    """By the name of the class; the same at each call, as nothing in it is drawn anew."""
    table, v = make_labels(small), np.array(ts.RandomDirections(small_model.D, 9)[:])
    v[4] = 0
    grouped = ts.make_directions(small, v).grouped(list("aaabbbccc"))
    lists = ts.nearest(small, v[:4], k=5)
    test = ts.direction_test(
        small, grouped, null=ts.NullSpec("isotropic", 50), search=ts.SearchSettings(4), labels=table
    )
    cards = ts.cards(
        small, ts.RandomDirections(small_model.D, 2), search=ts.SearchSettings(5), labels=table
    )
    raters = [rated(ratings(), at_random(0.3, seed), 30, f"rater {seed}") for seed in (1, 2)]
    compared = ts.compare(*two_models(), n_directions=100, k=4)
    return {
        "Atlas": made.some(),
        "AtlasState": made.state(),
        "Neighbors": lists,
        "NamedNeighbors": ts.name_neighbors(small, lists, labels=table, naming=ts.NamingSpec(99)),
        "Naming": ts.name_tokens(
            small, [0, 1, 2, 3, 4], labels=table, naming=ts.NamingSpec(99), n_random_directions=20
        ),
        "LabelList": ts.list_labels(small, table),
        "LabelMembers": ts.label_members(small, table, "l5"),
        "Pair": ts.pair(small, 0, 1, n_pairs=200),
        "Info": ts.info(small),
        "Survey": ts.survey(small, 110, ks=(3,), search=ts.SearchSettings(4)),
        "DirectionTest": test,
        "RankedTest": test.top(3, sort="T"),
        "CloseUp": ts.close_up(
            small,
            v[2],
            among=v,
            null=ts.NullSpec("isotropic", 50),
            search=ts.SearchSettings(4),
            labels=table,
        ),
        "Geometry": ts.measure_geometry(small, n_directions=30, clusters=(3, 6)),
        "System": describe_system(),
        "Selection": ts.selection(small, range(12), labels=table, draws=99, naming=ts.NamingSpec(99)),
        "TokenMap": ts.pca_map(small),
        "Cards": cards,
        "Card": cards[0],
        "RatingResult": ts.judge_ratings(raters[0]),
        "RatingsComparison": ts.compare_ratings(raters),
        "Comparison": compared,
        "Likeness": compared.pairs[0],
    }
