"""How often the verdicts err: slow, because it takes many vocabularies."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.claims.vocabularies import made

SEEDS = range(100, 160)


@pytest.mark.slow
def test_claims_about_words_hold_without_words_hardly_ever() -> None:
    verdicts = np.array([[one.verdict for one in made(seed, planted=False).claims] for seed in SEEDS])
    assert not (verdicts[:, 2:5] == "holds").any()
    assert (verdicts[:, 1] == "holds without words, too").mean() > 0.95
    assert ((verdicts[:, 2:5] == "fails").mean(axis=0) > (0.6, 0.9, 0.9)).all()  # else "cannot tell"


@pytest.mark.slow
def test_planted_words_are_found() -> None:
    verdicts = np.array([[one.verdict for one in made(seed, planted=True).claims] for seed in SEEDS])
    assert ((verdicts[:, 2:5] == "holds").mean(axis=0) > (0.95, 0.95, 0.6)).all()
    assert not (verdicts[:, 2:4] == "fails").any()
