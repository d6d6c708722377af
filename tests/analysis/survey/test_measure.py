from __future__ import annotations

import itertools
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.analysis.spaces import noise, space_of, written
from tests.cases import case
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob
from tokensphere.analysis.survey.measure import SurveyMeasurer
from tokensphere.analysis.survey.records import RANKINGS, SurveyRecords, SurveySettings
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings, Similarity
from tokensphere.geometry.surrogate import SURROGATE_LAWS, Surrogates, surrogate_rows

pytestmark = pytest.mark.usefixtures("few_pairs")

KS = (3, 6, 10)
V = RandomDirections(16, 200)


def measurer_of(
    space: ts.EmbeddingSpace, *, k: int = 6, ks: tuple[int, ...] = KS, threads: int | None = None,
    surrogate: SurrogateSpec = SurrogateSpec(), **search: Any,  # noqa: B008 - frozen
) -> tuple[SurveyMeasurer, SurveySettings]:  # fmt: skip
    settings = SurveyJob(space, search=SearchSettings(k, **search), ks=ks, surrogate=surrogate).settings
    return SurveyMeasurer(space, settings, compute=Compute(threads)), settings


def measured(space: ts.EmbeddingSpace, vectors: npt.NDArray[Any], **options: Any) -> SurveyRecords:
    return measurer_of(space, **options)[0].measure(vectors)


def complete(measurer: SurveyMeasurer, vectors: npt.NDArray[Any]) -> SurveyRecords:
    """The records, compared with all surrogates."""
    records = measurer.measure(vectors)
    for number in range(records.nulls.shape[1]):
        records.nulls[:, number] = measurer.beside(vectors, number)
    return records


def assert_equal(one: SurveyRecords, other: SurveyRecords, *, names: tuple[str, ...] = ()) -> None:
    for field in fields(SurveyRecords):
        if not names or field.name in names:
            a, b = getattr(one, field.name), getattr(other, field.name)
            np.testing.assert_array_equal(a, b, err_msg=field.name)


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return space_of(*written())


def test_every_list_is_the_one_that_nearest_finds(space: ts.EmbeddingSpace) -> None:
    directions = RandomDirections(16, 30, first=40, seed=4)
    records = measured(space, directions[:])
    for number, ranking in enumerate(RANKINGS):
        similarity: Similarity = "dot" if ranking == "dot" else "cosine"
        centered = ranking == "centered"
        want = ts.nearest(space, directions, k=6, similarity=similarity, centered=centered)
        np.testing.assert_array_equal(records.ids[:, number], want.ids)
        if ranking != "dot":
            np.testing.assert_allclose(records.largest[:, number], want.similarity[:, 0], rtol=1e-6)


def test_coherence_is_that_of_the_lists_with_and_without_forms(space: ts.EmbeddingSpace) -> None:
    directions = V[:40]
    records = measured(space, directions)
    coherence = Coherence(space.rows)
    for centered in (False, True):
        for forms in (False, True):
            lists = ts.nearest(space, directions, k=10, centered=centered, forms=forms).ids
            if forms:  # there are 2 tokens of every form, so the lists differ
                assert len(np.unique(space.vocabulary.forms[lists[0]])) == 10
            want = coherence.coherence(lists, KS)
            found = records.coherence[:, int(centered), int(forms)]
            np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7)
    assert (records.coherence[:, :, 0] > records.coherence[:, :, 1]).mean() > 0.6  # copies are alike


def test_the_surrogate_is_searched_with_the_same_directions(space: ts.EmbeddingSpace) -> None:
    measurer, settings = measurer_of(space, surrogate=SurrogateSpec("gaussian", 5))
    directions = V[7:27]
    records = measurer.measure(directions)
    rows = surrogate_rows(space.rows, law="gaussian", seed=5)
    other = space_of(rows.vectors)
    coherence = Coherence(rows)
    for centered in (False, True):
        lists = ts.nearest(other, directions, k=10, centered=centered).ids
        want = coherence.coherence(lists, KS)
        np.testing.assert_allclose(records.surrogate[:, int(centered)], want, rtol=1e-6, atol=1e-7)
        if not centered:
            alike = coherence.alike(lists[:, :6], settings.limit)
            np.testing.assert_array_equal(records.alike_surrogate, alike)


def test_every_surrogate_is_searched_as_the_space_is() -> None:
    """By nearest in the vocabulary that was drawn, whose rows have the forms of the usable tokens."""
    rows, tokens = written()
    rows[5] = 0
    space, directions = space_of(rows, tokens), V[7:19]
    forms_of = [token for i, token in enumerate(tokens) if i != 5]
    for law in SURROGATE_LAWS:
        measurer, _ = measurer_of(space, surrogate=SurrogateSpec(law, 5, 3))
        drawn = Surrogates(space.rows, law)
        for number in (2, 0):  # in any order
            found = measurer.beside(directions, number)
            side = drawn.draw(5 + number)
            other, coherence = space_of(side.vectors, forms_of), Coherence(side)
            for centered, forms in itertools.product((False, True), (False, True)):
                lists = ts.nearest(other, directions, k=10, centered=centered, forms=forms).ids
                want = coherence.coherence(lists, KS)
                with case(law, number, centered, forms):
                    assert not forms or len(np.unique(other.vocabulary.forms[lists[0]])) == 10
                    there = found[:, int(centered), int(forms)]
                    np.testing.assert_allclose(there, want, rtol=1e-6, atol=1e-7)
        # of all its rows the first one's coherence is kept twice
        first = measurer_of(space, surrogate=SurrogateSpec(law, 5, 3))[0]
        records = first.measure(directions)
        np.testing.assert_array_equal(records.surrogate, first.beside(directions, 0)[:, :, 0])


