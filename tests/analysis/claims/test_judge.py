from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.claims.vocabularies import made
from tests.analysis.spaces import space_of
from tests.cases import case
from tokensphere.analysis.claims import judge as judges
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.claims.rules import CLAIMS, NOTHING, Judgement, judge_all, judge_interval
from tokensphere.analysis.claims.sharing import Sharing
from tokensphere.analysis.claims.wordless import WordlessSpec
from tokensphere.analysis.survey.result import CoherentShare


def coherent(low: float, rate: float, high: float) -> CoherentShare:
    return CoherentShare(rate, (low, high), 500, "more alike than without words")


def measured(
    groups: int, width: float, d: int = 40, n: int = 800, words: tuple[str, ...] = (), **options: Any
) -> Geometry:
    rng = np.random.default_rng(groups)
    labels = np.arange(n) % groups
    middles = rng.standard_normal((groups, d)) / np.sqrt(d)
    rows = middles[labels] + width * rng.standard_normal((n, d)) / np.sqrt(d)
    space = space_of(rows, words)
    settings: dict[str, Any] = {"n_directions": 200, "clusters": (), "labelling": labels, **options}
    return measure_geometry(space, **settings)


def verdicts(result: Geometry) -> list[str]:
    return [claim.verdict for claim in result.claims]


WORDLESS = ["holds without words, too", "fails", "fails", "fails"]
"""Of claims 2 to 5 where labels mean nothing."""


def test_words_fail_without_words_and_hold_where_they_are_planted() -> None:
    """One vocabulary of each sort; how often, over many: `test_rates`."""
    without, planted = made(0, planted=False), made(0, planted=True)
    assert verdicts(without)[1:5] == WORDLESS
    assert verdicts(planted)[1:5] == ["fails", "holds", "holds", "holds"]
    for number, said in ((2, "no clusters"), (3, "play no part"), (4, "no more than without words")):
        assert said in without.claims[number].why


def test_tight_groups_refute_the_post() -> None:
    matched = WordlessSpec(law="matched")  # `blockwise` keeps groups as big as these, words or not
    result = measured(groups=10, width=0.05, wordless=matched)
    assert verdicts(result)[1:5] == ["fails", "fails", "fails", "fails"]
    assert "more than half" in result.claims[2].why
    assert "less than half as many" in result.claims[3].why
    assert "too often" in result.claims[4].why


def test_groups_that_hold_a_quarter_of_the_variance_are_what_the_post_means() -> None:
    result = measured(groups=10, width=1.7)
    assert 0.15 < result.clusters[0].partition.decomposition.icc < 0.4
    assert verdicts(result)[2:4] == ["holds", "holds"]
    assert "fewer than without words, yet many" in result.claims[3].why


@pytest.mark.parametrize(("d", "verdict"), [(2, "fails"), (400, "holds for any vocabulary")])
def test_how_orthogonal_depends_on_the_dimensions(d: int, verdict: str) -> None:
    assert verdicts(measured(groups=10, width=9, d=d))[0] == verdict


def test_what_holds_for_any_vocabulary_is_a_bound_that_independent_tokens_nearly_reach() -> None:
    for n, d in ((100, 60), (1000, 90)):
        rows = np.random.default_rng(d).standard_normal((n, d))
        found = measure_geometry(space_of(rows), n_directions=2000, clusters=(2,)).orthogonality
        seen, bound = (found.largest >= 0.4).mean(), found.near_anywhere(0.4)
        with case(n, d):
            assert 0.01 < bound < 0.2
            assert seen == pytest.approx(bound, abs=bound**2 + 5 * np.sqrt(bound / 2000))


def test_orthogonality_that_depends_on_the_tokens_is_no_law() -> None:
    """400 copies of one row are near nothing; 400 rows anywhere would be."""
    rng = np.random.default_rng(0)
    rows = np.ones((400, 120)) + 1e-3 * rng.standard_normal((400, 120))
    claim = measure_geometry(space_of(rows), n_directions=200, clusters=(4,)).claims[0]
    assert claim.values["at_most_above_for_any_vocabulary"] > 0.05
    assert claim.verdict == "holds"


def test_the_rate_of_a_survey_decides_the_fifth() -> None:
    for interval, verdict in {
        (0.0, 0.0, 0.01): "fails", (0.03, 0.05, 0.07): "fails", (0.08, 0.09, 0.10): "fails",
        (0.10, 0.15, 0.20): "cannot tell", (0.16, 0.21, 0.24): "holds", (0.30, 0.35, 0.42): "holds",
        (0.35, 0.45, 0.50): "cannot tell", (0.50, 0.55, 0.60): "fails", (0.9, 1.0, 1.0): "fails",
    }.items():  # fmt: skip
        claim = judges.judge_coherence(coherent(*interval), None)
        with case(interval):
            assert claim.verdict == verdict and claim.values["rate"] == interval[1]
            assert f"{100 * interval[1]:.1f} % of 500 directions" in claim.measured
            assert "more alike than without words" in claim.measured
            assert "coherent without words: 5.0 %" in claim.chance


def test_of_a_survey_and_shared_labels_the_survey_decides() -> None:
    sharing = Sharing(0.3, 0.05, 0.26, (0.2, 0.3), 500)
    assert judges.judge_coherence(None, sharing).verdict == "holds"
    both = judges.judge_coherence(coherent(0.0, 0.0, 0.01), sharing)
    assert both.verdict == "fails" and "a large group of one label: 30.0 %" in both.measured
    neither = judges.judge_coherence(None, None)
    assert neither.verdict == "cannot tell" and "tokensphere survey" in neither.measured


