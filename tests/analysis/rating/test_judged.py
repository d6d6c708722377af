from __future__ import annotations

import json

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.rating.made import at_random, labels, rated, ratings, space
from tokensphere.statistics.intervals import Share
from tokensphere.statistics.paired import paired_difference


def test_who_sees_what_is_there_finds_all() -> None:
    """All lists of random directions in tight groups have a theme; none of chance but by luck."""
    result = ts.judge_ratings(rated(ratings(), lambda one: one.theme is not None))
    random, chance, planted = (result.rates[urn] for urn in ("random", "chance", "planted"))
    assert planted is not None and planted.share == 1 and result.attentive
    assert random is not None and random.share > 0.9 and chance is not None and chance.share < 0.5
    assert result.difference is not None and result.difference.interval[0] > 0.5
    assert result.post is False
    for found in result.measures[1:]:
        assert found.theme.kappa == 1 and found.coherence is not None and found.coherence.auc > 0.9


def test_who_deals_verdicts_at_random_finds_nothing() -> None:
    held, kappas, areas, raters = 0, [], [], 200
    for seed in range(raters):
        result = ts.judge_ratings(rated(ratings(), at_random(0.3, seed)))
        assert result.difference is not None
        held += result.difference.interval[0] <= 0 <= result.difference.interval[1]
        kappas += [found.theme.kappa or 0.0 for found in result.measures[1:]]
        areas += [found.coherence.auc for found in result.measures[1:] if found.coherence]
    assert held / raters > 0.91
    assert abs(np.mean(kappas)) < 4 * np.std(kappas) / raters**0.5
    assert abs(np.mean(areas) - 0.5) < 4 * np.std(areas) / raters**0.5


def test_rates_and_differences_are_counts_of_the_verdicts() -> None:
    done = rated(ratings(), at_random(0.5, 1))
    result = ts.judge_ratings(done)
    said = {urn: {} for urn in ("random", "chance", "planted")}  # type: ignore[var-annotated]
    for place, (one, verdict) in enumerate(zip(done.lists, done.verdicts, strict=True)):
        said[one.urn][place if one.index is None else one.index] = verdict.share
    for urn, verdicts in said.items():
        assert result.rates[urn] == Share.of(sum(verdicts.values()), len(verdicts))  # type: ignore[index]
    paired = ([int(said[urn][j]) for j in range(20)] for urn in ("random", "chance"))
    assert result.difference == paired_difference(*paired) and result.paired


def test_who_ends_early_has_what_is_rated() -> None:
    urns = [one.urn for one in ratings().lists]
    result = ts.judge_ratings(rated(ratings(), lambda _: True, count=25))
    for urn, share in result.rates.items():
        assert share is not None and share.n == urns[:25].count(urn)
    assert not result.complete and len(result.columns()["list"]) == 25
    one = ts.judge_ratings(rated(ratings(), lambda _: True, count=1))
    assert sum(share is not None for share in one.rates.values()) == 1 and one.difference is None
    json.dumps(one.to_dict(), allow_nan=False)


def test_with_random_tokens_the_samples_are_apart() -> None:
    lists = ts.draw_ratings(space(), ts.RatingSpec(15, 0, chance="tokens"), seed=9, labels=labels())
    result = ts.judge_ratings(rated(lists, lambda one: one.urn == "random"))
    assert not result.paired and result.difference is not None and result.difference.difference == 1
    assert result.rates["planted"] is None and result.attentive is None


def test_nothing_is_told_before_the_end() -> None:
    with pytest.raises(ts.InputError, match="2 of 48 lists are rated, and the ratings not ended"):
        ts.judge_ratings(ratings().said(0, True, 1).said(1, True, 1))


def test_the_result_as_dict_and_columns() -> None:
    result = ts.judge_ratings(rated(ratings(), at_random(0.4, 2), rater="Ann"))
    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert told["rater"] == "Ann" and told["settings"]["chance"] == "wordless" and told["seed"] == 3
    assert told["rates"]["random"]["n"] == 20 and len(told["ratings"]) == 48 and told["complete"]
    assert told["ratings"][0]["urn"] == ratings().lists[0].urn
    assert "source" not in told["model"] and told["post_rate"] == 0.2
    columns = result.columns()
    assert {len(column) for column in columns.values()} == {48}
    assert list(columns["urn"]) == [one.urn for one in ratings().lists]
