"""Work is known by what was asked for and given, not by what was computed: that has last digits."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import LABELS, SPACE, D, N, job_of, made, planted_space
from tests.analysis.spaces import space_of
from tests.cases import case
from tokensphere.analysis.direction_test.measure import Measurer
from tokensphere.analysis.direction_test.null import NullSpec, make_null
from tokensphere.analysis.job import Job, difference
from tokensphere.analysis.survey.job import SurveyJob
from tokensphere.directions import tokens
from tokensphere.directions.tokens import TokenSum
from tokensphere.geometry.similarity import SearchSettings

SUMS = [TokenSum((1, 2), (3,)), TokenSum((4,))]


def kept(job: Job[Any]) -> dict[str, Any]:
    """The key of a job as a file has it."""
    key: dict[str, Any] = json.loads(json.dumps(dict(job.key)))
    return key


@pytest.fixture
def another_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """On which all sums of tokens end in other digits."""
    exact = tokens.token_rows
    monkeypatch.setattr(tokens, "token_rows", lambda *of: exact(*of) * (1 + 1e-15))


VECTORS, KEY = made(SUMS).read(0, 2), kept(job_of(SUMS))


def test_directions_of_tokens_are_known_by_the_tokens(another_processor: None) -> None:
    job = job_of(made(SUMS).called(["a", "b"]))
    assert (job.directions.read(0, 2) != VECTORS).any()
    assert difference(job, KEY) is None
    weighted = [TokenSum((1, 2, 2), (3,)), SUMS[1]]
    for other in (SUMS[:1], SUMS[::-1], [SUMS[0], 5], weighted, [TokenSum((1,), (2, 3)), SUMS[1]]):
        given = [TokenSum((one,)) if isinstance(one, int) else one for one in other]
        with case(other):
            assert difference(job_of(given), KEY) == "of other directions"
    elsewhere = ts.make_directions(planted_space(N + 1), SUMS, SearchSettings(centered=True))
    assert difference(job_of(elsewhere), KEY) == "of other directions"


@pytest.mark.parametrize("law", ["own", "sample"])
def test_nulls_of_tokens_are_known_by_the_tokens(law: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    measurer = Measurer(SPACE, SearchSettings(k=5, centered=True), LABELS)

    def abouts(tested: ts.Directions) -> list[dict[str, Any]]:
        sample = tested if law == "sample" else None
        spec = NullSpec(law, sample=sample)
        return [part.about for part in make_null(spec, measurer, tested=tested, sample=sample).parts]

    many = [TokenSum((i,), (i + 1,)) for i in range(6)]
    before = abouts(made(many))
    exact = tokens.token_rows
    monkeypatch.setattr(tokens, "token_rows", lambda *of: exact(*of) * (1 + 1e-15))
    assert abouts(made(many)) == before
    others = [abouts(made(many[1:])), abouts(made(many).both_ends()), abouts(made(many[::-1]))]
    if law == "own":
        one, two = abouts(made(many).grouped("aabbab")), abouts(made(many).grouped("ababab"))
        assert one[0]["sha256"] != one[1]["sha256"] != two[1]["sha256"] != two[0]["sha256"]
    assert before not in others


def test_what_is_read_in_ranges_is_known_by_its_values() -> None:
    class Source:
        def __init__(self, rows: Any) -> None:
            self.rows, self.names = rows, [str(i) for i in range(len(rows))]

        def __len__(self) -> int:
            return len(self.rows)

        def block(self, low: int, high: int) -> Any:
            return self.rows[low:high]

    rows = np.random.default_rng(0).standard_normal((5000, D))
    changed = rows.copy()
    changed[4999, 0] += 1
    there = kept(job_of(Source(rows)))
    assert difference(job_of(Source(rows.copy())), there) is None
    assert difference(job_of(Source(changed)), there) == "of other directions"


def test_a_computed_number_may_differ_by_rounding_but_not_by_more() -> None:
    job = SurveyJob(SPACE, 200)
    there = kept(job)
    assert isinstance(there["alike_above"], float) and difference(job, there) is None
    for error in (1e-16, -1e-10):
        assert difference(job, there | {"alike_above": there["alike_above"] + error}) is None
    for wrong in (there["alike_above"] + 1e-6, None, "x"):
        found = difference(job, there | {"alike_above": wrong})
        assert found is not None and found.startswith("whose alike_above is")


def test_a_survey_of_the_same_matrix_with_other_tokens_is_another() -> None:
    """Tokens of one form count once: which are, the vocabulary says."""
    other = space_of(SPACE.vectors, [f"x{i}" for i in range(N)], name="planted")
    assert other.provenance.sha256 == SPACE.provenance.sha256
    assert difference(SurveyJob(other, 200), kept(SurveyJob(SPACE, 200))) == "on another model or matrix"
    renamed = SPACE.named("renamed", "another revision")
    assert difference(SurveyJob(renamed, 200), kept(SurveyJob(SPACE, 200))) is None
