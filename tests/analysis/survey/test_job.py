from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.spaces import grouped, noise, space_of, written
from tests.cases import case
from tokensphere.analysis.job import work
from tokensphere.analysis.survey import job as survey_job
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob, check_count, survey
from tokensphere.analysis.survey.records import LEVELS, SurveyRecords
from tokensphere.analysis.survey.result import Survey
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.geometry.surrogate import SurrogateLaw, surrogate_rows
from tokensphere.statistics.exceedance import exceedance_rates

pytestmark = pytest.mark.usefixtures("few_pairs")

SMALL: dict[str, Any] = {
    "directions": 300,
    "search": SearchSettings(6),
    "ks": (3, 10),
    "surrogate": SurrogateSpec(count=2),
}
POOLED = SurrogateSpec(count=0)
LATER = RandomDirections(16, 300, first=40, seed=2)


@pytest.fixture(scope="module")
def space() -> ts.EmbeddingSpace:
    return space_of(*written())


@pytest.fixture(scope="module")
def result(space: ts.EmbeddingSpace) -> Survey:
    return survey(space, **{**SMALL, "directions": LATER, "surrogate": SurrogateSpec(count=19)})


def test_what_can_be_told_before_the_end(space: ts.EmbeddingSpace) -> None:
    job = SurveyJob(space, **{**SMALL, "surrogate": SurrogateSpec(count=19)})
    (part,) = job.blocks(0)
    told = [job.so_far(part)]  # beside the first, with the lists themselves
    job.finish(part, None, lambda: told.append(job.so_far(part)))
    own = job.result(part).main.own
    assert own is not None
    for n, one in enumerate(told, 1):
        assert one is not None and (one.done, one.wanted, one.n_directions) == (n, 19, 300)
        assert one.share.attained == 0.05 and not one.pooled
        assert one.share.interval[0] <= own.at[0].rate <= one.share.interval[1]
    assert len(told) == 19 and told[-1] is not None and told[-1].share == own.at[0]


class Listener:
    """Hears all that a bar shows, and after how many steps."""

    def __init__(self) -> None:
        self.count, self.besides = 0, 0.0
        self.heard: list[tuple[str, float]] = []
        self.did: list[str] = []

    def __call__(self, count: int) -> None:
        self.count += count

    def beside(self, steps: float) -> None:
        self.besides += steps

    def doing(self, text: str) -> None:
        self.did.append(text)

    def known(self, text: str) -> None:
        self.heard.append((text, self.count + self.besides))


def test_whoever_watches_hears_the_last_figure_from_the_first_steps_on(space: ts.EmbeddingSpace) -> None:
    heard, how = Listener(), {**SMALL, "surrogate": SurrogateSpec(count=19)}
    found, job = survey(space, **how, progress=heard), SurveyJob(space, **how)
    assert heard.count == len(job) + job.draws and np.isclose(heard.besides, job.besides)
    assert heard.heard[0][1] < 0.1 * (heard.count + heard.besides)
    assert len(heard.heard) == 2 + 18  # of the first directions, of all, and after each vocabulary
    assert all("chance (5.0 %)" in text for text, _ in heard.heard)
    assert found.main.own is not None
    last = heard.heard[-1][0]
    assert f" {100 * found.main.own.at[0].rate:.1f} %" in last and "about" not in last
    assert [f"drawing vocabulary {n} of 19 with no words" in heard.did for n in range(1, 20)] == [
        True
    ] * 19


def test_few_surrogates_tell_what_they_will_from_the_first_directions_on(
    space: ts.EmbeddingSpace,
) -> None:
    for spec in (POOLED, SurrogateSpec(count=3)):
        job = SurveyJob(space, **{**SMALL, "surrogate": spec}, block=200)
        parts = list(job.blocks(0))
        first, last = job.so_far(parts[0]), job.so_far(job.join(parts))
        assert first is not None and first.n_directions == 128 and first.pooled
        assert last is not None and last.share.attained == first.share.attained == 0.05
        main = job.result(job.join(parts)).main.at[0]
        assert (last.share.rate, last.share.interval) == (main.rate, main.interval)


