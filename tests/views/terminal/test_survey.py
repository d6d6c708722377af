from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

import tokensphere as ts
from tests import small_model
from tests.cases import case
from tokensphere.analysis.survey.job import SurveyJob, name_survey, survey
from tokensphere.analysis.survey.result import Survey
from tokensphere.analysis.survey.sharing import WORDS
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.exceedance import Exceedance
from tokensphere.statistics.own_null import Beyond
from tokensphere.views import to_html, to_json, to_text
from tokensphere.views.terminal import survey as terminal_survey
from tokensphere.views.text import LEFT_TO_RIGHT_MARK, crop, percent

pytestmark = pytest.mark.usefixtures("few_pairs")

FEW = ts.SurrogateSpec(count=1)

SECTIONS = [
    "How often is a random neighbourhood coherent?",
    "Hubs: tokens that stand in many lists",
]


@pytest.fixture(scope="module")
def result(small: ts.EmbeddingSpace) -> Survey:
    return survey(small, ts.RandomDirections(32, 300, first=1_234_500, seed=3))


@pytest.fixture(scope="module")
def pooled(small: ts.EmbeddingSpace, result: Survey) -> Survey:
    """The same, compared with no surrogate but the first one's lists of all directions."""
    return with_surrogates(small, result, 0)


@pytest.fixture(scope="module")
def named(small: ts.EmbeddingSpace, result: Survey) -> Survey:
    return name_survey(small, result, store=MemoryStore())


def with_surrogates(small: ts.EmbeddingSpace, result: Survey, count: int) -> Survey:
    """The same survey, had it been beside so many surrogates; more than there are have made-up lists."""
    spec = ts.SurrogateSpec(count=count)
    job = SurveyJob(small, ts.RandomDirections(32, 300, first=1_234_500, seed=3), surrogate=spec)
    nulls = result.records.nulls
    some = np.random.default_rng(count).integers(nulls.shape[1], size=max(count - nulls.shape[1], 0))
    nulls = np.concatenate([nulls, nulls[::-1, some]], axis=1)[:, :count]
    return job.result(replace(result.records, nulls=nulls))


def lines_of(result: Survey, width: int) -> list[str]:
    text = to_text(result, width=width, full=True)
    return [line.replace(LEFT_TO_RIGHT_MARK, "") for line in text.splitlines()]


def words_of(result: Survey, width: int = 100) -> str:
    return " ".join(to_text(result, width=width, full=True).split())


def table_under(lines: list[str], head: str) -> list[str]:
    """The lines of the table whose head begins with `head`, and that one first."""
    start = next(number for number, line in enumerate(lines) if line.lstrip().startswith(head))
    stop = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    return lines[start:stop]


def with_rate(result: Survey, rate: float, low: float, high: float) -> Survey:
    """The same survey, had its lists shown this rate above the 95th percentile."""
    main = result.main
    assert main.own is None
    found = Exceedance(0.95, main.at[0].threshold, rate, (low, high))
    changed = replace(main, at=(found, main.at[1]))
    return replace(result, rates=tuple(changed if each is main else each for each in result.rates))


def test_sections_and_where_it_comes_from(result: Survey) -> None:
    lines = lines_of(result, 100)
    assert [line for line in lines if line in SECTIONS] == SECTIONS
    text = words_of(result)
    assert f"{result.n_tokens} tokens of {small_model.NAME}" in text
    assert "seed 3, directions 1,234,500 to 1,234,799" in text
    assert "tokensphere random 3/INDEX ·" in text
    assert "stopped" not in text and "left out" not in text
    assert str(result) == to_text(result) and "<table" in to_html(result)


