"""A survey's first screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tokensphere as ts
from tests.web.serving import small_space
from tokensphere.analysis.survey.job import SurveyJob, survey
from tokensphere.analysis.survey.result import Survey
from tokensphere.views import to_text
from tokensphere.views.terminal import answer

pytestmark = pytest.mark.usefixtures("few_pairs")


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return small_space(d=8)


@pytest.fixture(scope="module")
def result(space: ts.EmbeddingSpace) -> Survey:
    return survey(space, 300)


def words_of(result: Survey, width: int = 100) -> str:
    return " ".join(to_text(result, width=width).split())


def test_the_sentence_is_the_rate_of_the_lists_shown(result: Survey) -> None:
    own = result.main.own
    assert own is not None
    found = own.at[0]
    low, high = (f"{100 * end:.1f}" for end in found.interval)
    assert answer.sentence(result) == (
        f"Of 300 random directions, {100 * found.rate:.1f} % ({low}–{high}) have 10 nearest tokens that"
        f" are clearly more alike than chance ({100 * found.attained:.1f} %); the post guessed 20 %."
    )
    assert words_of(result).startswith(
        f"How often is a random neighbourhood coherent? {answer.sentence(result)}"
    )


def test_words_for_experts_are_not_on_it(result: Survey) -> None:
    text = f" {words_of(result)} "
    for word in (" T ", "surrogate", "percentile", "skewness", "kappa", "p-value"):
        assert word not in text
    assert "--full" in text and "in all 19 vocabularies" in text


def test_all_tables_are_a_word_away(result: Survey) -> None:
    full = result.report()
    assert full == to_text(result, full=True) and len(full) > len(to_text(result))
    assert "Hubs: tokens that stand in many lists" in full


def test_too_few_vocabularies_are_said(space: ts.EmbeddingSpace) -> None:
    few = survey(space, 200, surrogate=ts.SurrogateSpec(count=1))
    text = words_of(few)
    assert "more than 95 % of all lists in one such vocabulary" in text and "(5.0 %)" in text
    assert f"{100 * few.main.at[0].rate:.1f} %" in answer.sentence(few)


def test_centred_lists_stand_beside_a_centred_rate(space: ts.EmbeddingSpace) -> None:
    found = survey(space, 200, search=ts.SearchSettings(centered=True))
    own = found.rate(centered=True).own
    assert own is not None and f"{100 * own.at[0].rate:.1f} %" in answer.sentence(found)
    assert "(on centred rows)" in answer.sentence(found)
    shown = found.ids(int(answer.examples(found)["most"][0])).tolist()
    index = found.settings.first + int(answer.examples(found)["most"][0])
    directions = ts.RandomDirections(8, 1, first=index)
    assert ts.nearest(space, directions, centered=True).ids[0].tolist() == shown


def test_lists_of_letters_do_not_lead(space: ts.EmbeddingSpace) -> None:
    """Most alike are lists of letters; those of words among the first come before them."""
    letters = [chr(97 + i) for i in range(26)] + [chr(65 + i) for i in range(26)]
    tokens = letters + [f" word{i}" for i in range(400)]
    rows = np.random.default_rng(0).normal(size=(len(tokens), 8)).astype(np.float32)
    rows[:52] += 6 * rows[0]
    made = ts.EmbeddingSpace.from_arrays(rows, tokens)
    found = survey(made, 400, surrogate=ts.SurrogateSpec(count=1))
    single = [answer._single(found, place) for place in answer.examples(found)["most"].tolist()]
    assert single == sorted(single)
    assert answer._single(found, int(found.examples()["most"][0]))
    assert set(answer.examples(found)["most"].tolist()) <= set(
        np.argsort(-found.coherence, kind="stable")[:8].tolist()
    )


def test_typical_lies_in_the_middle(result: Survey) -> None:
    middle = result.coherence[answer.examples(result)["typical"]]
    share = np.mean(result.coherence < middle.mean())
    assert 0.45 < share < 0.55


def test_what_was_stopped_is_said(space: ts.EmbeddingSpace, result: Survey) -> None:
    job = SurveyJob(space, 600)
    part = job.result(result.records)
    assert "stopped: 300 of 600 directions done" in words_of(part)
    assert "stopped" not in words_of(replace(part, asked=300))