def test_a_survey_that_comes_later_changes_the_fifth_alone() -> None:
    result = measured(groups=4, width=1)
    later = result.with_coherence(coherent(0.18, 0.2, 0.22))
    assert later.claims[4].verdict == "holds"
    assert later.claims[:4] == result.claims[:4]


@pytest.mark.parametrize(
    ("words", "found"),
    [((" female", " alt"), True), (("female", "alt"), True), ((" female", "alt"), False), ((), False)],
)
def test_the_spot_check_needs_both_tokens(words: tuple[str, ...], found: bool) -> None:
    result = measured(groups=4, width=9, words=words)
    claim = result.claims[5]
    assert (result.pair is not None) == found == (claim.verdict != "cannot tell")
    if found:
        pair = ts.pair(space_with(result, words), *words)
        assert claim.values["cosine"] == pytest.approx(pair.raw.cosine, abs=1e-6)
    else:
        assert "no such two tokens" in claim.measured


def space_with(result: Geometry, words: tuple[str, ...]) -> ts.EmbeddingSpace:
    """The space that `measured` made with four groups."""
    rng = np.random.default_rng(4)
    middles = rng.standard_normal((4, result.d)) / np.sqrt(result.d)
    n = result.n_tokens
    rows = middles[np.arange(n) % 4] + 9 * rng.standard_normal((n, result.d)) / np.sqrt(result.d)
    return space_of(rows, words)


def test_the_place_among_all_pairs_decides_the_sixth() -> None:
    pair = measured(groups=4, width=9, words=(" female", " alt")).pair
    assert pair is not None
    for interval, verdict in {
        (0.4, 0.5): "holds without words, too", (0.06, 0.07): "holds without words, too",
        (0.04, 0.06): "cannot tell", (0.94, 0.96): "cannot tell",
        (0.0, 0.01): "fails", (0.96, 1.0): "fails",
    }.items():  # fmt: skip
        claim = judges.judge_pair(replace(pair, raw=replace(pair.raw, share_interval_95=interval)))
        assert claim.verdict == verdict, interval


def test_an_interval_is_judged_as_a_whole() -> None:
    def judged(low: float, high: float) -> Judgement:
        return judge_interval((low, high), (1, 2), "holds", inside="in", below="low", above="high")

    assert judged(1, 2) == Judgement("holds", "in")
    assert judged(0, 0.9) == Judgement("fails", "low")
    assert judged(2.1, 3) == Judgement("fails", "high")
    assert {judged(*ends).verdict for ends in ((0.9, 1.1), (1.9, 2.1), (0, 3))} == {"cannot tell"}


def test_one_kind_of_labels_that_fails_refutes_and_is_named_first() -> None:
    yes, no, open_ = Judgement("holds", "so"), Judgement("fails", "no"), Judgement("cannot tell", "?")
    assert judge_all([("a", yes), ("b", yes)]) == Judgement("holds", "a, b: so")
    assert judge_all([("a", yes), ("b", open_), ("c", no)]) == Judgement("fails", "c: no; a: so; b: ?")
    assert judge_all([("a", yes), ("b", open_)]) == Judgement("cannot tell", "b: ?; a: so")
    assert judge_all([]).verdict == "cannot tell"


def test_a_kind_with_nothing_to_measure_has_no_say() -> None:
    yes, open_ = Judgement("holds", "so"), Judgement("cannot tell", NOTHING)
    assert judge_all([("a", yes), ("b", open_)]) == Judgement("holds", f"a: so; b: {NOTHING}")
    assert judge_all([("b", open_)]) == Judgement("cannot tell", f"b: {NOTHING}")


def test_without_labels_or_large_ones_nothing_is_told() -> None:
    alone = measured(groups=10, width=1, labelling=None, clusters=(8,))  # tokens t0, t1, …
    assert verdicts(alone)[1:5] == ["cannot tell"] * 4
    small = measured(groups=100, width=1, n=800)  # labels of 8 tokens each
    assert small.clusters[0].ratio_quartiles == ()
    assert verdicts(small)[1] == "cannot tell" and "no label of 10 tokens" in small.claims[1].why


def test_what_is_said_is_what_was_measured() -> None:
    result = measured(groups=10, width=2, clusters=(8,))
    own = result.clusters[-1]
    first, second, third, fourth = result.claims[:4]
    assert f"{result.orthogonality.largest_quartiles[1]:.3f}" in first.measured
    assert f"{result.orthogonality.law_largest_quartiles[1]:.3f}" in first.chance
    assert own.wordless is not None
    assert f"labelling {own.ratio_quartiles[1]:.2f}" in second.measured
    assert f"labelling {100 * own.partition.decomposition.icc:.1f} %" in third.measured
    assert f"labelling {own.variety.mean:.2f}" in fourth.measured
    assert f"labelling {own.wordless.different.mean():.2f} ±" in fourth.chance
    assert third.values["of_labels"]["labelling"]["without"] == own.wordless.icc.tolist()


def test_the_rules_are_those_of_the_docs() -> None:
    """The page repeats every rule, in the same words."""
    page = (Path(__file__).parents[3] / "docs" / "claims.md").read_text("utf-8").replace("\\|", "|")
    for claim, rule in CLAIMS.values():
        assert rule in page
        assert claim in page