def test_planted_groups_are_coherent_and_found() -> None:
    """80 groups of 12: whatever a direction meets is one of them, and its list of 10 all of one.

    In 16 dimensions blocks of 60 rows have five of the groups, which their covariance gives away: the
    law here is the one that keeps no more than the whole covariance.
    """
    found = survey(space_of(grouped()), 300, ks=(5, 10), surrogate=SurrogateSpec("matched"))
    for rate in found.rates:
        assert rate.k in (5, 10) and rate.at[0].rate > 0.95 and rate.at[0].interval[0] > 0.9
        assert rate.own is not None and rate.own.draws == 19
        assert rate.own.at[0].rate > 0.95 and rate.own.at[0].interval[0] > 0.9
        assert rate.own.not_null > 0.95
        assert rate.median > 0.9 > 0.5 > rate.surrogate_median
    most, least = (found.examples()[name] for name in ("most", "least"))
    assert all(len(set(found.ids(place) // 12)) == 1 for place in most.tolist())
    assert all(len(set(found.ids(place) // 12)) > 1 for place in least.tolist())
    assert (found.percentile(most) == 1).all() and (found.coherence[most] > 0.95).all()
    assert found.records.alike[most].tolist() == [10] * 5
    assert found.main.own is not None and found.coherent.mean() == found.main.own.at[0].rate


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No intervals of the pooled rates, and a rough limit of `alike`: neither is looked at."""
    monkeypatch.setattr(survey_job, "exceedance_rates", partial(exceedance_rates, replicates=2))
    monkeypatch.setattr(survey_job, "_PAIRS", 1000)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_groups_are_told_from_a_vocabulary_that_was_drawn_from_the_law() -> None:
    """Beside blocks with as many rows as five of the groups; k is that of a list of one group."""
    drawn = surrogate_rows(space_of(noise(900, 16, seed=5, ratio=2, mean=1)).rows, seed=500)
    for rows, low, high in ((grouped(75), 0.7, 1.0), (drawn.vectors, 0.0, 0.11)):
        found = survey(space_of(rows), 120, ks=(10,))
        assert found.settings.surrogate == "blockwise"
        for rate in found.rates:
            assert rate.own is not None
            at = rate.own.at[0]
            assert low <= at.interval[0] <= at.rate <= high
            assert low > 0 or at.interval[0] <= at.attained <= at.interval[1]


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("law", "size"), [("blockwise", 24), ("matched", 24), ("blockwise", 12)])
def test_a_surrogate_surveyed_is_beyond_its_own_surrogates_in_five_percent(
    law: SurrogateLaw, size: int
) -> None:
    """The rates of vocabularies that were drawn from the law itself.

    The rate of one varies with an sd of 0.012 to 0.018 (seen in ten of each), so the mean of 20 may be
    off by 3.5 standard errors: by 1.4 points.
    """
    base = space_of(noise(1200, size, seed=5, ratio=2, mean=1))
    rates, covered = [], []
    for seed in range(20):
        drawn = space_of(surrogate_rows(base.rows, law=law, seed=500 + seed).vectors)
        directions = RandomDirections(size, 200, seed=seed)
        found = survey(drawn, directions, ks=(5, 10), surrogate=SurrogateSpec(law))
        own = [rate.own.at[0] for rate in found.rates if rate.own and not rate.forms]
        rates.append([at.rate for at in own])
        covered.append([at.interval[0] <= at.attained <= at.interval[1] for at in own])
    seen = np.array(rates)
    assert seen.shape == (20, 4)
    np.testing.assert_allclose(seen.mean(axis=0), 0.05, rtol=0, atol=3.5 * 0.018 / np.sqrt(20))
    assert np.mean(covered) > 0.9
    groups = space_of(grouped(100, d=size))
    for rate in survey(groups, 200, surrogate=SurrogateSpec(law), ks=(10,)).rates:
        assert rate.own is not None and rate.own.at[0].interval[0] > 0.7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ratio", "mean"),
    [
        pytest.param(1, 2, id="N(μ, 1)"),
        pytest.param(2, 2, id="N(μ, Σ)"),
        pytest.param(3, 0, id="N(0, Σ)"),
    ],
)
def test_where_there_are_no_words_the_rate_is_five_percent(
    ratio: float, mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vocabularies of Gaussian rows: on average 5 % and 1 % of the lists are above the percentiles.

    These are the pooled rates, of all directions' lists in one vocabulary, of the law `matched`.

    The rate of one vocabulary varies with its m directions, on the real and on the surrogate's side
    (variance ``2 p (1 − p)/m``), and with the two vocabularies that were drawn: over 40 seeds of each
    of these spaces, the sd of the latter was about 0.008 at 95 % and 0.004 at 99 %. The mean over 16
    vocabularies may be off by 3.5 standard errors: by 1.3 points at 95 %, by 0.6 at 99 %. With a
    surrogate that has the covariance only up to sampling error it was 3.0 % to 7.2 % at k = 20.
    """
    few = partial(exceedance_rates, replicates=2)  # the rates alone, no intervals
    monkeypatch.setattr(survey_job, "exceedance_rates", few)
    monkeypatch.setattr(survey_job, "_PAIRS", 1000)  # for `alike`, not looked at here
    m, vocabularies, between = 600, 16, (0.008, 0.004)
    rates = []
    for seed in range(vocabularies):
        space = space_of(noise(1000, 24, seed=seed, ratio=ratio, mean=mean))
        drawn = RandomDirections(24, m, seed=seed)
        found = survey(space, drawn, surrogate=SurrogateSpec("matched", 100 + seed, 0))
        rates.append([[at.rate for at in rate.at] for rate in found.rates if not rate.forms])
    by_level = np.moveaxis(np.array(rates), 2, 0)
    for level, seen, extra in zip(LEVELS, by_level, between, strict=True):
        chance = 1 - level
        error = np.sqrt((2 * chance * level / m + extra**2) / vocabularies)
        np.testing.assert_allclose(seen.mean(axis=0), chance, rtol=0, atol=3.5 * error)


def test_rates_are_counted_beside_each_direction_s_own_lists(result: Survey) -> None:
    """By a loop: more coherent than in all 19 surrogates; and the p-values of the lists shown."""
    assert result.records.surrogates_done == 19 and result.records.nulls.shape == (300, 19, 2, 2, 3)
    for rate in result.rates:
        r, f, j = int(rate.centered), int(rate.forms), result.settings.ks.index(rate.k)
        p = [
            (1 + sum(null >= value for null in nulls)) / 20
            for value, nulls in zip(
                result.records.coherence[:, r, f, j].tolist(),
                result.records.nulls[:, :, r, f, j].tolist(),
                strict=True,
            )
        ]
        assert rate.own is not None and rate.own.draws == 19 and len(rate.own.at) == 1
        at = rate.own.at[0]
        assert (at.level, at.attained) == (0.05, 0.05)
        assert at.rate == np.mean(np.array(p) < 0.051) and at.interval[0] < at.rate < at.interval[1]
        if rate is result.main:
            np.testing.assert_allclose(result.p_values, p)
            np.testing.assert_array_equal(result.coherent, np.array(p) < 0.051)
            assert result.coherent.mean() == at.rate
    share, own = result.coherent_share(), result.rate(centered=True).own
    assert own is not None and share.rate == own.at[0].rate and share.interval == own.at[0].interval
    assert share.chance == 0.05 and share.n_directions == 300 and "19 vocabularies" in share.description


def test_too_few_surrogates_to_tell_five_percent(space: ts.EmbeddingSpace, result: Survey) -> None:
    """With fewer than 19, coherent is what is above the percentile of all directions' lists."""
    for count in (0, 2, 18):
        job = SurveyJob(space, **{**SMALL, "directions": LATER, "surrogate": SurrogateSpec(count=count)})
        found = job.result(result.records)  # which has more
        with case(count):
            assert found.records.surrogates_done == count
            assert (found.main.own is None) == (count == 0)
            assert found.main.own is None or (found.main.own.draws, found.main.own.at) == (count, ())
            assert found.main.at == result.main.at
            np.testing.assert_array_equal(found.coherent, found.coherence > found.main.at[0].threshold)
            with pytest.raises(InputError, match="fewer than 19 surrogates"):
                found.coherent_share()
            assert ((1 + count) * found.p_values >= 1).all() and (found.p_values <= 1).all()


def test_rates_are_counted_above_the_surrogate_s_percentile(result: Survey) -> None:
    """Also with repeated forms left out: the surrogate has none, so it is the same percentile."""
    assert len(result.rates) == 2 * 2 * 3
    for rate in result.rates:
        r, f, j = int(rate.centered), int(rate.forms), result.settings.ks.index(rate.k)
        values, null = result.records.coherence[:, r, f, j], result.records.surrogate[:, r, j]
        assert rate.median == pytest.approx(float(np.median(values)))
        assert rate.surrogate_median == pytest.approx(float(np.median(null)))
        for level, found in zip(LEVELS, rate.at, strict=True):
            limit = np.sort(null)[int(np.ceil(level * 300)) - 1]
            assert found.threshold == limit and found.rate == np.mean(values > limit)
            assert found.interval[0] <= found.rate <= found.interval[1]
    assert result.main is result.rate(centered=False, forms=False, k=6)


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("forms", [False, True])
def test_the_lists_shown_are_those_of_the_options(
    space: ts.EmbeddingSpace, centered: bool, forms: bool
) -> None:
    search = SearchSettings(6, centered=centered, forms=forms)
    found = survey(space, **{**SMALL, "search": search, "surrogate": POOLED})
    assert (found.main.centered, found.main.forms, found.main.k) == (centered, forms, 6)
    assert found.main.own is None and found.records.nulls.shape[1] == 0
    assert found.main.at[0].rate == np.mean(found.coherent)
    column = found.settings.ks.index(6)
    want = found.records.coherence[:, int(centered), int(forms), column]
    np.testing.assert_array_equal(found.coherence, want)
    np.testing.assert_array_equal(
        found.surrogate_coherence, found.records.surrogate[:, int(centered), column]
    )
    again = ts.nearest(space, ts.RandomDirections(16, 300), k=6, centered=centered, forms=forms)
    assert all(found.ids(i).tolist() == again.ids[i].tolist() for i in range(300))


def test_examples_are_the_most_typical_and_least(space: ts.EmbeddingSpace, result: Survey) -> None:
    examples = result.examples()
    values = np.sort(result.coherence)[::-1]
    np.testing.assert_array_equal(result.coherence[examples["most"]], values[:5])
    np.testing.assert_array_equal(result.coherence[examples["least"]], values[:-6:-1])
    middle = result.coherence[examples["typical"]]
    assert middle.min() <= np.median(values) <= middle.max() and len(middle) == 5
    assert len(np.unique(np.concatenate(list(examples.values())))) == 15
    where = np.arange(0, 300, 7)
    null = result.records.nulls[:, :, 0, 0, 1]  # of all directions, in all 19 surrogates
    want = [np.mean(null < result.coherence[place]) for place in where]
    np.testing.assert_allclose(result.percentile(where), want)
    one = SurveyJob(space, **{**SMALL, "directions": LATER, "surrogate": POOLED}).result(result.records)
    want = [np.mean(one.surrogate_coherence < one.coherence[place]) for place in where]
    np.testing.assert_allclose(one.percentile(where), want)
    assert result.index.tolist() == list(range(40, 340))


def test_hubs_are_counted_in_the_lists_of_every_ranking(result: Survey) -> None:
    kinds = [(hubs.ranking, hubs.k) for hubs in result.hubs]
    assert kinds == [(ranking, k) for ranking in ("cosine", "centered", "dot") for k in (1, 6)]
    for number, hubs in enumerate(result.hubs):
        lists = result.records.ids[:, number // 2, : hubs.k]
        most, share = int(hubs.ids[0]), float(hubs.shares[0])
        assert share == np.mean((lists == most).any(axis=1))
        assert share == np.bincount(lists.ravel()).max() / 300
        assert hubs.n_tokens == 600 and hubs.n_lists == 300


def test_progress_blocks_and_threads_cannot_be_seen(
    space: ts.EmbeddingSpace, result: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_job, "BLOCK", 77)
    told: list[int] = []
    how: dict[str, Any] = {**SMALL, "directions": LATER, "compute": Compute(2)}
    again = survey(space, **how, progress=told.append)
    blocks = [77, 77, 77, 69]
    # in the space and the first surrogate together, then in each
    assert told == [*blocks, 300, 0, *blocks]
    want = SurveyJob(space, **how).result(result.records)
    assert again.to_dict() == want.to_dict()
    np.testing.assert_array_equal(again.records.nulls, result.records.nulls[:, :2])
    job = SurveyJob(space, **how)
    assert sum(told) == len(job) + job.draws == 900
    told.clear()
    work(SurveyJob(space, **how, block=200), [], progress=told.append)
    assert told == [128, 172, 300, 0, 200, 100]  # of the first fewer


def test_an_interruption_within_the_surrogates_keeps_those_that_are_done(
    space: ts.EmbeddingSpace, result: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_job, "BLOCK", 150)
    job = SurveyJob(space, **{**SMALL, "directions": LATER, "surrogate": SurrogateSpec(count=3)})
    parts: list[SurveyRecords] = []
    told: list[int] = []
    steps = 0

    def progress(step: int) -> None:
        told.append(step)
        if sum(told) == 300 + 300 + 150:
            raise KeyboardInterrupt

    def after() -> None:
        nonlocal steps
        steps += 1

    with pytest.raises(KeyboardInterrupt):
        work(job, parts, progress=progress, after=after)
    assert len(parts) == 1 and steps == 2  # two blocks, beside one surrogate
    stopped = job.result(parts[0])
    assert stopped.records.surrogates_done == 1 and len(stopped) == stopped.asked == 300
    np.testing.assert_array_equal(stopped.records.nulls[:, 0], result.records.nulls[:, 0])
    assert all(rate.own is not None and rate.own.draws == 1 for rate in stopped.rates)
    told.clear()
    done = work(job, parts, progress=told.append)
    assert told == [300, 150, 150, 0, 150, 150]  # what is there is told, and not done again
    np.testing.assert_array_equal(done.nulls, result.records.nulls[:, :3])


def test_fewer_records_than_asked_for(space: ts.EmbeddingSpace, result: Survey) -> None:
    job = SurveyJob(space, **{**SMALL, "directions": LATER})
    part = job.result(result.records.take(150))
    assert part.records.surrogates_done == 2
    assert len(part) == 150 and part.asked == 300
    alone = survey(space, **{**SMALL, "directions": RandomDirections(16, 150, first=40, seed=2)})
    assert {**part.to_dict(), "directions_asked": 150} == alone.to_dict()


def test_rows_without_direction_are_left_out() -> None:
    rows, tokens = written()
    rows[3], rows[40] = 0, np.nan
    tokens[599] = "[PAD599]"
    found = survey(space_of(rows, tokens), **SMALL)
    assert found.left_out == space_of(rows, tokens).left_out >= 2
    assert found.n_tokens == 600 - found.left_out
    assert not np.isin(found.records.ids, [3, 40]).any()
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_survey_becomes_json(space: ts.EmbeddingSpace, result: Survey) -> None:
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert record["model"]["sha256"] == space.provenance.sha256
    assert record["settings"]["seed"] == 2 and record["settings"]["first"] == 40
    assert record["settings"]["ks"] == [3, 6, 10] and record["settings"]["surrogate"] == "blockwise"
    assert record["settings"]["surrogates"] == 19
    assert record["directions"] == record["directions_asked"] == 300 and record["n_tokens"] == 600
    assert len(record["rates"]) == 12 and record["naming"] is None
    first = record["rates"][0]
    own, want = first["own_null"], result.rates[0].own
    assert want is not None and own["draws"] == 19 and own["not_null"] == want.not_null
    assert own["at"][0]["rate"] == want.at[0].rate
    assert own["at"][0]["interval_95"] == list(want.at[0].interval)
    assert first["rates"][0]["rate"] == result.rates[0].at[0].rate
    assert first["rates"][0]["interval_95"] == list(result.rates[0].at[0].interval)
    for counts in (record["alike"]["counts"], record["alike"]["counts_surrogate"]):
        assert sum(counts) == 300 and counts[0] == 0 and len(counts) == 7
    assert record["alike"]["mean"] == pytest.approx(np.dot(record["alike"]["counts"], range(7)) / 300)
    for name, places in result.examples().items():
        for entry, place in zip(record["examples"][name], places.tolist(), strict=True):
            assert entry["index"] == 40 + place and entry["seed"] == 2
            assert [token["id"] for token in entry["tokens"]] == result.ids(place).tolist()
            assert entry["coherence"] == float(result.coherence[place])
    assert len(record["hubs"]) == 6


def test_wrong_arguments(space: ts.EmbeddingSpace) -> None:
    wrong: list[tuple[Callable[[], Any], str]] = [
        (lambda: {"directions": 99}, "99 directions are too few for a survey: ask for 100 or more"),
        (lambda: {"directions": np.eye(16)}, "16 directions are too few for a survey"),
        (lambda: {"search": SearchSettings(1)}, "lists of 1 to 10 neighbours"),
        (lambda: {"directions": RandomDirections(16, 300, first=-1)}, "from index -1"),
        (lambda: {"directions": RandomDirections(16, 300, seed=-1)}, "the seed is -1"),
        (lambda: {"surrogate": SurrogateSpec(seed=-2)}, "surrogate's seed is -2"),
        (lambda: {"surrogate": SurrogateSpec(count=-1)}, "number of surrogates is -1"),
        (lambda: {"ks": (1, 5)}, "lists of 1 to 6 neighbours"),
        (lambda: {"search": SearchSettings(301)}, "lists of 3 to 301 neighbours, .* at most 300"),
        (lambda: {"ks": (5, 700)}, "at most 300: so many tokens have a direction and different forms"),
        (lambda: {"surrogate": "shuffled"}, "unknown surrogate 'shuffled'"),
        (lambda: {"search": SearchSettings(similarity="dot")}, "a survey is of cosine, not of dot"),
        (lambda: {"compute": Compute(0)}, "threads is 0"),
    ]
    for options, message in wrong:
        with case(message), pytest.raises(InputError, match=message):
            survey(space, **{**SMALL, **options()})


def test_too_few_records_and_unknown_k(space: ts.EmbeddingSpace, result: Survey) -> None:
    with pytest.raises(InputError, match="99 directions are too few"):
        SurveyJob(space, **SMALL).result(result.records.take(99))
    check_count(100)
    with pytest.raises(InputError, match="k is 7, but this survey has 3, 6, 10"):
        result.rate(centered=False, k=7)


def test_a_space_where_nothing_differs() -> None:
    with pytest.raises(InputError):
        survey(space_of(np.ones((60, 4))), **SMALL)


def same_but_for_names(one: Survey, other: Survey) -> None:
    for field in fields(SurveyRecords):
        a, b = getattr(one.records, field.name), getattr(other.records, field.name)
        np.testing.assert_array_equal(a, b)
    for x, y in zip(one.rates, other.rates, strict=True):
        assert (x.k, x.centered, x.forms, x.median) == (y.k, y.centered, y.forms, y.median)
        assert x.own == y.own
        assert x.surrogate_median == y.surrogate_median
        assert [(at.rate, at.threshold) for at in x.at] == [(at.rate, at.threshold) for at in y.at]


def test_directions_that_were_given_are_surveyed_as_random_ones_are(
    space: ts.EmbeddingSpace, result: Survey
) -> None:
    found = survey(space, **{**SMALL, "directions": LATER[:]})
    assert found.settings.seed is None and found.settings.first == 0
    job = SurveyJob(space, **{**SMALL, "directions": LATER})
    same_but_for_names(found, job.result(result.records))
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["settings"]["seed"] is None
    assert found.asked == len(found) == 300
    assert "seed None" not in str(found) and "a list again" not in str(found)
    assert "seed 2, directions 40 to 339" in result.report() and "random 2/INDEX" in str(result)


def test_what_a_survey_of_given_directions_depends_on(space: ts.EmbeddingSpace) -> None:
    """Random directions by their names, however many; data by its digest, and its ends."""
    few, many = (SurveyJob(space, **{**SMALL, "directions": n}) for n in (200, 300))
    assert few.key == many.key
    one = LATER[:]
    made = ts.make_directions(space, one)
    given = [one, 2 * one, made.both_ends()]
    keys = [SurveyJob(space, **{**SMALL, "directions": these}).key for these in given]
    assert all(keys[i] != keys[j] for i in range(3) for j in range(i)) and few.key not in keys
    named = SurveyJob(space, **{**SMALL, "directions": made.called([f"d{i}" for i in range(300)])})
    assert named.key == keys[0]