@pytest.mark.parametrize(
    ("rate", "interval", "says"),
    [
        (0.2, (0.15, 0.25), "20.0 % (95 % interval 15.0 to 25.0 %)"),
        (0.2, (0.15, 0.25), "that is 4.0 times what chance gives (5 %)"),
        (0.06, (0.04, 0.08), "that is no more than chance gives (5 %)"),
        (0.05, (0.05, 0.05), "that is no more than chance gives (5 %)"),
        (0.02, (0.01, 0.03), "that is less than chance gives (5 %)"),
    ],
)
def test_the_sentence_agrees_with_the_rate(
    rate: float, interval: tuple[float, float], says: str, pooled: Survey
) -> None:
    changed = with_rate(pooled, rate, *interval)
    text = terminal_survey.sentence(changed)
    assert says in text and text.startswith("Of 300 random directions,")
    assert "have 10 nearest tokens that are more alike" in text
    assert text in words_of(changed)


@pytest.mark.parametrize(
    ("count", "worlds", "more"),
    [
        (19, "in all 19 vocabularies with no words", "99 vocabularies: 5 times the work."),
        (25, "in all 25 vocabularies with no words", "99 vocabularies: 4 times the work."),
        (39, "in all but 1 of 39 vocabularies with no words", "99 vocabularies: 3 times the work."),
        (99, "in all but 4 of 99 vocabularies with no words", ""),
    ],
)
def test_every_number_of_the_sentence_is_the_result_s(
    count: int, worlds: str, more: str, small: ts.EmbeddingSpace, result: Survey
) -> None:
    changed = with_surrogates(small, result, count)
    text, own = terminal_survey.sentence(changed), changed.main.own
    assert own is not None and own.draws == count
    at = own.at[0]
    assert at.attained == {25: 1 / 26}.get(count, 0.05)
    share, *ends = (f"{100 * value:.1f}" for value in (at.rate, *at.interval))
    assert text.startswith(
        f"Of 300 random directions, {share} % (95 % interval {ends[0]} to {ends[1]} %)"
    )
    assert f"have 10 nearest tokens that are more alike than the same direction's {worlds}" in text
    assert f"Chance gives {100 * at.attained:.1f} %" in text
    assert f"{100 * (at.rate - at.attained):.1f} points are more than chance" in text
    low, high = (f"{100 * end:.1f}" for end in own.not_null_interval)
    assert f"{percent(own.not_null)} ({low} to {high} %) of the directions" in text
    assert text.endswith(more) if more else "times the work" not in text
    assert text in words_of(changed)


def test_too_few_surrogates_show_the_pooled_rates(small: ts.EmbeddingSpace, result: Survey) -> None:
    """Of fewer than 19 no direction can have p ≤ 0.05."""
    want = terminal_survey.sentence(with_surrogates(small, result, 0))
    assert "more alike than 95 % of such lists" in want
    for count in (1, 18):
        few = with_surrogates(small, result, count)
        assert few.main.own is not None and terminal_survey.sentence(few) == want
        assert "in all" not in words_of(few)


@pytest.mark.parametrize(
    ("options", "which", "again"),
    [
        ({}, "10 nearest tokens that", "random 0/INDEX ·"),
        ({"centered": True}, "10 nearest tokens (on centred rows) that", "random 0/INDEX --centered ·"),
        ({"forms": True, "k": 4}, "4 nearest tokens (one token a form) that", "INDEX -k 4 --forms ·"),
    ],
)
def test_which_lists_are_shown_is_said(
    small: ts.EmbeddingSpace, options: dict[str, Any], which: str, again: str
) -> None:
    found = survey(small, 100, search=ts.SearchSettings(**options), surrogate=FEW)
    text = words_of(found)
    assert which in text and again in text
    # beside 19 surrogates the sentence says it, too
    nulls = np.repeat(found.records.nulls, 19, axis=1)
    spec = ts.SurrogateSpec(count=19)
    job = SurveyJob(small, 100, search=ts.SearchSettings(**options), surrogate=spec)
    told = job.result(replace(found.records, nulls=nulls))
    assert told.main.own is not None and told.main.own.at
    text = words_of(told)
    assert which in text and again in text


