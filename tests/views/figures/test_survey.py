from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import tokensphere as ts
from tokensphere.analysis.job import work
from tokensphere.analysis.survey.job import SurveyJob, name_survey, survey
from tokensphere.analysis.survey.result import Survey
from tokensphere.analysis.survey.so_far import survey_so_far
from tokensphere.errors import InputError
from tokensphere.statistics.draws import MemoryStore
from tokensphere.views import to_text
from tokensphere.views.figures import canvas
from tokensphere.views.figures.style import WHITE
from tokensphere.views.figures.survey import plot_survey
from tokensphere.views.terminal.survey import KINDS
from tokensphere.web.survey_shown import shown

pytestmark = pytest.mark.usefixtures("few_pairs")

N, D, M = 500, 16, 200
POOLED = ts.SurrogateSpec(count=0)


def made(space: ts.EmbeddingSpace | None = None, **options: Any) -> Survey:
    return survey(
        space or space_of(), M, search=ts.SearchSettings(6, **options), ks=(3, 10), surrogate=POOLED
    )


def space_of() -> ts.EmbeddingSpace:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, D))[np.arange(N) % 50] + 0.8 * rng.standard_normal((N, D)) + 0.4
    tokens = [f"{word}{i}" for i in range(N // 2) for word in ("t", " T")]
    return ts.EmbeddingSpace.from_arrays(rows.astype(np.float32), tokens, name="a $model_1$")


@pytest.fixture(scope="module")
def result() -> Survey:
    return made()


def drawn(result: Survey, monkeypatch: pytest.MonkeyPatch) -> tuple[Figure, list[Any]]:
    """The figure that would be saved, and its three panels."""
    kept: list[Figure] = []
    with monkeypatch.context() as patch:
        patch.setattr(canvas, "save_figure", lambda figure, _: kept.append(figure))
        plot_survey(result, Path("x.png"))
    (figure,) = kept
    return figure, list(figure.axes)


def texts(ax: Any) -> str:
    shown = [text.get_text() for text in (*ax.texts, *ax.get_legend().get_texts())]
    return " | ".join(" ".join(text.split()) for text in shown)


@pytest.mark.parametrize(
    "suffix", [".png", *(pytest.param(end, marks=pytest.mark.slow) for end in (".svg", ".pdf"))]
)
def test_a_file_is_written(result: Survey, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    plot_survey(result, path)
    begin = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(begin) and len(path.read_bytes()) > 10_000
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match="cannot draw"):
        plot_survey(result, tmp_path / "x.gif")


@pytest.mark.parametrize("options", [{}, {"centered": True, "forms": True}])
def test_both_vocabularies_lists_and_the_percentile(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = made(**options)
    figure, (ax, _, _) = drawn(result, monkeypatch)
    null, real = (patch.get_data() for patch in ax.patches)
    for step, values in ((null, result.surrogate_coherence), (real, result.coherence)):
        assert step.values.sum() == pytest.approx(100)  # no list is outside
        inside = (values >= step.edges[4]) & (values < step.edges[5])
        assert step.values[4] == pytest.approx(100 * np.mean(inside))
    np.testing.assert_array_equal(null.edges, real.edges)
    found = result.main.at[0]
    assert ax.lines[0].get_xdata() == [found.threshold] * 2
    assert f"{100 * found.rate:.1f} % of the real ones are above" in texts(ax)
    assert "6 neighbours" in ax.get_title(loc="left")
    assert ("centred rows, one token a form" in ax.get_xlabel()) == bool(options)
    title = figure.get_suptitle()
    assert title.startswith("a $model_1$: 500 tokens, 200 random directions (seed 0")


def test_given_directions_are_not_called_random(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).standard_normal((100, D))
    figure, _ = drawn(
        survey(space_of(), rows, search=ts.SearchSettings(6), ks=(3, 10), surrogate=POOLED), monkeypatch
    )
    assert figure.get_suptitle() == "a $model_1$: 500 tokens, 100 directions"


def test_all_rates_and_their_intervals(result: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    _, (_, ax, _) = drawn(result, monkeypatch)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["3", "6", "10"]
    assert len(ax.containers) == 4
    for container, (centered, forms) in zip(
        ax.containers, [(False, False), (False, True), (True, False), (True, True)], strict=True
    ):
        line, _, (bars,) = container
        for number, k in enumerate((3, 6, 10)):
            found = result.rate(centered=centered, forms=forms, k=k).at[0]
            assert line.get_ydata()[number] == pytest.approx(100 * found.rate)
            ends = sorted(bars.get_segments()[number][:, 1])
            assert ends == pytest.approx([100 * end for end in found.interval])
            assert abs(line.get_xdata()[number] - number) < 0.4
    assert [5.0, 5.0] in [pytest.approx(list(line.get_ydata())) for line in ax.lines]
    assert [20.0, 20.0] in [pytest.approx(list(line.get_ydata())) for line in ax.lines]
    assert ax.get_ylim()[1] > 20
    assert {"chance, 5 %", "the post's guess, 20 %"} <= set(texts(ax).split(" | "))
    assert "label" not in texts(ax)
    # what is drawn can be told apart without colours
    looks = {(c[0].get_marker(), c[0].get_markerfacecolor() == WHITE) for c in ax.containers}
    assert len(looks) == 4


def test_the_posts_guess_is_seen_where_rates_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).standard_normal((N, D)).astype(np.float32)
    noise = made(ts.EmbeddingSpace.from_arrays(rows, [f"t{i}" for i in range(N)]))
    _, (_, ax, _) = drawn(noise, monkeypatch)
    tops = [segment[:, 1].max() for c in ax.containers for segment in c[2][0].get_segments()]
    assert max(tops) < 20 < ax.get_ylim()[1]


def test_what_the_lists_share_stands_beside_their_geometry(monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of()
    result = name_survey(space, made(space), store=MemoryStore())
    _, (_, ax, _) = drawn(result, monkeypatch)
    assert result.naming is not None
    assert [label.get_text() for label in ax.get_xticklabels()][-1] == "6\n(by labels)"
    shown = [float(c[0].get_ydata()[0]) for c in ax.containers[4:]]
    want = [100 * g.rate.share for g in result.naming.groups if g.name.startswith(("any", "words"))]
    assert shown == pytest.approx(want) and want
    assert "share any label" in texts(ax)
    chance, guess, *shares = texts(ax).split(" | ")[4:]  # the second of two columns
    assert chance.startswith("chance") and "guess" in guess
    assert shares and all(one.startswith("share ") for one in shares)


def test_hub_curves_are_those_of_a_naive_count(result: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    _, (_, _, ax) = drawn(result, monkeypatch)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    for number, line in enumerate(ax.lines[:3]):
        lists = result.records.ids[:, number].tolist()
        counts = sorted((sum(token in row for row in lists) for token in range(N)), reverse=True)
        counts = [count for count in counts if count]
        np.testing.assert_allclose(line.get_ydata(), 100 * np.array(counts) / M)
        assert list(line.get_xdata()) == list(range(1, len(counts) + 1))
    assert len({line.get_linestyle() for line in ax.lines}) == 4
    low, high = ax.get_ylim()
    ticks = np.array([tick for tick in ax.get_yticks() if low <= tick <= high])
    assert len(ticks) > 1 and (ticks[1:] / ticks[:-1]).max() < 2.6  # so that one can read a value


def test_a_stopped_survey_says_one_thing_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the first screen, in all tables, in JSON and in the picture: what it would have ended with."""
    space = space_of()
    job = SurveyJob(space, M, search=ts.SearchSettings(6), ks=(3, 10))
    whole = job.result(work(job, []))
    assert whole.tells and whole.to_dict()["foreseen"] is None
    assert all(rate["foreseen"] is None for rate in whole.to_dict()["rates"])
    part = whole.records.take(M, 2)._with_room(19)
    stopped = job.result(part)
    assert not stopped.tells and stopped.main.foreseen == survey_so_far(job.settings, part)
    found = stopped.to_dict()["foreseen"]
    assert (found["done"], found["wanted"], found["attained"]) == (2, 19, 0.05)
    low, high = found["interval_95"]
    own = whole.main.own
    assert own is not None and low <= own.at[0].rate <= high  # what the whole survey says
    assert abs(found["rate"] - stopped.main.at[0].rate) > 0.005  # the pooled rate is another

    rate, ends = f"{100 * found['rate']:.1f} %", [f"{100 * end:.1f}" for end in (low, high)]
    first, full = (" ".join(text.split()) for text in (to_text(stopped), stopped.report()))
    assert f"about {rate} ({'–'.join(ends)}) have 6 nearest tokens" in first
    assert f"about {rate} (95 % interval {' to '.join(ends)} %) have 6 nearest tokens" in full
    for text in (first, full):
        assert "in all 19 vocabularies with no words, of which 2 are done, and the rest is" in text
        assert "stopped: 2 of 19 vocabularies with no words done" in text
    assert shown(stopped)["main"]["rate"] == found["rate"]

    _, (alike, ax, _) = drawn(stopped, monkeypatch)
    for container, (centered, forms, _) in zip(ax.containers, KINDS, strict=True):
        line, _, (bars,) = container
        for number, k in enumerate((3, 6, 10)):
            one = stopped.rate(centered=centered, forms=forms, k=k).to_dict()["foreseen"]
            assert one["rate"] == pytest.approx(line.get_ydata()[number] / 100)
            assert one["interval_95"] == pytest.approx(sorted(bars.get_segments()[number][:, 1] / 100))
            assert f"{100 * one['rate']:.1f} %" in full  # in the table of all rates
            if (centered, forms, k) == (False, False, 6):
                assert one == found
    assert "estimated (stopped: 2 of 19 vocabularies done)" in " ".join(ax.get_ylabel().split())
    assert not alike.lines  # no percentile of another kind of rate


@pytest.mark.slow
def test_extremes_can_be_drawn(result: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    """No list is coherent; all lists are equal; two directions share no token."""
    records = result.records
    same = np.zeros_like(records.coherence)
    flat = replace(records, coherence=same, surrogate=np.zeros_like(records.surrogate))
    _, (_, ax, _) = drawn(replace(result, records=flat), monkeypatch)
    assert ax.get_ylim()[1] > 5
    _, axes = drawn(replace(result, records=records.take(100)), monkeypatch)
    assert all(ax.get_xlabel() and ax.get_ylabel() and ax.get_title(loc="left") for ax in axes)
