from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import space_of
from tests.cases import case
from tokensphere.analysis.claims import judge as claims
from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.survey.result import CoherentShare


def coherent(rate: float) -> CoherentShare:
    return CoherentShare(rate, (0.1, 0.3), 500, "more alike than without words")


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


def test_labels_that_mean_nothing_confirm_the_post() -> None:
    result = measured(groups=10, width=100)
    assert verdicts(result)[1:4] == ["holds", "holds", "holds"]


def test_tight_groups_refute_it() -> None:
    result = measured(groups=10, width=0.05)
    assert verdicts(result)[1:4] == ["fails", "fails", "fails"]


def test_between_them_it_holds_in_part() -> None:
    """Groups that hold a quarter of the variance: yet most of it lies within them."""
    result = measured(groups=10, width=1.7)
    assert 0.15 < result.clusters[0].partition.decomposition.icc < 0.4
    assert verdicts(result)[1:3] == ["holds in part", "holds"]


@pytest.mark.parametrize(("d", "verdict"), [(2, "fails"), (60, "holds in part"), (400, "holds")])
def test_how_orthogonal_depends_on_the_dimensions(d: int, verdict: str) -> None:
    assert verdicts(measured(groups=10, width=9, d=d))[0] == verdict


def test_the_rate_of_a_survey_decides_the_fifth() -> None:
    for rate, verdict in {
        0.0: "holds in part", 0.09: "holds in part", 0.1: "holds", 0.2: "holds", 0.4: "holds",
        0.41: "holds in part", 0.5: "fails", 1.0: "fails",
    }.items():  # fmt: skip
        claim = claims.judge_coherence(coherent(rate))
        with case(rate):
            assert claim.verdict == verdict and claim.values["rate"] == rate
            assert f"{100 * rate:.1f} % of 500 directions" in claim.measured
            assert "more alike than without words" in claim.measured


def test_without_a_survey_the_fifth_is_open_until_there_is_one() -> None:
    result = measured(groups=4, width=1)
    assert result.claims[4].verdict == "open" and "tokensphere survey" in result.claims[4].measured
    later = result.with_coherence(coherent(0.2))
    assert later.claims[4].verdict == "holds"
    assert later.claims[:4] == result.claims[:4]


@pytest.mark.parametrize(
    ("words", "found"),
    [((" female", " alt"), True), (("female", "alt"), True), ((" female", "alt"), False), ((), False)],
)
def test_the_spot_check_needs_both_tokens(words: tuple[str, ...], found: bool) -> None:
    result = measured(groups=4, width=9, words=words)
    claim = result.claims[5]
    assert (result.pair is not None) == found == (claim.verdict != "open")
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
    for share, verdict in {
        0.5: "holds", 0.06: "holds", 0.94: "holds", 0.03: "holds in part", 0.995: "fails", 0: "fails",
    }.items():  # fmt: skip
        claim = claims.judge_pair(replace(pair, raw=replace(pair.raw, share_above=share)))
        assert claim.verdict == verdict, share


def test_clusterings_that_disagree_make_it_in_part_and_failed_ones_do_not_count() -> None:
    tight = measured(groups=10, width=0.05).clusters[0]
    loose = measured(groups=10, width=100).clusters[0]
    failed = replace(tight, problems=("the largest cluster holds 90 % of the rows",))

    def verdict(*clusters: Clusters) -> str:
        return claims.judge_variance(clusters).verdict

    assert [verdict(tight), verdict(loose)] == ["fails", "holds"]
    assert verdict(tight, loose) == "holds in part"
    assert verdict(failed, loose) == "holds"
    assert verdict(failed) == "open"


def test_clusters_that_are_all_small_leave_it_open() -> None:
    result = measured(groups=100, width=1, n=800)  # of 8 tokens each
    assert result.clusters[0].ratio_quartiles == ()
    assert verdicts(result)[1:3] == ["open", "open"]
    assert "no cluster of 10 tokens" in result.claims[1].measured


def test_what_is_said_is_what_was_measured() -> None:
    result = measured(groups=10, width=2, clusters=(8,))
    kmeans, own = result.clusters
    first, second, third, fourth = result.claims[:4]
    assert f"{result.orthogonality.largest_quartiles[1]:.3f}" in first.measured
    assert f"{result.orthogonality.law_largest_quartiles[1]:.3f}" in first.chance
    for one in (kmeans, own):
        assert f"{one.ratio_quartiles[1]:.2f}" in second.measured
        assert f"{100 * one.partition.decomposition.icc:.1f} %" in third.measured
        assert f"{one.variety.mean:.2f} ±" in fourth.measured
        assert f"{one.expected_different:.2f}" in fourth.chance
    assert kmeans.baseline is not None
    assert f"k-means without words: {kmeans.baseline.variety.mean:.2f} | –" in fourth.chance


def test_the_rules_are_those_of_the_docs() -> None:
    """The page repeats every rule, in the same words."""
    page = (Path(__file__).parents[3] / "docs" / "claims.md").read_text("utf-8").replace("\\|", "|")
    for claim in measured(groups=4, width=1, words=(" female", " alt")).claims:
        assert claim.rule in page
        assert claim.claim in page
