from __future__ import annotations

from dataclasses import fields
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.analysis.spaces import noise, space_of, written
from tokensphere.analysis.survey import measure as survey_run
from tokensphere.analysis.survey.job import survey_settings
from tokensphere.analysis.survey.measure import SurveyRun
from tokensphere.analysis.survey.records import RANKINGS, SurveyRecords, SurveySettings
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.directions import random_directions
from tokensphere.geometry.rows import RowMoments
from tokensphere.geometry.similarity import Similarity
from tokensphere.geometry.surrogate import surrogate_rows

KS = (3, 6, 10)


def run_of(
    space: ts.EmbeddingSpace, *, threads: int | None = None, **options: Any
) -> tuple[SurveyRun, SurveySettings]:
    settings = survey_settings(space, **{"k": 6, "ks": KS, **options})
    return SurveyRun(space, settings, threads=threads), settings


def assert_equal(one: SurveyRecords, other: SurveyRecords, *, names: tuple[str, ...] = ()) -> None:
    for field in fields(SurveyRecords):
        if not names or field.name in names:
            a, b = getattr(one, field.name), getattr(other, field.name)
            np.testing.assert_array_equal(a, b, err_msg=field.name)


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return space_of(*written())


def test_every_list_is_the_one_that_nearest_finds(space: ts.EmbeddingSpace) -> None:
    run, _ = run_of(space, first=30, seed=4)
    records = run.block(10, 40)
    directions = ts.RandomDirections(16, 30, first=40, seed=4)
    for number, ranking in enumerate(RANKINGS):
        similarity: Similarity = "dot" if ranking == "dot" else "cosine"
        centered = ranking == "centered"
        want = ts.nearest(space, directions, k=6, similarity=similarity, centered=centered)
        np.testing.assert_array_equal(records.ids[:, number], want.ids)
        if ranking != "dot":
            np.testing.assert_allclose(records.largest[:, number], want.similarity[:, 0], rtol=1e-6)


def test_coherence_is_that_of_the_lists_with_and_without_forms(space: ts.EmbeddingSpace) -> None:
    run, _ = run_of(space)
    records = run.block(0, 40)
    measured = Coherence(space.vectors, space.moments)
    directions = ts.RandomDirections(16, 40)
    for centered in (False, True):
        for forms in (False, True):
            lists = ts.nearest(space, directions, k=10, centered=centered, forms=forms).ids
            if forms:  # there are 2 tokens of every form, so the lists differ
                assert len(np.unique(space.vocabulary.forms[lists[0]])) == 10
            want = measured.coherence(lists, KS)
            found = records.coherence[:, int(centered), int(forms)]
            np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7)
    assert (records.coherence[:, :, 0] > records.coherence[:, :, 1]).mean() > 0.6  # copies are alike


def test_the_surrogate_is_searched_with_the_same_directions(space: ts.EmbeddingSpace) -> None:
    run, settings = run_of(space, surrogate_seed=5, surrogate="gaussian")
    records = run.block(7, 27)
    rows = surrogate_rows(space.vectors, space.moments, law="gaussian", seed=5)
    other = space_of(rows)
    measured = Coherence(rows, RowMoments(rows))
    directions = ts.RandomDirections(16, 20, first=7)
    for centered in (False, True):
        lists = ts.nearest(other, directions, k=10, centered=centered).ids
        want = measured.coherence(lists, KS)
        np.testing.assert_allclose(records.surrogate[:, int(centered)], want, rtol=1e-6, atol=1e-7)
        if not centered:
            alike = measured.alike(lists[:, :6], settings.limit)
            np.testing.assert_array_equal(records.alike_surrogate, alike)


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("forms", [False, True])
def test_the_lists_shown_and_how_many_are_alike(
    space: ts.EmbeddingSpace, centered: bool, forms: bool
) -> None:
    run, settings = run_of(space, centered=centered, forms=forms)
    records = run.block(0, 30)
    want = ts.nearest(space, ts.RandomDirections(16, 30), k=6, centered=centered, forms=forms)
    np.testing.assert_array_equal(records.shown, want.ids)
    measured = Coherence(space.vectors, space.moments)
    np.testing.assert_array_equal(records.alike, measured.alike(want.ids, settings.limit))
    assert forms or records.alike.max() > 1  # without its copies, no token here has a close one


def test_blocks_and_threads_cannot_be_seen(space: ts.EmbeddingSpace) -> None:
    run, _ = run_of(space, first=11)
    want = run.block(0, 150)
    for block, threads in ((1, 1), (37, 2), (150, 3)):
        again, _ = run_of(space, threads=threads, first=11)
        few = 20 if block == 1 else 150
        with patch.object(survey_run, "BLOCK", block):
            parts = list(again.blocks(0, few))
        assert [len(part) for part in parts[:-1]] == [block] * (len(parts) - 1)
        assert_equal(SurveyRecords.join(parts), want.take(few))


