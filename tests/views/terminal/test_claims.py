from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

import tokensphere as ts
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.claims.result import Geometry
from tokensphere.views import to_text
from tokensphere.views.figures.claims import _clusters, plot_geometry

SECTIONS = [
    "Claims",
    "Orthogonality",
    "Anisotropy",
    "Where the variance of the cosine lies",
    "How many clusters the nearest tokens come from",
]


@pytest.fixture(scope="module")
def result() -> Geometry:
    return made()


def made(**options: Any) -> Geometry:
    rng = np.random.default_rng(0)
    labels = np.arange(500) % 8
    rows = rng.standard_normal((8, 20))[labels] + rng.standard_normal((500, 20))
    tokens = [" female", " alt", *(f"t{i}" for i in range(498))]
    space = ts.EmbeddingSpace.from_arrays(rows.astype(np.float32), tokens, name="a $model_1$")
    settings: dict[str, Any] = {"n_directions": 200, "clusters": (5, 50), "labelling": labels}
    return measure_geometry(space, **{**settings, **options})


def line_with(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def lines_with(text: str, start: str) -> str:
    return " ".join(line for line in text.splitlines() if line.startswith(start))


def test_sections_stand_in_their_order_with_a_sentence_each(result: Geometry) -> None:
    text = to_text(result, width=100)
    places = [text.index(f"\n{title}\n") if i else text.index(title) for i, title in enumerate(SECTIONS)]
    assert places == sorted(places)
    for start, end in zip(places, [*places[1:], len(text)], strict=True):
        assert re.search(r"\w{3,}[^.]*\.\n", text[start:end]), text[start:end]


def test_columns_line_up_in_a_table_for_kmeans_and_one_for_labels(result: Geometry) -> None:
    lines = to_text(result, width=100).splitlines()
    for names in (("k-means 5", "k-means 50"), ("labelling",)):
        head = next(line for line in lines if line.split("  ")[-1].strip() == names[-1])
        ends = [f"{head} ".index(f"{name} ") + len(name) for name in names]
        first = lines.index(head)
        rows = lines[first + 1 : first + 16]
        assert rows[0].startswith("clusters") and rows[-1].startswith("  clusters filled at random")
        for row in rows:
            for end in ends:
                assert row[end - 1] != " " and row[end : end + 2].strip() == "", row


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_text_keeps_to_the_width_and_tables_are_never_cut(result: Geometry, width: int) -> None:
    text = to_text(result, width=width)
    for line in text.splitlines():
        if re.search(r"\d  |  \d|  [–-]", line) or line.startswith("  "):
            continue  # a row of a table, which is as wide as it must be
        assert cell_len(line) <= width, line
    assert "…" not in text
    wide = to_text(result, width=200)
    for start in ("variance between clusters", "Var_S / Var", "different clusters among"):
        assert line_with(text, start) == line_with(wide, start)


def test_numbers_shown_are_those_of_the_result(result: Geometry) -> None:
    text = to_text(result, width=100)
    found = result.orthogonality
    for value in found.quantiles:
        assert f"{value:.3f}" in line_with(text, "measured")
    for value in found.law_quantiles:
        assert f"{value:.3f}" in line_with(text, "law")
    assert f"{found.sd:.4f}" in text and f"{result.mean_cosine_different:.3f}" in text
    between = lines_with(text, "variance between clusters")
    variety = lines_with(text, "different clusters among the 10 nearest")
    group = lines_with(text, "tokens of one cluster among them")
    for one in result.clusters:
        assert f"{100 * one.partition.decomposition.icc:.1f} %" in between
        assert f"{one.variety.mean:.2f}" in variety
        assert f"{one.largest.mean():.2f}" in group
    for claim in result.claims:
        flat = " ".join(text.split())
        assert f"{claim.number} claim {claim.claim}" in flat
        assert " ".join(claim.measured.split()) in flat
        assert f"because {claim.why}" in flat


def test_verdicts_are_words_not_only_colours(result: Geometry) -> None:
    plain = to_text(result, width=100)
    verdicts = [
        line.split("verdict", 1)[1].strip() for line in plain.splitlines() if "   verdict" in line
    ]
    assert verdicts == [claim.verdict for claim in result.claims]
    assert "\x1b[" not in plain and "\x1b[" in to_text(result, width=100, color=True)


def test_what_is_special_is_said() -> None:
    text = to_text(made(clusters=(5, 400)), width=100)
    assert "too many clusters for so few tokens: 400" in " ".join(text.split())
    result = made()
    failed = replace(result.clusters[0], problems=("the largest cluster holds 90 % of the rows",))
    text = to_text(replace(result, clusters=(failed, *result.clusters[1:]), at_mean=3), width=100)
    assert "! k-means 5: the largest cluster holds 90 % of the rows: a failed clustering" in text
    assert "3 tokens at the mean" in " ".join(text.split())


def test_clusters_too_small_to_vary_are_shown_as_nothing() -> None:
    text = to_text(made(clusters=(), labelling=np.arange(500) // 5), width=100)
    assert line_with(text, "Var_S / Var").endswith("–")


def test_a_result_shows_itself(result: Geometry) -> None:
    assert "Where the variance" in str(result)
    assert "<table" in result._repr_html_()


@pytest.mark.slow
@pytest.mark.parametrize(
    "suffix", [".png", *(pytest.param(x, marks=pytest.mark.slow) for x in (".svg", ".pdf"))]
)
def test_it_is_drawn(tmp_path: Path, result: Geometry, suffix: str) -> None:
    plot_geometry(result, tmp_path / f"a{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]
    assert (tmp_path / f"a{suffix}").stat().st_size > 5000


@pytest.mark.slow
def test_the_picture_says_what_it_shows(tmp_path: Path, result: Geometry) -> None:
    path = tmp_path / "a.svg"
    with pytest.MonkeyPatch.context() as patched:
        import matplotlib as mpl

        patched.setitem(mpl.rcParams, "svg.fonttype", "none")  # text as text
        plot_geometry(result, path)
    words = path.read_text("utf-8")
    for said in ("cosine of a random direction", "sd of the cosine, rms", "law (Beta)",
                 "labelling", "without words", "a $model_1$", "500 tokens"):  # fmt: skip
        assert said in words


def test_no_two_clusterings_look_the_same(result: Geometry) -> None:
    """Six, as many as there are of a model with labels."""
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    _clusters(ax, replace(result, clusters=(result.clusters * 3)[:6]))
    looks = [
        f"{one.get_paths()[0].vertices} {one.get_edgecolor()} {one.get_facecolor()}"
        for one in ax.collections
    ]
    assert len(looks) == 6 == len(set(looks))


@pytest.mark.slow
@pytest.mark.parametrize("d", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_few_dimensions_are_drawn_too(tmp_path: Path, d: int) -> None:
    rows = np.random.default_rng(1).standard_normal((60, d)).astype(np.float32)
    space = ts.EmbeddingSpace.from_arrays(rows, [f"t{i}" for i in range(60)])
    plot_geometry(measure_geometry(space, n_directions=30, clusters=(4,)), tmp_path / "a.png")
    one_way = ts.EmbeddingSpace.from_arrays(np.ones((60, d)), [f"t{i}" for i in range(60)])
    flat = measure_geometry(one_way, n_directions=30, clusters=(), labelling=np.arange(60) % 3)
    plot_geometry(flat, tmp_path / "b.png")
    assert "Orthogonality" in to_text(flat)
