from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

import tokensphere as ts
from tokensphere.analysis.direction_test.job import direction_test
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import KINDS
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.geometry import laws
from tokensphere.geometry.directions import RandomDirections
from tokensphere.labels.table import Label, LabelTable
from tokensphere.statistics.draws import MemoryStore
from tokensphere.views import to_html, to_json, to_text
from tokensphere.views.figures.direction_test import plot_direction_test
from tokensphere.views.text import p_text
from tokensphere.views.words import LAWS, in_words, sentences

STORE = MemoryStore()


@pytest.fixture(scope="module")
def table(small: ts.EmbeddingSpace) -> LabelTable:
    rng = np.random.default_rng(0)
    members: list[tuple[Label, Any]] = [
        (Label("user:עיר", "user", "ערים", "in Hebrew"), range(8)),
        *((Label(f"l{j}", "list", f"label {j}", "test"), rng.choice(50, 9)) for j in range(9)),
    ]
    return LabelTable.from_members(small.shape[0], members)


def run(
    space: ts.EmbeddingSpace,
    table: LabelTable,
    directions: Any = None,
    *,
    null: ts.NullSpec | None = None,
    groups: Sequence[str] | None = None,
    settle: ts.SettleSpec | None = None,
    **search: Any,
) -> DirectionTest:
    how = ts.SearchSettings(4, **{"centered": True, **search})
    given = ts.make_directions(
        space, RandomDirections(32, 40) if directions is None else directions, how
    )
    return direction_test(
        space, given if groups is None else given.grouped(groups), null=null or draws(199), search=how,
        labels=table, settle=settle, store=STORE,
    )  # fmt: skip


def draws(count: int) -> ts.NullSpec:
    return ts.NullSpec("isotropic", count)


def table_of(text: str) -> list[str]:
    """The lines from the head of the table on; above it stands the verdict."""
    lines = text.splitlines()
    return lines[lines.index("") + 1 :]


def test_a_direction_has_its_numbers_and_below_them_its_tokens(
    small: ts.EmbeddingSpace, table: LabelTable
) -> None:
    result = run(small, table)
    text = to_text(result.top(5), width=120)
    lines = table_of(text)
    for place, row in enumerate(result.order()[:5].tolist()):
        numbers, near = lines[1 + 2 * place], lines[2 + 2 * place]
        assert numbers.startswith(result.names[row])
        values = numbers[len(result.names[row]) :].replace("≤ ", "≤").split()
        of = {name: result[name] for name in ("nearness", "label", "cosine", "coherence", "any")}
        p = [p_text(found.pvalue[row], result.floor).replace("≤ ", "≤") for found in of.values()]
        q = [f"{of[name].qvalue[row]:.2g}" for name in ("nearness", "label")]
        assert values[2:9] == [p[0], q[0], p[1], q[1], *p[2:]]
        assert float(values[0]) == pytest.approx(result["nearness"].values[row], abs=6e-4)
        assert float(values[1]) == pytest.approx(result["nearness"].effect[row], abs=0.051)
        assert " ".join(values[9:]) == VERDICTS[result.verdict[row]]
        nearest = small.vocabulary.visible(int(result.ids[row, 0]))
        assert nearest[:20] in near
    assert "seed 0, index" in lines[1] and result.names[result.order()[5]] not in text


def test_columns_are_aligned_and_lines_keep_to_the_width(
    small: ts.EmbeddingSpace, table: LabelTable
) -> None:
    names = ["שלום" * (j + 1) for j in range(40)]
    result = run(small, table, ts.make_directions(small, RandomDirections(32, 40)).called(names))
    for width in (45, 60, 80, 96, 130, 160):
        text = to_text(result.top(8, statistic="cosine"), width=width)
        lines = [line.replace("\u200e", "") for line in table_of(text)]
        head, rows = lines[0].rstrip(), lines[1:17:2]
        assert {cell_len(row.rstrip()) for row in rows} <= {
            *range(cell_len(head) + 15)
        } and head.endswith(("q", "verdict"))
        assert max(map(cell_len, lines[:17])) <= width


