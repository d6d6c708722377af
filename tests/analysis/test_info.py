from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.analysis.spaces import space_of, unit_rows
from tests.cases import case
from tokensphere.errors import InputError
from tokensphere.vocabulary import Kind, Vocabulary


def test_the_closed_form_is_the_mean_over_all_pairs() -> None:
    for n, offset in itertools.product((2, 3, 40), (0.0, 1.0, 30.0)):
        vectors = np.random.default_rng(n).standard_normal((n, 6)) + offset
        space = space_of(vectors)
        summary, unit = ts.info(space), unit_rows(space)
        total = different = 0.0
        for i in range(n):
            for j in range(n):
                total += float(unit[i] @ unit[j])
                different += float(unit[i] @ unit[j]) if i != j else 0
        with case((n, offset)):
            assert summary.mean_cosine == pytest.approx(total / n**2, rel=1e-12, abs=1e-14)
            assert summary.mean_cosine_different == pytest.approx(
                different / (n * (n - 1)), rel=1e-11, abs=1e-13
            )


def test_known_spaces() -> None:
    one_hot = ts.info(space_of(np.eye(6) * 3))
    assert one_hot.mean_cosine == pytest.approx(1 / 6)
    assert one_hot.mean_cosine_different == pytest.approx(0, abs=1e-15)
    assert one_hot.norms == (3, 3, 3, 3, 3)
    same = ts.info(space_of(np.ones((6, 4))))
    assert same.mean_cosine_different == pytest.approx(1)
    opposite = np.array([[1, 0], [-1, 0]] * 3)
    pairs = ts.info(space_of(opposite))
    assert pairs.mean_cosine_different == pytest.approx(-1 / 5)


def test_rows_left_out_are_counted_by_reason() -> None:
    vectors = np.diag([1.0, 2, 3, 4, 5, 6, 7, 8]).astype(np.float32)
    vectors[0], vectors[1, 1], vectors[2, 2] = 0, np.nan, np.inf
    kinds = np.array([0, 0, 0, 0, 0, 2, 6, 6], dtype=np.uint8)
    vectors[7] = 0  # padding, whatever its values
    space = ts.EmbeddingSpace(
        vectors, Vocabulary(list("abcdefgh"), kinds=kinds), ts.Provenance("m", "s")
    )
    summary = ts.info(space)
    assert (summary.zero, summary.not_finite, summary.padding) == (1, 2, 2)
    assert summary.zero + summary.not_finite + summary.padding == space.left_out
    assert summary.norms == (4, 4.5, 5, 5.5, 6)
    assert summary.kinds == {"normal": 5, "control": 1, "padding": 2}
    assert kinds[6] == Kind.PADDING and summary.mean_cosine == pytest.approx(1 / 3)


def test_fewer_than_two_rows_are_refused() -> None:
    for vectors in (np.zeros((3, 2)), np.eye(3, 2) * [[1], [0], [1]]):
        with pytest.raises(InputError, match="of 3 rows have a direction; at least 2 are needed"):
            ts.info(space_of(vectors))


def test_the_bundled_model(bundled: ts.EmbeddingSpace) -> None:
    summary = ts.info(bundled)
    assert (summary.n, summary.d) == (49152, 576)
    unit = bundled.vectors / np.linalg.norm(bundled.vectors, axis=1, keepdims=True)
    left, right = np.random.default_rng(0).integers(49152, size=(2, 20_000))
    sample = np.vecdot(unit[left], unit[right])[left != right]
    assert summary.mean_cosine_different == pytest.approx(
        sample.mean(), abs=5 * sample.std() / np.sqrt(len(sample))
    )


def test_a_result_becomes_json_and_shows_itself(small: ts.EmbeddingSpace) -> None:
    summary = ts.info(small)
    record = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert record["shape"] == list(small.shape)
    assert record["model"] == small.provenance.to_dict()
    assert list(record["norms"].values()) == sorted(summary.norms)
    assert record["left_out"] == {"zero": 0, "not_finite": 0, "padding": 0}
    text = str(summary)
    assert small_model.NAME in text and str(small.provenance.sha256) in text and "mit" in text
    html = summary._repr_html_()
    assert "<b>model</b>" not in html and "&lt;b&gt;model&lt;/b&gt;" in html