def test_the_lists_shown_and_how_many_are_alike(space: ts.EmbeddingSpace) -> None:
    for centered, forms in itertools.product((False, True), (False, True)):
        measurer, settings = measurer_of(space, centered=centered, forms=forms)
        records = measurer.measure(V[:30])
        want = ts.nearest(space, V[:30], k=6, centered=centered, forms=forms)
        with case((centered, forms)):
            np.testing.assert_array_equal(records.shown, want.ids)
            alike = Coherence(space.rows).alike(want.ids, settings.limit)
            np.testing.assert_array_equal(records.alike, alike)
            assert forms or records.alike.max() > 1  # without its copies, no token here has a close one


def test_batches_and_threads_cannot_be_seen(space: ts.EmbeddingSpace) -> None:
    spec = SurrogateSpec(count=2)
    want = complete(measurer_of(space, surrogate=spec)[0], V[:150])
    for at_once, threads, few in ((1, 1, 4), (60, 2, 150), (150, 3, 150)):
        measurer, _ = measurer_of(space, threads=threads, surrogate=spec)
        blocks = [V[low : min(low + at_once, few)] for low in range(0, few, at_once)]
        parts = [measurer.measure(block) for block in blocks]
        for number in range(2):
            for block, part in zip(blocks, parts, strict=True):
                part.nulls[:, number] = measurer.beside(block, number)
        assert_equal(SurveyRecords.join(parts), want.take(few))


def test_turning_the_space_and_the_directions_changes_nothing(space: ts.EmbeddingSpace) -> None:
    want = measured(space, V[:60])
    turn = np.linalg.qr(np.random.default_rng(6).standard_normal((16, 16)))[0]
    turned = space_of(space.vectors @ turn, written()[1])
    found = measured(turned, (V[:60] @ turn).astype(np.float32))
    assert_equal(found, want, names=("ids", "alike"))
    np.testing.assert_allclose(found.coherence, want.coherence, atol=1e-5)
    np.testing.assert_allclose(found.largest, want.largest, atol=1e-6)


def test_lengths_of_the_rows_do_not_matter(space: ts.EmbeddingSpace) -> None:
    want = measured(space, V[:60])
    rng = np.random.default_rng(7)
    powers = 2.0 ** rng.integers(-6, 7, (600, 1))  # exact in float32: to the bit
    found = measured(space_of(space.vectors * powers, written()[1]), V[:60])
    names = ("coherence", "surrogate", "alike", "alike_surrogate", "largest")
    assert_equal(found, want, names=names)
    np.testing.assert_array_equal(found.ids[:, :2], want.ids[:, :2])
    assert (found.ids[:, 2] != want.ids[:, 2]).any()  # dot looks at lengths
    lengths = np.exp(rng.standard_normal((600, 1)))
    found = measured(space_of(space.vectors * lengths, written()[1]), V[:60])
    np.testing.assert_array_equal(found.ids[:, :2], want.ids[:, :2])
    np.testing.assert_allclose(found.coherence, want.coherence, atol=1e-6)


def test_renumbering_the_tokens_renumbers_the_lists(space: ts.EmbeddingSpace) -> None:
    rows, tokens = written()
    want = measured(space, V[:60])
    order = np.random.default_rng(8).permutation(600)
    found = measured(space_of(rows[order], [tokens[i] for i in order]), V[:60])
    np.testing.assert_array_equal(order[found.ids], want.ids)
    np.testing.assert_allclose(found.coherence, want.coherence, atol=1e-6)


def test_rows_without_direction_are_in_no_list() -> None:
    rows, tokens = written()
    bad = [3, 40, 333, 599]
    rows[bad] = np.array([[0.0], [np.nan], [np.inf], [1e-40]])
    padded = [*tokens[:-1], "[PAD599]"]
    space = space_of(rows, padded)
    assert space.left_out == 4
    spec = SurrogateSpec(count=2)
    found = complete(measurer_of(space, surrogate=spec)[0], V[:80])
    assert not np.isin(found.ids, bad).any()
    for field in fields(SurveyRecords):
        assert np.isfinite(getattr(found, field.name)).all()
    keep = np.setdiff1d(np.arange(600), bad)
    others = space_of(rows[keep], [tokens[i] for i in keep])
    alone = complete(measurer_of(others, surrogate=spec)[0], V[:80])
    np.testing.assert_array_equal(keep[alone.ids], found.ids)
    np.testing.assert_allclose(alone.coherence, found.coherence, atol=1e-6)
    np.testing.assert_allclose(alone.surrogate, found.surrogate, atol=1e-5)
    np.testing.assert_allclose(alone.nulls, found.nulls, atol=1e-5)


def test_as_long_as_there_are_forms() -> None:
    """Lists of all 12 forms of 24 tokens: nothing is left to look for."""
    rows = noise(24, 5, seed=9)
    space = space_of(rows, [f"{kind}{i}" for kind in ("t", " T") for i in range(12)])
    measurer, _ = measurer_of(space, k=12, ks=(12,), surrogate=SurrogateSpec(count=2))
    found = complete(measurer, RandomDirections(5, 20)[:])
    assert np.isfinite(found.nulls).all() and found.nulls.shape == (20, 2, 2, 2, 1)
    assert np.isfinite(found.coherence).all() and found.coherence.shape == (20, 2, 2, 1)
