"""The other end of a direction, and its siblings."""

from __future__ import annotations

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import D, job_of, made
from tests.cases import case
from tokensphere.analysis.direction_test.opposite import other_end
from tokensphere.analysis.direction_test.siblings import siblings
from tokensphere.errors import InputError
from tokensphere.run import go_on

V = np.random.default_rng(8).standard_normal((12, D))
V[3], V[4], V[5], V[6] = 0, -2 * V[0] + 1e-9, V[0] + 0.1 * V[1], 0.5
LAWS = ("isotropic", "covariance", "difference")


def test_the_other_end_is_what_a_test_of_both_ends_says_of_it() -> None:
    for law in LAWS:
        one, both = job_of(V, law=law), job_of(made(V).both_ends(), law=law)
        test, whole = one.result(go_on(one).part), both.result(go_on(both).part)
        for row in (0, 7):
            found = other_end(one, test, row)
            with case(law, row):
                assert found.test is not None and found.test.names == [whole.names[2 * row + 1]]
                np.testing.assert_array_equal(found.measured.ids[0], whole.ids[2 * row + 1])
                assert found.test.themes.text(0) == whole.themes.text(2 * row + 1)
                for name, beside in found.test.tested.items():
                    assert beside.pvalue[0] == whole[name].pvalue[2 * row + 1]
                    assert beside.effect[0] == pytest.approx(whole[name].effect[2 * row + 1])


def test_the_opposite_of_a_sum_has_the_null_of_its_own_signs_or_none() -> None:
    sums = [ts.TokenSum((1, 2), (3,)), ts.TokenSum((4,), (9,)), ts.TokenSum((5,), (6, 7))]
    for law in ("difference", "frequency", "isotropic"):
        job = job_of(sums, law=law)
        test = job.result(go_on(job).part)
        whole_job = job_of(made(sums).both_ends(), law=law)
        whole = whole_job.result(go_on(whole_job).part)
        for row in range(3):
            found, there = other_end(job, test, row), test.null.parts
            title = whole.null_title(2 * row + 1)
            with case(law, row):
                assert (found.test is not None) == (title in [part.title for part in there])
                np.testing.assert_array_equal(found.measured.ids[0], whole.ids[2 * row + 1])
                if found.test is not None:
                    assert found.test["label"].pvalue[0] == whole["label"].pvalue[2 * row + 1]


def test_what_has_no_other_end_is_said() -> None:
    job = job_of(V)
    test = job.result(go_on(job).part)
    with pytest.raises(InputError, match="no direction 12: the test has 0 to 11"):
        other_end(job, test, 12)
    with pytest.raises(InputError, match="direction 3 is zero"):
        other_end(job, test, 3)


def test_siblings_are_those_of_largest_cosine_and_the_opposite_counts() -> None:
    good = [i for i in range(len(V)) if i not in (3, 6)]
    unit = V / np.linalg.norm(V, axis=1, keepdims=True).clip(1e-300)
    cosines = {i: float(unit[i] @ unit[0]) for i in good if i != 0}
    order = sorted(cosines, key=lambda i: -abs(cosines[i]))
    for directions in (made(V), made(V * 1e200)):
        found = siblings(directions, 0, 20)
        assert [one.row for one in found] == order and order[0] == 4
        assert [one.cosine for one in found] == pytest.approx([cosines[i] for i in order])
    both = siblings(made(V).both_ends(), 1, 3)
    assert [one.row for one in both] == [2 * i for i in order[:3]]
    assert [one.cosine for one in both] == pytest.approx([-cosines[i] for i in order[:3]])


def test_what_has_no_siblings_is_said() -> None:
    for row, words in ((3, "is zero, constant"), (6, "constant"), (99, "they go from 0 to 11")):
        with case(row), pytest.raises(InputError, match=words):
            siblings(made(V), row)
    assert siblings(made(V[:1]), 0) == []