def test_a_survey_that_goes_on_is_a_part_of_the_whole(space: ts.EmbeddingSpace) -> None:
    run, _ = run_of(space)
    whole = run.block(0, 60)
    assert_equal(SurveyRecords.join([run.block(0, 23), run.block(23, 60)]), whole)
    later, _ = run_of(space, first=23)  # the name of a direction is its index
    assert_equal(
        SurveyRecords.join([whole.take(23), later.block(0, 37)]), whole, names=("ids", "coherence")
    )


class _Turned:
    """Random directions, turned together with the space."""

    turn: npt.NDArray[np.float64]

    def __init__(self, d: int, n: int, *, first: int, seed: int) -> None:
        self.drawn = random_directions(d, range(first, first + n), seed=seed)

    def __getitem__(self, some: slice) -> npt.NDArray[np.float32]:
        return np.asarray((self.drawn @ self.turn)[some], dtype=np.float32)


def test_turning_the_space_and_the_directions_changes_nothing(
    space: ts.EmbeddingSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    want = run_of(space)[0].block(0, 60)
    turn = np.linalg.qr(np.random.default_rng(6).standard_normal((16, 16)))[0]
    turned = space_of(space.vectors @ turn, written()[1])
    monkeypatch.setattr(_Turned, "turn", turn, raising=False)
    monkeypatch.setattr(survey_run, "RandomDirections", _Turned)
    found = run_of(turned)[0].block(0, 60)
    assert_equal(found, want, names=("ids", "alike"))
    np.testing.assert_allclose(found.coherence, want.coherence, atol=1e-5)
    np.testing.assert_allclose(found.largest, want.largest, atol=1e-6)


def test_lengths_of_the_rows_do_not_matter(space: ts.EmbeddingSpace) -> None:
    want = run_of(space)[0].block(0, 60)
    rng = np.random.default_rng(7)
    powers = 2.0 ** rng.integers(-6, 7, (600, 1))  # exact in float32: to the bit
    found = run_of(space_of(space.vectors * powers, written()[1]))[0].block(0, 60)
    names = ("coherence", "surrogate", "alike", "alike_surrogate", "largest")
    assert_equal(found, want, names=names)
    np.testing.assert_array_equal(found.ids[:, :2], want.ids[:, :2])
    assert (found.ids[:, 2] != want.ids[:, 2]).any()  # dot looks at lengths
    lengths = np.exp(rng.standard_normal((600, 1)))
    found = run_of(space_of(space.vectors * lengths, written()[1]))[0].block(0, 60)
    np.testing.assert_array_equal(found.ids[:, :2], want.ids[:, :2])
    np.testing.assert_allclose(found.coherence, want.coherence, atol=1e-6)


def test_renumbering_the_tokens_renumbers_the_lists(space: ts.EmbeddingSpace) -> None:
    rows, tokens = written()
    want = run_of(space)[0].block(0, 60)
    order = np.random.default_rng(8).permutation(600)
    found = run_of(space_of(rows[order], [tokens[i] for i in order]))[0].block(0, 60)
    np.testing.assert_array_equal(order[found.ids], want.ids)
    np.testing.assert_allclose(found.coherence, want.coherence, atol=1e-6)


def test_rows_without_direction_are_in_no_list() -> None:
    rows, tokens = written()
    bad = [3, 40, 333, 599]
    rows[bad] = np.array([[0.0], [np.nan], [np.inf], [1e-40]])
    padded = [*tokens[:-1], "[PAD599]"]
    space = space_of(rows, padded)
    assert space.left_out == 4
    found = run_of(space)[0].block(0, 80)
    assert not np.isin(found.ids, bad).any()
    for field in fields(SurveyRecords):
        assert np.isfinite(getattr(found, field.name)).all()
    keep = np.setdiff1d(np.arange(600), bad)
    alone = run_of(space_of(rows[keep], [tokens[i] for i in keep]))[0].block(0, 80)
    np.testing.assert_array_equal(keep[alone.ids], found.ids)
    np.testing.assert_allclose(alone.coherence, found.coherence, atol=1e-6)
    np.testing.assert_allclose(alone.surrogate, found.surrogate, atol=1e-5)


def test_as_long_as_there_are_forms() -> None:
    """Lists of all 12 forms of 24 tokens: nothing is left to look for."""
    rows = noise(24, 5, seed=9)
    space = space_of(rows, [f"{kind}{i}" for kind in ("t", " T") for i in range(12)])
    settings = survey_settings(space, k=12, ks=(12,))
    found = SurveyRun(space, settings).block(0, 20)
    assert np.isfinite(found.coherence).all() and found.coherence.shape == (20, 2, 2, 1)