def test_given_directions_are_not_called_random(small: ts.EmbeddingSpace) -> None:
    """They have places, no seed, and no command that finds them again."""
    rows = np.random.default_rng(0).standard_normal((150, 32))
    given = survey(small, rows, surrogate=FEW)
    assert given.settings.seed is None
    text = words_of(given)
    assert text.startswith("How often is a neighbourhood coherent?")
    assert "Of 150 directions," in text
    for word in ("random", "seed None", "a list again", "INDEX"):
        assert word not in text, word
    assert "seed 0)" in text  # the surrogate's
    places = [place for which in given.examples().values() for place in which.tolist()]
    _, *lines = table_under(lines_of(given, 200), "index")
    assert [int(line.split()[0]) for line in lines if re.match(r" *\d", line)] == places
    assert str(given) == to_text(given)


def test_every_rate_stands_in_its_place(small: ts.EmbeddingSpace, result: Survey) -> None:
    """Beside all directions' lists, at both percentiles; else beside each one's own, at each level."""
    for count, heads in HEADS.items():
        changed = with_surrogates(small, result, count)
        lines = lines_of(changed, 80)
        assert sum(line.startswith("Lists more coherent") for line in lines) == len(heads)
        for number, (head, chance) in enumerate(heads):
            with case(count, head):
                check_rates(changed, table_under(lines, head), number, chance)


HEADS = {
    0: (("Lists more coherent than 95 % of lists", "5 %"), ("Lists more coherent than 99 %", "1 %")),
    19: (("Lists more coherent than the same direction's in all 19 vocabularies", "5.0 %"),),
    25: (("Lists more coherent than the same direction's in all 25 vocabularies", "3.8 %"),),
    99: (
        ("Lists more coherent than the same direction's in all but 4 of 99 vocabularies", "5.0 %"),
        ("Lists more coherent than the same direction's in all 99 vocabularies", "1.0 %"),
    ),
}


def check_rates(result: Survey, table: list[str], number: int, chance: str) -> None:
    """The numbers of a table: rates and their intervals by kind of list and k, and what chance gives."""
    first = next(i for i, line in enumerate(table) if re.search(r"k = \d", line))
    head, *rows = table[first:]
    assert re.findall(r"k = (\d+)  interval", head) == ["5", "10", "20"]
    assert [row[:18].rstrip() for row in rows] == [
        "rows as they are",
        "  one token a form",
        "rows centred",
        "  one token a form",
        "chance",
    ]
    places = [(c, f) for c in (False, True) for f in (False, True)]
    for row, (centered, forms) in zip(rows, places, strict=False):
        shown = re.findall(r"([\d.]+) % +([\d.]+)–([\d.]+)", row)
        found = [result.rate(centered=centered, forms=forms, k=k) for k in (5, 10, 20)]
        told = [each.own.at if each.own and each.own.at else each.at for each in found]
        assert shown == [_shown(at[number]) for at in told]
    assert re.findall(r"[\d.]+ %", rows[-1]) == [chance] * 3
    # percent signs below each other, also chance's, and below the head of their column
    signs = [[match.end() for match in re.finditer("%", row)] for row in rows]
    assert signs == [[match.end() for match in re.finditer(r"k = \d+", head)]] * 5
    assert max(map(cell_len, [head, *rows])) <= 80


def _shown(found: Exceedance | Beyond) -> tuple[str, ...]:
    return tuple(f"{100 * value:.1f}" for value in (found.rate, *found.interval))