def test_a_narrow_terminal_shows_less_of_what_is_not_ranked_by(
    small: ts.EmbeddingSpace, table: LabelTable
) -> None:
    ranked = run(small, table).top(3, statistic="coherence")
    heads = {
        width: " ".join(table_of(to_text(ranked, width=width))[0].split()) for width in (40, 80, 120)
    }
    assert heads[40] == "direction T p q"
    assert heads[80] == "direction T effect p q label p q verdict"
    assert heads[120] == "direction T effect p q label p q p mean cosine p largest p any verdict"


def test_the_floor_is_marked() -> None:
    assert p_text(1 / 200, 1 / 200) == "≤ 0.005" and p_text(2 / 200, 1 / 200) == "0.01"
    assert p_text(1 / 10_001, 1 / 10_001) == "≤ 0.0001"


def test_the_summary_stands_beside_chance(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    result = run(small, table, groups=["first"] * 15 + ["second"] * 25)
    text = to_text(result)
    flat = " ".join(text.split())
    assert "chance 5 %" in flat and "by the mean cosine of the 4 nearest" in text
    first, counts = (line for line in text.splitlines() if line.startswith("first "))
    assert counts.split()[1:] == [str(count) for count in result.groups[0].verdicts.values()]
    assert first.split()[1] == "15" and f"{result.groups[0]['nearness'].p.count} of 15" in first
    found = result.overall["nearness"].p
    low, high = (100 * end for end in found.interval)
    assert f"{100 * found.share:.1f} %" in flat and f"({low:.1f}–{high:.1f})" in flat
    assert "199 random directions, uniform on the sphere" in flat
    assert "by the coherence T" in to_text(result.top(3, statistic="coherence"))


def test_nothing_is_called_significant(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    result = run(small, table, null=draws(399))
    assert result.overall["nearness"].q.count == 0
    text = " ".join(to_text(result).split())
    assert "Corrected for looking at 40 (q), none stands out from chance" in text
    assert "significant" not in text.lower()
    few = " ".join(sentences(run(small, table, RandomDirections(32, 6)).top()))
    assert "of 6 directions have p ≤ 0.05, where chance gives 5 in 100" in few
    one = " ".join(sentences(run(small, table, RandomDirections(32, 1)).top()))
    assert "the direction has p " in one and "does not stand out from chance" in one


def test_what_stands_out_is_said_with_what_q_means(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    unit = small.vectors[:4] / np.linalg.norm(small.vectors[:4], axis=1)[:, None]
    result = run(small, table, unit - small.moments.mean_unit_row(), null=draws(999))
    assert result.overall["nearness"].q.count == 4
    said = " ".join(sentences(result.top()))
    assert "4 have q ≤ 0.05; of such directions at most one in twenty" in said
    alone = " ".join(
        sentences(run(small, table, unit[0] - small.moments.mean_unit_row(), null=draws(999)).top())
    )
    assert "the direction has p ≤ 0.001: one in 1,000 or fewer by chance" in alone


def test_too_few_draws_for_so_many_directions_are_said(
    small: ts.EmbeddingSpace, table: LabelTable
) -> None:
    """With 1 of 40 at the floor of 1/200, no q can be below 0.2, whatever is there."""
    many = np.array(RandomDirections(32, 40, first=50)[:])
    many[0] = small.vectors[5] / np.linalg.norm(small.vectors[5]) - small.moments.mean_unit_row()
    result = run(small, table, many)
    assert result["nearness"].at_floor == 1 and result.overall["nearness"].q.count == 0
    said = " ".join(sentences(result.top()))
    assert "Corrected for looking at 40 (q), one cannot tell." in said
    assert (
        "Too few draws for 40 directions: none of 199 is as extreme as 1 of them, whose p is 0.005 or"
        " less, and with so many looked at, q no smaller than 0.2; 800 draws would do, if none is as"
        " extreme as it either: --draws 800, 4 times the work."
    ) in said
    assert "--extrapolate" not in said  # 199 draws have no tail to speak of
    limit = result.to_dict()["limits"]["nearness"]
    assert limit == {
        "p_floor": 1 / 200, "q_floor": 0.2, "at_floor": 1, "needed_at_floor": 4, "draws_enough": 800,
        "draws_for_one": 799, "cannot_tell": True,
    }  # fmt: skip
    assert result.overall.verdicts["cannot tell"] >= 1
    told = "too few draws for a q of 0.05 or less; 800 draws would tell."
    assert told in " ".join(to_text(result).split())
    enough = run(small, table, many, null=draws(800))
    assert enough.overall["nearness"].q.count == 1 and "Too few" not in to_text(enough)
    own = run(
        small, table, many, null=ts.NullSpec("sample", sample=np.array(RandomDirections(32, 60)[:]))
    )
    assert "a sample of 800 rows would" in " ".join(to_text(own).split())


def test_the_caption_tells_what_was_done(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    bad = np.array(RandomDirections(32, 9)[:])
    bad[2], bad[4, 0] = 0, np.nan
    sample = np.array(RandomDirections(32, 9)[:])
    sample[1] = 0
    text = " ".join(
        to_text(
            run(small, table, bad, forms=True, null=ts.NullSpec("sample", 199, sample=sample))
        ).split()
    )
    assert "2 directions cannot be tested (1 zero, 1 not finite)" in text
    assert "rows of the sample that are no directions: 1" in text and "one token a form" in text
    assert "8 directions of the sample, each taken once" in text and "rows centred, k = 4" in text
    assert "null: sample, 8 draws, seed 0" in text
    tokens = " ".join(to_text(run(small, table, [" king", " Paris"], similarity="dot")).split())
    assert "whatever is made of tokens is near to some" in tokens and "made of tokens" not in text
    assert "tokens that directions are made of are left out" in tokens and "largest dot" in tokens


def test_settled_and_stopped_are_said(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    text = " ".join(to_text(run(small, table, settle=ts.SettleSpec(0.05, most=500))).split())
    assert "on which side of 0.05 the p of the mean cosine of the 4 nearest lies" in text
    assert "at most 0.1 %" in text
    assert "settled" not in to_text(run(small, table))


def test_many_groups_are_cut_short(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    result = run(small, table, RandomDirections(32, 70), groups=[f"g{j}" for j in range(70)])
    text = to_text(result)
    assert "10 more: --json" in text and "g59 " in text and "g60" not in text
    assert len(result.to_dict()["groups"]) == 70


def test_json_and_html(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    bad = np.array(RandomDirections(32, 9)[:])
    bad[2] = 0
    result = run(small, table, bad, groups=list("aabbbbbbb"))
    record = json.loads(to_json(result.top(3)))
    assert record["tokensphere"] == ts.__version__ and len(record["results"]) == 3
    first = record["results"][0]
    row, cosine = int(result.order()[0]), result["cosine"]
    assert first["cosine"] == {
        "value": cosine.values[row], "effect": cosine.effect[row], "p": cosine.pvalue[row],
        "q": cosine.qvalue[row],
    }  # fmt: skip
    assert [n["id"] for n in first["neighbors"]] == result.ids[row].tolist()
    assert len(json.loads(to_json(result))["results"]) == 8
    assert "<table" in to_html(result) and str(result) == to_text(result)


@pytest.mark.slow
@pytest.mark.parametrize(
    "suffix", [".png", *(pytest.param(end, marks=pytest.mark.slow) for end in (".svg", ".pdf"))]
)
def test_pictures(small: ts.EmbeddingSpace, table: LabelTable, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    bad = np.array(RandomDirections(32, 40)[:])
    bad[:20] = 0  # a group of which nothing could be tested
    result = run(small, table, bad, groups=[f"layer.${j // 20}$" for j in range(40)])
    path = tmp_path / f"picture{suffix}"
    plot_direction_test(result.top(), path)
    first = path.read_bytes()
    assert len(first) > 4000
    plot_direction_test(result.top(), path)
    assert path.read_bytes() == first
    plot_direction_test(run(small, table).top(statistic="label"), path)  # without groups
    assert path.read_bytes() != first


def test_the_words_know_every_law_and_statistic(small: ts.EmbeddingSpace, table: LabelTable) -> None:
    assert set(LAWS) == set(laws.LAWS)
    result = run(small, table)
    assert len({in_words(result, kind) for kind in KINDS}) == len(KINDS)
