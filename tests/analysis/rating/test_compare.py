from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.rating.made import at_random, rated, ratings
from tokensphere.statistics.agreement import agreement


def test_agreement_is_on_the_lists_that_both_rated_without_the_planted() -> None:
    ann = rated(ratings(), at_random(0.5, 1), rater="Ann")
    bob = rated(ratings(), at_random(0.5, 2), count=30, rater="Bob")
    found = ts.compare_ratings([ann, bob])
    (same,) = found.same
    (pair,) = same.pairs
    ours = [j for j, one in enumerate(ratings().lists[:30]) if one.urn != "planted"]
    one, other = (np.array([done.verdicts[j].share for j in ours]) for done in (ann, bob))
    assert pair.agreement == agreement(one, other) and (pair.first, pair.second) == ("Ann", "Bob")
    assert same.together is not None and same.together.things == len(ours)
    assert found.results[0] == ts.judge_ratings(ann) and len(found) == 2
    json.dumps(found.to_dict(), allow_nan=False)
    assert len(found.columns()["rater"]) == 6 and found.columns()["interval"].shape == (6, 2)  # type: ignore[union-attr]


def test_raters_of_one_mind_agree_and_random_ones_do_not() -> None:
    minds = [rated(ratings(), lambda one: one.coherent, rater=name) for name in "ABC"]
    together = ts.compare_ratings(minds).same[0].together
    assert together is not None and together.alpha == 1 == together.kappa and together.raters == 3
    kappas = []
    for seed in range(100):
        dealt = [rated(ratings(), at_random(0.4, 100 * seed + j), rater=str(j)) for j in range(2)]
        kappas.append(ts.compare_ratings(dealt).same[0].pairs[0].agreement.kappa or 0)
    assert abs(np.mean(kappas)) < 4 * np.std(kappas) / 10


def test_raters_of_other_lists_stand_beside_each_other_only() -> None:
    ann, bob = rated(ratings(), at_random(0.5, 1)), rated(ratings(seed=4), at_random(0.5, 2))
    found = ts.compare_ratings([ann, bob])
    assert found.names == ("rater 1", "rater 2") and not found.same
    three = ts.compare_ratings([ann, bob, rated(ratings(), at_random(0.5, 3))])
    assert [one.raters for one in three.same] == [("rater 1", "rater 3")]


def test_every_rater_has_a_name_of_their_own() -> None:
    dealt = [
        rated(ratings(), at_random(0.5, j), rater=n) for j, n in enumerate(["Ann", "Ann", "", "Cy"])
    ]
    assert ts.compare_ratings(dealt, ["a", "b", "c", "d"]).names == ("Ann (a)", "Ann (b)", "c", "Cy")
    assert ts.compare_ratings(dealt[0]).names == ("Ann",)
    odd = [replace(dealt[2], started=f"2025-01-0{j}T00:00:00+00:00") for j in (1, 2)]
    assert ts.compare_ratings(odd, ["x", "x"]).names == ("x #1", "x #2")


def test_what_cannot_be_compared_is_refused() -> None:
    ann = rated(ratings(), at_random(0.5, 1))
    with pytest.raises(ts.InputError, match="same ratings"):
        ts.compare_ratings([ann, ann])
    with pytest.raises(ts.InputError, match="no ratings"):
        ts.compare_ratings([])
    with pytest.raises(ts.InputError, match="names for 1"):
        ts.compare_ratings([ann], ["a", "b"])
    with pytest.raises(ts.InputError, match="not ended"):
        ts.compare_ratings([ann, ratings().said(0, True, 1)])