def test_examples_are_shown_with_index_and_percentile(result: Survey) -> None:
    head, *rows = table_under(lines_of(result, 200), "index")
    titles = [row.strip() for row in rows if row[0:1] == " " and not re.match(r" *\d", row)]
    assert titles == ["most coherent", "typical", "least coherent"]
    shown = [row.split()[:3] for row in rows if row.strip() not in titles]
    want = []
    for places in result.examples().values():
        for place, share in zip(places.tolist(), result.percentile(places).tolist(), strict=True):
            want.append([str(1_234_500 + place), f"{result.coherence[place]:.3f}", f"{100 * share:.1f}"])
    assert shown == want
    assert head.split() == ["index", "T", "percentile", "tokens"]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_wide_and_right_to_left_tokens_break_no_table(width: int, named: Survey) -> None:
    """Every first token begins in one column of the terminal, and no line is wrapped or too wide."""
    lines = lines_of(named, width)
    head, *rows = table_under(lines, "index")
    start = cell_len(head[: head.index("tokens")])
    used = 0
    for row in rows:
        before = _cells(row, start)
        assert before is not None and (before == "" or before.endswith("  "))
        assert cell_len(row) <= max(width, start + 22)
        used = max(used, cell_len(row))
    assert used > min(width, 100) - 25  # the room is used
    head, *rows = table_under(lines, "ranked by")
    start = cell_len(head[: head.index("listed most often")])
    assert len(rows) == 6
    for row in rows:
        assert (_cells(row, start) or "").endswith("  ") and " %" in row[start:]


def _cells(text: str, width: int) -> str | None:
    """The part of `text` that takes up the first `width` columns; None if a character is cut."""
    for end in range(len(text) + 1):
        if cell_len(text[:end]) == width:
            return text[:end]
    return None


def test_every_token_of_a_list_is_shown_where_there_is_room(result: Survey) -> None:
    text = to_text(result, width=400, full=True)
    visible = result.vocabulary.visible
    for place in result.examples()["most"].tolist():
        (line,) = [row for row in text.splitlines() if row.split()[:1] == [str(1_234_500 + place)]]
        at = 0
        for id in result.ids(place).tolist():
            token = crop(visible(id), 18)
            assert token in line[at:]
            at = line.index(token, at) + len(token)
        assert not line.endswith(" …")
    narrow = [line for line in lines_of(result, 60) if line.endswith(" …")]
    assert narrow


def test_hubs_are_shown_with_their_share(result: Survey) -> None:
    _, *rows = table_under(lines_of(result, 200), "ranked by")
    for row, hubs in zip(rows, result.hubs, strict=True):
        assert re.search(rf" {hubs.k} +{hubs.skewness:.1f} ", row)
        first = crop(result.vocabulary.visible(int(hubs.ids[0])), 18)
        assert f"{first} {percent(float(hubs.shares[0]))}" in row


def test_groups_that_are_alike_are_counted(result: Survey) -> None:
    for alike, share in ((4, "0.0 %"), (5, "100.0 %")):
        records = replace(result.records, alike=np.full(300, alike, dtype=np.int16))
        text = words_of(replace(result, records=records))
        assert f"{share} of the lists hold a group of 5 or more tokens" in text


def test_what_was_stopped_or_left_out_is_said(small: ts.EmbeddingSpace, result: Survey) -> None:
    job = SurveyJob(small, ts.RandomDirections(32, 5000, first=1_234_500, seed=3))
    part = job.result(result.records.take(120))
    assert part.records.surrogates_done == 19
    assert "stopped: 120 of 5,000 directions done" in words_of(part)
    assert "7 rows left out (zero, NaN or padding)" in words_of(replace(result, left_out=7))


def test_what_the_neighbours_share_is_shown(named: Survey, result: Survey) -> None:
    assert named.naming is not None
    text = words_of(named)
    assert "What do the neighbours share?" in text
    rows = table_under(lines_of(named, 200), "share a label")[1:]
    for row, group in zip(rows, named.naming.groups, strict=False):
        assert row.startswith(group.name)
        every, by_chance = (f"{100 * share.share:.1f} %" for share in (group.rate, group.by_chance))
        assert [part + " %" for part in re.findall(r"[\d.]+(?= %)", row)][:2] == [every, by_chance]
    (words,) = [group for group in named.naming.groups if group.name == WORDS]
    low, high = (100 * end for end in words.excess.interval)
    assert f"which {100 * words.by_chance.share:.1f} % of lists of random tokens do" in text
    assert f"{100 * words.excess.difference:+.1f} points ({low:.1f} to {high:.1f})." in text
    assert "What do the neighbours share?" not in words_of(result)


