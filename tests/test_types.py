"""What a type checker knows of the public functions: mypy reads this, and it runs as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.analysis.direction_test.result import RankedTest


def test_what_functions_and_results_give(small: ts.EmbeddingSpace) -> None:
    v = ts.RandomDirections(small_model.D, 120)
    lists = assert_type(ts.nearest(small, v, k=4), ts.Neighbors)
    assert_type(lists[0], dict[str, Any])
    assert_type(lists[:2], ts.Neighbors)
    assert_type(list(lists), list[dict[str, Any]])
    test = assert_type(
        ts.direction_test(small, v, null=ts.NullSpec("isotropic", 50), search=ts.SearchSettings(4)),
        ts.DirectionTest,
    )
    assert_type(test["nearness"], Beside)
    assert_type(test[0], dict[str, Any])
    assert_type(test.top(2, sort="q", statistic="label"), RankedTest)
    assert_type(test == test, bool)
    survey = assert_type(ts.survey(small, v, ks=(3,), search=ts.SearchSettings(4)), ts.Survey)
    assert_type(survey[0], dict[str, Any])
    named = ts.name_tokens(small, [0, 1, 2], naming=ts.NamingSpec(99), progress=False)
    assert_type(named, ts.Naming)


def test_what_is_wrong_is_wrong_to_the_checker_too(small: ts.EmbeddingSpace) -> None:
    """Each comment that silences the checker is one it must need (warn_unused_ignores)."""
    v = np.eye(small_model.D)
    wrong: list[Callable[[], Any]] = [
        lambda: ts.nearest(small, v, similarity="cosin"),  # type: ignore[arg-type]
        lambda: ts.direction_test(small, v, null="isotrope"),  # type: ignore[arg-type]
        lambda: ts.survey(small, 120, surrogate="words"),  # type: ignore[arg-type]
        lambda: ts.load(matrix="both"),  # type: ignore[arg-type]
        lambda: ts.SettleSpec(0.05, "near"),  # type: ignore[arg-type]
        lambda: ts.NullSpec("sphere"),  # type: ignore[arg-type]
        lambda: ts.nearest(small, {"king"}),  # type: ignore[arg-type]
        lambda: ts.pair(small, 0, 1).to_frame("numpy"),  # type: ignore[call-overload]
    ]
    for call in wrong:
        with pytest.raises(ts.InputError):
            call()
