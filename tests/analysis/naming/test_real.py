"""Names on real vocabularies, with the labels that come with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.lists import name_lists
from tokensphere.analysis.naming.themes import NOTHING
from tokensphere.analysis.naming.tokens import Naming, name_tokens
from tokensphere.labels.build import make_labels

WHISPER = Path(__file__).parents[3] / ".models" / "whisper-tiny.en"

# The ten tokens nearest to three random vectors in GPT-2-large's embedding space, as Sam Marks's
# shortform (2023) shows them. Its layout loses some leading spaces: one stands here where GPT-2's
# vocabulary or the post's own text says so. Whisper's English models have GPT-2's vocabulary. The
# post calls v_1 and v_2 "a hodgepodge with no obvious shared semantic content", and v_3 present tense
# verbs in the 3rd person singular.
V_1 = [" characterized", " Stra", " Ire", "sent", " Shelter", " Pil", "stro", " wired", " Kor", " Maul"]
V_2 = [" Columb", " 1900", " sher", " paed", "000", "mx", " female", " alt", " GW", " lvl"]
V_3 = [
    " determines", " conserv", " distinguishes", " emphasizes", " consists", " independent",
    " operates", " operate", " encompasses", " consisted",
]  # fmt: skip


def named(space: ts.EmbeddingSpace, tokens: list[str]) -> Naming:
    return name_tokens(space, [token for token in tokens if token in space.vocabulary])


@pytest.mark.models
def test_the_columns_of_the_post() -> None:
    space = ts.load(WHISPER)
    assert all(token in space.vocabulary for token in V_1 + V_2 + V_3)
    assert named(space, V_1).text == named(space, V_2).text == NOTHING
    verbs = named(space, V_3)
    assert verbs.themes[0].label.name == "grammar:VBZ" and verbs.themes[0].shared == 6
    assert verbs.text.startswith("6 of 10 are verbs, 3rd person singular present (")
    assert verbs.p_list == 1 / 10_000


def test_the_third_column_in_the_bundled_vocabulary(bundled: ts.EmbeddingSpace) -> None:
    """All ten tokens of v_3 are there. Of v_1 only seven are, of v_2 six: they have p-values of a few
    hundredths at best, which is what lists of no meaning have now and then."""
    assert all(token in bundled.vocabulary for token in V_3)
    verbs = named(bundled, V_3)
    assert verbs.themes[0].label.name == "grammar:VBZ" and verbs.themes[0].shared == 6
    assert verbs.p_list == 1 / 10_000
    assert min(named(bundled, column).p_list for column in (V_1, V_2)) > 0.01


@pytest.mark.parametrize(
    ("tokens", "label"),
    [
        ([" Monday", " Tuesday", " Friday", " Sunday", " carpet"], "list:weekday"),
        ([" running", " walking", " sleeping", " eating", " blue"], "grammar:VBG"),
    ],
)
def test_real_groups_are_named(bundled: ts.EmbeddingSpace, tokens: list[str], label: str) -> None:
    found = named(bundled, tokens)
    assert found.themes[0].label.name == label and found.themes[0].shared == 4


def test_random_tokens_of_the_bundled_vocabulary_have_a_theme_in_one_of_twenty_lists(
    bundled: ts.EmbeddingSpace,
) -> None:
    counter = LabelCounter(make_labels(bundled.vocabulary), bundled.usable, 10)
    rng, m = np.random.default_rng(12), 4000
    pool = np.flatnonzero(bundled.usable)
    lists = np.stack([rng.choice(pool, 10, replace=False) for _ in range(m)])
    share = float(np.mean(name_lists(counter, lists).has_theme))
    # Both the sample's and the null's own spread: 4000 and 9999 lists.
    spread = (0.05 * 0.95 * (1 / m + 1 / 9_999)) ** 0.5
    assert 0.04 - 3.3 * spread < share < 0.05 + 3.3 * spread