def test_names_that_are_no_more_than_chance_are_marked(named: Survey) -> None:
    naming = named.naming
    assert naming is not None and naming.names.beside is not None and naming.n_directions == 999
    assert "≈ chance, before what a list shares: more than 5 % of the lists of 999" in words_of(named)
    beside = replace(naming.names.beside, smallest=np.zeros(999))  # had all of them shared more
    names = replace(naming.names, beside=beside, spec=replace(naming.names.spec, level=0.5))
    all_of_them = replace(naming, names=names)
    some = int(np.flatnonzero(names.has_theme)[0])
    assert all_of_them.short(some).startswith("≈ chance: ")
    alone = replace(naming, n_directions=0, names=replace(names, beside=None))
    assert "≈" not in words_of(replace(named, naming=alone)) and "≈" not in alone.short(some)
    record = json.loads(to_json(replace(named, naming=all_of_them)))
    lists = [one for lists in record["examples"].values() for one in lists]
    themes = [theme for one in lists for theme in one["themes"]]
    assert themes and not any(theme["beyond_random_directions"] for theme in themes)
    assert all(theme["p_familywise_random_directions"] == 1 for theme in themes)


def test_json_has_everything_that_is_printed(
    small: ts.EmbeddingSpace, named: Survey, pooled: Survey
) -> None:
    for shown, heads in (
        (pooled, ("Lists more coherent than 95", "Lists more coherent than 99", "index")),
        (named, ("Lists more coherent than the same direction's in all 19", "index")),
        (
            with_surrogates(small, named, 99),
            ("Lists more coherent than the same direction's in all but 4 of 99 vocabularies",
             "Lists more coherent than the same direction's in all 99 vocabularies", "index"),
        ),
    ):  # fmt: skip
        said = _numbers(json.loads(to_json(shown)))
        numbers = {f"{value:.{digits}f}" for value in said for digits in (1, 2, 3)}
        numbers |= {f"{100 * value:.1f}" for value in said}
        lines = lines_of(shown, 200)
        printed = {
            value
            for head in heads
            for line in table_under(lines, head)[1:]
            for value in re.findall(r"(?:(?<= )|(?<=–))-?\d+\.\d+(?= %|–|  |$)", line)
        }
        with case(heads):
            assert len(printed) > 25 and printed <= numbers
    record = json.loads(to_json(named))
    assert record["alike"]["counts"] == np.bincount(named.records.alike, minlength=11).tolist()
    assert [hub["most_listed"][0]["id"] for hub in record["hubs"]] == [
        int(hubs.ids[0]) for hubs in named.hubs
    ]
    assert record["naming"]["groups"][0]["with_theme"]["share"] == named.naming.groups[0].rate.share  # type: ignore[union-attr]


def _numbers(value: Any) -> set[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*map(_numbers, value))
    return {float(value)} if isinstance(value, int | float) else set()


def test_a_k_of_one_s_own_gets_its_columns(small: ts.EmbeddingSpace) -> None:
    for count, head in ((0, "Lists more coherent than 95 %"), (19, "Lists more coherent than the same")):
        spec = ts.SurrogateSpec(count=count)
        found = survey(small, 100, search=ts.SearchSettings(7), surrogate=spec)
        table = table_under(lines_of(found, 80), head)
        first = next(i for i, line in enumerate(table) if "k = " in line)
        with case(count):
            assert re.findall(r"k = (\d+)", table[first]) == ["5", "7", "10", "20"]
            assert len({cell_len(row) for row in table[first:-1]}) == 1
